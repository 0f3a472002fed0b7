"""A connection reads the very file that was checked, also while others replace it."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from microcosm_sqlite.engines.unchanged import connect_while_unchanged
from microcosm_sqlite.errors import ArtifactCorruptError, ArtifactError, DataSetNotFoundError
from microcosm_sqlite.faults import damages


def missing() -> DataSetNotFoundError:
    """Return the error for a file that is not there."""
    return DataSetNotFoundError(name="x", looked=(), remedy="Ship it.")


def write(path: Path, number: int) -> Path:
    """Put a database that holds *number* under the name *path*, in place of what is there."""
    stage = path.with_suffix(".stage")
    connection = apsw.Connection(str(stage))
    connection.execute(f"CREATE TABLE t (x); INSERT INTO t VALUES ({number})")
    connection.close()
    return stage.replace(path)


def number_at(path: Path) -> int:
    """Return what the database at *path* holds."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    ((number,),) = connection.execute("SELECT x FROM t")
    connection.close()
    return int(number)


def test_the_size_of_the_file_comes_along(tmp_path: Path) -> None:
    """Whoever sets limits by it need not look again."""
    path = write(tmp_path / "x", 1)

    opened = connect_while_unchanged(path, lambda: None, missing=missing)

    opened.connection.close()
    assert opened.size_bytes == path.stat().st_size


def test_what_was_replaced_meanwhile_is_opened_anew(tmp_path: Path) -> None:
    """A publication between opening and checking would let one release be read and another one be checked."""
    path = write(tmp_path / "x", 1)
    releases = iter([2, 3])
    checked: list[int] = []

    def check() -> None:
        for release in releases:
            write(path, release)
            break
        checked.append(number_at(path))

    opened = connect_while_unchanged(path, check, missing=missing)
    rows = opened.connection.execute("SELECT x FROM t").fetchall()
    opened.connection.close()

    assert checked == [2, 3, 3]
    assert rows == [(3,)]


def test_a_file_that_is_refused_is_not_kept_open(tmp_path: Path) -> None:
    """What the check raises comes through."""
    path = write(tmp_path / "x", 1)

    def check() -> None:
        raise damages.UTF_16.at(path, encoding="UTF-16le")

    with pytest.raises(ArtifactCorruptError, match="UTF-16le"):
        connect_while_unchanged(path, check, missing=missing)
    assert list(_open_files(path)) == []


def test_a_missing_file_is_the_callers_error(tmp_path: Path) -> None:
    """Who knows where it was looked for words it; what the system refuses is said as such."""
    with pytest.raises(DataSetNotFoundError):
        connect_while_unchanged(tmp_path / "missing", lambda: None, missing=missing)
    with pytest.raises(ArtifactError, match="MSQ-SYSTEM-REFUSES"):
        connect_while_unchanged(tmp_path / ("x" * 300), lambda: None, missing=missing)


def _open_files(path: Path) -> Iterator[Path]:
    for entry in Path("/proc/self/fd").iterdir():
        try:
            if entry.readlink() == path:
                yield entry
        except OSError:
            continue
