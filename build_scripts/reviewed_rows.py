"""Keep the rows of a data set as text files that a reviewer can read in a diff.

A data set's `rows/` holds one CSV file per table beside `SOURCES.toml`, which says where the rows come from. Equal rows
give equal bytes: UTF-8, LF, a header, one record per row, sorted by key. An empty cell is NULL; there is no empty text.
"""

import csv
import io
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from microcosm_sqlite.errors import SourceError

Cell = str | int | float | bool | None
Row = Mapping[str, Cell]

SOURCES_NAME: Final = "SOURCES.toml"

_REMEDY: Final = "Correct the build script, or report it to the package that the rows come from."

_HEADING: Final = (
    "# Where the rows of this folder come from. A refresh rewrites the versions and the digests of the files read.\n"
)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of one table, with the columns whose values name a row."""

    table: str
    key: tuple[str, ...]
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class Licence:
    """A licence under which rows may be used."""

    name: str
    title: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Contributor:
    """Whose work the rows are."""

    title: str
    path: str


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One file that was read: its path inside the package, its size and its digest."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """A package that rows are read from: which version of it, whose work it is, and the files read."""

    package: str
    registry: str
    version: str
    licence: str
    path: str
    attribution: str
    files: tuple[SourceFile, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Everything `SOURCES.toml` says."""

    title: str
    description: str
    attribution: str
    licences: tuple[Licence, ...]
    contributors: tuple[Contributor, ...]
    sources: tuple[Source, ...]

    def with_source(self, source: Source) -> "Sources":
        """Return a copy in which *source* takes the place of the one of the same package."""
        return replace(self, sources=tuple(source if one.package == source.package else one for one in self.sources))


def text_or_null(text: str) -> str | None:
    """Return *text* without surrounding blanks, or None when nothing is left."""
    return text.strip() or None


def write_rows(folder: Path, tables: Iterable[Rows]) -> list[Path]:
    """Write one CSV file per table, remove those of other tables, and return what was written.

    Raises `SourceError` when a row cannot be written faithfully; nothing is written then.
    """
    texts = {folder / f"{rows.table}.csv": csv_text(rows) for rows in tables}
    for stale in set(folder.glob("*.csv")) - set(texts):
        stale.unlink()
    for path, text in texts.items():
        path.write_bytes(text.encode("utf-8"))
    return sorted(texts)


def read_sources(folder: Path) -> Sources:
    """Return what the `SOURCES.toml` of *folder* says."""
    document = tomllib.loads((folder / SOURCES_NAME).read_text("utf-8"))
    return Sources(
        title=document["title"],
        description=document["description"],
        attribution=document["attribution"],
        licences=tuple(Licence(**one) for one in document["licences"]),
        contributors=tuple(Contributor(**one) for one in document["contributors"]),
        sources=tuple(_source(one) for one in document["sources"]),
    )


def write_sources(folder: Path, sources: Sources) -> Path:
    """Write the `SOURCES.toml` of *folder* and return its path."""
    path = folder / SOURCES_NAME
    path.write_bytes(_toml_text(sources).encode("utf-8"))
    return path


def csv_text(rows: Rows) -> str:
    """Return the rows as CSV in their one form; raise `SourceError` for two rows of one key or for empty text."""
    name = f"{rows.table}.csv"
    columns = list(rows.rows[0]) if rows.rows else list(rows.key)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    previous = None
    for row in sorted(rows.rows, key=lambda row: _key_of(row, rows.key)):
        key = _key_of(row, rows.key)
        if key == previous:
            raise SourceError(source=name, expected="each key once", found=f"two rows of key {key!r}", remedy=_REMEDY)
        if list(row) != columns:
            raise SourceError(source=name, expected=f"columns {columns}", found=f"{list(row)}", remedy=_REMEDY)
        writer.writerow([_cell_text(name, key, cell) for cell in row.values()])
        previous = key
    return text.getvalue()


def _key_of(row: Row, key: Iterable[str]) -> tuple[Any, ...]:
    return tuple(row[column] for column in key)


def _cell_text(name: str, key: tuple[Any, ...], cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case "":
            raise SourceError(
                source=name, expected="text or NULL", found=f"empty text in the row of key {key!r}", remedy=_REMEDY
            )
        case str():
            return cell
        case _:
            return repr(cell)


def _source(document: dict[str, Any]) -> Source:
    files = tuple(SourceFile(**one) for one in document.pop("files", ()))
    return Source(**document, files=files)


def _toml_text(sources: Sources) -> str:
    lines = [_HEADING, *_toml_lines(sources)]
    for licence in sources.licences:
        lines += ["", "[[licences]]", *_toml_lines(licence)]
    for contributor in sources.contributors:
        lines += ["", "[[contributors]]", *_toml_lines(contributor)]
    for source in sources.sources:
        lines += ["", "[[sources]]", *_toml_lines(source)]
        for file in source.files:
            lines += ["", "[[sources.files]]", *_toml_lines(file)]
    return "\n".join([*lines, ""])


def _toml_lines(value: Sources | Licence | Contributor | Source | SourceFile) -> list[str]:
    # Every JSON text without a lone surrogate is also a basic string of TOML, and every JSON integer a TOML one.
    pairs = [(field.name, getattr(value, field.name)) for field in fields(value)]
    return [f"{name} = {json.dumps(one, ensure_ascii=False)}" for name, one in pairs if not isinstance(one, tuple)]
