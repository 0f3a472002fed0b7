"""Say where a page ended, in a text that only this data set can have written.

A cursor is a message authentication code and what it vouches for: the release of the data, the question that was asked,
and the values by which the last row is ordered. The values go into the next statement as parameters and nothing else of
the cursor does, so that even a forged one could only begin elsewhere.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Engine

from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.engines.opening import never_changes, options_of
from microcosm_sqlite.errors import CursorError, StaleCursorError
from microcosm_sqlite.lookups.arguments import shown

#: Bytes of a code, a multiple of three as base 64 takes them: to guess one takes 2**144 tries.
_CODE_BYTES: Final = 18
_CODE_CHARACTERS: Final = _CODE_BYTES * 4 // 3

#: Enough to tell releases, and questions, from each other; nobody gains from finding two that are alike.
_NAME_BYTES: Final = 8

#: Longer ones were written by nobody here: values that order rows are short.
_LONGEST: Final = 1 << 16


class _Place(msgspec.Struct, array_like=True, frozen=True):
    """What a cursor vouches for."""

    release: bytes
    question: bytes
    values: list[Any]


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(_Place)


class Seal:
    """Writes and reads the cursors of one data set; may be used by several threads."""

    def __init__(self, *, release: str, secret: str) -> None:
        """Make the seal of a data set.

        Args:
            release: What the rows are, or nothing where they may change.
            secret: What the key is made of. Without it the key follows from the release: who has the artifact could
                write cursors too.
        """
        self._release = name_of(release)
        self._has_secret = bool(secret)
        self._key = blake2b((secret or release).encode(), person=b"cursors").digest()

    def write(self, question: bytes, values: Sequence[Any]) -> str:
        """Return the cursor of a row with these *values*, as stored, among the answers to *question* (a `name_of`)."""
        place = urlsafe_b64encode(_encoder.encode(_Place(self._release, question, list(values)))).rstrip(b"=")
        return (self._code(place) + place).decode()

    def read(self, cursor: Any, question: bytes, *, size: int, store: str) -> list[Any]:
        """Return the values in *cursor*.

        Args:
            cursor: What `write` returned, or what somebody made of it.
            question: What is asked now.
            size: How many values it takes.
            store: Who asks, for errors.

        Raises:
            CursorError: it is no cursor, or not one of this question.
            StaleCursorError: it is one of another release.
        """
        place = self._place(cursor)
        if place is None:
            found = f"{_shown(cursor)}, which was not written here, or was changed since"
            raise CursorError(store=store, expected=_EXPECTED, found=found, remedy=_GIVE)
        if place.release != self._release:
            raise StaleCursorError(store=store, expected=_EXPECTED, found="one of another release", remedy=_AGAIN)
        if place.question != question or len(place.values) != size:
            raise CursorError(store=store, expected=_EXPECTED, found="one of another look-up", remedy=_SAME)
        return place.values

    def _place(self, cursor: Any) -> _Place | None:
        """Return what *cursor* vouches for, or None where nobody here wrote it."""
        try:
            text = cursor.encode("ascii")
            code, encoded = text[:_CODE_CHARACTERS], text[_CODE_CHARACTERS:_LONGEST]
            place = _decoder.decode(urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4)))
        except (AttributeError, ValueError, msgspec.DecodeError):
            return None
        # The text is what is signed: it could be written in several ways.
        is_genuine = compare_digest(code, self._code(text[_CODE_CHARACTERS:]))
        # Where the key follows from the release, that of another one is not known here; it leads nowhere anyway.
        is_foreign = not self._has_secret and place.release != self._release
        return place if is_genuine or is_foreign else None

    def _code(self, place: bytes) -> bytes:
        # A keyed BLAKE2 is a message authentication code (https://www.rfc-editor.org/rfc/rfc7693, section 2.9).
        return urlsafe_b64encode(blake2b(place, key=self._key, digest_size=_CODE_BYTES).digest())


def name_of(text: str) -> bytes:
    """Return a short name of *text*."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=_NAME_BYTES).digest()


_EXPECTED: Final = "a cursor that page() gave for the same order, filters and expressions"
_GIVE: Final = "Give back `next` of a page as it is, or None for the first page."
_AGAIN: Final = "The data set was released anew since. Start again with the first page: after=None."
_SAME: Final = "Give it to the look-up that it came from, or start with the first page: after=None."

#: Characters of a cursor that an error shows.
_SHOWN: Final = 40


def _shown(cursor: Any) -> str:
    if not isinstance(cursor, str):
        return shown(cursor)
    return repr(cursor) if len(cursor) <= _SHOWN else f"{cursor[:_SHOWN] + '...'!r}"


_seals: WeakKeyDictionary[Engine, Seal] = WeakKeyDictionary()


def seal_of(engine: Engine) -> Seal:
    """Return the seal of what *engine* reads."""
    seal = _seals.get(engine)
    if seal is None:
        seal = _seals[engine] = Seal(release=_release(engine), secret=options_of(engine).cursor_secret)
    return seal


def _release(engine: Engine) -> str:
    return inspect(Path(engine.url.database or "")).manifest.content_digest if never_changes(engine) else ""
