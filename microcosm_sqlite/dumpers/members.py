"""Look into items of any kind: instances of models, mappings, result rows, other objects."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import Row, inspect

from microcosm_sqlite.dumpers.fields import Field

#: What an item has where it has nothing, not even None.
MISSING: Final = object()


def members_of(item: Any) -> Callable[[str], Any]:
    """Return what gives the member of a name, or `MISSING`.

    The mapped attributes of an instance are loaded if they have to be.
    """
    members = _unmapped(item)
    mapped = _mapped_names(item)

    def member(name: str) -> Any:
        if name in members:
            return members[name]
        return getattr(item, name) if name in mapped else MISSING

    return member


def refuse_extras(item: Any, fields: Sequence[Field]) -> None:
    """Check that *item* has no member that is in no field; mapped attributes of an instance are never extra.

    Raises:
        ValueError: it has some.
    """
    known = {name for field in fields for name in field.names}
    extra = sorted(str(name) for name in _unmapped(item) if name not in known)
    if extra:
        raise ValueError(f"{item!r} has members that are in no field: {', '.join(extra)}; fields: {_listed(fields)}")


def _unmapped(item: Any) -> Mapping[str, Any]:
    """Return the members of *item* that no mapper looks after."""
    if _is_row(item):
        return dict(item._asdict())
    if _is_mapping(item):
        return cast("Mapping[str, Any]", item)
    # A hook since 2.0.0: models may add members of their own.
    hook: Any = getattr(item, "_members", None)
    members = cast("dict[str, Any]", vars(item) if hook is None else hook())
    mapped = _mapped_names(item)
    return {name: value for name, value in members.items() if not name.startswith("_") and name not in mapped}


def _is_row(item: object) -> bool:
    return isinstance(item, Row)


def _is_mapping(item: object) -> bool:
    return isinstance(item, Mapping)


def _mapped_names(item: Any) -> Iterable[str]:
    state: Any = inspect(item, raiseerr=False)
    return () if state is None else state.mapper.attrs.keys()


def _listed(fields: Sequence[Field]) -> str:
    return ", ".join(field.name for field in fields)
