"""Find rows among those that a build script made."""

from reviewed_rows import Cell, Row, Rows


def rows_by_table(tables: list[Rows]) -> dict[str, list[Row]]:
    """Return the rows of each table."""
    return {rows.table: list(rows.rows) for rows in tables}


def select(rows: list[Row], **values: Cell) -> list[Row]:
    """Return those of *rows* that have these *values*."""
    return [row for row in rows if all(row[column] == value for column, value in values.items())]
