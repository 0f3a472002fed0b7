"""Show and change how far extractions have come."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from sqlalchemy import Engine
from sqlalchemy.pool import NullPool

from microcosm_sqlite.artifacts.headers import read_header
from microcosm_sqlite.builders.locking import exclusive
from microcosm_sqlite.builders.watermarks import Watermark, Watermarks, values_of
from microcosm_sqlite.cmd.databases import opened_database
from microcosm_sqlite.cmd.options import debug_option, json_option
from microcosm_sqlite.cmd.tables import form_for_stdout, write_row, write_rows
from microcosm_sqlite.cmd.targets import target_of
from microcosm_sqlite.engines.opening import EngineOptions, open_mutable, open_read_only
from microcosm_sqlite.errors import ReadOnlyDataSetError

_COLUMNS: Final = ("source", "table", "columns", "types", "mark")

_OPTIONS: Final = EngineOptions(pool=NullPool)

_source_option = click.option("--source", help="The source, where a table has several.")
_columns_option = click.option(
    "--columns", help='The columns of the mark, where a table has several: "updated_at, id".'
)


@click.group("watermark")
@debug_option
def watermark() -> None:
    """Show and change how far the rows of tables were read from their sources."""


@watermark.command("list")
@click.argument("name_or_path")
@json_option
@debug_option
def list_marks(*, name_or_path: str, as_json: bool) -> None:
    """List the marks in NAME_OR_PATH, a workbench, an artifact, or a data set."""
    write_rows(_COLUMNS, [_row(mark) for mark in _marks(name_or_path)], form_for_stdout(as_json=as_json))


@watermark.command("show")
@click.argument("name_or_path")
@click.argument("table")
@_source_option
@_columns_option
@json_option
@debug_option
def show(*, name_or_path: str, table: str, source: str | None, columns: str | None, as_json: bool) -> None:
    """Show the mark of TABLE in NAME_OR_PATH."""
    mark = _only(_marks(name_or_path), table=table, source=source, columns=columns)
    write_row(_COLUMNS, _row(mark), form_for_stdout(as_json=as_json))


@watermark.command("set")
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("table")
@click.argument("values", nargs=-1, required=True)
@_source_option
@_columns_option
@debug_option
def set_mark(*, path: Path, table: str, values: tuple[str, ...], source: str | None, columns: str | None) -> None:
    """Set the mark of TABLE in the workbench at PATH: the next extraction takes what lies beyond VALUES.

    A mark that is moved forward leaves rows out; one that is moved back takes rows again, in the place of themselves.
    """
    with _opened_workbench(path) as marks:
        mark = _only(marks, table=table, source=source, columns=columns)
        try:
            meant = values_of(values, mark.types)
        except ValueError as error:
            raise click.UsageError(f"{mark.extraction}: {error}.") from error
        moved = Watermark(extraction=mark.extraction, values=meant)
        marks.set(moved)
    click.echo(f"{mark.extraction}: {mark.text} -> {moved.text}", err=True)


@watermark.command("reset")
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("table")
@_source_option
@_columns_option
@debug_option
def reset(*, path: Path, table: str, source: str | None, columns: str | None) -> None:
    """Forget the mark of TABLE in the workbench at PATH: the next extraction refuses until all rows are taken anew.

    That is done by `bench.refresh` in the place of `bench.extract`, the option --full-refresh of a build script as
    docs/how-to/extract-new-rows.md shows it.
    """
    with _opened_workbench(path) as marks:
        mark = _only(marks, table=table, source=source, columns=columns)
        marks.reset(mark.extraction)
    click.echo(f"{mark.extraction}: {mark.text} forgotten", err=True)


def _marks(name_or_path: str) -> list[Watermark]:
    path = target_of(name_or_path).path
    # Says what is wrong with a file that is none of ours, and which data set it is of.
    with opened_database(name_or_path), _opened(open_read_only(path, name=path.name, options=_OPTIONS)) as marks:
        return list(marks)


@contextmanager
def _opened(engine: Engine) -> Generator[Watermarks]:
    try:
        with engine.begin() as connection:
            yield Watermarks(connection)
    finally:
        engine.dispose()


@contextmanager
def _opened_workbench(path: Path) -> Generator[Watermarks]:
    if read_header(path).is_sealed:
        raise ReadOnlyDataSetError(name=path.stem, path=str(path), reason="it is a sealed artifact")
    engine = open_mutable(path, name=path.stem, options=_OPTIONS)
    with exclusive(path.with_name(path.name + ".lock"), name=path.stem), _opened(engine) as marks:
        yield marks


def _only(marks: Iterable[Watermark], *, table: str, source: str | None, columns: str | None) -> Watermark:
    known = list(marks)
    found = [
        mark
        for mark in known
        if mark.extraction.table == table
        and source in {None, mark.extraction.source}
        and columns in {None, ", ".join(mark.extraction.columns)}
    ]
    if len(found) == 1:
        return found[0]
    options = "; ".join(str(mark.extraction) for mark in found or known) or "none"
    problem = "several marks" if found else "no mark"
    raise click.UsageError(f"{problem} of table {table!r} here. There are: {options}.")


def _row(mark: Watermark) -> Sequence[Any]:
    extraction = mark.extraction
    return extraction.source, extraction.table, ", ".join(extraction.columns), ", ".join(mark.types), mark.text
