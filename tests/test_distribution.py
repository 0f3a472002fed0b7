"""The wheels, as somebody gets them who has nothing of ours."""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("distribution")]

ROOT = Path(__file__).parent.parent
SETS = ("mime", "emoji", "world")

_NOT_COPIED = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "datasets", "tests", "__pycache__")

Run = Callable[..., subprocess.CompletedProcess[str]]

_LOOK_UPS = """
from microcosm.api import create_object_graph
from microcosm_sqlite_emoji import EmojiStore
from microcosm_sqlite_mime import MediaTypeStore
from microcosm_sqlite_world import CountryStore

graph = create_object_graph("service")
print(CountryStore(graph).retrieve("FR").capital)
print(MediaTypeStore(graph).by_extension("html").name)
print(EmojiStore(graph).retrieve("1F600").character)
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels of the package and of the three data sets."""
    folder, sources = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("sources")
    for number, project in enumerate((ROOT, *(ROOT / "datasets" / name for name in SETS))):
        # Built from a copy: setuptools leaves folders behind, which two builds at once would fight over.
        copy = shutil.copytree(project, sources / str(number), ignore=_NOT_COPIED)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(copy)]
        subprocess.run(command, check=True)
    return folder


@pytest.fixture(scope="module")
def run(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A function that runs a command of a clean environment in which only the wheels were installed."""
    environment = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = str(environment / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *map(str, sorted(wheels.glob("*.whl")))], check=True)

    def run_command(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(environment / "bin" / name), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, cwd=environment)

    return run_command


def test_the_wheel_holds_every_module_and_its_types(wheels: Path) -> None:
    """No module is left out, and the marker that the package is typed comes along."""
    [wheel] = wheels.glob("microcosm_sqlite-3*.whl")
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "microcosm_sqlite").rglob("*.py")}

    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("microcosm_sqlite/")}

    assert packed == sources | {"microcosm_sqlite/py.typed"}


def test_a_clean_environment_looks_rows_up_without_configuration(run: Run) -> None:
    """Installing the wheels is all it takes: the graph finds the data sets by their entry points."""
    ran = run("python", "-W", "error", "-c", _LOOK_UPS)

    assert ran.stdout.split() == ["Paris", "text/html", "\N{GRINNING FACE}"], ran.stderr


def test_the_command_lists_and_verifies_what_is_installed(run: Run) -> None:
    """The console script is there, sees the three data sets, and finds them sound."""
    listed = run("microcosm-sqlite", "list", "--json")
    verified = run("microcosm-sqlite", "verify", *SETS)

    assert {entry["name"] for entry in json.loads(listed.stdout)} == set(SETS), listed.stderr
    assert verified.returncode == 0, verified.stderr


def test_damage_in_an_installed_wheel_is_found(run: Run) -> None:
    """A wheel whose data file was changed installs without a word; `verify` does not let it pass."""
    located = run("python", "-c", "import microcosm_sqlite_mime as m; print(m.__path__[0])").stdout.strip()
    path = Path(located) / "mime.sqlite"
    sound = path.read_bytes()
    try:
        path.write_bytes(sound.replace(b"image/webp", b"image/webq"))

        ran = run("microcosm-sqlite", "verify", "mime")
    finally:
        path.write_bytes(sound)

    assert ran.returncode == 1
    assert "sha256:" in ran.stderr


def test_migrations_need_the_extra_and_say_so(run: Run) -> None:
    """Without alembic the commands that need it fail with the line that installs it."""
    ran = run("microcosm-sqlite", "migrate", "microcosm_sqlite_mime:Mime", "--", "current")

    assert ran.returncode != 0
    assert 'pip install "microcosm-sqlite[alembic]"' in ran.stderr


def test_columns_need_an_extra_and_say_so(run: Run) -> None:
    """Each library has its own; dictionaries need none."""
    script = (
        "from microcosm.api import create_object_graph\n"
        "from microcosm_sqlite_world import CountryStore\n"
        "countries = CountryStore(create_object_graph('service'))\n"
        "print(len(countries.to_dicts(limit=3)))\n"
        "for name in ('arrow', 'polars', 'pandas'):\n"
        "    try:\n"
        "        getattr(countries, f'to_{name}')()\n"
        "    except ImportError as error:\n"
        "        print(error)\n"
    )

    ran = run("python", "-c", script)

    assert ran.stdout.splitlines() == [
        "3",
        *(
            f'Store.to_{name} needs an optional dependency: pip install "microcosm-sqlite[{name}]"'
            for name in ("arrow", "polars", "pandas")
        ),
    ], ran.stderr
