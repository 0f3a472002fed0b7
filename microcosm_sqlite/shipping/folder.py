"""Publish artifacts into a folder."""

import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from microcosm_sqlite.artifacts.beside import manifest_path, pending_manifest_path, read_manifest
from microcosm_sqlite.artifacts.datapackage import to_text
from microcosm_sqlite.artifacts.digests import file_digest
from microcosm_sqlite.artifacts.headers import not_found, sidecars_of
from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.manifest import ARTIFACT_SUFFIX, Manifest
from microcosm_sqlite.engines.refusals import Refusal, telling_refusals
from microcosm_sqlite.errors import ManifestError, SealError
from microcosm_sqlite.shipping.durability import flush_file, flush_folder, locked

#: Published files are for everyone to read.
_MODE: Final = 0o644

_UNTOUCHED: Final = "What was published before is untouched."


class FolderChannel:
    """A folder that holds one artifact per data set, `<name>.sqlite`, and its manifest beside it.

    Safe to use from several threads and processes at once: publications into one folder wait for each other, readers
    wait for nobody.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def publish(self, staged: Path, manifest: Manifest) -> Artifact:
        """Return the artifact once *staged* is what readers find in the folder under the name of *manifest*.

        *staged* is copied, never moved. A crash or a power cut at any moment leaves the whole previous release or
        the whole new one; what it leaves of a copy is removed by the next publication of the same name.

        Args:
            staged: The finished file, in any folder.
            manifest: The complete manifest of just that file, with its file digest.

        Raises:
            ArtifactNotFoundError: There is no file *staged*.
            SealError: Nothing was published; or, where its reason says so, all was but may not survive a power cut.
            ValueError: The manifest lacks the file digest, or its name cannot be part of a file name.
        """
        target = self._path_of(manifest.name)
        if manifest.file_digest is None:
            message = f"the manifest of {manifest.name!r} lacks the digest of the file"
            raise ValueError(message)
        with telling_refusals(partial(_refused, manifest, target)):
            if not staged.is_file():
                raise not_found(staged)
            with locked(self.folder):
                _finish_earlier(target)
                _check_free(manifest, target)
                _publish(staged, manifest, target)
        return Artifact(path=target, manifest=manifest)

    def locate(self, name: str) -> Path:
        """Return the path of the artifact called *name*; what it holds is not looked at.

        Raises:
            ArtifactNotFoundError: There is none; names that look alike are suggested.
        """
        path = self._path_of(name)
        if not path.is_file():
            raise not_found(path)
        return path

    def _path_of(self, name: str) -> Path:
        if not name or name.startswith(".") or re.search(r"[/\\\0]", name):
            message = f"the name of a data set must be able to be a file name, not {name!r}"
            raise ValueError(message)
        return self.folder / f"{name}{ARTIFACT_SUFFIX}"


def _publish(staged: Path, manifest: Manifest, target: Path) -> None:
    """Replace the file and its manifest such that they fit each other at every moment.

    Two files cannot be replaced at once. So the new manifest is first put under a pending name, which `verify` looks
    at when the usual one does not fit; it becomes valid in the moment the file is replaced.
    """
    beside, pending = manifest_path(target), pending_manifest_path(target)
    with _staged(target) as file_stage, _staged(beside) as manifest_stage:
        with staged.open("rb") as source:
            _write(file_stage, source)
        _write(manifest_stage, BytesIO(to_text(manifest).encode()))
        digest = file_digest(file_stage)
        if digest != manifest.file_digest:
            raise SealError(
                name=manifest.name,
                path=target,
                reason=f"expected the file digest {manifest.file_digest}, found {digest} in {staged}",
                remedy=f"Make the manifest after the last change of the file. {_UNTOUCHED}",
            )
        manifest_stage.replace(pending)
        try:
            flush_folder(target.parent)
            file_stage.replace(target)
        except OSError:
            # A network file system may call a rename failed that it has made.
            if file_stage.exists():
                with suppress(OSError):
                    pending.unlink()
                raise
    _settle(manifest, target)


def _settle(manifest: Manifest, target: Path) -> None:
    """Make lasting what readers see already."""
    try:
        flush_folder(target.parent)
        pending_manifest_path(target).replace(manifest_path(target))
        flush_folder(target.parent)
    except OSError as error:
        raise SealError(
            name=manifest.name,
            path=target,
            reason=f"the new file is in place, but the operating system would not confirm it ({error})",
            remedy="Readers see the new release, but it may not survive a power cut. Check the disk and seal again.",
        ) from error


def _finish_earlier(target: Path) -> None:
    """Clear what publications of the same name left that did not live to do it themselves; the folder must be held."""
    pending = pending_manifest_path(target)
    match _pending_state(pending, target):
        case _Pending.CURRENT:
            pending.replace(manifest_path(target))
            flush_folder(target.parent)
        case _Pending.STALE:
            pending.unlink()
        case _Pending.NONE:
            pass
    for final in (target, manifest_path(target)):
        pattern = re.compile(rf"\.{re.escape(final.name)}\.\d+\.stage")
        for entry in list(target.parent.iterdir()):
            if pattern.fullmatch(entry.name):
                entry.unlink()


def _check_free(manifest: Manifest, target: Path) -> None:
    """Check that both names can be replaced before either is."""
    for place in (target, manifest_path(target)):
        if place.is_dir() and not place.is_symlink():
            raise SealError(
                name=manifest.name,
                path=target,
                reason=f"there is a folder called {place.name}",
                remedy=f"Move it away, then seal again. {_UNTOUCHED}",
            )
    sidecars = sidecars_of(target)
    if sidecars:
        raise SealError(
            name=manifest.name,
            path=target,
            reason=f"someone has the present file open for writing: {', '.join(sidecar.name for sidecar in sidecars)}",
            remedy=f"Close it, remove these files and seal again. {_UNTOUCHED}",
        )


class _Pending(Enum):
    """What lies under the pending name of a manifest."""

    NONE = auto()
    #: The manifest of what is published: the only one there is.
    CURRENT = auto()
    #: That of a file which was never put into place.
    STALE = auto()


def _pending_state(pending: Path, target: Path) -> _Pending:
    try:
        digest = read_manifest(pending).file_digest
    except ManifestError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return _Pending.NONE
        # Unreadable is not stale: without it nobody could verify what is published.
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from None
        return _Pending.STALE
    try:
        return _Pending.CURRENT if digest == file_digest(target) else _Pending.STALE
    except FileNotFoundError:
        return _Pending.STALE


@contextmanager
def _staged(target: Path) -> Generator[Path]:
    """Yield the path beside *target* under which its content may be made; nothing remains there after the block."""
    stage = target.with_name(f".{target.name}.{os.getpid()}.stage")
    try:
        yield stage
    finally:
        # What cannot be removed now is removed by the next publication.
        with suppress(OSError):
            stage.unlink()


def _write(stage: Path, content: BinaryIO) -> None:
    with stage.open("xb") as file:
        shutil.copyfileobj(content, file, 1 << 20)
        stage.chmod(_MODE)
        flush_file(file)


def _refused(manifest: Manifest, target: Path, refusal: Refusal) -> SealError:
    return SealError(
        name=manifest.name,
        path=target,
        reason=f"the operating system refused: {refusal.reason}",
        remedy=f"{refusal.remedy}, then seal again. {_UNTOUCHED}",
    )
