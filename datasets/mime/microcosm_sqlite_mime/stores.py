"""Look up media types with their file extensions."""

from sqlalchemy import select

from microcosm_sqlite.stores import Call, Search, Store, certified
from microcosm_sqlite_mime.models import Extension, MediaType


@certified
class MediaTypeStore(Store[MediaType]):
    """Look-ups of media types, ordered by name."""

    auto_filter_fields = (MediaType.name, MediaType.source, MediaType.charset, MediaType.compressible)
    order_by = (MediaType.name,)
    access = (
        # What a good part of all media types have in common needs no index.
        Search(MediaType.source, scan_limit=5_000),
        Search(MediaType.charset, scan_limit=5_000),
        Search(MediaType.compressible, scan_limit=5_000),
        Call("by_extension", "html"),
    )

    def by_extension(self, extension: str) -> MediaType:
        """Return the media type to assume for a file with this extension; raise `ModelNotFoundError` for none.

        Args:
            extension: in any case, with or without its dot: ".HTML", "html".
        """
        preferred = select(Extension.media_type_name).where(
            Extension.name == extension.removeprefix(".").lower(), Extension.is_preferred
        )
        return self.one(MediaType.name == preferred.scalar_subquery())


@certified
class ExtensionStore(Store[Extension]):
    """Look-ups of file extensions: which media types claim them, which of these is preferred."""

    auto_filter_fields = (Extension.name, Extension.media_type_name, Extension.is_preferred)
    order_by = (Extension.name, Extension.is_preferred.desc())
    # Most are: no index would spare a scan.
    access = (Search(Extension.is_preferred, scan_limit=5_000),)
