"""Make artifacts that are malformed, or that want to do harm, and claim to be sound."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import apsw
from sqlalchemy import DDL, ForeignKey, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite.artifacts.beside import manifest_path
from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.sealing import Release, seal
from microcosm_sqlite.shipping.folder import FolderChannel
from microcosm_sqlite.workbench import Workbench

NAME = "target"
PAGE_SIZES = (512, 1024, 4096, 65536)


class Target(DataSet, DeclarativeBase):
    """What the images are artifacts of."""

    __data_set__ = NAME


class Thing(Target):
    """With short rows, and some that need overflow pages."""

    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    content: Mapped[bytes | None]


class Pair(Target):
    """Without rowids."""

    __tablename__ = "pair"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    one: Mapped[int] = mapped_column(ForeignKey(Thing.id), primary_key=True)
    other: Mapped[str] = mapped_column(primary_key=True)
    weight: Mapped[float | None]


for _sql in (
    "CREATE VIEW named AS SELECT name, count(*) AS number FROM thing GROUP BY name",
    "CREATE TRIGGER noted AFTER INSERT ON pair BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE words USING fts5(name, content='thing', content_rowid='id')",
):
    event.listen(Target.metadata, "after_create", DDL(_sql))  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Image:
    """An artifact on a folder of its own."""

    name: str
    path: Path


@dataclass(frozen=True)
class Seed:
    """A sound artifact."""

    content: bytes
    manifest: str


def seeds(folder: Path) -> list[Seed]:
    """Return sound artifacts of different page sizes, which stay in *folder*."""
    found: list[Seed] = []
    for page_bytes in PAGE_SIZES:
        place = folder / f"seed-{page_bytes}"
        place.mkdir(parents=True)
        with Workbench(Target, folder=place / "bench") as bench:
            bench.load(
                Thing,
                (
                    {"id": n, "name": f"name {n % 7}", "content": None if n % 3 else b"x" * (n * 37 % 9000)}
                    for n in range(60)
                ),
            )
            bench.load(Pair, ({"one": n % 60, "other": f"o{n}", "weight": n / 4} for n in range(200)))
            artifact = seal(bench, FolderChannel(place), Release(version="1"), page_bytes=page_bytes)
        found.append(Seed(artifact.path.read_bytes(), manifest_path(artifact.path).read_text(encoding="utf-8")))
    return found


def claim(path: Path, content: bytes, seed: Seed) -> None:
    """Write *content* to *path*, and beside it the manifest of *seed*, which is made to say that it is just that."""
    path.write_bytes(content)
    manifest: dict[str, Any] = json.loads(seed.manifest)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    manifest["microcosm-sqlite"] |= {"file_digest": digest, "size_bytes": len(content)}
    for resource in manifest["resources"]:
        resource |= {"hash": digest, "bytes": len(content)}
    manifest_path(path).write_text(json.dumps(manifest), encoding="utf-8")


def mutated(content: bytes, random: Random) -> bytes:
    """Return *content* with some of it changed, blindly or where it hurts."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8, 30))):
        random.choice(_MUTATIONS)(changed, random)
    return bytes(changed)


def _page_bytes(content: bytearray) -> int:
    return {1: 65536}.get(size := int.from_bytes(content[16:18], "big"), size) or 512


def _page(content: bytearray, random: Random) -> int:
    """Return where some page begins."""
    size = _page_bytes(content)
    return random.randrange(max(1, len(content) // size)) * size


def _bit(content: bytearray, random: Random) -> None:
    if content:
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)


def _bytes(content: bytearray, random: Random) -> None:
    start = random.randrange(max(1, len(content)))
    content[start : start + 8] = random.randbytes(min(8, len(content) - start))


def _interesting(content: bytearray, random: Random) -> None:
    """Write a number at the edge of what fits."""
    width = random.choice((1, 2, 4, 8))
    number = random.choice((0, 1, 2**7, 2**8 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63)) % 2 ** (
        8 * width
    )
    start = random.randrange(max(1, len(content) - width))
    content[start : start + width] = number.to_bytes(width, "big")


def _header(content: bytearray, random: Random) -> None:
    """Change the header of the file, but not what it is known by."""
    position = random.choice([number for number in range(16, 100) if not 60 <= number < 72])
    content[position : position + 1] = random.choice((b"\0", b"\xff", random.randbytes(1)))


def _page_header(content: bytearray, random: Random) -> None:
    """Change the kind, the free blocks, the number of cells, or where they are."""
    start = _page(content, random)
    position = start + (100 if start == 0 else 0) + random.randrange(16)
    if position < len(content):
        content[position] = random.choice((0, 2, 5, 10, 13, 255, random.randrange(256)))


def _swap(content: bytearray, random: Random) -> None:
    size, one, other = _page_bytes(content), _page(content, random), _page(content, random)
    content[one : one + size], content[other : other + size] = content[other : other + size], content[one : one + size]


def _copy(content: bytearray, random: Random) -> None:
    size, one, other = _page_bytes(content), _page(content, random), _page(content, random)
    content[one : one + size] = content[other : other + size]


def _cut(content: bytearray, random: Random) -> None:
    del content[random.randrange(max(1, len(content))) :]


def _lengthen(content: bytearray, random: Random) -> None:
    content += random.randbytes(random.choice((1, 100, 4096)))


def _words(content: bytearray, random: Random) -> None:
    """Change the SQL of the schema."""
    old, new = random.choice(_WORDS)
    position = content.find(old)
    if position >= 0:
        content[position : position + len(old)] = new.ljust(len(old))[: len(old)]


_WORDS = (
    (b"INTEGER", b"BLOB"),
    (b"CREATE TABLE", b"CREATE VIEW "),
    (b"SELECT name", b"SELECT load_extension"),
    (b"fts5", b"fts4"),
    (b"fts5", b"zip1"),
    (b"thing", b"named"),
    (b"thing", b"words"),
    (b"PRIMARY KEY", b"UNIQUE"),
    (b"WITHOUT ROWID", b"STRICT"),
    (b"count(*)", b"hex(1e9)"),
    (b"name", b"one"),
)

_MUTATIONS: tuple[Callable[[bytearray, Random], None], ...] = (
    _bit,
    _bytes,
    _interesting,
    _interesting,
    _header,
    _page_header,
    _page_header,
    _swap,
    _copy,
    _cut,
    _lengthen,
    _words,
)

#: Where an image would write a file if it could.
WRITTEN = Path("/tmp/microcosm-sqlite-hostile")

_ENDLESS = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r)"

#: What a malicious schema may hold: by name, statements for a database that has the tables of the models already.
HOSTILE: dict[str, list[str]] = {
    "endless view": [f"CREATE VIEW trap AS {_ENDLESS} SELECT count(*) AS n FROM r"],
    "endless rows": [f"CREATE VIEW trap AS {_ENDLESS} SELECT x FROM r"],
    "views that multiply": [
        "CREATE VIEW v0 AS SELECT 1 AS a",
        *(f"CREATE VIEW v{i} AS SELECT a FROM v{i - 1} UNION ALL SELECT a FROM v{i - 1}" for i in range(1, 40)),
    ],
    "a cross join": ["CREATE VIEW trap AS SELECT count(*) FROM pair a, pair b, pair c, pair d, pair e"],
    "a huge blob": ["CREATE VIEW trap AS SELECT zeroblob(900000000) AS z"],
    "a huge text": ["CREATE VIEW trap AS SELECT printf('%.*c', 900000000, 'x') AS z"],
    "hexadecimal": ["CREATE VIEW trap AS SELECT hex(hex(hex(zeroblob(90000000)))) AS z"],
    "a long list": [f"CREATE VIEW trap AS {_ENDLESS} SELECT group_concat(x) AS z FROM r"],
    "random bytes": ["CREATE VIEW trap AS SELECT randomblob(500000000) AS z"],
    "an extension": ["CREATE VIEW trap AS SELECT load_extension('/tmp/x.so') AS z"],
    "a file": ["CREATE VIEW trap AS SELECT readfile('/etc/passwd') AS z"],
    "a written file": [f"CREATE VIEW trap AS SELECT writefile('{WRITTEN}', 'x') AS z"],
    "a folder": ["CREATE VIEW trap AS SELECT * FROM fsdir('/etc')"],
    "a default": [
        "CREATE TABLE trap (id INTEGER, z DEFAULT (hex(zeroblob(400000000))), y DEFAULT (load_extension('x')))"
    ],
    "a tokenizer": ["CREATE VIEW trap AS SELECT fts3_tokenizer('simple', x'00') AS z"],
    "an unknown function": ["CREATE VIEW trap AS SELECT no_such_function(1) AS z"],
    "a generated column": [
        "CREATE TABLE trap (id INTEGER PRIMARY KEY, z GENERATED ALWAYS AS (hex(zeroblob(id * 300000000))))",
        "INSERT INTO trap (id) VALUES (1)",
    ],
    "a slow pattern": [
        "CREATE VIEW trap AS SELECT printf('%.*c', 40000, 'a') LIKE '%a%a%a%a%a%a%a%a%a%a%a%a%a%a%b' AS z"
    ],
    "a trigger": ["CREATE TRIGGER trap AFTER INSERT ON thing BEGIN DELETE FROM thing; SELECT load_extension('x'); END"],
    "pages as rows": ["CREATE VIEW trap AS SELECT * FROM sqlite_dbpage"],
    "statistics": ["CREATE VIEW trap AS SELECT * FROM dbstat"],
    "a virtual table of an unknown module": [
        "PRAGMA writable_schema = ON",
        (
            "INSERT INTO sqlite_schema"
            " VALUES ('table', 'trap', 'trap', 0, 'CREATE VIRTUAL TABLE trap USING zipfile(''/x'')')"
        ),
    ],
    "a table of wrong root": [
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_schema VALUES ('table', 'trap', 'trap', 1, 'CREATE TABLE trap (a, b, c)')",
    ],
    "a table beyond the end": [
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_schema VALUES ('table', 'trap', 'trap', 999999999, 'CREATE TABLE trap (a)')",
    ],
    "a negative root": [
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_schema VALUES ('table', 'trap', 'trap', -5, 'CREATE TABLE trap (a)')",
    ],
    "a schema of nonsense": [
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_schema VALUES (x'00', NULL, 5, 'x', 'SELECT 1')",
        "INSERT INTO sqlite_schema VALUES ('table', 'trap', 'trap', 2, 'DROP TABLE thing')",
    ],
    "two tables on one page": [
        "PRAGMA writable_schema = ON",
        """INSERT INTO sqlite_schema
           SELECT type, 'trap', 'trap', rootpage, 'CREATE TABLE trap (a TEXT PRIMARY KEY) WITHOUT ROWID'
           FROM sqlite_schema WHERE name = 'thing'""",
    ],
    "an index over an endless expression": [
        "PRAGMA writable_schema = ON",
        """INSERT INTO sqlite_schema
           SELECT 'index', 'trap', 'thing', rootpage, 'CREATE INDEX trap ON thing (hex(zeroblob(id * 99999999)))'
           FROM sqlite_schema WHERE name = 'ix_thing_name'""",
    ],
    "names that are no text": [
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_schema VALUES ('view', CAST(x'74ff' AS TEXT), 'trap', 0, 'CREATE VIEW trap AS SELECT 1')",
        "UPDATE sqlite_schema SET sql = replace(sql, 'content', CAST(x'63ff' AS TEXT)) WHERE name = 'thing'",
    ],
    "an unknown collation": [
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, 'name TEXT', 'name TEXT COLLATE nowhere') WHERE name = 'thing'",
    ],
    "a deep expression": [f"CREATE VIEW trap AS SELECT {'(' * 150}1{')' * 150} {'+1' * 600} AS z"],
    "many columns": [f"CREATE TABLE trap ({', '.join(f'c{i}' for i in range(1900))})"],
    "many tables": [f"CREATE TABLE trap{i} (a, b, c)" for i in range(1500)],
    "many unions": ["CREATE VIEW trap AS " + " UNION ALL ".join(["SELECT 1"] * 450)],
    "a long name": [f'CREATE TABLE "{"x" * 100_000}" (a)'],
    "the manifest as a view": [
        "ALTER TABLE _microcosm_manifest RENAME TO other",
        f"CREATE VIEW _microcosm_manifest AS {_ENDLESS} SELECT CAST(x AS TEXT) AS document FROM r",
    ],
    "the manifest without a rowid": [
        "ALTER TABLE _microcosm_manifest RENAME TO other",
        "CREATE TABLE _microcosm_manifest (document TEXT PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO _microcosm_manifest SELECT document FROM other",
    ],
    "the manifest as a virtual table": [
        "ALTER TABLE _microcosm_manifest RENAME TO other",
        "CREATE VIRTUAL TABLE _microcosm_manifest USING fts5(document)",
        "INSERT INTO _microcosm_manifest SELECT document FROM other",
    ],
    "many manifests": [
        """WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 5000)
           INSERT INTO _microcosm_manifest SELECT document FROM _microcosm_manifest, r""",
    ],
    "a huge manifest": ["UPDATE _microcosm_manifest SET document = printf('%.*c', 5000000, '[')"],
    "a deep manifest": ["UPDATE _microcosm_manifest SET document = printf('%.*c', 90000, '[')"],
    "a manifest of numbers": [
        "UPDATE _microcosm_manifest SET document = '{\"name\": 1e999, \"version\": ' || printf('%.*c', 9000, 9) || '}'"
    ],
    "no words": ["DELETE FROM words_data WHERE id > 1"],
    "wrong words": ["UPDATE words_data SET block = randomblob(length(block))"],
    "huge words": ["UPDATE words_config SET v = 99999999", "UPDATE words_data SET block = x'ffffffffffffffffff'"],
    "an older encoding": [
        "PRAGMA writable_schema = ON",
        "UPDATE thing SET name = CAST(x'ff00fe' AS TEXT) WHERE id = 1",
    ],
}


def _looped(content: bytearray) -> None:
    """Let the last child of each inner page be the page itself."""
    for start in range(0, len(content), 4096):
        head = start + (100 if start == 0 else 0)
        if content[head] in {2, 5}:
            content[head + 8 : head + 12] = (start // 4096 + 1).to_bytes(4, "big")


def _free_for_ever(content: bytearray) -> None:
    """Let the list of free pages lead from its first page to that page."""
    page = len(content) // 4096
    content[32:36] = page.to_bytes(4, "big")
    content[36:40] = (1000).to_bytes(4, "big")
    content[(page - 1) * 4096 : (page - 1) * 4096 + 8] = page.to_bytes(4, "big") + bytes(4)


def _at_the_edge(position: int, value: bytes) -> Callable[[bytearray], None]:
    def change(content: bytearray) -> None:
        content[position : position + len(value)] = value

    return change


#: What no SQL can do: by name, what changes the bytes of an artifact.
CRAFTED: dict[str, Callable[[bytearray], None]] = {
    "trees that are their own children": _looped,
    "a free list without end": _free_for_ever,
    **{
        f"{value.hex()} at {position}": _at_the_edge(position, value)
        for position, value in (
            (16, b"\x02\x00"),
            (16, b"\x00\x01"),
            (16, b"\xff\xff"),
            (20, b"\xff"),
            (21, b"\xff\xff\xff"),
            (28, b"\x00\x00\x00\x00"),
            (28, b"\xff\xff\xff\xff"),
            (32, b"\xff\xff\xff\xff"),
            (40, b"\xff\xff\xff\xff"),
            (44, b"\xff\xff\xff\xff"),
            (48, b"\xff\xff\xff\xff"),
            (52, b"\x00\x00\x00\x05"),
            (56, b"\x00\x00\x00\x03"),
            (100, b"\x05\xff\xff\xff\xff"),
            (100, b"\x0d\x00\x01\xff\xff"),
        )
    },
}


def hostile(folder: Path) -> Iterator[Image]:
    """Yield artifacts made by hand to do harm, each in a folder of its own within *folder*."""
    seed = seeds(folder / "seeds")[PAGE_SIZES.index(4096)]
    for number, (name, statements) in enumerate(HOSTILE.items()):
        place = folder / f"hostile-{number}"
        place.mkdir()
        path = place / f"{NAME}.sqlite"
        path.write_bytes(seed.content)
        connection = apsw.Connection(str(path))
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 0)
        for sql in statements:
            connection.execute(sql).fetchall()
        connection.close()
        claim(path, path.read_bytes(), seed)
        yield Image(name, path)
    for number, (name, craft) in enumerate(CRAFTED.items()):
        place = folder / f"crafted-{number}"
        place.mkdir()
        content = bytearray(seed.content)
        craft(content)
        claim(place / f"{NAME}.sqlite", bytes(content), seed)
        yield Image(name, place / f"{NAME}.sqlite")
