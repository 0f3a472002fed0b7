import json
from typing import Any

import pytest
from emoji import LOCALES, rows_of_emoji
from microcosm_sqlite_emoji import (
    Emoji,
    EmojiStore,
    Gender,
    GroupStore,
    LabelStore,
    Presentation,
    SubgroupStore,
    TagStore,
)
from reviewed_rows import Row

from microcosm_sqlite.errors import ModelNotFoundError
from tests.datasets.row_queries import rows_by_table, select


class TestRows:
    @pytest.fixture
    def tables(self) -> dict[str, list[Row]]:
        """The rows of a waving hand with two variants, and of a regional indicator."""
        wave = {"hexcode": "1F44B", "emoji": "\U0001f44b", "text": "", "type": 1, "version": 0.6, "group": 1}
        wave |= {"subgroup": 16, "order": 188, "emoticon": ["o/", "\\o"]}
        light = wave | {"hexcode": "1F44B-1F3FB", "emoji": "\U0001f44b\U0001f3fb", "order": 189, "tone": 1}
        mixed = wave | {"hexcode": "1F44B-X", "emoji": "mixed", "order": 190, "tone": [2, 5], "gender": 0}
        letter = {"hexcode": "1F1E6", "emoji": "\U0001f1e6", "text": "", "type": 0, "version": 0}
        for variant in (light, mixed):
            del variant["emoticon"]
        files: dict[str, Any] = {
            "meta/groups.json": {"groups": {"1": "people"}, "subgroups": {"16": "hand"}, "hierarchy": {"1": [16]}}
        }
        for locale in LOCALES:
            skins = [one | {"label": f"{one['hexcode']} {locale}"} for one in (light, mixed)]
            first = wave | {"label": f"wave {locale}", "tags": ["hello", locale], "skins": skins}
            files[f"{locale}/data.json"] = [first, letter | {"label": f"A {locale}"}]
            files[f"{locale}/messages.json"] = {
                "groups": [{"key": "people", "message": f"people {locale}", "order": 1}],
                "subgroups": [
                    {"key": "hand", "message": f"hand {locale}", "order": 16},
                    {"key": "food-marine", "message": f"fish {locale}", "order": 46},
                ],
            }
        return rows_by_table(rows_of_emoji({path: json.dumps(body).encode() for path, body in files.items()}))

    def test_variants_name_their_base(self, tables: dict[str, list[Row]]) -> None:
        """A skin-tone variant points to the emoji it varies, which points to none."""
        assert {row["hexcode"]: row["base_hexcode"] for row in tables["emoji"]} == {
            "1F44B": None,
            "1F44B-1F3FB": "1F44B",
            "1F44B-X": "1F44B",
            "1F1E6": None,
        }

    def test_tones(self, tables: dict[str, list[Row]]) -> None:
        """One tone, two tones and none are told apart."""
        assert [(row["tone"], row["second_tone"]) for row in tables["emoji"]] == [
            (None, None),
            (1, None),
            (2, 5),
            (None, None),
        ]

    def test_numbers_become_words(self, tables: dict[str, list[Row]]) -> None:
        """Group, subgroup, presentation and gender are readable without a legend; NULL where there is none."""
        (mixed,) = select(tables["emoji"], hexcode="1F44B-X")
        (letter,) = select(tables["emoji"], hexcode="1F1E6")

        words = ("group_key", "subgroup_key", "presentation", "gender")
        assert [mixed[word] for word in words] == ["people", "hand", "EMOJI", "FEMALE"]
        assert [letter[word] for word in words] == [None, None, "TEXT", None]

    def test_every_emoji_has_a_label_in_every_locale(self, tables: dict[str, list[Row]]) -> None:
        """Variants are labelled too; tags belong to their base."""
        assert len(tables["label"]) == 4 * len(LOCALES)
        assert select(tables["tag"], locale="ja") == [
            {"hexcode": "1F44B", "locale": "ja", "text": "hello"},
            {"hexcode": "1F44B", "locale": "ja", "text": "ja"},
        ]
        assert {row["hexcode"]: row["keywords"] for row in select(tables["label"], locale="ja")} == {
            "1F44B": "hello, ja",
            "1F44B-1F3FB": None,
            "1F44B-X": None,
            "1F1E6": None,
        }

    def test_emoticons_alone_or_several(self, tables: dict[str, list[Row]]) -> None:
        """Each emoticon leads to one emoji."""
        assert tables["emoticon"] == [{"text": "o/", "hexcode": "1F44B"}, {"text": "\\o", "hexcode": "1F44B"}]

    def test_a_translated_subgroup_of_no_group_is_left_out(self, tables: dict[str, list[Row]]) -> None:
        """What nothing refers to has no row, in any language."""
        assert {row["subgroup_key"] for row in tables["subgroup_label"]} == {"hand"}
        assert len(tables["group_label"]) == len(LOCALES)


class TestArtifact:
    def test_labels_in_five_languages(self, graph: Any) -> None:
        """An emoji is called something in every language."""
        face = EmojiStore(graph).retrieve("1F600")

        assert face.character == "\N{GRINNING FACE}"
        assert {label.locale: label.text for label in face.labels} == {
            "de": "grinsendes Gesicht",
            "en": "grinning face",
            "es": "cara sonriendo",
            "fr": "visage rieur",
            "ja": "にっこり笑う",
        }

    def test_every_emoji_has_a_label_in_every_language(self, graph: Any) -> None:
        """No language is behind the others."""
        labels = LabelStore(graph)

        assert {locale: labels.count(locale=locale) for locale in LOCALES} == dict.fromkeys(LOCALES, 3979)

    def test_by_label(self, graph: Any) -> None:
        """A name leads to its emoji, in one language or in any."""
        emoji = EmojiStore(graph)

        assert [one.hexcode for one in emoji.by_label("visage rieur")] == ["1F600"]
        assert [one.hexcode for one in emoji.by_label("visage rieur", locale="fr")] == ["1F600"]
        assert emoji.by_label("visage rieur", locale="en") == []

    def test_by_tag(self, graph: Any) -> None:
        """A word leads to every emoji tagged with it, in the order of keyboards."""
        found = EmojiStore(graph).by_tag("chat", locale="fr")

        assert "\N{CAT FACE}" in [one.character for one in found]
        positions = [one.position for one in found]
        assert positions == sorted(positions, key=lambda position: position or 0)

    def test_by_emoticon(self, graph: Any) -> None:
        """What people type leads to the emoji, case and all."""
        emoji = EmojiStore(graph)

        assert emoji.by_emoticon(":)").character == "\N{SLIGHTLY SMILING FACE}"
        assert emoji.by_emoticon("XD") is emoji.by_emoticon("xD")
        with pytest.raises(ModelNotFoundError):
            emoji.by_emoticon("no such emoticon")

    def test_variants_point_to_their_base(self, graph: Any) -> None:
        """The self-reference can be walked both ways."""
        wave = EmojiStore(graph).retrieve("1F44B")

        assert [variant.tone for variant in wave.variants] == [1, 2, 3, 4, 5]
        assert all(variant.base is wave for variant in wave.variants)
        assert wave.base is None

    def test_every_tone_has_a_base_and_every_base_is_toneless(self, graph: Any) -> None:
        """Variants are exactly the emoji with a tone, and nothing is a variant of a variant."""
        emoji = EmojiStore(graph)

        assert emoji.count(Emoji.tone.is_not(None)) == emoji.count(Emoji.base_hexcode.is_not(None)) == 2030
        assert not emoji.exists(Emoji.base.has(Emoji.tone.is_not(None)))

    def test_two_people_of_two_tones(self, graph: Any) -> None:
        """The tones of both are kept; where there is one for both, there is no second."""
        emoji = EmojiStore(graph)
        handshake = emoji.retrieve("1F91D")

        tones = {(variant.tone, variant.second_tone) for variant in handshake.variants}

        assert len(tones) == 25
        assert {(2, None), (2, 5), (5, 2)} <= tones

    def test_typed_values(self, graph: Any) -> None:
        """Presentation and gender are enums, the version is a number, a regional indicator has no group."""
        emoji = EmojiStore(graph)

        smiling, letter = emoji.retrieve_many(["263A", "1F1E6"])

        assert (smiling.presentation, smiling.text_character) == (Presentation.TEXT, "\u263a\ufe0e")
        assert (letter.presentation, letter.group_key, letter.position) == (Presentation.EMOJI, None, None)
        assert emoji.count(gender=Gender.FEMALE) > 300
        assert emoji.retrieve("1F9D4-200D-2642-FE0F").version == 13.1

    def test_what_somebody_typed(self, graph: Any) -> None:
        """Is found among labels and tags, those that fit best first."""
        emoji = EmojiStore(graph)

        assert [one.hexcode for one in emoji.matching("grinning fac*", limit=1)] == ["1F600"]
        assert "1F638" in [one.hexcode for one in emoji.matching("cat smil*")]
        assert "1F431" in [one.hexcode for one in emoji.matching("KÄTZ* gesicht", locale="de", limit=None)]
        assert emoji.matching("NEAR(") == []

    def test_keywords_are_the_tags(self, graph: Any) -> None:
        """In the same language, all of them."""
        tags: dict[tuple[str, str], list[str]] = {}
        for tag in TagStore(graph).stream():
            tags.setdefault((tag.hexcode, tag.locale), []).append(tag.text)

        for label in LabelStore(graph).stream():
            assert label.keywords == (", ".join(sorted(tags.get((label.hexcode, label.locale), []))) or None)

    def test_groups_come_in_the_order_of_keyboards(self, graph: Any) -> None:
        """And the parts of each."""
        first, *_ = GroupStore(graph).search()
        parts = SubgroupStore(graph).search(group_key=first.key)

        assert (first.key, first.position) == ("smileys-emotion", 0)
        assert [part.key for part in parts[:2]] == ["face-smiling", "face-affection"]
        assert parts == first.subgroups

    def test_groups_are_labelled(self, graph: Any) -> None:
        """Group and subgroup have names in every language."""
        face = EmojiStore(graph).retrieve("1F600")

        assert face.subgroup is not None
        assert face.subgroup.group is face.group
        assert {label.locale: label.text for label in face.subgroup.labels}["fr"] == "souriant"
        assert {label.locale for label in face.subgroup.group.labels} == set(LOCALES)
