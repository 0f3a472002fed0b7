"""Change the rows of one model, where its data set can change."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import IntegrityError
from typing_extensions import TypeVar

from microcosm_sqlite.context import integrity_error
from microcosm_sqlite.errors import ModelNotFoundError, UnknownFilterError
from microcosm_sqlite.lookups.hooks import Hooks
from microcosm_sqlite.lookups.sessions import has_begun

ModelT = TypeVar("ModelT", default=Any)


class Changes(Hooks[ModelT]):
    """What a store can do to rows."""

    def create(self, instance: ModelT) -> ModelT:
        """Add *instance* and return it; the caller commits.

        Raises:
            DuplicateModelError: its key exists; what was done before in this transaction stays.
            ModelIntegrityError: it breaks another constraint; the same.
            ReadOnlyDataSetError: the data set cannot change.
        """
        with self.flushing():
            self.session.add(instance)
        return instance

    def delete(self, *criteria: Any, **filters: Any) -> bool:
        """Delete every row that matches and return True; without any argument, every row there is.

        Raises:
            ModelNotFoundError: nothing matches.
            UnknownFilterError: a keyword is unknown or None: it would widen what is deleted.
        """
        unset = [name for name, value in filters.items() if value is None]
        if unset:
            raise UnknownFilterError(
                store=self._name, unknown=unset, known=self._known_filters(), reason="delete refuses None for"
            )
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
