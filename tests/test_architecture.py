"""The rules of the house that a machine can check; walls between rooms are import-linter's."""

import ast
import re
import subprocess
import sys
from configparser import ConfigParser
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from microcosm_sqlite import errors
from microcosm_sqlite.errors import SQLiteError

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "microcosm_sqlite"
TESTS = ROOT / "tests"

MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
TEST_MODULES = sorted(path.relative_to(TESTS) for path in TESTS.rglob("test_*.py"))

#: Longer means two duties. The one exception is a tree of small classes that is read, and drawn, as one.
LONGEST_MODULE = 300
MAY_BE_LONGER = {"errors.py"}

#: Statements of a function without its signature and docstring.
LONGEST_FUNCTION = 30

#: Folders of tests that are about something else than one module.
NOT_OF_ONE_MODULE = {
    "format",
    "canonical",
    "compat",
    "compliance",
    "datasets",
    "hostile",
    "properties",
    "sealing_faults",
    "typing",
}

#: Test modules beside the others that are about the package as a whole, its pages or its tools.
OF_THE_WHOLE = {
    Path("cmd/test_pages.py"),
    Path("engines/test_compliance.py"),
    Path("test_architecture.py"),
    Path("test_distribution.py"),
    Path("test_documentation.py"),
}

#: Exceptions by which the modules of one room signal to each other; none of them leaves it.
SIGNALS = {"builders/parsers.py: EmptyCellError"}

#: Names that say nothing (rule 10).
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "data", "info", "process", "handle", "misc"}

ENTRY_POINTS = ConfigParser(delimiters=["="], interpolation=None)
ENTRY_POINTS.read(ROOT / "entry_points.cfg")


def tree_of(module: Path) -> ast.Module:
    """Return the syntax tree of *module* of the package."""
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


def test_the_first_line_of_every_module_says_its_duty_in_one_sentence() -> None:
    """It starts with a capital, ends with a full stop, and has no other."""
    wrong = {}
    for module in MODULES:
        first = (ast.get_docstring(tree_of(module)) or "").partition("\n")[0]
        if not re.fullmatch(r"[A-Z`].*\.", first) or re.search(r"\.\s+[A-Z]", first):
            wrong[str(module)] = first

    assert wrong == {}


def test_modules_are_short() -> None:
    """A module that grows beyond the limit has two duties."""
    lengths = {str(module): len((PACKAGE / module).read_text(encoding="utf-8").splitlines()) for module in MODULES}

    assert {
        module: length for module, length in lengths.items() if length > LONGEST_MODULE and module not in MAY_BE_LONGER
    } == {}


def test_functions_are_short() -> None:
    """A function that grows beyond the limit has two duties."""
    too_long = {}
    for module in MODULES:
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node, clean=False) else node.body
                lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
                if lines > LONGEST_FUNCTION:
                    too_long[f"{module}: {node.name}"] = lines

    assert too_long == {}


def test_modules_have_names_that_say_something() -> None:
    """No room for odds and ends."""
    named = {str(module): {part.removesuffix(".py") for part in module.parts} for module in MODULES}

    assert [module for module, parts in named.items() if parts & EMPTY_NAMES] == []


def test_every_test_module_has_its_module() -> None:
    """`tests/engines/test_dbapi.py` is for `engines/dbapi.py`, and so on."""
    astray = []
    for module in TEST_MODULES:
        if module.parts[0] not in NOT_OF_ONE_MODULE and module not in OF_THE_WHOLE:
            tested = PACKAGE / module.with_name(module.name.removeprefix("test_"))
            if not tested.exists() and not (tested.with_suffix("") / "__init__.py").exists():
                astray.append(str(module))

    assert astray == []


def test_every_module_has_its_test_module() -> None:
    """`engines/dbapi.py` has `tests/engines/test_dbapi.py`; a small package may have one for all, `tests/test_*.py`."""
    untested = []
    for module in MODULES:
        own, of_package = module.with_name(f"test_{module.name}"), Path(f"test_{module.parts[0]}.py")
        if not module.name.startswith("__") and own not in TEST_MODULES and of_package not in TEST_MODULES:
            untested.append(str(module))

    assert untested == []


def test_every_test_says_its_behaviour_as_a_sentence() -> None:
    """The docstring of a test is there and ends as a sentence does."""
    silent = []
    for module in TEST_MODULES:
        for node in ast.walk(ast.parse((TESTS / module).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                docstring = (ast.get_docstring(node) or "").rstrip()
                if not docstring.endswith((".", "?")):
                    silent.append(f"{module}: {node.name}")

    assert silent == []


def error_classes() -> dict[str, type[Exception]]:
    """Return the exceptions that `errors.py` defines, by name."""
    return {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == errors.__name__
    }


def test_every_error_descends_from_one() -> None:
    """`except SQLiteError` catches whatever the package raises on purpose."""
    assert {name for name, kind in error_classes().items() if not issubclass(kind, SQLiteError)} == set()


def test_every_error_is_in_the_drawn_tree_below_its_parent() -> None:
    """The tree atop `errors.py` has each class once, at the place its bases say."""
    drawn: dict[str, str | None] = {}
    parents: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"(?P<branches>(?:│   |    )*(?:[├└]── )?)(?P<name>[A-Z]\w*Error)\b", line):
            depth = len(found["branches"]) // 4 - 1
            del parents[depth:]
            drawn[found["name"]] = parents[-1] if parents else None
            parents.append(found["name"])

    assert drawn.keys() == error_classes().keys()
    assert {
        name: parent
        for name, parent in drawn.items()
        if parent and parent not in [base.__name__ for base in error_classes()[name].__bases__]
    } == {}


def test_only_errors_of_our_own_are_defined() -> None:
    """No other module defines an exception, but for the driver, whose classes PEP 249 names."""
    elsewhere = set()
    for module in MODULES:
        if module not in {Path("errors.py"), Path("engines/exceptions.py")}:
            elsewhere |= {
                f"{module}: {node.name}"
                for node in ast.walk(tree_of(module))
                if isinstance(node, ast.ClassDef) and node.name.endswith("Error") and not node.name.startswith("_")
            }

    assert elsewhere == SIGNALS


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group in ENTRY_POINTS.sections() for name in ENTRY_POINTS[group]]
)
def test_every_entry_point_loads(group: str, name: str) -> None:
    """A missing target, which setuptools accepts in silence, is found here."""
    assert callable(EntryPoint(name=name, value=ENTRY_POINTS[group][name], group=group).load())


@pytest.mark.parametrize(
    "module",
    ["microcosm_sqlite", "microcosm_sqlite.factories", "microcosm_sqlite.builders", "microcosm_sqlite.dumpers"],
)
def test_what_microcosm_imports_everywhere_is_light(module: str) -> None:
    """In a fresh interpreter these modules bring in none of the heavy libraries."""
    script = f"import sys, {module}; print(*[name for name in sys.argv[1:] if name in sys.modules])"

    found = subprocess.run(
        [sys.executable, "-c", script, "sqlalchemy", "apsw", "click", "rich", "msgspec", "alembic"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.split() == []


def test_every_module_can_be_imported() -> None:
    """Nothing in the package refers to a name that is not there."""
    for module in MODULES:
        if module.name != "__main__.py":
            name = ".".join(("microcosm_sqlite", *module.with_suffix("").parts)).removesuffix(".__init__")

            assert import_module(name).__name__ == name
