"""Take the rows of a database that are new since the last time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from pickle import HIGHEST_PROTOCOL, dump, load
from tempfile import SpooledTemporaryFile
from typing import Any, Final, Self, cast

from sqlalchemy import Connection, Table, and_, delete, or_, select, tuple_

from microcosm_sqlite.builders.columns import mapper_of
from microcosm_sqlite.builders.loading import load_values, table_name
from microcosm_sqlite.builders.watermarks import Extraction, Watermark, Watermarks
from microcosm_sqlite.errors import HeaderError, SourceError, WatermarkError
from microcosm_sqlite.sources.sql import SQLRows, SQLSource

#: New rows are kept in memory up to so many bytes, and then in a file, until the old ones are out of their way.
_KEPT_BYTES: Final = 16 * 2**20

Row = dict[str, Any]

#: Some rows, with the values of the mark of each.
Marked = tuple[list[Row], list[tuple[Any, ...]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Extract:
    """Which rows of a source go into the table of *model*, and how those that are new are told."""

    model: type[Any]
    source: SQLSource
    #: Columns of the source that only grow as rows come or change, the first deciding.
    watermark: tuple[str, ...]
    #: In place of a mark, the first time: only rows beyond it are taken.
    initial: tuple[Any, ...] | None = None
    #: How far before the mark rows are read again, in the unit of the first column: they may have come late.
    lag: Any = None

    @classmethod
    def of(cls, model: type[Any], source: SQLSource, *, watermark: Any, initial: Any, lag: Any) -> Self:
        """Return what is meant by one column or several, by one value or several."""
        columns: tuple[Any, ...] = cast("tuple[Any, ...]", watermark) if isinstance(watermark, tuple) else (watermark,)
        names = tuple(one if isinstance(one, str) else str(one.key) for one in columns)
        if not isinstance(cast("Any", source), SQLSource):
            raise TypeError(f"expected a database to ask for what is new, SQLSource(url, table), found {source!r}")
        if not names:
            raise ValueError("expected a column that grows as the watermark, found none")
        if lag is not None and lag < type(lag)():
            raise ValueError(f"expected a lag of 0 or more, found {lag!r}")
        values = cast(
            "tuple[Any, ...] | None", initial if initial is None or isinstance(initial, tuple) else (initial,)
        )
        if values is not None and len(values) != len(names):
            raise ValueError(
                f"expected as many initial values as there are columns ({', '.join(names)}), found {values}"
            )
        return cls(model=model, source=source, watermark=names, initial=values, lag=lag)

    @property
    def extraction(self) -> Extraction:
        """What the mark is kept by."""
        return Extraction(source=self.source.name, table=table_name(self.model), columns=self.watermark)


@dataclass(frozen=True, kw_only=True, slots=True)
class Extracted:
    """What an extraction did."""

    #: How many rows were read; with a lag also those that were here already.
    rows: int
    #: How far it has come now; None where there never was a row.
    mark: Watermark | None


def extract_new(connection: Connection, extract: Extract) -> Extracted:
    """Take the rows beyond the mark into the table, in the place of those with their keys, and move the mark.

    Runs in the caller's transaction, mark included, which the caller rolls back when it raises.

    Raises:
        WatermarkError: the table has rows but no mark, the source ends before it, or it is of other columns or types.
        SourceError: the source cannot be read, or has rows without a value in the columns of the mark.
        HeaderError: its columns do not fit the model.
        RowsRejectedError: rows do not fit.
    """
    marks = Watermarks(connection)
    mark = marks.get(extract.extraction)
    is_empty = _is_empty(connection, extract.model)
    if mark is None and not is_empty:
        raise _unknown(extract)
    with extract.source.connect() as rows:
        columns = _columns(rows, extract)
        if mark is not None:
            _check_end(rows, columns, extract, mark)
        wanted = tuple(_wanted(rows, columns, extract, mark))
        if wanted:
            _check_marked(rows, columns, extract)
        batches = _checked(rows.marked(columns, *wanted, order_by=columns), extract)
        following = _Following(extract, mark)
        load_all = _insert if is_empty else _replace
        count = load_all(connection, extract.model, following.watch(batches))
    if following.mark is not None:
        if extract.lag is not None:
            # Now rather than the next time: a lag of another kind than the mark is a mistake of the caller.
            _earlier(following.mark.values[0], extract.lag)
        marks.set(following.mark)
    return Extracted(rows=count, mark=following.mark)


def extract_all(connection: Connection, extract: Extract) -> Extracted:
    """Take all rows of the source in the place of those in the table, whatever the mark was; else as `extract_new`."""
    connection.execute(delete(_table(extract.model)))
    Watermarks(connection).reset(extract.extraction)
    return extract_new(connection, extract)


class _Following:
    """Follows how far rows have come."""

    def __init__(self, extract: Extract, mark: Watermark | None) -> None:
        self._extract = extract
        self.mark = mark

    def watch(self, batches: Iterable[Marked]) -> Iterator[list[Row]]:
        """Yield the rows of *batches*, which come in order, and move the mark behind each.

        The database has compared: no row comes before the mark that was there, as the source reaches up to it.
        """
        for rows, values in batches:
            yield rows
            self.mark = Watermark(extraction=self._extract.extraction, values=values[-1])


def _insert(connection: Connection, model: type[Any], batches: Iterable[list[Row]]) -> int:
    return load_values(connection, model, chain.from_iterable(batches))


def _replace(connection: Connection, model: type[Any], batches: Iterable[list[Row]]) -> int:
    """Put rows in the place of those with their keys.

    All old ones go first: what a row gives up, another may have taken (a unique name, say).
    """
    with SpooledTemporaryFile[bytes](_KEPT_BYTES) as file:
        for batch in batches:
            _delete(connection, model, batch)
            dump(batch, file, protocol=HIGHEST_PROTOCOL)
        file.seek(0)
        return load_values(connection, model, chain.from_iterable(_dumped(file)))


def _dumped(file: Any) -> Iterator[list[Row]]:
    while True:
        try:
            yield load(file)  # noqa: S301 - Written above, to a file without a name.
        except EOFError:
            return


def _delete(connection: Connection, model: type[Any], batch: Sequence[Row]) -> None:
    mapper = mapper_of(model)
    keys = [(mapper.get_property_by_column(column).key, column) for column in mapper.primary_key]
    names = [key if key in batch[0] else column.name for key, column in keys]
    columns = [column for _, column in keys]
    wanted = [tuple(row[name] for name in names) for row in batch]
    found = columns[0].in_([key for (key,) in wanted]) if len(columns) == 1 else tuple_(*columns).in_(wanted)
    connection.execute(delete(_table(model)).where(found))


def _is_empty(connection: Connection, model: type[Any]) -> bool:
    return connection.execute(select(1).select_from(_table(model)).limit(1)).first() is None


def _table(model: type[Any]) -> Table:
    return cast("Table", mapper_of(model).local_table)


def _columns(rows: SQLRows, extract: Extract) -> list[Any]:
    """Return the columns of the mark; raise `HeaderError` where they, or those of the key, are not in the source."""
    mapper = mapper_of(extract.model)
    missing = [name for name in extract.watermark if name not in rows.columns]
    missing += [
        column.name
        for column in mapper.primary_key
        if not {column.name, mapper.get_property_by_column(column).key} & rows.columns.keys()
    ]
    if missing:
        raise HeaderError(
            source=extract.source.name,
            expected=f"columns {', '.join(missing)}, for the mark and the key",
            found=", ".join(rows.columns),
            remedy="Select them, or label others so.",
        )
    return [rows.comparable(name) for name in extract.watermark]


def _wanted(rows: SQLRows, columns: Sequence[Any], extract: Extract, mark: Watermark | None) -> Iterable[Any]:
    """Return the conditions that a row is wanted."""
    if mark is None:
        typed = [rows.columns[name] for name in extract.watermark]
        return () if extract.initial is None else _beyond(typed, extract.initial)
    if extract.lag is not None:
        return (columns[0] >= _earlier(mark.values[0], extract.lag),)
    return _beyond(columns, mark.values)


def _beyond(columns: Sequence[Any], values: Sequence[Any]) -> Iterator[Any]:
    """Yield the conditions that a row comes behind *values* in the order of *columns*."""
    # An index answers the first one, which the others then narrow down among equals.
    yield columns[0] >= values[0]
    yield or_(
        *(
            and_(*(column == value for column, value in zip(columns[:number], values, strict=False)), last > value)
            for number, (last, value) in enumerate(zip(columns, values, strict=True))
        )
    )


def _earlier(value: Any, lag: Any) -> Any:
    """Return what lies *lag* before *value*, or a little earlier."""
    try:
        if isinstance(value, str) and isinstance(lag, timedelta):
            # A day or a time as SQLite stores it: without fractions, and with the lesser of both separators.
            is_day = len(value) == len("2026-01-05")
            begin = datetime.fromisoformat(value) - _whole_days(lag, is_day=is_day)
            return begin.strftime("%Y-%m-%d" if is_day else "%Y-%m-%d %H:%M:%S")
        is_day = isinstance(value, date) and not isinstance(value, datetime)
        return cast("Any", value) - (_whole_days(lag, is_day=is_day) if isinstance(lag, timedelta) else lag)
    except (TypeError, ValueError):
        raise TypeError(f"a lag of {lag!r} cannot be taken from a mark of {value!r}") from None


def _whole_days(lag: timedelta, *, is_day: bool) -> timedelta:
    # Where only days are known, a part of one is a whole one, rather than none.
    return timedelta(days=-(-lag // timedelta(days=1))) if is_day else lag


def _checked(batches: Iterable[Marked], extract: Extract) -> Iterator[Marked]:
    """Yield *batches*; raise `SourceError` for a row that says nothing about when it comes."""
    for rows, values in batches:
        for row, found in zip(rows, values, strict=True):
            if None in found:
                raise SourceError(
                    source=extract.source.name,
                    expected=f"a value in {' and '.join(extract.watermark)} of every row",
                    found=f"none in {row}",
                    remedy="Choose columns that are never NULL, or leave such rows out of the query.",
                )
        yield rows, values


def _check_marked(rows: SQLRows, columns: Sequence[Any], extract: Extract) -> None:
    """Check that no row says nothing about when it comes: no condition on the mark would ever find it."""
    empty = [rows.columns[name].is_(None) for name in extract.watermark if rows.columns[name].nullable]
    if empty:
        for _ in _checked(rows.marked(columns, or_(*empty), limit=1), extract):
            """The first one raises."""


def _check_end(rows: SQLRows, columns: Sequence[Any], extract: Extract, mark: Watermark) -> None:
    """Check that the source still reaches up to *mark*."""
    last = next(rows.marked(columns, order_by=[column.desc() for column in columns], limit=1), None)
    at_mark = and_(*(column == value for column, value in zip(columns, mark.values, strict=True)))
    # The row at the mark may have changed since, and be behind it now.
    reaches = (at_mark | and_(*_beyond(columns, mark.values)),)
    if next(rows.marked((), *reaches, limit=1), None) is None:
        found = "no row at all" if last is None else f"its last row at {list(last[1][0])}"
        raise WatermarkError(
            extraction=str(extract.extraction),
            expected=f"a source that reaches up to the mark, {mark.text}",
            found=found,
            remedy=f"See whether it is the right one, or was restored or emptied. {_REFRESH}",
        )


def _unknown(extract: Extract) -> WatermarkError:
    return WatermarkError(
        extraction=str(extract.extraction),
        expected="an empty table, or a mark of how far it was filled",
        found="rows without one",
        remedy=f"They came from elsewhere, or under another name: give the source that name. {_REFRESH}",
    )


_REFRESH: Final = (
    "bench.refresh() in the place of bench.extract() takes all rows anew: a build script's --full-refresh."
)
