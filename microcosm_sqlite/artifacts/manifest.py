"""Hold what an artifact claims about itself."""

import re
from dataclasses import dataclass, replace
from typing import Final, Self

from microcosm_sqlite.artifacts.certificate import AccessEntry
from microcosm_sqlite.artifacts.digests import ContentDigest, TableDigest
from microcosm_sqlite.artifacts.features import Needs
from microcosm_sqlite.artifacts.schemas import Schema, Table
from microcosm_sqlite.constants import FORMAT_REVISION

#: What follows a data set's name to give the file name of its artifact.
ARTIFACT_SUFFIX: Final = ".sqlite"

#: A URL, or a relative path without ".." and without a home folder: https://datapackage.org/standard/glossary/#url-or-path.
_URL_OR_PATH: Final = re.compile(r"(?:https?|ftps?)://.+|(?![./~]|file:)(?:(?!/\.\./|\\|://).)+", re.DOTALL)

#: How a licence may be named in a data package; SPDX identifiers fit, SPDX expressions of several do not.
_LICENCE_NAME: Final = re.compile(r"[-a-zA-Z0-9._]+")

_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnEntry:
    """A column that holds data, with the type the table declares."""

    name: str
    type: str
    is_required: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferenceEntry:
    """A foreign key: `columns` hold what `referred_columns` of `table` hold."""

    columns: tuple[str, ...]
    table: str
    referred_columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TableEntry:
    """A table: how many rows, the root of their digest, and how they are made."""

    name: str
    rows: int
    root: str
    columns: tuple[ColumnEntry, ...]
    key: tuple[str, ...] = ()
    references: tuple[ReferenceEntry, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A file the rows came from: where it lies (a URL or a relative path) and exactly which bytes it had.

    What came from no file has a `form`, in which `docs/format.md` writes it as bytes: "rows" of a query or a program,
    "text" of a stream. Its path is a name.
    `rows` came from it; `skipped` is how many more it has that did not fit and were left out on purpose.
    """

    path: str
    sha256: str
    bytes: int
    rows: int | None = None
    skipped: int | None = None
    title: str | None = None
    version: str | None = None
    licence: str | None = None
    form: str | None = None

    def __post_init__(self) -> None:
        _check_path("source", self.path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Licence:
    """A licence by its SPDX identifier, by where its text is (a URL or a relative path), or both."""

    name: str | None = None
    path: str | None = None
    title: str | None = None

    def __post_init__(self) -> None:
        if self.name is None and self.path is None:
            message = "a licence needs a name (its SPDX identifier) or a path (where its text is)"
            raise ValueError(message)
        if self.name is not None and not _LICENCE_NAME.fullmatch(self.name):
            message = f"a licence name must be one SPDX identifier such as 'CC-BY-4.0', not {self.name!r}"
            raise ValueError(message)
        if self.path is not None:
            _check_path("licence", self.path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Contributor:
    """Someone who made or keeps the data; roles as in DataCite ("creator", "rightsHolder", "dataCurator")."""

    title: str
    path: str | None = None
    roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.path is not None:
            _check_path("contributor", self.path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiver:
    """A gate that was not to stop the release, and why."""

    gate: str
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            message = f"a waiver of {self.gate!r} needs a reason, which readers of the manifest will see"
            raise ValueError(message)


@dataclass(frozen=True, kw_only=True, slots=True)
class Builder:
    """The versions of what built the file."""

    sqlite: str
    package: str
    python: str
    sqlalchemy: str
    apsw: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What an artifact claims about itself.

    `file_digest`, `size_bytes` and `builder` are None in the embedded form, the part that lies inside the file: a file
    cannot hold its own digest, and equal rows shall give equal bytes whatever version built them. For the same reason
    the entries of `access` have no plans there, and sources that are no files have no entry. `created` is an
    RFC 3339 date and time or None; it is inside the file, so it must come from the sources
    (`SOURCE_DATE_EPOCH`), not from a clock.
    """

    name: str
    version: str
    content_digest: str
    schema_fingerprint: str
    tables: tuple[TableEntry, ...]
    format_revision: int = FORMAT_REVISION
    title: str | None = None
    description: str | None = None
    created: str | None = None
    licences: tuple[Licence, ...] = ()
    contributors: tuple[Contributor, ...] = ()
    attribution: str | None = None
    sources: tuple[Source, ...] = ()
    #: What of SQLite a reader must have; None in manifests written before it was recorded.
    needs: Needs | None = None
    waivers: tuple[Waiver, ...] = ()
    #: How the stores of the data set find rows; empty where none is certified.
    access: tuple[AccessEntry, ...] = ()
    file_digest: str | None = None
    size_bytes: int | None = None
    builder: Builder | None = None

    def __post_init__(self) -> None:
        if not self.tables:
            message = f"data set {self.name!r}: an artifact needs at least one table"
            raise ValueError(message)
        if self.created is not None:
            check_date_time(self.created)

    @property
    def file_name(self) -> str:
        """The name under which the artifact is published."""
        return self.name + ARTIFACT_SUFFIX

    @property
    def rows(self) -> int:
        """The number of rows of all tables."""
        return sum(table.rows for table in self.tables)

    def embedded(self) -> Self:
        """Return the part that lies inside the file: all that does not depend on the file or on what built it."""
        return replace(
            self,
            file_digest=None,
            size_bytes=None,
            builder=None,
            access=tuple(entry.declared() for entry in self.access),
            # What has a form came in an order that a database or a program may choose otherwise the next time.
            sources=tuple(source for source in self.sources if source.form is None),
        )

    def for_file(self, *, file_digest: str, size_bytes: int, builder: Builder | None = None) -> Self:
        """Return the form that lies beside the file, completed by the facts of the finished file."""
        return replace(self, file_digest=file_digest, size_bytes=size_bytes, builder=builder or self.builder)


def check_date_time(created: str) -> None:
    """Check that *created* is a date and time of RFC 3339; raise `ValueError` when it is none."""
    if not _DATE_TIME.fullmatch(created):
        message = f"created must be a date and time such as '2026-09-01T00:00:00Z', not {created!r}"
        raise ValueError(message)


def table_entries(schema: Schema, content: ContentDigest) -> tuple[TableEntry, ...]:
    """Return what the manifest says of each table of *schema*, with the digests of *content*."""
    digests = {table.name: table for table in content.tables}
    return tuple(_table_entry(table, digests[table.name]) for table in schema.tables)


def _table_entry(table: Table, digest: TableDigest) -> TableEntry:
    return TableEntry(
        name=table.name,
        rows=digest.rows,
        root=digest.root,
        columns=tuple(
            ColumnEntry(name=column.name, type=column.type, is_required=column.not_null)
            for column in table.stored_columns
        ),
        key=table.key,
        references=tuple(
            ReferenceEntry(columns=key.columns, table=key.table, referred_columns=key.referred_columns)
            for key in table.foreign_keys
        ),
    )


def _check_path(owner: str, path: str) -> None:
    if not _URL_OR_PATH.fullmatch(path):
        message = f"the path of a {owner} must be a URL or a relative path with '/', without '..': {path!r}"
        raise ValueError(message)
