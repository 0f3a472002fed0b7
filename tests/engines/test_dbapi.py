"""PEP 249, as a module has to offer it."""

import datetime as dt
import inspect
import subprocess
import sys
import time
from typing import Any

import pytest

from microcosm_sqlite.engines import dbapi
from microcosm_sqlite.errors import SQLiteError


def test_module_says_what_it_is() -> None:
    """The three globals of PEP 249 have their prescribed values."""
    assert (dbapi.apilevel, dbapi.threadsafety, dbapi.paramstyle) == ("2.0", 2, "qmark")


def test_module_knows_its_sqlite() -> None:
    """The version of SQLite is there as text and as a tuple of numbers."""
    assert ".".join(map(str, dbapi.sqlite_version_info[:3])) == dbapi.sqlite_version
    assert dbapi.sqlite_version_info >= (3, 54, 1)


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        ("Warning", "Exception"),
        ("Error", "Exception"),
        ("InterfaceError", "Error"),
        ("DatabaseError", "Error"),
        ("DataError", "DatabaseError"),
        ("OperationalError", "DatabaseError"),
        ("IntegrityError", "DatabaseError"),
        ("InternalError", "DatabaseError"),
        ("ProgrammingError", "DatabaseError"),
        ("NotSupportedError", "DatabaseError"),
    ],
)
def test_exceptions_form_the_prescribed_tree(name: str, parent: str) -> None:
    """Each exception descends from the one PEP 249 says, and is an attribute of connections too."""
    parents = {**vars(dbapi), "Exception": Exception}

    assert issubclass(getattr(dbapi, name), parents[parent])
    assert getattr(dbapi.Connection, name) is getattr(dbapi, name)


def test_errors_are_errors_of_the_package() -> None:
    """Whoever catches the package's errors also catches the driver's."""
    assert issubclass(dbapi.Error, SQLiteError)


@pytest.mark.parametrize("name", ["close", "commit", "rollback", "cursor", "execute", "executemany", "executescript"])
def test_connections_have_the_prescribed_methods(name: str) -> None:
    """A connection has every method PEP 249 asks for, and the short cuts of sqlite3."""
    assert callable(getattr(dbapi.Connection, name))


@pytest.mark.parametrize(
    "name",
    ["close", "execute", "executemany", "fetchone", "fetchmany", "fetchall", "setinputsizes", "setoutputsize"],
)
def test_cursors_have_the_prescribed_methods(name: str) -> None:
    """A cursor has every method PEP 249 asks for."""
    assert callable(getattr(dbapi.Cursor, name))


def test_cursors_have_the_prescribed_attributes() -> None:
    """A fresh cursor has the attributes of PEP 249 at their first values."""
    cursor = dbapi.connect(":memory:").cursor()
    cursor.setinputsizes([1])
    cursor.setoutputsize(1)

    assert (cursor.description, cursor.rowcount, cursor.arraysize, cursor.lastrowid) == (None, -1, 1, None)


def test_constructors_make_python_values() -> None:
    """Dates and times are those of datetime, in local time; Binary is a view of bytes."""
    ticks = 86400.0 * 365

    assert dbapi.Date(2024, 2, 29) == dt.date(2024, 2, 29)
    assert dbapi.DateFromTicks(ticks) == dbapi.Date(*time.localtime(ticks)[:3])
    assert dbapi.TimeFromTicks(ticks) == dbapi.Time(*time.localtime(ticks)[3:6])
    assert dbapi.TimestampFromTicks(ticks) == dbapi.Timestamp(*time.localtime(ticks)[:6])
    assert bytes(dbapi.Binary(b"\0x")) == b"\0x"


@pytest.mark.parametrize(
    ("kind", "declared"),
    [
        (dbapi.STRING, "VARCHAR(3)"),
        (dbapi.BINARY, "BLOB"),
        (dbapi.NUMBER, "DOUBLE"),
        (dbapi.DATETIME, "DATETIME"),
        (dbapi.ROWID, "INTEGER"),
    ],
)
def test_type_objects_equal_the_declared_types(kind: Any, declared: str) -> None:
    """The type found in a description equals the type object of its kind."""
    description = (
        dbapi.connect(":memory:").execute(f"CREATE TABLE t (a {declared})").execute("SELECT a FROM t").description
    )

    assert description is not None
    assert description[0][1] == kind
    assert kind != "something else"
    assert hash(kind) == hash(kind)


def test_importing_the_driver_does_not_import_sqlalchemy() -> None:
    """The driver is usable by those who do not pay for SQLAlchemy."""
    code = "import sys, microcosm_sqlite.engines.dbapi; sys.exit('sqlalchemy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_everything_public_is_listed() -> None:
    """Every class and function of the module is in __all__."""
    public = {name for name, thing in vars(dbapi).items() if inspect.isroutine(thing) and not name.startswith("_")}

    assert public - {"dataclass"} <= set(dbapi.__all__)
