"""Say where data sets are: what was configured, then what installed distributions announce.

Imported by every process that has the package installed, so nothing heavy is imported before a name is looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import TYPE_CHECKING, Any, cast

from microcosm_sqlite.constants import DATA_SET_GROUP
from microcosm_sqlite.settings import by_name

if TYPE_CHECKING:
    from microcosm_sqlite.shipping.installed import EntryPoint, InstalledChannel


class DataSetPaths(MutableMapping[str, Any]):
    """Where each data set is: what was configured, then what installed distributions announce.

    An entry point is loaded when its own data set is asked for, or when the mapping is walked.
    """

    def __init__(self, configured: dict[str, Any], graph: Any) -> None:
        self._configured = configured
        self._graph = graph
        self._installed: InstalledChannel | None = None

    @property
    def installed(self) -> InstalledChannel:
        """The installed distributions that carry data sets; scanned once."""
        if self._installed is None:
            from importlib.metadata import entry_points  # noqa: PLC0415 - 20 ms that only a bind pays

            from microcosm_sqlite.shipping.installed import InstalledChannel  # noqa: PLC0415

            found = cast("Iterable[EntryPoint]", entry_points(group=DATA_SET_GROUP))
            self._installed = InstalledChannel(found, self._graph)
        return self._installed

    def configured(self, name: str) -> Any:
        """Return the configured path of *name*, or None."""
        return by_name(self._configured, name)

    def __getitem__(self, name: str) -> Any:
        path = self.configured(name)
        if path is not None:
            return path
        if name in self.installed.names():
            return self.installed.locate(name)
        raise KeyError(name)

    def __setitem__(self, name: str, path: Any) -> None:
        self._configured[name] = path

    def __delitem__(self, name: str) -> None:
        del self._configured[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._configured, *self.installed.names())))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))
