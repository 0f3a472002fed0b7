"""Say where the manifest of an artifact lies.

Apart from `beside`, which reads manifests: a bind needs the place, and not what it takes to understand all of one.
"""

from pathlib import Path

from microcosm_sqlite.constants import MANIFEST_SUFFIX


def manifest_path(path: Path) -> Path:
    """Return where the manifest of the artifact at *path* lies."""
    return path.with_name(path.name + MANIFEST_SUFFIX)


def pending_manifest_path(path: Path) -> Path:
    """Return where the manifest lies that becomes valid in the moment the artifact at *path* is replaced."""
    return path.with_name(f".{path.name}{MANIFEST_SUFFIX}.next")
