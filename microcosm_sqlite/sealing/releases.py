"""Hold what the curator says of an artifact."""

from dataclasses import dataclass

from microcosm_sqlite.artifacts.manifest import Contributor, Licence, Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """What the curator says of an artifact; everything else in its manifest is found out from the file."""

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
