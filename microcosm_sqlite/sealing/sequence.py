"""Turn a finished workbench into a published artifact.

Check, compact, digest, mark, read back, publish: in this order, and nothing is published unless all of it holds.
"""

import platform
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from importlib.metadata import version as version_of
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import apsw
import sqlalchemy

from microcosm_sqlite.artifacts.beside import manifest_path
from microcosm_sqlite.artifacts.datapackage import to_text
from microcosm_sqlite.artifacts.digests import content_digest, file_digest
from microcosm_sqlite.artifacts.embedding import embed, stamp
from microcosm_sqlite.artifacts.features import needs_of
from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.manifest import Builder, Manifest, Waiver, table_entries
from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.artifacts.schemas import read_schema
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.engines.uris import file_uri
from microcosm_sqlite.errors import SealError
from microcosm_sqlite.sealing.gates import check_gates, checked_waivers
from microcosm_sqlite.sealing.releases import Release
from microcosm_sqlite.shipping.channels import Channel
from microcosm_sqlite.workbench import Workbench

_UNTOUCHED: Final = "Nothing was published; what was published before is untouched."


def seal(bench: Workbench, channel: Channel, release: Release, *, waivers: Iterable[Waiver] = ()) -> Artifact:
    """Return the artifact made of what is on *bench*, once *channel* has published it.

    The workbench is committed first and may go on being used afterwards. The finished file passes all gates and is
    read back through the verification that readers use before anybody can see it. Whatever is raised, nothing was
    published.

    Args:
        bench: what to seal.
        channel: where to publish it, and where the release before is found.
        release: what the curator says of it.
        waivers: gates that shall not stop it, each with the reason, which the manifest tells.

    Raises:
        GatesFailedError: foreign keys lead nowhere, or something else does not hold that the data set requires.
        ValueError: a waiver names no gate that can be waived.
        SealError: the disk is full, or the operating system refused something else.
        ArtifactError: the file did not read back as it was written.
    """
    target = Path(f"{bench.name}.sqlite")
    waived = checked_waivers(bench.data_set, waivers)
    with _translated(bench, target), TemporaryDirectory(prefix="seal-", dir=bench.path.parent) as folder:
        staged = Path(folder) / target.name
        bench.commit()
        _compact(bench, staged)
        manifest = _finish(staged, bench, release, waived)
        check_gates(bench, channel, staged, manifest)
        manifest_path(staged).write_text(to_text(manifest), encoding="utf-8")
        verify(staged)
        return channel.publish(staged, manifest)


def _compact(bench: Workbench, staged: Path) -> None:
    # As a URI, because SQLite takes plain names in UTF-8 only.
    rows(bench.native, "VACUUM INTO ?", file_uri(staged))


def _finish(staged: Path, bench: Workbench, release: Release, waivers: tuple[Waiver, ...]) -> Manifest:
    connection = apsw.Connection(file_uri(staged), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI)
    try:
        schema = read_schema(connection)
        content = content_digest(connection, schema=schema)
        manifest = Manifest(
            name=bench.name,
            version=release.version,
            title=release.title,
            description=release.description,
            created=release.created,
            licences=release.licences,
            contributors=release.contributors,
            attribution=release.attribution,
            sources=(*release.sources, *bench.sources),
            content_digest=content.digest,
            schema_fingerprint=content.schema_fingerprint,
            tables=table_entries(schema, content),
            needs=needs_of(schema),
            waivers=waivers,
        )
        embed(connection, manifest)
        stamp(connection)
    finally:
        connection.close()
    return manifest.for_file(file_digest=file_digest(staged), size_bytes=staged.stat().st_size, builder=_builder())


def _builder() -> Builder:
    return Builder(
        sqlite=apsw.sqlite_lib_version(),
        package=version_of("microcosm-sqlite"),
        python=platform.python_version(),
        sqlalchemy=sqlalchemy.__version__,
        apsw=apsw.apsw_version(),
    )


@contextmanager
def _translated(bench: Workbench, target: Path) -> Generator[None]:
    """Turn what SQLite and the operating system refuse into our error; our own errors pass."""
    try:
        yield
    except apsw.FullError as error:
        raise _refused(bench, target, "the disk is full", "Free some space, then seal again.") from error
    except (apsw.Error, OSError) as error:
        raise _refused(bench, target, f"it was refused: {error}", "Remove the cause, then seal again.") from error


def _refused(bench: Workbench, target: Path, reason: str, remedy: str) -> SealError:
    return SealError(name=bench.name, path=target, reason=reason, remedy=f"{remedy} {_UNTOUCHED}")
