"""Look up media types with their file extensions."""

from sqlalchemy import select

from microcosm_sqlite.stores import Store
from microcosm_sqlite_mime.models import Extension, MediaType


class MediaTypeStore(Store[MediaType]):
    """Look-ups of media types, ordered by name."""

    auto_filter_fields = (MediaType.name, MediaType.source, MediaType.charset, MediaType.compressible)
    order_by = (MediaType.name,)

    def by_extension(self, extension: str) -> MediaType:
        """Return the media type to assume for a file with this extension; raise `ModelNotFoundError` for none.

        Args:
            extension: in any case, with or without its dot: ".HTML", "html".
        """
        preferred = select(Extension.media_type_name).where(
            Extension.name == extension.removeprefix(".").lower(), Extension.is_preferred
        )
        return self.one(MediaType.name == preferred.scalar_subquery())


class ExtensionStore(Store[Extension]):
    """Look-ups of file extensions: which media types claim them, which of these is preferred."""

    auto_filter_fields = (Extension.name, Extension.media_type_name, Extension.is_preferred)
    order_by = (Extension.name, Extension.is_preferred.desc())
