"""Keep from alembic the indexes that it can neither see nor make."""

import re
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Connection, MetaData

from microcosm_sqlite.place import place_of


class IncludeName(Protocol):
    """What alembic takes as `include_name`: whether it should look at what the database has under this name."""

    def __call__(self, name: str | None, type_: Any, parent_names: Any, /) -> bool:
        """Return whether it should."""
        ...


def include_name_after(theirs: IncludeName | None, connection: Connection | None) -> IncludeName:
    """Return a function that hides the virtual tables of *connection*, and those behind them, then asks *theirs*."""

    @cache
    def hidden() -> frozenset[str]:
        # Not before it is asked for: alembic leaves a transaction that has begun to whoever began it.
        query = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('virtual', 'shadow')"
        return frozenset(() if connection is None else connection.exec_driver_sql(query).scalars())

    def include(name: str | None, type_: Any, parent_names: Any, /) -> bool:
        if type_ == "table" and name in hidden():
            return False
        return theirs is None or theirs(name, type_, parent_names)

    return include


@contextmanager
def places_unmentioned(metadata: MetaData) -> Generator[None]:
    """Suppress for the block the warnings that indexes over places cannot be compared: migrating makes them."""
    names = [re.escape(place.name) for place in map(place_of, metadata.tables.values()) if place is not None]
    with warnings.catch_warnings():
        if names:
            warnings.filterwarnings("ignore", message=rf".*expression-based index '?({'|'.join(names)})\b")
        yield
