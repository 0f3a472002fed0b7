"""A manifest holds only claims that can be true."""

from typing import Any

import apsw
import pytest

from microcosm_sqlite.artifacts.digests import content_digest
from microcosm_sqlite.artifacts.manifest import (
    Builder,
    ColumnEntry,
    Contributor,
    Licence,
    Manifest,
    ReferenceEntry,
    Source,
    TableEntry,
    table_entries,
)
from microcosm_sqlite.artifacts.schemas import read_schema

_BUILDER = Builder(sqlite="3.54.1", package="3.0.0", python="3.11.2", sqlalchemy="2.1.9", apsw="3.54.1.0")


def _manifest(**fields: Any) -> Manifest:
    table = TableEntry(name="t", rows=2, root="sha256:00", columns=(ColumnEntry(name="a", type="TEXT"),))
    required = {"name": "world", "version": "1.0", "content_digest": "sha256:01", "schema_fingerprint": "sha256:02"}
    return Manifest(**{**required, "tables": (table, table), **fields})


def test_the_embedded_form_leaves_out_what_the_rows_do_not_decide() -> None:
    """The file, its size and the versions that built it are told beside the file only."""
    plain = _manifest()

    complete = plain.for_file(file_digest="sha256:03", size_bytes=4096, builder=_BUILDER)

    assert (complete.file_digest, complete.size_bytes, complete.builder) == ("sha256:03", 4096, _BUILDER)
    assert complete.embedded() == plain


def test_the_embedded_form_leaves_out_sources_that_are_no_files() -> None:
    """Equal rows of a query may come in another order the next time."""
    file = Source(path="rows/a.csv", sha256="00", bytes=1)
    query = Source(path="orders", sha256="00", bytes=1, form="rows")

    assert _manifest(sources=(file, query)).embedded() == _manifest(sources=(file,))


def test_completing_keeps_a_builder_already_named() -> None:
    """Whoever named the builder early need not name it again."""
    assert _manifest(builder=_BUILDER).for_file(file_digest="sha256:03", size_bytes=1).builder == _BUILDER


def test_rows_and_file_name_follow_from_the_rest() -> None:
    """All tables count, and the file is called after the data set."""
    assert _manifest().rows == 4
    assert _manifest().file_name == "world.sqlite"


def test_tables_are_described_from_the_schema_with_their_digests() -> None:
    """Columns, keys and references come from SQLite; generated columns hold no data of their own."""
    connection = apsw.Connection(":memory:")
    connection.execute(
        "CREATE TABLE p (k TEXT PRIMARY KEY NOT NULL) STRICT;"
        "CREATE TABLE c (p TEXT REFERENCES p (k), g TEXT AS (p || 'x')) STRICT; INSERT INTO p VALUES ('x')"
    )
    schema = read_schema(connection)
    content = content_digest(connection, schema=schema)

    c, p = table_entries(schema, content)

    assert c.columns == (ColumnEntry(name="p", type="TEXT"),)
    assert c.references == (ReferenceEntry(columns=("p",), table="p", referred_columns=("k",)),)
    assert (p.key, p.rows, p.root) == (("k",), 1, content.tables[1].root)
    assert p.columns[0].is_required


@pytest.mark.parametrize("path", ["rows/a.csv", "a b.csv", "https://example.org/a?b#c", "données.csv", "a..b"])
def test_sources_lie_at_urls_or_below(path: str) -> None:
    """What the standard calls a path is accepted."""
    assert Source(path=path, sha256="00", bytes=1).path == path


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../a", "a/../b", "~/a", "file:///a", "a\\b", "./a", "s3://b/a"])
def test_sources_lie_nowhere_else(path: str) -> None:
    """Absolute paths tell of one machine only; paths upwards are refused by readers."""
    with pytest.raises(ValueError, match="path of a source"):
        Source(path=path, sha256="00", bytes=1)


@pytest.mark.parametrize("fields", [{}, {"title": "MIT"}, {"name": "MIT OR Apache-2.0"}, {"path": "/LICENSE"}])
def test_licences_are_named_or_lie_somewhere(fields: dict[str, str]) -> None:
    """A licence nobody can find is none."""
    with pytest.raises(ValueError, match="licence"):
        Licence(**fields)


def test_contributors_lie_at_urls() -> None:
    """A contributor's path is held to the same rule."""
    with pytest.raises(ValueError, match="contributor"):
        Contributor(title="me", path="/home")


@pytest.mark.parametrize("created", ["2026-09-01", "1756684800", "2026-09-01T00:00:00", "now"])
def test_a_date_without_zone_is_refused(created: str) -> None:
    """A moment is only one with its zone."""
    with pytest.raises(ValueError, match="created"):
        _manifest(created=created)


def test_an_artifact_has_tables() -> None:
    """A data package without resources is none."""
    with pytest.raises(ValueError, match="at least one table"):
        _manifest(tables=())
