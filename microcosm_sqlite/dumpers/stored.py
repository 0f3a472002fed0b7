"""Read the rows of a model as they are stored, for dumps of any form."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import select, type_coerce
from sqlalchemy import types as sql
from sqlalchemy.orm import Session

from microcosm_sqlite.dumpers.fields import Field, key_names
from microcosm_sqlite.errors import NoSessionError

#: Rows that are held in memory at a time.
STREAM_ROWS: Final = 1000


def stored_rows(graph: Any, store: Any, model: type[Any], fields: Sequence[Field]) -> Iterator[Sequence[Any]]:
    """Yield the values of *fields*, all of them columns, of every row of *model* in the order of its key.

    Values are what attributes hold, but for JSON, which is the text that is stored: in Python, its null and NULL are
    both None. The session is that of *store*, or one of its own where none is open.
    """
    keys = [getattr(model, key) for key in key_names(model)]
    query = select(*(_selected(model, field) for field in fields), *keys).order_by(*keys)
    with _session(graph, store, model) as session:
        result = session.execute(query.execution_options(yield_per=STREAM_ROWS))
        try:
            for row in result:
                yield row[: len(fields)]
        finally:
            # A statement left open holds a read lock.
            result.close()


def stored_cell(field: Field, value: Any) -> str | None:
    """Return the text for a value that `stored_rows` gave."""
    return field.cell_of_text(value) if field.is_json else field.cell(value)


def _selected(model: type[Any], field: Field) -> Any:
    attribute = getattr(model, str(field.key))
    return type_coerce(attribute, sql.Text) if field.is_json else attribute


@contextmanager
def _session(graph: Any, store: Any, model: type[Any]) -> Generator[Session]:
    try:
        session: Session = store.session
    except NoSessionError:
        with model.new_context(graph) as context:
            yield context.session
    else:
        yield session
