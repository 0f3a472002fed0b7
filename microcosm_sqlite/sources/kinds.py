"""Choose the source for what was given."""

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoints, entry_points
from io import TextIOBase
from os import PathLike
from pathlib import Path
from typing import Any, Final, cast

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.arrow import ArrowSource, ParquetSource
from microcosm_sqlite.sources.csv import CSVSource
from microcosm_sqlite.sources.excel import ExcelSource
from microcosm_sqlite.sources.files import PACKED, members_of
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
    ".parquet": ParquetSource,
    ".arrow": ArrowSource,
    ".feather": ArrowSource,
    ".xlsx": ExcelSource,
    ".xls": ExcelSource,
    ".xlsb": ExcelSource,
    ".ods": ExcelSource,
}

#: The entry points by which others add kinds: the name is a suffix without its dot (`shp`), or the scheme of a URL
#: (`s3`); the object is called with the path or the URL and returns a source.
ENTRY_POINTS: Final = "microcosm_sqlite.sources"


def source_of(given: Any, *, name: str = "rows") -> Source:
    """Return the source for what was given: itself, that of the kind of file that a path names, or rows.

    Args:
        given: a source, a path, or mappings of Python values.
        name: what errors call rows that are given as such.

    Raises:
        SourceError: no source reads files of that kind.
        TypeError: it is none of these.
    """
    if isinstance(given, str) and "://" in given:
        return _of_url(given)
    if isinstance(given, str) and "\n" in given:
        raise TypeError(
            "expected a path, rows or a source, found lines of text: say what they are, CSVSource(StringIO(text))"
        )
    if isinstance(given, str | PathLike):
        return _of_path(Path(cast("str | PathLike[str]", given)))
    if all(hasattr(given, part) for part in ("open", "digest", "is_rereadable")):
        return cast("Source", given)
    if isinstance(given, TextIOBase):
        raise TypeError(
            f"expected a path, rows or a source, found an open file: say what it holds, CSVSource({given!r})"
        )
    if isinstance(given, Mapping):
        raise TypeError("expected a path, rows or a source, found a mapping: put it into a list if it is one row")
    if not isinstance(given, Iterable) or isinstance(given, bytes | type) or hasattr(cast("Any", given), "read"):
        raise TypeError(f"expected a path, rows or a source, found {cast('Any', given)!r}")
    return RowsSource(cast("Iterable[Mapping[str, Any]]", given), name=name)


def suffix_of(path: Path) -> str:
    """Return the suffix that says what a file holds, in small letters, packed or not: `.csv` for `cities.csv.gz`."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def is_read(suffix: str) -> bool:
    """Tell whether some source reads files with this suffix."""
    return suffix in KINDS or (bool(suffix) and suffix[1:] in _others().names)


def _of_path(path: Path) -> Source:
    suffix = suffix_of(path)
    if not suffix and path.suffix.lower() == ".zip" and path.is_file():
        members = members_of(path, name=str(path))
        if len(members) == 1:
            return _of_path(members[0])
        raise SourceError(
            source=str(path),
            expected="a zip file with one file",
            found=f"{len(members)} files",
            remedy=f"Say which, as in {members[0] if members else path / 'rows.csv'}.",
        )
    if suffix in KINDS:
        return KINDS[suffix](path)
    if is_read(suffix):
        return cast("Source", _others()[suffix[1:]].load()(path))
    if path.is_dir():
        remedy = "Load its files one by one, each into the model that it holds rows of."
        raise SourceError(source=str(path), expected="a file", found="a folder", remedy=remedy)
    others = [f".{name}" for name in sorted(_others().names)]
    raise SourceError(
        source=str(path),
        expected=f"a file called {', '.join(f'*{known}' for known in (*KINDS, *others))}, packed or not",
        found=f"the suffix {path.suffix!r}",
        remedy="Rename it, or say what it is: CSVSource(path), JSONLinesSource(path).",
    )


def _of_url(url: str) -> Source:
    scheme = url.partition("://")[0]
    if scheme in _others().names:
        return cast("Source", _others()[scheme].load()(url))
    installed = ", ".join(sorted(_others().names)) or "none"
    raise SourceError(
        source=f"{scheme}://...",
        expected=f"a path, or a URL that one of the installed sources reads ({installed})",
        found=f"the scheme {scheme!r}",
        remedy="Fetch the file first; rows of a database are a SQLSource(url, table).",
    )


def _others() -> EntryPoints:
    return entry_points(group=ENTRY_POINTS)
