"""Print which artifact a file is."""

from typing import Any

from microcosm_sqlite.artifacts.inspection import Artifact


def identity_of(artifact: Artifact) -> dict[str, Any]:
    """Return what tells a verified *artifact* from every other, as plain values."""
    manifest = artifact.manifest
    return {
        "path": str(artifact.path),
        "name": manifest.name,
        "version": manifest.version,
        "rows": manifest.rows,
        "file_digest": manifest.file_digest,
        "content_digest": manifest.content_digest,
    }


def write_identity(artifact: Artifact) -> None:
    """Write to stdout, for a person, that *artifact* is sound and which one it is."""
    manifest = artifact.manifest
    print(f"OK {manifest.name} {manifest.version} {artifact.path}")
    print(f"   content {manifest.content_digest}")
    print(f"   file    {manifest.file_digest}")
