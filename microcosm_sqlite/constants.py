"""Names and numbers that several rooms must agree on."""

from typing import Final

#: Marks a sealed artifact in bytes 68-71 of its header, readable by `file` and the `sqlite3` shell: ASCII "mcsq".
APPLICATION_ID: Final = 0x6D637371

#: Revision of the artifact format (`docs/format.md`), kept in `PRAGMA user_version`; the package has its own version.
FORMAT_REVISION: Final = 1

#: The table of an artifact that carries its manifest; never part of the content digest.
MANIFEST_TABLE: Final = "_microcosm_manifest"

#: What follows an artifact's file name to give the name of its manifest.
MANIFEST_SUFFIX: Final = ".datapackage.json"

#: The one property of a manifest, at any level, under which everything lies that the standard has no word for.
MANIFEST_NAMESPACE: Final = "microcosm-sqlite"

#: Entry-point group in which distributions announce the data sets they carry (since microcosm-sqlite 0.18).
DATA_SET_GROUP: Final = "microcosm.sqlite"

#: SQLite's own name for a private in-memory database.
MEMORY_PATH: Final = ":memory:"

#: Words that mean yes and no, in any case: those of `distutils.util.strtobool`, which Python 3.12 removed.
TRUTH_WORDS: Final[dict[str, bool]] = {
    **dict.fromkeys(("y", "yes", "t", "true", "on", "1"), True),
    **dict.fromkeys(("n", "no", "f", "false", "off", "0"), False),
}

#: Names every constraint, because alembic's batch mode can only address constraints that have a name.
naming_convention: Final[dict[str, str]] = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
