"""The API of microcosm-sqlite 1.0.x and 2.0.0, line by line: what its users wrote goes on working.

Builders, dumpers and migrations have contracts of their own, tested with them.
"""

import importlib
import inspect
import threading
from collections.abc import Iterator
from enum import Enum
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from microcosm.api import create_object_graph, load_from_dict
from sqlalchemy import Boolean, Engine, Integer, Unicode, bindparam, text
from sqlalchemy.exc import SQLAlchemyError, StatementError
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

import microcosm_sqlite
from microcosm_sqlite import DataSet, Store, dispose_sqlite_connections
from microcosm_sqlite.constants import naming_convention
from microcosm_sqlite.context import SessionContext
from microcosm_sqlite.errors import (
    DuplicateModelError,
    ModelIntegrityError,
    ModelNotFoundError,
    MultipleModelsFoundError,
    SQLiteError,
)
from microcosm_sqlite.identifiers import new_object_id
from microcosm_sqlite.models import IdentityMixin
from microcosm_sqlite.stores import GetOrCreateSession, get_session
from microcosm_sqlite.types import EnumType, Truthy
from tests.conftest import GraphFactory
from tests.kennel import Example, Person, PersonStore, Pet, PetStore


@pytest.fixture
def context(example_graph: Any) -> Iterator[SessionContext]:
    """Return an open context on empty tables, as the `setup` methods of users make one."""
    context = SessionContext(example_graph, Example).open()
    yield context
    context.close()


@pytest.fixture
def persons(context: SessionContext) -> PersonStore:
    """Return the store of persons, with three of them, uncommitted."""
    store = PersonStore()
    for key, first in enumerate(("Klay", "Steph", "Kevin"), start=1):
        store.create(Person(id=key, first=first, last="W"))
    return store


class TestPackage:
    """Section 1."""

    @pytest.mark.parametrize("name", ["DataSet", "Store", "dispose_sqlite_connections"])
    def test_root_exports_of_2_0_0(self, name: str) -> None:
        """What 2.0.0 offered at the root is there."""
        assert getattr(microcosm_sqlite, name) is globals()[name]

    @pytest.mark.parametrize(
        ("name", "home"),
        [("SQLiteBindFactory", "factories"), ("SQLiteBuilder", "builders"), ("SQLiteDumper", "dumpers")],
    )
    def test_root_exports_of_1_0_x(self, name: str, home: str) -> None:
        """What 1.0.x offered at the root is there again."""
        module = importlib.import_module(f"microcosm_sqlite.{home}")

        assert getattr(microcosm_sqlite, name) is getattr(module, name)

    def test_root_lists_its_names(self) -> None:
        """`dir` and `__all__` agree, and another name is an AttributeError."""
        assert set(microcosm_sqlite.__all__) <= set(dir(microcosm_sqlite))
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            _ = microcosm_sqlite.nothing

    @pytest.mark.parametrize(
        ("module", "names"),
        [
            ("alembic", []),
            ("builders", ["SQLiteBuilder"]),
            ("builders.csv", ["CSVBuilder"]),
            ("cmd.check_migration", ["main", "StaleDBError"]),
            ("cmd.migrate", ["main"]),
            ("constants", ["naming_convention"]),
            ("context", ["SessionContext"]),
            ("dataset", ["DataSet", "dispose_sqlite_connections"]),
            ("dumpers", ["SQLiteDumper"]),
            ("dumpers.csv", ["CSVDumper"]),
            (
                "errors",
                [
                    "SQLiteError",
                    "ModelIntegrityError",
                    "ModelNotFoundError",
                    "DuplicateModelError",
                    "MultipleModelsFoundError",
                ],
            ),
            ("factories", ["SQLiteBindFactory"]),
            ("identifiers", ["new_object_id"]),
            ("models", ["IdentityMixin"]),
            ("stores", ["Store", "get_session", "GetOrCreateSession"]),
            ("types", ["EnumType", "Truthy"]),
        ],
    )
    def test_modules_of_2_0_0(self, module: str, names: list[str]) -> None:
        """Every module is importable and has its names."""
        found = importlib.import_module(f"microcosm_sqlite.{module}")

        assert [name for name in names if not hasattr(found, name)] == []

    @pytest.mark.parametrize(
        ("component", "value"),
        [
            ("sqlite", "microcosm_sqlite.factories:SQLiteBindFactory"),
            ("sqlite_builder", "microcosm_sqlite.builders:SQLiteBuilder"),
            ("sqlite_dumper", "microcosm_sqlite.dumpers:SQLiteDumper"),
        ],
    )
    def test_entry_points(self, component: str, value: str) -> None:
        """The three components are registered for microcosm."""
        (entry_point,) = {entry.value for entry in entry_points(group="microcosm.factories", name=component)}

        assert entry_point == value

    @pytest.mark.parametrize("component", ["sqlite", "sqlite_builder", "sqlite_dumper"])
    def test_components(self, make_graph: GraphFactory, component: str) -> None:
        """Each is on every graph."""
        assert getattr(make_graph(), component) is not None


class TestDataSet:
    """Section 2."""

    def test_create_makes_a_declarative_base(self) -> None:
        """The base is called as asked and has `DataSet` as its direct base."""
        created: Any = DataSet.create("foo")

        assert (created.__name__, created.__bases__) == ("foo", (DataSet,))

    def test_metadata_has_the_naming_convention(self) -> None:
        """Constraints get their names by `constants.naming_convention`."""
        assert DataSet.create("foo").metadata.naming_convention == naming_convention

    def test_extra_arguments_go_to_declarative_base(self) -> None:
        """Such as a type map."""
        created: Any = DataSet.create("foo", type_annotation_map={str: Unicode(7)})

        class Thing(created):  # type: ignore[misc]
            __tablename__ = "thing"

            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]

        assert Thing.__table__.c.name.type.length == 7

    def test_cls_is_accepted_and_ignored(self) -> None:
        """As it always was."""
        assert DataSet.create("foo", cls=dict).__bases__ == (DataSet,)

    def test_two_data_sets_of_one_name_share_an_engine(self, make_graph: GraphFactory) -> None:
        """Names are not unique: same name, same engine, different metadata."""
        graph = make_graph()
        first, second = DataSet.create("foo"), DataSet.create("foo")

        with first.new_session(graph) as one, second.new_session(graph) as other:
            assert one.get_bind() is other.get_bind()
        assert first.metadata is not second.metadata

    def test_resolve(self) -> None:
        """Models and base lead to the base; `DataSet` itself to an Exception that says so."""
        assert Person.resolve() is Example.resolve() is Example
        with pytest.raises(Exception, match="Not a valid DataSet"):
            DataSet.resolve()

    @pytest.mark.parametrize("owner", [Example, Person, Pet])
    def test_create_all_from_any_class(self, make_graph: GraphFactory, owner: Any) -> None:
        """All tables come, whichever class is asked."""
        graph = make_graph()
        owner.create_all(graph)

        with Example.new_context(graph):
            assert (PersonStore().count(), PetStore().count()) == (0, 0)

    def test_recreate_all_loses_all_rows(self, example_graph: Any) -> None:
        """With foreign keys between them too."""
        with Person.new_context(example_graph) as context:
            PersonStore().create(Person(id=1, first="a", last="b"))
            PetStore().create(Pet(id=1, name="c", keeper_id=1))
            context.commit()

        Person.recreate_all(example_graph)

        with Person.new_context(example_graph):
            assert (PersonStore().count(), PetStore().count()) == (0, 0)

    def test_memory_keeps_its_tables_for_the_next_context(self, make_graph: GraphFactory) -> None:
        """`recreate_all`, then a context in the same thread, with nothing configured."""
        graph = make_graph()
        Person.recreate_all(graph)

        with Person.new_context(graph):
            assert PersonStore().count() == 0

    def test_new_session_has_the_defaults_of_sqlalchemy(self, example_graph: Any) -> None:
        """`expire_on_commit` is on."""
        with Person.new_session(example_graph) as session:
            assert isinstance(session, Session)
            assert session.expire_on_commit

    def test_new_context_is_bound_to_the_data_set(self, example_graph: Any) -> None:
        """Whichever class is asked, with its arguments passed on."""
        context = Pet.new_context(example_graph, expire_on_commit=True, defer_foreign_keys=True)

        assert isinstance(context, SessionContext)
        assert (context.data_set, context.expire_on_commit, context.defer_foreign_keys) == (Example, True, True)

    def test_dispose_drops_memory(self, make_graph: GraphFactory) -> None:
        """The data of `:memory:` is gone."""
        graph = make_graph()
        Example.create_all(graph)
        Example.dispose(graph)
        Example.create_all(graph)

        with Person.new_context(graph):
            assert PersonStore().count() == 0

    def test_session_is_visible_everywhere(self, context: SessionContext) -> None:
        """On the base, on models and on instances."""
        assert Example.session is Person.session is Person().session is context.session

    def test_session_is_none_when_nothing_is_open(self) -> None:
        """The attribute exists even before the first context."""
        assert (Example.session, Person.session, Pet().session) == (None, None, None)

    def test_dispose_sqlite_connections(self, example_graph: Any) -> None:
        """Sessions are closed and forgotten, `dispose(graph)` is called once for each data set."""
        SessionContext(example_graph, Example).open()
        # Patched because users of 2.0.0 do just this in their tests.
        with patch.object(Example, "dispose") as dispose:
            dispose_sqlite_connections(example_graph)

        dispose.assert_called_once_with(example_graph)
        assert Example.session is None
        assert not hasattr(Example, "local")


class TestBindFactory:
    """Section 3."""

    def test_default_settings(self, make_graph: GraphFactory) -> None:
        """What is not configured is as it was."""
        sqlite = make_graph().sqlite

        assert (sqlite.default_path, sqlite.echo, sqlite.use_foreign_keys) == (":memory:", False, True)
        assert (sqlite.autocommit, sqlite.read_only, sqlite.datasets) == (False, False, {})

    def test_paths_equal_what_was_configured(self) -> None:
        """Exactly the configured dict, besides what is installed."""
        graph = create_object_graph("x", testing=True, loader=load_from_dict(sqlite={"paths": {"foo": "/srv/foo.db"}}))
        sqlite: Any = graph.sqlite
        installed = {entry.name for entry in entry_points(group="microcosm.sqlite")}

        assert {name: path for name, path in sqlite.paths.items() if name not in installed} == {"foo": "/srv/foo.db"}

    def test_get_and_set_a_path(self, make_graph: GraphFactory) -> None:
        """KeyError until set; the default path is not consulted."""
        sqlite = make_graph(path="/srv/default.db").sqlite
        with pytest.raises(KeyError):
            sqlite["bar"]
        sqlite["bar"] = "/srv/bar.db"

        assert sqlite["bar"] == sqlite.paths["bar"] == "/srv/bar.db"

    def test_call(self, make_graph: GraphFactory, example_path: Path) -> None:
        """An engine and a sessionmaker, bound to each other, the same every time."""
        example_path.touch()
        sqlite = make_graph(paths={"foo": str(example_path)}).sqlite
        engine, make_session = sqlite("foo")

        assert isinstance(engine, Engine)
        assert isinstance(make_session, sessionmaker)
        assert str(engine.url) == f"sqlite:///{example_path}"
        assert make_session.kw["bind"] is engine
        assert sqlite("foo") == sqlite.datasets["foo"] == (engine, make_session)

    def test_foreign_keys_are_on_and_can_be_left_alone(self, make_graph: GraphFactory) -> None:
        """The pragma is sent unless `use_foreign_keys` is off."""
        found = []
        for words in ("True", "False"):
            engine, _ = make_graph(use_foreign_keys=words).sqlite("foo")
            with engine.connect() as connection:
                found.append(connection.exec_driver_sql("PRAGMA foreign_keys").scalar())

        assert found == [1, 0]

    def test_ddl_and_savepoints_are_transactional(self, example_graph: Any) -> None:
        """A literal BEGIN stands before the first statement."""
        engine, _ = example_graph.sqlite("example")
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE thing (id)")
            with connection.begin_nested() as savepoint:
                connection.exec_driver_sql("INSERT INTO thing VALUES (1)")
                savepoint.rollback()
            count = connection.exec_driver_sql("SELECT count(*) FROM thing").scalar()
            connection.rollback()
            tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema WHERE name = 'thing'").scalar()

        assert (count, tables) == (0, 0)

    def test_other_pragmas_are_those_of_sqlite(self, example_graph: Any) -> None:
        """Journal, synchronisation and patience are as they were."""
        engine, _ = example_graph.sqlite("example")
        with engine.connect() as connection:
            found = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "busy_timeout", "query_only")
            ]

        assert found == ["delete", 2, 5000, 0]

    @pytest.mark.parametrize("options", ["mode=ro&uri=true", "immutable=1&uri=true", "mode=rw&uri=true"])
    def test_uris_that_users_have(self, make_graph: GraphFactory, kennel_path: Path, options: str) -> None:
        """`file:…?mode=ro&uri=true` was the only true read-only mode, and works."""
        engine, _ = make_graph(paths={"kennel": f"file:{kennel_path}?{options}"}).sqlite("kennel")

        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM dog").scalar() == 4
            if "mode=ro" in options:
                with pytest.raises(SQLAlchemyError, match="readonly"):
                    connection.exec_driver_sql("DELETE FROM visit")

    @pytest.mark.parametrize("path", ["", ":memory:"])
    def test_paths_that_mean_memory(self, make_graph: GraphFactory, path: str) -> None:
        """The empty path too."""
        assert make_graph(paths={"foo": path}).sqlite("foo")[0].url.database == ":memory:"


class TestSessionContext:
    """Section 4."""

    def test_made_by_position(self, example_graph: Any) -> None:
        """`SessionContext(graph, data_set)`."""
        assert list(inspect.signature(SessionContext).parameters) == [
            "graph",
            "data_set",
            "expire_on_commit",
            "defer_foreign_keys",
        ]
        with SessionContext(example_graph, Example):
            assert Example.session is not None

    def test_open_returns_itself_and_may_be_entered(self, example_graph: Any) -> None:
        """`with Model.new_context(graph).open() as context` opens twice and closes once for all."""
        with Person.new_context(example_graph).open() as context:
            assert isinstance(context, SessionContext)

        assert Example.session is None

    def test_leaving_discards_and_never_commits(self, example_graph: Any) -> None:
        """Nobody committed, nothing is kept."""
        with Person.new_context(example_graph):
            PersonStore().create(Person(id=1, first="a", last="b"))

        with Person.new_context(example_graph):
            assert PersonStore().count() == 0

    def test_methods_without_a_session_do_nothing(self, example_graph: Any) -> None:
        """`close`, `commit` and `rollback` of a context that is not open."""
        context = Person.new_context(example_graph)
        context.close()
        context.commit()
        context.rollback()

        assert context.session is None

    def test_opening_another_one_while_one_is_open(self, make_graph: GraphFactory) -> None:
        """Code that never closes its context, and opens another on another graph, exists."""
        SessionContext(make_graph(), Example).open()
        second = SessionContext(make_graph(), Example).open()

        assert Example.session is second.session

    def test_instances_outlive_their_context(self, example_graph: Any) -> None:
        """After commit and close they are readable and equal, in other threads too."""
        with Person.new_context(example_graph) as context:
            person = PersonStore().create(Person(id=1, first="a", last="b"))
            context.commit()
        found: list[bool] = []
        thread = threading.Thread(target=lambda: found.append(person == Person(id=1, first="a", last="b")))
        thread.start()
        thread.join()

        assert found == [True]

    def test_deferral_lasts_to_the_first_commit(self, example_graph: Any) -> None:
        """Within it children may come first."""
        with SessionContext(example_graph, Example, defer_foreign_keys=True) as context:
            PetStore().create(Pet(id=1, name="c", keeper_id=1))
            PersonStore().create(Person(id=1, first="a", last="b"))
            context.commit()
            with pytest.raises(ModelIntegrityError):
                PetStore().create(Pet(id=2, name="d", keeper_id=99))


class TestStores:
    """Section 5."""

    def test_made_without_arguments(self, context: SessionContext) -> None:
        """The default source of sessions is the open context."""
        assert PersonStore().session is context.session

    def test_without_any_context(self) -> None:
        """An AttributeError with the words of 2.0.0."""
        with pytest.raises(AttributeError, match="No session is available in SQLiteContext"):
            _ = PersonStore().session

    def test_get_session_is_a_function_of_the_store(self, context: SessionContext) -> None:
        """It can be called and passed."""
        assert get_session(PersonStore(get_session=get_session)) is context.session

    def test_get_session_of_an_instance_is_assignable(self, example_graph: Any) -> None:
        """Tests and services replace it."""
        store = PersonStore()
        with Person.new_session(example_graph) as session:
            store.get_session = lambda _: session

            assert store.session is session

    def test_get_or_create_session(self, example_graph: Any) -> None:
        """Works after `lock`, without a context, and takes part in one that is open."""
        store = PersonStore(get_session=GetOrCreateSession(example_graph))
        example_graph.lock()

        assert store.count() == 0
        with Person.new_context(example_graph) as context:
            assert store.session is context.session

    def test_abstract_model_class(self) -> None:
        """A store without a model cannot be made."""

        class NothingStore(Store[Any]):
            pass

        with pytest.raises(TypeError):
            NothingStore()

    def test_bare_store(self, context: SessionContext) -> None:
        """`class PersonStore(Store)`, without brackets, as everybody wrote it."""

        class BareStore(Store):
            auto_filter_fields = [Person.first]  # noqa: RUF012

            @property
            def model_class(self) -> Any:
                return Person

        assert BareStore().search(first="a") == []

    def test_auto_filters_by_column_name(self) -> None:
        """`auto_filters` is a dict of columns by name."""
        assert dict(PersonStore().auto_filters) == {"first": Person.first, "last": Person.last}
        assert PetStore().auto_filters == {}

    def test_create_returns_the_instance(self, context: SessionContext) -> None:
        """Flushed, no identifier made up."""
        person = Person(id=7, first="a", last="b")

        assert PersonStore().create(person) is person
        assert context.session is not None
        assert person in context.session

    def test_create_duplicate(self, persons: PersonStore) -> None:
        """A broken unique constraint."""
        with pytest.raises(DuplicateModelError):
            persons.create(Person(id=9, first="Klay", last="W"))

    def test_create_that_breaks_another_constraint(self, persons: PersonStore) -> None:
        """A dangling foreign key, and a missing value."""
        for wrong in (Pet(id=1, name="c", keeper_id=99), Pet(id=1, keeper_id=1)):
            with pytest.raises(ModelIntegrityError):
                PetStore().create(wrong)

    def test_create_after_a_failed_one(self, persons: PersonStore) -> None:
        """The session is usable, and the failed instance is not in it."""
        with pytest.raises(DuplicateModelError):
            persons.create(Person(id=9, first="Klay", last="W"))
        persons.create(Person(id=10, first="Draymond", last="G"))

        assert persons.count() == 4

    def test_delete(self, persons: PersonStore) -> None:
        """True, or ModelNotFoundError when nothing matches."""
        assert persons.delete(first="Klay") is True
        with pytest.raises(ModelNotFoundError):
            persons.delete(first="Klay")

    def test_count_ignores_paging(self, persons: PersonStore) -> None:
        """Deliberately so."""
        assert persons.count(offset=1, limit=1) == 3

    def test_first(self, persons: PersonStore) -> None:
        """The first match or None; a limit is overridden, zero included."""
        found = persons.first(limit=0)

        assert found is not None
        assert persons.first(first="Nobody") is None

    def test_one(self, persons: PersonStore) -> None:
        """Exactly one, or errors that carry the original one."""
        assert persons.one(first="Klay").id == 1
        cases: list[tuple[type[SQLiteError], dict[str, Any]]] = [
            (ModelNotFoundError, {"first": "Nobody"}),
            (MultipleModelsFoundError, {"last": "W"}),
        ]
        for error, filters in cases:
            with pytest.raises(error) as raised:
                persons.one(**filters)

            assert raised.value.args[0] is raised.value.__context__

    def test_search(self, persons: PersonStore) -> None:
        """A list, filtered, cut by offset and limit."""
        assert [person.id for person in persons.search(last="W", offset=1, limit=1)] == [2]
        assert len(persons.search(first=None)) == 3

    def test_hooks(self, persons: PersonStore) -> None:
        """Overriders of `_filter`, `_order_by` and `_query` call super, with the signatures of 2.0.0."""

        class HookedStore(PersonStore):
            def _query(self, *args: Any, **kwargs: Any) -> Any:
                return super()._query(*args, **kwargs)

            def _filter(self, query: Any, starts_with: Any = None, **kwargs: Any) -> Any:
                if starts_with is not None:
                    query = query.filter(Person.first.startswith(starts_with))
                return super()._filter(query, **kwargs)

            def _order_by(self, query: Any, **kwargs: Any) -> Any:
                return query.order_by(Person.first.desc())

        assert [person.first for person in HookedStore().search(starts_with="K")] == ["Klay", "Kevin"]
        assert HookedStore().count(starts_with="K") == 2

    def test_paginate(self, persons: PersonStore) -> None:
        """`_paginate(query, offset, limit)` by position."""
        assert persons._paginate(persons._query(), 1, 1).count() == 1

    def test_flushing(self, persons: PersonStore) -> None:
        """Flushes at the end of the block, and translates a broken constraint."""
        with persons.flushing():
            persons.session.add(Person(id=9, first="a", last="b"))
        assert not persons.session.new

        with pytest.raises(DuplicateModelError), persons.flushing():
            persons.session.add(Person(id=10, first="a", last="b"))


class TestErrors:
    """Section 6."""

    @pytest.mark.parametrize(
        ("error", "parent", "status"),
        [
            (SQLiteError, Exception, 500),
            (ModelIntegrityError, SQLiteError, 500),
            (DuplicateModelError, ModelIntegrityError, 409),
            (MultipleModelsFoundError, ModelIntegrityError, 500),
            (ModelNotFoundError, SQLiteError, 404),
        ],
    )
    def test_tree_and_status(self, error: type[SQLiteError], parent: type[Exception], status: int) -> None:
        """Each error with its parent, its HTTP status, and no stack trace."""
        assert issubclass(error, parent)
        assert (error().status_code, error("why").include_stack_trace) == (status, False)


class Colour(Enum):
    RED = 1


class TestTypes:
    """Section 7."""

    def test_enum_type(self) -> None:
        """Stores the name in Unicode(255); binds a member or a name."""
        type_ = EnumType(Colour)
        impl: Any = type_.impl
        dialect: Any = None

        assert (type(impl), impl.length) == (Unicode, 255)
        assert (type_.process_bind_param(Colour.RED, dialect), type_.process_bind_param("RED", dialect)) == ("RED",) * 2
        assert type_.process_result_value("RED", dialect) is Colour.RED
        assert type_.process_bind_param(None, dialect) is None
        assert type_.process_result_value(None, dialect) is None

    def test_truthy(self, example_graph: Any) -> None:
        """A Boolean that coerces on bind; the attribute keeps what was given until it is loaded again."""
        things: Any = DataSet.create("example")

        class Thing(things):  # type: ignore[misc]
            __tablename__ = "thing"

            id = mapped_column(Integer, primary_key=True)
            flag = mapped_column(Truthy)

        assert isinstance(Truthy().impl, Boolean)
        things.create_all(example_graph)
        with Thing.new_session(example_graph) as session:
            given = Thing(id=1, flag="yes")
            session.add(given)
            session.flush()
            flags: list[Any] = [given.flag]
            session.refresh(given)
            flags.append(given.flag)

        assert flags == ["yes", True]

    def test_wrong_words_are_wrapped_by_sqlalchemy(self, example_graph: Any) -> None:
        """A StatementError with a ValueError inside."""
        engine, _ = example_graph.sqlite("example")
        statement = text("SELECT :flag").bindparams(bindparam("flag", type_=Truthy()))
        with engine.connect() as connection, pytest.raises(StatementError) as raised:
            connection.execute(statement, {"flag": " true"})

        assert isinstance(raised.value.orig, ValueError)

    def test_identity_mixin(self) -> None:
        """Equality by type and members, hash by identity, or by the object while there is none."""

        class Thing(IdentityMixin):
            def __init__(self, identity: Any) -> None:
                self.value = identity

            @property
            def identity(self) -> Any:
                return self.value

        nameless = Thing(None)

        assert (Thing(1), hash(Thing(1))) == (Thing(1), hash(1))
        assert Thing(1) != Thing(2)
        assert hash(nameless) == id(nameless)
        assert Thing(1)._members() == {"value": 1}

    def test_new_object_id(self) -> None:
        """A UUID of version 4."""
        assert new_object_id().version == 4
