"""Compile a statement once, to be run many times with other values."""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from sqlalchemy import BindParameter, Dialect, Select, bindparam
from sqlalchemy.sql.operators import eq
from sqlalchemy.types import TypeEngine

#: What turns a value into one that the driver takes; None where that is the same.
Processor = Callable[[Any], Any]

_PREFIX: Final = "value_"


def marker(number: int, *, type_: TypeEngine[Any]) -> BindParameter[Any]:
    """Return what stands in a statement for value *number* of those it will be run with."""
    return bindparam(f"{_PREFIX}{number}", type_=type_, required=True)


class Plan:
    """A statement as the driver takes it, which knows where its values go."""

    __slots__ = ("_slots", "scans", "sql")

    def __init__(self, sql: str, slots: "Sequence[_Slot]") -> None:
        self.sql = sql
        self._slots = tuple(slots)
        #: Whether it reads a whole table, or an index from end to end; known once it was planned against a file.
        self.scans = False

    @property
    def places(self) -> int:
        """How many values the statement takes."""
        return len(self._slots)

    def parameters(self, values: Sequence[Any]) -> list[Any]:
        """Return *values* as the driver takes them, each as often as the statement holds it.

        Raises:
            Exception: whatever a type says of a value that it does not take.
        """
        return [slot.value(values) for slot in self._slots]


class _Slot:
    """One place for a value in a statement."""

    __slots__ = ("_dialect", "_index", "_processors", "_type", "_value")

    def __init__(self, bind: BindParameter[Any], dialect: Dialect) -> None:
        self._dialect = dialect
        self._type = bind.type
        is_marker = bind.key.startswith(_PREFIX)
        self._index = int(bind.key.removeprefix(_PREFIX)) if is_marker else -1
        self._processors: dict[type[Any], Processor | None] = {}
        self._value = None if is_marker else self._processed(bind.effective_value)

    def value(self, values: Sequence[Any]) -> Any:
        return self._processed(values[self._index]) if self._index >= 0 else self._value

    def _processed(self, value: Any) -> Any:
        kind = cast("type[Any]", type(value))
        try:
            processor = self._processors[kind]
        except KeyError:
            # A value of another type than the column's is bound as what it is: so does `column == value`.
            type_ = self._type.coerce_compared_value(eq, value)
            processor = self._processors[kind] = cast(
                "Processor | None", type_.dialect_impl(self._dialect).bind_processor(self._dialect)
            )
        return value if processor is None else processor(value)


def compile_plan(statement: Select[Any], dialect: Dialect) -> Plan | None:
    """Return the plan of *statement*, or None where its text depends on its values."""
    compiled = statement.compile(dialect=dialect)
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    return Plan(str(compiled), [_Slot(compiled.binds[name], dialect) for name in compiled.positiontup or ()])
