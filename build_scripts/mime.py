"""Build the data set `mime` from its rows, which `refresh` reads from the npm package mime-db.

Several media types may claim one extension. All claims are kept; one of them is preferred, the first by:

1. `application/octet-stream` last: it says no more than "bytes" (RFC 2046, section 4.5.1);
2. who says so: IANA, then Apache, then nginx, then nobody named;
3. the standards tree before vendor, personal and unregistered names (RFC 6838, section 3);
4. how early the type itself lists the extension;
5. any other top-level type before `application`, which is for what fits no other (RFC 2046, section 4.5);
6. the shorter name, then the alphabet.
"""

import json
from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

from data_set_command import DataSetBuild, main
from microcosm_sqlite_mime import Extension, MediaType, Mime
from reviewed_rows import Row, Rows, text_or_null

_SOURCES: Final = ("iana", "apache", "nginx", None)
_FACETS: Final = ("vnd.", "prs.", "x.", "x-")


def rows_of_mime(files: Mapping[str, bytes]) -> list[Rows]:
    """Return the rows of every table, read from mime-db's `db.json`."""
    types: dict[str, dict[str, Any]] = json.loads(files["db.json"])
    media_types: list[Row] = [
        {
            "name": name,
            "source": one.get("source"),
            "charset": text_or_null(one.get("charset", "")),
            "compressible": one.get("compressible"),
        }
        for name, one in types.items()
    ]
    return [
        Rows(table="media_type", key=("name",), rows=media_types),
        Rows(table="extension", key=("name", "media_type_name"), rows=_extensions(types)),
    ]


def preference(media_type: str, source: str | None, position: int) -> tuple[Any, ...]:
    """Return what ranks one claim to an extension among others: the smallest is preferred."""
    top_level, _, subtype = media_type.partition("/")
    return (
        media_type == "application/octet-stream",
        _SOURCES.index(source),
        subtype.startswith(_FACETS),
        position,
        top_level == "application",
        len(media_type),
        media_type,
    )


def _extensions(types: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    claims = sorted(
        (extension, preference(name, one.get("source"), position), name, position)
        for name, one in types.items()
        for position, extension in enumerate(one.get("extensions", ()))
    )
    rows: list[Row] = []
    for _, rivals in groupby(claims, key=lambda claim: claim[0]):
        for rank, (extension, _, name, position) in enumerate(rivals):
            rows.append({"name": extension, "media_type_name": name, "position": position, "is_preferred": rank == 0})
    return rows


BUILD: Final = DataSetBuild(
    data_set=Mime, models=(MediaType, Extension), files={"mime-db": ("db.json",)}, rows=rows_of_mime
)

if __name__ == "__main__":
    main(BUILD)
