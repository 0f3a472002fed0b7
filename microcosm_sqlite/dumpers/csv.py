"""Write the rows of a model as CSV that builds the same rows again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, Self

from microcosm_sqlite.dumpers.fields import Field, default_names, fields_of
from microcosm_sqlite.dumpers.lines import csv_line
from microcosm_sqlite.dumpers.members import MISSING, members_of, refuse_extras
from microcosm_sqlite.dumpers.stored import stored_cell, stored_rows
from microcosm_sqlite.engines.dialect import StrictAPSWDialect

_DIALECT: Final = StrictAPSWDialect()


class Writable(Protocol):
    """Where a dump goes: a file opened for text with `newline=""`, or a `StringIO`."""

    def write(self, text: str, /) -> Any:
        """Take some more text."""


class CSVDumper:
    """Writes the rows of a store's model, or items of the caller's, as CSV.

    What is written is what `CSVBuilder` reads as the same rows. An open context stays as it is.

    Args:
        graph: where the data set is bound.
        store: its session reads the rows; when none is open, the dump opens one for itself.
        model_cls: the model, when it is not the store's own.
    """

    def __init__(self, graph: Any, store: Any, model_cls: type[Any] | None = None) -> None:
        self.graph = graph
        self.store = store
        self.model_cls: type[Any] = model_cls or store.model_class
        self.defaults: dict[str, Any] = {}

    def default(self, **values: Any) -> Self:
        """Write these values for fields that the model or an item does not have; return self."""
        self.defaults.update(values)
        return self

    def dump(
        self,
        fileobj: Writable,
        items: Iterable[Any] | None = None,
        field_names: Iterable[str] | None = None,
        extras_action: str | None = None,
        custom_header: Mapping[str, str] | None = None,
    ) -> None:
        """Write a header, then a line for every item.

        Lines end with CR LF. Rows that are read here come in the order of the primary key, a few at a time.

        Args:
            fileobj: a text file opened with `newline=""`.
            items: instances, mappings, result rows or other objects; by default all rows of the model.
            field_names: column names or attributes; by default all columns in the order of the table.
            extras_action: what to do about a member of an item that is in no field: "raise" (the default) or "ignore".
                The mapped attributes of an instance are never extra.
            custom_header: what the header says, by field name; by default the field names.

        Raises:
            ValueError: an item has a member that is in no field, or *extras_action* is neither of the two.
        """
        if extras_action not in {None, "raise", "ignore"}:
            raise ValueError(f"extras_action must be 'raise' or 'ignore', not {extras_action!r}")
        fields = fields_of(self.model_cls, field_names or self.get_columns(), _DIALECT)
        check = _allow_extras if extras_action == "ignore" else refuse_extras
        fileobj.write(_header_line(fields, custom_header, check))
        cells = self._stored_cells(fields) if items is None else self._item_cells(fields, items, check)
        for row in cells:
            fileobj.write(csv_line(row))

    def get_columns(self) -> Iterable[str]:
        """Return the names of the default fields: all columns that hold values, in the order of the table."""
        return default_names(self.model_cls)

    def _stored_cells(self, fields: Sequence[Field]) -> Iterator[list[str | None]]:
        """Yield the cells of every row of the model."""
        stored = [field for field in fields if field.key is not None]
        for row in stored_rows(self.graph, self.store, self.model_cls, stored):
            values = iter(row)
            yield [self._default(field) if field.key is None else stored_cell(field, next(values)) for field in fields]

    def _item_cells(self, fields: Sequence[Field], items: Iterable[Any], check: Any) -> Iterator[list[str | None]]:
        for item in items:
            check(item, fields)
            member = members_of(item)
            yield [self._item_cell(field, member) for field in fields]

    def _item_cell(self, field: Field, member: Any) -> str | None:
        for name in field.names:
            value = member(name)
            if value is not MISSING:
                return field.cell(value)
        return self._default(field)

    def _default(self, field: Field) -> str | None:
        return next((field.cell(self.defaults[name]) for name in field.names if name in self.defaults), None)


def _header_line(fields: Sequence[Field], custom: Mapping[str, str] | None, check: Any) -> str:
    if custom is None:
        return csv_line([field.name for field in fields])
    check(custom, fields)
    return csv_line([next((custom[name] for name in field.names if name in custom), None) for field in fields])


def _allow_extras(item: Any, fields: Sequence[Field]) -> None:
    """Let every member pass."""
