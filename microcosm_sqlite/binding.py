"""Open what the name of a data set leads to, in the way that fits what is there."""

from enum import Enum, auto
from importlib import import_module
from os import PathLike, fsdecode
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import Engine
from sqlalchemy import pool as pools
from sqlalchemy.pool import Pool

from microcosm_sqlite.artifacts.claims import Claims
from microcosm_sqlite.artifacts.headers import read_header
from microcosm_sqlite.artifacts.identity import identity_if_any
from microcosm_sqlite.artifacts.recognition import stranger
from microcosm_sqlite.artifacts.trusting import Trust, verified
from microcosm_sqlite.constants import MEMORY_PATH
from microcosm_sqlite.engines import opening
from microcosm_sqlite.engines.opening import EngineOptions
from microcosm_sqlite.errors import (
    ArtifactError,
    ArtifactNotFoundError,
    ConfigurationError,
    DataSetNotFoundError,
)
from microcosm_sqlite.faults import damages


class Kind(Enum):
    """What a location is, which decides how it is opened."""

    MEMORY = auto()
    URI = auto()
    SEALED = auto()
    PLAIN = auto()


def location_of(path: Any) -> str | Path:
    """Return *path* as a `Path`, or as the text that SQLite itself gives a meaning: `:memory:` or a `file:` URI.

    An empty path means `:memory:`, as it always did; a leading `~` is expanded.

    Raises:
        ConfigurationError: it is no path, or one that no file can have.
    """
    if not isinstance(path, str | bytes | PathLike):
        raise ConfigurationError(key="sqlite.paths", found=path, expected="a path")
    text = fsdecode(cast("str | bytes | PathLike[str]", path))
    if "\0" in text:
        raise ConfigurationError(key="sqlite.paths", found=path, expected="a path without a NUL character")
    if text in {"", MEMORY_PATH}:
        return MEMORY_PATH
    return text if text.startswith("file:") else Path(text).expanduser()


def kind_of(location: str | Path) -> Kind:
    """Return what *location* is, having looked at no more than the first bytes of a file.

    Raises:
        NotAnArtifactError: a folder, or a file that is no database.
        ArtifactError: a file that this process may not read.
    """
    if isinstance(location, str):
        return Kind.MEMORY if location == MEMORY_PATH else Kind.URI
    # Missing and empty files are databases still to be made: create_all and migrations start from them.
    try:
        header = read_header(location)
    except ArtifactNotFoundError:
        return Kind.PLAIN
    if not header.size_bytes:
        return Kind.PLAIN
    if not header.is_sqlite:
        raise stranger(location, header=header, expected="an SQLite database")
    return Kind.SEALED if header.is_sealed else Kind.PLAIN


def bind(name: str, path: Any, *, read_only: bool, trust: Trust, options: EngineOptions) -> Engine:
    """Return the engine of data set *name* at *path*; what is sealed is checked as *trust* asks for.

    Raises:
        DataSetNotFoundError: *read_only*, and there is nothing to read.
        WrongArtifactError: a sealed artifact of another data set.
        PinnedReleaseError: not the release that is pinned.
        ArtifactError: the file is damaged, or no database.
    """
    location = location_of(path)
    kind = kind_of(location)
    if trust.pin is not None and kind is not Kind.SEALED:
        raise _not_pinned(name, location, pin=trust.pin, found="no sealed artifact")
    match kind:
        case Kind.SEALED:
            engine = _bind_sealed(name, Path(location), trust, options)
        case Kind.URI:
            engine = opening.open_uri(str(location), name=name, options=options)
        case Kind.MEMORY:
            engine = opening.open_memory(name=name, options=options)
        case Kind.PLAIN:
            open_plain = opening.open_read_only if read_only else opening.open_mutable
            engine = open_plain(Path(location), name=name, options=options)
    if read_only and not _has_something_to_read(location):
        raise DataSetNotFoundError(
            name=name, looked=options.looked(), remedy=_READ_ONLY_REMEDY.format(path=location, name=name)
        )
    return engine


_READ_ONLY_REMEDY: Final = (
    "sqlite.read_only is set, and {path} holds nothing to read. "
    "Install the distribution that carries {name!r}, or configure sqlite.paths.{name}."
)


def _has_something_to_read(location: str | Path) -> bool:
    return location != MEMORY_PATH and (isinstance(location, str) or location.exists())


def _bind_sealed(name: str, path: Path, trust: Trust, options: EngineOptions) -> Engine:
    seen = identity_if_any(path)
    _check(name, path, trust)

    def check_again() -> None:
        """Check the file anew if it is another one: pooled connections are opened as long as the process lives."""
        nonlocal seen
        now = identity_if_any(path)
        if now != seen:
            _check(name, path, trust)
            seen = now

    return opening.open_sealed(path, name=name, options=options, check=check_again)


def _check(name: str, path: Path, trust: Trust) -> None:
    found = verified(path, trust)
    if found.name != name:
        raise damages.OTHER_DATA_SET.at(path, name=name, found=found.name, version=found.version)
    if trust.pin not in {None, found.version, found.file_digest}:
        raise _not_pinned(name, path, pin=trust.pin, found=_release(found))


def _release(found: Claims) -> str:
    return f"version {found.version}" + (f" ({found.file_digest})" if found.file_digest else "")


def _not_pinned(name: str, location: str | Path, *, pin: str | None, found: str) -> ArtifactError:
    return damages.OTHER_RELEASE.at(Path(location), name=name, pinned=pin, found=found)


def pool_class(configured: Any) -> type[Pool] | None:
    """Return the pool class that `sqlite.poolclass` means: a class, its dotted path, or a name in `sqlalchemy.pool`.

    Raises:
        ConfigurationError: it names no pool class.
    """
    if not configured:
        return None
    found = configured
    if isinstance(configured, str):
        module, _, name = configured.rpartition(".")
        try:
            found = getattr(import_module(module) if module else pools, name)
        except (ImportError, AttributeError) as error:
            raise _no_pool(configured) from error
    if not (isinstance(found, type) and issubclass(found, Pool)):
        raise _no_pool(configured)
    return found


def _no_pool(configured: Any) -> ConfigurationError:
    return ConfigurationError(
        key="sqlite.poolclass", found=configured, expected="a pool class of sqlalchemy.pool, such as NullPool"
    )
