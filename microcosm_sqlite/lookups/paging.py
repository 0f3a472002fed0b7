"""Give rows page by page, each page as fast as the first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic

from sqlalchemy import Integer, Select, bindparam, inspect, select
from sqlalchemy.orm import Query
from typing_extensions import TypeVar

from microcosm_sqlite.lookups.arguments import MOST_ROWS, check_number, is_page
from microcosm_sqlite.lookups.asking import Asking, Explaining
from microcosm_sqlite.lookups.cursors import seal_of
from microcosm_sqlite.lookups.keys import key_attributes
from microcosm_sqlite.lookups.plans import marker
from microcosm_sqlite.lookups.preparing import in_order
from microcosm_sqlite.lookups.questions import Questions
from microcosm_sqlite.lookups.seeking import STORED, Stretch, Term, stored_columns, stretches, terms_of

if TYPE_CHECKING:
    from microcosm_sqlite.lookups.answers import Answers
    from microcosm_sqlite.lookups.hooks import Hooks
    from microcosm_sqlite.lookups.shapes import Parts
    from microcosm_sqlite.lookups.tables import TableReader

ModelT = TypeVar("ModelT", default=Any)

#: Rows of a page, unless it is said how many.
PAGE_ROWS: Final = 100

#: A row with the values by which it is ordered, as they are stored.
Placed = tuple[ModelT, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Page(Generic[ModelT]):
    """Some rows that follow each other, and where the next ones begin."""

    rows: tuple[ModelT, ...]
    #: What `after=` takes for the next page; None on the last one.
    next: str | None

    def __iter__(self) -> Iterator[ModelT]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class Pages(Generic[ModelT]):
    """The pages of one store; may be used by several threads."""

    def __init__(self, store: "Hooks[ModelT]", answers: "Answers[ModelT]") -> None:
        # Any, because its hooks are private by name since 0.1.
        self._store: Any = store
        self._answers = answers
        self._questions = Questions(store)
        self._terms: tuple[Term, ...] | None = None
        #: What reads the rows behind a place, by which of its values are missing.
        self._behind: dict[tuple[bool, ...], list[_Behind]] = {}

    def page(
        self, criteria: tuple[Any, ...], filters: dict[str, Any], *, after: str | None, limit: int
    ) -> Page[ModelT]:
        """Return the page behind *after*; see `Paging.page`."""
        if not is_page(limit) or not limit:
            limit = check_number(limit, where=self._store._name, argument="limit", least=1, otherwise="")
        try:
            return self._page(criteria, filters, after, min(limit, MOST_ROWS - 1))
        except Exception as error:
            Explaining(self._store, criteria, filters).explain(error)
            raise

    def _page(self, criteria: tuple[Any, ...], filters: dict[str, Any], after: str | None, limit: int) -> Page[ModelT]:
        question, seal = self._questions.name(criteria, filters), seal_of(self._answers.engine)
        declared = self._declared()
        terms = self._ordered(criteria, filters) if declared is None else declared
        place = None
        if after is not None:
            place = seal.read(after, question, size=len(terms), store=self._store._name)
        # One more than is asked for tells whether there is a next page.
        found = None if declared is None else self._directly(declared, place, criteria, filters, limit + 1)
        if found is None:
            with Asking(self._store, criteria, filters):
                found = self._through_sqlalchemy(terms, place, criteria, filters, limit + 1)
        more = seal.write(question, found[limit - 1][1]) if len(found) > limit else None
        return Page(tuple(row for row, _ in found[:limit]), more)

    def _declared(self) -> tuple[Term, ...] | None:
        """Return the order that the store declares, or None where an override decides."""
        if self._terms is None and not self._store._has_own_hooks:
            self._terms = _declared(self._store)
        return self._terms

    def _ordered(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> tuple[Term, ...]:
        """Return the order of what the hooks of the store make of a look-up."""
        statement: Any = self._query(criteria, filters).statement
        return terms_of(statement._order_by_clauses, home=_home(self._store))

    def _query(self, criteria: tuple[Any, ...], filters: dict[str, Any]) -> Query[ModelT]:
        store = self._store
        query: Query[ModelT] = store._order_by(store._match(criteria, filters), **filters)
        return query.order_by(*key_attributes(store.model_class))

    def _directly(
        self,
        terms: Sequence[Term],
        place: Sequence[Any] | None,
        criteria: tuple[Any, ...],
        filters: dict[str, Any],
        limit: int,
    ) -> list[Placed[ModelT]] | None:
        if place is None:
            return self._answers.beside(_first, criteria, filters, [limit])
        found: list[Placed[ModelT]] = []
        for behind in self._stretches(terms, place):
            values = [*behind.stretch.values(place), limit - len(found)]
            some = self._answers.beside(behind, criteria, filters, values)
            if some is None:
                return None
            found = found + some if found else some
            if len(found) == limit:
                break
        return found

    def _stretches(self, terms: Sequence[Term], place: Sequence[Any]) -> "list[_Behind]":
        missing = tuple([value is None for value in place])
        behind = self._behind.get(missing)
        if behind is None:
            behind = self._behind[missing] = [*map(_Behind, stretches(terms, place))]
        return behind

    def _through_sqlalchemy(
        self,
        terms: Sequence[Term],
        place: Sequence[Any] | None,
        criteria: tuple[Any, ...],
        filters: dict[str, Any],
        limit: int,
    ) -> list[Placed[ModelT]]:
        query: Any = self._answers.prefetched(self._query(criteria, filters)).add_columns(*stored_columns(terms))
        found: list[Placed[ModelT]] = []
        for stretch in [None] if place is None else stretches(terms, place):
            if stretch is not None and place is not None:
                values = [bindparam(None, value, type_=STORED) for value in stretch.values(place)]
                some = query.filter(*stretch.conditions(terms, values)).limit(limit - len(found))
            else:
                some = query.limit(limit)
            found += [(row, tuple(values)) for row, *values in some]
            if len(found) == limit:
                break
        return found


class _Behind:
    """Puts the statement of one stretch of rows behind a place together."""

    def __init__(self, stretch: Stretch) -> None:
        self.stretch = stretch

    def __call__(self, store: Any, table: "TableReader", parts: "Parts") -> Select[Any] | None:
        terms, first = _declared(store), len(parts.values)
        markers = [
            marker(first + number, type_=STORED) for number in range(len(self.stretch.values(range(len(terms)))))
        ]
        statement = _limited(store, table, parts, behind=len(markers))
        return None if statement is None else statement.where(*self.stretch.conditions(terms, markers))


def _first(store: Any, table: "TableReader", parts: "Parts") -> Select[Any] | None:
    return _limited(store, table, parts, behind=0)


def _limited(store: Any, table: "TableReader", parts: "Parts", *, behind: int) -> Select[Any] | None:
    """Return the statement of what *parts* ask for, with a place for a limit *behind* so many more values."""
    statement = in_order(store, table, select(*table.layout.columns, *stored_columns(_declared(store))), parts)
    return None if statement is None else statement.limit(marker(len(parts.values) + behind, type_=Integer()))


def _declared(store: Any) -> tuple[Term, ...]:
    return terms_of((*store.order_by, *key_attributes(store.model_class)), home=_home(store))


def _home(store: Any) -> Any:
    return inspect(store.model_class).local_table


class Paging(Generic[ModelT]):
    """Look-ups page by page."""

    if TYPE_CHECKING:
        _pages: Pages[ModelT]

    def page(self, *criteria: Any, after: str | None = None, limit: int = PAGE_ROWS, **filters: Any) -> Page[ModelT]:
        """Return the next *limit* rows that match, in the declared order, and the cursor of the page behind them.

            page = cities.page(country_code="FR", limit=50)
            page = cities.page(country_code="FR", limit=50, after=page.next)

        Any page takes as long as the first where an index has the order, however deep it lies: rows are found by what
        they are ordered by, not by counting. A cursor is a short text that can be part of a URL. It holds the values by
        which the last row is ordered, readable though not alterable; it is good for the same order, filters and
        expressions, in any process, as long as the data set is the same.

        Args:
            *criteria: SQLAlchemy expressions that must hold.
            after: `next` of the page before; None for the first page.
            limit: how many rows a page has at most; from page to page it may change.
            **filters: filters as for `search`.

        Raises:
            ArgumentValueError: *limit* is no number from 1 on; a `ValueError` too.
            CursorError: *after* was not written here, was changed, or belongs to another look-up.
            StaleCursorError: it is from before the data set was released anew.
            UnknownFilterError: a keyword is unknown.
        """
        return self._pages.page(criteria, filters, after=after, limit=limit)
