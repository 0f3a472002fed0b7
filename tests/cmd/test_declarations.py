"""How a data set is imported from an argument."""

from pathlib import Path

import click
import pytest

from microcosm_sqlite.cmd.declarations import imported_data_set, top_level_module

ZOO = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from microcosm_sqlite.dataset import DataSet

class Zoo(DataSet, DeclarativeBase):
    __data_set__ = "zoo"

class Animal(Zoo):
    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

nothing = None
"""


@pytest.fixture
def zoo(site: Path) -> str:
    """Return the name of a module that declares a data set."""
    name = f"zoo_of_{site.parent.name}"
    (site / f"{name}.py").write_text(ZOO)
    return name


@pytest.mark.parametrize("attribute", ["Zoo", "Animal"])
def test_a_data_set_is_imported(zoo: str, attribute: str) -> None:
    """Either the data set itself or one of its models will do."""
    assert imported_data_set(f"{zoo}:{attribute}").__data_set__ == "zoo"


def test_modules_in_the_current_folder_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project that is not installed can be built where it lies."""
    name = f"here_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(ZOO)
    monkeypatch.syspath_prepend("/nowhere")
    monkeypatch.chdir(tmp_path)

    assert imported_data_set(f"{name}:Zoo").__data_set__ == "zoo"


@pytest.mark.parametrize(
    ("argument", "complaint"),
    [
        ("{zoo}", "expected MODULE:ATTRIBUTE"),
        ("{zoo}:", "expected MODULE:ATTRIBUTE"),
        ("no_such_module:Zoo", "there is no module 'no_such_module'"),
        ("{zoo}:Zooo", "has no attribute 'Zooo'"),
        ("{zoo}:nothing", "Not a valid DataSet"),
    ],
)
def test_what_is_no_data_set_is_refused(zoo: str, argument: str, complaint: str) -> None:
    """The error says which part of the argument is wrong."""
    with pytest.raises(click.UsageError, match=complaint):
        imported_data_set(argument.format(zoo=zoo))


def test_mistakes_inside_the_module_are_passed_on(site: Path) -> None:
    """A module that imports what is missing is not itself missing."""
    (site / "needs_something.py").write_text("import something_missing")

    with pytest.raises(ModuleNotFoundError, match="something_missing"):
        imported_data_set("needs_something:Zoo")


def test_the_outermost_package_is_known() -> None:
    """Graphs are called after it."""
    assert top_level_module("package.models:World") == "package"
