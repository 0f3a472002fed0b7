import pytest

from microcosm_sqlite.builders.converters import Conflict
from microcosm_sqlite.builders.options import load_of
from microcosm_sqlite.sources.rows import RowsSource
from tests.pets import Person


def test_options_say_how_a_source_is_loaded() -> None:
    """A single word may be given as such; what is left out is as ever."""
    load = load_of(Person, RowsSource([]), {"ignore": "x", "null": ["", "NA"], "skip_bad": True}, Conflict.UPDATE)

    assert (load.ignored, load.nulls, load.skips_bad, load.max_errors) == (frozenset({"x"}), ("", "NA"), True, None)
    assert load_of(Person, RowsSource([]), {}).nulls == ("",)


def test_a_wrong_option_is_the_callers_mistake() -> None:
    """With those that there are."""
    with pytest.raises(TypeError, match="unknown option 'skipbad': expected some of columns, defaults"):
        load_of(Person, RowsSource([]), {"skipbad": True})  # type: ignore[typeddict-unknown-key]
    for option, value, expected in (
        ("skip_bad", "yes", "True or False, found 'yes'"),
        ("max_errors", "5", "a number of problems, found '5'"),
        ("columns", ["name"], "a mapping of columns"),
        ("executor", 4, "an executor of concurrent.futures, such as ProcessPool"),
        ("defaults", ["name"], "a mapping of columns to values"),
    ):
        with pytest.raises(TypeError, match=f"{option}: expected {expected}"):
            load_of(Person, RowsSource([]), {option: value})  # type: ignore[misc]
    with pytest.raises(ValueError, match="found -1"):
        load_of(Person, RowsSource([]), {"max_errors": -1})
