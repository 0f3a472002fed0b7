"""A manifest is a Frictionless Data Package."""

import re
from typing import Any

import pytest

from microcosm_sqlite.artifacts.datapackage import to_document, to_text
from microcosm_sqlite.artifacts.manifest import ColumnEntry, Licence, Manifest, ReferenceEntry, Source, TableEntry

_SLUG = re.compile(r"[a-z0-9._-]+")


def _table(name: str, **fields: Any) -> TableEntry:
    columns = (
        ColumnEntry(name="id", type="INTEGER", is_required=True),
        ColumnEntry(name="name", type="TEXT"),
        ColumnEntry(name="area", type="REAL"),
        ColumnEntry(name="flag", type="BLOB"),
    )
    return TableEntry(name=name, rows=2, root="sha256:00", columns=columns, **fields)


def _manifest(*tables: TableEntry, **fields: Any) -> Manifest:
    return Manifest(
        **{"name": "World Atlas", "version": "1", "content_digest": "sha256:1", "schema_fingerprint": "sha256:2"}
        | fields,
        tables=tables or (_table("city"),),
    )


def test_the_standard_properties_have_standard_names() -> None:
    """Tools that know data packages find what they look for."""
    manifest = _manifest(
        title="Atlas",
        licences=(Licence(name="MIT", title="MIT"),),
        sources=(
            Source(path="rows/city.csv", sha256="ab", bytes=3, title="Cities"),
            Source(path="orders", sha256="cd", bytes=7, rows=2, form="rows"),
        ),
    ).for_file(file_digest="sha256:3", size_bytes=8192)

    document = to_document(manifest)

    assert document["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert (document["name"], document["title"], document["version"]) == ("world-atlas", "Atlas", "1")
    assert document["licenses"] == [{"name": "MIT", "title": "MIT"}]
    assert document["sources"][0]["path"] == "rows/city.csv"
    (resource,) = document["resources"]
    assert (resource["path"], resource["format"], resource["dialect"]) == (
        "World Atlas.sqlite",
        "sqlite",
        {"table": "city"},
    )
    assert (resource["bytes"], resource["hash"]) == (8192, "sha256:3")
    assert [field["type"] for field in resource["schema"]["fields"]] == ["integer", "string", "number", "any"]
    assert resource["schema"]["fields"][0]["constraints"] == {"required": True}


def test_everything_of_ours_lies_under_one_property() -> None:
    """What the standard has no word for cannot clash with a later word of its own."""
    document = to_document(_manifest())

    ours = document["microcosm-sqlite"]

    assert (ours["data_set"], ours["format_revision"], ours["content_digest"]) == ("World Atlas", 1, "sha256:1")
    assert document["resources"][0]["microcosm-sqlite"] == {"root": "sha256:00", "rows": 2}


def test_what_is_not_known_is_left_out() -> None:
    """The embedded form has neither hash nor size, and no empty lists."""
    document = to_document(_manifest())

    assert not {"title", "licenses", "sources", "created", "contributors"} & set(document)
    assert not {"hash", "bytes"} & set(document["resources"][0])


def test_references_name_resources_and_leave_out_their_own() -> None:
    """A table that refers to itself must not name itself, says the standard."""
    to_itself = ReferenceEntry(columns=("name",), table="City", referred_columns=("id",))
    to_another = ReferenceEntry(columns=("name",), table="Land & Leute", referred_columns=("id",))

    document = to_document(_manifest(_table("City", references=(to_itself, to_another)), _table("Land & Leute")))

    own, other = document["resources"][0]["schema"]["foreignKeys"]
    assert own["reference"] == {"resource": "", "fields": ["id"]}
    assert other["reference"] == {"resource": "land-leute", "fields": ["id"]}


@pytest.mark.parametrize("names", [["A", "a", "a-2"], ["é", "è"], ["", " "], ["a b", "a_b", "a-b"]])
def test_resource_names_fit_the_standard_and_differ(names: list[str]) -> None:
    """Any table name becomes one that tools accept, and two never become one."""
    document = to_document(_manifest(*map(_table, names)))

    found = [resource["name"] for resource in document["resources"]]

    assert len(set(found)) == len(names)
    assert all(_SLUG.fullmatch(name) for name in found)


def test_the_text_reviews_well() -> None:
    """It is sorted, indented, in plain characters, and ends with a newline."""
    text = to_text(_manifest(title="Zürich"))

    assert text.endswith("}\n")
    assert '\n  "title": "Zürich",\n' in text
    assert text.index('"$schema"') < text.index('"microcosm-sqlite"') < text.index('"version"')
