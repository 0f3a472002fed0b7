"""What a configuration may say, and how its refusals are worded."""

import re
from pathlib import Path
from typing import Any

import pytest

from microcosm_sqlite.errors import ConfigurationError
from microcosm_sqlite.settings import (
    VERIFY,
    by_name,
    cache_folder,
    parse_boolean,
    parse_choice,
    parse_count,
    parse_paths,
    parse_pins,
    parse_seconds,
    parse_secret,
)


class TestParsing:
    @pytest.mark.parametrize("value", [True, 1, "1", "y", "Yes", "TRUE", "on", " true "])
    def test_yes(self, value: Any) -> None:
        """A real boolean, one, or a word."""
        assert parse_boolean("sqlite.echo", value) is True

    @pytest.mark.parametrize("value", [False, 0, "0", "n", "No", "FALSE", "off", None])
    def test_no(self, value: Any) -> None:
        """A real boolean, zero, nothing, or a word."""
        assert parse_boolean("sqlite.echo", value) is False

    @pytest.mark.parametrize("value", ["", "maybe", 2, [], 0.5])
    def test_neither(self, value: Any) -> None:
        """The message names the key and shows the value."""
        with pytest.raises(ConfigurationError) as raised:
            parse_boolean("sqlite.echo", value)

        assert str(raised.value) == (
            f"configuration sqlite.echo: expected true or false, found {value!r}. Correct the value or remove the key."
        )

    @pytest.mark.parametrize(
        ("value", "seconds"), [(60, 60.0), ("2.5", 2.5), (" 10 ", 10.0), (0, None), ("0", None), ("inf", float("inf"))]
    )
    def test_seconds(self, value: Any, seconds: float | None) -> None:
        """A number or its text; zero means that there is no limit."""
        assert parse_seconds("sqlite.statement_seconds", value) == seconds

    @pytest.mark.parametrize(("value", "count"), [(0, 0), (5, 5), ("10000", 10_000), (" 7 ", 7)])
    def test_counts(self, value: Any, count: int) -> None:
        """A number or its text."""
        assert parse_count("sqlite.kept_rows", value) == count

    @pytest.mark.parametrize("value", ["", "many", -1, "1.5", 1.5, None, True])
    def test_no_counts(self, value: Any) -> None:
        """Anything else is refused."""
        with pytest.raises(ConfigurationError, match=r"sqlite\.kept_rows: expected a whole number, 0 or more"):
            parse_count("sqlite.kept_rows", value)

    @pytest.mark.parametrize(("value", "secret"), [("", ""), (None, ""), ("sixteen letters!", "sixteen letters!")])
    def test_secrets(self, value: Any, secret: str) -> None:
        """A text, or nothing."""
        assert parse_secret("sqlite.cursor_secret", value) == secret

    @pytest.mark.parametrize("value", ["hunter2", 1234567890123456, b"sixteen letters!", False])
    def test_no_secrets(self, value: Any) -> None:
        """What is too short, or no text, is refused without being shown."""
        with pytest.raises(
            ConfigurationError, match=r"cursor_secret: expected 16 characters or more, or noth"
        ) as raised:
            parse_secret("sqlite.cursor_secret", value)
        assert re.search(r"found (7 of them|a value of type \w+)\. Correct", str(raised.value))
        assert "hunter2" not in str(raised.value)
        assert "1234567890123456" not in str(raised.value)

    @pytest.mark.parametrize("value", ["", "soon", -1, "nan", None, True])
    def test_no_seconds(self, value: Any) -> None:
        """Anything else is refused."""
        with pytest.raises(ConfigurationError, match=r"statement_seconds: expected seconds, or 0 for no limit"):
            parse_seconds("sqlite.statement_seconds", value)

    @pytest.mark.parametrize(
        ("value", "paths"),
        [
            ({}, {}),
            (None, {}),
            ("", {}),
            ({"a": "/a"}, {"a": "/a"}),
            ("a=/a", {"a": "/a"}),
            (" items=/i , World-Cup = /w ,", {"items": "/i", "World-Cup": "/w"}),
            ("a=/x=y", {"a": "/x=y"}),
        ],
    )
    def test_paths(self, value: Any, paths: dict[str, Any]) -> None:
        """A mapping, or text that an environment variable can hold."""
        assert parse_paths(value) == paths

    @pytest.mark.parametrize("value", ["/a", "a=", "=/a", "a=/a,b"])
    def test_paths_of_another_form(self, value: str) -> None:
        """The message says which form is expected."""
        with pytest.raises(ConfigurationError, match="expected items of the form name=path"):
            parse_paths(value)

    @pytest.mark.parametrize("value", ["once", " Once ", "ONCE"])
    def test_choice(self, value: str) -> None:
        """One of the words, however it is written."""
        assert parse_choice("sqlite.verify", value, VERIFY) == "once"

    @pytest.mark.parametrize("value", ["", "never", None, True, 1, ["once"]])
    def test_no_choice(self, value: Any) -> None:
        """The message names the key, the words and what was found."""
        with pytest.raises(ConfigurationError) as raised:
            parse_choice("sqlite.verify", value, VERIFY)

        assert str(raised.value) == (
            f'configuration sqlite.verify: expected "always", "once" or "size", found {value!r}. '
            "Correct the value or remove the key."
        )

    @pytest.mark.parametrize(
        ("value", "pins"),
        [
            (None, {}),
            ({"world": " 2026.10 "}, {"world": "2026.10"}),
            ("world=2026.10, Mime=SHA256:AB", {"world": "2026.10", "Mime": "sha256:ab"}),
        ],
    )
    def test_pins(self, value: Any, pins: dict[str, str]) -> None:
        """A version, or a digest in whatever case."""
        assert parse_pins(value) == pins

    @pytest.mark.parametrize("value", [{"world": 2026.10}, {"world": None}, {"world": ""}])
    def test_pins_that_are_no_text(self, value: Any) -> None:
        """As a number, 2026.10 is 2026.1: it is refused before it can mean another release."""
        with pytest.raises(ConfigurationError, match=r"configuration sqlite\.pins\.world: expected a version or"):
            parse_pins(value)

    def test_pins_of_another_form(self) -> None:
        """The message says which form is expected."""
        with pytest.raises(ConfigurationError, match="expected items of the form name=version"):
            parse_pins("2026.10")


class TestByName:
    @pytest.mark.parametrize("key", ["World-Cup", "world_cup"])
    def test_both_spellings(self, key: str) -> None:
        """The environment has no dashes and no capitals."""
        assert by_name({key: 1}, "World-Cup") == 1

    def test_the_exact_name_wins(self) -> None:
        """A name that is spelt out leaves no doubt."""
        assert by_name({"world_cup": 1, "World-Cup": 2}, "World-Cup") == 2

    def test_another_name(self) -> None:
        """What is not configured is None."""
        assert by_name({"world": 1}, "cup") is None


class TestCacheFolder:
    @pytest.mark.parametrize(
        ("environment", "folder"),
        [
            ({"MICROCOSM_SQLITE_CACHE": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, Path("/c")),
            ({"MICROCOSM_SQLITE_CACHE": "", "HOME": "/h"}, None),
            ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, Path("/x/microcosm-sqlite")),
            ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, Path("/h/.cache/microcosm-sqlite")),
            ({"XDG_CACHE_HOME": "", "HOME": "/h"}, Path("/h/.cache/microcosm-sqlite")),
            ({"LOCALAPPDATA": "/l"}, Path("/l/microcosm-sqlite")),
            ({}, None),
        ],
    )
    def test_first_of_these(self, environment: dict[str, str], folder: Path | None) -> None:
        """Our own variable first, then the user's cache folder; where there is none, nothing is kept."""
        assert cache_folder(environment) == folder
