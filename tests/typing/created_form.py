"""What type checkers see of `DataSet.create`; checked by mypy and pyright, never run."""

from typing import Any, assert_type

from microcosm_sqlite import DataSet, Store

Example: Any = DataSet.create("example")


class PersonStore(Store):
    """A store without a type argument: what it returns is Any, as ever."""

    @property
    def model_class(self) -> Any:
        """The model, made somewhere else."""
        return Example.model


def created() -> None:
    """The result is Any, so that models may be made from it."""
    assert_type(DataSet.create("example"), Any)
    assert_type(DataSet.create("example", cls=None), Any)


def reading(persons: PersonStore) -> None:
    """Look-ups give Any."""
    assert_type(persons.retrieve(1), Any)
    assert_type(persons.search(first="Ada"), list[Any])
    assert_type(persons.count(), int)
