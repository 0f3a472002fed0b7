"""Look up emoji by what they are called, by what they are about, by what people type."""

from functools import cached_property

from sqlalchemy import select

from microcosm_sqlite.stores import Store
from microcosm_sqlite_emoji.models import Emoji, Emoticon, Label, Tag


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


class LabelStore(Store[Label]):
    """Look-ups of what emoji are called."""

    auto_filter_fields = (Label.hexcode, Label.locale, Label.text)
    order_by = (Label.hexcode, Label.locale)


class TagStore(Store[Tag]):
    """Look-ups of words that emoji are found by."""

    auto_filter_fields = (Tag.hexcode, Tag.locale, Tag.text)
    order_by = (Tag.hexcode, Tag.locale)
