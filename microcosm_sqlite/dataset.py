"""Declare data sets: named families of models that share one engine."""

from collections.abc import Iterator
from typing import Any, ClassVar, overload

from microcosm.object_graph import ObjectGraph
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, DeclarativeBaseNoMeta, Session, declarative_base

from microcosm_sqlite.constants import naming_convention
from microcosm_sqlite.context import SessionContext, close_sessions, current_session
from microcosm_sqlite.ddl import create_tables, drop_tables
from microcosm_sqlite.errors import ArgumentError, NotADataSetError


class _CurrentSession:
    """The session that is current for a data set, readable from the data set, its models and their instances."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Session | None: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> Session | None: ...
    def __get__(self, instance: object | None, owner: type[Any]) -> Session | None:
        return current_session(resolve_data_set(owner))


class DataSet:
    """A named family of models; everything declared under one data set lives in one database.

    Two ways to declare one, which behave alike:

        class World(DataSet, DeclarativeBase):      # typed: checkers see Mapped columns and stores
            __data_set__ = "world"                  # the name; the class name when left out

        World = DataSet.create("world")             # since 0.1

    Names need not be unique: data sets of one name share an engine within a graph, each with its own tables.
    """

    #: The name under which a graph finds the database; set on the declarative base.
    __data_set__: ClassVar[str]

    session = _CurrentSession()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # Before super(): SQLAlchemy takes `metadata` from here when it sets the declarative base up.
        if _is_declarative_base(cls):
            if "__data_set__" not in vars(cls):
                cls.__data_set__ = cls.__name__
            if "metadata" not in vars(cls):
                cls.metadata = MetaData(naming_convention=naming_convention)  # type: ignore[attr-defined]
        super().__init_subclass__(**kwargs)

    @staticmethod
    def create(name: str, cls: Any = None, **kwargs: Any) -> Any:
        """Return a new declarative base called *name*; its models form a data set of that name.

        Constraints get names by `constants.naming_convention`, which alembic's batch mode needs.

        Args:
            name: name of the data set.
            cls: ignored, as ever; accepted because 2.0.0 accepted it.
            **kwargs: passed on to `sqlalchemy.orm.declarative_base`; `metadata` may be given.
        """
        del cls
        kwargs.setdefault("metadata", MetaData(naming_convention=naming_convention))
        return declarative_base(name=name, cls=DataSet, **kwargs)

    @classmethod
    def resolve(cls) -> type["DataSet"]:
        """Return the declarative base of this model; raise `NotADataSetError` when it has none."""
        return resolve_data_set(cls)

    @classmethod
    def create_all(cls, graph: Any) -> None:
        """Create all tables of the data set in one transaction; existing ones are left alone.

        The database file is created when it is missing. Raises `ReadOnlyDataSetError` when tables are missing from
        data that cannot change.
        """
        with sqlite_of(graph).creating(data_set_name(cls)) as connection:
            create_tables(_metadata(cls), connection)

    @classmethod
    def drop_all(cls, graph: Any) -> None:
        """Drop all tables of the data set, with their rows, in one transaction."""
        engine, _ = sqlite_of(graph)(data_set_name(cls))
        with engine.begin() as connection:
            drop_tables(_metadata(cls), connection)

    @classmethod
    def recreate_all(cls, graph: Any) -> None:
        """Drop all tables of the data set and create them anew, in one transaction; all rows are lost."""
        with sqlite_of(graph).creating(data_set_name(cls)) as connection:
            drop_tables(_metadata(cls), connection)
            create_tables(_metadata(cls), connection)

    @classmethod
    def new_session(cls, graph: Any, **kwargs: Any) -> Session:
        """Return a new session on the data set's database; the caller closes it.

        Raises:
            SchemaMismatchError: the database is a sealed artifact that lacks something the models use.
        """
        _, make_session = sqlite_of(graph).for_models(resolve_data_set(cls))
        session: Session = make_session(**kwargs)
        return session

    @classmethod
    def new_context(cls, graph: Any, **kwargs: Any) -> SessionContext:
        """Return a context whose session is current for all models of the data set while it is open."""
        return SessionContext(graph=graph, data_set=resolve_data_set(cls), **kwargs)

    @classmethod
    def dispose(cls, graph: Any) -> None:
        """Close the pooled connections of the data set; a `:memory:` database is gone with them."""
        graph.sqlite.dispose(data_set_name(cls))


def sqlite_of(graph: Any) -> Any:
    """Return the component `sqlite` of *graph*.

    Raises:
        ArgumentError: it is no graph.
    """
    try:
        return graph.sqlite
    except AttributeError as error:
        if isinstance(graph, ObjectGraph):
            raise  # What is wrong is within.
        raise ArgumentError(
            where="DataSet",
            argument="graph",
            expected="an object graph",
            found=repr(graph),
            remedy='Make one, as create_object_graph("<name>") of microcosm does.',
        ) from error


def resolve_data_set(model: Any) -> type[DataSet]:
    """Return the declarative base that owns *model*; raise `NotADataSetError` when none does.

    Rooms call this rather than `model.resolve()`, which a column of that name would hide.
    """
    if isinstance(model, type):
        for base in reversed(model.__mro__):
            if issubclass(base, DataSet) and "registry" in vars(base):
                return base
    raise NotADataSetError(model)


def data_set_name(model: Any) -> str:
    """Return the name of the data set that owns *model*; raise `NotADataSetError` when none does."""
    return resolve_data_set(model).__data_set__


def dispose_sqlite_connections(graph: Any) -> None:
    """Close every session and connection that this thread holds on any data set of the process.

    Meant for the hooks that servers run after a fork. Connections that were inherited from the parent process are left
    alone, and engines that *graph* never made are not made now.
    """
    for data_set in _declarative_bases(DataSet):
        close_sessions(data_set)
        data_set.dispose(graph)


def data_sets_named(name: str) -> list[type[DataSet]]:
    """Return the data sets of that name that this process has declared so far."""
    return [data_set for data_set in _declarative_bases(DataSet) if data_set.__data_set__ == name]


def _declarative_bases(parent: type[DataSet]) -> Iterator[type[DataSet]]:
    for child in parent.__subclasses__():
        if "registry" in vars(child):
            yield child
        else:
            yield from _declarative_bases(child)


def _is_declarative_base(cls: type[Any]) -> bool:
    """Tell a declarative base from models and from plain classes between `DataSet` and one."""
    return "registry" in vars(cls) or any(base in cls.__bases__ for base in (DeclarativeBase, DeclarativeBaseNoMeta))


def _metadata(model: type[DataSet]) -> MetaData:
    metadata: MetaData = resolve_data_set(model).metadata  # type: ignore[attr-defined]
    return metadata
