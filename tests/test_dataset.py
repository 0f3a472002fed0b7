"""Data sets, in both forms."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from microcosm.api import create_object_graph
from sqlalchemy import Column, Integer, MetaData, inspect, text
from sqlalchemy.orm import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    Mapped,
    MappedAsDataclass,
    Session,
    mapped_column,
)

from microcosm_sqlite.constants import naming_convention
from microcosm_sqlite.dataset import DataSet, data_set_name, dispose_sqlite_connections, resolve_data_set
from microcosm_sqlite.errors import ArgumentError, EmptyDataSetError, NotADataSetError, ReadOnlyDataSetError
from microcosm_sqlite.stores import Store
from tests.conftest import GraphFactory
from tests.kennel import Dog, Example, Kennel, Owner, OwnerStore, Person, PersonStore, Pet


def tables_of(graph: Any, name: str) -> list[str]:
    """Return the names of the tables that the database of data set *name* has."""
    engine, _ = graph.sqlite(name)
    return sorted(inspect(engine).get_table_names())


class TestDeclaration:
    def test_typed_form_has_the_name_it_gives(self) -> None:
        """`__data_set__` names the data set."""
        assert data_set_name(Kennel) == "kennel"

    def test_typed_form_is_called_like_its_class_by_default(self) -> None:
        """Without `__data_set__` the class name does."""

        class Stable(DataSet, DeclarativeBase):
            """Horses."""

        assert data_set_name(Stable) == "Stable"

    @pytest.mark.parametrize("base", [DeclarativeBase, DeclarativeBaseNoMeta])
    def test_typed_form_takes_both_bases_of_sqlalchemy(self, base: Any) -> None:
        """The base with a metaclass and the one without both make a data set."""
        stable = type("Stable", (DataSet, base), {})

        assert resolve_data_set(stable) is stable

    def test_typed_form_with_dataclasses(self, make_graph: GraphFactory) -> None:
        """SQLAlchemy's dataclass mapping goes with data sets."""

        class Stable(MappedAsDataclass, DataSet, DeclarativeBase):
            """Horses, as dataclasses."""

            __data_set__ = "stable"

        class Horse(Stable):
            """A horse."""

            __tablename__ = "horse"

            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]

        graph = make_graph()
        Stable.create_all(graph)
        with Horse.new_context(graph):
            assert Stable.session is not None
            Stable.session.add(Horse(id=1, name="Bess"))
            Stable.session.flush()

            assert Stable.session.get(Horse, 1) == Horse(id=1, name="Bess")

    def test_created_form_is_a_declarative_base_of_that_name(self) -> None:
        """The class carries the name, and `DataSet` is its direct base."""
        created = DataSet.create("garage")

        assert (created.__name__, created.__bases__, data_set_name(created)) == ("garage", (DataSet,), "garage")

    def test_create_ignores_cls(self) -> None:
        """`cls=` is accepted, as in 2.0.0, and has no effect."""
        assert DataSet.create("garage", cls=object).__bases__ == (DataSet,)

    def test_create_passes_other_arguments_on(self) -> None:
        """What `declarative_base` takes, `create` takes."""
        metadata = MetaData()

        assert DataSet.create("garage", metadata=metadata).metadata is metadata

    def test_both_forms_name_constraints(self) -> None:
        """Either form has a metadata of its own with the naming convention."""
        assert Kennel.metadata.naming_convention == Example.metadata.naming_convention == naming_convention
        assert Kennel.metadata is not Example.metadata

    def test_own_metadata_is_kept(self) -> None:
        """A typed data set that brings its metadata keeps it."""
        mine = MetaData()

        class Stable(DataSet, DeclarativeBase):
            """Horses."""

            metadata = mine

        assert Stable.metadata is mine

    def test_names_need_not_be_unique(self, make_graph: GraphFactory) -> None:
        """Two data sets of one name share a database within a graph, and each creates its own tables."""
        one, other = DataSet.create("twin"), DataSet.create("twin")
        type("Left", (one,), {"__tablename__": "left", "id": Column(Integer, primary_key=True)})
        type("Right", (other,), {"__tablename__": "right", "id": Column(Integer, primary_key=True)})
        graph = make_graph()

        one.create_all(graph)
        assert tables_of(graph, "twin") == ["left"]
        other.create_all(graph)
        assert tables_of(graph, "twin") == ["left", "right"]


class TestResolve:
    @pytest.mark.parametrize("model", [Kennel, Owner, Dog])
    def test_typed_form(self, model: type[Kennel]) -> None:
        """The data set and all its models lead to the data set."""
        assert model.resolve() is Kennel

    @pytest.mark.parametrize("model", [Example, Person, Pet])
    def test_created_form(self, model: Any) -> None:
        """The data set and all its models lead to the data set."""
        assert model.resolve() is Example

    @pytest.mark.parametrize("thing", [DataSet, int, "Kennel", None, 7])
    def test_other_things_are_no_data_sets(self, thing: Any) -> None:
        """The message shows what was given and how a data set is made."""
        with pytest.raises(NotADataSetError) as raised:
            resolve_data_set(thing)

        assert str(raised.value) == (
            f"Not a valid DataSet: {thing!r}. Expected a class made by DataSet.create(name), "
            "a class declared as `class Name(DataSet, DeclarativeBase)`, or a model of one of these."
        )

    def test_data_set_itself_resolves_to_nothing(self) -> None:
        """`DataSet.resolve()` raises, as ever."""
        with pytest.raises(NotADataSetError, match="Not a valid DataSet"):
            DataSet.resolve()

    def test_columns_called_like_methods_do_no_harm(self, make_graph: GraphFactory) -> None:
        """A model with columns `resolve`, `dispose` and `session` works with stores and contexts."""
        garage = DataSet.create("garage")

        class Car(garage):  # type: ignore[misc, valid-type] # Any by contract
            """A car."""

            __tablename__ = "car"

            id = mapped_column(Integer, primary_key=True)
            resolve = mapped_column(Integer)
            dispose = mapped_column(Integer)
            session = mapped_column(Integer)

        class CarStore(Store[Any]):
            """Cars."""

            model_class = Car

        graph = make_graph()
        garage.create_all(graph)
        with garage.new_context(graph):
            CarStore().create(Car(id=1, resolve=2, dispose=3, session=4))

            assert [(car.resolve, car.session) for car in CarStore().search()] == [(2, 4)]


class TestTables:
    def test_create_all_of_any_model_creates_every_table(self, make_graph: GraphFactory) -> None:
        """Called on one model, all tables of its data set come."""
        graph = make_graph()
        Dog.create_all(graph)

        assert tables_of(graph, "kennel") == ["dog", "owner", "visit"]

    def test_create_all_keeps_rows(self, graph: Any) -> None:
        """Existing tables are left alone."""
        Kennel.create_all(graph)

        assert OwnerStore(graph).count() == 3

    def test_drop_all_drops_every_table(self, graph: Any) -> None:
        """No table is left."""
        Owner.drop_all(graph)

        assert tables_of(graph, "kennel") == []

    def test_recreate_all_empties_every_table(self, graph: Any) -> None:
        """The tables are there, the rows are gone, whatever foreign keys lead where."""
        Kennel.recreate_all(graph)

        assert tables_of(graph, "kennel") == ["dog", "owner", "visit"]
        assert OwnerStore(graph).count() == 0

    def test_recreate_all_makes_a_database_that_is_missing(self, make_graph: GraphFactory, tmp_path: Any) -> None:
        """A file that is not there yet is made."""
        graph = make_graph(paths={"kennel": tmp_path / "new.sqlite"})
        Kennel.recreate_all(graph)

        assert tables_of(graph, "kennel") == ["dog", "owner", "visit"]

    def test_recreate_all_changes_nothing_when_it_fails(self, graph: Any) -> None:
        """Dropping and creating are one transaction: a table that cannot be made brings the old ones back."""
        broken = DataSet.create("kennel")
        type("Visit", (broken,), {"__tablename__": "visit", "id": Column(Integer, primary_key=True)})
        wrong = Column(Integer, primary_key=True, server_default=text("no such value ("))
        type("Wrong", (broken,), {"__tablename__": "wrong", "id": wrong})

        with pytest.raises(Exception, match="syntax error"):
            broken.recreate_all(graph)

        with graph.sqlite("kennel")[0].connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM visit").scalar() == 2

    def test_create_all_on_an_artifact_that_has_all_tables_does_nothing(self, sealed_graph: Any) -> None:
        """A service that always calls create_all goes on working when its data is sealed."""
        Kennel.create_all(sealed_graph)

        assert OwnerStore(sealed_graph).count() == 3

    @pytest.mark.parametrize("change", [Kennel.drop_all, Kennel.recreate_all])
    def test_changes_of_an_artifact_are_refused(self, sealed_graph: Any, change: Any) -> None:
        """Dropping tables of sealed data is an error that says what to do."""
        with pytest.raises(ReadOnlyDataSetError, match="it is a sealed artifact"):
            change(sealed_graph)

        assert OwnerStore(sealed_graph).count() == 3


class TestSessions:
    def test_new_session_is_a_plain_session(self, graph: Any) -> None:
        """It is bound to the data set's engine and expires on commit, as SQLAlchemy's do."""
        with Owner.new_session(graph) as session:
            assert isinstance(session, Session)
            assert session.get_bind() is graph.sqlite("kennel")[0]
            assert session.expire_on_commit is True

    def test_new_session_takes_arguments_of_sessions(self, graph: Any) -> None:
        """What `Session` takes may be given."""
        with Owner.new_session(graph, expire_on_commit=False) as session:
            assert session.expire_on_commit is False

    def test_new_context_belongs_to_the_data_set(self, graph: Any) -> None:
        """A context made from a model is the data set's."""
        context = Dog.new_context(graph, expire_on_commit=True)

        assert (context.data_set, context.graph, context.expire_on_commit) == (Kennel, graph, True)


class TestDisposal:
    def test_dispose_drops_a_memory_database(self, make_graph: GraphFactory) -> None:
        """What lives in memory is gone with its connections."""
        graph = make_graph()
        Kennel.create_all(graph)
        Kennel.dispose(graph)

        assert tables_of(graph, "kennel") == []

    @pytest.mark.parametrize("autocommit", ["false", "true"])
    def test_rows_in_memory_are_gone_for_stores_too(self, make_graph: GraphFactory, autocommit: str) -> None:
        """Those that were used already, in this thread and in others, whose sessions live on."""
        graph = make_graph(autocommit=autocommit)
        Kennel.create_all(graph)
        with Kennel.new_context(graph) as context:
            OwnerStore(graph).create(Owner(id=1, name="Ada"))
            context.commit()
        with ThreadPoolExecutor(1) as other:
            assert (OwnerStore(graph).count(), other.submit(OwnerStore(graph).count).result()) == (1, 1)

            Kennel.dispose(graph)

            with pytest.raises(EmptyDataSetError):
                OwnerStore(graph).count()
            Kennel.create_all(graph)
            assert (OwnerStore(graph).count(), other.submit(OwnerStore(graph).count).result()) == (0, 0)

    def test_an_open_transaction_keeps_its_rows(self, make_graph: GraphFactory) -> None:
        """Until it ends: nobody takes them from under it."""
        graph = make_graph()
        Kennel.create_all(graph)
        with Kennel.new_context(graph) as context:
            OwnerStore(graph).create(Owner(id=1, name="Ada"))
            Kennel.dispose(graph)

            assert OwnerStore(graph).count() == 1
            context.commit()
        with pytest.raises(EmptyDataSetError):
            OwnerStore(graph).count()

    def test_dispose_keeps_a_file(self, graph: Any) -> None:
        """A file is opened again at the next use."""
        Kennel.dispose(graph)

        assert OwnerStore(graph).count() == 3

    def test_dispose_of_what_was_never_bound_binds_nothing(self, make_graph: GraphFactory) -> None:
        """No engine is made in order to be closed."""
        graph = make_graph()
        Kennel.dispose(graph)

        assert graph.sqlite.datasets == {}

    def test_dispose_sqlite_connections_closes_everything(self, example_graph: Any) -> None:
        """No session is current, no thread-local is left, and the data set works on."""
        with Person.new_context(example_graph).open() as context:
            PersonStore().create(Person(id=1, first="Ada", last="L."))
            context.commit()
            dispose_sqlite_connections(example_graph)

            assert Example.session is None
            assert not hasattr(Example, "local")

        with Person.new_context(example_graph):
            assert PersonStore().count() == 1

    def test_dispose_sqlite_connections_asks_every_data_set_once(self, make_graph: GraphFactory) -> None:
        """`dispose(graph)` of each data set, typed or created, is called exactly once."""
        calls: list[Any] = []
        created = DataSet.create("garage")
        created.dispose = calls.append

        class Stable(DataSet, DeclarativeBase):
            """Horses."""

            @classmethod
            def dispose(cls, graph: Any) -> None:
                calls.append(graph)

        graph = make_graph()
        dispose_sqlite_connections(graph)
        del created.dispose, Stable.dispose

        assert calls == [graph, graph]


@pytest.mark.parametrize("verb", ["create_all", "drop_all", "recreate_all", "new_session"])
@pytest.mark.parametrize("graph", [None, "graph", Kennel])
def test_what_is_no_graph(verb: str, graph: Any) -> None:
    """The message says what was given instead."""
    with pytest.raises(ArgumentError, match=r"^DataSet: graph: expected an object graph, found "):
        getattr(Kennel, verb)(graph)


def test_what_is_wrong_within_a_graph_stays_as_it_is() -> None:
    """A component that fails says so itself."""
    graph = create_object_graph("broken", testing=True)
    graph.assign("sqlite", object())
    with pytest.raises(AttributeError, match="no attribute 'for_models'"):
        Kennel.new_session(graph)


@pytest.mark.parametrize("name", [None, Kennel, 5])
def test_data_sets_are_bound_by_name(graph: Any, name: Any) -> None:
    """Not by their classes."""
    with pytest.raises(ArgumentError, match=r"^graph\.sqlite: name: expected the name of a data set, found "):
        graph.sqlite(name)
