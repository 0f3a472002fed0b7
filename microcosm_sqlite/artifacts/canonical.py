"""Write plain values as the one JSON text that every implementation agrees on."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any


def canonical_json(document: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """Return *document* as RFC 8785 would write it.

    The subset in use: objects whose keys are ASCII, arrays, strings, integers below 2**53, booleans, null. Within it
    Python's encoder agrees with the RFC byte for byte: sorted keys, no white space, only necessary escapes.

    Raises:
        TypeError: A value is of another kind; floating-point numbers are among these.
        ValueError: A string is not valid Unicode.
    """
    _check(document)
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def json_digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical form of *document*, written `sha256:` and 64 hexadecimal digits."""
    return f"sha256:{sha256(canonical_json(document)).hexdigest()}"


def _check(value: object) -> None:
    match value:
        case None | str() | int():
            return
        case list() | tuple():
            for item in value:  # pyright: ignore[reportUnknownVariableType]
                _check(item)  # pyright: ignore[reportUnknownArgumentType]
        case dict():
            for key, item in value.items():  # pyright: ignore[reportUnknownVariableType]
                if not (isinstance(key, str) and key.isascii()):
                    message = f"a key must be ASCII text, not {key!r}"
                    raise TypeError(message)
                _check(item)  # pyright: ignore[reportUnknownArgumentType]
        case _:
            message = f"no canonical form is defined for {type(value).__name__}"
            raise TypeError(message)
