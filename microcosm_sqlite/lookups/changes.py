"""Change the rows of one model, where its data set can change."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.sql.elements import ClauseElement
from typing_extensions import TypeVar

from microcosm_sqlite.context import integrity_error
from microcosm_sqlite.errors import ArgumentError, ModelNotFoundError, UnknownFilterError
from microcosm_sqlite.lookups.arguments import named
from microcosm_sqlite.lookups.asking import Explaining, raise_if_busy
from microcosm_sqlite.lookups.criteria import is_enumeration
from microcosm_sqlite.lookups.hooks import Hooks
from microcosm_sqlite.lookups.refusals import refusal_of, unknown_name
from microcosm_sqlite.lookups.resuming import is_ours
from microcosm_sqlite.lookups.sessions import has_begun

ModelT = TypeVar("ModelT", default=Any)


class Changes(Hooks[ModelT]):
    """What a store can do to rows."""

    def create(self, instance: ModelT) -> ModelT:
        """Add *instance* and return it; the caller commits: until then nobody else sees it, and nobody else can write.

        Raises:
            ArgumentError: it is no instance of a model, or has a value that its column does not take.
            DuplicateModelError: its key exists; what was done before in this transaction stays.
            ModelIntegrityError: it breaks another constraint; the same.
            DataSetBusyError: another connection holds a lock on the database, for too long.
            ReadOnlyDataSetError: the data set cannot change.
        """
        columns = self._columns_of(instance)
        self._refuse(instance, {name: type_ for name, type_ in columns.items() if is_enumeration(type_)}, unknown_name)
        try:
            with self.flushing():
                self.session.add(instance)
        except Exception as error:
            if not is_ours(error):
                self._refuse(instance, columns, refusal_of, error)
            raise
        return instance

    def _columns_of(self, instance: Any) -> dict[str, Any]:
        """Return the types of the columns of *instance* by attribute."""
        mapper: Any = getattr(cast("Any", type(instance)), "__mapper__", None)
        if mapper is None:
            model = self.model_class.__name__
            raise ArgumentError(
                where=self._name,
                argument="instance",
                expected=f"an instance of {model}",
                found=named(instance),
                remedy=f"Write create({model}(...)), one row each time.",
            )
        return {one.key: one.columns[0].type for one in mapper.column_attrs}

    def _refuse(self, instance: Any, columns: Mapping[str, Any], reason: Any, error: Exception | None = None) -> None:
        """Raise what *reason* says of the first value of *instance* that its column does not take, if there is one."""
        held = cast("dict[str, Any]", vars(instance))
        for name in columns.keys() & held.keys():
            value = held[name]
            if not isinstance(value, ClauseElement) and (refusal := reason(columns[name], value)) is not None:
                found = refusal._replace(remedy=f"Nothing was written. {refusal.remedy}")
                raise found.error(where=self._name, argument=f"{type(instance).__name__}.{name}") from error

    def delete(self, *criteria: Any, **filters: Any) -> bool:
        """Delete every row that matches and return True; without any argument, every row there is. The caller commits.

        Raises:
            ArgumentError: a condition is none, or a filter has a value that its column does not take.
            ModelNotFoundError: nothing matches.
            ModelIntegrityError: another row refers to one of these.
            UnknownFilterError: a keyword is unknown or None: it would widen what is deleted.
            DataSetBusyError: another connection holds a lock on the database, for too long.
            ReadOnlyDataSetError: the data set cannot change.
        """
        unset = [name for name, value in filters.items() if value is None]
        if unset:
            raise UnknownFilterError(
                store=self._name, unknown=unset, known=self._known_filters(), reason="delete refuses None for"
            )
        with Explaining(self, criteria, filters):
            query = self._match(criteria, filters)
            with self.flushing():
                deleted = query.delete()
        if not deleted:
            raise ModelNotFoundError(f"nothing to delete: {self._described(criteria, filters)}")
        return True

    @contextmanager
    def flushing(self) -> Generator[None]:
        """Flush at the end of the block; if that breaks a constraint, undo the block only and raise our error."""
        session = self.session
        try:
            session.flush()
            had_begun = has_begun(session)
            try:
                with session.begin_nested():
                    yield
                    session.flush()
            except BaseException:
                if not had_begun:
                    # Undoing a savepoint that began the transaction leaves that open, and with it the write lock.
                    session.rollback()
                raise
        except IntegrityError as error:
            if not session.is_active:
                session.rollback()
            raise integrity_error(error) from error
        except OperationalError as error:
            raise_if_busy(error, self, undone="nothing was written")
            raise
