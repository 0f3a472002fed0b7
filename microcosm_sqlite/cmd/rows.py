"""Find the files that hold the rows of tables."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

import click

from microcosm_sqlite.sources.kinds import is_read, suffix_of


def file_of(folder: Path, table: str) -> Path | None:
    """Return the file in *folder* with the rows of *table*, whatever kind it is of; None where there is none.

    Raises:
        click.UsageError: there are several.
    """
    found = [path for path in sorted(folder.glob(f"{_escaped(table)}.*")) if _table_of(path) == table]
    if len(found) > 1:
        raise click.UsageError(f"table {table!r} has several files: {', '.join(map(str, found))}. Keep one.")
    return found[0] if found else None


def strays_told(folder: Path, tables: Iterable[str]) -> Iterator[str]:
    """Yield a warning for each file in *folder* that would hold rows, if there were a table of its name."""
    names = list(tables)
    for path in sorted(folder.iterdir()):
        name = _table_of(path)
        if name is not None and name not in names:
            alike = get_close_matches(name, names, n=1)
            hint = f" Is it that of {alike[0]!r}?" if alike else ""
            yield f"Warning: {path} was not read: no table is called {name!r}.{hint}"


def _table_of(path: Path) -> str | None:
    """Return the table whose rows *path* would hold, or None for a file of no kind that can be loaded."""
    suffix = suffix_of(path)
    if not is_read(suffix) or not path.is_file():
        return None
    return path.name[: path.name.lower().rindex(suffix)]


def _escaped(name: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)
