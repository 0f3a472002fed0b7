"""Turn a finished workbench into a published artifact.

Write anew, digest, mark, lay out, plan, check, read back, publish: in this order, and nothing is published unless all
of it holds.
"""

import platform
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Final

import apsw
import sqlalchemy

from microcosm_sqlite.artifacts.beside import manifest_path
from microcosm_sqlite.artifacts.certificate import AccessEntry
from microcosm_sqlite.artifacts.datapackage import to_text
from microcosm_sqlite.artifacts.digests import ContentDigest, content_digest, file_digest
from microcosm_sqlite.artifacts.embedding import embed, stamp
from microcosm_sqlite.artifacts.features import needs_of
from microcosm_sqlite.artifacts.inspection import Artifact
from microcosm_sqlite.artifacts.layout import normalise_layout
from microcosm_sqlite.artifacts.manifest import Builder, Manifest, Waiver, table_entries
from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.artifacts.schemas import Schema
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.builders.scratch import remove_folder
from microcosm_sqlite.engines.refusals import SQLITE, SYSTEM, Refusal, refusal_in
from microcosm_sqlite.engines.uris import file_uri
from microcosm_sqlite.errors import ArtifactError
from microcosm_sqlite.progress import step
from microcosm_sqlite.sealing.certificates import certify, claims_of, entries_of
from microcosm_sqlite.sealing.definitions import read_definitions
from microcosm_sqlite.sealing.gates import check_gates, checked_waivers
from microcosm_sqlite.sealing.releases import Release
from microcosm_sqlite.sealing.targets import Target
from microcosm_sqlite.sealing.writing import Records, new_database, schema_of, write_rows
from microcosm_sqlite.shipping.channels import Channel
from microcosm_sqlite.workbench import Workbench

#: What SQLite itself takes for granted, and the size of a page of most disks and of memory.
PAGE_BYTES: Final = 4096

_CALL: Final = "seal(bench, FolderChannel(folder), Release(version='1.0'))"

_PAGE_SIZES: Final = frozenset(1 << power for power in range(9, 17))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Work:
    """What is made of what."""

    bench: Workbench
    release: Release
    waivers: tuple[Waiver, ...]
    target: Target
    #: Where the finished file is put together; nobody else knows this folder.
    staged: Path


def seal(
    bench: Workbench,
    channel: Channel,
    release: Release,
    *,
    waivers: Iterable[Waiver] = (),
    page_bytes: int = PAGE_BYTES,
) -> Artifact:
    """Return the artifact made of what is on *bench*, once *channel* has published it.

    Equal rows, models and releases give equal files, byte for byte. The workbench is committed first and may go on
    being used afterwards. The finished file passes all gates and is read back through the verification that readers use
    before anybody can see it. Whatever is raised, nothing was published, unless the error says that the new file is in
    place; what was published before is untouched.

    Args:
        bench: what to seal.
        channel: where to publish it, and where the release before is found.
        release: what the curator says of it.
        waivers: gates that shall not stop it, each with the reason, which the manifest tells.
        page_bytes: the page size of the file, a power of two from 512 to 65536.

    Raises:
        GatesFailedError: foreign keys lead nowhere, or something else does not hold that the data set requires.
        TypeError: an argument is of another kind, perhaps of that of another one.
        ValueError: a waiver names no gate that can be waived, or there is no such page size.
        SourceError: a text is not valid UTF-8.
        SealError: the disk is full, the operating system refused something else, the file did not read back as it was
            written, or there is a virtual table whose bytes depend on more than its rows.
    """
    _check_kinds(bench, channel, release)
    if page_bytes not in _PAGE_SIZES:
        raise ValueError(f"page_bytes must be a power of two from 512 to 65536, not {page_bytes!r}")
    waived = checked_waivers(bench.data_set, waivers)
    target = Target(name=bench.name, path=Path(f"{bench.name}.sqlite"))
    with _translated(target, folder=bench.path.parent), _folder_beside(bench.path) as folder:
        staged = folder / target.path.name
        work = _Work(bench=bench, release=release, waivers=waived, target=target, staged=staged)
        manifest = _make(work, channel, page_bytes=page_bytes)
        with _translated(target), step("publish", bench.name):
            return channel.publish(staged, manifest)


def _check_kinds(bench: Any, channel: Any, release: Any) -> None:
    if not isinstance(bench, Workbench):
        raise TypeError(f"expected a Workbench first, as in {_CALL}, found {bench!r}")
    if isinstance(channel, str | Path):
        raise TypeError(f"expected a channel, found a path: pass FolderChannel(Path({str(channel)!r})), as in {_CALL}")
    if not (hasattr(channel, "publish") and hasattr(channel, "locate")):
        raise TypeError(f"expected a channel such as FolderChannel(folder) second, as in {_CALL}, found {channel!r}")
    if not isinstance(release, Release):
        raise TypeError(f"expected a Release third, as in {_CALL}, found {release!r}")


def _make(work: _Work, channel: Channel, *, page_bytes: int) -> Manifest:
    """Make the staged file, prove it, and return its complete manifest."""
    work.bench.commit()
    claims = claims_of(work.bench.data_set)
    with step("write", work.bench.name) as writing:
        embedded = _write(work, page_bytes, entries_of(claims))
        normalise_layout(work.staged, schema_fingerprint=embedded.schema_fingerprint)
        writing.advance(rows=embedded.rows, bytes=work.staged.stat().st_size)
    try:
        # At once, because one keeps SQLite busy and the other Python.
        with step("check", work.bench.name), ThreadPoolExecutor(1) as other:
            certificate = certify(work.staged, claims)
            manifest = other.submit(_read_back, work.staged, replace(embedded, access=certificate.entries))
            check_gates(work.bench, channel, work.staged, embedded, certificate.failures)
            return manifest.result()
    except ArtifactError as error:
        remedy = "Check disk and memory, then seal again."
        raise work.target.refused(f"it does not read back as it was written: {error}", remedy=remedy) from error


def _write(work: _Work, page_bytes: int, access: tuple[AccessEntry, ...]) -> Manifest:
    """Write the rows of the workbench with their manifest and return it.

    In two steps: the order of the rows is made by the first, pages without any trace of how they were filled by the
    second, VACUUM.
    """
    path, written = work.bench.path, work.staged.with_suffix(".written")
    definitions = read_definitions(work.bench.native, target=work.target)
    records = Records.COPIED if work.bench.is_fresh else Records.ENCODED_ANEW
    schema = schema_of(definitions)
    with new_database(written, page_bytes=page_bytes) as connection:
        # What is digested are the rows as they are on the workbench: that they were written is proved by reading back.
        with ThreadPoolExecutor(1) as other:
            content = other.submit(_digest, path, schema)
            write_rows(connection, path, definitions=definitions, target=work.target, records=records)
        manifest = replace(_describe(work, schema, content.result()), access=access)
        embed(connection, manifest)
        stamp(connection)
        # As a URI, because SQLite takes plain names in UTF-8 only.
        rows(connection, "VACUUM INTO ?", file_uri(work.staged))
    written.unlink()
    return manifest


def _digest(path: Path, schema: Schema) -> ContentDigest:
    connection = apsw.Connection(file_uri(path, mode="ro"), flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    try:
        return content_digest(connection, schema=schema)
    finally:
        connection.close()


def _describe(work: _Work, schema: Schema, content: ContentDigest) -> Manifest:
    bench, release = work.bench, work.release
    return Manifest(
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
        waivers=work.waivers,
    )


def _read_back(staged: Path, embedded: Manifest) -> Manifest:
    """Return the complete manifest of *staged*, which is put beside it, once both are verified."""
    manifest = embedded.for_file(file_digest=file_digest(staged), size_bytes=staged.stat().st_size, builder=_builder())
    manifest_path(staged).write_text(to_text(manifest), encoding="utf-8")
    verify(staged)
    return manifest


def _builder() -> Builder:
    return Builder(
        sqlite=apsw.sqlite_lib_version(),
        package=version_of("microcosm-sqlite"),
        python=platform.python_version(),
        sqlalchemy=sqlalchemy.__version__,
        apsw=apsw.apsw_version(),
    )


@contextmanager
def _folder_beside(bench: Path) -> Generator[Path]:
    """Yield an empty folder that is removed at the end, and by the next seal if this one does not live to do it.

    Always the same one, because nobody else seals from a workbench that this process holds.
    """
    folder = bench.with_name(f".{bench.name}.sealing")
    remove_folder(folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        remove_folder(folder)


@contextmanager
def _translated(target: Target, *, folder: Path | None = None) -> Generator[None]:
    """Turn what SQLite and the operating system refuse, to do in *folder* if that is known, into our error."""
    try:
        yield
    except apsw.ConstraintError as error:
        raise target.violated(str(error)) from error
    except (*SYSTEM, *SQLITE) as error:
        raise target.interrupted(refusal_in(error) or Refusal(str(error), "Remove the cause"), folder) from error
