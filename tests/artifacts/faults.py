"""Make every fault that a doctor must know, each from a sound artifact."""

import bz2
import gzip
import json
import lzma
import os
import random
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import apsw

from microcosm_sqlite.artifacts.beside import manifest_path, read_manifest
from microcosm_sqlite.artifacts.datapackage import to_text
from microcosm_sqlite.artifacts.digests import file_digest
from microcosm_sqlite.artifacts.features import Needs
from microcosm_sqlite.artifacts.headers import read_header
from microcosm_sqlite.constants import MANIFEST_TABLE

#: Does a fault to the artifact at a path; returns where the doctor is to look.
Maker = Callable[[Path], Path]

NOISE: Final = random.Random(3).randbytes(3 * 4096)

#: A frame of Zstandard with one block that holds "x": the standard library cannot make one before Python 3.14.
ZSTANDARD: Final = bytes.fromhex("28b52ffd2001090000780a")


def _containing(content: bytes) -> Maker:
    def make(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return make


def _packed(pack: Callable[[bytes], bytes]) -> Maker:
    def make(path: Path) -> Path:
        path.write_bytes(pack(path.read_bytes()))
        return path

    return make


def _overwritten(offset: int, content: bytes) -> Maker:
    def make(path: Path) -> Path:
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(content)
        return path

    return make


def _changed(*statements: str) -> Maker:
    def make(path: Path) -> Path:
        connection = apsw.Connection(str(path))
        for statement in statements:
            connection.execute(statement)
        connection.close()
        return path

    return make


def _claimed(change: Maker) -> Maker:
    """Let the manifest claim the file as *change* leaves it, as a forger would."""

    def make(path: Path) -> Path:
        change(path)
        forged = read_manifest(manifest_path(path)).for_file(
            file_digest=file_digest(path), size_bytes=path.stat().st_size
        )
        manifest_path(path).write_text(to_text(forged), encoding="utf-8")
        return path

    return make


def _manifest(change: Callable[[Path], object]) -> Maker:
    def make(path: Path) -> Path:
        change(manifest_path(path))
        return path

    return make


def _directory(path: Path) -> Path:
    path.unlink()
    path.mkdir()
    return path


def _pipe(path: Path) -> Path:
    path.unlink()
    os.mkfifo(path)
    return path


def _dangling_link(path: Path) -> Path:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("nowhere")
    return path


def _link_loop(path: Path) -> Path:
    path.unlink()
    path.symlink_to(path.name)
    return path


def _inside_wheel(path: Path) -> Path:
    wheel = path.with_name("world-1.0-py3-none-any.whl")
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(path, "world/world.sqlite")
    return wheel / "world" / "world.sqlite"


def _zipped(path: Path) -> Path:
    content = path.read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("world.sqlite", content)
    return path


def _truncated(path: Path) -> Path:
    os.truncate(path, path.stat().st_size - 1000)
    return path


def _trailing(path: Path) -> Path:
    path.write_bytes(path.read_bytes() + b"garbage")
    return path


def _line_ends(path: Path) -> Path:
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    return path


def _beside(suffix: str) -> Maker:
    def make(path: Path) -> Path:
        path.with_name(path.name + suffix).write_bytes(b"left over")
        return path

    return make


def _plain(path: Path) -> Path:
    path.unlink()
    return _changed("CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")(path)


def _plain_with_random_rows(path: Path) -> Path:
    """Rows without a pattern do not make a file encrypted, not even on pages of the smallest size."""
    path.unlink()
    return _changed("PRAGMA page_size = 512", "CREATE TABLE t (a)", "INSERT INTO t VALUES (randomblob(50000))")(path)


def _flipped_row(path: Path) -> Path:
    content = bytearray(path.read_bytes())
    content[content.rindex(b"Lyon")] ^= 1
    path.write_bytes(content)
    return path


def _looping_page(path: Path) -> Path:
    """Let the last page of the table `city` be an interior page that leads to itself."""
    connection = apsw.Connection(str(path))
    ((root,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'city'")
    connection.close()
    size = read_header(path).page_bytes
    page = b"\x05\0\0\0\0\0\0\0" + root.to_bytes(4) + bytes(size - 12)
    return _overwritten((root - 1) * size, page)(path)


def _broken_page(path: Path) -> Path:
    size = read_header(path).page_bytes
    return _overwritten(path.stat().st_size - size, NOISE[:size])(path)


def _other_manifest(path: Path) -> Path:
    """Lay the manifest of another release beside, which says nothing true of this file."""
    manifest = read_manifest(manifest_path(path))
    other = replace(manifest, version="2.0", content_digest="sha256:" + "0" * 64).for_file(
        file_digest="sha256:" + "1" * 64, size_bytes=path.stat().st_size
    )
    manifest_path(path).write_text(to_text(other), encoding="utf-8")
    return path


def _edited_manifest(path: Path) -> Path:
    """Lay a manifest beside that has the right digest and is that of another file otherwise."""
    manifest = replace(read_manifest(manifest_path(path)), version="2.0")
    manifest_path(path).write_text(to_text(manifest), encoding="utf-8")
    return path


def _incomplete_manifest(path: Path) -> Path:
    manifest_path(path).write_text(to_text(read_manifest(manifest_path(path)).embedded()), encoding="utf-8")
    return path


def _manifest_revision(path: Path) -> Path:
    document = json.loads(manifest_path(path).read_text(encoding="utf-8"))
    document["microcosm-sqlite"]["format_revision"] = 7
    manifest_path(path).write_text(json.dumps(document, sort_keys=True), encoding="utf-8")
    return path


def _with_virtual_table(module: str) -> Maker:
    """Put a virtual table of *module* into the schema; SQLite itself would ask the module first."""
    return _claimed(
        _changed(
            "PRAGMA writable_schema = ON",
            "INSERT INTO sqlite_schema VALUES "
            f"('table', 'place', 'place', 0, 'CREATE VIRTUAL TABLE place USING {module}(name)')",
        )
    )


def _needing_a_later_sqlite(path: Path) -> Path:
    """Let both manifests ask for a version of SQLite that nobody has."""
    manifest = replace(read_manifest(manifest_path(path)), needs=Needs(sqlite="99.0.0", features=("STRICT",)))
    _changed(f"UPDATE {MANIFEST_TABLE} SET document = {apsw.format_sql_value(to_text(manifest.embedded()))}")(path)
    complete = manifest.for_file(file_digest=file_digest(path), size_bytes=path.stat().st_size)
    manifest_path(path).write_text(to_text(complete), encoding="utf-8")
    return path


#: What is wrong, how it comes about, and the codes of all that a doctor must say about it.
FAULTS: Final[dict[str, tuple[Maker, list[str]]]] = {
    "missing": (lambda path: path.with_name("word.sqlite"), ["MSQ-MISSING"]),
    "no folder": (lambda path: path.parent / "none" / "world.sqlite", ["MSQ-MISSING"]),
    "below a file": (lambda path: manifest_path(path) / "world.sqlite", ["MSQ-MISSING"]),
    "dangling link": (_dangling_link, ["MSQ-DANGLING-LINK"]),
    "link loop": (_link_loop, ["MSQ-LINK-LOOP"]),
    "inside a wheel": (_inside_wheel, ["MSQ-INSIDE-ARCHIVE"]),
    "directory": (_directory, ["MSQ-DIRECTORY"]),
    "pipe": (_pipe, ["MSQ-NOT-A-FILE"]),
    "name too long": (lambda path: path.with_name("x" * 300), ["MSQ-SYSTEM-REFUSES"]),
    "empty": (_containing(b""), ["MSQ-EMPTY"]),
    "zeroes": (_containing(bytes(8192)), ["MSQ-ZEROES"]),
    "Git LFS": (
        _containing(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"),
        ["MSQ-LFS-POINTER"],
    ),
    "git-annex": (_containing(b"/annex/objects/SHA256E-s1--00.sqlite\n"), ["MSQ-ANNEX-POINTER"]),
    "HTML": (_containing(b"<!doctype html><title>404 Not Found</title>"), ["MSQ-HTML"]),
    "XHTML": (_containing(b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC ''><html>"), ["MSQ-HTML"]),
    "object store": (
        _containing(b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'),
        ["MSQ-XML"],
    ),
    "JSON": (_containing(b'{"message": "Not Found", "status": "404"}'), ["MSQ-JSON"]),
    "manifest instead": (manifest_path, ["MSQ-MANIFEST-ITSELF"]),
    "text": (_containing(b"404: Not Found"), ["MSQ-TEXT"]),
    "gzip": (_packed(gzip.compress), ["MSQ-GZIP"]),
    "Zstandard": (_containing(ZSTANDARD), ["MSQ-ZSTANDARD"]),
    "xz": (_packed(lzma.compress), ["MSQ-XZ"]),
    "bzip2": (_packed(bz2.compress), ["MSQ-BZIP2"]),
    "zip": (_zipped, ["MSQ-ZIP"]),
    "LZ4": (_containing(b"\x04\x22\x4d\x18" + NOISE[:508]), ["MSQ-OTHER-ARCHIVE"]),
    "encrypted": (_containing(NOISE), ["MSQ-ENCRYPTED"]),
    "encrypted but for the header": (
        lambda path: _overwritten(32, NOISE[: path.stat().st_size - 32])(path),
        ["MSQ-ENCRYPTED"],
    ),
    "something else": (_containing(NOISE[:5000]), ["MSQ-NO-DATABASE"]),
    "stump": (_packed(lambda content: content[:60]), ["MSQ-STUMP"]),
    "never sealed": (_plain, ["MSQ-NEVER-SEALED"]),
    "never sealed, random rows": (_plain_with_random_rows, ["MSQ-NEVER-SEALED"]),
    "newer revision": (_overwritten(60, (2).to_bytes(4)), ["MSQ-NEWER-REVISION"]),
    "older revision": (_overwritten(60, (0).to_bytes(4)), ["MSQ-OLDER-REVISION"]),
    "truncated": (_truncated, ["MSQ-TRUNCATED"]),
    "trailing": (_trailing, ["MSQ-TRAILING-BYTES"]),
    "line ends": (_line_ends, ["MSQ-LINE-ENDINGS"]),
    "write-ahead log": (_changed("PRAGMA journal_mode = WAL"), ["MSQ-WAL-HEADER"]),
    "UTF-16": (_overwritten(56, (2).to_bytes(4)), ["MSQ-UTF-16"]),
    "leftover -wal": (_beside("-wal"), ["MSQ-LEFTOVER-WAL"]),
    "leftover -shm": (_beside("-shm"), ["MSQ-LEFTOVER-WAL"]),
    "leftover -journal": (_beside("-journal"), ["MSQ-LEFTOVER-JOURNAL"]),
    "flipped bit": (_flipped_row, ["MSQ-WRONG-DIGEST"]),
    "whole page more": (
        _changed("CREATE TABLE more (a)"),
        ["MSQ-WRONG-SIZE"],
    ),
    "changed row": (_changed("UPDATE city SET name = 'Lyons' WHERE id = 2"), ["MSQ-WRONG-DIGEST"]),
    "corrupt page": (_broken_page, ["MSQ-CORRUPT-PAGE", "MSQ-WRONG-DIGEST"]),
    "corrupt first page": (_overwritten(100, b"\xff" * 900), ["MSQ-CORRUPT-PAGE"]),
    "sealed corrupt page": (_claimed(_broken_page), ["MSQ-CORRUPT-PAGE"]),
    "sealed circle of pages": (_claimed(_looping_page), ["MSQ-CORRUPT-PAGE"]),
    "forged row": (_claimed(_changed("UPDATE city SET name = 'Lyons' WHERE id = 2")), ["MSQ-OTHER-ROWS"]),
    "forged schema": (_claimed(_changed("DROP INDEX city_name")), ["MSQ-OTHER-SCHEMA"]),
    "forged text": (_claimed(_changed("UPDATE city SET name = CAST(x'ff' AS TEXT)")), ["MSQ-NOT-UTF-8"]),
    "no embedded manifest": (_changed(f"DROP TABLE {MANIFEST_TABLE}"), ["MSQ-INNER-MANIFEST-MISSING"]),
    "damaged embedded manifest": (
        _changed(f"UPDATE {MANIFEST_TABLE} SET document = '{{}}'"),
        ["MSQ-INNER-MANIFEST-DAMAGED"],
    ),
    "no manifest": (_manifest(Path.unlink), ["MSQ-MANIFEST-MISSING"]),
    "damaged manifest": (_manifest(lambda path: path.write_text("{")), ["MSQ-MANIFEST-DAMAGED"]),
    "manifest cut off": (_manifest(lambda path: os.truncate(path, 500)), ["MSQ-MANIFEST-DAMAGED"]),
    "manifest is a pointer": (
        _manifest(lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n")),
        ["MSQ-MANIFEST-DAMAGED"],
    ),
    "manifest of another": (_other_manifest, ["MSQ-MANIFEST-OF-ANOTHER"]),
    "digest right, manifest of another": (_edited_manifest, ["MSQ-MANIFEST-EDITED"]),
    "incomplete manifest": (_incomplete_manifest, ["MSQ-MANIFEST-INCOMPLETE"]),
    "manifest of another revision": (_manifest_revision, ["MSQ-MANIFEST-REVISION"]),
    "missing module": (_with_virtual_table("nosuch"), ["MSQ-FEATURE-MISSING"]),
    "missing version": (_needing_a_later_sqlite, ["MSQ-FEATURE-MISSING"]),
    "missing function": (
        _claimed(_changed("CREATE VIEW v AS SELECT nosuch(id) AS a FROM city")),
        ["MSQ-FEATURE-MISSING"],
    ),
}
