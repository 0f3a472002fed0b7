"""Mixins for models."""

from typing import Any


class IdentityMixin:
    """Equality by type and loaded values, hash by `identity`: convenient in the assertions of tests."""

    @property
    def identity(self) -> Any:
        """What makes this row itself, usually its primary key; models override it."""
        raise NotImplementedError("identity")

    def _members(self) -> dict[str, Any]:
        """Return the loaded public attributes."""
        return {key: value for key, value in vars(self).items() if not key.startswith("_")}

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._members() == other._members()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return id(self) if self.identity is None else hash(self.identity)
