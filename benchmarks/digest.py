"""How many rows of a few values does the content digest take per second, on one core?"""

from statistics import median
from time import perf_counter

import apsw
from measuring import report, verdict

from microcosm_sqlite.artifacts.digests import content_digest

ROWS, ROUNDS = 1_000_000, 5


def main() -> None:
    """Print the figure."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE narrow (id INTEGER PRIMARY KEY, number INTEGER, name TEXT) STRICT")
    connection.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO narrow SELECT i, i * 7919 % 100003, 'name ' || i FROM n",
        (ROWS,),
    )
    times: list[float] = []
    for _ in range(ROUNDS):
        start = perf_counter()
        content_digest(connection)
        times.append(perf_counter() - start)
    seconds = median(times)
    report(f"The content digest of {ROWS:,} narrow rows", {"rows a second": ROWS / seconds / 1e6}, unit="million")
    verdict("microseconds a row (half of one is 2 million a second)", seconds / ROWS * 1e6, limit=0.5, unit="us")


if __name__ == "__main__":
    main()
