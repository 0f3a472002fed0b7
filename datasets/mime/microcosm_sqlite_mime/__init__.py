"""MIME media types and file extensions as a data set."""

from microcosm_sqlite_mime.models import Extension, MediaType, Mime
from microcosm_sqlite_mime.stores import ExtensionStore, MediaTypeStore

__all__ = ["Extension", "ExtensionStore", "MediaType", "MediaTypeStore", "Mime"]
