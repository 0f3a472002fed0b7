"""Check that a file is the artifact it claims to be."""

from pathlib import Path

import apsw

from microcosm_sqlite.artifacts.beside import manifests_beside
from microcosm_sqlite.artifacts.digests import ContentDigest, content_digest, file_digest
from microcosm_sqlite.artifacts.features import is_older
from microcosm_sqlite.artifacts.identity import while_unchanged
from microcosm_sqlite.artifacts.inspection import Artifact, inspect
from microcosm_sqlite.artifacts.manifest import Manifest, TableEntry, table_entries
from microcosm_sqlite.artifacts.opening import opened
from microcosm_sqlite.artifacts.schemas import read_schema
from microcosm_sqlite.artifacts.structure import check_structure
from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.faults import damages

__all__ = ["Artifact", "check_bytes", "check_contents", "inspect", "verify", "verify_file"]


def verify_file(path: Path) -> Artifact:
    """Return the artifact at *path* after checking, beyond `inspect`, every byte of it against its manifest.

    Costs a reading of the whole file: about half a second per gigabyte.

    Raises:
        ArtifactCorruptError: The bytes are not those that were sealed.
        ManifestError: The manifest beside the file is missing, unreadable, or that of another file.
        ArtifactError: Whatever `inspect` raises.
    """
    return while_unchanged(path, _verify_file)


def verify(path: Path) -> Artifact:
    """Return the artifact at *path* after checking, beyond `verify_file`, rows and schema against its manifest.

    Raises:
        ArtifactCorruptError: Rows or schema are not those that were sealed.
        ArtifactError: Whatever `verify_file` raises.
    """
    return while_unchanged(path, _verify)


def check_bytes(artifact: Artifact) -> Artifact:
    """Return an inspected artifact with its complete manifest after checking every byte of it against that.

    Raises:
        ArtifactCorruptError: The bytes are not those that were sealed.
        ManifestError: The manifest beside the file is missing, unreadable, or that of another file.
    """
    path = artifact.path
    digest, size_bytes = file_digest(path), path.stat().st_size
    manifests: list[Manifest] = []
    for manifest in manifests_beside(artifact):
        if (manifest.file_digest, manifest.size_bytes) == (digest, size_bytes):
            return Artifact(path=path, manifest=manifest)
        manifests.append(manifest)
    if all(manifest.size_bytes != size_bytes for manifest in manifests):
        claims = " or ".join(str(manifest.size_bytes) for manifest in manifests)
        raise damages.WRONG_SIZE.at(path, claims=claims, size_bytes=size_bytes)
    claims = " or ".join(str(manifest.file_digest) for manifest in manifests)
    raise damages.WRONG_DIGEST.at(path, claims=claims, size_bytes=size_bytes, digest=digest)


def _verify_file(path: Path) -> Artifact:
    return check_bytes(inspect(path))


def _verify(path: Path) -> Artifact:
    artifact = _verify_file(path)
    check_contents(artifact)
    return artifact


def check_contents(artifact: Artifact) -> None:
    """Check rows and schema of an artifact, whose bytes need not have been checked, against its manifest.

    Raises:
        ArtifactCorruptError: They are not those that were sealed.
        ArtifactError: SQLite cannot read them.
    """
    path, manifest = artifact.path, artifact.manifest
    _check_needs(artifact)
    content, tables = _contents_of(path)
    if content.schema_fingerprint != manifest.schema_fingerprint:
        raise damages.OTHER_SCHEMA.at(path, claimed=manifest.schema_fingerprint, found=content.schema_fingerprint)
    if content.digest != manifest.content_digest or tables != manifest.tables:
        difference = _names_of_differences(manifest.tables, tables)
        raise damages.OTHER_ROWS.at(path, claimed=manifest.content_digest, found=content.digest, difference=difference)


def _check_needs(artifact: Artifact) -> None:
    needs, version = artifact.manifest.needs, apsw.sqlite_lib_version()
    if needs is not None and is_older(version, than=needs):
        raise damages.FEATURE_MISSING.at(artifact.path, feature=f"SQLite {needs.sqlite}", version=version)


def _contents_of(path: Path) -> tuple[ContentDigest, tuple[TableEntry, ...]]:
    with opened(path) as connection:
        try:
            schema = read_schema(connection)
            check_structure(connection, schema, path=path)
            content = content_digest(connection, schema=schema)
        except (SourceError, UnicodeDecodeError) as error:
            raise damages.NOT_UTF_8.at(path, found=str(error)) from error
    return content, table_entries(schema, content)


def _names_of_differences(expected: tuple[TableEntry, ...], found: tuple[TableEntry, ...]) -> str:
    names = sorted({table.name for table in set(expected) ^ set(found)})
    return f"different: {', '.join(names)}" if names else "the tables are as the manifest says"
