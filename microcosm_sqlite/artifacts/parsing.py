"""Read a manifest from the data package that holds it."""

from pathlib import Path
from typing import Any

import msgspec

from microcosm_sqlite.artifacts.certificate import AccessEntry
from microcosm_sqlite.artifacts.features import Needs
from microcosm_sqlite.artifacts.manifest import (
    Builder,
    ColumnEntry,
    Contributor,
    Licence,
    Manifest,
    ReferenceEntry,
    Source,
    TableEntry,
    Waiver,
)
from microcosm_sqlite.constants import FORMAT_REVISION
from microcosm_sqlite.constants import MANIFEST_NAMESPACE as NAMESPACE
from microcosm_sqlite.faults import damages
from microcosm_sqlite.faults.fault import Fault


def from_text(text: bytes | str, *, path: Path, fault: Fault = damages.MANIFEST_DAMAGED) -> Manifest:
    """Return the manifest that *text* holds; *path* is where it was read, *fault* what is wrong there, for the error.

    Raises:
        ManifestError: It is not JSON, not a data package of ours, or contradicts itself.
    """
    try:
        # Only what is known here is kept, so a text of any shape takes little more memory than its length.
        package = msgspec.json.decode(text, type=_Package)
    except msgspec.ValidationError as error:
        raise fault.at(path, found=f"a data package that is no such manifest: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise fault.at(path, found=f"text that is not JSON ({error})") from error
    return _checked(package, path=path, fault=fault)


def from_document(document: object, *, path: Path, fault: Fault = damages.MANIFEST_DAMAGED) -> Manifest:
    """Return the manifest whose data package has been decoded to *document*; properties it does not know are ignored.

    Raises:
        ManifestError: It is not a data package of ours, or contradicts itself.
    """
    try:
        package = msgspec.convert(document, _Package)
    except msgspec.ValidationError as error:
        raise fault.at(path, found=f"a data package that is no such manifest: {error}") from error
    return _checked(package, path=path, fault=fault)


class _ColumnType(msgspec.Struct):
    type: str


class _Constraints(msgspec.Struct):
    required: bool = False


class _Field(msgspec.Struct):
    name: str
    ours: _ColumnType = msgspec.field(name=NAMESPACE)
    constraints: _Constraints = msgspec.field(default_factory=_Constraints)

    def entry(self) -> ColumnEntry:
        return ColumnEntry(name=self.name, type=self.ours.type, is_required=self.constraints.required)


class _Referred(msgspec.Struct):
    fields: tuple[str, ...]


class _ReferredTable(msgspec.Struct):
    table: str


class _ForeignKey(msgspec.Struct):
    fields: tuple[str, ...]
    reference: _Referred
    ours: _ReferredTable = msgspec.field(name=NAMESPACE)

    def entry(self) -> ReferenceEntry:
        return ReferenceEntry(columns=self.fields, table=self.ours.table, referred_columns=self.reference.fields)


class _TableSchema(msgspec.Struct):
    fields: list[_Field]
    primary_key: tuple[str, ...] = msgspec.field(default=(), name="primaryKey")
    foreign_keys: list[_ForeignKey] = msgspec.field(default_factory=list[_ForeignKey], name="foreignKeys")


class _Dialect(msgspec.Struct):
    table: str


class _Rows(msgspec.Struct):
    rows: int
    root: str


class _Resource(msgspec.Struct):
    dialect: _Dialect
    table_schema: _TableSchema = msgspec.field(name="schema")
    ours: _Rows = msgspec.field(name=NAMESPACE)
    bytes: int | None = None
    hash: str | None = None

    def entry(self) -> TableEntry:
        return TableEntry(
            name=self.dialect.table,
            rows=self.ours.rows,
            root=self.ours.root,
            columns=tuple(field.entry() for field in self.table_schema.fields),
            key=self.table_schema.primary_key,
            references=tuple(key.entry() for key in self.table_schema.foreign_keys),
        )


class _SourceFile(msgspec.Struct):
    sha256: str
    bytes: int
    rows: int | None = None
    skipped: int | None = None
    licence: str | None = None
    form: str | None = None


class _Source(msgspec.Struct):
    path: str
    ours: _SourceFile = msgspec.field(name=NAMESPACE)
    title: str | None = None
    version: str | None = None

    def entry(self) -> Source:
        return Source(path=self.path, title=self.title, version=self.version, **_fields(self.ours))


class _Ours(msgspec.Struct):
    data_set: str
    format_revision: int
    content_digest: str
    schema_fingerprint: str
    file_digest: str | None = None
    size_bytes: int | None = None
    attribution: str | None = None
    needs: Needs | None = None
    waivers: tuple[Waiver, ...] = ()
    access: tuple[AccessEntry, ...] = ()
    builder: Builder | None = None


class _Package(msgspec.Struct):
    version: str
    resources: list[_Resource]
    ours: _Ours = msgspec.field(name=NAMESPACE)
    title: str | None = None
    description: str | None = None
    created: str | None = None
    licenses: tuple[Licence, ...] = ()
    contributors: tuple[Contributor, ...] = ()
    sources: tuple[_Source, ...] = ()

    def manifest(self) -> Manifest:
        for resource in self.resources:
            if (resource.bytes, resource.hash) != (self.ours.size_bytes, self.ours.file_digest):
                message = f"table {resource.dialect.table!r} and {NAMESPACE!r} tell of different files"
                raise ValueError(message)
        ours = _fields(self.ours)
        return Manifest(
            name=ours.pop("data_set"),
            version=self.version,
            title=self.title,
            description=self.description,
            created=self.created,
            tables=tuple(resource.entry() for resource in self.resources),
            licences=self.licenses,
            contributors=self.contributors,
            sources=tuple(source.entry() for source in self.sources),
            **ours,
        )


def _checked(package: _Package, *, path: Path, fault: Fault) -> Manifest:
    if package.ours.format_revision != FORMAT_REVISION:
        raise damages.MANIFEST_REVISION.at(path, revision=package.ours.format_revision)
    try:
        return package.manifest()
    except ValueError as error:
        raise fault.at(path, found=f"a data package that is no such manifest: {error}") from error


def _fields(values: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(values, name) for name in values.__struct_fields__}
