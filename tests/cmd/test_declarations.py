"""How a data set is imported from an argument."""

from pathlib import Path

import click
import pytest

from microcosm_sqlite.cmd.declarations import imported_data_set, top_level_module
from microcosm_sqlite.errors import DeclarationError

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


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("import something_missing", 1, "ModuleNotFoundError: No module named 'something_missing'"),
        (
            "import json\n\ndef read():\n    return json.loads('{')\n\nread()\n",
            4,
            "json.decoder.JSONDecodeError: Expecting",
        ),
        ("x = 1\ndef f(:\n", 2, "SyntaxError: invalid syntax"),
        ("raise SystemExit(3)", 1, "SystemExit: 3"),
        (ZOO.replace("primary_key=True", ""), 8, "sqlalchemy.exc.ArgumentError: Mapper"),
    ],
)
def test_mistakes_inside_the_module_are_told(text: str, line: int, reason: str, site: Path) -> None:
    """With the line that is the user's own, and what was raised there."""
    name = f"mistaken_{site.parent.name}"
    path = site / f"{name}.py"
    path.write_text(text)

    with pytest.raises(DeclarationError) as caught:
        imported_data_set(f"{name}:Zoo")

    assert str(caught.value).startswith(f"module {name!r} cannot be imported: {path}, line {line}: {reason}")
    assert isinstance(caught.value.__cause__, BaseException)


def test_the_outermost_package_is_known() -> None:
    """Graphs are called after it."""
    assert top_level_module("package.models:World") == "package"
