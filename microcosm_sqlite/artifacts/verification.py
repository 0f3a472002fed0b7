"""Check that a file is the artifact it claims to be."""

from pathlib import Path

from microcosm_sqlite.artifacts.beside import manifests_beside
from microcosm_sqlite.artifacts.checks import corrupt
from microcosm_sqlite.artifacts.digests import ContentDigest, content_digest, file_digest
from microcosm_sqlite.artifacts.identity import while_unchanged
from microcosm_sqlite.artifacts.inspection import Artifact, inspect
from microcosm_sqlite.artifacts.manifest import TableEntry, table_entries
from microcosm_sqlite.artifacts.opening import opened
from microcosm_sqlite.artifacts.schemas import read_schema
from microcosm_sqlite.errors import SourceError

__all__ = ["Artifact", "inspect", "verify", "verify_file"]


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


def _verify_file(path: Path) -> Artifact:
    artifact = inspect(path)
    digest, size_bytes = file_digest(path), path.stat().st_size
    claims: list[str] = []
    for manifest in manifests_beside(artifact):
        if (manifest.file_digest, manifest.size_bytes) == (digest, size_bytes):
            return Artifact(path=path, manifest=manifest)
        claims.append(f"{manifest.size_bytes} bytes with the file digest {manifest.file_digest}")
    raise corrupt(path, expected=" or ".join(claims), found=f"{size_bytes} bytes with {digest}")


def _verify(path: Path) -> Artifact:
    artifact = _verify_file(path)
    manifest = artifact.manifest
    content, tables = _contents_of(path)
    if content.schema_fingerprint != manifest.schema_fingerprint:
        raise corrupt(path, expected=f"the schema {manifest.schema_fingerprint}", found=content.schema_fingerprint)
    if content.digest != manifest.content_digest or tables != manifest.tables:
        named = _names_of_differences(manifest.tables, tables)
        raise corrupt(
            path, expected=f"the content digest {manifest.content_digest}", found=f"{content.digest} ({named})"
        )
    return artifact


def _contents_of(path: Path) -> tuple[ContentDigest, tuple[TableEntry, ...]]:
    with opened(path) as connection:
        try:
            schema = read_schema(connection)
            content = content_digest(connection, schema=schema)
        except (SourceError, UnicodeDecodeError) as error:
            raise corrupt(path, expected="text in UTF-8", found=str(error)) from error
    return content, table_entries(schema, content)


def _names_of_differences(expected: tuple[TableEntry, ...], found: tuple[TableEntry, ...]) -> str:
    names = sorted({table.name for table in set(expected) ^ set(found)})
    return f"different: {', '.join(names)}" if names else "the tables are as the manifest says"
