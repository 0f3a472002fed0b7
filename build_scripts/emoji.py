"""Build the data set `emoji` from its rows, which `refresh` reads from the npm package emojibase-data.

Two rules where the package leaves a choice: an emoji of one skin tone has no second tone, and a translated subgroup
that the package puts into no group (there is one, `food-marine`, which no emoji uses) is left out.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from data_set_command import DataSetBuild, main
from microcosm_sqlite_emoji import (
    Emoji,
    EmojiGroup,
    Emojis,
    EmojiSubgroup,
    Emoticon,
    GroupLabel,
    Label,
    SubgroupLabel,
    Tag,
)
from reviewed_rows import Cell, Row, Rows, text_or_null

LOCALES: Final = ("de", "en", "es", "fr", "ja")

#: What emojibase-data writes for the two ways to show a character and for the two genders.
_PRESENTATIONS: Final = {0: "TEXT", 1: "EMOJI"}
_GENDERS: Final = {0: "FEMALE", 1: "MALE"}

#: The locale whose file says what does not depend on a locale; the tests check that the others agree.
_REFERENCE: Final = "en"


def rows_of_emoji(files: Mapping[str, bytes]) -> list[Rows]:
    """Return the rows of every table, read from the package's full data in each locale."""
    data = {locale: json.loads(files[f"{locale}/data.json"]) for locale in LOCALES}
    messages = {locale: json.loads(files[f"{locale}/messages.json"]) for locale in LOCALES}
    meta: dict[str, dict[str, Any]] = json.loads(files["meta/groups.json"])
    return [*_rows_of_groups(meta, messages), *_rows_of_characters(data[_REFERENCE], meta), *_rows_of_texts(data)]


def _rows_of_groups(meta: Mapping[str, Mapping[str, Any]], messages: Mapping[str, Any]) -> list[Rows]:
    groups: list[Row] = [{"key": key, "position": int(number)} for number, key in meta["groups"].items()]
    subgroups: list[Row] = [
        {"key": meta["subgroups"][str(subgroup)], "group_key": meta["groups"][group], "position": subgroup}
        for group, members in meta["hierarchy"].items()
        for subgroup in members
    ]
    return [
        Rows(table="emoji_group", key=("key",), rows=groups),
        Rows(table="emoji_subgroup", key=("key",), rows=subgroups),
        _rows_of_messages("group", meta, messages),
        _rows_of_messages("subgroup", meta, messages),
    ]


def _rows_of_messages(kind: str, meta: Mapping[str, Mapping[str, Any]], messages: Mapping[str, Any]) -> Rows:
    known = set(meta[f"{kind}s"].values())
    rows: list[Row] = [
        {f"{kind}_key": one["key"], "locale": locale, "text": one["message"]}
        for locale in LOCALES
        for one in messages[locale][f"{kind}s"]
        if one["key"] in known
    ]
    return Rows(table=f"{kind}_label", key=(f"{kind}_key", "locale"), rows=rows)


def _rows_of_characters(data: list[dict[str, Any]], meta: Mapping[str, Mapping[str, Any]]) -> list[Rows]:
    emoticons: list[Row] = [
        {"text": text, "hexcode": emoji["hexcode"]}
        for emoji, _ in _with_variants(data)
        for text in _as_list(emoji.get("emoticon", []))
    ]
    return [
        Rows(table="emoji", key=("hexcode",), rows=[_emoji(emoji, base, meta) for emoji, base in _with_variants(data)]),
        Rows(table="emoticon", key=("text",), rows=emoticons),
    ]


def _rows_of_texts(data: Mapping[str, list[dict[str, Any]]]) -> list[Rows]:
    translated = [(locale, emoji) for locale in LOCALES for emoji, _ in _with_variants(data[locale])]
    labels: list[Row] = [
        {
            "hexcode": emoji["hexcode"],
            "locale": locale,
            "text": emoji["label"],
            "keywords": text_or_null(", ".join(sorted(emoji.get("tags", ())))),
        }
        for locale, emoji in translated
    ]
    tags: list[Row] = [
        {"hexcode": emoji["hexcode"], "locale": locale, "text": tag}
        for locale, emoji in translated
        for tag in emoji.get("tags", ())
    ]
    return [
        Rows(table="label", key=("hexcode", "locale"), rows=labels),
        Rows(table="tag", key=("hexcode", "locale", "text"), rows=tags),
    ]


def _with_variants(data: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Yield every emoji with the one it is a skin-tone variant of, if any."""
    for emoji in data:
        yield emoji, None
        for variant in emoji.get("skins", ()):
            yield variant, emoji


def _emoji(emoji: Mapping[str, Any], base: Mapping[str, Any] | None, meta: Mapping[str, Any]) -> Row:
    tones: list[int | None] = [*_as_list(emoji.get("tone")), None]
    return {
        "hexcode": emoji["hexcode"],
        "character": emoji["emoji"],
        "text_character": text_or_null(emoji["text"]),
        "presentation": _PRESENTATIONS[emoji["type"]],
        "gender": None if emoji.get("gender") is None else _GENDERS[emoji["gender"]],
        "group_key": _key(meta["groups"], emoji.get("group")),
        "subgroup_key": _key(meta["subgroups"], emoji.get("subgroup")),
        "position": emoji.get("order"),
        "version": float(emoji["version"]),
        "tone": tones[0],
        "second_tone": tones[1],
        "base_hexcode": None if base is None else base["hexcode"],
    }


def _key(keys: Mapping[str, str], number: int | None) -> Cell:
    return None if number is None else keys[str(number)]


def _as_list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


_FILES: Final = (
    *(f"{locale}/{name}" for locale in LOCALES for name in ("data.json", "messages.json")),
    "meta/groups.json",
)

BUILD: Final = DataSetBuild(
    data_set=Emojis,
    models=(EmojiGroup, EmojiSubgroup, GroupLabel, SubgroupLabel, Emoji, Emoticon, Label, Tag),
    files={"emojibase-data": _FILES},
    rows=rows_of_emoji,
)

if __name__ == "__main__":
    main(BUILD)
