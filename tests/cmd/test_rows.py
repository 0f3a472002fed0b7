from pathlib import Path

import click
import pytest

from microcosm_sqlite.cmd.rows import file_of, strays_told


@pytest.mark.parametrize("name", ["city.csv", "city.tsv", "city.jsonl", "city.json", "city.csv.gz", "city.CSV"])
def test_the_file_of_a_table_has_its_name(name: str, tmp_path: Path) -> None:
    """Whatever kind it is of, packed or not."""
    (tmp_path / name).touch()
    (tmp_path / "city.md").touch()
    (tmp_path / "city.old.csv").touch()

    assert file_of(tmp_path, "city") == tmp_path / name
    assert file_of(tmp_path, "cit") is None


def test_two_files_for_one_table_are_one_too_many(tmp_path: Path) -> None:
    """Which of them is meant cannot be guessed."""
    (tmp_path / "city.csv").touch()
    (tmp_path / "city.json").touch()

    with pytest.raises(click.UsageError, match=r"several files: .*city\.csv, .*city\.json\. Keep one"):
        file_of(tmp_path, "city")


def test_files_that_belong_to_no_table_are_told(tmp_path: Path) -> None:
    """With the table that was probably meant; files of other kinds are nobody's business."""
    for name in ("cty.csv", "README.md", "[x].jsonl.gz"):
        (tmp_path / name).touch()

    told = list(strays_told(tmp_path, ["city", "[x]"]))

    assert file_of(tmp_path, "[x]") == tmp_path / "[x].jsonl.gz"
    assert told == [f"Warning: {tmp_path}/cty.csv was not read: no table is called 'cty'. Is it that of 'city'?"]
