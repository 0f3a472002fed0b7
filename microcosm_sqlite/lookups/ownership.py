"""Keep a session to the thread that it belongs to."""

import threading
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from microcosm_sqlite.errors import ForeignThreadError

#: Where a session says that it is kept.
_KEPT: Final = "microcosm_sqlite_kept_here"


def keep_here(session: Session) -> None:
    """Let *session* refuse statements in any other thread than this one, from now on.

    It is asked by rows that were carried into another thread, where something of theirs is to be loaded: two threads
    that use a session at once break it.
    """
    if session.info.get(_KEPT):
        return
    session.info[_KEPT] = True
    owner = threading.current_thread()

    def refuse(state: ORMExecuteState) -> None:
        here = threading.current_thread()
        if here is not owner:
            mapper: Any = state.bind_mapper
            model = "a row" if mapper is None else mapper.class_.__name__
            raise ForeignThreadError(model=model, owner=owner.name, found=here.name)

    event.listen(session, "do_orm_execute", refuse)
