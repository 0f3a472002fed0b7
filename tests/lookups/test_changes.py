"""Rows are added and deleted through stores."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from microcosm_sqlite.errors import (
    ArgumentError,
    ArgumentValueError,
    DataSetBusyError,
    DuplicateModelError,
    ModelIntegrityError,
    ModelNotFoundError,
    ReadOnlyDataSetError,
    UnknownFilterError,
)
from tests.kennel import DogStore, Kennel, Owner, OwnerStore
from tests.wares import Maker, MakerStore, Taste, Ware, Wares, WareStore


def test_create_and_delete(graph: Any) -> None:
    """The caller commits; other look-ups of the transaction see it."""
    owners = OwnerStore(graph)
    with Kennel.new_context(graph):
        owners.create(Owner(id=9, name="Emmy"))
        assert owners.one(name="Emmy").id == 9
        assert owners.delete(name="Emmy")
        with pytest.raises(ModelNotFoundError, match="nothing to delete"):
            owners.delete(name="Emmy")


def test_a_duplicate_leaves_what_was_done_before(graph: Any) -> None:
    """Only the row that was refused is gone."""
    owners = OwnerStore(graph)
    with Kennel.new_context(graph) as context:
        owners.create(Owner(id=9, name="Emmy"))
        with pytest.raises(DuplicateModelError):
            owners.create(Owner(id=10, name="Ada"))
        context.commit()

    assert owners.exists(name="Emmy")


def test_deleting_by_nothing_in_particular_is_refused(graph: Any) -> None:
    """A filter that is None would delete every row."""
    with pytest.raises(UnknownFilterError, match="delete refuses None"):
        OwnerStore(graph).delete(name=None)


def test_sealed_rows_stay(sealed_graph: Any) -> None:
    """Neither added nor deleted."""
    owners = OwnerStore(sealed_graph)
    with pytest.raises(ReadOnlyDataSetError):
        owners.create(Owner(id=9, name="Emmy"))
    with pytest.raises(ReadOnlyDataSetError):
        owners.delete(name="Ada")

    assert owners.count() == 3


@pytest.mark.parametrize(
    ("broken", "kind", "message"),
    [
        (
            {"id": 1},
            DuplicateModelError,
            (
                "UNIQUE constraint failed: ware.id; nothing was written. "
                "Another row has these values: give this one others, or change or delete that one."
            ),
        ),
        (
            {"name": "Cup"},
            DuplicateModelError,
            (
                "UNIQUE constraint failed: ware.name; nothing was written. "
                "Another row has these values: give this one others, or change or delete that one."
            ),
        ),
        (
            {"name": None},
            ModelIntegrityError,
            (
                "NOT NULL constraint failed: ware.name; nothing was written. "
                "Give the row a value there, or declare the column Mapped[... | None]."
            ),
        ),
        (
            {"maker_code": "zz"},
            ModelIntegrityError,
            (
                "FOREIGN KEY constraint failed; nothing was written. "
                "Create the row that is referred to before, and delete those that refer to it before it."
            ),
        ),
        (
            {"stock": "many"},
            ModelIntegrityError,
            (
                "cannot store TEXT value in INTEGER column ware.stock; nothing was written. "
                "Give the row a value of the type of the column."
            ),
        ),
    ],
)
def test_a_constraint_that_is_broken(mutable_wares: Any, broken: Any, kind: type[Exception], message: str) -> None:
    """The message says which, and what to do; the original error is its first argument, as in 2.0.0."""
    wares = WareStore(mutable_wares)
    row = {"id": 9, "name": "Pan", "maker_code": "a"} | broken
    with Wares.new_context(mutable_wares), pytest.raises(kind) as raised:
        wares.create(Ware(**row))

    assert type(raised.value) is kind
    assert str(raised.value) == message
    assert isinstance(raised.value.args[0], IntegrityError)
    assert raised.value.__cause__ is raised.value.args[0]


def test_rows_that_others_refer_to_are_not_deleted(mutable_wares: Any) -> None:
    """The constraint is told as when a row is created."""
    with Wares.new_context(mutable_wares), pytest.raises(ModelIntegrityError, match="delete those that refer to it"):
        MakerStore(mutable_wares).delete(Maker.code == "a")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"stock": 2**70}, "Ware.stock: expected a whole number, in at most 64 bits, found 1180591620717411303424"),
        ({"name": "Pan\ud800"}, r"Ware.name: expected text that UTF-8 can hold, found 'Pan\\ud800'"),
        ({"size": "HUGE"}, "Ware.size: expected one of SMALL, LARGE, found 'HUGE'"),
        ({"pack": "HUGE"}, "Ware.pack: expected one of SMALL, LARGE, found 'HUGE'"),
        ({"size": Taste.SWEET}, r"Ware.size: expected one of SMALL, LARGE, found <Taste\.SWEET: 1>"),
        ({"number": "x"}, r"Ware.number: expected a uuid\.UUID, found 'x'"),
    ],
)
def test_a_value_that_its_column_does_not_take(mutable_wares: Any, wrong: Any, message: str) -> None:
    """Named with its attribute; one that could be written but never be read is refused as well."""
    wares = WareStore(mutable_wares)
    row = {"id": 9, "name": "Pan", "maker_code": "a"} | wrong
    with Wares.new_context(mutable_wares) as context:
        with pytest.raises(ArgumentValueError, match=rf"^WareStore of Ware: {message}\. Nothing was written\. "):
            wares.create(Ware(**row))
        context.commit()

    assert wares.count() == 3


@pytest.mark.parametrize("instance", [None, {"name": "Pan"}, Ware, [Ware(id=9)]])
def test_what_is_no_row(mutable_wares: Any, instance: Any) -> None:
    """The message says how to make one."""
    with (
        Wares.new_context(mutable_wares),
        pytest.raises(ArgumentError, match=r"instance: expected an instance of Ware, .* Write create\(Ware\(\.\.\."),
    ):
        WareStore(mutable_wares).create(instance)


@pytest.mark.parametrize(
    "delete",
    [
        lambda wares: wares.delete(stock=2**70),
        lambda wares: wares.delete(Ware.stock == 2**70),
        lambda wares: wares.delete(size="HUGE"),
        lambda wares: wares.delete(Maker.name == "Ada"),
        lambda wares: wares.delete(Ware.name),
        lambda wares: wares.delete(1),
        lambda wares: wares.delete(wares.retrieve(1)),
        lambda wares: wares.delete(None),
    ],
)
def test_what_cannot_be_deleted_by(mutable_wares: Any, delete: Callable[[WareStore], Any]) -> None:
    """The same errors as for look-ups, and every row stays."""
    wares = WareStore(mutable_wares)
    with Wares.new_context(mutable_wares) as context:
        with pytest.raises(ArgumentError):
            delete(wares)
        context.commit()

    assert wares.count() == 3


def test_without_any_argument_every_row_is_deleted(graph: Any) -> None:
    """As in 2.0.0; nothing that is a mistake in an argument comes to this."""
    dogs = DogStore(graph)
    with Kennel.new_context(graph) as context:
        assert dogs.delete()
        assert dogs.count() == 0
        with pytest.raises(ModelNotFoundError, match="nothing to delete: DogStore of Dog: any row"):
            dogs.delete()
        context.rollback()
        assert dogs.count() == 4


def in_thread(act: Callable[[], Any]) -> Any:
    """Return what *act* returns or raises in another thread."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(act())
        except Exception as error:  # noqa: BLE001 - Handed over.
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def hurried(session: Any) -> None:
    """Let *session* wait for nobody: tests have no time."""
    session.connection().connection.dbapi_connection.native.set_busy_timeout(1)


def test_outside_of_a_context_the_caller_commits_the_threads_own_session(mutable_wares: Any) -> None:
    """Until then nobody else sees the row or can write; others are told who may hold the lock."""
    makers = MakerStore(mutable_wares)
    makers.create(Maker(code="c", name="Carl"))

    def in_context() -> Any:
        with Wares.new_context(mutable_wares) as context:
            hurried(context.session)
            makers.create(Maker(code="d", name="Daniel"))

    error = in_thread(in_context)
    assert in_thread(makers.count) == 2
    makers.session.commit()

    assert isinstance(error, DataSetBusyError)
    assert "nothing was written" in str(error)
    assert "What a store changes outside of a context holds the lock until `store.session.commit()`." in str(error)
    assert in_thread(makers.count) == 3


def test_a_commit_that_has_to_wait_for_too_long(mutable_wares: Any) -> None:
    """The context says so; its changes are gone."""
    makers = MakerStore(mutable_wares)
    makers.create(Maker(code="c", name="Carl"))

    def in_context() -> Any:
        with Wares.new_context(mutable_wares) as context:
            assert context.session is not None
            hurried(context.session)
            context.session.add(Maker(code="d", name="Daniel"))
            context.commit()

    error = in_thread(in_context)

    assert isinstance(error, DataSetBusyError)
    assert "nothing was committed, and all changes were rolled back" in str(error)
