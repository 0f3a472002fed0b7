"""Make identifiers for new rows."""

from uuid import UUID, uuid4


def new_object_id() -> UUID:
    """Return a fresh random identifier (UUID version 4)."""
    return uuid4()
