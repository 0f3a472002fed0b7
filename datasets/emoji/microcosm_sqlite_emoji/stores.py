"""Look up emoji by what they are called, by what they are about, by what people type."""

from functools import cached_property

from sqlalchemy import select

from microcosm_sqlite.stores import Call, Load, Search, Store, certified
from microcosm_sqlite_emoji.models import Emoji, EmojiGroup, EmojiSubgroup, Emoticon, Label, Tag


@certified
class GroupStore(Store[EmojiGroup]):
    """Look-ups of groups, in the order of keyboards."""

    order_by = (EmojiGroup.position,)
    access = (Load("subgroups", scan_limit=50),)
    # Ten rows, and even so an index has their order.
    scan_limit = 0


@certified
class SubgroupStore(Store[EmojiSubgroup]):
    """Look-ups of parts of groups, in the order of keyboards."""

    auto_filter_fields = (EmojiSubgroup.group_key,)
    order_by = (EmojiSubgroup.position,)
    scan_limit = 20


@certified
class EmojiStore(Store[Emoji]):
    """Look-ups of emoji, in the order of keyboards; those without a place there come first."""

    auto_filter_fields = (
        Emoji.character,
        Emoji.group_key,
        Emoji.subgroup_key,
        Emoji.gender,
        Emoji.presentation,
        Emoji.version,
        Emoji.tone,
        Emoji.base_hexcode,
    )
    order_by = (Emoji.position,)
    access = (
        # A few dozen in all, of which an emoji has two or three.
        Load("emoticons", scan_limit=20),
        # What half of all emoji have in common needs no index.
        Search(Emoji.gender, scan_limit=5_000),
        Search(Emoji.presentation, scan_limit=5_000),
        Search(Emoji.version, scan_limit=5_000),
        Search(Emoji.tone, scan_limit=5_000),
        Call("by_label", "grinning face", scan_limit=5_000),
        Call("by_tag", "cheerful", scan_limit=5_000),
        Call("by_emoticon", ":)"),
    )

    def by_label(self, text: str, *, locale: str | None = None) -> list[Emoji]:
        """Return the emoji called *text*, in one locale or in any."""
        called = select(Label.hexcode).where(Label.text == text)
        if locale is not None:
            called = called.where(Label.locale == locale)
        return self.search(Emoji.hexcode.in_(called))

    def by_tag(self, text: str, *, locale: str | None = None) -> list[Emoji]:
        """Return the emoji tagged with the word *text*, in one locale or in any."""
        tagged = select(Tag.hexcode).where(Tag.text == text)
        if locale is not None:
            tagged = tagged.where(Tag.locale == locale)
        return self.search(Emoji.hexcode.in_(tagged))

    def matching(self, text: str, *, locale: str = "en", limit: int | None = 20) -> list[Emoji]:
        """Return the emoji whose label and tags have all words of what somebody typed, those that fit best first."""
        matches = self._labels.match(text, limit=limit, locale=locale)
        return self.retrieve_many(match.row.hexcode for match in matches)

    @cached_property
    def _labels(self) -> "LabelStore":
        # One for all searches, because a store keeps the statements that it has compiled.
        return LabelStore(self.get_session)

    def by_emoticon(self, text: str) -> Emoji:
        """Return the emoji that *text*, such as ":)", stands for; raise `ModelNotFoundError` for none."""
        meant = select(Emoticon.hexcode).where(Emoticon.text == text)
        return self.one(Emoji.hexcode == meant.scalar_subquery())


@certified
class LabelStore(Store[Label]):
    """Look-ups of what emoji are called."""

    auto_filter_fields = (Label.hexcode, Label.locale, Label.text)
    order_by = (Label.hexcode, Label.locale)
    # A fifth of all rows, which no index would spare.
    access = (Search(Label.locale, scan_limit=30_000), Search(Label.text, Label.locale))


@certified
class TagStore(Store[Tag]):
    """Look-ups of words that emoji are found by."""

    auto_filter_fields = (Tag.hexcode, Tag.locale, Tag.text)
    order_by = (Tag.hexcode, Tag.locale)
    # A fifth of all rows, which no index would spare.
    access = (Search(Tag.locale, scan_limit=60_000), Search(Tag.text, Tag.locale))
