"""Check that the migrations of a data set lead to its models."""

from typing import Any

from microcosm_sqlite.alembic import check
from microcosm_sqlite.errors import StaleDBError

__all__ = ["StaleDBError", "main"]


def main(graph: Any, Base: Any) -> None:  # noqa: N803 - its name since 0.20
    """Return when a new migration of the data set *Base* would be empty; nothing is written.

    Args:
        graph: the object graph that binds the data set.
        Base: the data set, or any model of it.

    Raises:
        StaleDBError: the models need operations that no migration has; they are in the message.
        MigrationsNotFoundError: the data set has no folder of migrations.
        DataSetNotFoundError: there is no database to compare the models with.
        ReadOnlyDataSetError: the data set is sealed.
        SystemExit: the database is behind its migrations (255).
    """
    check(graph, Base)
