"""Compare what models use with what an artifact has.

Only a sealed artifact is held to it: in a database that may change, tables may still be made.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias, cast

import apsw
from sqlalchemy import Column, Engine, Index, MetaData, Table, UniqueConstraint
from sqlalchemy.exc import CompileError

from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.dataset import data_set_name, data_sets_named
from microcosm_sqlite.ddl import strict_type
from microcosm_sqlite.engines.complaints import error_of
from microcosm_sqlite.engines.dbapi import Connection
from microcosm_sqlite.engines.opening import never_changes
from microcosm_sqlite.errors import SchemaMismatchError
from microcosm_sqlite.faults import damages
from microcosm_sqlite.frozen import freeze_models
from microcosm_sqlite.full_text import FullTextIndex, full_text_of

#: With which engine, and with how many tables, a data set was found to agree.
Agreement: TypeAlias = tuple[Engine, int]

#: Views and virtual tables have no pages of their own, and neither keys nor indexes.
_COLUMNS: Final = """
    SELECT lower(m.name), m.rootpage = 0, lower(c.name), c.type, c.pk
    FROM main.sqlite_schema AS m JOIN pragma_table_xinfo(m.name) AS c
    WHERE m.type IN ('table', 'view')
"""
_INDEXES: Final = """
    SELECT lower(m.name), lower(i.name), i."unique", i.partial, lower(c.name)
    FROM main.sqlite_schema AS m JOIN pragma_index_list(m.name) AS i JOIN pragma_index_info(i.name) AS c
    WHERE m.type = 'table'
    ORDER BY m.name, i.name, c.seqno
"""


class _Index:
    """An index as the file has it."""

    def __init__(self, *, is_unique: bool, is_partial: bool) -> None:
        self.is_unique = is_unique
        self.is_partial = is_partial
        self.columns: list[str] = []

    def __str__(self) -> str:
        return f"{'unique ' if self.is_unique else ''}({', '.join(self.columns)})"


class _Table:
    """A table, or what can be read like one, as the file has it; all names are in lower case."""

    def __init__(self, *, is_stored: bool) -> None:
        self.is_stored = is_stored
        self.types: dict[str, str] = {}
        self.key: dict[int, str] = {}
        self.indexes: dict[str, _Index] = {}


class _Wanted(NamedTuple):
    """An index or a unique constraint that a model declares; `columns` are None where it is over an expression."""

    name: str | None
    is_unique: bool
    columns: list[str] | None


def agree(data_set: type[Any], engine: Engine) -> Agreement:
    """Return the agreement of *data_set* with what *engine* reads; instances of sealed data refuse changes from now on.

    Raises:
        SchemaMismatchError: a sealed artifact that lacks a table, a column or an index of the models, or has a column
            of another type or another primary key. What it has beyond them never matters.
    """
    metadata = cast("MetaData", data_set.metadata)
    count = len(metadata.tables)
    if count and never_changes(engine):
        found = differences(metadata, engine)
        if found:
            path = Path(engine.url.database or "")
            raise SchemaMismatchError(name=data_set_name(data_set), path=path, differences=found)
        freeze_models(data_set)
    return engine, count


def agree_known(name: str, engine: Engine) -> dict[type[Any], Agreement]:
    """Return the agreements of the data sets called *name* that this process has declared so far.

    Raises:
        SchemaMismatchError: there are some, and what *engine* reads fits none of them. Where it fits one, those that
            it does not fit are refused when they are used.
    """
    agreements: dict[type[Any], Agreement] = {}
    mismatch: SchemaMismatchError | None = None
    for data_set in data_sets_named(name) if never_changes(engine) else ():
        try:
            agreement = agree(data_set, engine)
        except SchemaMismatchError as error:
            mismatch = mismatch or error
        else:
            # One whose models are not imported yet fits anything, which says nothing.
            if agreement[1]:
                agreements[data_set] = agreement
    if mismatch is not None and not agreements:
        engine.dispose()
        raise mismatch
    return agreements


def differences(metadata: MetaData, engine: Engine) -> list[str]:
    """Return what the tables of *metadata* have and the main database of *engine* lacks, one item per table.

    Raises:
        ArtifactError: SQLite cannot say what the database has.
    """
    pooled = engine.raw_connection()
    try:
        tables = _tables(cast("Connection", pooled.dbapi_connection))
    except apsw.Error as error:
        # Views are compiled to tell their columns: one may call what it must not.
        raise error_of(
            Path(engine.url.database or ""), code=cast("Any", error).extendedresult, message=str(error)
        ) from error
    except UnicodeDecodeError as error:
        raise damages.NOT_UTF_8.at(
            Path(engine.url.database or ""), found=f"a name with {error.object[:40]!r}"
        ) from error
    finally:
        pooled.close()
    found: list[str] = []
    for table in metadata.tables.values():
        if table.schema in {None, "main"}:
            here = tables.get(table.name.lower())
            different = ["it is missing"] if here is None else list(_differences(table, here, engine))
            if (index := full_text_of(table)) is not None:
                different += _text_differences(index, tables.get(index.name.lower()))
            if different:
                found.append(f"table {table.name}: {'; '.join(different)}")
    return found


def _tables(connection: Connection) -> dict[str, _Table]:
    tables: dict[str, _Table] = {}
    for name, is_virtual, column, declared, position in rows(connection.native, _COLUMNS):
        table = tables.get(name)
        if table is None:
            table = tables[name] = _Table(is_stored=not is_virtual)
        table.types[column] = declared
        if position:
            table.key[position] = column
    for name, index_name, is_unique, is_partial, column in rows(connection.native, _INDEXES):
        indexes = tables[name].indexes
        index = indexes.get(index_name)
        if index is None:
            index = indexes[index_name] = _Index(is_unique=bool(is_unique), is_partial=bool(is_partial))
        index.columns.append(column or "an expression")
    return tables


def _differences(table: Table, here: _Table, engine: Engine) -> Iterator[str]:
    for column in table.columns:
        found = here.types.get(column.name.lower())
        if found is None:
            yield f"column {column.name} is missing"
        elif found or here.is_stored:
            expected, stored = _expected_type(column, engine), _plain_type(found)
            if expected not in {None, "ANY", stored}:
                yield f"column {column.name}: expected {expected}, found {found or 'no type'}"
    if here.is_stored:
        yield from _key_differences(table, here)
        for wanted in _wanted(table):
            yield from _index_differences(wanted, here)


def _text_differences(index: FullTextIndex, here: _Table | None) -> Iterator[str]:
    if here is None:
        yield f"full-text index {index.name} is missing"
        return
    missing = [column for column in index.columns if column.lower() not in here.types]
    if missing:
        yield f"full-text index {index.name} lacks {', '.join(missing)}"


def _expected_type(column: Column[Any], engine: Engine) -> str | None:
    try:
        return _plain_type(engine.dialect.type_compiler_instance.process(column.type))
    except CompileError:  # A type of another database, or none: nothing is expected of it.
        return None


def _plain_type(declared: str) -> str:
    """Return the STRICT name of a type, without its collation."""
    return strict_type(declared).partition(" ")[0]


def _key_differences(table: Table, here: _Table) -> Iterator[str]:
    expected = [column.name for column in table.primary_key.columns]
    found = [here.key[position] for position in sorted(here.key)]
    if expected and [name.lower() for name in expected] != found:
        yield f"primary key: expected ({', '.join(expected)}), found ({', '.join(found)})"


def _wanted(table: Table) -> Iterator[_Wanted]:
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        name = None if index.name is None else str(index.name)
        yield _Wanted(name, bool(index.unique), _columns_of(index))
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield _Wanted(None, True, [column.name for column in constraint.columns])  # noqa: FBT003 - A field.


def _columns_of(index: Index) -> list[str] | None:
    """Return the names of the columns of a plain index; None if it is over an expression, or over some rows only."""
    is_plain = all(isinstance(expression, Column) for expression in index.expressions)
    is_partial = index.dialect_options["sqlite"]["where"] is not None
    return [column.name for column in index.columns] if is_plain and not is_partial else None


def _index_differences(wanted: _Wanted, here: _Table) -> Iterator[str]:
    named = None if wanted.name is None else here.indexes.get(wanted.name.lower())
    if wanted.columns is None:
        if wanted.name is not None and named is None:
            yield f"index {wanted.name} is missing"
        return
    columns = [name.lower() for name in wanted.columns]
    if any(_serves(index, columns, wanted) for index in here.indexes.values()) or _is_key(columns, here):
        return
    described = f"{'unique ' if wanted.is_unique else ''}({', '.join(wanted.columns)})"
    if named is not None:
        yield f"index {wanted.name}: expected {described}, found {named}"
    else:
        yield f"{f'index {wanted.name}' if wanted.name else described} is missing"


def _serves(index: _Index, columns: list[str], wanted: _Wanted) -> bool:
    """Tell whether *index*, whatever its name, does what is wanted."""
    if index.is_partial:
        return False
    if wanted.is_unique:
        return index.is_unique and set(index.columns) == set(columns)
    return index.columns == columns


def _is_key(columns: list[str], here: _Table) -> bool:
    # The key of a rowid table has no index of its own.
    return set(columns) == set(here.key.values())
