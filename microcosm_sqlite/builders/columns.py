"""Decide which source column fills which column of a table."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Column, Table, TextClause
from sqlalchemy.orm import Mapper

from microcosm_sqlite.builders.guesses import meant_by_names
from microcosm_sqlite.builders.plans import (
    EVERYTHING_ELSE,
    ColumnPlan,
    Filling,
    FromDefault,
    FromFunction,
    FromModel,
    FromSource,
    FromSQL,
    PlannedColumn,
)
from microcosm_sqlite.errors import HeaderError


def map_columns(
    model: type[Any],
    header: Sequence[str],
    *,
    source: str,
    defaults: Mapping[str, Any] | None = None,
    ignored: Iterable[str] = (),
    columns: Mapping[Any, Filling] | None = None,
) -> ColumnPlan:
    """Return what fills the columns of *model* from a source with this *header*.

    A header name is the name of a column, or the attribute of the model; the name of a column wins.

    Args:
        model: a mapped class.
        header: the names of the source's columns.
        source: what errors call the source.
        defaults: values for columns that the header does not have, by column name or attribute.
        ignored: header names whose cells are dropped on purpose, or `*` for all that the model does not have.
        columns: what fills columns that the header calls otherwise, by column name or attribute.

    Raises:
        HeaderError: a name is unknown (also one of *defaults* and *columns*), two names mean one column, a column that
            SQLite computes is named, or a column that must not be empty gets no value.
        TypeError: one of *columns* is filled by what is no name, function or SQL.
    """
    names = column_names(model)
    header = tuple(header)
    fillings = _fillings(names, columns or {}, source=source)
    filled = {key: _filled(key, names[key][1], filling, header, source) for key, filling in fillings.items()}
    dropped = _dropped(names, header, fillings, frozenset(ignored))
    positions = _positions(names, header, source=source, dropped=dropped)
    given: dict[str, PlannedColumn] = {
        key: FromSource(key=key, column=names[key][1], position=position) for key, position in positions.items()
    }
    for key in given.keys() & filled.keys():
        if given[key] != filled[key]:
            raise _two_for(names[key][1], header[positions[key]], str(fillings[key]), source)
    given |= filled
    constants = _constants(names, defaults or {}, source=source)
    left = [name for name in header if name not in dropped]
    planned = tuple(_planned(model, names, given, constants, source=source, header=left))
    if not planned:
        raise HeaderError(
            source=source,
            expected=f"a column of table {_table(model).name!r}",
            found=", ".join(map(repr, header)),
            remedy="Every column is ignored: load at least one.",
        )
    return ColumnPlan(source=source, table=_table(model), header=header, columns=planned)


def column_names(model: type[Any]) -> dict[str, tuple[str, Column[Any]]]:
    """Return the attribute and the column behind every name that a source may use for them."""
    # An attribute may also be an SQL expression, which no source fills.
    mapped: Mapping[str, Any] = dict(mapper_of(model).columns.items())
    pairs = cast("list[tuple[str, Column[Any]]]", [pair for pair in mapped.items() if isinstance(pair[1], Column)])
    return {key: (key, column) for key, column in pairs} | {column.name: (key, column) for key, column in pairs}


def mapper_of(model: type[Any]) -> Mapper[Any]:
    """Return the mapper of *model*; raise `TypeError` when it is no mapped class."""
    mapper: Any = getattr(model, "__mapper__", None)
    if not isinstance(mapper, Mapper):
        raise TypeError(f"expected a model with a table, found {model!r}")
    return cast("Mapper[Any]", mapper)


def unknown_names(unknown: Sequence[str], known: Iterable[str], *, source: str, what: str = "header") -> HeaderError:
    """Return the error for names that no column has, with the names that were probably meant."""
    options = sorted(set(known))
    return HeaderError(
        source=source,
        expected=f"columns named {', '.join(options)}",
        found=f"unknown {what} {', '.join(map(repr, unknown))}",
        remedy=" ".join([*meant_by_names(unknown, options), "Correct the name, or ignore the column on purpose."]),
    )


def _fillings(
    names: Mapping[str, tuple[str, Column[Any]]], columns: Mapping[Any, Filling], *, source: str
) -> dict[str, Filling]:
    """Return what is asked for, by attribute."""
    # An attribute of the model, Country.name, stands for its name.
    asked = {str(getattr(name, "key", name)): filling for name, filling in columns.items()}
    unknown = [name for name in asked if name not in names]
    if unknown:
        raise unknown_names(unknown, names, source=source, what="column to fill")
    for name, filling in asked.items():
        if not (isinstance(filling, str | TextClause) or callable(filling)):
            raise TypeError(
                f"column {name!r}: expected the name of a source column, a function of the row or text(SQL), "
                f"found {filling!r}; a value for all rows is a default"
            )
    return {names[name][0]: filling for name, filling in asked.items()}


def _dropped(
    names: Mapping[str, Any], header: Sequence[str], fillings: Mapping[str, Filling], ignored: frozenset[str]
) -> frozenset[str]:
    """Return the header names that fill no column by themselves."""
    texts = [filling for filling in fillings.values() if isinstance(filling, str)]
    read = {text if text in header else text.partition(".")[0] for text in texts}
    expressions = " ".join(filling.text for filling in fillings.values() if isinstance(filling, TextClause))
    read |= {name for name in header if name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", expressions)}
    # A column that is computed from the source column of its own name.
    computed = {key for key, filling in fillings.items() if not isinstance(filling, str)}
    replaced = {name for name in header if name in names and names[name][0] in computed}
    strange = {name for name in header if EVERYTHING_ELSE in ignored and name not in names}
    return ignored | {name for name in read if name not in names} | replaced | strange


def _filled(
    key: str, column: Column[Any], filling: Filling, header: Sequence[str], source: str
) -> FromSource | FromFunction | FromSQL:
    if column.computed is not None:
        raise _computed(column.name, source)
    if isinstance(filling, TextClause):
        return FromSQL(key=key, column=column, expression=filling.text)
    if not isinstance(filling, str):
        return FromFunction(key=key, column=column, function=filling)
    if filling in header:
        return FromSource(key=key, column=column, position=header.index(filling))
    first, *path = filling.split(".")
    if not path or first not in header:
        raise unknown_names([filling], header, source=source, what=f"source column for {column.name!r}")
    return FromSource(key=key, column=column, position=header.index(first), path=tuple(path))


def _computed(name: str, source: str) -> HeaderError:
    return HeaderError(
        source=source,
        expected="columns that hold values",
        found=f"{name!r}, which SQLite computes",
        remedy="Ignore the column.",
    )


def _two_for(column: Column[Any], first: str, second: str, source: str) -> HeaderError:
    return HeaderError(
        source=source,
        expected=f"one column for {column.name!r}",
        found=f"two: {first!r} and {second!r}",
        remedy="Ignore one of them.",
    )


def _positions(
    names: Mapping[str, tuple[str, Column[Any]]], header: Sequence[str], *, source: str, dropped: frozenset[str]
) -> dict[str, int]:
    """Return where the cells of each attribute stand in a record."""
    kept = [(position, name) for position, name in enumerate(header) if name not in dropped]
    unknown = [name for _, name in kept if name not in names]
    if unknown:
        raise unknown_names(unknown, names, source=source)
    positions: dict[str, int] = {}
    for position, name in kept:
        key, column = names[name]
        if key in positions:
            raise _two_for(column, header[positions[key]], name, source)
        if column.computed is not None:
            raise _computed(name, source)
        positions[key] = position
    return positions


def _constants(
    names: Mapping[str, tuple[str, Column[Any]]], defaults: Mapping[str, Any], *, source: str
) -> dict[str, Any]:
    unknown = [name for name in defaults if name not in names]
    if unknown:
        raise unknown_names(unknown, names, source=source, what="default")
    return {names[name][0]: value for name, value in defaults.items()}


def _planned(
    model: type[Any],
    names: Mapping[str, tuple[str, Column[Any]]],
    given: Mapping[str, PlannedColumn],
    constants: Mapping[str, Any],
    *,
    source: str,
    header: Sequence[str],
) -> Iterator[PlannedColumn]:
    mapper = mapper_of(model)
    for key, column in dict(names.values()).items():
        if key in given:
            yield given[key]
        elif key in constants:
            yield FromDefault(key=key, column=column, value=constants[key])
        elif mapper.polymorphic_on is column and mapper.polymorphic_identity is not None:
            yield FromDefault(key=key, column=column, value=mapper.polymorphic_identity)
        elif column.default is not None and (column.default.is_scalar or column.default.is_callable):
            yield FromModel(key=key, column=column)
        elif _must_be_given(column):
            raise HeaderError(
                source=source,
                expected=f"a column {column.name!r}, which must not be empty and has no default",
                found=", ".join(map(repr, header)),
                remedy="Add the column to the source, or a default for all rows.",
            )


def _must_be_given(column: Column[Any]) -> bool:
    return not (
        column.nullable
        or column.default is not None
        or column.server_default is not None
        or column.computed is not None
        or column.table.autoincrement_column is column
    )


def _table(model: type[Any]) -> Table:
    table: Any = mapper_of(model).local_table
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is mapped to {table!r}, which cannot be loaded: expected a table")
    return cast("Table", table)
