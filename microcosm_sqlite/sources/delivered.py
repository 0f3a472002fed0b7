"""Tell what a source without bytes of its own delivered."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from microcosm_sqlite.sources.lines import Block
from microcosm_sqlite.sources.tabular import Batch, FileDigest

#: How many bytes MessagePack puts before the elements of an array of fewer than so many, of which it has three forms.
_ARRAY_BYTES: Final = ((16, 1), (2**16, 3), (2**32, 5))

_PLAIN: Final[tuple[Any, ...]] = (str, int, float, bytes, tuple, list, dict)

#: What an encoder raises for a value that MessagePack has no word for.
_UNKNOWN: Final = (TypeError, ValueError, OverflowError, RecursionError)


class DeliveredText:
    """What became of a pass over text that lies nowhere as bytes: an open file, lines of any origin."""

    def __init__(self) -> None:
        #: Which text it was, in UTF-8, without a byte order mark; None until the last line was delivered.
        self.digest: FileDigest | None = None

    def watch(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield *blocks*, and know their digest at the end."""
        sha256, count = hashlib.sha256(), 0
        for block in blocks:
            # Half a character is refused later, where it can be told with its line.
            data = block.text.encode(errors="surrogatepass")
            sha256.update(data)
            count += len(data)
            yield block
        self.digest = FileDigest(sha256=sha256.hexdigest(), bytes=count, form="text")


class DeliveredRows:
    """What became of a pass over rows that lie nowhere as bytes: those of a query, of a generator.

    Its digest is the SHA-256 of all rows in their order, each an array in MessagePack, with a map `{"names": [...]}`
    before the first one and wherever rows begin to hold something else. Neither batches nor the machine make a
    difference; dictionaries and sets are sorted, decimals, UUIDs and times stand as text.
    """

    def __init__(self) -> None:
        #: Which rows they were; None until the last one was delivered, and where one holds what cannot be encoded.
        self.digest: FileDigest | None = None
        self._encoder = msgspec.msgpack.Encoder(order="deterministic", enc_hook=_plain)
        self._sha256 = hashlib.sha256()
        self._bytes = 0
        self._names: tuple[str, ...] | None = None
        self._is_known = True

    def watch(self, batches: Iterable[Batch], *, header: tuple[str, ...] = ()) -> Iterator[Batch]:
        """Yield *batches*, and know their digest at the end."""
        buffer = bytearray()
        for batch in batches:
            if self._is_known:
                self._add(batch, batch.header or header, buffer)
            yield batch
        if self._is_known:
            self.digest = FileDigest(sha256=self._sha256.hexdigest(), bytes=self._bytes, form="rows")

    def _add(self, batch: Batch, names: tuple[str, ...], buffer: bytearray) -> None:
        try:
            if names != self._names:
                self._names = names
                self._update(self._encoder.encode({"names": names}), 0)
            self._encoder.encode_into(batch.rows, buffer)
        except _UNKNOWN:
            self._is_known = False
        else:
            # One after the other rather than as an array of so many: the size of a batch means nothing.
            self._update(buffer, next(size for count, size in _ARRAY_BYTES if len(batch.rows) < count))

    def _update(self, data: bytes | bytearray, start: int) -> None:
        with memoryview(data)[start:] as part:
            self._sha256.update(part)
            self._bytes += len(part)


def _plain(value: Any) -> Any:
    """Return a value of a subclass of a plain type (a name that SQLAlchemy quotes, a number of NumPy) as that."""
    for kind in _PLAIN:
        if isinstance(value, kind):
            return kind(value)
    raise TypeError(value)
