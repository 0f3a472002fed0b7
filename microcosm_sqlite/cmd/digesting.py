"""Compute the identities of data sets."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import click

from microcosm_sqlite.artifacts.digests import content_digest, file_digest, leaf_ranges, table_digest
from microcosm_sqlite.cmd.databases import Database, opened_database
from microcosm_sqlite.cmd.options import debug_option, json_option
from microcosm_sqlite.cmd.queries import table_called
from microcosm_sqlite.cmd.tables import Form, form_for_stdout, write_json_array, write_rows
from microcosm_sqlite.cmd.targets import target_of


@click.command("digest")
@click.argument("names_or_paths", nargs=-1, required=True, metavar="NAME_OR_PATH...")
@click.option("--file", "of_file", is_flag=True, help="The digest of the file instead of that of its rows.")
@click.option("--table", "tables", multiple=True, metavar="TABLE", help="The digest of the rows of one table.")
@click.option(
    "--leaves", "of_leaves", is_flag=True, help="The digests of a table's parts of 4096 rows, with their keys."
)
@json_option
@debug_option
def digest(
    *, names_or_paths: tuple[str, ...], of_file: bool, tables: tuple[str, ...], of_leaves: bool, as_json: bool
) -> None:
    """Compute the digest of the rows of each NAME_OR_PATH, a data set or a file: sealed or not.

    Equal digests mean equal rows under an equal schema, however the files are laid out. Nothing is compared with what a
    manifest claims: that is what `verify` does.
    """
    if of_leaves and not tables:
        raise click.UsageError("name the table whose parts you want: --table TABLE --leaves.")
    if of_file and (tables or of_leaves):
        raise click.UsageError("--file is about the whole file: leave out --table and --leaves.")
    form = form_for_stdout(as_json=as_json)
    if of_leaves:
        for argument, name in product(names_or_paths, tables):
            with opened_database(argument) as database:
                _write_leaves(database, name, form)
        return
    found = (identity for argument in names_or_paths for identity in _identities(argument, tables, of_file=of_file))
    if form is Form.JSON:
        write_json_array({"digest": value, "of": of} for value, of in found)
    else:
        for value, of in found:
            print(f"{value}  {of}")


def _identities(argument: str, tables: tuple[str, ...], *, of_file: bool) -> Iterator[tuple[str, str]]:
    """Yield what was asked for of one data set: digests, each with what it is of."""
    if of_file:
        yield file_digest(target_of(argument).path), argument
        return
    with opened_database(argument) as database:
        for name in tables:
            table = table_called(name, database.schema)
            yield table_digest(database.connection, table).root, f"{argument} {table.name}"
        if not tables:
            yield content_digest(database.connection, schema=database.schema).digest, argument


def _write_leaves(database: Database, name: str, form: Form) -> None:
    table = table_called(name, database.schema)
    keys = table.key or tuple(column.name for column in table.stored_columns)
    columns = ("digest", "rows", *(f"first {key}" for key in keys), *(f"last {key}" for key in keys))

    def lines() -> Iterator[tuple[Any, ...]]:
        for leaf in leaf_ranges(database.connection, table):
            edges = [*(leaf.first or [None] * len(keys)), *(leaf.last or [None] * len(keys))]
            yield (leaf.digest, leaf.rows, *edges)

    write_rows(columns, lines(), form)
