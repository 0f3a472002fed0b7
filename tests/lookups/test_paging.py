"""Rows page by page."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, func
from sqlalchemy.orm import Query

from microcosm_sqlite import Store
from microcosm_sqlite.errors import CursorError, StaleCursorError, UnknownFilterError
from microcosm_sqlite.lookups.paging import Page
from tests.kennel import Dog, DogStore, Kennel, Owner, OwnerStore, Visit, VisitStore
from tests.sealed import seal_file


@pytest.fixture(params=["mutable", "sealed"])
def any_graph(request: pytest.FixtureRequest) -> Any:
    """Return a graph with the kennel, mutable and sealed in turn: the answers are the same."""
    return request.getfixturevalue({"mutable": "graph", "sealed": "sealed_graph"}[request.param])


def pages(store: Any, *criteria: Any, limit: int, **filters: Any) -> Iterator[Page[Any]]:
    """Yield all pages."""
    page = store.page(*criteria, limit=limit, **filters)
    yield page
    while page.next is not None:
        page = store.page(*criteria, limit=limit, after=page.next, **filters)
        yield page


def test_page_after_page(any_graph: Any) -> None:
    """All rows, in the declared order, none twice; the last page says that it is the last."""
    dogs = DogStore(any_graph)

    found = list(pages(dogs, limit=3))

    assert [[dog.id for dog in page] for page in found] == [[1, 2, 3], [4]]
    assert [len(page) for page in found] == [3, 1]
    assert found[1].next is None
    assert found[0].rows[0] is dogs.retrieve(1)


def test_a_full_last_page(any_graph: Any) -> None:
    """No empty page follows."""
    assert [len(page.rows) for page in pages(DogStore(any_graph), limit=2)] == [2, 2]


def test_nothing_at_all(any_graph: Any) -> None:
    """One page without rows."""
    assert DogStore(any_graph).page(name="Nobody") == Page((), None)


def test_the_size_of_a_page(any_graph: Any) -> None:
    """A hundred unless said otherwise, and another for each page if one likes."""
    dogs = DogStore(any_graph)

    first = dogs.page(limit=1)

    assert len(dogs.page()) == 4
    assert [dog.id for dog in dogs.page(after=first.next, limit=2)] == [2, 3]
    assert [dog.id for dog in dogs.page(after=first.next, limit=2**62)] == [2, 3, 4]


@pytest.mark.parametrize("limit", [0, -1, None, "5", 1.0, True])
def test_no_size(any_graph: Any, limit: Any) -> None:
    """Refused: it would be an empty page, with nothing to say where the next one begins."""
    with pytest.raises(ValueError, match=r"^DogStore of Dog: limit: expected a whole number from 1 to .*, found "):
        DogStore(any_graph).page(limit=limit)


def test_filters_and_expressions(any_graph: Any) -> None:
    """The pages of what was asked for; its cursor is not one of anything else."""
    dogs = DogStore(any_graph)

    assert [[dog.id for dog in page] for page in pages(dogs, limit=1, name="Rex")] == [[1], [3]]
    assert [[dog.id for dog in page] for page in pages(dogs, Dog.weight > 10, limit=1)] == [[1], [3]]
    in_london = Dog.owner.has(Owner.town == "London")
    assert [[dog.id for dog in page] for page in pages(dogs, in_london, limit=1)] == [[1], [2]]
    cursor = dogs.page(limit=1, name="Rex").next
    with pytest.raises(CursorError, match="one of another look-up"):
        dogs.page(after=cursor, name="Max")
    with pytest.raises(CursorError, match="one of another look-up"):
        dogs.page(after=cursor)
    with pytest.raises(UnknownFilterError):
        dogs.page(nope=1)


def test_missing_values_and_both_directions(any_graph: Any) -> None:
    """Rows without a value have their place in the order."""

    class ByTown(Store[Owner]):
        order_by = (Owner.town.desc(), Owner.name.desc())

    class ByWeight(Store[Dog]):
        order_by = (Dog.is_good, Dog.weight.asc().nulls_last())

    class ByTownOnly(OwnerStore):
        pass

    for store in (ByTown(any_graph), ByWeight(any_graph), ByTownOnly(any_graph)):
        assert [row for page in pages(store, limit=1) for row in page] == store.search()


def test_keys_of_several_columns(any_graph: Any) -> None:
    """Dates among them."""
    visits = VisitStore(any_graph)

    assert [row for page in pages(visits, limit=1) for row in page] == visits.search()
    assert len(list(pages(visits, limit=1))) == visits.count() > 1


def test_orders_by_expressions(any_graph: Any) -> None:
    """Whatever the database can order by."""

    class ByLength(Store[Dog]):
        order_by = (func.length(Dog.name).desc(), func.coalesce(Dog.weight, 10), func.coalesce(Dog.weight, 0))

    dogs = ByLength(any_graph)

    assert [row for page in pages(dogs, limit=1) for row in page] == dogs.search()


def test_stores_in_the_inherited_style(any_graph: Any) -> None:
    """What an override filters, joins and orders by is paged through as well."""

    class ByOwner(DogStore):
        def _order_by(self, query: Query[Dog], **filters: Any) -> Query[Dog]:
            return query.join(Dog.owner).order_by(Owner.town.desc(), Dog.weight.desc())

    dogs = ByOwner(any_graph)

    assert [dog for page in pages(dogs, limit=1) for dog in page] == dogs.search()
    assert [dog for page in pages(dogs, limit=1, name="Rex") for dog in page] == dogs.search(name="Rex")


def test_rows_that_come_and_go(graph: Any) -> None:
    """The next page begins behind the last row, though that is gone, and others came before it."""
    dogs = DogStore(graph)
    first = dogs.page(limit=2)
    with Kennel.new_context(graph) as context:
        dogs.delete(Dog.id == 2)
        dogs.create(Dog(id=-1, name="New", owner_id=1))
        context.commit()

    assert [dog.id for dog in dogs.page(after=first.next)] == [3, 4]


def test_a_cursor_from_a_graph_that_is_listened_to(sealed_graph: Any) -> None:
    """Whichever way a page is answered, cursors are the same."""
    dogs = DogStore(sealed_graph)
    directly = dogs.page(limit=2)
    event.listen(sealed_graph.sqlite("kennel")[0], "before_cursor_execute", lambda *_: None)

    assert DogStore(sealed_graph).page(limit=2) == directly
    assert [dog.id for dog in dogs.page(after=directly.next)] == [3, 4]


def test_a_new_release(graph: Any, sealed_graph: Any, make_graph: Any, tmp_path: Any) -> None:
    """Whoever pages hears that the data is another one, and starts again."""
    cursor = DogStore(sealed_graph).page(limit=1).next
    with Kennel.new_context(graph) as context:
        DogStore(graph).create(Dog(id=9, name="New", owner_id=1))
        context.commit()
    graph.sqlite.dispose("kennel")
    path = seal_file(graph.sqlite("kennel")[0].url.database, tmp_path / "new.sqlite", name="kennel", version="2")
    new = DogStore(make_graph(paths={"kennel": path}))

    with pytest.raises(StaleCursorError, match="Start again with the first page"):
        new.page(after=cursor)
    assert len(new.page()) == 5


def test_visits_by_day_backwards(any_graph: Any) -> None:
    """The values of a cursor are those that are stored, not what a type makes of them."""

    class Latest(Store[Visit]):
        auto_filter_fields = (Visit.dog_id,)
        order_by = (Visit.day.desc(),)

    visits = Latest(any_graph)

    assert [visit for page in pages(visits, limit=1) for visit in page] == visits.search()
