"""Read rows from where they are reviewed."""

from microcosm_sqlite.sources.csv import CSVSource
from microcosm_sqlite.sources.tabular import QUOTED_EMPTY, FileDigest, Reading, Record, Source

__all__ = ["QUOTED_EMPTY", "CSVSource", "FileDigest", "Reading", "Record", "Source"]
