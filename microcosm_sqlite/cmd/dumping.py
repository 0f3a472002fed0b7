"""Write whole tables as text."""

import json
import os
import re
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final, TextIO

import click

from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.cmd.databases import Database, opened_database
from microcosm_sqlite.cmd.options import checked_output, debug_option
from microcosm_sqlite.cmd.queries import Request, rows_matching, table_called
from microcosm_sqlite.cmd.tables import json_text

#: What makes CSV put a value into quotes; also empty text, which would read as NULL without them.
_QUOTED: Final = re.compile(r'[",\r\n]|\A\Z')


@click.command()
@click.argument("name_or_path")
@click.argument("table", required=False)
@click.option(
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    callback=checked_output,
    help="Write to this file, not to stdout.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON Lines: one object a line.")
@debug_option
def dump(*, name_or_path: str, table: str | None, output: Path | None, as_json: bool) -> None:
    """Write TABLE of NAME_OR_PATH, a data set or a file, in the order of its key, as UTF-8.

    The values are those the database holds: NULL is an empty cell, empty text is "", a BLOB is hexadecimal, a document
    of JSON is its text, also in JSON Lines. Without TABLE all tables are written one after the other, for people and
    for `git diff`: each below a line with its name, or with it in every line of JSON. A file appears under its name
    when it is complete.
    """
    with opened_database(name_or_path) as database:
        lines = _lines_of_all(database, as_json) if table is None else _lines_of(table, database, as_json)
        with _opened_output(output) as stream:
            stream.writelines(lines)


def _lines_of(name: str, database: Database, as_json: bool) -> Iterator[str]:  # noqa: FBT001 - as the option
    query = rows_matching(table_called(name, database.schema), Request())
    found = rows(database.connection, query.sql, *query.parameters)
    return (_json_lines if as_json else _csv_lines)(query.columns, found)


def _lines_of_all(database: Database, as_json: bool) -> Iterator[str]:  # noqa: FBT001 - as the option
    for number, name in enumerate(sorted(table.name for table in database.schema.tables)):
        lines = _lines_of(name, database, as_json)
        if as_json:
            start = '{"table": ' + json.dumps(name, ensure_ascii=False) + ', "row": '
            yield from (f"{start}{line[:-1]}}}\n" for line in lines)
        else:
            yield ("\n# " if number else "# ") + f"{name}\n"
            yield from lines


def _csv_lines(columns: Sequence[str], found: Iterator[Sequence[Any]]) -> Iterator[str]:
    yield ",".join(map(_cell, columns)) + "\n"
    for row in found:
        yield ",".join(map(_cell, row)) + "\n"


def _json_lines(columns: Sequence[str], found: Iterator[Sequence[Any]]) -> Iterator[str]:
    for row in found:
        yield json_text(dict(zip(columns, row, strict=True))) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    # The csv module of Python 3.11 cannot tell None from empty text.
    text = value.hex() if isinstance(value, bytes) else str(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _opened_output(path: Path | None) -> AbstractContextManager[TextIO]:
    if path is None or str(path) == "-":
        return _stdout()
    # A device or a pipe cannot be replaced.
    if path.exists() and not path.is_file():
        return path.open("w", encoding="utf-8", newline="")
    return _replacing(path)


@contextmanager
def _stdout() -> Generator[TextIO]:
    # Not the locale's encoding: what is piped here is read as UTF-8.
    stream = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield stream
        stream.flush()
    finally:
        stream.detach()


@contextmanager
def _replacing(path: Path) -> Generator[TextIO]:
    stage = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        stream = stage.open("x", encoding="utf-8", newline="")
    except OSError as error:
        # The file asked for is the one to name.
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with stream:
            yield stream
        stage.replace(path)
    finally:
        stage.unlink(missing_ok=True)
