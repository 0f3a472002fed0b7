"""Decode JSON objects into records, many at once where they all hold the same."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from enum import Enum
from functools import lru_cache
from itertools import chain, islice
from typing import Any, Final, TypeAlias

import msgspec

from microcosm_sqlite.errors import RowProblem
from microcosm_sqlite.sources.rows import batches_of_mappings
from microcosm_sqlite.sources.tabular import Batch

#: A document with the number that errors call it by.
Numbered: TypeAlias = tuple[int, bytes | msgspec.Raw]

#: What is raised for bytes that are no JSON, or none that was asked for.
_MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

#: As many shapes as are met in turns; objects may also differ for ever.
_KEPT_SHAPES: Final = 16

#: How msgspec words what is wrong.
_OTHER_TYPE: Final = re.compile(r"Expected `object`, got `(\w+)`")
_PREFIX: Final = "JSON is malformed: "

_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode


class Form(Enum):
    """How documents follow each other."""

    LINES = "each on a line"
    ARRAY = "as an array"


class Documents:
    """Decodes the documents of the source called *name*, which follow each other in this *form*."""

    def __init__(self, name: str, form: Form) -> None:
        self._name = name
        self._form = form
        self._decode = _decoder(dict[str, Any], form)

    def batches(self, data: bytes, numbers: Sequence[int], documents: Iterable[Numbered]) -> Iterator[Batch]:
        """Yield the objects in *data*, and what is wrong with the documents that are none.

        Args:
            data: the documents.
            numbers: what errors call each of them, if none is left out.
            documents: they, one by one; beyond the first asked for only when *data* cannot be decoded as a whole.
        """
        every = iter(documents)
        begin = list(islice(every, 1))
        shape = _expected(begin, self._form)
        if shape is not None:
            rows = shape.rows(data)
            if rows is not None and len(rows) == len(numbers):
                yield Batch(header=shape.names, lines=numbers, rows=rows)
                return
        objects: list[dict[str, Any]] = []
        with suppress(*_MALFORMED):
            objects = self._decode(data)
        if len(objects) != len(numbers):
            numbers, objects, problems = self._one_by_one(chain(begin, every))
            if problems:
                yield Batch(lines=(), rows=(), unread=problems)
        yield from batches_of_mappings(objects, numbers)

    def _one_by_one(self, documents: Iterable[Numbered]) -> tuple[list[int], list[dict[str, Any]], list[RowProblem]]:
        numbers: list[int] = []
        objects: list[dict[str, Any]] = []
        problems: list[RowProblem] = []
        for number, document in documents:
            try:
                objects.append(_decode(document))
            except _MALFORMED as error:
                problems.append(self._problem(number, bytes(document), error))
            else:
                numbers.append(number)
        return numbers, objects, problems

    def _problem(self, number: int, document: bytes, error: Exception) -> RowProblem:
        return RowProblem(
            source=self._name,
            line=number,
            column=None,
            value=document.decode(errors="backslashreplace").strip(),
            rule="document",
            reason=f"is no JSON object{_reason(error)}",
        )


class _Shape:
    """Objects that all hold values of the same *names*: decoded without making a mapping of each."""

    def __init__(self, names: tuple[str, ...], form: Form) -> None:
        self.names = names
        # Fields have names of their own, because those of the objects may be none that Python could have.
        fields = [f"field_{position}" for position in range(len(names))]
        renamed = dict(zip(fields, names, strict=True))
        kind = msgspec.defstruct(
            "Row", [(field, Any) for field in fields], rename=renamed.get, forbid_unknown_fields=True, gc=False
        )
        self._decode = _decoder(kind, form)

    def rows(self, data: bytes) -> list[tuple[Any, ...]] | None:
        """Return the values of the objects in *data*, or None when one of them holds anything else, or is none."""
        try:
            return list(map(msgspec.structs.astuple, self._decode(data)))
        except _MALFORMED:
            return None


def _expected(begin: Sequence[Numbered], form: Form) -> _Shape | None:
    """Return the shape of the first document: most sources have no other."""
    for _, document in begin:
        with suppress(*_MALFORMED):
            names = tuple(_decode(document))
            return _shape(names, form) if names else None
    return None


@lru_cache(maxsize=_KEPT_SHAPES)
def _shape(names: tuple[str, ...], form: Form) -> _Shape:
    """Return a shape that was made before, if it was: that takes longer than using it."""
    return _Shape(names, form)


def _decoder(kind: Any, form: Form) -> Any:
    return msgspec.json.Decoder(kind).decode_lines if form is Form.LINES else msgspec.json.Decoder(list[kind]).decode


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return ": it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f": byte {error.start + 1} is not UTF-8"
    text = str(error)
    if other := _OTHER_TYPE.fullmatch(text):
        return f" but of type {other[1]}"
    return ": it ends too early" if "truncated" in text else f": {text.removeprefix(_PREFIX)}"
