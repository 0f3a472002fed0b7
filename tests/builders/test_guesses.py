from collections.abc import Mapping
from typing import Any

import pytest

from microcosm_sqlite.builders.guesses import meant_by_names, meant_by_word
from tests.pets import Colour

LOAD = "or load CSVSource(path, dialect=Dialect"

NAMES = ["id", "first name", "rank"]


@pytest.mark.parametrize(
    ("unknown", "told"),
    [
        (["ID", "Rnak"], ["For 'ID', did you mean 'id'?", "For 'Rnak', did you mean 'rank'?"]),
        (["<!DOCTYPE html>"], ["That is HTML or XML: was a page saved in the place of the file?"]),
        (
            ["version https://git-lfs.github.com/spec/v1"],
            ["That is a pointer of Git LFS: `git lfs pull` puts the file in its place."],
        ),
        (['{"id": 1'], ["That is JSON: name it *.json or *.jsonl."]),
        ([" "], ["A name is blank: a comma too many in the header?"]),
        (["colour"], []),
        (
            ['ID;"First name";Rank'],
            [f"Its cells are separated by semicolons: save it with commas, {LOAD}(delimiter=';'))."],
        ),
        (
            ["id\tweight"],
            [f"Its cells are separated by tabs: name it *.tsv, {LOAD}(delimiter='\\t'))."],
        ),
        (
            ["People of 2026; a list"],
            ["If that is a title, remove it: the first line must hold the names of the columns."],
        ),
    ],
)
def test_what_was_meant_by_names(unknown: list[str], told: list[str]) -> None:
    """Names that are alike, a separator that nobody said, a title above the table; nothing where nobody can tell."""
    assert list(meant_by_names(unknown, NAMES)) == told


@pytest.mark.parametrize(
    ("text", "members", "told"),
    [
        (Colour.RED.name.lower(), dict(Colour.__members__), f"; write {Colour.RED.name!r}"),
        (f" {Colour.RED.value} ", dict(Colour.__members__), f"; write {Colour.RED.name!r}"),
        ("Small ", {"small": "small", "large": "large"}, "; write 'small'"),
        ("huge", {"small": "small"}, ""),
    ],
)
def test_what_was_meant_by_a_word(text: str, members: Mapping[str, Any], told: str) -> None:
    """The value in the place of the name, or the name with other capitals."""
    assert meant_by_word(text, members) == told
