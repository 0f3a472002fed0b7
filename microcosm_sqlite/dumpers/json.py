"""Write the rows of a model as JSON Lines that build the same rows again."""

import json
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

from sqlalchemy import types as sql

from microcosm_sqlite.dumpers.fields import Field, default_names, fields_of
from microcosm_sqlite.dumpers.stored import stored_rows
from microcosm_sqlite.engines.dialect import StrictAPSWDialect

_DIALECT: Final = StrictAPSWDialect()

#: Types whose values JSON has words for; all others are written as the text that CSV has for them.
_NATIVE: Final = (sql.Integer, sql.Float, sql.Boolean, sql.String)


class Writable(Protocol):
    """Where a dump goes: a file opened for text, or a `StringIO`."""

    def write(self, text: str, /) -> Any:
        """Take some more text."""


class JSONLinesDumper:
    """Writes the rows of a store's model as JSON Lines: an object for each, in the order of the primary key.

    Loading the dump gives the same rows again, to the last bit, and a changed row is a changed line.

    Args:
        graph: where the data set is bound.
        store: its session reads the rows; when none is open, the dump opens one for itself.
        model_cls: the model, when it is not the store's own.
    """

    def __init__(self, graph: Any, store: Any, model_cls: type[Any] | None = None) -> None:
        self.graph = graph
        self.store = store
        self.model_cls: type[Any] = model_cls or store.model_class

    def dump(self, fileobj: Writable, field_names: Iterable[str] | None = None) -> None:
        """Write a line for every row.

        Args:
            fileobj: a text file in UTF-8.
            field_names: column names or attributes; by default all columns that hold values, in the order of the table.

        Raises:
            ValueError: a name is none of the model, or a document is JSON's null, which nothing tells from NULL here.
        """
        fields = fields_of(self.model_cls, field_names or default_names(self.model_cls), _DIALECT)
        unknown = [field.name for field in fields if field.key is None]
        if unknown:
            raise ValueError(f"{self.model_cls.__name__} has no columns called {', '.join(unknown)}")
        writers = [_writer(field) for field in fields]
        names = [f"{json.dumps(field.name, ensure_ascii=False)}: " for field in fields]
        for row in stored_rows(self.graph, self.store, self.model_cls, fields):
            members = (name + write(value) for name, write, value in zip(names, writers, row, strict=True))
            fileobj.write("{" + ", ".join(members) + "}\n")


def _writer(field: Field) -> Callable[[Any], str]:
    """Return what writes a value of *field* as JSON."""
    if field.is_json:
        return lambda text: _document(field, text)
    write = _native if _is_native(field) else field.write

    def written(value: Any) -> str:
        return "null" if value is None else json.dumps(write(value), ensure_ascii=False)

    return written


def _is_native(field: Field) -> bool:
    type_ = None if field.column is None else field.column.type
    return isinstance(type_, _NATIVE) and not isinstance(type_, sql.Enum)


def _native(value: Any) -> Any:
    # JSON has no infinity; a builder reads its name.
    return str(value) if value in _INFINITE else value


_INFINITE: Final = frozenset({float("inf"), float("-inf")})


def _document(field: Field, text: str | None) -> str:
    if text is not None and text.strip() == "null":
        raise ValueError(
            f"column {field.name!r} holds JSON's null, which JSON Lines cannot tell from NULL: dump CSV or Parquet"
        )
    # On one line, whatever the document was written like.
    return "null" if text is None else text if "\n" not in text else json.dumps(json.loads(text), ensure_ascii=False)
