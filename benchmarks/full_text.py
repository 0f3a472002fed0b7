"""How long does it take to find rows by words, beside the engine alone and a scan of the table?

`python benchmarks/full_text.py [rows]`.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
from villages import VillageStore, connection_on, microseconds, sealed, store_on, table

#: What is typed, with what FTS5 takes for it: a rare word and its beginning, two words, the beginning of very many.
TYPED = {"lyonpor": '"lyonpor"', "lyonpo*": '"lyonpo"*', "new york": '"new" "york"', "pa*": '"pa"*'}

_SQL = """
    SELECT village.*, bm25(village_text, 10.0, 1.0) AS score FROM village_text
    JOIN village ON village.id = village_text.rowid WHERE village_text MATCH ? ORDER BY score, village.id LIMIT 10
"""
_LIKE = "SELECT * FROM village WHERE name LIKE ? OR district LIKE ? LIMIT 10"


def main() -> None:
    """Print the tables."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with TemporaryDirectory() as folder:
        path = sealed(Path(folder), count)
        store, connection = store_on(path), connection_on(path)
        ((bytes_of_words,),) = connection.execute("SELECT sum(length(block)) FROM village_text_data")
        print(f"{count:,} rows; artifact {path.stat().st_size / 1e6:.0f} MB, {bytes_of_words / 1e6:.0f} MB of it words")
        columns = [f"{typed} ({_count(connection, query):,})" for typed, query in TYPED.items()]
        table(
            "The ten that fit best (of so many that match), median of one question",
            columns,
            [
                ("match, instances with snippets", [_median(_match(store, typed)) for typed in TYPED]),
                ("FTS5 alone, tuples without snippets", [_median(_fts(connection, query)) for query in TYPED.values()]),
                ("LIKE, any ten, with diacritics only", [_median(_like(connection, typed)) for typed in TYPED]),
            ],
        )
        table(
            "Completion while somebody types",
            ["p", "pa", "par", "paris", "paris lo"],
            [
                (
                    "complete, instances with snippets",
                    [_median(_complete(store, typed)) for typed in ("p", "pa", "par", "paris", "paris lo")],
                )
            ],
        )


def _count(connection: apsw.Connection, query: str) -> int:
    ((found,),) = connection.execute("SELECT count(*) FROM village_text WHERE village_text MATCH ?", (query,))
    return int(found)


def _median(ask: Callable[[], object]) -> float:
    return microseconds([ask] * 200)


def _match(store: VillageStore, typed: str) -> Callable[[], object]:
    return lambda: store.match(typed, limit=10)


def _complete(store: VillageStore, typed: str) -> Callable[[], object]:
    return lambda: store.complete(typed, limit=10)


def _fts(connection: apsw.Connection, query: str) -> Callable[[], object]:
    return lambda: connection.execute(_SQL, (query,)).fetchall()


def _like(connection: apsw.Connection, typed: str) -> Callable[[], object]:
    pattern = f"%{typed.rstrip('*')}%"
    return lambda: connection.execute(_LIKE, (pattern, pattern)).fetchall()


if __name__ == "__main__":
    main()
