"""Find the manifest that lies beside an artifact."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from microcosm_sqlite.artifacts.checks import MANIFEST_BYTES
from microcosm_sqlite.artifacts.digests import file_digest
from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.manifest import Manifest
from microcosm_sqlite.artifacts.parsing import from_text
from microcosm_sqlite.artifacts.places import manifest_path, pending_manifest_path
from microcosm_sqlite.artifacts.recognition import BEGINNING_BYTES, recognise
from microcosm_sqlite.errors import ManifestError
from microcosm_sqlite.faults import damages, strangers
from microcosm_sqlite.faults.fault import Fault

__all__ = ["manifest_path", "manifests_beside", "pending_manifest_path", "read_manifest"]


def read_manifest(path: Path) -> Manifest:
    """Return the manifest in the file at *path* (that of the manifest, not of the artifact).

    Raises:
        ManifestError: There is no file, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MANIFEST_BYTES + 1)
    except FileNotFoundError as error:
        raise damages.MANIFEST_MISSING.at(path) from error
    except OSError as error:
        raise damages.MANIFEST_UNREADABLE.at(path, refusal=error.strerror) from error
    if len(text) > MANIFEST_BYTES:
        raise damages.MANIFEST_DAMAGED.at(path, found=f"more than {MANIFEST_BYTES} bytes")
    recognised = recognise(text[:BEGINNING_BYTES], size_bytes=len(text))
    if recognised.fault not in {strangers.MANIFEST_ITSELF, strangers.JSON}:
        raise damages.MANIFEST_DAMAGED.at(path, found=recognised.words)
    return from_text(text, path=path)


def manifests_beside(artifact: Artifact) -> Iterator[Manifest]:
    """Yield the complete manifests that may be that of an inspected artifact: one, sometimes two.

    A publication that was cut short right after it replaced the file leaves the new manifest under its pending name;
    one that was cut short right before leaves one there that does not count yet.

    Raises:
        ManifestError: There is none; the error is about the manifest under its usual name.
    """
    errors: list[ManifestError] = []
    for place in (manifest_path(artifact.path), pending_manifest_path(artifact.path)):
        try:
            manifest = read_manifest(place)
            _check_same(artifact, manifest)
        except ManifestError as error:
            errors.append(error)
        else:
            yield manifest
    if len(errors) > 1:
        raise errors[0]


def _check_same(artifact: Artifact, manifest: Manifest) -> None:
    beside, inside = manifest.embedded(), artifact.manifest
    path = manifest_path(artifact.path)
    if beside != inside:
        named = [field.name for field in fields(inside) if getattr(inside, field.name) != getattr(beside, field.name)]
        raise _fault_between(artifact, manifest).at(
            path, inside=_release(inside), found=_release(beside), difference=", ".join(named)
        )
    if manifest.file_digest is None or manifest.size_bytes is None:
        raise damages.MANIFEST_INCOMPLETE.at(path)


def _fault_between(artifact: Artifact, manifest: Manifest) -> Fault:
    """Return which of the two was changed: where the digest is right, the file was not."""
    is_of_this_size = artifact.path.stat().st_size == manifest.size_bytes
    if is_of_this_size and file_digest(artifact.path) == manifest.file_digest:
        return damages.MANIFEST_EDITED
    return damages.MANIFEST_OF_ANOTHER


def _release(manifest: Manifest) -> str:
    return f"{manifest.name} {manifest.version}"
