"""Declare what must hold of the rows of a data set before they are published."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final, TypeAlias, TypeVar, cast

from sqlalchemy import Executable, Table
from sqlalchemy.orm import Session

from microcosm_sqlite.access import AccessPath
from microcosm_sqlite.dataset import DataSet, data_set_name, resolve_data_set

#: What a check function may give back: nothing, one problem, or several.
Problems: TypeAlias = Iterable[object] | str | None

CheckT = TypeVar("CheckT", bound=Callable[[Session], Problems])

#: Names of the checks that every data set has, whatever it declares.
FOREIGN_KEYS: Final = "foreign-keys"
CONSTRAINTS: Final = "constraints"

#: A name that needs no quotes in a shell, and that no floor or drift can have.
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Floor:
    """The table of a model has at least so many rows; the check is called `floor:<table>`."""

    model: Any
    rows: int = field(kw_only=True)

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise ValueError(f"a floor is at least one row, not {self.rows!r}")

    @property
    def table(self) -> str:
        """The table whose rows are counted."""
        return _table_of(self.model).name

    @property
    def name(self) -> str:
        """What the check is called."""
        return f"floor:{self.table}"


@dataclass(frozen=True, slots=True)
class Drift:
    """The table of a model has at most so many percent more or fewer rows than in the release that is published.

    The check is called `drift:<table>`. It holds where there is no release yet, or one without rows in this table.
    """

    model: Any
    percent: float = field(kw_only=True)

    def __post_init__(self) -> None:
        if not (isfinite(self.percent) and self.percent >= 0):
            raise ValueError(f"a drift is a percentage from 0 upwards, not {self.percent!r}")

    @property
    def table(self) -> str:
        """The table whose rows are counted."""
        return _table_of(self.model).name

    @property
    def name(self) -> str:
        """What the check is called."""
        return f"drift:{self.table}"


@dataclass(frozen=True, slots=True)
class SQLCheck:
    """A query that must return no rows, as text or as a statement of SQLAlchemy; each row it returns is a problem."""

    name: str
    sql: str | Executable

    def __post_init__(self) -> None:
        _check_name(self.name)


@dataclass(frozen=True, slots=True)
class FunctionCheck:
    """A function that is given a session on the finished file and tells the problems it finds; see `check`."""

    name: str
    function: Callable[[Session], Problems]

    def __post_init__(self) -> None:
        _check_name(self.name)


@dataclass(frozen=True, slots=True)
class AccessCheck:
    """What a store asks is found by indexes, as far as it does not say otherwise; called `access:<store>`.

    Args:
        store: the name of its class.
        paths: returns what it asks, when somebody wants to know.
    """

    store: str
    paths: Callable[[], Iterable[AccessPath]]

    @property
    def name(self) -> str:
        """What the check is called."""
        return f"access:{self.store}"


Check: TypeAlias = Floor | Drift | SQLCheck | FunctionCheck | AccessCheck

#: What each data set requires, by the name of the check, in the order of the declarations.
_declared: dict[type[DataSet], dict[str, Check]] = {}


def require(data_set: Any, *checks: Check) -> None:
    """Let nothing of *data_set* be published unless all *checks* hold.

        require(World, Floor(Country, rows=240), Drift(City, percent=10))

    Args:
        data_set: the data set, or any of its models.
        *checks: what must hold, besides what was required before.

    Raises:
        ValueError: a check of this name was declared before, or a model belongs to another data set.
    """
    owner = resolve_data_set(data_set)
    declared = _declared.setdefault(owner, {})
    for one in checks:
        if isinstance(one, Floor | Drift):
            _check_owned(owner, one)
        if one.name in declared:
            raise ValueError(f"data set {data_set_name(owner)!r} has a check called {one.name!r} already")
        declared[one.name] = one


def check(data_set: Any, *, name: str | None = None) -> Callable[[CheckT], CheckT]:
    """Return a decorator that makes a function one of the checks of *data_set*.

        @check(World)
        def capitals_exist(session: Session) -> Iterator[str]:
            for country in session.scalars(select(Country).where(Country.capital.is_(None))):
                yield f"{country.name} has no capital"

    The function is given a session on the finished file, which cannot be written. What it yields or returns are the
    problems, as text; None and nothing at all mean that the check holds. An exception is a problem too.

    Args:
        data_set: the data set, or any of its models.
        name: what the check is called; by default as the function.
    """

    def declare(function: CheckT) -> CheckT:
        require(data_set, FunctionCheck(name or function.__name__, function))
        return function

    return declare


def checks_of(data_set: Any) -> tuple[Check, ...]:
    """Return what *data_set* requires, in the order in which it was declared."""
    return tuple(_declared.get(resolve_data_set(data_set), {}).values())


def access_checks(name: str) -> tuple[AccessCheck, ...]:
    """Return the stores that are certified for data sets called *name*, as far as their modules were imported."""
    checks = (check for owner in _declared if data_set_name(owner) == name for check in checks_of(owner))
    return tuple(check for check in checks if isinstance(check, AccessCheck))


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"a check is called by letters, digits, '_', '.' and '-', not {name!r}")
    if name in {FOREIGN_KEYS, CONSTRAINTS}:
        raise ValueError(f"every data set has a check called {name!r}: choose another name")


def _check_owned(owner: type[DataSet], one: Floor | Drift) -> None:
    metadata: Any = owner.metadata  # type: ignore[attr-defined]
    if _table_of(one.model) is not metadata.tables.get(_table_of(one.model).key):
        raise ValueError(f"table {one.table!r} does not belong to data set {data_set_name(owner)!r}")


def _table_of(model: Any) -> Table:
    table: Any = getattr(model, "__table__", model)
    if not isinstance(table, Table):
        raise TypeError(f"expected a model or a table, found {model!r}")
    return cast("Table", table)
