"""What the operating system refuses is recognised in whatever words it comes, with a remedy."""

import errno
import os
from pathlib import Path

import apsw
import pytest
from sqlalchemy.exc import OperationalError

from microcosm_sqlite.engines import dbapi
from microcosm_sqlite.engines.refusals import SQLITE, Refusal, refusal_in, telling_refusals
from microcosm_sqlite.errors import ArtifactNotFoundError, WorkbenchFailedError


def driver_error(code: int, message: str = "refused") -> dbapi.OperationalError:
    """Return the driver's error for a result code of SQLite."""
    error = dbapi.OperationalError(message)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "The disk is full: free some space"),
        (errno.EACCES, "Give this user permission to write there"),
        (errno.EROFS, "The file system is read-only: work in another folder"),
        (errno.EMFILE, "Too many files are open in this process: close some, or raise the limit"),
        (errno.EXDEV, "Remove the cause"),
    ],
)
def test_refusals_of_the_system_have_their_remedy(number: int, remedy: str) -> None:
    """By the number of the error; an unusual one has the usual remedy."""
    error = OSError(number, os.strerror(number), "/data")

    assert refusal_in(error) == Refusal(str(error), remedy)


@pytest.mark.parametrize("code", [apsw.SQLITE_FULL, apsw.SQLITE_IOERR_WRITE, apsw.SQLITE_CANTOPEN, apsw.SQLITE_BUSY])
def test_refusals_that_sqlite_tells_are_recognised(code: int) -> None:
    """In the driver's error as in the one SQLAlchemy makes of it, by the primary code."""
    plain = driver_error(code, "disk trouble")
    wrapped = OperationalError("SELECT 1", (), plain)

    assert refusal_in(plain) == refusal_in(wrapped)
    assert (refusal_in(plain) or Refusal("", "")).reason == "disk trouble"


def test_apsw_itself_is_understood(tmp_path: Path) -> None:
    """Its classes hold the code under another name."""
    with pytest.raises(apsw.CantOpenError) as caught:
        apsw.Connection(str(tmp_path / "missing" / "file"))

    assert refusal_in(caught.value) == Refusal(
        "unable to open database file",
        "See whether this user may create files there, and how many may be open at once",
    )


def test_a_consequence_is_taken_for_its_cause() -> None:
    """After a full disk there is no savepoint left to go back to, which would hide what happened."""
    try:
        try:
            raise driver_error(apsw.SQLITE_FULL, "database or disk is full")
        except dbapi.Error:
            raise driver_error(apsw.SQLITE_ERROR, "no such savepoint: one")  # noqa: B904 - As SQLAlchemy does.
    except dbapi.Error as error:
        found = refusal_in(error)

    assert found == Refusal("database or disk is full", "The disk is full: free some space")


@pytest.mark.parametrize(
    "error",
    [
        driver_error(apsw.SQLITE_ERROR, "no such table: t"),
        ArtifactNotFoundError(path=Path("a"), expected="an artifact", found="nothing", remedy="Ship it."),
        ValueError("no"),
        apsw.ConnectionClosedError("closed"),
    ],
)
def test_other_errors_are_no_refusals(error: Exception) -> None:
    """Neither mistakes in SQL nor errors of ours, even those that are an OSError too."""
    assert refusal_in(error) is None


def test_refusals_are_told_as_the_caller_words_them() -> None:
    """All others pass, and so does what somebody refused who was not asked about."""

    def tell(refusal: Refusal) -> WorkbenchFailedError:
        return WorkbenchFailedError(name="x", path=Path("x"), reason=refusal.reason, remedy=refusal.remedy)

    with pytest.raises(WorkbenchFailedError, match="Give this user permission") as caught, telling_refusals(tell):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert isinstance(caught.value.__cause__, PermissionError)

    with pytest.raises(PermissionError), telling_refusals(tell, by=SQLITE):
        raise PermissionError(errno.EACCES, "Permission denied")
    with pytest.raises(dbapi.OperationalError, match="no such table"), telling_refusals(tell):
        raise driver_error(apsw.SQLITE_ERROR, "no such table: t")
