"""Let an executor convert pieces ahead of the one writer that stores them in their order."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from microcosm_sqlite.builders.batches import insert_converted
from microcosm_sqlite.builders.converting import Instructions, Outcome, Part, convert_piece, kept_here
from microcosm_sqlite.builders.rejections import Rejections
from microcosm_sqlite.builders.statements import StatementTarget
from microcosm_sqlite.builders.targets import Targets, insert_batches
from microcosm_sqlite.errors import HeaderError, WorkersFailedError
from microcosm_sqlite.progress import advance
from microcosm_sqlite.sources.pieces import pieces_of
from microcosm_sqlite.sources.tabular import Batch, Piece, Reading

#: Bytes of the source that are sent and not yet stored: some pieces for each of many workers, and little memory.
_SENT_BYTES: Final = 4 * 2**20


def insert_pieces(targets: Targets, reading: Reading, rejections: Rejections, executor: Executor) -> int:
    """Insert the records of *reading* and return how many there were; those that do not fit go to *rejections*.

    What is stored, and what is told, is the same as without an executor.

    Raises:
        WorkersFailedError: a worker ended, or cannot be told what to do.
    """
    pieces = _with_failure(pieces_of(reading))
    begin = list(islice(pieces, 2))
    every = chain(begin, pieces)
    if len(begin) < 2 or not _can_be_sent(targets, begin[0]):  # noqa: PLR2004 - one piece gains nothing
        return insert_batches(targets, (batch for piece in every for batch in piece.batches()), rejections)
    count = 0
    instructions = Instructions.of(targets.recipe, targets.content, targets.header)
    with closing(_converted(executor, instructions, every)) as converted:
        for piece, outcome in converted:
            count += _store(targets, piece, outcome, rejections)
            advance(rows=count)
    return count


def _can_be_sent(targets: Targets, piece: Piece) -> bool:
    """Tell whether workers can make rows of what comes as the first *piece* does."""
    batch = next((batch for batch in piece.batches() if batch.rows), None)
    if batch is None:
        return True
    try:
        target = targets.of(batch.header or targets.header)
    except HeaderError:
        # Whoever stores it says so, with the line.
        return True
    return isinstance(target, StatementTarget) and kept_here(targets.recipe, targets.content, target.cells) is None


def _store(targets: Targets, piece: Piece, outcome: Outcome, rejections: Rejections) -> int:
    """Store a piece and return how many records it had."""
    if outcome.parts is None:
        count = 0
        for batch in piece.batches():
            targets.insert(batch, rejections)
            count += batch.count
        return count
    read = _Read(piece)
    return sum(_store_part(targets, part, read, position, rejections) for position, part in enumerate(outcome.parts))


def _store_part(targets: Targets, part: Part | None, read: "_Read", position: int, rejections: Rejections) -> int:
    if part is None:
        batch = read.batch(position)
        targets.insert(batch, rejections)
        return batch.count
    target = targets.of(part.header)
    if not isinstance(target, StatementTarget) or target.converter.sql != part.sql:
        raise WorkersFailedError(
            source=targets.recipe.source,
            expected=f"workers with the same model {targets.recipe.model.__name__} as here",
            found="rows of other columns",
            remedy="Give them the same version of the code.",
        )
    insert_converted(target, lambda: read.batch(position), part, rejections)
    return part.count


class _Read:
    """The batches of a piece, read here when one of them is asked for."""

    def __init__(self, piece: Piece) -> None:
        self._piece = piece
        self._batches: list[Batch] = []

    def batch(self, position: int) -> Batch:
        """Return the one at *position*."""
        self._batches = self._batches or list(self._piece.batches())
        return self._batches[position]


@dataclass(frozen=True, slots=True)
class _Failed:
    """In the place of a piece, the error that there was instead: it comes when those before it are stored."""

    error: Exception

    @property
    def size(self) -> int:
        """Nothing."""
        return 0

    def batches(self) -> Iterable[Batch]:
        """Raise the error."""
        raise self.error


def _with_failure(pieces: Iterator[Piece]) -> Iterator[Piece]:
    try:
        yield from pieces
    except Exception as error:  # noqa: BLE001 - raised again in its turn
        yield _Failed(error)


def _converted(
    executor: Executor, instructions: Instructions, pieces: Iterable[Piece]
) -> Generator[tuple[Piece, Outcome]]:
    """Yield each of *pieces* with what became of it, in their order; whatever is under way in the end is given up."""
    line: deque[tuple[Piece, Future[Outcome]]] = deque()
    waiting = 0
    try:
        for piece in pieces:
            line.append((piece, _sent(executor, instructions, piece)))
            waiting += piece.size
            while line and (waiting >= _SENT_BYTES or line[0][1].done()):
                waiting -= line[0][0].size
                yield _first(line, instructions)
        while line:
            yield _first(line, instructions)
    finally:
        for _, future in line:
            future.cancel()


def _sent(executor: Executor, instructions: Instructions, piece: Piece) -> "Future[Outcome]":
    if isinstance(piece, _Failed):
        failed: Future[Outcome] = Future()
        failed.set_result(Outcome())
        return failed
    try:
        return executor.submit(convert_piece, instructions, piece)
    except Exception as error:
        raise _workers_failed(instructions, error) from error


def _first(line: "deque[tuple[Piece, Future[Outcome]]]", instructions: Instructions) -> tuple[Piece, Outcome]:
    """Return the first of *line*, when it is done."""
    piece, future = line.popleft()
    try:
        outcome = future.result()
    except Exception as error:
        raise _workers_failed(instructions, error) from error
    if outcome.unopened is not None:
        raise _not_opened(instructions, outcome.unopened)
    return piece, outcome


def _workers_failed(instructions: Instructions, error: Exception) -> WorkersFailedError:
    recipe, _, _ = instructions.open()
    unsendable = instructions.unsendable()
    if unsendable is not None:
        return WorkersFailedError(
            source=recipe.source,
            expected="a load that other processes can be told of",
            found=unsendable,
            remedy="Define it by its name at the top of a module, use threads, or load without an executor.",
        )
    return WorkersFailedError(
        source=recipe.source,
        expected="an answer from every worker",
        found=" ".join(f"{type(error).__name__}: {error}".split()).rstrip("."),
        remedy="A worker that ended was killed (is there enough memory?) or could not begin: what a script does must "
        "stand under `if __name__ == '__main__':`. Load again with a new executor, or without one.",
    )


def _not_opened(instructions: Instructions, reason: str) -> WorkersFailedError:
    recipe, _, _ = instructions.open()
    return WorkersFailedError(
        source=recipe.source,
        expected=f"workers that can import {recipe.model.__module__}.{recipe.model.__qualname__} and what fills its "
        "columns",
        found=reason,
        remedy="Put models and functions into modules that are installed where the workers run, "
        "or load without an executor.",
    )
