import json
from typing import Any

import pytest
from emoji import LOCALES, rows_of_emoji
from reviewed_rows import Row

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

    def test_emoticons_alone_or_several(self, tables: dict[str, list[Row]]) -> None:
        """Each emoticon leads to one emoji."""
        assert tables["emoticon"] == [{"text": "o/", "hexcode": "1F44B"}, {"text": "\\o", "hexcode": "1F44B"}]

    def test_a_translated_subgroup_of_no_group_is_left_out(self, tables: dict[str, list[Row]]) -> None:
        """What nothing refers to has no row, in any language."""
        assert {row["subgroup_key"] for row in tables["subgroup_label"]} == {"hand"}
        assert len(tables["group_label"]) == len(LOCALES)
