"""A small project with migrations, as the tests of alembic need one."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
from microcosm.api import create_object_graph, load_from_dict

from microcosm_sqlite.artifacts.beside import manifest_path
from microcosm_sqlite.artifacts.datapackage import to_text
from microcosm_sqlite.artifacts.digests import content_digest, file_digest
from microcosm_sqlite.artifacts.embedding import embed, stamp
from microcosm_sqlite.artifacts.manifest import Manifest, table_entries
from microcosm_sqlite.artifacts.schemas import read_schema
from microcosm_sqlite.cmd import migrate
from microcosm_sqlite.dataset import data_set_name

_MIGRATION = '''
"""{message}"""

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down_revision!r}


def upgrade():
    {upgrade}


def downgrade():
    pass
'''


class Project:
    """One data set with a folder of migrations, bound to a database file by a graph of its own."""

    def __init__(self, folder: Path, base: Any, *, options: Mapping[str, Any] | None = None, **sqlite: Any) -> None:
        self.base = base
        self.name = data_set_name(base)
        self.database = folder / f"{self.name}.db"
        self.migrations = folder / "sqlite-migrations" / self.name
        self.migrations.mkdir(parents=True)
        configuration: dict[str, Any] = {"sqlite": {"paths": {self.name: self.database}, **sqlite}}
        if options is not None:
            configuration["alembic"] = {"environment_options": dict(options)}
        self.graph: Any = create_object_graph("example", testing=True, loader=load_from_dict(configuration))
        self.graph.assign("sqlite_migrations_dir", str(self.migrations.parent))

    def migrate(self, *arguments: str) -> None:
        """Run alembic's command line."""
        migrate.main(self.graph, self.base, True, *arguments)  # noqa: FBT003 - the inherited signature

    def write(self, revision: str, *statements: str, after: str | None = None) -> None:
        """Write a migration whose `upgrade` runs *statements*."""
        text = _MIGRATION.format(
            message=revision, revision=revision, down_revision=after, upgrade="\n    ".join(statements)
        )
        (self.migrations / f"{revision}.py").write_text(text, encoding="utf-8")

    def generated(self) -> str:
        """Return the text of the one migration there is."""
        (path,) = self.migrations.glob("*.py")
        return path.read_text(encoding="utf-8")

    def execute(self, *statements: str) -> list[Any]:
        """Run SQL on the database file, past the package; return the rows of the last statement."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return [connection.execute(statement).fetchall() for statement in statements][-1]

    def tables(self) -> set[str]:
        """Return the names of the tables in the database file."""
        return {name for (name,) in self.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def seal_in_place(path: Path, *, name: str) -> None:
    """Make the database at *path* a sealed artifact of data set *name*."""
    with closing(apsw.Connection(str(path))) as connection:
        schema = read_schema(connection)
        content = content_digest(connection, schema=schema)
        manifest = Manifest(
            name=name,
            version="1",
            content_digest=content.digest,
            schema_fingerprint=content.schema_fingerprint,
            tables=table_entries(schema, content),
        )
        embed(connection, manifest)
        stamp(connection)
    complete = manifest.for_file(file_digest=file_digest(path), size_bytes=path.stat().st_size)
    manifest_path(path).write_text(to_text(complete), encoding="utf-8")
