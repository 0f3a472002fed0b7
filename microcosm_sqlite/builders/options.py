"""Say how a source is mapped, and what is done about rows that do not fit."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from typing import Any, Final, TypedDict

from microcosm_sqlite.builders.converters import Conflict
from microcosm_sqlite.builders.loading import Load
from microcosm_sqlite.builders.parsers import NOTHING
from microcosm_sqlite.builders.plans import Filling
from microcosm_sqlite.sources.tabular import Source


class LoadOptions(TypedDict, total=False):
    """How a source is mapped, and what is done about rows that do not fit; all may be left out."""

    #: What fills columns that the source calls otherwise, by attribute (`City.name`) or name: the name of a source
    #: column, a path into nested values (`address.city`), a function of the row, or SQL (`sqlalchemy.text`).
    columns: Mapping[Any, Filling]
    #: Values for columns that the source does not have, by column name or attribute.
    defaults: Mapping[str, Any]
    #: Source columns that are dropped on purpose; "*" drops all that the model does not have.
    ignore: Iterable[str]
    #: The texts that mean nothing; just "" if left out.
    null: Iterable[str]
    #: How many problems are told in full (100 if left out), the others are counted; with `skip_bad`: how many rows may
    #: be left out before the load fails (any number if left out).
    max_errors: int
    #: Leave out rows that do not fit. How many is in the manifest.
    skip_bad: bool
    #: What converts rows that Python reads, beside the thread that stores them: processes, threads, a cluster. It stays
    #: the caller's, and is not shut down. What is stored, and what is told, does not depend on it.
    executor: Executor | None


#: Of which type options are that would otherwise do something else than what was meant, or fail late.
_KINDS: Final[Mapping[str, tuple[Any, str]]] = {
    "columns": (Mapping, "a mapping of columns to what fills them"),
    "defaults": (Mapping, "a mapping of columns to values"),
    "max_errors": (int, "a number of problems"),
    "skip_bad": (bool, "True or False"),
    "executor": (Executor | None, "an executor of concurrent.futures, such as ProcessPoolExecutor(4), or None"),
}


def load_of(model: type[Any], source: Source, options: LoadOptions, conflict: Conflict = Conflict.REFUSE) -> Load:
    """Return what loads *source* into *model* as the *options* say.

    Raises:
        TypeError: an option is unknown, or of another type.
        ValueError: `max_errors` is negative.
    """
    unknown = sorted(set(options) - LoadOptions.__annotations__.keys())
    if unknown:
        known = ", ".join(LoadOptions.__annotations__)
        raise TypeError(f"unknown option {', '.join(map(repr, unknown))}: expected some of {known}")
    for name, (kind, what) in _KINDS.items():
        if name in options and not isinstance(options[name], kind):  # type: ignore[literal-required]
            raise TypeError(f"{name}: expected {what}, found {options[name]!r}")  # type: ignore[literal-required]
    max_errors = options.get("max_errors")
    if max_errors is not None and max_errors < 0:
        raise ValueError(f"max_errors: expected a number of problems, found {max_errors}")
    return Load(
        model=model,
        source=source,
        columns=dict(options.get("columns", {})),
        defaults=dict(options.get("defaults", {})),
        ignored=frozenset(_words(options.get("ignore", ()))),
        nulls=_words(options.get("null", NOTHING)),
        conflict=conflict,
        max_errors=max_errors,
        skips_bad=options.get("skip_bad", False),
        executor=options.get("executor"),
    )


def _words(words: Iterable[str]) -> tuple[str, ...]:
    """Return *words*, of which a single one may be given as such."""
    return (words,) if isinstance(words, str) else tuple(words)
