"""Read rows from where they are reviewed."""

from microcosm_sqlite.sources.csv import CSVSource
from microcosm_sqlite.sources.records import COMMAS, TABS, Dialect
from microcosm_sqlite.sources.tabular import QUOTED_EMPTY, Batch, Content, FileDigest, Reading, Record, Source

__all__ = [
    "COMMAS",
    "QUOTED_EMPTY",
    "TABS",
    "Batch",
    "CSVSource",
    "Content",
    "Dialect",
    "FileDigest",
    "Reading",
    "Record",
    "Source",
]
