"""Put the mark and the manifest of an artifact into a database."""

from typing import Final

import apsw

from microcosm_sqlite.artifacts.datapackage import to_text
from microcosm_sqlite.artifacts.manifest import Manifest
from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.constants import APPLICATION_ID, FORMAT_REVISION, MANIFEST_TABLE

_CREATE: Final = f'CREATE TABLE main."{MANIFEST_TABLE}" ("document" TEXT NOT NULL) STRICT'


def embed(connection: apsw.Connection, manifest: Manifest) -> None:
    """Write the embedded form of *manifest* into the main database, in place of any it held.

    Takes part in the open transaction, if there is one.
    """
    with connection:
        rows(connection, f'DROP TABLE IF EXISTS main."{MANIFEST_TABLE}"')
        rows(connection, _CREATE)
        rows(
            connection,
            f'INSERT INTO main."{MANIFEST_TABLE}" VALUES (?)',  # noqa: S608 - The name is a constant.
            to_text(manifest.embedded()),
        )


def stamp(connection: apsw.Connection) -> None:
    """Mark the main database as a sealed artifact of the present format revision.

    `VACUUM INTO` carries the mark over to the copy.
    """
    rows(connection, f"PRAGMA main.application_id = {APPLICATION_ID}")
    rows(connection, f"PRAGMA main.user_version = {FORMAT_REVISION}")
