"""Declare the tables of emoji with their groups, skin-tone variants, labels, tags, emoticons."""

from enum import Enum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.full_text import FullText
from microcosm_sqlite.types import EnumType


class Presentation(Enum):
    """How a character is shown when nothing else is asked for."""

    TEXT = "text"
    EMOJI = "emoji"


class Gender(Enum):
    """The gender an emoji shows."""

    FEMALE = "female"
    MALE = "male"


class Emojis(DataSet, DeclarativeBase):
    """Emoji with labels and tags in five languages: de, en, es, fr, ja."""

    __data_set__ = "emoji"


class EmojiGroup(Emojis):
    """One of the groups that keyboards show as pages: "smileys-emotion"."""

    __tablename__ = "emoji_group"

    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(unique=True)

    labels: Mapped[list["GroupLabel"]] = relationship(order_by="GroupLabel.locale")
    subgroups: Mapped[list["EmojiSubgroup"]] = relationship(back_populates="group", order_by="EmojiSubgroup.position")


class EmojiSubgroup(Emojis):
    """A part of a group: "face-smiling"."""

    __tablename__ = "emoji_subgroup"

    key: Mapped[str] = mapped_column(primary_key=True)
    group_key: Mapped[str] = mapped_column(ForeignKey("emoji_group.key"), index=True)
    position: Mapped[int] = mapped_column(unique=True)

    group: Mapped[EmojiGroup] = relationship(back_populates="subgroups")
    labels: Mapped[list["SubgroupLabel"]] = relationship(order_by="SubgroupLabel.locale")


class GroupLabel(Emojis):
    """What a group is called in one language."""

    __tablename__ = "group_label"

    group_key: Mapped[str] = mapped_column(ForeignKey("emoji_group.key"), primary_key=True)
    locale: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]


class SubgroupLabel(Emojis):
    """What a subgroup is called in one language."""

    __tablename__ = "subgroup_label"

    subgroup_key: Mapped[str] = mapped_column(ForeignKey("emoji_subgroup.key"), primary_key=True)
    locale: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]


class Emoji(Emojis):
    """An emoji, or a skin-tone variant of one.

    The 26 regional indicators, of which flags are made, belong to no group and have no position.
    """

    __tablename__ = "emoji"
    __table_args__ = (Index("ix_emoji_group_key_position", "group_key", "position"),)

    #: The code points that name it, without most variation selectors: "1F44B-1F3FB".
    hexcode: Mapped[str] = mapped_column(primary_key=True)
    #: The character itself, with the selector that makes it an emoji.
    character: Mapped[str] = mapped_column(unique=True)
    #: The same with the selector that makes it plain text, where there is such a form.
    text_character: Mapped[str | None]
    presentation: Mapped[Presentation] = mapped_column(EnumType(Presentation))
    gender: Mapped[Gender | None] = mapped_column(EnumType(Gender))
    group_key: Mapped[str | None] = mapped_column(ForeignKey("emoji_group.key"))
    subgroup_key: Mapped[str | None] = mapped_column(ForeignKey("emoji_subgroup.key"), index=True)
    #: Where keyboards show it, over all groups.
    position: Mapped[int | None] = mapped_column(unique=True)
    #: The Emoji version it came with; 0 for what is no emoji by itself.
    version: Mapped[float]
    #: The skin tone of a variant, from 1 (light) to 5 (dark).
    tone: Mapped[int | None]
    #: The skin tone of the second person, where it is another one.
    second_tone: Mapped[int | None]
    #: The emoji that this is a skin-tone variant of.
    base_hexcode: Mapped[str | None] = mapped_column(ForeignKey("emoji.hexcode"), index=True)

    group: Mapped[EmojiGroup | None] = relationship()
    subgroup: Mapped[EmojiSubgroup | None] = relationship()
    base: Mapped["Emoji | None"] = relationship(remote_side=hexcode, back_populates="variants")
    variants: Mapped[list["Emoji"]] = relationship(back_populates="base", order_by="Emoji.position")
    labels: Mapped[list["Label"]] = relationship(back_populates="emoji", order_by="Label.locale")
    tags: Mapped[list["Tag"]] = relationship(back_populates="emoji", order_by="Tag.locale, Tag.text")
    emoticons: Mapped[list["Emoticon"]] = relationship(back_populates="emoji", order_by="Emoticon.text")


class Emoticon(Emojis):
    """What people type for an emoji: ":)"."""

    __tablename__ = "emoticon"

    text: Mapped[str] = mapped_column(primary_key=True)
    hexcode: Mapped[str] = mapped_column(ForeignKey("emoji.hexcode"), index=True)

    emoji: Mapped[Emoji] = relationship(back_populates="emoticons")


class Label(Emojis):
    """What an emoji is called in one language: "grinning face"."""

    __tablename__ = "label"
    # A word of the label counts more than one of many keywords.
    __table_args__ = (
        Index("ix_label_text_locale", "text", "locale"),
        FullText("text", "keywords", weights=(10, 1), prefix=(2, 3)),
    )

    hexcode: Mapped[str] = mapped_column(ForeignKey("emoji.hexcode"), primary_key=True)
    locale: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    #: The emoji's tags in this language as one text, to be searched; skin-tone variants have none.
    keywords: Mapped[str | None]

    emoji: Mapped[Emoji] = relationship(back_populates="labels")


class Tag(Emojis):
    """A word in one language that an emoji is found by: "cheerful"; skin-tone variants have none of their own."""

    __tablename__ = "tag"
    # Without rowids the key is stored once, not twice.
    __table_args__ = (Index("ix_tag_text_locale", "text", "locale"), {"sqlite_with_rowid": False})

    hexcode: Mapped[str] = mapped_column(ForeignKey("emoji.hexcode"), primary_key=True)
    locale: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(primary_key=True)

    emoji: Mapped[Emoji] = relationship(back_populates="tags")
