"""Check a finished file before it is published."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from warnings import warn

import apsw
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from microcosm_sqlite.artifacts.inspection import inspect
from microcosm_sqlite.artifacts.manifest import Manifest, Waiver
from microcosm_sqlite.artifacts.queries import rows
from microcosm_sqlite.checks import (
    CONSTRAINTS,
    FOREIGN_KEYS,
    Check,
    Drift,
    Floor,
    FunctionCheck,
    SQLCheck,
    checks_of,
)
from microcosm_sqlite.engines.opening import EngineOptions, open_sealed
from microcosm_sqlite.engines.refusals import SQLITE, refusal_in
from microcosm_sqlite.engines.uris import file_uri
from microcosm_sqlite.errors import (
    ArtifactError,
    ArtifactNotFoundError,
    DanglingKeyError,
    GateFailure,
    GatesFailedError,
)
from microcosm_sqlite.shipping.channels import Channel
from microcosm_sqlite.workbench import Workbench

#: Problems of one gate that are kept; the others are only counted. One bad rule can make a problem of every row.
KEPT_PROBLEMS: Final = 100

CheckT = TypeVar("CheckT", bound=Check)


class UnneededWaiverWarning(UserWarning):
    """A gate was waived that holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Candidate:
    """What would be published, and where."""

    bench: Workbench
    channel: Channel
    staged: Path
    engine: Engine
    manifest: Manifest

    def rows_of(self, table: str) -> int:
        return _rows_of(self.manifest, table)


def gate_names(data_set: Any) -> tuple[str, ...]:
    """Return the names of the gates that a release of *data_set* passes, in their order."""
    return (CONSTRAINTS, FOREIGN_KEYS, *(check.name for check in checks_of(data_set)))


def checked_waivers(data_set: Any, waivers: Iterable[Waiver]) -> tuple[Waiver, ...]:
    """Return *waivers* in the order of their gates, if each is of another gate of *data_set* that can be waived.

    Raises:
        ValueError: One names no gate, a gate that another one names, or one without which no file is an artifact.
    """
    names = gate_names(data_set)
    found: dict[str, Waiver] = {}
    for waiver in waivers:
        if waiver.gate not in names:
            raise ValueError(f"no gate is called {waiver.gate!r}; there are {', '.join(names)}")
        if waiver.gate == CONSTRAINTS:
            raise ValueError(f"gate {CONSTRAINTS!r} cannot be waived: readers rely on what the tables declare")
        if waiver.gate in found:
            raise ValueError(f"gate {waiver.gate!r} is waived twice")
        found[waiver.gate] = waiver
    return tuple(found[name] for name in names if name in found)


def check_gates(
    bench: Workbench, channel: Channel, staged: Path, manifest: Manifest, access: Sequence[GateFailure] = ()
) -> None:
    """Check that the finished file *staged*, made of *bench*, may be the next release on *channel*.

    Every gate is looked at, whatever is found. Those that *manifest* waives do not stop the release; those that it
    waives although they hold are warned of. *access* is what the certificate found.

    Raises:
        GatesFailedError: Some gates do not hold; `failures` has each.
    """
    engine = open_sealed(staged, name=bench.name, options=EngineOptions(pool=NullPool))
    try:
        candidate = _Candidate(bench=bench, channel=channel, staged=staged, engine=engine, manifest=manifest)
        found = [*_failures(candidate), *access]
    finally:
        engine.dispose()
    failed = {failure.gate for failure in found}
    waived = {waiver.gate for waiver in manifest.waivers}
    for gate in sorted(waived - failed):
        message = f"data set {bench.name!r}: gate {gate!r} is waived, but it holds. Leave the waiver out next time."
        warn(message, UnneededWaiverWarning, stacklevel=4)
    if failed - waived:
        failures = [failure for failure in found if failure.gate not in waived]
        raise GatesFailedError(name=bench.name, path=Path(manifest.file_name), failures=failures)


def _failures(candidate: _Candidate) -> Iterator[GateFailure]:
    checks = checks_of(candidate.bench.data_set)
    yield from _constraints(candidate)
    yield from _foreign_keys(candidate)
    yield from _floors(candidate, _only(Floor, checks))
    yield from _drifts(candidate, _only(Drift, checks))
    for query in _only(SQLCheck, checks):
        yield from _own(candidate, query.name, partial(_rows_found, query), what="SQL that must return no rows")
    for check in _only(FunctionCheck, checks):
        yield from _own(candidate, check.name, partial(_problems_told, check), what="a check of the data set")


def _only(kind: type[CheckT], checks: Iterable[Check]) -> list[CheckT]:
    return [check for check in checks if isinstance(check, kind)]


def _constraints(candidate: _Candidate) -> Iterator[GateFailure]:
    """Look at NOT NULL, CHECK and UNIQUE of every row again, and at what SQLite knows of its own pages."""
    # A connection that could write, because SQLite leaves CHECK out of the schema of a file that is only to be read.
    connection = apsw.Connection(file_uri(candidate.staged), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI)
    try:
        rows(connection, "PRAGMA query_only = ON")
        found = [line for (line,) in rows(connection, f"PRAGMA integrity_check({KEPT_PROBLEMS})")]
    except apsw.Error as error:
        _pass_on(error)
        found = [_reason(error)]
    finally:
        connection.close()
    if found != ["ok"]:
        more = " or more" if len(found) == KEPT_PROBLEMS else ""
        yield GateFailure(
            gate=CONSTRAINTS,
            what="PRAGMA integrity_check of the finished file",
            expected="no violation",
            found=f"{len(found)}{more}",
            problems=tuple(found),
            total=len(found),
        )


def _foreign_keys(candidate: _Candidate) -> Iterator[GateFailure]:
    problems: tuple[Any, ...] = ()
    try:
        with candidate.engine.connect() as connection:
            count = sum(1 for _ in connection.exec_driver_sql("PRAGMA foreign_key_check"))
        if not count:
            return
        found = str(count)
        candidate.bench.check_foreign_keys()
    except DanglingKeyError as error:
        count, problems, found = error.count, error.problems, str(error.count)
    except SQLAlchemyError as error:
        _pass_on(error)
        # "foreign key mismatch": what is referred to is no key.
        count, found = 0, _reason(error)
    yield GateFailure(
        gate=FOREIGN_KEYS,
        what="every foreign key leads to a row",
        expected="no key that leads nowhere",
        found=found,
        problems=problems,
        total=count,
    )


def _floors(candidate: _Candidate, floors: Iterable[Floor]) -> Iterator[GateFailure]:
    for floor in floors:
        count = candidate.rows_of(floor.table)
        if count < floor.rows:
            yield GateFailure(
                gate=floor.name,
                what=f"rows of table {floor.table!r}",
                expected=f"at least {floor.rows}",
                found=str(count),
            )


def _drifts(candidate: _Candidate, drifts: Sequence[Drift]) -> Iterator[GateFailure]:
    if not drifts:
        return
    try:
        before = inspect(candidate.channel.locate(candidate.bench.name)).manifest
    except ArtifactNotFoundError:
        return
    except ArtifactError as error:
        for drift in drifts:
            yield _drifted(drift, "a previous release to compare with", f"one that cannot be read: {error}")
        return
    for drift in drifts:
        now, then = candidate.rows_of(drift.table), _rows_of(before, drift.table)
        if then and abs(now - then) * 100 > drift.percent * then:
            yield _drifted(
                drift,
                f"at most {drift.percent:g} % more or fewer than the {then} of release {before.version}",
                f"{now}, which is {(now - then) * 100 / then:+.3g} %",
            )


def _drifted(drift: Drift, expected: str, found: str) -> GateFailure:
    return GateFailure(gate=drift.name, what=f"rows of table {drift.table!r}", expected=expected, found=found)


def _rows_of(manifest: Manifest, table: str) -> int:
    return next((entry.rows for entry in manifest.tables if entry.name == table), 0)


def _own(
    candidate: _Candidate, gate: str, find: Callable[[Session], Iterable[object]], *, what: str
) -> Iterator[GateFailure]:
    problems: list[str] = []
    count, found = 0, ""
    try:
        with Session(candidate.engine) as session:
            for problem in find(session):
                count += 1
                if count <= KEPT_PROBLEMS:
                    problems.append(str(problem))
    except Exception as error:  # noqa: BLE001 - A check that breaks has not passed; the failure says how it broke.
        _pass_on(error, staged=candidate.staged)
        found = f"{type(error).__name__}: {_reason(error)}"
    if count or found:
        yield GateFailure(
            gate=gate,
            what=what,
            expected="no problem",
            found=" and then ".join(filter(None, (str(count) if count else "", found))),
            problems=tuple(problems),
            total=count,
        )


def _rows_found(check: SQLCheck, session: Session) -> Iterator[str]:
    if isinstance(check.sql, str):
        # Not as `text()`, which would take a colon within it for a parameter.
        result: Any = session.connection().exec_driver_sql(check.sql)
    else:
        result = session.execute(check.sql)
    columns = list(result.keys())
    for row in result:
        yield ", ".join(f"{column}={value!r}" for column, value in zip(columns, row, strict=True))


def _problems_told(check: FunctionCheck, session: Session) -> Iterable[object]:
    told: object = check.function(session)
    match told:
        case None:
            return ()
        case str():
            return (told,)
        case Iterable():
            return told
        case _:
            raise TypeError(f"a check tells its problems as text, or nothing at all, not {told!r}")


def _pass_on(error: Exception, *, staged: Path | None = None) -> None:
    """Raise *error* again if it says that the finished file cannot be read, which is no matter of its rows."""
    if isinstance(error, SQLITE) and refusal_in(error):
        raise error
    if isinstance(error, ArtifactError) and error.path == staged:
        raise error


def _reason(error: Exception) -> str:
    """Return what *error* says; what SQLAlchemy adds about its own documentation helps nobody here."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause)
