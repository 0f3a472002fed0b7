"""What is public is documented."""

import ast
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "microcosm_sqlite"
REFERENCE = ROOT / "docs" / "reference"

#: The reference pages, by the room they describe.
PAGES = {path.stem: path for path in REFERENCE.glob("*.md") if path.stem != "README"}


def public_names(module: Path) -> set[str]:
    """Return the public classes and functions that *module* defines."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")}


ROOMS = sorted(
    {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("_")}
    | {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} - {"cmd"}
)


@pytest.mark.parametrize("room", [room for room in ROOMS if (PACKAGE / f"{room}.py").exists()])
def test_every_module_has_a_page_that_names_what_is_public(room: str) -> None:
    """A reader finds every public class and function of a module on its reference page."""
    text = PAGES[room].read_text(encoding="utf-8")

    assert {name for name in public_names(PACKAGE / f"{room}.py") if f"`{name}" not in text} == set()


@pytest.mark.parametrize("room", [room for room in ROOMS if (PACKAGE / room).is_dir()])
def test_every_folder_has_a_page_that_names_its_modules(room: str) -> None:
    """A reader finds every module of a room on its reference page, those for use and those within."""
    text = PAGES[room].read_text(encoding="utf-8")
    modules = {path.stem for path in (PACKAGE / room).glob("*.py")} - {"__init__"}

    assert {module for module in modules if f"`{module}" not in text and f".{module}" not in text} == set()


def test_every_page_is_in_the_index() -> None:
    """The index leads to every reference page; `test_links_lead_somewhere` checks that it leads to no other."""
    index = (REFERENCE / "README.md").read_text(encoding="utf-8")

    assert {name for name in PAGES if f"({name}.md)" not in index} == set()


def test_every_entry_point_group_is_explained() -> None:
    """The groups that we fill, and the one that others fill, are on a reference page."""
    entry_points = ConfigParser(delimiters=["="])
    entry_points.read(ROOT / "entry_points.cfg", encoding="utf-8")
    text = "".join(page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.md"))

    assert {group for group in (*entry_points.sections(), "microcosm.sqlite") if f"`{group}`" not in text} == set()


def test_every_extra_is_explained() -> None:
    """An optional dependency is named where the feature is that needs it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES.values())

    extras = project["optional-dependencies"]

    assert {extra for extra in extras if f"microcosm-sqlite[{extra}]" not in text} == set()


@pytest.mark.parametrize(
    "page", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=str
)
def test_links_lead_somewhere(page: Path) -> None:
    """A relative link names a file that exists."""
    text = page.read_text(encoding="utf-8")

    targets = {part.split(")")[0].split("#")[0] for part in text.split("](")[1:]}

    broken = {target for target in targets if target and "://" not in target and not (page.parent / target).exists()}
    assert not broken
