"""Name what a look-up asks for, the same in every process, whatever way it will be answered."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import inspect, literal, select

from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.lookups.cursors import name_of
from microcosm_sqlite.lookups.keys import key_attributes
from microcosm_sqlite.lookups.shapes import Parts, Shape, take_apart

if TYPE_CHECKING:
    from sqlalchemy import Select, Table
    from sqlalchemy.orm import Mapper

    from microcosm_sqlite.lookups.hooks import Hooks

_DIALECT: Final = StrictAPSWDialect()

#: Texts of questions that are kept by shape; those of one store are a few.
_TEXTS_KEPT: Final = 256


class Questions:
    """The questions that one store is asked; may be used by several threads."""

    def __init__(self, store: "Hooks[Any]") -> None:
        # Any, because its hooks are private by name since 0.1.
        self._store: Any = store
        self._texts: dict[Shape, str] = {}

    def name(self, criteria: tuple[Any, ...], filters: Mapping[str, Any]) -> bytes:
        """Return what is the same for the same conditions and order, and differs where these do."""
        store, mapper = self._store, _mapper_of(self._store)
        ordered = {name: filters[name] for name in sorted(filters)}
        parts, table = None, cast("Table", mapper.local_table)
        if not store._has_own_hooks:
            parts = take_apart(criteria, ordered, known=store.auto_filters, table=table, has_page=False)
        if parts is None:
            return _named(mapper, _text_of(_query(store, criteria, ordered)))
        if (text := self._texts.get(parts.shape)) is None:
            if len(self._texts) >= _TEXTS_KEPT:
                self._texts.clear()
            text = self._texts[parts.shape] = _text_of(_statement(store, mapper, parts))
        return _named(mapper, text, *_values_of(parts))


def _mapper_of(store: "Hooks[Any]") -> "Mapper[Any]":
    return inspect(store.model_class)  # type: ignore[no-any-return]


def _named(mapper: "Mapper[Any]", *parts: str) -> bytes:
    return name_of("\x00".join((mapper.class_.__name__, *parts)))


def _statement(store: Any, mapper: "Mapper[Any]", parts: Parts) -> "Select[Any]":
    conditions = parts.conditions.expressions(store.auto_filters)
    order = (*store.order_by, *key_attributes(mapper.class_))
    return select(literal(1)).select_from(mapper.local_table).where(*conditions).order_by(*order)


def _query(store: Any, criteria: tuple[Any, ...], filters: Mapping[str, Any]) -> "Select[Any]":
    statement: Select[Any] = store._order_by(store._match(criteria, filters), **filters).statement
    return statement


def _text_of(statement: "Select[Any]") -> str:
    """Return *statement* with the values that it holds itself; those to come have none yet."""
    compiled: Any = statement.compile(dialect=_DIALECT)
    # By position: the names of values that have none are made of addresses in memory.
    binds = [compiled.binds[name] for name in compiled.positiontup or ()]
    return f"{compiled}\x00{[_text(bind.effective_value) for bind in binds if not bind.required]}"


def _values_of(parts: Parts) -> Iterator[str]:
    """Yield the values of *parts* as texts, those that are members of a collection in an order of their own."""
    number = 0
    for _, members, _ in parts.shape.filters:
        end = number + abs(members)
        yield _text(set(parts.values[number:end])) if members >= 0 else _text(parts.values[number])
        number = end
    yield from map(_text, parts.values[number:])


def _text(value: Any) -> str:
    # The hashes of texts, and so the order of a set, differ from process to process.
    is_collection = isinstance(value, list | tuple | set | frozenset)
    return repr(sorted(map(repr, cast("Iterable[Any]", value))) if is_collection else value)
