"""The command `build`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.artifacts.identity import identity_of
from microcosm_sqlite.artifacts.verification import verify
from tests.cmd.conftest import Run

ZOO = """
from typing import Optional
from sqlalchemy import Column, ForeignKey, Integer, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from microcosm_sqlite.dataset import DataSet

class Zoo(DataSet, DeclarativeBase):
    __data_set__ = "zoo"

class House(Zoo):
    __tablename__ = "house"
    name: Mapped[str] = mapped_column(primary_key=True)

class Animal(Zoo):
    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    is_tame: Mapped[bool]
    house: Mapped[Optional[str]] = mapped_column(ForeignKey("house.name"))

class Lion(Animal):
    pass
"""

FEED = """
class Feed(Zoo):
    __tablename__ = "feed"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder, the current one, with a module that declares a data set and with rows that fit it."""
    folder = tmp_path / "project"
    (folder / "rows").mkdir(parents=True)
    (folder / "zoo.py").write_text(ZOO)
    (folder / "rows/house.csv").write_text("name\nnorth\nsouth\n")
    (folder / "rows/animal.csv").write_text("id,name,is_tame,house\n2,Leo,no,south\n1,Mia,yes,\n")
    monkeypatch.chdir(folder)
    return folder


BUILD = ("build", "zoo:Zoo", "rows", "--output", "out", "--version", "1.0")


def test_rows_become_an_artifact(project: Path, run: Run) -> None:
    """The artifact is verified and says what was asked of it."""
    result = run(*BUILD, "--title", "A zoo", "--licence", "CC0-1.0", "--licence", "MIT", "--attribution", "Someone")

    assert result.returncode == 0, result.stderr
    artifact = verify(project / "out/zoo.sqlite")
    manifest = artifact.manifest
    assert (manifest.name, manifest.version, manifest.title, manifest.rows) == ("zoo", "1.0", "A zoo", 4)
    assert [licence.name for licence in manifest.licences] == ["CC0-1.0", "MIT"]
    assert manifest.attribution == "Someone"
    assert {source.path for source in manifest.sources} == {"house.csv", "animal.csv"}
    assert manifest.created is None
    assert result.stdout.splitlines() == [
        "OK zoo 1.0 out/zoo.sqlite",
        f"   content {manifest.content_digest}",
        f"   file    {manifest.file_digest}",
    ]
    assert [line.rpartition(" ")[0].rpartition(" ")[0] for line in result.stderr.splitlines()] == [
        "Loading rows/house.csv: 2 rows,",
        "Loading rows/animal.csv: 2 rows,",
        "Writing zoo: 4 rows,",
        "Checking zoo:",
        "Publishing zoo:",
    ]


def test_json_tells_which_artifact_it_is(project: Path, run: Run) -> None:
    """A pipeline reads path and digests."""
    result = run(*BUILD, "--json")

    document = json.loads(result.stdout)
    assert document["path"] == "out/zoo.sqlite"
    assert document["content_digest"] == verify(project / "out/zoo.sqlite").manifest.content_digest
    assert document["published"] is True


def test_the_date_is_that_of_the_sources(project: Path, run: Run) -> None:
    """SOURCE_DATE_EPOCH dates the release, never the clock."""
    run(*BUILD, SOURCE_DATE_EPOCH="1767225600")

    assert verify(project / "out/zoo.sqlite").manifest.created == "2026-01-01T00:00:00Z"


def test_a_date_that_is_none_is_refused(project: Path, run: Run) -> None:
    """The error names the variable."""
    result = run(*BUILD, SOURCE_DATE_EPOCH="yesterday")

    assert result.returncode == 1
    assert "SOURCE_DATE_EPOCH" in result.stderr
    assert not (project / "out").exists()


def test_every_bad_row_is_named(project: Path, run: Run) -> None:
    """All files are read before the build gives up, and no row is left out of the list."""
    bad = "".join(f"{number},x,perhaps,\n" for number in range(30))
    (project / "rows/animal.csv").write_text(f"id,name,is_tame,house\n{bad}")
    (project / "rows/house.csv").write_text("name\nnorth\nnorth\n")

    result = run(*BUILD)

    assert (result.returncode, result.stdout) == (1, "")
    for line in range(2, 32):
        assert f"rows/animal.csv, line {line}, column is_tame: 'perhaps'" in result.stderr
    assert "rows/house.csv, line 3" in result.stderr
    assert not (project / "out").exists()


def test_dangling_keys_are_named(project: Path, run: Run) -> None:
    """A reference that leads nowhere is told with file, line and column."""
    (project / "rows/animal.csv").write_text("id,name,is_tame,house\n1,Mia,yes,west\n")

    result = run(*BUILD)

    assert result.returncode == 1
    assert "rows/animal.csv, line 2, column house: 'west'" in result.stderr
    assert not (project / "out").exists()


@pytest.mark.slow
def test_a_failed_build_leaves_the_release_before(project: Path, run: Run) -> None:
    """Readers go on with what was published."""
    run(*BUILD)
    before = (project / "out/zoo.sqlite").read_bytes()
    (project / "rows/animal.csv").write_text("id,nmae\n1,Mia\n")

    result = run(*BUILD)

    assert result.returncode == 1
    assert "nmae" in result.stderr
    assert (project / "out/zoo.sqlite").read_bytes() == before
    assert sorted(path.name for path in (project / "out").iterdir()) == ["zoo.sqlite", "zoo.sqlite.datapackage.json"]


@pytest.mark.slow
def test_equal_rows_give_equal_bytes(project: Path, run: Run) -> None:
    """Building again changes nothing."""
    run(*BUILD)
    before = (project / "out/zoo.sqlite").read_bytes()

    run(*BUILD)

    assert (project / "out/zoo.sqlite").read_bytes() == before


def test_a_missing_file_is_an_error(project: Path, run: Run) -> None:
    """A table is not left empty by accident; a file under a name that is almost right is pointed out."""
    (project / "rows/animal.csv").rename(project / "rows/animals.csv")

    result = run(*BUILD)

    assert result.returncode == 1
    assert "rows/animal.csv: expected the rows of table 'animal', found no such file" in result.stderr
    assert "no table is called 'animals'. Is it that of 'animal'?" in result.stderr


def test_a_missing_file_can_be_allowed(project: Path, run: Run) -> None:
    """A table may be empty on purpose."""
    (project / "rows/animal.csv").unlink()

    result = run(*BUILD, "--allow-missing")

    assert result.returncode == 0
    assert {table.name: table.rows for table in verify(project / "out/zoo.sqlite").manifest.tables} == {
        "animal": 0,
        "house": 2,
    }


def test_a_table_without_a_model_needs_a_script(project: Path, run: Run) -> None:
    """Rows are loaded through models; the error says which table has none."""
    (project / "zoo.py").write_text(f'{ZOO}\nTable("feed", Zoo.metadata, Column("id", Integer, primary_key=True))\n')
    (project / "rows/feed.csv").write_text("id\n1\n")

    result = run(*BUILD)

    assert result.returncode == 2
    assert "table 'feed' has no model" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("build", "zoo:Zoo", "rows", "--output", "out"),
        ("build", "zoo:Zoo", "nowhere", "--output", "out", "--version", "1.0"),
        ("build", "zoo", "rows", "--output", "out", "--version", "1.0"),
        (*BUILD, "--licence", "Creative Commons"),
    ],
)
def test_what_makes_no_sense_builds_nothing(project: Path, run: Run, arguments: tuple[str, ...]) -> None:
    """Usage errors come before any work."""
    result = run(*arguments)

    assert (result.returncode, result.stdout) == (2, "")
    assert not (project / "out").exists()


CHECKS = """
from microcosm_sqlite.checks import Floor, SQLCheck, require
require(Zoo, Floor(Animal, rows=3), SQLCheck("tame", "SELECT id FROM animal WHERE NOT is_tame"))
"""


def test_gates_that_fail_are_all_named(project: Path, run: Run) -> None:
    """Each is told with what was expected and found; nothing is published, the exit code is 1."""
    (project / "zoo.py").write_text(ZOO + CHECKS)
    (project / "rows/animal.csv").write_text("id,name,is_tame,house\n2,Leo,no,west\n1,Mia,yes,\n")

    result = run(*BUILD)

    assert (result.returncode, result.stdout) == (1, "")
    assert "it did not pass 3 gates" in result.stderr
    assert "rows/animal.csv, line 2, column house: 'west'" in result.stderr
    assert "floor:animal (rows of table 'animal'): expected at least 3, found 2" in result.stderr
    assert "tame (SQL that must return no rows): expected no problem, found 1\n    id=2" in result.stderr
    assert not (project / "out").exists()


def test_every_problem_of_a_gate_that_is_known_is_named(project: Path, run: Run) -> None:
    """The message is short, the list behind it is not."""
    (project / "zoo.py").write_text(ZOO + CHECKS)
    rows = "".join(f"{number},x,no,\n" for number in range(150))
    (project / "rows/animal.csv").write_text(f"id,name,is_tame,house\n{rows}")

    result = run(*BUILD)

    assert "The next ones of tame:\n  id=20\n" in result.stderr
    assert result.stderr.endswith("  id=99\n  ... and 50 more\n")


def test_gates_can_be_waived(project: Path, run: Run) -> None:
    """The manifest says which and why, and `info` tells it."""
    (project / "zoo.py").write_text(ZOO + CHECKS)

    result = run(*BUILD, "--waive", "floor:animal", "--reason", "one died", "--waive", "tame", "--reason", "Leo is old")

    assert result.returncode == 0, result.stderr
    waivers = verify(project / "out/zoo.sqlite").manifest.waivers
    assert [(waiver.gate, waiver.reason) for waiver in waivers] == [
        ("floor:animal", "one died"),
        ("tame", "Leo is old"),
    ]
    assert "waived        floor:animal: one died\n" in run("info", "out/zoo.sqlite").stdout


def test_an_unneeded_waiver_is_told(project: Path, run: Run) -> None:
    """The release goes out, and whoever waived can stop doing so."""
    result = run(*BUILD, "--waive", "foreign-keys", "--reason", "who knows")

    assert result.returncode == 0
    assert "Warning: data set 'zoo': gate 'foreign-keys' is waived, but it holds." in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--waive", "tame"), "each --waive needs its --reason: there are 1 and 0."),
        (("--reason", "tame"), "each --waive needs its --reason: there are 0 and 1."),
        (("--waive", "tame", "--reason", " "), "a waiver of 'tame' needs a reason"),
        (("--waive", "lame", "--reason", "x"), "no gate is called 'lame'; there are constraints, foreign-keys, floor"),
    ],
)
def test_waivers_that_make_no_sense_build_nothing(
    project: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    """A waiver that is misspelt is not found out after an hour of loading."""
    (project / "zoo.py").write_text(ZOO + CHECKS)

    result = run(*BUILD, *arguments)

    assert (result.returncode, result.stdout) == (2, "")
    assert message in " ".join(result.stderr.split())
    assert not (project / "out").exists()


@pytest.mark.slow
def test_a_drift_is_measured_against_what_is_published(project: Path, run: Run) -> None:
    """The release before is what lies in the folder of the output, and it stays."""
    drift = "from microcosm_sqlite.checks import Drift, require\nrequire(Zoo, Drift(Animal, percent=20))\n"
    (project / "zoo.py").write_text(f"{ZOO}\n{drift}")
    assert run(*BUILD).returncode == 0
    before = (project / "out/zoo.sqlite").read_bytes()
    (project / "rows/animal.csv").write_text("id,name,is_tame,house\n1,Mia,yes,\n")

    result = run(*BUILD)

    assert result.returncode == 1
    assert "at most 20 % more or fewer than the 2 of release 1.0, found 1, which is -50 %" in result.stderr
    assert (project / "out/zoo.sqlite").read_bytes() == before


def test_a_folder_that_cannot_be_made_is_an_error(project: Path, run: Run) -> None:
    """With what to do, and no traceback."""
    (project / "file").touch()

    result = run(*BUILD[:4], "file/out", "--version", "1.0")

    assert result.returncode == 1
    assert "Error: data set 'zoo' was not sealed to file/out: the folder cannot be made: " in result.stderr
    assert "Name a folder, then build again. Nothing was published." in result.stderr
    assert "Traceback" not in result.stderr


def test_what_has_not_changed_is_not_built(project: Path, run: Run) -> None:
    """Whatever version and date are asked for; it is said, and what is published stays as it is."""
    run(*BUILD)
    before = identity_of(project / "out/zoo.sqlite")

    result = run(*BUILD[:-1], "2.0", SOURCE_DATE_EPOCH="1767225600")

    assert result.returncode == 0
    assert result.stderr.splitlines() == [
        "Nothing changed since version 1.0: out/zoo.sqlite stays. --force builds it anew."
    ]
    assert result.stdout.startswith("OK zoo 1.0 out/zoo.sqlite\n")
    assert identity_of(project / "out/zoo.sqlite") == before
    assert run(*BUILD[:-1], "2.0", "--force").stdout.startswith("OK zoo 2.0 out/zoo.sqlite\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda project: (project / "rows/house.csv").write_text("name\nnorth\nsouth\nwest\n"),
        lambda project: (project / "zoo.py").write_text(ZOO + FEED),
        lambda project: (project / "out/zoo.sqlite").write_bytes((project / "out/zoo.sqlite").read_bytes()[:-1]),
        lambda project: (project / "out/zoo.sqlite.datapackage.json").unlink(),
    ],
    ids=["rows", "models", "damage", "manifest"],
)
def test_what_has_changed_is_built(project: Path, run: Run, change: Callable[[Path], Any]) -> None:
    """Rows, models, or what is published itself."""
    run(*BUILD)
    change(project)

    result = run(*BUILD, "--allow-missing")

    assert result.returncode == 0, result.stderr
    assert "Publishing zoo" in result.stderr
    verify(project / "out/zoo.sqlite")


@pytest.mark.slow
def test_what_is_said_of_a_release_may_change(project: Path, run: Run) -> None:
    """Then it is built, although the rows are the same."""
    run(*BUILD)

    assert "Publishing zoo" in run(*BUILD, "--title", "A zoo").stderr
    assert "Nothing changed" in run(*BUILD, "--title", "A zoo").stderr
    assert "Publishing zoo" in run(*BUILD, "--title", "Our zoo").stderr


@pytest.mark.slow
def test_quietly(project: Path, run: Run) -> None:
    """Nothing is said but what is wrong."""
    first, again = run(*BUILD, "--quiet"), run(*BUILD, "--quiet")

    assert [(ran.returncode, ran.stdout, ran.stderr) for ran in (first, again)] == [(0, "", "")] * 2
    (project / "rows/house.csv").write_text("nmae\n")
    assert "nmae" in run(*BUILD, "--quiet").stderr


def test_events_for_programs(project: Path, run: Run) -> None:
    """One JSON object a line on stderr; the identity stays alone on stdout."""
    result = run(*BUILD, "--json")

    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert [(event["step"], event["kind"]) for event in events] == [
        (step, kind) for step in ("load", "load", "write", "check", "publish") for kind in ("started", "finished")
    ]
    assert events[1] | {"seconds": 0} == {
        "kind": "finished",
        "step": "load",
        "subject": "rows/house.csv",
        "seconds": 0,
        "rows": 2,
        "bytes": 17,
        "of_bytes": 17,
    }
    assert json.loads(result.stdout)["name"] == "zoo"


@pytest.mark.slow
def test_programs_are_told_that_nothing_changed(project: Path, run: Run) -> None:
    """As an object on stderr like every other, and in the one on stdout; --quiet leaves only the latter."""
    first = json.loads(run(*BUILD, "--json").stdout)

    result = run(*BUILD[:-1], "2.0", "--json")

    assert json.loads(result.stdout) == first | {"published": False}
    assert json.loads(result.stderr) == {
        "kind": "finished",
        "step": "unchanged",
        "subject": "zoo",
        "seconds": 0.0,
        "message": "Nothing changed since version 1.0: out/zoo.sqlite stays. --force builds it anew.",
    }
    quiet = run(*BUILD, "--json", "--quiet")
    assert (json.loads(quiet.stdout)["published"], quiet.stderr) == (False, "")
    assert json.loads(run(*BUILD, "--json", "--force").stdout)["published"] is True


def test_rows_may_come_in_files_of_any_kind(project: Path, run: Run) -> None:
    """Each table in its own."""
    (project / "rows/animal.csv").unlink()
    (project / "rows/animal.jsonl").write_text('{"id": 1, "name": "Mia", "is_tame": true, "house": null}\n')

    assert run(*BUILD).returncode == 0
    assert {source.path for source in verify(project / "out/zoo.sqlite").manifest.sources} == {
        "house.csv",
        "animal.jsonl",
    }


@pytest.mark.slow
def test_bad_rows_may_be_left_out(project: Path, run: Run) -> None:
    """They are told, written down, counted in the manifest; the next build without that permission fails."""
    (project / "rows/animal.csv").write_text("id,name,is_tame,house\n1,Mia,yes,\nx,Leo,no,\n3,Kim,perhaps,\n")

    result = run(*BUILD, "--skip-bad", "--report", "bad.csv")

    assert result.returncode == 0, result.stderr
    assert (
        "Warning: 2 row(s) that do not fit were left out, the first ones:\n  rows/animal.csv, line 3" in result.stderr
    )
    assert len((project / "bad.csv").read_text().splitlines()) == 3
    sources = verify(project / "out/zoo.sqlite").manifest.sources
    assert [(source.path, source.rows, source.skipped) for source in sources] == [
        ("house.csv", 2, None),
        ("animal.csv", 1, 2),
    ]
    assert "animal.csv, 1 rows, 2 left out" in run("info", "out/zoo.sqlite").stdout
    assert "Nothing changed" in run(*BUILD, "--skip-bad").stderr
    assert run(*BUILD).returncode == 1


def test_a_line_that_is_no_json_is_a_bad_row(project: Path, run: Run) -> None:
    """Told with the others, written down with them, left out with them."""
    (project / "rows/animal.csv").unlink()
    (project / "rows/animal.jsonl").write_text('{"id": 1, "name": "Mia", "is_tame": "yes"}\n{"id": 2,\n[3]\n')

    refused = run(*BUILD, "--report", "bad.json")
    built = run(*BUILD, "--skip-bad", "--max-errors", "2")

    assert refused.returncode == 1
    assert "rows/animal.jsonl, line 2: '{\"id\": 2,' is no JSON object: it ends too early" in refused.stderr
    problems = json.loads((project / "bad.json").read_text())
    assert [(problem["line"], problem["rule"]) for problem in problems] == [(2, "document"), (3, "document")]
    assert built.returncode == 0, built.stderr
    assert "animal.jsonl, 1 rows, 2 left out" in run("info", "out/zoo.sqlite").stdout


def test_only_so_many_rows_may_be_left_out(project: Path, run: Run) -> None:
    """One more, and nothing is published."""
    (project / "rows/animal.csv").write_text("id,name,is_tame,house\nx,Mia,yes,\ny,Leo,no,\n")

    result = run(*BUILD, "--skip-bad", "--max-errors", "1")

    assert result.returncode == 1
    assert "2 problem(s), nothing was loaded" in result.stderr
    assert not (project / "out").exists()


def test_problems_are_written_where_a_curator_can_sort_them(project: Path, run: Run) -> None:
    """Those of files and those of gates."""
    (project / "rows/animal.csv").write_text("id,name,is_tame,house\n1,Mia,yes,west\n")

    result = run(*BUILD, "--report", "bad.json")

    assert result.returncode == 1
    (problem,) = json.loads((project / "bad.json").read_text())
    assert (problem["line"], problem["column"], problem["value"], problem["rule"]) == (
        2,
        "house",
        "west",
        "foreign key",
    )


def test_the_mapping_is_told_on_request(project: Path, run: Run) -> None:
    """Before each file is loaded."""
    result = run(*BUILD, "--explain")

    assert "rows/animal.csv -> animal, read by SQLite where it is large and plain, else by Python\n" in result.stderr
    assert "  is_tame  from 'is_tame'  Boolean (one of a few words)\n" in result.stderr
