"""Tell which blocks of CSV SQLite's reader understands as Python does, by what stands in them."""

import csv

from microcosm_sqlite.sources.lines import Block, quoted_in
from microcosm_sqlite.sources.tabular import Blocks


def plain_data(blocks: Blocks, block: Block) -> bytes | None:
    """Return *block* in UTF-8 and with commas, if each of its lines is a record that SQLite would find too."""
    text = block.text
    if not _is_plain(text, blocks) or not block.is_cut_at_ends:
        return None
    if blocks.delimiter != ",":
        text = text.replace(blocks.delimiter, ",")
    if not text.endswith("\n"):
        text += "\n"
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def _is_plain(text: str, blocks: Blocks) -> bool:
    if "\0" in text or text.startswith("\ufeff") or len(text) > csv.field_size_limit():
        return False
    if "\r" in text and text.count("\r") != text.count("\r\n"):
        return False
    if blocks.delimiter != "," and ("," in text or '"' in text):
        # SQLite's reader knows commas only.
        return False
    if '"' not in text:
        return True
    # SQLite's reader takes what is quoted otherwise for something, and says nothing.
    quoted = None if blocks.tells_empty_text and '""' in text else quoted_in(text)
    return quoted is not None and "\n" not in "".join(quoted)
