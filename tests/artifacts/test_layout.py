"""Equal contents give equal bytes."""

import shutil
import struct
from hashlib import sha256
from pathlib import Path

import apsw

from microcosm_sqlite.artifacts.layout import WRITER_VERSION, normalise_layout

FINGERPRINT = "sha256:deadbeef" + "0" * 56


def make(path: Path, *, past: str = "", long: int = 20_000) -> Path:
    """Return the path of a compacted database whose rows have had a *past*."""
    source = path.with_suffix(".source")
    connection = apsw.Connection(str(source))
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) STRICT; CREATE INDEX i ON t (name)")
    connection.execute(past)
    connection.execute("INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, printf('%.*c', ?, 'x'))", (long,))
    connection.execute("VACUUM INTO ?", (str(path),))
    connection.close()
    return path


def numbers(path: Path) -> tuple[int, ...]:
    """Return change counter, schema cookie, version-valid-for and version number."""
    header = path.read_bytes()[:100]
    return tuple(struct.unpack_from(">I", header, offset)[0] for offset in (24, 40, 92, 96))


def test_the_past_does_not_count(tmp_path: Path) -> None:
    """Neither how often the file was changed nor how often its schema."""
    plain = make(tmp_path / "plain")
    eventful = make(
        tmp_path / "eventful",
        past="CREATE TABLE u (x); INSERT INTO t VALUES (1, 'gone'); DELETE FROM t; DROP TABLE u; VACUUM",
    )
    assert plain.read_bytes() != eventful.read_bytes()

    for path in (plain, eventful):
        normalise_layout(path, schema_fingerprint=FINGERPRINT)

    assert plain.read_bytes() == eventful.read_bytes()


def test_it_stays_the_same_database(tmp_path: Path) -> None:
    """Readers find the same rows and nothing to complain of, and could go on writing."""
    path = make(tmp_path / "t")

    normalise_layout(path, schema_fingerprint=FINGERPRINT)

    connection = apsw.Connection(str(path))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("SELECT id, length(name) FROM t").fetchall() == [(1, 3), (2, 3), (3, 20_000)]
    connection.execute("INSERT INTO t VALUES (4, 'four')")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_the_header_tells_of_the_contents(tmp_path: Path) -> None:
    """The schema cookie follows from the fingerprint, the change counter from all other bytes."""
    path = make(tmp_path / "t")

    normalise_layout(path, schema_fingerprint=FINGERPRINT)

    data = bytearray(path.read_bytes())
    data[24:28] = data[92:96] = bytes(4)
    counter = int.from_bytes(sha256(data).digest()[:4])
    assert numbers(path) == (counter, 0xDEADBEEF, counter, WRITER_VERSION)


def test_other_contents_have_another_change_counter(tmp_path: Path) -> None:
    """A reader whose file is overwritten in place sees that it was: a constant would let it mix both."""
    paths = [make(tmp_path / f"{long}", long=long) for long in (20_000, 20_001)]

    for path in paths:
        normalise_layout(path, schema_fingerprint=FINGERPRINT)

    assert len({numbers(path)[0] for path in paths}) == 2


def test_doing_it_twice_changes_nothing(tmp_path: Path) -> None:
    """A file in this form stays as it is."""
    path = make(tmp_path / "t")
    normalise_layout(path, schema_fingerprint=FINGERPRINT)
    again = Path(shutil.copy(path, tmp_path / "again"))

    normalise_layout(again, schema_fingerprint=FINGERPRINT)

    assert again.read_bytes() == path.read_bytes()
