"""Open the database that a command reads."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw
import click

from microcosm_sqlite.artifacts.headers import read_header
from microcosm_sqlite.artifacts.opening import opened_for_reading
from microcosm_sqlite.artifacts.recognition import stranger
from microcosm_sqlite.artifacts.schemas import Schema, read_schema
from microcosm_sqlite.cmd.targets import artifact_at, target_of
from microcosm_sqlite.engines.hardening import SANE, harden
from microcosm_sqlite.engines.uris import file_uri
from microcosm_sqlite.errors import ArtifactError


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    """An open database that can only be read, with its schema."""

    connection: apsw.Connection
    schema: Schema


@contextmanager
def opened_database(argument: str) -> Generator[Database]:
    """Yield the database that *argument* (a name or a path) means; say on stderr if it was never sealed.

    Raises:
        DataSetError: There is no such data set.
        ArtifactError: The file is not what it should be, or turns out to be damaged within the block.
    """
    target = target_of(argument)
    header = read_header(target.path)
    if not header.is_sqlite:
        raise stranger(target.path, header=header, expected="an SQLite database")
    if header.is_sealed:
        artifact_at(target)
        opening = opened_for_reading(target.path)
    else:
        click.echo(f"Warning: {target.path} was never sealed; nothing vouches for its rows.", err=True)
        opening = _opened_plain(target.path)
    with opening as connection, _readable(target.path):
        yield Database(connection=connection, schema=read_schema(connection))


@contextmanager
def _opened_plain(path: Path) -> Generator[apsw.Connection]:
    try:
        uri = file_uri(path, mode="ro")
        connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
        try:
            harden(connection, SANE.for_file(path.stat().st_size))
            yield connection
        finally:
            connection.close()
    except apsw.Error as error:
        raise ArtifactError(
            path=path,
            expected="a database SQLite can read",
            found=f"one of which SQLite says: {error}",
            remedy="If another program is writing it, wait; otherwise restore or build it again.",
        ) from error


@contextmanager
def _readable(path: Path) -> Generator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise ArtifactError(
            path=path,
            expected="text in UTF-8",
            found=f"a TEXT value with the bytes {error.object[:40]!r}",
            remedy="Store it as a BLOB, or correct the rows and build again.",
        ) from error
