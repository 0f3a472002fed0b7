import pickle
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from microcosm_sqlite.errors import SourceError
from microcosm_sqlite.sources.csv import CSVSource
from microcosm_sqlite.sources.json import JSONLinesSource
from microcosm_sqlite.sources.lines import Block
from microcosm_sqlite.sources.pieces import CSVPiece, ReadPiece, csv_pieces, pieces_of
from microcosm_sqlite.sources.records import COMMAS, TABS, Dialect, RecordReader
from microcosm_sqlite.sources.rows import RowsSource
from microcosm_sqlite.sources.tabular import QUOTED_EMPTY, Piece, Record


def blocks(text: str, lines: int) -> Iterator[Block]:
    """Yield blocks of so many lines."""
    every = list(StringIO(text, newline=""))
    for first in range(0, len(every), lines):
        yield Block(first + 1, "".join(every[first : first + lines]))


def posted(piece: Piece) -> Piece:
    """Return *piece* as it comes to another process."""
    return pickle.loads(pickle.dumps(piece))  # type: ignore[no-any-return]


def records(pieces: Iterator[Piece]) -> list[Record] | str:
    """Return the records of all *pieces*, each of which travels, or what is wrong with the source."""
    try:
        return [record for piece in pieces for batch in posted(piece).batches() for record in batch.records()]
    except SourceError as error:
        return str(error)


def read(text: str, lines: int, dialect: Dialect) -> list[Record] | str:
    """Return the records one block after the other."""
    reader = RecordReader("x.csv", blocks(text, lines), dialect)
    try:
        reader.header()
        return [record for block in reader for batch in reader.batches(block) for record in batch.records()]
    except SourceError as error:
        return str(error)


def cut(text: str, lines: int, dialect: Dialect) -> list[Record] | str:
    """Return the records in pieces."""
    reader = RecordReader("x.csv", blocks(text, lines), dialect)
    try:
        reader.header()
    except SourceError as error:
        return str(error)
    return records(csv_pieces(reader, dialect))


@given(
    text=st.text(st.sampled_from('ab,"\n'), max_size=40),
    lines=st.integers(1, 3),
    dialect=st.sampled_from([COMMAS, TABS, Dialect(quote=None), Dialect(quote="a"), Dialect(escape="b")]),
)
@example(text='a",x,"b\nc"\nd\n', lines=1, dialect=COMMAS)
@example(text='""",b"\n"""\n"""\na""b,"x\ny"\n', lines=1, dialect=COMMAS)
@example(text='x,""",y\nx,""",z\n', lines=2, dialect=COMMAS)
def test_pieces_hold_what_blocks_hold(text: str, lines: int, dialect: Dialect) -> None:
    """Whatever is quoted, well or badly, and wherever it is cut."""
    text = "h,i\n" + text

    assert cut(text, lines, dialect) == read(text, lines, dialect)


def test_whole_blocks_stay_text() -> None:
    """Only where a record may reach into the next block it is read before it is sent."""
    text = 'a,b\n1,plain\n2,"comma, and ""quotes"""\n3,"two\nlines"\n4,x\n5,"two\nlines"\n'
    reader = RecordReader("x.csv", blocks(text, 2), COMMAS)
    reader.header()

    kinds = [type(piece) for piece in csv_pieces(reader, COMMAS)]

    assert kinds == [CSVPiece, ReadPiece, CSVPiece]


def test_empty_text_is_known_in_another_process() -> None:
    """It is compared by identity, which survives the journey."""
    for text in ('a,b\n1,""\n', 'a,b\n1,""\n2,"x\ny"\n'):
        with CSVSource(StringIO(text)).open() as reading:
            (piece,) = pieces_of(reading)
            assert next(iter(posted(piece).batches())).rows[0][1] is QUOTED_EMPTY


def test_json_lines_come_in_pieces_of_their_own(tmp_path: Path) -> None:
    """Each reads itself, wrong lines included."""
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n{"b": 2}\n')
    with JSONLinesSource(path).open() as reading:
        (piece,) = pieces_of(reading)
        assert piece.size == 18
        assert [(batch.header, batch.rows) for batch in posted(piece).batches()] == [(("a",), [(1,)]), (("b",), [(2,)])]

    path.write_text('{"a": 1}\nx\n')
    with JSONLinesSource(path).open() as reading:
        wrong, right = posted(next(pieces_of(reading))).batches()
    assert [problem.line for problem in wrong.unread] == [2]
    assert right.rows == [(1,)]


def test_other_sources_come_as_they_are_read() -> None:
    """A piece for each batch."""
    with RowsSource([{"a": 1}, {"a": 2}, {"b": 3}]).open() as reading:
        pieces = list(pieces_of(reading))

    assert [len(batch.rows) for piece in pieces for batch in piece.batches()] == [2, 1]
    assert all(piece.size > 0 for piece in pieces)
