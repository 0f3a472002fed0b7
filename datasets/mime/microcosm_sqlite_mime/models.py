"""Declare the tables of media types with their file extensions."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from microcosm_sqlite.dataset import DataSet


class Mime(DataSet, DeclarativeBase):
    """MIME media types and file extensions."""

    __data_set__ = "mime"


class MediaType(Mime):
    """A media type such as "text/html"."""

    __tablename__ = "media_type"

    #: In lower case.
    name: Mapped[str] = mapped_column(primary_key=True)
    #: Who defines it: "iana", "apache", "nginx", or None for nobody named.
    source: Mapped[str | None]
    #: The default character encoding.
    charset: Mapped[str | None]
    #: Whether compressing such a file pays; None where nobody says.
    compressible: Mapped[bool | None]

    extensions: Mapped[list["Extension"]] = relationship(back_populates="media_type", order_by="Extension.position")


class Extension(Mime):
    """One media type's claim to a file extension; of several claims to one extension, exactly one is preferred."""

    __tablename__ = "extension"
    __table_args__ = (Index("ix_extension_preferred_name", "name", unique=True, sqlite_where=text("is_preferred = 1")),)

    #: In lower case, without a dot: "html".
    name: Mapped[str] = mapped_column(primary_key=True)
    media_type_name: Mapped[str] = mapped_column(ForeignKey("media_type.name"), primary_key=True, index=True)
    #: Where the media type lists it; 0 is the extension to give to a file of this type.
    position: Mapped[int]
    #: Whether this media type is the one to assume for a file of this extension.
    is_preferred: Mapped[bool]

    media_type: Mapped[MediaType] = relationship(back_populates="extensions")
