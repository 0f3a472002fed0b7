"""Hold what the curator says of an artifact."""

from dataclasses import dataclass
from typing import Any, cast

from microcosm_sqlite.artifacts.manifest import Contributor, Licence, Source, check_date_time


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """What the curator says of an artifact; everything else in its manifest is found out from the file.

    Raises:
        TypeError: something is of another type.
        ValueError: the version is empty, or `created` is no date and time.
    """

    version: str
    title: str | None = None
    description: str | None = None
    licences: tuple[Licence, ...] = ()
    contributors: tuple[Contributor, ...] = ()
    attribution: str | None = None
    #: Where the rows came from, beyond the files that the workbench loaded and records by itself.
    sources: tuple[Source, ...] = ()
    #: RFC 3339 date and time, best that of `SOURCE_DATE_EPOCH`; never the clock, or equal rows give unequal files.
    created: str | None = None

    def __post_init__(self) -> None:
        for name in ("version", "title", "description", "attribution", "created"):
            _check_text(name, getattr(self, name), may_be_none=name != "version")
        if not self.version.strip():
            raise ValueError(f"expected a version such as '2026.1', found {self.version!r}")
        for name, kind in (("licences", Licence), ("contributors", Contributor), ("sources", Source)):
            _check_tuple(name, getattr(self, name), kind)
        if self.created is not None:
            check_date_time(self.created)


def _check_text(name: str, value: Any, *, may_be_none: bool) -> None:
    if not isinstance(value, str) and not (value is None and may_be_none):
        raise TypeError(f"{name}: expected text, found {value!r}. Write {name}={str(value)!r}.")


def _check_tuple(name: str, values: Any, kind: type[Any]) -> None:
    found = cast("list[Any]", values)
    if not isinstance(values, tuple | list) or not all(isinstance(value, kind) for value in found):
        example = {Licence: "Licence(name='MIT')", Contributor: "Contributor(title='...')"}.get(kind, kind.__name__)
        raise TypeError(f"{name}: expected a tuple of {kind.__name__}s, found {values!r}. Write {name}=({example},).")
