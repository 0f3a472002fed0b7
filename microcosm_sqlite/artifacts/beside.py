"""Find the manifest that lies beside an artifact."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.manifest import Manifest
from microcosm_sqlite.artifacts.parsing import from_text
from microcosm_sqlite.artifacts.places import manifest_path, pending_manifest_path
from microcosm_sqlite.errors import ManifestError

__all__ = ["manifest_path", "manifests_beside", "pending_manifest_path", "read_manifest"]


def read_manifest(path: Path) -> Manifest:
    """Return the manifest in the file at *path* (that of the manifest, not of the artifact).

    Raises:
        ManifestError: There is no file, or it cannot be read.
    """
    try:
        return from_text(path.read_bytes(), path=path)
    except OSError as error:
        raise ManifestError(
            path=path,
            expected="the manifest that belongs beside the artifact",
            found="no such file" if isinstance(error, FileNotFoundError) else f"the refusal {error.strerror!r}",
            remedy="Copy both files from where they were published; an artifact is not trusted without its manifest.",
        ) from error


def manifests_beside(artifact: Artifact) -> Iterator[Manifest]:
    """Yield the complete manifests that may be that of an inspected artifact: one, sometimes two.

    A publication that was cut short right after it replaced the file leaves the new manifest under its pending name.

    Raises:
        ManifestError: There is none; the error is about the manifest under its usual name.
    """
    pending = pending_manifest_path(artifact.path)
    try:
        manifest = read_manifest(manifest_path(artifact.path))
        _check_same(artifact, manifest)
    except ManifestError:
        if not pending.exists():
            raise
    else:
        yield manifest
    if pending.exists():
        manifest = read_manifest(pending)
        _check_same(artifact, manifest)
        yield manifest


def _check_same(artifact: Artifact, manifest: Manifest) -> None:
    beside, inside = manifest.embedded(), artifact.manifest
    if beside != inside:
        named = [field.name for field in fields(inside) if getattr(inside, field.name) != getattr(beside, field.name)]
        raise ManifestError(
            path=manifest_path(artifact.path),
            expected=f"the manifest of this artifact ({inside.name} {inside.version})",
            found=f"that of another one ({beside.name} {beside.version}; different: {', '.join(named)})",
            remedy="Copy both files again from where they were published.",
        )
    if manifest.file_digest is None or manifest.size_bytes is None:
        raise ManifestError(
            path=manifest_path(artifact.path),
            expected="the size and the digest of the file",
            found="neither or only one of them",
            remedy="Copy the manifest again from where the artifact was published.",
        )
