"""Calls of stores are planned, and those that do not keep to their limits are told."""

from microcosm_sqlite.access import AccessPath
from microcosm_sqlite.artifacts.certificate import AccessPlan
from microcosm_sqlite.artifacts.certifying import Finding, declared_access, plan_access
from tests.shelves import shelves


def path(sql: str, *, call: str = "call()", most: int | None = 10, remedy: str | None = None) -> AccessPath:
    """Return a path to books."""
    values = (None,) * sql.count("?")
    return AccessPath(
        store="BookStore", call=call, sql=sql, parameters=values, most_scanned=most, most_sorted=most, remedy=remedy
    )


def findings(*paths: AccessPath, rows: int = 50) -> list[Finding]:
    """Return what is found in a database of so many books."""
    return list(plan_access(shelves(rows), paths))


def test_what_holds() -> None:
    """There is a plan and no problem."""
    (found,) = findings(path("SELECT * FROM book WHERE book.shelf = ?"))

    assert (found.problem, found.remedy) == (None, None)
    assert found.entry.plan == AccessPlan(indexes=("ix_book_shelf",))


def test_what_scans_too_much() -> None:
    """The message names the store, the call, how many rows are allowed, and the index that is missing."""
    (found,) = findings(path("SELECT * FROM book WHERE book.year = ? ORDER BY book.isbn", call="search(year=...)"))

    assert found.remedy == "CREATE INDEX ix_book_year_isbn ON book (year, isbn)"
    assert found.problem == (
        f"BookStore.search(year=...): scans 50 rows, where 10 are allowed. Missing: {found.remedy}"
    )


def test_what_sorts_too_much() -> None:
    """A sort is told like a scan."""
    (found,) = findings(path("SELECT * FROM book WHERE book.shelf = ? ORDER BY book.year", most=9))

    assert found.problem == (
        "BookStore.call(): sorts up to 10 rows, where 9 are allowed. "
        "Missing: CREATE INDEX ix_book_shelf_year ON book (shelf, year)"
    )


def test_what_no_index_helps() -> None:
    """There is another way out then."""
    (found,) = findings(path("SELECT * FROM book WHERE book.year + ? = ?"))

    assert found.remedy is None
    assert found.problem == (
        "BookStore.call(): scans 50 rows, where 10 are allowed. "
        "No index on what it compares helps: raise its scan_limit, or change it"
    )


def test_what_cannot_be_planned() -> None:
    """What SQLite says is passed on, with what is known to be missing."""
    without, known = findings(
        path("SELECT unknown FROM book", call="a()"), path("SELECT * FROM gone", call="b()", remedy="CREATE gone")
    )

    assert without.problem == "BookStore.a(): SQLite cannot plan it: no such column: unknown."
    assert known.problem == "BookStore.b(): SQLite cannot plan it: no such table: gone. Missing: CREATE gone"
    assert known.entry.plan is None


def test_few_rows_are_no_problem() -> None:
    """A scan of a small table is no false alarm."""
    (found,) = findings(path("SELECT * FROM book WHERE book.year = ?"), rows=10)

    assert found.problem is None


def test_a_call_of_several_statements_has_one_finding() -> None:
    """The problem is that of the statement that has one; its entry is known before anything is planned."""
    paths = [
        path("SELECT * FROM book WHERE book.id = ?"),
        path("SELECT * FROM book WHERE book.year = ?"),
        path("SELECT * FROM author", most=None),
    ]

    (found,) = findings(*paths)

    assert found.problem is not None
    assert "scans 50 rows" in found.problem
    assert found.entry.plan == AccessPlan(indexes=("PRIMARY KEY",), scanned=50, sorted=None)
    assert declared_access(paths) == (found.entry.declared(),)
