"""Convert the records of a piece in whatever process, for the one that stores them.

What goes there is pickled with the standard library's `pickle`, so models and functions travel by their names; what
comes back are rows that are ready for the statement, and which records do not fit. What a worker cannot decide is left
to the process that stores: it reads the piece once more, and comes to what it would have come to without workers.
"""

from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from pickle import HIGHEST_PROTOCOL, Pickler, dumps, loads
from typing import Any, Final, Self, TypeAlias, cast

from microcosm_sqlite.builders.cells import Cells, Surroundings
from microcosm_sqlite.builders.converters import Converter
from microcosm_sqlite.builders.objects import needs_objects
from microcosm_sqlite.builders.plans import FromDefault, FromModel, FromSQL
from microcosm_sqlite.builders.recipes import Recipe
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.errors import HeaderError
from microcosm_sqlite.sources.tabular import Batch, Content, Piece

#: Instructions that a worker keeps: those of as many loads as run at a time.
_KEPT: Final = 8

_DIALECT: Final = StrictAPSWDialect()

#: What was asked for that is not here, in the batch that is being converted.
_asked: ContextVar[list[None]] = ContextVar("microcosm_sqlite_asked")

#: Recipe, content, and the names of what records hold where they do not say so themselves.
Told: TypeAlias = tuple[Recipe, Content, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What became of one batch."""

    header: tuple[str, ...]
    #: The statement that the rows are for.
    sql: str
    #: How many records there were.
    count: int
    #: Which of them, by position, are no rows: too long, too short, or with a cell that does not fit.
    misfits: tuple[int, ...]
    rows: Sequence[Any]


class Outcome:
    """What became of a piece.

    Args:
        parts: of each batch; None in the place of one, or of all: they are for the process that stores.
        unopened: why the worker could not even begin.
    """

    def __init__(self, parts: Sequence[Part | None] | None = None, *, unopened: str | None = None) -> None:
        self.unopened = unopened
        self._parts = parts
        self._data: bytes | None = None

    @property
    def parts(self) -> Sequence[Part | None] | None:
        """Those of each batch; unpacked when they are asked for, not when they arrive."""
        if self._data is not None:
            data, self._data = self._data, None
            # What a type of the user's stores may not come back; it is made here then.
            with suppress(Exception):
                self._parts = loads(data)  # noqa: S301 - as far as its executor is trusted
        return self._parts

    def __reduce__(self) -> tuple[Any, ...]:
        # As bytes: the thread by which an executor receives them has no work then that would hold up the others.
        return Outcome.received, (self._packed(), self.unopened)

    @classmethod
    def received(cls, data: bytes, unopened: str | None) -> Self:
        """Return what came from a worker."""
        outcome = cls(unopened=unopened)
        outcome._data = data
        return outcome

    def _packed(self) -> bytes:
        file = BytesIO()
        pickler = Pickler(file, protocol=HIGHEST_PROTOCOL)
        pickler.dispatch_table = {memoryview: lambda view: (bytes, (view.tobytes(),))}
        try:
            pickler.dump(self.parts)
        except Exception:  # noqa: BLE001 - a type of the user's may store anything; SQLite will refuse it
            return dumps(None)
        return file.getvalue()


class Instructions:
    """What a worker is told about a load; None: that came in a form that is still to be opened."""

    def __init__(self, told: Told | None) -> None:
        self._told = told
        self._data = b""
        self._converters: dict[tuple[str, ...], Converter | None] = {}

    @classmethod
    def of(cls, recipe: Recipe, content: Content, header: tuple[str, ...]) -> Self:
        """Return them for records of this *content*, called *header* where they do not say so themselves."""
        # The attributes of models that may stand for names cannot travel.
        columns = {str(getattr(name, "key", name)): filling for name, filling in recipe.columns.items()}
        return cls((replace(recipe, columns=columns), content, header))

    def __reduce__(self) -> tuple[Any, ...]:
        # Opened by us, not by an executor: a process pool breaks when what it is sent cannot be read.
        self._data = self._data or dumps(self._told, HIGHEST_PROTOCOL)
        return _received, (self._data,)

    @classmethod
    def received(cls, data: bytes) -> Self:
        """Return what came to a worker, to be opened there."""
        instructions = cls(None)
        instructions._data = data
        return instructions

    def open(self) -> Told:
        """Return what was told; raise whatever importing models and functions raises."""
        if self._told is None:
            self._told = cast("Told", loads(self._data))  # noqa: S301 - as far as whoever sent it is trusted
        return self._told

    def unsendable(self) -> str | None:
        """Return what keeps them from being sent to another process, or None."""
        recipe, _, _ = self.open()
        parts: dict[str, Any] = {f"model {recipe.model.__qualname__}": recipe.model}
        parts |= {f"columns[{name!r}]": filling for name, filling in recipe.columns.items()}
        parts |= {f"defaults[{name!r}]": value for name, value in recipe.defaults.items()}
        for name, part in parts.items():
            try:
                dumps(part)
            except Exception as error:  # noqa: BLE001 - whatever pickling raises
                return f"{name}, for which pickle says: {error}"
        return None

    def part(self, batch: Batch) -> Part | None:
        """Return what becomes of *batch*; None where that takes the database, or where more than cells are wrong."""
        if batch.unread or not batch.rows:
            return None
        header = batch.header or self.open()[2]
        if header not in self._converters:
            self._converters[header] = self._converter(header)
        converter = self._converters[header]
        return None if converter is None else _part(converter, batch, header)

    def _converter(self, header: tuple[str, ...]) -> Converter | None:
        recipe, content, _ = self.open()
        try:
            plan = recipe.plan(header)
        except HeaderError:
            return None
        around = Surroundings(dialect=_DIALECT, server_default=_not_here, evaluate=_not_here, nulls=recipe.nulls)
        cells = [_without_defaults(made, recipe.nulls) for made in recipe.cells(plan, around, content)]
        return None if kept_here(recipe, content, cells) else Converter(_DIALECT, plan, cells, conflict=recipe.conflict)


def convert_piece(instructions: Instructions, piece: Piece) -> Outcome:
    """Return what becomes of *piece*; raises nothing."""
    try:
        instructions.open()
    except Exception as error:  # noqa: BLE001 - whatever an import raises
        return Outcome(unopened=f"{type(error).__name__}: {error}")
    try:
        return Outcome([instructions.part(batch) for batch in piece.batches()])
    except Exception:  # noqa: BLE001 - whatever it is, it comes again where the piece is read once more, and is told there
        return Outcome()


def kept_here(recipe: Recipe, content: Content, cells: Sequence[Cells]) -> str | None:
    """Return why rows are best made by the process that stores them, or cannot be made elsewhere; None: send them."""
    if content is Content.PYTHON:
        return "they are values of Python already"
    if needs_objects(recipe.model):
        return "the model's own code has a say in every row"
    for made in cells:
        match made.planned:
            case FromSQL(column=column):
                return f"SQLite computes column {column.name!r}"
            case FromModel(column=column) if column.default is not None and column.default.is_callable:
                return f"a function of the model fills column {column.name!r}"
            case _:
                pass
    if content is not Content.TEXT and all(_passes(made) for made in cells):
        return "every value is stored as it comes"
    return None


def _passes(made: Cells) -> bool:
    """Tell whether no step looks at a cell: sending values would take as long as storing them."""
    is_source = not isinstance(made.planned, FromDefault | FromModel)
    return not is_source or made.columnwise is not None or made.store is None


def _part(converter: Converter, batch: Batch, header: tuple[str, ...]) -> Part | None:
    asked: list[None] = []
    token = _asked.set(asked)
    try:
        part = _converted(converter, batch, header)
    finally:
        _asked.reset(token)
    return None if asked else part


def _converted(converter: Converter, batch: Batch, header: tuple[str, ...]) -> Part:
    wrong = {position for position, record in enumerate(batch.rows) if len(record) != converter.width}
    fitting = _but(batch.rows, wrong)
    try:
        rows = converter.convert(fitting)
    except Exception:  # noqa: BLE001 - whatever a user's type raises: the process that stores finds it again, to tell it
        kept = [position for position in range(len(batch.rows)) if position not in wrong]
        wrong |= {kept[position] for position in converter.misfits(fitting)}
        rows = converter.convert(_but(batch.rows, wrong))
    return Part(header=header, sql=converter.sql, count=len(batch.rows), misfits=tuple(sorted(wrong)), rows=rows)


def _but(rows: Sequence[Sequence[Any]], positions: set[int]) -> Sequence[Sequence[Any]]:
    return [row for position, row in enumerate(rows) if position not in positions] if positions else rows


def _without_defaults(made: Cells, nulls: tuple[str, ...]) -> Cells:
    """Return *made* for a worker, which leaves empty cells to the process that stores where a function fills them.

    That function may count, or look at the clock: it is called as often, and in the same order, as without workers.
    """
    column = made.planned.column
    has_function = column.default is not None and column.default.is_callable
    if column.nullable or not has_function or made.store is None:
        return made
    words = frozenset(nulls)
    store = made.store

    def store_unless_empty(value: Any) -> Any:
        return _not_here() if value is None or value == "" or value in words else store(value)

    return replace(made, store=store_unless_empty)


def _not_here(*_: Any) -> Any:
    _asked.get().append(None)
    raise LookupError("only the process that stores can tell")


@lru_cache(maxsize=_KEPT)
def _received(data: bytes) -> Instructions:
    """Return what came to a worker, the same for every piece of a load: what it takes is made only once."""
    return Instructions.received(data)
