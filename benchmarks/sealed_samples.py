"""Make artifacts of any size to measure with."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.stores import Store
from microcosm_sqlite.workbench import Workbench


class Words(DataSet, DeclarativeBase):
    """Numbered words."""

    __data_set__ = "words"


class Word(Words):
    """One word."""

    __tablename__ = "word"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class WordStore(Store[Word]):
    """Look-ups of words."""


def sealed_words(folder: Path, *, rows: int, text_bytes: int = 20) -> Path:
    """Return the path of an artifact with so many *rows* of so much text each."""
    with Workbench(Words) as bench:
        bench.load(Word, _words(rows, text_bytes))
        return seal(bench, FolderChannel(folder), Release(version="1")).path


def _words(rows: int, text_bytes: int) -> Iterator[dict[str, object]]:
    for number in range(rows):
        yield {"id": number, "text": f"{number:x}".rjust(text_bytes, "x")}
