"""Say what SQLite's complaint about a file means for whoever opened it."""

import re
from pathlib import Path
from typing import Final

import apsw

from microcosm_sqlite.errors import ArtifactError
from microcosm_sqlite.faults import damages, strangers
from microcosm_sqlite.faults.fault import Fault

#: The low byte of SQLite's extended result codes is the primary one (https://sqlite.org/rescode.html).
_PRIMARY: Final = 0xFF

_BY_RESULT: Final = {
    apsw.SQLITE_CORRUPT: damages.CORRUPT_PAGE,
    apsw.SQLITE_NOTADB: damages.CORRUPT_PAGE,
    apsw.SQLITE_INTERRUPT: damages.RUNAWAY,
    apsw.SQLITE_TOOBIG: damages.TOO_BIG,
    apsw.SQLITE_PERM: strangers.UNREADABLE,
    apsw.SQLITE_IOERR: strangers.SYSTEM_REFUSES,
    apsw.SQLITE_CANTOPEN: strangers.SYSTEM_REFUSES,
}

#: What stands behind the general error code; SQLite tells these apart in words only. (Compiled when first needed.)
_BY_WORDS: Final = (
    (r"malformed database schema", damages.CORRUPT_PAGE),
    (r"unsafe use of", damages.UNSAFE_SCHEMA),
    (r"no such (?:module|function|collation sequence|tokenizer): ", damages.FEATURE_MISSING),
)

#: In the words about a schema too, whose code is that of damage.
_SIZES: Final = (
    r"too (?:big|large|deep|much)|too many (?!attached)|too complex|stack overflow|over maximum|[Rr]ecursion limit"
)

_FEATURE: Final = r"no such ((?:module|function|collation sequence|tokenizer): .+)"


def fault_of(code: int, message: str) -> Fault:
    """Return the fault of the file about which SQLite says *message*, with the result *code*."""
    if re.search(_SIZES, message):
        return damages.TOO_BIG
    by_result = _BY_RESULT.get(code & _PRIMARY)
    if by_result is not None:
        return by_result
    return next((fault for words, fault in _BY_WORDS if re.search(words, message)), damages.SQLITE_REFUSES)


def error_of(path: Path, *, code: int, message: str) -> ArtifactError:
    """Return the error that says what SQLite's *message* about the file at *path* means."""
    fault = fault_of(code, message)
    if fault is damages.FEATURE_MISSING:
        feature = re.search(_FEATURE, message)
        return fault.at(path, feature=feature[1] if feature else message, version=apsw.sqlite_lib_version())
    if fault in {strangers.UNREADABLE, strangers.SYSTEM_REFUSES}:
        return fault.at(path, refusal=message)
    return fault.at(path, complaint=message)
