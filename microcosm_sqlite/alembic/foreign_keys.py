"""Keep foreign keys true while SQLite is told not to look at them."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Connection

from microcosm_sqlite.errors import ConfigurationError, DanglingReference


@contextmanager
def foreign_keys_ignored(connection: Connection) -> Generator[None]:
    """Keep SQLite from acting on foreign keys for the length of the block, whatever is configured.

    A batch migration copies a table and drops the old one; with foreign keys on, that drop would delete every row that
    refers to it with ON DELETE CASCADE. The pragma does nothing inside a transaction: it goes to the driver, before
    SQLAlchemy begins one.

    Raises:
        ConfigurationError: the connection is in a transaction already, which a pool of one connection can cause.
    """
    cursor = connection.connection.cursor()

    def setting() -> int:
        cursor.execute("PRAGMA foreign_keys")
        return int(cursor.fetchall()[0][0])

    before = setting()
    cursor.execute("PRAGMA foreign_keys=OFF")
    if setting():
        raise ConfigurationError(
            key="sqlite.poolclass",
            found=type(connection.engine.pool).__name__,
            expected="a pool that has a connection for the migration alone; this one is in a transaction",
        )
    try:
        yield
    finally:
        connection.rollback()
        cursor.execute(f"PRAGMA foreign_keys={before}")
        cursor.close()


def dangling_references(connection: Connection) -> list[DanglingReference]:
    """Return every foreign key in the database that leads to no row, in the order of tables and rows."""
    found = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return [_described(connection, *violation) for violation in found]


def _described(connection: Connection, table: str, row: int | None, parent: str, key: int) -> DanglingReference:
    quote = connection.dialect.identifier_preparer.quote_identifier
    keys = connection.exec_driver_sql(f"PRAGMA foreign_key_list({quote(table)})").mappings().all()
    columns = tuple(str(part["from"]) for part in keys if part["id"] == key)
    values: tuple[object, ...] = ()
    if row is not None:  # A table WITHOUT ROWID does not say which row it is.
        names = ", ".join(quote(column) for column in columns)
        select = f"SELECT {names} FROM {quote(table)} WHERE rowid = ?"  # noqa: S608 - quoted names from the schema
        values = tuple(connection.exec_driver_sql(select, (row,)).one())
    return DanglingReference(table=table, row=row, columns=columns, values=values, parent=parent)
