"""Choose the source for what was given."""

from collections.abc import Callable, Iterable, Mapping
from io import TextIOBase
from os import PathLike
from pathlib import Path
from typing import Any, Final, cast

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.csv import CSVSource
from microcosm_sqlite.sources.files import PACKED
from microcosm_sqlite.sources.json import JSONLinesSource, JSONSource
from microcosm_sqlite.sources.records import TABS
from microcosm_sqlite.sources.rows import RowsSource
from microcosm_sqlite.sources.tabular import Source

#: What reads files of each suffix.
KINDS: Final[Mapping[str, Callable[[Path], Source]]] = {
    ".csv": CSVSource,
    ".tsv": lambda path: CSVSource(path, dialect=TABS),
    ".tab": lambda path: CSVSource(path, dialect=TABS),
    ".jsonl": JSONLinesSource,
    ".ndjson": JSONLinesSource,
    ".json": JSONSource,
}


def source_of(given: Any, *, name: str = "rows") -> Source:
    """Return the source for what was given: itself, that of the kind of file that a path names, or rows.

    Args:
        given: a source, a path, or mappings of Python values.
        name: what errors call rows that are given as such.

    Raises:
        SourceError: no source reads files of that kind.
        TypeError: it is none of these.
    """
    if isinstance(given, str | PathLike):
        return _of_path(Path(cast("str | PathLike[str]", given)))
    if all(hasattr(given, part) for part in ("open", "digest", "is_rereadable")):
        return cast("Source", given)
    if isinstance(given, TextIOBase):
        raise TypeError(
            f"expected a path, rows or a source, found an open file: say what it holds, CSVSource({given!r})"
        )
    if not isinstance(given, Iterable) or isinstance(given, Mapping | bytes):
        raise TypeError(f"expected a path, rows or a source, found {type(cast('Any', given)).__name__}")
    return RowsSource(cast("Iterable[Mapping[str, Any]]", given), name=name)


def suffix_of(path: Path) -> str:
    """Return the suffix that says what a file holds, in small letters, packed or not: `.csv` for `cities.csv.gz`."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _of_path(path: Path) -> Source:
    make = KINDS.get(suffix_of(path))
    if make is None:
        raise SourceError(
            source=str(path),
            expected=f"a file called {', '.join(f'*{suffix}' for suffix in KINDS)}, packed or not",
            found=f"the suffix {path.suffix!r}",
            remedy="Rename it, or say what it is: CSVSource(path), JSONLinesSource(path).",
        )
    return make(path)
