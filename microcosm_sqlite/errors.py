"""Say what went wrong, where, and what to do next.

Every error of the package descends from `SQLiteError`:

    SQLiteError
    ├── ModelIntegrityError            a row breaks a constraint
    │   ├── DuplicateModelError        ... a unique one                            (status 409)
    │   ├── MigrationIntegrityError    a migration would leave foreign keys that lead nowhere
    │   └── MultipleModelsFoundError   one row was asked for, several match
    ├── ModelNotFoundError             no row matches; also a KeyError             (status 404)
    ├── ArgumentError                  an argument of another kind than is taken; also a TypeError
    │   └── ArgumentValueError         ... of the right kind, but none that can be; also a ValueError (status 400)
    ├── UnknownFilterError             a keyword no store method knows; also a TypeError
    ├── UnknownKeyError                `by` names no unique key of the model; also a TypeError
    ├── NotIndexedError                its model declares no index for this; also a TypeError
    ├── ForeignThreadError             a row of another thread was to load something; also a RuntimeError
    ├── FullScanError                  a query scanned more rows than the guard allows
    ├── ColumnTypeError                a column, or a value of it, has no counterpart in Arrow; also a TypeError
    ├── CoordinateError                no latitude or longitude; also a ValueError (status 400)
    ├── CursorError                    no cursor of this look-up; also a ValueError (status 400)
    │   └── StaleCursorError           ... it is that of another release: start again (status 409)
    ├── ConfigurationError             a setting cannot be understood; also a ValueError
    ├── MissingExtraError              an optional dependency is not installed; also an ImportError
    ├── DataSetError
    │   ├── NotADataSetError           a class that no data set owns; also a TypeError
    │   ├── DeclarationError           the module that declares one cannot be imported
    │   ├── DataSetNotFoundError       nothing to open under this name             (status 404)
    │   ├── DataSetConflictError       two distributions claim one name
    │   ├── EmptyDataSetError          opened, but it holds no tables
    │   ├── NoSessionError             no session is open here; also an AttributeError
    │   ├── ReadOnlyDataSetError       a write to data that cannot change          (status 405)
    │   ├── StatementTimeoutError      a query on a sealed data set that did not come to an end
    │   ├── MigrationsNotFoundError    it has no folder of migrations; also a FileNotFoundError
    │   └── StaleDBError               models and migrations disagree
    ├── ArtifactError                  a file is not the artifact it should be
    │   ├── ArtifactNotFoundError      no file there; also a FileNotFoundError     (status 404)
    │   ├── NotAnArtifactError         a file, but never sealed by us
    │   ├── ArtifactCorruptError       sealed, but no longer what was sealed
    │   ├── UnsupportedRevisionError   sealed in a format this version cannot read
    │   ├── SchemaMismatchError        it does not hold what the models use
    │   │   └── WrongArtifactError     ... it is that of another data set
    │   ├── PinnedReleaseError         a sound artifact, but not the release that is pinned
    │   └── ManifestError              its manifest is missing or cannot be read
    └── BuildError                     nothing was published, nothing half-written
        ├── SourceError                a source cannot be read as rows
        │   └── HeaderError            ... its header does not fit the model
        ├── WatermarkError             new rows of a source cannot be told from those taken before
        ├── RowsRejectedError          rows do not fit the model; `problems` names each
        │   ├── DuplicateRowError      ... a key occurs twice; also a DuplicateModelError
        │   └── DanglingKeyError       ... a foreign key leads nowhere; also a ModelIntegrityError
        ├── WorkersFailedError         an executor did not do what a load asked of it
        ├── WorkbenchBusyError         another build of this data set is running
        ├── WorkbenchFailedError       the disk or the operating system refused what the build needs
        ├── DataSetBusyError           another connection holds a lock; also a DataSetError (status 503)
        └── SealError                  the finished file could not be published
            └── GatesFailedError       ... what must hold of its rows does not; `failures` names each

An error is made from its facts (keyword arguments that stay readable as attributes), and words its own message from
them. `status_code` is what an HTTP service would answer; no HTTP library is involved.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

#: How many problems of one kind a message spells out; the others are in `problems`.
SHOWN_PROBLEMS: Final = 20


class SQLiteError(Exception):
    """Anything this package raises on purpose.

    Positional arguments are kept as they are (2.0.0 raised `ModelNotFoundError(original)`); the message then is theirs.
    """

    _status_code: ClassVar[int] = 500

    def __str__(self) -> str:
        # Spelt out because KeyError, a second base below, would print the repr of the message.
        return " ".join(str(argument) for argument in self.args)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are otherwise copied and pickled by calling the class with `args`, which hold the message here.
        return _restore, (type(self), self.args, vars(self).copy())

    @property
    def status_code(self) -> int:
        """The HTTP status that says the same."""
        return self._status_code

    @property
    def include_stack_trace(self) -> bool:
        """Whether a service should show a stack trace to its caller."""
        return False


def _restore(kind: type[SQLiteError], arguments: tuple[Any, ...], facts: dict[str, Any]) -> SQLiteError:
    error = kind.__new__(kind)
    error.args = arguments
    for name, value in facts.items():
        setattr(error, name, value)
    return error


class ModelIntegrityError(SQLiteError):
    """A row breaks a constraint of its table; where *explanation* is given, the message is that instead of *args*."""

    def __init__(self, *args: Any, explanation: str | None = None) -> None:
        super().__init__(*args)
        self.explanation = explanation

    def __str__(self) -> str:
        return self.explanation or super().__str__()


class DuplicateModelError(ModelIntegrityError):
    """A row with this key exists already."""

    _status_code = 409


class DanglingReference(NamedTuple):
    """A foreign key of one row that leads to no row of *parent*; *row* is its rowid, None where tables have none."""

    table: str
    row: int | None
    columns: tuple[str, ...]
    values: tuple[Any, ...]
    parent: str

    def __str__(self) -> str:
        where = self.table if self.row is None else f"{self.table}, row {self.row}"
        values = "" if self.row is None else f" = {', '.join(repr(value) for value in self.values)}"
        return f"{where}: {', '.join(self.columns)}{values} is not in {self.parent}"


class MigrationIntegrityError(ModelIntegrityError):
    """A migration would leave foreign keys that lead nowhere; it was rolled back."""

    #: How many of them the message spells out; all are in `dangling`.
    SHOWN: ClassVar[int] = 20

    def __init__(self, *, name: str, dangling: Sequence[DanglingReference]) -> None:
        self.name, self.dangling = name, tuple(dangling)
        head = (
            f"data set {name!r}: the migration would leave {len(self.dangling)} foreign key(s) that lead nowhere; "
            "it was rolled back. Let it move or delete these rows, or correct them first:"
        )
        lines = [head, *(f"  {reference}" for reference in self.dangling[: self.SHOWN])]
        if len(self.dangling) > self.SHOWN:
            lines.append(f"  ... and {len(self.dangling) - self.SHOWN} more")
        super().__init__("\n".join(lines))


class MultipleModelsFoundError(ModelIntegrityError):
    """One row was asked for, several match."""


class ModelNotFoundError(SQLiteError, KeyError):
    """No row matches.

    `missing` holds the keys that were asked for by `Store.retrieve` or `Store.retrieve_many` and do not exist.
    """

    _status_code = 404

    def __init__(self, *args: Any, missing: Iterable[Any] = ()) -> None:
        super().__init__(*args)
        self.missing = tuple(missing)


class ArgumentError(SQLiteError, TypeError):
    """An argument of another kind than is taken there."""

    def __init__(self, *, where: str, argument: str, expected: str, found: str, remedy: str) -> None:
        self.where, self.argument = where, argument
        self.expected, self.found, self.remedy = expected, found, remedy
        super().__init__(f"{where}: {argument}: expected {expected}, found {found}. {remedy}")


class ArgumentValueError(ArgumentError, ValueError):
    """An argument of the right kind, but with a value that nothing can have, or that has no meaning there."""

    _status_code = 400


class UnknownFilterError(SQLiteError, TypeError):
    """A keyword that this store does not know as a filter, or that may not be used this way."""

    #: What to do instead of giving a keyword that is one elsewhere.
    ELSEWHERE: ClassVar[Mapping[str, str]] = {
        "order_by": "The class of the store declares the order: order_by = [Model.column].",
        "where": "Conditions come first, by position: search(Model.column == value).",
        "columns": "Some columns of each row: values(Model.column, ...).",
        "offset": "Pages go on from each other: page(after=page.next); search(offset=...) counts.",
        "key": "A row by its key: retrieve(key).",
    }

    def __init__(
        self, *, store: str, unknown: Iterable[str], known: Iterable[str], reason: str = "unknown filter"
    ) -> None:
        self.store, self.unknown, self.known = store, tuple(unknown), tuple(sorted(known))
        names = ", ".join(repr(name) for name in self.unknown)
        options = ", ".join(self.known) or "none"
        remedy = " ".join(self.ELSEWHERE[name] for name in self.unknown if name in self.ELSEWHERE)
        super().__init__(
            f"{store}: {reason} {names}.{_meant(self.unknown, self.known)} Known filters: {options}. "
            + (remedy or "Add the column to auto_filter_fields, name it in _filter, or pass an expression: ")
            + ("" if remedy else "Model.column == value.")
        )


def _meant(unknown: Iterable[str], known: Sequence[str]) -> str:
    """Return the question whether names that are *known* and look like those *unknown* were meant, if there are any."""
    from difflib import get_close_matches  # noqa: PLC0415 - Only who made a mistake pays for it.

    alike = dict.fromkeys(name for one in unknown for name in get_close_matches(one, known, n=1) if name != one)
    return f" Did you mean {' and '.join(map(repr, alike))}?" if alike else ""


class UnknownKeyError(SQLiteError, TypeError):
    """Attributes that are together no unique key of the model, so that they do not name one row."""

    def __init__(self, *, model: str, asked: Iterable[str], known: Iterable[Iterable[str]]) -> None:
        self.model, self.asked, self.known = model, tuple(asked), tuple(tuple(key) for key in known)
        keys = "; ".join(", ".join(key) for key in self.known)
        super().__init__(
            f"{model}: expected a unique key, found ({', '.join(self.asked)}). Unique keys: {keys}. "
            "Use one of these, declare unique=True, or search: several rows may match."
        )


class NotIndexedError(SQLiteError, TypeError):
    """A look-up for which the model declares no index, or the database has none."""

    def __init__(self, *, model: str, expected: str, found: str, remedy: str) -> None:
        self.model, self.expected, self.found, self.remedy = model, expected, found, remedy
        super().__init__(f"{model}: expected {expected}, found {found}. {remedy}")


class ForeignThreadError(SQLiteError, RuntimeError):
    """A row that belongs to another thread was to load something."""

    def __init__(self, *, model: str, owner: str, found: str) -> None:
        self.model, self.owner, self.found = model, owner, found
        super().__init__(
            f"{model}: expected to be loaded in thread {owner}, to which the row that asks belongs, found {found}. "
            "Rows that `call` returns by themselves, in lists, tuples, dictionaries or data classes belong to whoever "
            "awaits them; of any others, load what you need inside of the function that is called."
        )


class FullScanError(SQLiteError):
    """A query scanned more rows than the guard allows; *remedy* makes the index that it lacks, where that is known."""

    def __init__(self, *, sql: str, steps: int, limit: int, remedy: str | None) -> None:
        self.sql = sql
        self.steps = steps
        self.limit = limit
        self.remedy = remedy
        missing = f"The index that is missing: {remedy}" if remedy else "No index on what it compares would help"
        super().__init__(
            f"a query scanned {steps} rows, where {limit} are allowed: {' '.join(sql.split())}\n"
            f"  {missing}. Or raise sqlite.scan_limit, or run it within scans_allowed()."
        )


class ColumnTypeError(SQLiteError, TypeError):
    """A column, or a value of it, that has no counterpart in Arrow."""

    def __init__(self, *, column: str, expected: str, found: str, remedy: str) -> None:
        self.column, self.expected, self.found, self.remedy = column, expected, found, remedy
        super().__init__(f"{column}: expected {expected}, found {found}. {remedy}")


class CoordinateError(SQLiteError, ValueError):
    """What is no latitude, no longitude or no distance."""

    _status_code = 400

    def __init__(self, *, name: str, found: Any, expected: str) -> None:
        self.name, self.found, self.expected = name, found, expected
        super().__init__(f"{name}: expected {expected}, found {found!r}.")


class CursorError(SQLiteError, ValueError):
    """What was given as a cursor is none, was changed on its way, or belongs to another look-up."""

    _status_code = 400

    def __init__(self, *, store: str, expected: str, found: str, remedy: str) -> None:
        self.store, self.expected, self.found, self.remedy = store, expected, found, remedy
        super().__init__(f"{store}: expected {expected}, found {found}. {remedy}")


class StaleCursorError(CursorError):
    """A cursor from before the data set was released anew: whoever pages starts again."""

    _status_code = 409


class ConfigurationError(SQLiteError, ValueError):
    """A setting that cannot be understood."""

    def __init__(self, *, key: str, found: Any, expected: str, shown: str | None = None) -> None:
        """Word the message; *shown* says what was found where that itself is not to be seen."""
        self.key, self.found, self.expected = key, found, expected
        words = repr(found) if shown is None else shown
        super().__init__(
            f"configuration {key}: expected {expected}, found {words}. Correct the value or remove the key."
        )


class MissingExtraError(SQLiteError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, *, extra: str, needed_by: str) -> None:
        self.extra, self.needed_by = extra, needed_by
        super().__init__(f'{needed_by} needs an optional dependency: pip install "microcosm-sqlite[{extra}]"')


class DataSetError(SQLiteError):
    """Something is wrong with a data set as a whole."""


class NotADataSetError(DataSetError, TypeError):
    """A class that no data set owns."""

    def __init__(self, found: Any) -> None:
        self.found = found
        super().__init__(
            f"Not a valid DataSet: {found!r}. Expected a class made by DataSet.create(name), "
            "a class declared as `class Name(DataSet, DeclarativeBase)`, or a model of one of these."
        )


class DeclarationError(DataSetError):
    """The module that declares a data set cannot be imported."""

    def __init__(self, *, module: str, where: str, reason: str) -> None:
        self.module, self.where, self.reason = module, where, reason
        super().__init__(
            f"module {module!r} cannot be imported: {where}: {reason}. Correct it there, or install what it needs; "
            "--debug shows how the import came there."
        )


class DataSetNotFoundError(DataSetError):
    """There is nothing to open under this name."""

    _status_code = 404

    def __init__(self, *, name: str, looked: Iterable[str], remedy: str) -> None:
        self.name, self.looked, self.remedy = name, tuple(looked), remedy
        places = "; ".join(self.looked)
        super().__init__(f"data set {name!r} was not found. Looked at: {places}. {remedy}")


class DataSetConflictError(DataSetError):
    """Two installed distributions claim the same data set name."""

    def __init__(self, *, name: str, claims: Iterable[str]) -> None:
        self.name, self.claims = name, tuple(claims)
        super().__init__(
            f"data set {name!r} is claimed by {len(self.claims)} distributions: {'; '.join(self.claims)}. "
            f"Uninstall all but one, or choose one by configuring sqlite.paths.{name}."
        )


class EmptyDataSetError(DataSetError):
    """The database was opened, but it holds no tables at all."""

    def __init__(self, *, name: str, path: str, looked: Iterable[str]) -> None:
        self.name, self.path, self.looked = name, path, tuple(looked)
        super().__init__(
            f"data set {name!r} at {path} holds no tables. Chosen after looking at: {'; '.join(self.looked)}. "
            f"Install the distribution that carries {name!r}, configure sqlite.paths.{name}, "
            "or create the tables with create_all(graph)."
        )


class NoSessionError(DataSetError, AttributeError):
    """No session is open for this data set in this thread or task."""

    def __init__(self, *, name: str) -> None:
        # AttributeError has attributes called name and obj of its own, meant for suggestions: `name` fits both uses.
        super().__init__(
            "No session is available in SQLiteContext: "
            f"no context of data set {name!r} is open in this thread or task. "
            "Open one with `Model.new_context(graph)`, or make the store with a graph: `MyStore(graph)`."
        )
        self.name = name

    def __reduce__(self) -> tuple[Any, ...]:
        # Here `name` lives in AttributeError's own slot, which is not among the variables of the instance.
        return _restore, (type(self), self.args, {"name": self.name})


class ReadOnlyDataSetError(DataSetError):
    """A write was attempted on data that cannot change."""

    _status_code = 405

    def __init__(self, *, name: str, path: str, reason: str) -> None:
        self.name, self.path, self.reason = name, path, reason
        super().__init__(
            f"data set {name!r} at {path} is read-only ({reason}). "
            "To change the rows, build and seal a new artifact from its sources; nothing was written."
        )


class StatementTimeoutError(DataSetError):
    """A statement on a sealed data set kept its caller waiting for too long, and was stopped."""

    def __init__(self, *, name: str, path: str, seconds: float) -> None:
        self.name, self.path, self.seconds = name, path, seconds
        super().__init__(
            f"data set {name!r} at {path}: a statement was stopped because it gave no row for {seconds:g} s. "
            "Look at its query plan, and at the views it reads; "
            "if it needs longer, raise sqlite.statement_seconds (0: no limit)."
        )


class MigrationsNotFoundError(DataSetError, FileNotFoundError):
    """A data set has no folder of migrations."""

    def __init__(self, *, name: str, path: Path | None) -> None:
        self.name, self.path = name, path
        found = f"there is no folder {path}" if path else "the graph is named after no imported module"
        remedy = f"Create that folder{'' if path else f' (sqlite-migrations/{name} beside the module)'}"
        super().__init__(
            f"data set {name!r} has no folder of migrations: {found}. {remedy}, "
            f"or bind the graph's component sqlite_migrations_dir to the folder that holds the folder {name!r}."
        )


class StaleDBError(DataSetError):
    """Models and migrations disagree; `operations` are what a new migration would hold."""

    def __init__(self, *, name: str, operations: Iterable[str]) -> None:
        self.name, self.operations = name, tuple(operations)
        head = (
            f"data set {name!r}: the models need operations that no migration has. "
            "Generate the migration (`revision --autogenerate`) or correct the models. It would hold:"
        )
        super().__init__("\n".join((head, *self.operations)))


class ArtifactError(SQLiteError):
    """A file is not the artifact it should be.

    `code` names the fault, the same one for ever (docs/reference/faults.md); `facts` are its figures and names.
    """

    code: str = "MSQ-ARTIFACT"

    def __init__(
        self,
        *,
        path: Path,
        expected: str,
        found: str,
        remedy: str,
        code: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self.path, self.expected, self.found, self.remedy = path, expected, found, remedy
        self.code, self.facts = code or type(self).code, dict(facts or {})
        super().__init__(f"{path}: expected {expected}, found {found}. {remedy} [{self.code}]")


class ArtifactNotFoundError(ArtifactError, FileNotFoundError):
    """There is no file."""

    _status_code = 404
    code = "MSQ-MISSING"


class NotAnArtifactError(ArtifactError):
    """A file, but not one that was sealed by this framework."""

    code = "MSQ-NOT-AN-ARTIFACT"


class ArtifactCorruptError(ArtifactError):
    """A sealed file that is no longer what was sealed."""

    code = "MSQ-CORRUPT"


class UnsupportedRevisionError(ArtifactError):
    """A sealed file of a format revision that this version of the package does not read."""

    code = "MSQ-REVISION"


class SchemaMismatchError(ArtifactError):
    """A sound artifact that does not hold what the models of its data set use; `differences` has one item per table."""

    code = "MSQ-SCHEMA-MISMATCH"

    def __init__(self, *, name: str, path: Path, differences: Iterable[str]) -> None:
        self.name, self.differences = name, tuple(differences)
        super().__init__(
            path=path,
            expected=f"what the models of data set {name!r} use",
            found="; ".join(self.differences),
            remedy="Ship the release that these models were sealed with, or the code that fits this release.",
        )


class WrongArtifactError(SchemaMismatchError):
    """A sound artifact, but of another data set."""

    code = "MSQ-OTHER-DATA-SET"

    def __init__(  # noqa: PLR0913 - As its base class, to whose facts the name is added.
        self,
        *,
        path: Path,
        expected: str,
        found: str,
        remedy: str,
        name: str = "",
        code: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        ArtifactError.__init__(self, path=path, expected=expected, found=found, remedy=remedy, code=code, facts=facts)
        self.name, self.differences = name or self.facts.get("name", ""), (f"expected {expected}, found {found}",)


class PinnedReleaseError(ArtifactError):
    """A sound artifact, but not the release that the configuration pins."""

    code = "MSQ-OTHER-RELEASE"


class ManifestError(ArtifactError):
    """The manifest is missing, unreadable, or belongs to another file."""

    code = "MSQ-MANIFEST"


class BuildError(SQLiteError):
    """A build stopped; nothing was published and nothing is half-written."""


class SourceError(BuildError):
    """A source cannot be read as rows."""

    def __init__(self, *, source: str, expected: str, found: str, remedy: str, line: int | None = None) -> None:
        self.source, self.line = source, line
        self.expected, self.found, self.remedy = expected, found, remedy
        where = source if line is None else f"{source}, line {line}"
        super().__init__(f"{where}: expected {expected}, found {found}. {remedy}")


class HeaderError(SourceError):
    """The header of a source does not fit the model."""


class WatermarkError(BuildError):
    """New rows of a source cannot be told from those that were taken before."""

    def __init__(self, *, extraction: str, expected: str, found: str, remedy: str) -> None:
        self.extraction, self.expected, self.found, self.remedy = extraction, expected, found, remedy
        super().__init__(f"{extraction}: expected {expected}, found {found}. {remedy}")


class WorkersFailedError(BuildError):
    """An executor did not do what a load asked of it; nothing was loaded."""

    def __init__(self, *, source: str, expected: str, found: str, remedy: str) -> None:
        self.source, self.expected, self.found, self.remedy = source, expected, found, remedy
        super().__init__(f"{source}: expected {expected}, found {found}. {remedy}")


class RowProblem(NamedTuple):
    """One value of one row that does not fit: where it stands, what it is, and which rule it breaks."""

    # Not a dataclass: importing that module costs 3 ms, and every process that has the package installed pays it.

    source: str
    line: int | None
    column: str | None
    value: Any
    rule: str
    reason: str

    def __str__(self) -> str:
        line = "" if self.line is None else f", line {self.line}"
        column = "" if self.column is None else f", column {self.column}"
        # What speaks of the row as a whole, as a check does, has no value to show.
        value = "the row" if self.column is None and self.value is None else repr(self.value)
        return f"{self.source}{line}{column}: {value} {self.reason}"


class RowsRejectedError(BuildError):
    """Rows do not fit the model; the database is as it was before the load.

    `problems` holds the first of them, `count` says how many there were in all. Only a load that was asked to commit
    every row by itself leaves `kept_rows` behind.
    """

    #: How many problems the message spells out; the others are in `problems`.
    SHOWN: ClassVar[int] = SHOWN_PROBLEMS

    def __init__(
        self, *, table: str, problems: Sequence[RowProblem], count: int | None = None, kept_rows: int = 0
    ) -> None:
        self.table, self.problems, self.kept_rows = table, tuple(problems), kept_rows
        self.count = len(self.problems) if count is None else count
        kept = f"only the {kept_rows} row(s) before were loaded" if kept_rows else "nothing was loaded"
        lines = [f"table {table!r}: {self.count} problem(s), {kept}. Correct the rows and load again."]
        shown = self.problems[: self.SHOWN]
        lines += [f"  {problem}" for problem in shown]
        if self.count > len(shown):
            lines.append(f"  ... and {self.count - len(shown)} more")
        super().__init__("\n".join(lines))


class DuplicateRowError(RowsRejectedError, DuplicateModelError):
    """A key occurs twice."""


class DanglingKeyError(RowsRejectedError, ModelIntegrityError):
    """A foreign key leads to a row that does not exist."""


class WorkbenchBusyError(BuildError):
    """Another build of this data set is running."""

    def __init__(self, *, name: str, path: Path) -> None:
        self.name, self.path = name, path
        super().__init__(
            f"data set {name!r}: another build holds {path}. Expected to be the only one. "
            "Wait for it to finish, or give this build a folder of its own."
        )


class WorkbenchFailedError(BuildError):
    """The disk is full, or the operating system refused something else that the build needs."""

    def __init__(self, *, name: str, path: Path, reason: str, remedy: str) -> None:
        self.name, self.path, self.reason, self.remedy = name, path, reason, remedy
        super().__init__(
            f"data set {name!r} could not be built in {path}: {reason}. {remedy}, then build again. "
            "Nothing was published; what was published before is untouched."
        )


class DataSetBusyError(BuildError, DataSetError):
    """Another connection holds a lock on the database."""

    _status_code = 503

    def __init__(self, *, name: str, path: str, undone: str = "nothing was loaded") -> None:
        self.name, self.path, self.undone = name, path, undone
        super().__init__(
            f"data set {name!r}: the database at {path} is locked by another connection; {undone}. "
            "Commit, roll back or close the sessions and contexts open on it, those of this thread too, then try "
            "again. What a store changes outside of a context holds the lock until `store.session.commit()`."
        )


class SealError(BuildError):
    """The finished file could not be published; what was published before is untouched."""

    def __init__(self, *, name: str, path: Path, reason: str, remedy: str) -> None:
        self.name, self.path, self.reason, self.remedy = name, path, reason, remedy
        super().__init__(f"data set {name!r} was not sealed to {path}: {reason}. {remedy}")


class GateFailure(NamedTuple):
    """What must hold of the rows and does not: which gate, what it looks at, what it expected, what it found.

    `problems` are the first of those it found, `total` says how many there are in all.
    """

    gate: str
    what: str
    expected: str
    found: str
    problems: tuple[Any, ...] = ()
    total: int = 0

    def __str__(self) -> str:
        lines = [f"{self.gate} ({self.what}): expected {self.expected}, found {self.found}"]
        lines += [f"  {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
        hidden = self.total - min(len(self.problems), SHOWN_PROBLEMS)
        if self.problems and hidden > 0:
            lines.append(f"  ... and {hidden} more")
        return "\n".join(lines)


class GatesFailedError(SealError):
    """What must hold of the rows does not; nothing was published."""

    def __init__(self, *, name: str, path: Path, failures: Sequence[GateFailure]) -> None:
        self.failures = tuple(failures)
        gates = "1 gate" if len(self.failures) == 1 else f"{len(self.failures)} gates"
        super().__init__(
            name=name,
            path=path,
            reason=f"it did not pass {gates}",
            remedy="Correct the rows, create what is missing, or waive a gate and give the reason. "
            "Nothing was published; what was published before is untouched.",
        )
        details = "\n".join(f"  {line}" for failure in self.failures for line in str(failure).split("\n"))
        self.args = (f"{self.args[0]}\n{details}",)
