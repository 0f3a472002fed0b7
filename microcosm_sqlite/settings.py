"""Understand the values of the section `sqlite` of a configuration, where an environment can say everything as text."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from microcosm_sqlite.constants import TRUTH_WORDS
from microcosm_sqlite.errors import ArgumentError, ConfigurationError

_Value = TypeVar("_Value")

#: How much of an artifact `sqlite.verify` lets be checked (see `artifacts.trusting.Policy`).
VERIFY: Final = ("always", "once", "size")

#: What `sqlite.on_scan` lets a guard do about a query that scans too many rows (see `guarding.Reaction`).
ON_SCAN: Final = ("refuse", "warn")

#: Characters of a secret at least; what is shorter can be found by trying.
LEAST_SECRET: Final = 16


def parse_boolean(key: str, value: Any) -> bool:
    """Return the boolean that *value* of the setting *key* means: a real one, 0 or 1, or one of the usual words.

    Raises:
        ConfigurationError: it means neither.
    """
    if value is None:
        return False
    try:
        return TRUTH_WORDS[str(value).strip().lower()]
    except KeyError:
        raise ConfigurationError(key=key, found=value, expected="true or false") from None


def parse_choice(key: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return the one of *choices* that *value* of the setting *key* names, in whatever case.

    Raises:
        ConfigurationError: it names none of them.
    """
    choice = value.strip().lower() if isinstance(value, str) else value
    if choice not in choices:
        *others, last = (f'"{word}"' for word in choices)
        raise ConfigurationError(key=key, found=value, expected=f"{', '.join(others)} or {last}")
    return str(choice)


def parse_count(key: str, value: Any) -> int:
    """Return the number that *value* of the setting *key* means, as a number or as text.

    Raises:
        ConfigurationError: it is no whole number, or a negative one.
    """
    try:
        count = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else -1
    except ValueError:
        count = -1
    if count < 0:
        raise ConfigurationError(key=key, found=value, expected="a whole number, 0 or more")
    return count


def parse_seconds(key: str, value: Any) -> float | None:
    """Return the number of seconds that *value* of the setting *key* means, as a number or as text; None for zero.

    Raises:
        ConfigurationError: it is no number, or a negative one.
    """
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1
    if isinstance(value, bool) or not seconds >= 0:
        raise ConfigurationError(key=key, found=value, expected="seconds, or 0 for no limit")
    return seconds or None


def parse_secret(key: str, value: Any) -> str:
    """Return the secret that is *value* of the setting *key*; empty where there is none.

    Raises:
        ConfigurationError: it is no text, or so short that it could be guessed. The error does not show it.
    """
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or len(value) < LEAST_SECRET:
        found = f"{len(value)} of them" if isinstance(value, str) else f"a value of type {type(value).__name__}"
        expected = f"{LEAST_SECRET} characters or more, or nothing"
        raise ConfigurationError(key=key, found=found, shown=found, expected=expected)
    return value


def parse_paths(value: Any) -> dict[str, Any]:
    """Return the configured paths by data set name, from a mapping or from text: `name=path,other=path`.

    Raises:
        ConfigurationError: text that is not of that form.
    """
    return _parse_items("sqlite.paths", value, meaning="path")


def parse_pins(value: Any) -> dict[str, str]:
    """Return the pinned releases by data set name, from a mapping or from text: `name=version,other=sha256:...`.

    Raises:
        ConfigurationError: text that is not of that form, or a release that is no text: as numbers, versions 1.1 and
            1.10 are the same.
    """
    pins = _parse_items("sqlite.pins", value, meaning="version")
    for name, pin in pins.items():
        if not (isinstance(pin, str) and pin.strip()):
            raise ConfigurationError(key=f"sqlite.pins.{name}", found=pin, expected='a version or "sha256:..." as text')
    return {name: _normal_pin(pin) for name, pin in pins.items()}


def _normal_pin(pin: str) -> str:
    pin = pin.strip()
    return pin.lower() if pin.lower().startswith("sha256:") else pin


def _parse_items(key: str, value: Any, *, meaning: str) -> dict[str, Any]:
    """Return a mapping as it is, and text such as `items=/i, World-Cup=/w` as the mapping it means.

    An environment variable can say names that way which its own key could not hold (`items`, mixed case, dashes).
    """
    if not isinstance(value, str):
        return dict(value or {})
    items: dict[str, Any] = {}
    for item in filter(None, (part.strip() for part in value.split(","))):
        name, equals, meant = item.partition("=")
        if not (name.strip() and equals and meant.strip()):
            raise ConfigurationError(key=key, found=value, expected=f"items of the form name={meaning}")
        items[name.strip()] = meant.strip()
    return items


def by_name(configured: Mapping[str, _Value], name: str) -> _Value | None:
    """Return what is *configured* for the data set *name*, or None.

    The environment cannot spell every name, so `world_cup` also configures `World-Cup` when nothing else does.

    Raises:
        ArgumentError: *name* is no text.
    """
    if not isinstance(cast("Any", name), str):
        raise ArgumentError(
            where="graph.sqlite",
            argument="name",
            expected="the name of a data set",
            found=repr(name),
            remedy='Write it as text: graph.sqlite("<name>").',
        )
    if name in configured:
        return configured[name]
    return configured.get(name.lower().replace("-", "_"))


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """Return the folder of this user for what can be found out again, or None where there is no place for one.

    It is what `MICROCOSM_SQLITE_CACHE` names; if that is not set, `microcosm-sqlite` in the user's cache folder (by the
    XDG base directory specification, https://specifications.freedesktop.org/basedir-spec/, or that of Windows). Set to
    nothing, it means that nothing is kept.
    """
    own = environment.get("MICROCOSM_SQLITE_CACHE")
    if own is not None:
        return Path(own) if own else None
    for variable, below in (("XDG_CACHE_HOME", ""), ("LOCALAPPDATA", ""), ("HOME", ".cache")):
        place = Path(environment.get(variable, ""))
        # The specification wants relative paths to be ignored; an unset variable is one.
        if place.is_absolute():
            return place / below / "microcosm-sqlite"
    return None
