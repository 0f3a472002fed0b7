"""Choose where the records of a load go, by what they hold."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from microcosm_sqlite.builders.batches import Target, insert_batch
from microcosm_sqlite.builders.cells import Cells, Surroundings
from microcosm_sqlite.builders.objects import ObjectTarget, maker, needs_objects, pieces_of
from microcosm_sqlite.builders.plans import ColumnPlan
from microcosm_sqlite.builders.recipes import Recipe
from microcosm_sqlite.builders.rejections import Rejections
from microcosm_sqlite.builders.statements import StatementTarget, evaluator, server_default
from microcosm_sqlite.errors import HeaderError, RowProblem
from microcosm_sqlite.progress import advance
from microcosm_sqlite.sources.tabular import Batch, Content


class Targets:
    """Where the records of one pass over a source go: made once for each header.

    Args:
        connection: in a transaction that the caller ends.
        recipe: how records are mapped.
        content: what they hold.
        header: their names, for batches that have none of their own.
    """

    def __init__(self, connection: Connection, recipe: Recipe, content: Content, header: tuple[str, ...]) -> None:
        self.recipe = recipe
        self.content = content
        self.header = header
        self._connection = connection
        self._made: dict[tuple[str, ...], Target] = {}
        self._closing = ExitStack()

    def of(self, header: tuple[str, ...]) -> Target:
        """Return where records with this *header* go; raise `HeaderError` when it does not fit."""
        if header not in self._made:
            plan = self.recipe.plan(header)
            cells = cells_of(self._connection, self.recipe, plan, self.content)
            self._made[header] = self._closing.enter_context(_target(self._connection, self.recipe, plan, cells))
        return self._made[header]

    def insert(self, batch: Batch, rejections: Rejections) -> None:
        """Insert the records of *batch*; those that do not fit go to *rejections*.

        Raises:
            HeaderError: it does not fit, nor did any before.
        """
        if not batch.rows:
            # Without a header, perhaps, and so without a target.
            for problem in batch.unread:
                rejections.add(problem)
            return
        try:
            target = self.of(batch.header or self.header)
        except HeaderError as error:
            if not self._made:
                # As wrong in every row, probably.
                line = batch.lines[0]
                raise HeaderError(
                    source=error.source, line=line, expected=error.expected, found=error.found, remedy=error.remedy
                ) from error
            for line in batch.lines:
                rejections.add(_misnamed(batch, line, error), cause=error)
        else:
            insert_batch(target, batch, rejections)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.__exit__(kind, error, traceback)


def insert_batches(targets: Targets, batches: Iterable[Batch], rejections: Rejections) -> int:
    """Insert the records of *batches* and return how many there were; those that do not fit go to *rejections*."""
    count = 0
    for batch in batches:
        count += batch.count
        targets.insert(batch, rejections)
        advance(rows=count)
    return count


def cells_of(connection: Connection, recipe: Recipe, plan: ColumnPlan, content: Content) -> tuple[Cells, ...]:
    """Return how the columns of *plan* are made, where the database may be asked."""
    around = Surroundings(
        dialect=connection.dialect,
        server_default=server_default(connection),
        evaluate=evaluator(connection),
        nulls=recipe.nulls,
    )
    return recipe.cells(plan, around, content)


def _misnamed(batch: Batch, line: int, error: HeaderError) -> RowProblem:
    reason = f"holds what other rows do not, or lacks something: expected {error.expected}, found {error.found}"
    return RowProblem(
        source=error.source, line=line, column=None, value=list(batch.header or ()), rule="names", reason=reason
    )


@contextmanager
def _target(connection: Connection, recipe: Recipe, plan: ColumnPlan, cells: Sequence[Cells]) -> Generator[Target]:
    if not needs_objects(recipe.model):
        yield StatementTarget(connection, plan, cells, conflict=recipe.conflict)
        return
    # create_savepoint: closing this session must not end the transaction of the caller.
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        target = ObjectTarget(
            session, maker(recipe.model, cells), pieces_of(cells), source=plan.source, header=plan.header
        )
        yield target
        target.settle()
