"""Tell whether a build would give what is published already."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.manifest import Manifest, Waiver
from microcosm_sqlite.artifacts.schemas import fingerprint
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.errors import ArtifactError, SourceError
from microcosm_sqlite.sealing import Release
from microcosm_sqlite.sealing.certificates import certify, claims_of, entries_of
from microcosm_sqlite.sealing.definitions import read_definitions
from microcosm_sqlite.sealing.targets import Target
from microcosm_sqlite.sealing.writing import schema_of
from microcosm_sqlite.sources.csv import CSVSource
from microcosm_sqlite.workbench import Workbench


def published_same(
    data_set: Any, sources: Iterable[Path], output: Path, *, asked: Release, waivers: tuple[Waiver, ...]
) -> Artifact | None:
    """Return the artifact in *output* if a build would give it again, but for version and date; else None.

    It is sound, was made of the same bytes of *sources*, of models with the same tables and certified stores, and what
    the curator says of it is the same.
    """
    with Workbench(data_set) as bench:
        try:
            artifact = verify(output / f"{bench.name}.sqlite")
        except ArtifactError:
            return None
        found = artifact.manifest
        is_same = (
            _digests(sources) == [(source.path, source.sha256) for source in found.sources]
            and fingerprint(_schema(bench)) == found.schema_fingerprint
            and _said(found) == _asked(found, asked, waivers)
            and _is_certified(artifact, bench.data_set)
        )
    return artifact if is_same else None


def _is_certified(artifact: Artifact, data_set: Any) -> bool:
    """Return whether the stores ask what they asked then, and an index still answers: methods may ask it otherwise."""
    claims, manifest = claims_of(data_set), artifact.manifest
    if entries_of(claims) != tuple(entry.declared() for entry in manifest.access):
        return False
    failed = {failure.gate for failure in certify(artifact.path, claims).failures}
    return failed <= {waiver.gate for waiver in manifest.waivers}


def _digests(sources: Iterable[Path]) -> list[tuple[str, str]] | None:
    """Return the names and digests of *sources*, or None where one cannot be read: the build will say so."""
    try:
        digests = [(path.name, CSVSource(path).digest()) for path in sources]
    except SourceError:
        return None
    return [(name, digest.sha256) for name, digest in digests if digest is not None]


def _schema(bench: Workbench) -> Any:
    return schema_of(read_definitions(bench.native, target=Target(name=bench.name, path=bench.path)))


def _said(found: Manifest) -> Manifest:
    return replace(found, version="", created=None)


def _asked(found: Manifest, asked: Release, waivers: tuple[Waiver, ...]) -> Manifest:
    """Return what *found* would say if it were released as *asked*."""
    return replace(
        _said(found),
        title=asked.title,
        description=asked.description,
        licences=asked.licences,
        contributors=asked.contributors,
        attribution=asked.attribution,
        waivers=waivers,
    )
