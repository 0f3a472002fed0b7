"""A manifest survives its data package."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microcosm_sqlite.artifacts.datapackage import to_document, to_text
from microcosm_sqlite.artifacts.manifest import (
    Builder,
    ColumnEntry,
    Contributor,
    Licence,
    Manifest,
    ReferenceEntry,
    Source,
    TableEntry,
)
from microcosm_sqlite.artifacts.parsing import from_document, from_text
from microcosm_sqlite.errors import ManifestError

_PATH = Path("world.sqlite.datapackage.json")

_text = st.text(st.characters(codec="utf-8"), max_size=8)
_optional = st.none() | _text
_names = st.lists(_text, max_size=3).map(tuple)
_digests = st.text("0123456789abcdef", min_size=4, max_size=4).map("sha256:{}".format)
_paths = st.sampled_from(["a.csv", "rows/b c.csv", "https://example.org/?a#b"])

_columns = st.builds(
    ColumnEntry,
    name=_text,
    type=st.sampled_from(["INTEGER", "TEXT", "REAL", "", "X Y"]) | _text,
    is_required=st.booleans(),
)
_references = st.builds(ReferenceEntry, columns=_names, table=_text, referred_columns=_names)
_tables = st.builds(
    TableEntry,
    name=_text,
    rows=st.integers(0, 2**53),
    root=_digests,
    columns=st.lists(_columns, min_size=1, max_size=3).map(tuple),
    key=_names,
    references=st.lists(_references, max_size=2).map(tuple),
)
_licences = st.builds(Licence, name=st.sampled_from(["MIT", "CC-BY-4.0"]), path=st.none() | _paths, title=_optional)
_sources = st.builds(
    Source,
    path=_paths,
    sha256=_digests,
    bytes=st.integers(0),
    rows=st.none() | st.integers(0),
    title=_optional,
    version=_optional,
    licence=_optional,
)
_manifests = st.builds(
    Manifest,
    name=_text,
    version=_text,
    content_digest=_digests,
    schema_fingerprint=_digests,
    tables=st.lists(_tables, min_size=1, max_size=3, unique_by=lambda table: table.name).map(tuple),
    title=_optional,
    description=_optional,
    created=st.none() | st.just("2026-09-01T00:00:00Z"),
    licences=st.lists(_licences, max_size=2).map(tuple),
    contributors=st.lists(st.builds(Contributor, title=_text, path=st.none() | _paths, roles=_names), max_size=2).map(
        tuple
    ),
    attribution=_optional,
    sources=st.lists(_sources, max_size=2).map(tuple),
    file_digest=st.none() | _digests,
    size_bytes=st.none() | st.integers(0),
    builder=st.none() | st.builds(Builder, sqlite=_text, package=_text, python=_text, sqlalchemy=_text, apsw=_text),
)


@given(manifest=_manifests)
def test_a_manifest_survives_its_text(manifest: Manifest) -> None:
    """What is written can be read back, whatever it says; writing it again changes nothing."""
    found = from_text(to_text(manifest), path=_PATH)

    assert found == manifest
    assert to_text(found) == to_text(manifest)


@given(manifest=_manifests)
def test_properties_of_others_are_ignored(manifest: Manifest) -> None:
    """A data package may be annotated by its user."""
    document = to_document(manifest)
    document["keywords"] = ["ours"]
    document["resources"][0]["schema"]["fields"][0]["title"] = "Title"

    assert from_document(document, path=_PATH) == manifest


def _document() -> dict[str, Any]:
    table = TableEntry(name="t", rows=2, root="sha256:00", columns=(ColumnEntry(name="a", type="TEXT"),))
    manifest = Manifest(
        name="w", version="1", content_digest="sha256:01", schema_fingerprint="sha256:02", tables=(table,)
    )
    return to_document(manifest.for_file(file_digest="sha256:03", size_bytes=4))


def _set(document: dict[str, Any], keys: str, value: object) -> None:
    *parents, last = keys.split("/")
    inner: Any = document
    for key in parents:
        inner = inner[int(key) if key.isdigit() else key]
    inner[last] = value


@pytest.mark.parametrize(
    ("keys", "value", "named"),
    [
        ("resources", [], "at least one table"),
        ("resources", None, "resources"),
        ("version", 1, "version"),
        ("microcosm-sqlite", {}, "data_set"),
        ("microcosm-sqlite/format_revision", 2, "revision 2"),
        ("microcosm-sqlite/format_revision", "1", "format_revision"),
        ("microcosm-sqlite/size_bytes", 5, "different files"),
        ("resources/0/hash", "sha256:04", "different files"),
        ("resources/0/microcosm-sqlite/rows", "two", "rows"),
        ("licenses", [{"title": "none"}], "licence"),
        ("sources", [{"path": "/etc", "microcosm-sqlite": {"sha256": "", "bytes": 1}}], "path of a source"),
        ("created", "yesterday", "created"),
    ],
)
def test_a_damaged_manifest_is_refused_with_the_place(keys: str, value: object, named: str) -> None:
    """The error names the property that is wrong."""
    document = _document()
    _set(document, keys, value)

    with pytest.raises(ManifestError, match=named) as caught:
        from_document(document, path=_PATH)

    assert str(_PATH) in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"version": "\xff"}', b"<html>"])
def test_text_that_is_no_manifest_is_refused(text: bytes) -> None:
    """Whatever lies there, the error is about the manifest."""
    with pytest.raises(ManifestError):
        from_text(text, path=_PATH)


def test_every_cut_of_a_manifest_is_refused() -> None:
    """A manifest that was only half copied is not read as one."""
    text = json.dumps(_document())

    for length in range(len(text)):
        with pytest.raises(ManifestError):
            from_text(text[:length], path=_PATH)
