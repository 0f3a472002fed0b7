"""Learn what methods of a store ask, by running them on an empty database."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, cast

from sqlalchemy import MetaData, event
from sqlalchemy.orm import Session

from microcosm_sqlite.dataset import data_set_name, resolve_data_set
from microcosm_sqlite.ddl import create_tables
from microcosm_sqlite.engines.opening import EngineOptions, open_memory
from microcosm_sqlite.errors import ModelNotFoundError

#: How statements begin that look for rows.
_QUERIES: Final = ("SELECT", "WITH")

#: What the package itself asks about the schema of a database that may change.
_SCHEMA: Final = "sqlite_schema"


class Recorder:
    """Runs methods of a store on an empty database with the tables of its data set."""

    def __init__(self, store: type[Any]) -> None:
        self._class = store

    def statements(self, run: Callable[[Any], object]) -> list[tuple[str, tuple[Any, ...]]]:
        """Return the queries, each with its values, that *run* has made of the store it is given.

        Raises:
            Exception: whatever *run* raises, but for not finding a row.
        """
        model = self._class.model_class
        found: list[tuple[str, tuple[Any, ...]]] = []

        def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
            if sql.lstrip().upper().startswith(_QUERIES) and _SCHEMA not in sql:
                found.append((sql, tuple(parameters)))

        engine = open_memory(name=data_set_name(model), options=EngineOptions())
        try:
            with engine.begin() as connection:
                create_tables(cast("MetaData", cast("Any", resolve_data_set(model)).metadata), connection)
            event.listen(engine, "before_cursor_execute", note)
            with Session(engine) as session, suppress(ModelNotFoundError):
                run(self._class(partial(_given, session)))
        finally:
            engine.dispose()
        return found


def _given(session: Session, _: Any) -> Session:
    return session
