"""Check as much of an artifact as is asked for before it is trusted.

Apart from `verification`, because a service pays for what it imports: a file that is as it should be is recognised
here, and only for one that is not is the whole manifest read, to say what is wrong with it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from microcosm_sqlite.artifacts.checks import MANIFEST_BYTES, check_alone
from microcosm_sqlite.artifacts.claims import Claims, read_claims
from microcosm_sqlite.artifacts.headers import refused
from microcosm_sqlite.artifacts.identity import identity_of, while_unchanged
from microcosm_sqlite.artifacts.places import manifest_path, pending_manifest_path
from microcosm_sqlite.artifacts.remembering import Memory
from microcosm_sqlite.constants import MANIFEST_NAMESPACE
from microcosm_sqlite.errors import ArtifactError
from microcosm_sqlite.faults import damages


class Policy(Enum):
    """How much of a file is checked before it is trusted."""

    #: Every byte, at every bind.
    ALWAYS = "always"
    #: Every byte, unless this very file was verified before.
    ONCE = "once"
    #: The beginning and the length.
    SIZE = "size"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """What must hold of an artifact before it is trusted: how it is checked, what is remembered, which is wanted.

    `pin` is the version or the file digest (`sha256:...`) of the only release that is wanted; `verified` leaves it to
    the caller to compare it with the claims.
    """

    policy: Policy
    memory: Memory
    pin: str | None = None


def verified(path: Path, trust: Trust) -> Claims:
    """Return the claims of the artifact at *path* after the checks that *trust* asks for.

    Reading every byte takes about half a second per gigabyte, and is needed once per file where it is remembered. If
    the artifact is published afresh meanwhile, the check begins anew.

    Raises:
        ManifestError: The manifest beside the file is missing, unreadable, or that of another file.
        ArtifactError: Whatever `verification.verify_file` raises, or the file cannot be read to its end.
    """
    try:
        return while_unchanged(path, partial(_verified, trust=trust))
    except ArtifactError:  # Some are OSErrors too.
        raise
    except OSError as error:
        raise refused(path, error) from error


def _verified(path: Path, *, trust: Trust) -> Claims:
    if trust.policy is Policy.SIZE and not _is_digest(trust.pin):
        return _measured(path)
    if trust.policy is not Policy.ALWAYS and (recalled := _recalled(path, trust.memory)):
        return recalled
    claims = read_claims(path)
    before = identity_of(path)
    is_settled = trust.memory.is_settled(before)
    proven = _proven(path, claims)
    if is_settled and identity_of(path) == before and trust.memory.recall(before) != proven:
        trust.memory.remember(before, proven)
    return proven


def _is_digest(pin: str | None) -> bool:
    return pin is not None and pin.startswith("sha256:")


def _measured(path: Path) -> Claims:
    """Return the claims of a file of the right length, by itself and by its manifest if that is there."""
    claims, found = read_claims(path), identity_of(path).size_bytes
    sizes = {seal.size_bytes for seal in _seals(path)}
    if sizes and found not in sizes:
        raise damages.WRONG_SIZE.at(path, claims=" or ".join(map(str, sizes)), size_bytes=found)
    return claims


def _recalled(path: Path, memory: Memory) -> Claims | None:
    """Return what is remembered of the file at *path*, if that is still what its manifest says."""
    try:
        claims = memory.recall(identity_of(path))
    except OSError:  # The checks that follow say what is wrong.
        return None
    if claims is None or not any(_fits(seal, claims) for seal in _seals(path)):
        return None
    check_alone(path)
    return claims


def _proven(path: Path, claims: Claims) -> Claims:
    """Return *claims* with the digest of the file, which is the one that its manifest says."""
    # Needed only where nothing was remembered.
    from microcosm_sqlite.artifacts.hashing import file_digest  # noqa: PLC0415

    seals = list(_seals(path))
    if not seals:
        _check_manifest_exists(path)
    size_bytes, digest = identity_of(path).size_bytes, file_digest(path)
    proven = claims._replace(file_digest=digest)
    if any(_fits(seal, proven) and seal.size_bytes == size_bytes for seal in seals):
        return proven

    # What is wrong is found out by the check that knows all of the manifest; it costs ten times the imports.
    from microcosm_sqlite.artifacts.verification import verify_file  # noqa: PLC0415

    manifest = verify_file(path).manifest
    return Claims(manifest.name, manifest.version, manifest.file_digest)


def _check_manifest_exists(path: Path) -> None:
    place = manifest_path(path)
    if not place.exists() and not pending_manifest_path(path).exists():
        raise damages.MANIFEST_MISSING.at(place)


class _Seal(NamedTuple):
    """What a manifest beside a file says of just that file."""

    name: str
    version: str
    file_digest: str
    size_bytes: int


def _fits(seal: _Seal, claims: Claims) -> bool:
    return (seal.name, seal.version, seal.file_digest) == claims


def _seals(path: Path) -> Iterator[_Seal]:
    """Yield what the manifests beside *path* say: that under its usual name, then one that is just being published."""
    for place in (manifest_path(path), pending_manifest_path(path)):
        try:
            with place.open("rb") as file:
                document: Any = json.loads(file.read(MANIFEST_BYTES + 1))
            ours = document[MANIFEST_NAMESPACE]
            seal = _Seal(ours["data_set"], document["version"], ours["file_digest"], ours["size_bytes"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        yield seal
