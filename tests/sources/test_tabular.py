from io import StringIO

from microcosm_sqlite.sources import QUOTED_EMPTY, CSVSource, Source


def test_quoted_empty_equals_empty_text() -> None:
    """Whoever does not care about the difference sees plain empty text."""
    assert QUOTED_EMPTY == ""
    assert not QUOTED_EMPTY
    assert QUOTED_EMPTY is not ""  # noqa: F632 - identity is the point


def test_a_csv_source_is_a_source() -> None:
    """The protocol is what builders ask of any source; type checkers check this assignment."""
    source: Source = CSVSource(StringIO("id\n"), name="rows")

    assert source.name == "rows"
