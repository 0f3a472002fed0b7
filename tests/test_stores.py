"""Stores: typed look-ups and changes of one model."""

import gc
from collections.abc import Iterator
from datetime import date
from typing import Any, TypeVar

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Query

from microcosm_sqlite.errors import (
    DuplicateModelError,
    ModelIntegrityError,
    ModelNotFoundError,
    MultipleModelsFoundError,
    NoSessionError,
    ReadOnlyDataSetError,
    UnknownFilterError,
)
from microcosm_sqlite.stores import GetOrCreateSession, Store, get_session
from tests.kennel import (
    Dog,
    DogStore,
    Kennel,
    Owner,
    OwnerStore,
    Person,
    PersonStore,
    Visit,
    VisitStore,
)

ModelT = TypeVar("ModelT")


@pytest.fixture(params=["mutable", "sealed"])
def any_graph(request: pytest.FixtureRequest) -> Any:
    """Return a graph with the kennel, mutable and sealed in turn: reading is the same."""
    return request.getfixturevalue({"mutable": "graph", "sealed": "sealed_graph"}[request.param])


@pytest.fixture
def owners(any_graph: Any) -> OwnerStore:
    """Return the store of owners."""
    return OwnerStore(any_graph)


@pytest.fixture
def dogs(any_graph: Any) -> DogStore:
    """Return the store of dogs."""
    return DogStore(any_graph)


@pytest.fixture
def visits(any_graph: Any) -> VisitStore:
    """Return the store of visits."""
    return VisitStore(any_graph)


class TestMaking:
    def test_model_comes_from_the_type_argument(self) -> None:
        """`Store[Owner]` names the model."""
        assert OwnerStore().model_class is Owner

    def test_model_class_may_be_a_property(self) -> None:
        """The property of 2.0.0 is heeded."""
        assert PersonStore().model_class is Person

    def test_model_of_a_subclass_of_a_subclass(self) -> None:
        """A store made from a store keeps its model."""

        class LondonStore(OwnerStore):
            """Owners in London."""

        assert LondonStore().model_class is Owner

    def test_model_of_a_generic_store_in_between(self) -> None:
        """A generic store of one's own takes its argument as `Store` does."""

        class NamedStore(Store[ModelT]):
            """Whatever has a name."""

        class NamedDogStore(NamedStore[Dog]):
            """Dogs by name."""

        assert NamedDogStore().model_class is Dog

    def test_without_a_model_no_store(self) -> None:
        """A class that names no model cannot be made, and hears what is missing."""

        class NothingStore(Store[Any]):
            """Forgot its model."""

        with pytest.raises(TypeError, match=r"NothingStore.*Store\[Model\]"):
            NothingStore()

    def test_is_a_component(self, graph: Any) -> None:
        """A store may be made by the graph itself."""
        assert graph.assign("owners", OwnerStore(graph)).count() == 3

    def test_without_arguments_it_needs_a_context(self, graph: Any) -> None:
        """Made with nothing, it uses the open context, and says what to do when there is none."""
        store = OwnerStore()
        with pytest.raises(NoSessionError) as raised:
            store.count()

        assert str(raised.value) == (
            "No session is available in SQLiteContext: "
            "no context of data set 'kennel' is open in this thread or task. "
            "Open one with `Model.new_context(graph)`, or make the store with a graph: `MyStore(graph)`."
        )
        with Kennel.new_context(graph):
            assert store.count() == 3

    def test_get_session_may_be_given_and_replaced(self, graph: Any) -> None:
        """Any callable that takes the store may be its source of sessions, also later."""
        store = OwnerStore(get_session)
        store.get_session = GetOrCreateSession(graph)

        assert store.count() == 3

    def test_with_a_graph_the_open_context_wins(self, graph: Any) -> None:
        """Inside a context on its graph, a store takes part in it."""
        store = OwnerStore(graph)
        with Kennel.new_context(graph) as context:
            assert store.session is context.session

        assert store.session is not context.session

    def test_works_after_the_graph_is_locked(self, graph: Any) -> None:
        """A store made before `lock` needs nothing new from the graph."""
        store = OwnerStore(graph)
        graph.lock()

        assert store.count() == 3


class TestRetrieve:
    def test_by_key(self, owners: OwnerStore) -> None:
        """One value, one row."""
        assert owners.retrieve(2).name == "Blaise"

    @pytest.mark.parametrize(
        "key", [(1, date(2026, 1, 5)), {"day": date(2026, 1, 5), "dog_id": 1}], ids=["tuple", "mapping"]
    )
    def test_by_a_key_of_several_columns(self, visits: VisitStore, key: Any) -> None:
        """A tuple in the order of the columns, or a mapping by attribute."""
        assert visits.retrieve(key).note == "vaccinated"

    @pytest.mark.parametrize("key", [99, "x", None, 1.5, 2**70, -(2**70)])
    def test_missing(self, owners: OwnerStore, key: Any) -> None:
        """The error is a KeyError, carries the key, and names store, model and key."""
        with pytest.raises(ModelNotFoundError) as raised:
            owners.retrieve(key)

        assert isinstance(raised.value, KeyError)
        assert raised.value.missing == (key,)
        assert str(raised.value) == f"OwnerStore of Owner: no row with key {key!r}"

    @pytest.mark.parametrize("key", [1, (1,), (1, 2, 3), {"dog_id": 1}, {"dog_id": 1, "date": 2}])
    def test_key_of_another_shape_is_a_mistake_of_the_caller(self, visits: VisitStore, key: Any) -> None:
        """Too few, too many or wrong names are a TypeError that lists the key's attributes."""
        with pytest.raises(TypeError, match=r"Visit: key: expected a (key|mapping) of .*dog_id, day"):
            visits.retrieve(key)

    def test_relationships_load_when_used(self, owners: OwnerStore) -> None:
        """A row found by key leads on to its neighbours."""
        assert [dog.name for dog in owners.retrieve(1).dogs] == ["Rex", "Flush"]

    def test_same_row_same_object(self, owners: OwnerStore, dogs: DogStore) -> None:
        """Within a thread, two ways to a row lead to one object."""
        owner = owners.retrieve(1)

        assert dogs.retrieve(1).owner is owner


class TestRetrieveMany:
    def test_in_the_order_of_the_keys(self, owners: OwnerStore) -> None:
        """Rows come as their keys were given, twice where a key was given twice."""
        assert [owner.id for owner in owners.retrieve_many([3, 1, 3])] == [3, 1, 3]

    def test_of_no_keys(self, owners: OwnerStore) -> None:
        """Nothing asked, nothing found."""
        assert owners.retrieve_many([]) == []

    def test_takes_any_iterable(self, owners: OwnerStore) -> None:
        """A generator will do."""
        assert len(owners.retrieve_many(key for key in (1, 2))) == 2

    def test_by_keys_of_several_columns(self, visits: VisitStore) -> None:
        """Tuples and mappings may be mixed."""
        found = visits.retrieve_many([(1, date(2026, 3, 9)), {"dog_id": 1, "day": date(2026, 1, 5)}])

        assert [visit.note for visit in found] == [None, "vaccinated"]

    def test_missing_ones_are_all_named(self, owners: OwnerStore) -> None:
        """The error lists every key without a row, in order."""
        with pytest.raises(ModelNotFoundError, match=r"2 of 3 keys have no row: \[98, 99\]") as raised:
            owners.retrieve_many([98, 1, 99])

        assert raised.value.missing == (98, 99)

    def test_keys_that_no_row_can_have(self, owners: OwnerStore) -> None:
        """None, and numbers beyond SQLite's integers, are missing like any other key."""
        with pytest.raises(ModelNotFoundError) as raised:
            owners.retrieve_many([1, None, 2**70])

        assert raised.value.missing == (None, 2**70)

    def test_more_keys_than_a_statement_may_have(self, owners: OwnerStore) -> None:
        """Two thousand keys are no trouble."""
        assert len(owners.retrieve_many([1, 2] * 1000)) == 2000
        with pytest.raises(ModelNotFoundError, match="1997 of 2000"):
            owners.retrieve_many(range(1, 2001))


class TestReading:
    def test_search_everything(self, owners: OwnerStore) -> None:
        """Without arguments all rows come, in the declared order."""
        assert [owner.name for owner in owners.search()] == ["Carl", "Ada", "Blaise"]

    def test_search_by_keyword(self, dogs: DogStore) -> None:
        """A keyword means equality."""
        assert [dog.id for dog in dogs.search(name="Rex")] == [1, 3]

    def test_search_by_attribute_and_by_column_name(self, owners: OwnerStore) -> None:
        """Where they differ, either name will do."""
        assert [owner.id for owner in owners.search(postcode="W1J")] == [1]
        assert [owner.id for owner in owners.search(zip="W1J")] == [1]

    @pytest.mark.parametrize("values", [["Rex", "Ohm"], ("Rex", "Ohm"), {"Rex", "Ohm"}, frozenset({"Rex", "Ohm"})])
    def test_collections_mean_one_of_these(self, dogs: DogStore, values: Any) -> None:
        """A list, tuple or set of values finds every row that has one of them."""
        assert [dog.id for dog in dogs.search(name=values)] == [1, 3, 4]

    def test_empty_collection_means_none_of_any(self, dogs: DogStore) -> None:
        """One of nothing is nothing."""
        assert dogs.search(name=[]) == []

    def test_none_among_several_finds_rows_without_a_value(self, owners: OwnerStore) -> None:
        """In a collection None means "no value"."""
        assert [owner.id for owner in owners.search(town=["Paris", None])] == [3, 2]

    def test_none_means_no_filter(self, dogs: DogStore) -> None:
        """A keyword that is None is as if it were not given, as ever."""
        assert len(dogs.search(name=None)) == 4

    def test_expressions(self, dogs: DogStore) -> None:
        """SQLAlchemy expressions and keywords go together."""
        found = dogs.search(Dog.weight > 10, Dog.name.like("R%"), owner_id=1)

        assert [dog.id for dog in found] == [1]

    def test_expressions_over_relationships(self, dogs: DogStore) -> None:
        """`has` and `any` are expressions too."""
        assert [dog.id for dog in dogs.search(Dog.owner.has(Owner.town == "Paris"))] == [3]

    def test_a_boolean_attribute_is_an_expression(self, dogs: DogStore) -> None:
        """A column that is true or false may stand for itself."""
        assert [dog.id for dog in dogs.search(~Dog.is_good)] == [4]
        assert [dog.id for dog in dogs.search(Dog.is_good)] == [1, 2, 3]

    def test_text_is_an_expression(self, dogs: DogStore) -> None:
        """SQL by hand is an expression too."""
        assert [dog.id for dog in dogs.search(text("weight < 10"))] == [2]

    @pytest.mark.parametrize("wrong", ["Rex", True, 7.5, Dog, object()])
    def test_other_positional_arguments_are_a_mistake_of_the_caller(self, dogs: DogStore, wrong: Any) -> None:
        """What is no expression is a TypeError that shows it."""
        with pytest.raises(TypeError, match="DogStore of Dog: conditions: expected SQLAlchemy expressions"):
            dogs.count(wrong)

    def test_pages_follow_each_other(self, dogs: DogStore) -> None:
        """Offset and limit cut the ordered result; the primary key breaks ties."""
        pages = [[dog.id for dog in dogs.search(offset=offset, limit=2)] for offset in (0, 2, 4)]

        assert pages == [[1, 2], [3, 4], []]

    def test_offset_without_limit(self, dogs: DogStore) -> None:
        """Skipping alone is possible."""
        assert [dog.id for dog in dogs.search(offset=3)] == [4]

    def test_limit_of_zero(self, dogs: DogStore) -> None:
        """At most none is none."""
        assert dogs.search(limit=0) == []

    def test_ties_are_broken_by_the_primary_key(self, graph: Any) -> None:
        """Rows that the declared order leaves equal come by key."""

        class ByName(Store[Dog]):
            """Dogs by name, backwards."""

            order_by = (Dog.name.desc(),)

        assert [dog.id for dog in ByName(graph).search()] == [1, 3, 4, 2]

    def test_first(self, dogs: DogStore) -> None:
        """The first in order, or None."""
        first, second = dogs.first(name="Rex"), dogs.first(name="Rex", offset=1)

        assert (first and first.id, second and second.id, dogs.first(name="Nobody")) == (1, 3, None)

    def test_first_overrides_a_limit(self, dogs: DogStore) -> None:
        """A limit is accepted and has no effect, zero included."""
        assert dogs.first(limit=0) is not None

    def test_one(self, dogs: DogStore) -> None:
        """The only match."""
        assert dogs.one(name="Flush").id == 2

    def test_one_of_none(self, dogs: DogStore) -> None:
        """No match is an error that says what was asked."""
        with pytest.raises(ModelNotFoundError, match=r"DogStore of Dog: name='Nobody'") as raised:
            dogs.one(name="Nobody")

        assert raised.value.args[0] is raised.value.__cause__

    def test_one_of_several(self, dogs: DogStore) -> None:
        """Several matches are an error that says what was asked."""
        with pytest.raises(MultipleModelsFoundError, match=r"DogStore of Dog: name='Rex'") as raised:
            dogs.one(name="Rex")

        assert raised.value.args[0] is raised.value.__cause__

    def test_count(self, dogs: DogStore) -> None:
        """The number of matches, whatever page is asked for."""
        assert (dogs.count(), dogs.count(name="Rex"), dogs.count(offset=3, limit=1)) == (4, 2, 4)

    def test_exists(self, dogs: DogStore) -> None:
        """Whether there is a match."""
        assert (dogs.exists(name="Rex"), dogs.exists(Dog.weight > 100)) == (True, False)

    def test_stream(self, dogs: DogStore) -> None:
        """The rows of a search, one after the other."""
        stream = dogs.stream(name="Rex")

        assert isinstance(stream, Iterator)
        assert [dog.id for dog in stream] == [1, 3]

    def test_stream_refuses_unknown_filters_at_once(self, dogs: DogStore) -> None:
        """The mistake shows where it is made, not at the first row."""
        with pytest.raises(UnknownFilterError):
            dogs.stream(nmae="Rex")

    def test_an_abandoned_stream_holds_no_lock(self, graph: Any) -> None:
        """Someone who stops half way does not keep writers out."""
        for _ in DogStore(graph).stream():
            break
        gc.collect()

        with Kennel.new_session(graph) as session:
            session.execute(text("UPDATE dog SET name = 'Max' WHERE id = 1"))
            session.commit()

        assert DogStore(graph).count(name="Max") == 1

    def test_stream_keeps_few_rows_in_memory(self, example_graph: Any) -> None:
        """Of ten thousand rows only a small part lives at any time."""
        with Person.new_session(example_graph) as session:
            session.execute(
                text(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
                    "INSERT INTO person SELECT i, i, i FROM n"
                )
            )
            session.commit()
        store = PersonStore(example_graph)

        most = max(len(store.session.identity_map) for _ in store.stream())

        assert most <= 2000

    def test_positional_page_is_deprecated(self, dogs: DogStore) -> None:
        """`search(offset, limit)` of 2.0.0 works and says how to write it."""
        with pytest.warns(DeprecationWarning, match="offset= and limit= by keyword") as warned:
            assert [dog.id for dog in dogs.search(1, 2)] == [2, 3]

        assert warned[0].filename == __file__


class TestUnknownFilters:
    @pytest.mark.parametrize("method", ["search", "stream", "first", "one", "count", "exists", "delete"])
    def test_every_method_refuses_them(self, dogs: DogStore, method: str) -> None:
        """A keyword that nobody declared raises, with the names that are known."""
        with pytest.raises(UnknownFilterError) as raised:
            getattr(dogs, method)(nmae="Rex")

        assert raised.value.unknown == ("nmae",)
        assert str(raised.value).startswith(
            "DogStore of Dog: unknown filter 'nmae'. Did you mean 'name'? Known filters: name, owner_id. Add the column"
        )

    def test_an_unknown_filter_that_is_none_is_refused_too(self, dogs: DogStore) -> None:
        """None does not make a wrong name right."""
        with pytest.raises(UnknownFilterError):
            dogs.search(nmae=None)

    def test_names_of_hooks_are_known(self, graph: Any) -> None:
        """Keywords that `_filter` or `_order_by` name anywhere among the bases are filters."""

        class HeavyStore(DogStore):
            """Dogs of some weight."""

            def _filter(self, query: Query[Dog], *, heavier_than: float | None = None, **filters: Any) -> Query[Dog]:
                if heavier_than is not None:
                    query = query.filter(Dog.weight > heavier_than)
                return super()._filter(query, **filters)

        class SortedStore(HeavyStore):
            """The same, sorted as asked."""

            def _order_by(self, query: Query[Dog], sort_by: str | None = None, **_: Any) -> Query[Dog]:
                return query.order_by(getattr(Dog, sort_by).desc()) if sort_by else query

        store = SortedStore(graph)

        assert [dog.id for dog in store.search(heavier_than=10, sort_by="weight")] == [1, 3]
        assert store.count(heavier_than=10, sort_by="weight", name="Rex") == 2
        with pytest.raises(UnknownFilterError, match="Known filters: heavier_than, name, owner_id, sort_by"):
            store.search(lighter_than=10)


class TestCreate:
    def test_returns_the_instance_flushed(self, graph: Any) -> None:
        """The instance comes back with its key, not yet committed."""
        with Kennel.new_context(graph):
            owner = OwnerStore().create(Owner(name="Dora"))

            assert owner.id == 4

    def test_duplicate(self, graph: Any) -> None:
        """A broken unique constraint is our error with the original inside."""
        with Kennel.new_context(graph), pytest.raises(DuplicateModelError, match=r"owner\.name") as raised:
            OwnerStore().create(Owner(name="Ada"))

        assert raised.value.status_code == 409

    def test_duplicate_primary_key(self, graph: Any) -> None:
        """A key that exists is a duplicate too."""
        with Kennel.new_context(graph), pytest.raises(DuplicateModelError, match=r"owner\.id"):
            OwnerStore().create(Owner(id=1, name="Dora"))

    @pytest.mark.parametrize(
        ("wrong", "reason"),
        [
            (Dog(id=9, name="Max", owner_id=99), "FOREIGN KEY"),
            (Dog(id=9, owner_id=1), "NOT NULL"),
            (Dog(id=9, name=b"x", owner_id=1), "BLOB"),
        ],
        ids=["dangling", "null", "type"],
    )
    def test_other_constraints(self, graph: Any, wrong: Dog, reason: str) -> None:
        """Every other broken constraint is our error, and not a duplicate."""
        with Kennel.new_context(graph), pytest.raises(ModelIntegrityError, match=reason) as raised:
            DogStore().create(wrong)

        assert not isinstance(raised.value, DuplicateModelError)

    def test_session_is_usable_after_a_failure(self, graph: Any) -> None:
        """The next create goes through, and what came before is kept."""
        with Kennel.new_context(graph) as context:
            OwnerStore().create(Owner(id=4, name="Dora"))
            with pytest.raises(DuplicateModelError):
                OwnerStore().create(Owner(id=5, name="Ada"))
            OwnerStore().create(Owner(id=6, name="Emil"))
            context.commit()

        assert [owner.id for owner in OwnerStore(graph).search(Owner.id > 3)] == [4, 6]

    def test_sealed(self, sealed_graph: Any) -> None:
        """Sealed data refuses, and says why and what to do."""
        with Kennel.new_context(sealed_graph), pytest.raises(ReadOnlyDataSetError) as raised:
            OwnerStore().create(Owner(id=4, name="Dora"))

        assert raised.value.name == "kennel"
        assert "build and seal a new artifact from its sources; nothing was written" in str(raised.value)

    def test_a_failure_outside_of_a_context_keeps_no_lock(self, graph: Any) -> None:
        """A store that wrote nothing else gives the database free again when its create fails."""
        with pytest.raises(DuplicateModelError):
            OwnerStore(graph).create(Owner(id=1, name="Dora"))

        with Kennel.new_session(graph) as session:
            session.execute(text("PRAGMA busy_timeout = 0"))
            session.execute(text("DELETE FROM visit"))
            session.commit()
        assert VisitStore(graph).count() == 0

    def test_a_failure_outside_of_a_context_keeps_earlier_work(self, graph: Any) -> None:
        """What the store wrote before, and what is still pending, is committed with the rest."""
        store = OwnerStore(graph)
        store.session.add(Owner(id=4, name="Dora"))
        with pytest.raises(DuplicateModelError):
            store.create(Owner(id=5, name="Ada"))
        store.create(Owner(id=6, name="Emil"))
        store.session.commit()

        with Kennel.new_context(graph):
            assert OwnerStore().count() == 5

    def test_outside_of_a_context_the_thread_session_commits(self, graph: Any) -> None:
        """A store made with a graph writes as well, its session being committed by hand."""
        store = OwnerStore(graph)
        store.create(Owner(id=4, name="Dora"))
        store.session.commit()

        with Kennel.new_context(graph):
            assert OwnerStore().count() == 4


class TestDelete:
    def test_matching_rows(self, graph: Any) -> None:
        """Rows that match go, others stay."""
        with Kennel.new_context(graph):
            assert VisitStore().delete(dog_id=1) is True
            assert DogStore().delete(Dog.id == 4) is True

            assert (VisitStore().count(), DogStore().count()) == (0, 3)

    def test_nothing_matches(self, graph: Any) -> None:
        """No match is an error that says what was asked."""
        with (
            Kennel.new_context(graph),
            pytest.raises(ModelNotFoundError, match="nothing to delete: DogStore of Dog: name='Nobody'"),
        ):
            DogStore().delete(name="Nobody")

    def test_without_arguments_everything(self, graph: Any) -> None:
        """No argument at all empties the table."""
        with Kennel.new_context(graph):
            VisitStore().delete()

            assert VisitStore().count() == 0

    def test_referenced_rows(self, graph: Any) -> None:
        """A row that others refer to is not deleted; the error is ours."""
        with Kennel.new_context(graph):
            with pytest.raises(ModelIntegrityError, match="FOREIGN KEY"):
                OwnerStore().delete(name="Ada")

            assert OwnerStore().count() == 3

    def test_sealed(self, sealed_graph: Any) -> None:
        """Sealed data refuses."""
        with Kennel.new_context(sealed_graph), pytest.raises(ReadOnlyDataSetError):
            VisitStore().delete()


class TestFlushing:
    def test_flushes_at_the_end(self, graph: Any) -> None:
        """Work of the block is in the database after it."""
        with Kennel.new_context(graph) as context:
            assert context.session is not None
            with OwnerStore().flushing():
                context.session.add(Owner(id=4, name="Dora"))

            assert not context.session.new

    def test_undoes_the_block_only(self, graph: Any) -> None:
        """A broken constraint undoes what the block did and nothing else."""
        with Kennel.new_context(graph) as context:
            assert context.session is not None
            OwnerStore().create(Owner(id=4, name="Dora"))
            with pytest.raises(DuplicateModelError), OwnerStore().flushing():  # noqa: PT012 - the block is the subject
                context.session.add(Owner(id=5, name="Emil"))
                context.session.flush()
                context.session.add(Owner(id=6, name="Emil"))

            assert [owner.id for owner in OwnerStore().search(Owner.id > 3)] == [4]

    def test_other_errors_pass_through(self, graph: Any) -> None:
        """An error of the caller's own undoes the block too and stays what it is."""
        with Kennel.new_context(graph):
            with pytest.raises(LookupError, match="mine"), OwnerStore().flushing():  # noqa: PT012
                OwnerStore().session.add(Owner(id=4, name="Dora"))
                raise LookupError("mine")

            assert OwnerStore().count() == 3


def test_query_hooks_are_used_in_order(graph: Any) -> None:
    """A query is filtered, then ordered, then cut: `_query`, `_filter`, `_order_by`, `_paginate`."""
    calls: list[str] = []

    class TellingStore(DogStore):
        """Tells which hooks are called."""

        def _query(self) -> Query[Dog]:
            calls.append("query")
            return super()._query()

        def _filter(self, query: Query[Dog], **filters: Any) -> Query[Dog]:
            calls.append("filter")
            return super()._filter(query, **filters)

        def _order_by(self, query: Query[Dog], **filters: Any) -> Query[Dog]:
            calls.append("order_by")
            return super()._order_by(query, **filters)

        def _paginate(self, query: Query[Dog], offset: int | None = None, limit: int | None = None) -> Query[Dog]:
            calls.append("paginate")
            return super()._paginate(query, offset=offset, limit=limit)

    assert len(TellingStore(graph).search(name="Rex", limit=1)) == 1
    assert calls == ["query", "filter", "order_by", "paginate"]


def test_a_store_sees_what_others_committed(graph: Any) -> None:
    """Outside of a context each look-up is up to date, also for rows that are still held from before."""
    store = OwnerStore(graph)
    held = store.retrieve(1)
    with Kennel.new_session(graph) as session:
        session.execute(text("UPDATE owner SET town = 'Cambridge' WHERE id = 1"))
        session.commit()

    assert store.one(name="Ada").town == "Cambridge"
    assert store.retrieve(1).town == "Cambridge"
    assert held.town == "Cambridge"


def test_a_failed_flush_leaves_the_store_usable(sealed_graph: Any) -> None:
    """Who adds a row to sealed data hears of it when it is flushed; look-ups go on."""
    store = OwnerStore(sealed_graph)
    store.session.add(Owner(id=9, name="New"))

    with pytest.raises(ReadOnlyDataSetError):
        store.session.flush()
    assert len(store.search()) == 3


def test_looking_up_a_changed_row_keeps_the_change(graph: Any) -> None:
    """What the caller set and did not yet commit is flushed by the next look-up, not overwritten by it."""
    store = OwnerStore(graph)
    owner = store.retrieve(1)
    owner.town = "Cambridge"

    assert store.retrieve(1).town == "Cambridge"
    assert store.one(name="Ada").town == "Cambridge"
    store.session.rollback()
    assert owner.town == "London"


def test_statements_are_compiled_once(graph: Any) -> None:
    """The same shape of look-up comes out of SQLAlchemy's cache."""
    engine, _ = graph.sqlite("kennel")
    hits: list[Any] = []
    event.listen(
        engine, "before_cursor_execute", lambda _c, _u, _s, _p, context, _m: hits.append(context.cache_hit.name)
    )
    store = OwnerStore(graph)
    store.search(name="Ada")
    store.search(name="Blaise")

    assert hits[-1] == "CACHE_HIT"


def test_visits_are_ordered_by_their_whole_key(visits: VisitStore) -> None:
    """Without a declared order the primary key is the order."""
    assert [visit.day for visit in visits.search()] == [date(2026, 1, 5), date(2026, 3, 9)]
    assert isinstance(visits.first(), Visit)


def test_a_store_without_a_model(graph: Any) -> None:
    """What to declare is told; a class in brackets alone says too little."""
    with pytest.raises(TypeError, match=r"^Store has no model: declare it as class CityStore\(Store\[City\]\): \.\.\."):
        Store[Dog](graph)
