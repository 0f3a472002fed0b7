"""Teach alembic's autogeneration what a column type is to SQLite."""

from typing import Any, Literal, Protocol

from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy.types import TypeDecorator, TypeEngine

from microcosm_sqlite.ddl import strict_type


class RenderItem(Protocol):
    """What alembic takes as `render_item`: the text of *item*, or False to leave it to the next in line."""

    def __call__(self, kind: str, item: Any, autogen_context: AutogenContext, /) -> Any:
        """Return the text of *item* in a generated migration, or False."""


class CompareType(Protocol):
    """What alembic takes as `compare_type`: whether two types differ, or None to leave it to the next in line."""

    def __call__(
        self,
        migration_context: MigrationContext,
        column: Any,
        model_column: Any,
        column_type: TypeEngine[Any],
        model_type: TypeEngine[Any],
        /,
    ) -> bool | None:
        """Return whether the type of a database's column is not what the model's column asks for."""


def render_item(kind: str, item: Any, autogen_context: AutogenContext, /) -> str | Literal[False]:
    """Return how a generated migration spells the column type *item*, or False to leave it to alembic.

    A `TypeDecorator`, ours or a user's, becomes the plain SQLAlchemy type that it stores, so that a migration still
    runs when the code it was made from has changed. With alembic's option `user_module_prefix`, users' types are left
    to alembic.
    """
    if kind != "type" or _home(item).startswith("sqlalchemy."):
        return False
    is_ours = any(base.__module__.startswith("microcosm_sqlite.") for base in type(item).__mro__)
    if not is_ours and autogen_context.opts.get("user_module_prefix"):
        return False
    plain = _stored_type(item, autogen_context)
    if _home(plain).startswith("sqlalchemy."):
        return f"{autogen_context.opts.get('sqlalchemy_module_prefix') or ''}{plain!r}"
    autogen_context.imports.add(f"import {_home(plain)}")
    return f"{_home(plain)}.{plain!r}"


def compare_type(
    migration_context: MigrationContext,
    column: Any,  # noqa: ARG001 - the signature is alembic's
    model_column: Any,  # noqa: ARG001
    column_type: TypeEngine[Any],
    model_type: TypeEngine[Any],
    /,
) -> bool | None:
    """Return whether two types are stored differently; SQLite gives no meaning to lengths and precisions."""
    found, wanted = (
        strict_type(migration_context.dialect.type_compiler_instance.process(type_)).split()[0]
        for type_ in (column_type, model_type)
    )
    return wanted not in {found, "ANY"}


def render_item_after(theirs: RenderItem | None) -> RenderItem:
    """Return a function that asks *theirs* first, then `render_item`."""

    def render(kind: str, item: Any, autogen_context: AutogenContext, /) -> Any:
        rendered = theirs(kind, item, autogen_context) if theirs else False
        return render_item(kind, item, autogen_context) if rendered is False else rendered

    return render


def compare_type_after(theirs: CompareType | bool) -> CompareType | bool:  # noqa: FBT001 - alembic's option is either
    """Return a function that asks *theirs* first, then `compare_type`; False when nothing is to be compared."""
    if not theirs:
        return False

    def compare(*arguments: Any) -> bool | None:
        differs = theirs(*arguments) if callable(theirs) else None
        return compare_type(*arguments) if differs is None else differs

    return compare


def _stored_type(item: Any, autogen_context: AutogenContext) -> Any:
    while _is_custom_decorator(item):
        item = item.load_dialect_impl(autogen_context.dialect)
    # What is special to the engine at hand has a general form that every engine turns into the special one again.
    is_special = _home(item).startswith(("microcosm_sqlite.", "sqlalchemy.dialects."))
    return item.as_generic() if is_special else item


def _is_custom_decorator(item: object) -> bool:
    return issubclass(type(item), TypeDecorator) and not type(item).__module__.startswith("sqlalchemy.")


def _home(item: object) -> str:
    return type(item).__module__
