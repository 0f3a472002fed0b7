"""The option `--workers`."""

import json
import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from microcosm_sqlite.cmd import workers
from microcosm_sqlite.cmd.workers import workers_for
from microcosm_sqlite.errors import WorkersFailedError
from microcosm_sqlite.workbench import Workbench
from tests import deliveries
from tests.cmd.conftest import Run
from tests.deliveries import Deliveries, Parcel, write_csv


def test_a_number_is_taken_as_it_is(tmp_path: Path) -> None:
    """Also for a short file; none is none."""
    path = tmp_path / "short.csv"
    path.write_text("id\n")

    with workers_for(2) as given:
        assert given.executor_for(path) is given.executor_for(path) is not None
    with workers_for(0) as given:
        assert given.executor_for(path) is None


WAITING = """
import os, sys
from pathlib import Path
from microcosm_sqlite.cmd.workers import workers_for

if __name__ == "__main__":
    with workers_for(2) as given:
        print(given.executor_for(Path(__file__)).submit(os.getpid).result(), flush=True)
        sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_a_build_that_is_killed(number: signal.Signals, tmp_path: Path) -> None:
    """They all hold what it writes to; that comes to an end when the last one is gone."""
    script = tmp_path / "waiting.py"
    script.write_text(WAITING)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TMPDIR": str(tmp_path)}
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as build:
        assert build.stdout is not None
        worker = int(build.stdout.readline())
        build.send_signal(number)

        try:
            build.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.kill(worker, signal.SIGKILL)
            raise

    assert build.returncode == -number


def large(folder: Path) -> Path:
    """Return a large file."""
    path = folder / "large.csv"
    path.touch()
    os.truncate(path, 16 * 2**20)
    return path


def test_large_files_have_workers_if_nobody_says_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is more than one core; starting them takes longer than a short file."""
    short = tmp_path / "short.csv"
    short.write_text("id\n")

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)
    with workers_for(None) as given:
        assert given.executor_for(short) is None
        assert given.executor_for(large(tmp_path)) is not None
    assert workers._cores() == 4
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(1))
    with workers_for(None) as given:
        assert given.executor_for(large(tmp_path)) is None


def test_a_system_without_processes_is_told_to_those_who_ask_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others build as ever."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(4), raising=False)
    monkeypatch.setattr(workers, "ProcessPoolExecutor", refused)
    with workers_for(None) as given:
        assert given.executor_for(large(tmp_path)) is None
    with workers_for(2) as given, pytest.raises(WorkersFailedError, match=r"Build with --workers 0\."):
        given.executor_for(large(tmp_path))


@pytest.mark.parametrize("count", [None, 2])
def test_workers_that_fail_unasked_are_done_without(
    count: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a warning; those that were asked for are an error."""
    path = write_csv(tmp_path / "parcels.csv", 2000)
    path.write_text(path.read_text().replace("note,place", "note,slug", 1), newline="")
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(4), raising=False)
    monkeypatch.setattr(workers, "_LARGE_BYTES", 1)
    monkeypatch.setattr(workers, "ProcessPoolExecutor", lambda *_, **__: closed)

    with Workbench(Deliveries) as bench, workers_for(count) as given:
        if count is not None:
            with pytest.raises(WorkersFailedError):
                given.load(bench, Parcel, path, {})
            return
        given.load(bench, Parcel, path, {"skip_bad": True})

        assert [(source.rows, source.skipped) for source in bench.sources] == [(2000, None)]
        assert given.executor_for(path) is None
    assert "Going on without workers." in capsys.readouterr().err


def test_they_leave_signals_alone() -> None:
    """So that Ctrl-C is one error, of the program."""
    before = signal.getsignal(signal.SIGINT)
    try:
        workers._leave_signals()
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
def test_a_build_with_workers_publishes_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """Byte for byte, from models that lie in the current folder."""
    # What the file lacks: a value for the column that a function computes in the other tests.
    shutil.copy(deliveries.__file__, tmp_path / "deliveries.py")
    rows = tmp_path / "rows"
    rows.mkdir()
    path = write_csv(rows / "parcel.csv", 3000)
    path.write_text(path.read_text().replace("note,place", "note,slug", 1), newline="")
    monkeypatch.chdir(tmp_path)
    build = ("build", "deliveries:Deliveries", "rows", "--version", "1", "--allow-missing", "--json")

    alone, several = (
        json.loads(run(*build, "--output", f"out{count}", "--workers", count).stdout) for count in ("0", "2")
    )

    assert several["file_digest"] == alone["file_digest"]
    assert several["rows"] == 3000


@pytest.mark.slow
def test_explain_says_who_converts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """Workers, if there are any."""
    shutil.copy(deliveries.__file__, tmp_path / "deliveries.py")
    (tmp_path / "rows").mkdir()
    path = write_csv(tmp_path / "rows/parcel.csv", 10)
    path.write_text(path.read_text().replace("note,place", "note,slug", 1), newline="")
    monkeypatch.chdir(tmp_path)

    told = run(
        *("build", "deliveries:Deliveries", "rows", "--version", "1", "--output", "out", "--allow-missing"),
        *("--explain", "--workers", "2"),
    ).stderr

    assert "parcel.csv -> parcel, read by Python, by the executor" in told
