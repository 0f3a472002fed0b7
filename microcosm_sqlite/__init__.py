"""Ship read-only data like code: declare, build, seal, ship, bind and look up SQLite data sets.

Names are loaded when they are first used: microcosm imports this package in every process that has it installed, and
a service that only reads never loads what builds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microcosm_sqlite.builders import SQLiteBuilder
    from microcosm_sqlite.dataset import DataSet, dispose_sqlite_connections
    from microcosm_sqlite.dumpers import SQLiteDumper
    from microcosm_sqlite.factories import SQLiteBindFactory
    from microcosm_sqlite.stores import Store

__all__ = [
    "DataSet",
    "SQLiteBindFactory",
    "SQLiteBuilder",
    "SQLiteDumper",
    "Store",
    "dispose_sqlite_connections",
]

_HOMES = {
    "DataSet": "dataset",
    "SQLiteBindFactory": "factories",
    "SQLiteBuilder": "builders",
    "SQLiteDumper": "dumpers",
    "Store": "stores",
    "dispose_sqlite_connections": "dataset",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
