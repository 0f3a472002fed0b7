"""Emoji with labels and tags in five languages as a data set."""

from microcosm_sqlite_emoji.models import (
    Emoji,
    EmojiGroup,
    Emojis,
    EmojiSubgroup,
    Emoticon,
    Gender,
    GroupLabel,
    Label,
    Presentation,
    SubgroupLabel,
    Tag,
)
from microcosm_sqlite_emoji.stores import EmojiStore, GroupStore, LabelStore, SubgroupStore, TagStore

__all__ = [
    "Emoji",
    "EmojiGroup",
    "EmojiStore",
    "EmojiSubgroup",
    "Emojis",
    "Emoticon",
    "Gender",
    "GroupLabel",
    "GroupStore",
    "Label",
    "LabelStore",
    "Presentation",
    "SubgroupLabel",
    "SubgroupStore",
    "Tag",
    "TagStore",
]
