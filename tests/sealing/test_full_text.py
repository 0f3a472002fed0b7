"""Full-text indexes come out alike however they were filled."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import apsw
import pytest

from microcosm_sqlite.errors import SealError
from microcosm_sqlite.sealing.full_text import fill_full_text
from microcosm_sqlite.sealing.targets import Target

TARGET = Target(name="test", path=Path("test.sqlite"))
TEXTS = [f"snow {number} Träume {number % 7}" for number in range(500)]


def filled(folder: Path, sql: str, *, before: Sequence[str] = (), seed: int = 1) -> apsw.Connection:
    """Return a database with the full-text table `f` of *sql*, filled from one that was filled in several portions."""
    path = folder / f"{seed}.sqlite"
    source = apsw.Connection(str(path))
    source.execute("PRAGMA synchronous = OFF")
    source.execute(sql)
    numbers = list(enumerate(TEXTS, start=1))
    Random(seed).shuffle(numbers)
    for number, text in numbers:
        source.execute("INSERT INTO f (rowid, body) VALUES (?, ?)", (number, text))
        if number % 50 == seed:
            source.execute("INSERT INTO f (f, rank) VALUES ('merge', 8)")
    for statement in before:
        source.execute(statement)
    source.close()
    connection = apsw.Connection(":memory:")
    connection.execute("ATTACH ? AS bench", (str(path),))
    connection.execute(sql)
    fill_full_text(connection, "f", source="bench", target=TARGET)
    return connection


def shadows(connection: apsw.Connection) -> list[list[tuple[object, ...]]]:
    """Return what FTS5 keeps of the index and its options."""
    return [connection.execute(f"SELECT * FROM main.f_{name}").fetchall() for name in ("data", "idx", "config")]


def test_how_it_was_filled_does_not_count(tmp_path: Path) -> None:
    """Neither the order of the rows nor in how many portions they came."""
    sql = "CREATE VIRTUAL TABLE f USING fts5 (body, prefix='2 3')"

    one, other = (filled(tmp_path, sql, seed=seed) for seed in (1, 2))

    assert shadows(one) == shadows(other)


def test_it_finds_what_is_there(tmp_path: Path) -> None:
    """Under the row numbers that it had."""
    connection = filled(tmp_path, "CREATE VIRTUAL TABLE f USING fts5 (body, tokenize='porter')")

    assert connection.execute("SELECT rowid FROM f WHERE f MATCH 'snow 123'").fetchall() == [(124,)]
    connection.execute("INSERT INTO f (f, rank) VALUES ('integrity-check', 1)")


def test_options_stay_as_they_were(tmp_path: Path) -> None:
    """Those that were set, and no others."""
    sql = "CREATE VIRTUAL TABLE f USING fts5 (body)"
    before = ["INSERT INTO f (f, rank) VALUES ('automerge', 7)", "INSERT INTO f (f, rank) VALUES ('pgsz', 500)"]

    connection = filled(tmp_path, sql, before=before)

    options = connection.execute("SELECT k, v FROM main.f_config WHERE k <> 'version' ORDER BY k").fetchall()
    assert options == [("automerge", 7), ("pgsz", 500)]


def test_an_index_over_another_table_is_built_from_that_table(tmp_path: Path) -> None:
    """It need not even have been up to date."""
    connection = apsw.Connection(":memory:")
    connection.execute("ATTACH ? AS bench", (str(tmp_path / "source"),))
    for database in ("main", "bench"):
        connection.execute(f"CREATE TABLE {database}.texts (id INTEGER PRIMARY KEY, body TEXT)")
        connection.execute(f"CREATE VIRTUAL TABLE {database}.f USING fts5 (body, content='texts', content_rowid='id')")
    connection.execute("INSERT INTO main.texts VALUES (5, 'snow')")

    fill_full_text(connection, "f", source="bench", target=TARGET)

    assert connection.execute("SELECT rowid FROM main.f WHERE f MATCH 'snow'").fetchall() == [(5,)]


def test_an_index_over_the_other_table_does_not_count() -> None:
    """SQLite would read the text from it, in its order, and FTS5 make thousands of portions of that."""
    rows = [(number, f"{number * 7919 % 5000:04} snow", "much else " * 10) for number in range(5000)]
    found = []
    for index in ("", "CREATE INDEX by_body ON texts (body)"):
        connection = apsw.Connection(":memory:")
        connection.execute("ATTACH ':memory:' AS bench")
        for database in ("main", "bench"):
            connection.execute(f"CREATE TABLE {database}.texts (id INTEGER PRIMARY KEY, body TEXT, more TEXT)")
            connection.execute(f"CREATE VIRTUAL TABLE {database}.f USING fts5 (body, content=texts, content_rowid=id)")
        connection.executemany("INSERT INTO main.texts VALUES (?, ?, ?)", rows)
        connection.execute(index)

        fill_full_text(connection, "f", source="bench", target=TARGET)

        connection.execute("INSERT INTO f (f, rank) VALUES ('integrity-check', 1)")
        found.append(shadows(connection))

    assert found[0] == found[1]


@pytest.mark.parametrize("options", ["content=''", "content='', contentless_delete=1", "locale=1"])
def test_text_that_cannot_be_read_back_is_refused(tmp_path: Path, options: str) -> None:
    """Sealing it would leave the text behind."""
    with pytest.raises(SealError, match="full-text index 'f' cannot be written anew"):
        filled(tmp_path, f"CREATE VIRTUAL TABLE f USING fts5 (body, {options})")
