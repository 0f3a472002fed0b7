"""Say in what two releases of a data set differ."""

from collections.abc import Iterator
from typing import Any

import click

from microcosm_sqlite.artifacts.differences import EXAMPLES, Differences, RowDifference, TableDifference, differences
from microcosm_sqlite.cmd.databases import opened_database
from microcosm_sqlite.cmd.failures import ExitCode
from microcosm_sqlite.cmd.options import debug_option, json_option
from microcosm_sqlite.cmd.tables import json_text, screen_text


@click.command("compare")
@click.argument("before", metavar="BEFORE")
@click.argument("after", metavar="AFTER")
@click.option(
    "--rows", "shown", type=click.IntRange(min=0), default=EXAMPLES, show_default=True, help="Show so many of a table."
)
@json_option
@debug_option
@click.pass_context
def compare(context: click.Context, *, before: str, after: str, shown: int, as_json: bool) -> None:
    """Say in which tables, key ranges and rows BEFORE and AFTER differ: data sets or files.

    The exit code is 0 if both hold the same rows under the same schema, 1 if not. How the files are laid out does not
    matter.
    """
    with opened_database(before) as one, opened_database(after) as other:
        found = differences(one.connection, other.connection, schemas=(one.schema, other.schema), examples=shown)
    if as_json:
        print(json_text(_document(found)))
    else:
        for line in _lines(found):
            print(line)
    context.exit(ExitCode.OK if found.is_equal else ExitCode.FAILED)


def _lines(found: Differences) -> Iterator[str]:
    if found.is_equal:
        yield "the same rows under the same schema"
    yield from found.schema
    for table in found.tables:
        yield from _table_lines(table)


def _table_lines(table: TableDifference) -> Iterator[str]:
    if table.is_equal or table.first_key is None or table.last_key is None:
        return
    counts = ((table.added, "added"), (table.removed, "removed"), (table.changed, "changed"))
    yield (
        f"table {table.name}: {', '.join(f'{count} {kind}' for count, kind in counts if count)}, "
        f"{table.rows_before} rows before, {table.rows_after} after, "
        f"from {_words(table.key, table.first_key)} to {_words(table.key, table.last_key)}"
    )
    for example in table.examples:
        yield _row_line(table, example)
    more = table.added + table.removed + table.changed - len(table.examples)
    if more:
        yield f"  ... and {more} more"


def _row_line(table: TableDifference, found: RowDifference) -> str:
    if found.before is not None and found.after is not None:
        pairs = zip(table.columns, found.before, found.after, strict=True)
        changes = (f"{name} {_text(one)} -> {_text(other)}" for name, one, other in pairs if _text(one) != _text(other))
        return f"  ~ {_words(table.key, table.key_of(found.before))}: {', '.join(changes)}"
    row = found.after if found.before is None else found.before
    return f"  {'+' if found.before is None else '-'} {_words(table.columns, row or ())}"


def _words(names: tuple[str, ...], values: tuple[Any, ...]) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in zip(names, values, strict=True))


def _text(value: Any) -> str:
    return repr(screen_text(value)) if isinstance(value, str) else screen_text(value)


def _document(found: Differences) -> dict[str, Any]:
    return {
        "equal": found.is_equal,
        "schema": list(found.schema),
        "tables": [
            {
                "name": table.name,
                "rows_before": table.rows_before,
                "rows_after": table.rows_after,
                "added": table.added,
                "removed": table.removed,
                "changed": table.changed,
                "key": list(table.key),
                "first_key": _plain(table.key, table.first_key),
                "last_key": _plain(table.key, table.last_key),
                "rows": [
                    {
                        "kind": example.kind,
                        "before": _plain(table.columns, example.before),
                        "after": _plain(table.columns, example.after),
                    }
                    for example in table.examples
                ],
            }
            for table in found.tables
            if not table.is_equal
        ],
    }


def _plain(names: tuple[str, ...], row: tuple[Any, ...] | None) -> dict[str, Any] | None:
    return None if row is None else dict(zip(names, row, strict=True))
