import json
from pathlib import Path

import click
import pytest

from microcosm_sqlite.cmd.reporting import checked_report, report_errors, write_report
from microcosm_sqlite.errors import GateFailure, GatesFailedError, RowProblem, RowsRejectedError, SourceError


def problems(count: int) -> list[RowProblem]:
    """Return some problems."""
    return [
        RowProblem(source="a.csv", line=line, column="id", value="x", rule="type", reason="is wrong")
        for line in range(count)
    ]


def test_all_problems_that_are_known_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Not only those in the message."""
    context = click.Context(click.Command("build"))

    report_errors(context, [RowsRejectedError(table="t", problems=problems(100), count=300)])

    told = capsys.readouterr().err
    assert all(f"a.csv, line {line}, column id: 'x' is wrong" in told for line in range(100))
    assert told.endswith("  ... and 200 more\n")


def test_problems_are_written_as_the_suffix_says(tmp_path: Path) -> None:
    """Those of rows, also of gates and of rows that were left out; no others."""
    gates = GatesFailedError(
        name="zoo",
        path=tmp_path,
        failures=[GateFailure("keys", "x", "a", "b", problems=(*problems(1), "text"))],
    )
    missing = SourceError(source="b.csv", expected="a", found="b", remedy="c")

    for suffix in ("csv", "json", "txt"):
        write_report(
            tmp_path / f"bad.{suffix}",
            [RowsRejectedError(table="t", problems=problems(2)), gates, missing],
            problems(3),
        )

    assert len(json.loads((tmp_path / "bad.json").read_text())) == 6
    assert (tmp_path / "bad.csv").read_text().startswith("source,line,column,value,rule,reason\n")
    assert (tmp_path / "bad.txt").read_text().startswith("source  line")


def test_another_suffix_is_refused_before_anything_is_done() -> None:
    """It says which there are."""
    context, option = click.Context(click.Command("build")), click.Option(["--report"])

    assert checked_report(context, option, None) is None
    assert checked_report(context, option, Path("x.JSON")) == Path("x.JSON")
    with pytest.raises(click.BadParameter, match=r"\*\.csv, \*\.json, \*\.txt"):
        checked_report(context, option, Path("x.xml"))
