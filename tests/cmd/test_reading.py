"""The commands `get` and `search`."""

import json
from pathlib import Path

import pytest

from tests.cmd.conftest import Announce, Invoke


def test_get_prints_the_row(atlas_path: Path, invoke: Invoke) -> None:
    """The row comes with the names of its columns."""
    result = invoke("get", atlas_path, "country", "CI")

    assert result.exit_code == 0
    assert result.stdout == "code\tname\nCI\tCôte d'Ivoire\n"


def test_get_prints_json(atlas_path: Path, invoke: Invoke) -> None:
    """A composite key is given value by value; JSON keeps the types."""
    result = invoke("get", atlas_path, "twinning", "1", "3", "--json")

    assert json.loads(result.stdout) == {"city_id": 1, "twin_id": 3}


def test_get_finds_data_sets_by_name(atlas_path: Path, announce: Announce, invoke: Invoke) -> None:
    """What is installed needs no path."""
    announce("atlas", f"place = {str(atlas_path)!r}", distribution="of-atlas")

    assert json.loads(invoke("get", "atlas", "country", "FR", "--json").stdout)["name"] == "France"


def test_get_takes_negative_keys_behind_dashes(atlas_path: Path, invoke: Invoke) -> None:
    """A key that looks like an option can still be asked for."""
    assert invoke("get", atlas_path, "city", "--", "-1").exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["country", "XX"], 3),
        (["country"], 2),
        (["country", "FR", "DE"], 2),
        (["contry", "FR"], 2),
        (["city", "Paris"], 2),
    ],
)
def test_get_tells_missing_from_misunderstood(
    atlas_path: Path, invoke: Invoke, arguments: list[str], code: int
) -> None:
    """A row that is not there and a question that makes no sense have different exit codes."""
    result = invoke("get", atlas_path, *arguments)

    assert (result.exit_code, result.stdout) == (code, "")
    assert "Error: " in result.stderr


@pytest.mark.parametrize("command", [["get", "missing.sqlite", "city", "1"], ["search", "missing.sqlite", "city"]])
def test_missing_files_are_not_found(invoke: Invoke, command: list[str]) -> None:
    """Exit code 3 also says that the whole file is not there."""
    assert invoke(*command).exit_code == 3


def test_search_prints_what_matches(atlas_path: Path, invoke: Invoke) -> None:
    """Conditions, order and columns work together."""
    result = invoke(
        "search",
        atlas_path,
        "city",
        "country_code=FR",
        "population>0",
        "--order",
        "population",
        "--columns",
        "name, id",
    )

    assert result.stdout == "name\tid\nLyon\t2\nParis\t1\n"
    assert result.stderr == ""


def test_search_orders_by_all_that_is_given(atlas_path: Path, invoke: Invoke) -> None:
    """Options that are repeated count all, in their order, as names behind commas do."""
    once = invoke("search", atlas_path, "city", "--order", "-country_code,name", "--columns", "country_code,name")
    other = invoke("search", atlas_path, "city", "--order", "name,-country_code", "--columns", "country_code,name")

    repeated = invoke(
        "search",
        atlas_path,
        "city",
        *("--order", "-country_code", "--order", "name"),
        *("--columns", "country_code", "--columns", "name"),
    )

    assert once.stdout != other.stdout
    assert (repeated.exit_code, repeated.stdout) == (0, once.stdout)


def test_search_prints_json(atlas_path: Path, invoke: Invoke) -> None:
    """JSON tells NULL from empty text, and numbers from text."""
    result = invoke("search", atlas_path, "city", "id=4", "--json")

    assert json.loads(result.stdout) == [
        {"id": 4, "name": "", "country_code": "CI", "population": None, "area": None, "flag": None}
    ]


def test_search_without_matches_is_no_error(atlas_path: Path, invoke: Invoke) -> None:
    """Nothing is an answer."""
    result = invoke("search", atlas_path, "city", "name=Atlantis", "--json")

    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_search_says_when_there_are_more(atlas_path: Path, invoke: Invoke) -> None:
    """A cut is never silent; how to go on is said where it does not mix with data."""
    result = invoke("search", atlas_path, "city", "--limit", "2", "--offset", "1", "--columns", "id")

    assert result.stdout == "id\n2\n3\n"
    assert result.stderr == "There are more rows: continue with --offset 3, or raise --limit.\n"


def test_search_for_no_rows_says_whether_there_are_any(atlas_path: Path, invoke: Invoke) -> None:
    """It does not lead back to where it is."""
    some = invoke("search", atlas_path, "city", "--limit", "0", "--columns", "id")
    none = invoke("search", atlas_path, "city", "name=Atlantis", "--limit", "0", "--columns", "id")

    assert (some.exit_code, some.stdout) == (0, "id\n")
    assert some.stderr == "There are rows, of which --limit 0 prints none: raise it.\n"
    assert (none.exit_code, none.stdout, none.stderr) == (0, "id\n", "")


def test_search_with_numbers_beyond_any_table(atlas_path: Path, invoke: Invoke) -> None:
    """As many rows as there are, and none of those behind."""
    every = invoke("search", atlas_path, "city", "--limit", str(2**70), "--columns", "id")
    none = invoke("search", atlas_path, "city", "--offset", str(2**70), "--columns", "id")

    assert every.stdout == "id\n1\n2\n3\n4\n5\n"
    assert none.stdout == "id\n"


def test_search_does_not_speak_of_more_at_the_end(atlas_path: Path, invoke: Invoke) -> None:
    """The last page is the last."""
    result = invoke("search", atlas_path, "city", "--limit", "2", "--offset", "3")

    assert result.stderr == ""


def test_search_filters_null(atlas_path: Path, invoke: Invoke) -> None:
    """The options for NULL may be repeated."""
    result = invoke("search", atlas_path, "city", "--null", "area", "--not-null", "population", "--columns", "id")

    assert result.stdout == "id\n3\n"


@pytest.mark.parametrize(
    "arguments", [["ciyt"], ["city", "nam=x"], ["city", "x"], ["city", "id=x"], ["city", "--limit", "-1"]]
)
def test_search_refuses_what_makes_no_sense(atlas_path: Path, invoke: Invoke, arguments: list[str]) -> None:
    """Nothing is printed for a question that was not understood."""
    result = invoke("search", atlas_path, *arguments)

    assert (result.exit_code, result.stdout) == (2, "")


def test_search_warns_of_plain_databases(plain_path: Path, invoke: Invoke) -> None:
    """The warning is no part of the data."""
    result = invoke("search", plain_path, "country", "code=FR", "--json")

    assert json.loads(result.stdout) == [{"code": "FR", "name": "France"}]
    assert "was never sealed" in result.stderr
