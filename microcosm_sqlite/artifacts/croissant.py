"""Say what a manifest says in the vocabulary of Croissant, by which catalogues of data sets find and describe them.

See https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from microcosm_sqlite.artifacts.manifest import ColumnEntry, Contributor, Manifest, TableEntry

#: What of the context that the specification prescribes is used here.
_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
}

#: What the declared type of a column is called. All others hold values of several types: text is what fits them all.
_TYPES: Final = {"INTEGER": "sc:Integer", "INT": "sc:Integer", "REAL": "sc:Float", "TEXT": "sc:Text"}

_FILE: Final = "artifact"


def to_croissant(manifest: Manifest, *, url: str | None = None) -> dict[str, Any]:
    """Return what *manifest* says as a Croissant document, version 1.0, ready to be written as JSON.

    Every table is a record set; the artifact is the one file. Columns that hold BLOBs or values of any type are texts.

    Args:
        manifest: A complete manifest, as it lies beside the file.
        url: Where the artifact can be had; its file name if nothing is given.

    Raises:
        ValueError: *manifest* does not know the digest of the file: it is the part that lies inside it.
    """
    if manifest.file_digest is None:
        message = f"data set {manifest.name!r}: expected the manifest beside the file, which has the digest of the file"
        raise ValueError(message)
    document: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": manifest.name,
        "description": manifest.description or manifest.title or f"The data set {manifest.name}.",
        "alternateName": manifest.title,
        "version": manifest.version,
        "datePublished": manifest.created,
        "license": [licence.path or _spdx(licence.name) for licence in manifest.licences] or None,
        "citeAs": manifest.attribution,
        "creator": [_person(contributor) for contributor in manifest.contributors] or None,
        "url": url,
        "distribution": [_file_object(manifest, manifest.file_digest, url)],
        "recordSet": [_record_set(table) for table in manifest.tables],
    }
    return {name: value for name, value in document.items() if value is not None}


def _file_object(manifest: Manifest, file_digest: str, url: str | None) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": _FILE,
        "name": _FILE,
        "contentUrl": url or manifest.file_name,
        "contentSize": f"{manifest.size_bytes} B",
        "encodingFormat": "application/vnd.sqlite3",
        "sha256": file_digest.removeprefix("sha256:"),
    }


def _person(contributor: Contributor) -> dict[str, Any]:
    person = {"@type": "sc:Person", "name": contributor.title}
    return person if contributor.path is None else {**person, "url": contributor.path}


def _spdx(name: str | None) -> str:
    return f"https://spdx.org/licenses/{name}.html"


def _record_set(table: TableEntry) -> dict[str, Any]:
    document: dict[str, Any] = {
        "@type": "cr:RecordSet",
        "@id": _id(table.name),
        "name": table.name,
        "description": f"{table.rows} rows.",
        "field": list(_fields(table)),
    }
    if table.key:
        document["key"] = [{"@id": _id(table.name, name)} for name in table.key]
    return document


def _fields(table: TableEntry) -> Iterator[dict[str, Any]]:
    references = {
        reference.columns[0]: {"field": {"@id": _id(reference.table, reference.referred_columns[0])}}
        for reference in table.references
        if len(reference.columns) == 1 and reference.referred_columns
    }
    for column in table.columns:
        field: dict[str, Any] = {
            "@type": "cr:Field",
            "@id": _id(table.name, column.name),
            "name": column.name,
            "dataType": _type_of(column),
            "source": {"fileObject": {"@id": _FILE}, "extract": {"column": column.name}},
        }
        if column.name in references:
            field["references"] = references[column.name]
        yield field


def _id(*names: str) -> str:
    """Return *names* as an identifier, which may hold no blanks: an underscore stands for one."""
    return "/".join(re.sub(r"\s", "_", name.replace("_", "__")) if re.search(r"\s", name) else name for name in names)


def _type_of(column: ColumnEntry) -> str:
    return _TYPES.get(column.type.upper(), "sc:Text")
