"""Print rows of one table."""

from itertools import islice
from typing import Final

import click

from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.cmd.databases import opened_database
from microcosm_sqlite.cmd.options import debug_option, json_option
from microcosm_sqlite.cmd.queries import Request, parse_condition, row_by_key, rows_matching, table_called
from microcosm_sqlite.cmd.tables import form_for_stdout, write_row, write_rows
from microcosm_sqlite.errors import ModelNotFoundError


@click.command()
@click.argument("name_or_path")
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
@json_option
@debug_option
def get(name_or_path: str, table: str, key: tuple[str, ...], *, as_json: bool) -> None:
    """Print the row of TABLE with the primary key KEY, in NAME_OR_PATH: a data set or a file.

    A key of several columns is given as several values, in its order. A value that begins with "-" goes behind "--".
    """
    with opened_database(name_or_path) as database:
        query = row_by_key(table_called(table, database.schema), key)
        row = next(rows(database.connection, query.sql, *query.parameters), None)
    if row is None:
        raise ModelNotFoundError(f"table {table!r} has no row with the key {', '.join(map(repr, key))}.", missing=[key])
    write_row(query.columns, row, form_for_stdout(as_json=as_json))


def _names(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for value in values for name in value.split(","))))


_ORDER_HELP: Final = 'Order by these columns; "-" means falling. May be repeated.'
#: More rows than any table has; SQLite itself counts in 64 bits.
_MOST_ROWS: Final = 10**18

_COLUMNS_HELP: Final = "Print only these columns. May be repeated."


@click.command()
@click.argument("name_or_path")
@click.argument("table")
@click.argument("conditions", nargs=-1, metavar="[COLUMN=VALUE]...")
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Print at most so many rows.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Leave out so many rows first.")
@click.option("--order", multiple=True, callback=_names, metavar="COLUMN[,-COLUMN]", help=_ORDER_HELP)
@click.option("--columns", multiple=True, callback=_names, metavar="COLUMN[,COLUMN]", help=_COLUMNS_HELP)
@click.option("--null", multiple=True, metavar="COLUMN", help="Only rows without a value in this column.")
@click.option("--not-null", multiple=True, metavar="COLUMN", help="Only rows with a value in this column.")
@json_option
@debug_option
def search(  # noqa: PLR0913 - One a parameter of the command: click passes them by name.
    *,
    name_or_path: str,
    table: str,
    conditions: tuple[str, ...],
    limit: int,
    offset: int,
    order: tuple[str, ...],
    columns: tuple[str, ...],
    null: tuple[str, ...],
    not_null: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print the rows of TABLE that match, in NAME_OR_PATH: a data set or a file.

    Besides "=" there are "!=", ">", ">=", "<", "<=" and "~" (LIKE: "%" stands for any text); quote them from the
    shell. Several "=" of one column are alternatives. Rows come in the order of their key unless --order says
    otherwise.
    """
    request = Request(
        conditions=[parse_condition(text) for text in conditions],
        null=null,
        not_null=not_null,
        order=order,
        columns=columns,
        limit=min(limit, _MOST_ROWS) + 1,  # One more, to know whether there are more.
        offset=min(offset, _MOST_ROWS),
    )
    with opened_database(name_or_path) as database:
        query = rows_matching(table_called(table, database.schema), request)
        found = rows(database.connection, query.sql, *query.parameters)
        write_rows(query.columns, islice(found, min(limit, _MOST_ROWS)), form_for_stdout(as_json=as_json))
        has_more = next(found, None) is not None
    if has_more and limit:
        click.echo(f"There are more rows: continue with --offset {offset + limit}, or raise --limit.", err=True)
    elif has_more:
        click.echo("There are rows, of which --limit 0 prints none: raise it.", err=True)
