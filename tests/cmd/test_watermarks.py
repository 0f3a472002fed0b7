"""The command `watermark`."""

import json
from datetime import date
from pathlib import Path

import pytest

from microcosm_sqlite.builders.watermarks import Extraction, Watermark, Watermarks
from microcosm_sqlite.workbench import Workbench
from tests.cmd.conftest import Invoke
from tests.shop import Shop


@pytest.fixture
def bench_path(tmp_path: Path) -> Path:
    """Return the path of a workbench with three marks."""
    path = tmp_path / "shop.sqlite"
    with Workbench(Shop, path) as bench:
        marks = Watermarks(bench.connection)
        for source, columns, values in (
            ("old", ("id",), (7,)),
            ("new", ("day", "id"), (date(2026, 1, 5), 8)),
            ("new", ("id",), (9,)),
        ):
            marks.set(
                Watermark(extraction=Extraction(source=source, table="shop_order", columns=columns), values=values)
            )
        bench.commit()
    return path


def test_marks_are_listed(bench_path: Path, invoke: Invoke) -> None:
    """By source, table and columns, with what they say."""
    result = invoke("watermark", "list", bench_path)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "source\ttable\tcolumns\ttypes\tmark",
        'new\tshop_order\tday, id\tdate, integer\t["2026-01-05", 8]',
        "new\tshop_order\tid\tinteger\t[9]",
        "old\tshop_order\tid\tinteger\t[7]",
    ]


def test_an_artifact_has_none_unless_it_was_extracted(atlas_path: Path, invoke: Invoke) -> None:
    """No marks are no error."""
    result = invoke("watermark", "list", atlas_path, "--json")

    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_one_is_shown(bench_path: Path, invoke: Invoke) -> None:
    """Of a table that has several, the source, or the columns, say which."""
    result = invoke("watermark", "show", bench_path, "shop_order", "--source", "old", "--json")

    assert json.loads(result.stdout)["mark"] == "[7]"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((), "several marks of table 'shop_order' here. There are: table 'shop_order' from new by day, id; table"),
        (("--source", "nope"), "no mark of table 'shop_order' here. There are: table 'shop_order' from new by"),
    ],
)
def test_which_one_is_meant(bench_path: Path, invoke: Invoke, options: tuple[str, ...], problem: str) -> None:
    """What there is to choose from is said."""
    result = invoke("watermark", "show", bench_path, "shop_order", *options)

    assert result.exit_code == 2
    assert problem in result.stderr


def test_one_is_set(bench_path: Path, invoke: Invoke) -> None:
    """To values of its types; the others stay."""
    result = invoke("watermark", "set", bench_path, "shop_order", "2026-02-01", "100", "--columns", "day, id")

    assert result.exit_code == 0
    assert result.stderr == ('table \'shop_order\' from new by day, id: ["2026-01-05", 8] -> ["2026-02-01", 100]\n')
    assert '["2026-02-01", 100]' in invoke("watermark", "list", bench_path).stdout
    assert "[9]" in invoke("watermark", "list", bench_path).stdout


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (("tomorrow", "1"), "expected a value of type date, found 'tomorrow'"),
        (("2026-01-01", "x"), "expected a value of type integer, found 'x'"),
        (("2026-01-01",), "expected 2 values (date, integer), found 1"),
    ],
)
def test_values_of_other_types(bench_path: Path, invoke: Invoke, values: tuple[str, ...], problem: str) -> None:
    """Refused, and nothing changes."""
    before = bench_path.read_bytes()
    result = invoke("watermark", "set", bench_path, "shop_order", *values, "--columns", "day, id")

    assert result.exit_code == 2
    assert problem in result.stderr
    assert bench_path.read_bytes() == before


def test_one_is_forgotten(bench_path: Path, invoke: Invoke) -> None:
    """It is said what was forgotten."""
    result = invoke("watermark", "reset", bench_path, "shop_order", "--source", "old")

    assert (result.exit_code, result.stderr) == (0, "table 'shop_order' from old by id: [7] forgotten\n")
    assert "old" not in invoke("watermark", "list", bench_path).stdout


def test_an_artifact_is_never_changed(atlas_path: Path, invoke: Invoke) -> None:
    """A build takes over its marks, and may take all rows anew."""
    result = invoke("watermark", "reset", atlas_path, "city")

    assert result.exit_code == 1
    assert "it is a sealed artifact" in result.stderr


def test_files_that_are_none(tmp_path: Path, invoke: Invoke) -> None:
    """Nothing is made in their place."""
    assert invoke("watermark", "list", tmp_path / "none.sqlite").exit_code == 3
    assert invoke("watermark", "reset", tmp_path / "none.sqlite", "city").exit_code == 3
    assert list(tmp_path.iterdir()) == []
