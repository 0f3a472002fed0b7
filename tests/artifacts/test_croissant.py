"""What a manifest says in the vocabulary of catalogues, and what validators say of both."""

import json
from pathlib import Path
from typing import Any

import apsw
import pytest

from microcosm_sqlite.artifacts.beside import manifest_path
from microcosm_sqlite.artifacts.croissant import to_croissant
from microcosm_sqlite.artifacts.datapackage import to_text
from microcosm_sqlite.artifacts.digests import content_digest, file_digest
from microcosm_sqlite.artifacts.features import Needs
from microcosm_sqlite.artifacts.manifest import (
    Builder,
    Contributor,
    Licence,
    Manifest,
    Source,
    Waiver,
    table_entries,
)
from microcosm_sqlite.artifacts.schemas import read_schema
from microcosm_sqlite.artifacts.verification import verify
from tests.artifacts.validators import PYTHON, croissant_errors, frictionless_errors

DATA_SETS = sorted(Path(__file__).parents[2].glob("datasets/*/*/*.sqlite"))

#: Names that are no words, every declared type, keys of several columns, references to itself and to others.
SCHEMA = (
    """CREATE TABLE "two words" (
        i INTEGER PRIMARY KEY, n INT, r REAL, t TEXT, b BLOB, a ANY, up INTEGER REFERENCES "two words" (i)
    ) STRICT""",
    """CREATE TABLE pair (
        one INTEGER, "Größe" TEXT, whole INTEGER REFERENCES "two words" (i), PRIMARY KEY (one, "Größe")
    ) STRICT, WITHOUT ROWID""",
    'CREATE TABLE child (one INTEGER, size TEXT, FOREIGN KEY (one, size) REFERENCES pair (one, "Größe")) STRICT',
    "CREATE TABLE loose (anything, number NUMERIC)",
)


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    """Return a manifest that says all that one can say, with its file in place."""
    path = tmp_path / "everything.sqlite"
    connection = apsw.Connection(str(path))
    for sql in SCHEMA:
        connection.execute(sql)
    schema = read_schema(connection)
    content = content_digest(connection, schema=schema)
    connection.close()
    return Manifest(
        name="everything",
        version="2026.1",
        title="Everything",
        description="Tables of every kind.",
        created="2026-01-01T00:00:00Z",
        content_digest=content.digest,
        schema_fingerprint=content.schema_fingerprint,
        tables=table_entries(schema, content),
        licences=(Licence(name="CC-BY-4.0", path="https://creativecommons.org/licenses/by/4.0/"), Licence(name="MIT")),
        contributors=(Contributor(title="Ada", path="https://example.org/ada", roles=("creator",)),),
        attribution="Made by hand",
        sources=(Source(path="rows/a.csv", sha256="ab" * 32, bytes=7, rows=1, version="1", licence="MIT"),),
        needs=Needs(sqlite="3.37.0", features=("STRICT",)),
        waivers=(Waiver(gate="floor:pair", reason="not yet"),),
        file_digest=file_digest(path),
        size_bytes=path.stat().st_size,
        builder=Builder(sqlite="3.54.1", package="3.0.0", python="3.11.0", sqlalchemy="2.1.9", apsw="3.54.1.0"),
    )


def test_tables_are_record_sets(manifest: Manifest) -> None:
    """With their keys, types and references; the artifact is the file."""
    document = to_croissant(manifest, url="https://example.org/everything.sqlite")
    sets: dict[str, Any] = {found["@id"]: found for found in document["recordSet"]}
    fields = {field["@id"]: field for found in sets.values() for field in found["field"]}

    assert sets.keys() == {"two_words", "pair", "child", "loose"}
    assert sets["two_words"]["name"] == "two words"
    assert sets["pair"]["key"] == [{"@id": "pair/one"}, {"@id": "pair/Größe"}]
    assert fields["pair/whole"]["references"] == {"field": {"@id": "two_words/i"}}
    assert [fields[f"two_words/{name}"]["dataType"] for name in "inrtb"] == [
        "sc:Integer",
        "sc:Integer",
        "sc:Float",
        "sc:Text",
        "sc:Text",
    ]
    (file,) = document["distribution"]
    assert file["contentUrl"] == "https://example.org/everything.sqlite"
    assert f"sha256:{file['sha256']}" == manifest.file_digest
    assert document["license"] == ["https://creativecommons.org/licenses/by/4.0/", "https://spdx.org/licenses/MIT.html"]


def test_the_part_within_the_file_is_not_enough(manifest: Manifest) -> None:
    """It does not know the digest of the file."""
    with pytest.raises(ValueError, match="expected the manifest beside the file"):
        to_croissant(manifest.embedded())


needs_validators = pytest.mark.skipif(not PYTHON.exists(), reason="the validators could not be installed here")


@pytest.mark.slow
@needs_validators
@pytest.mark.timeout(120)
def test_frictionless_finds_nothing_wrong(manifest: Manifest, tmp_path: Path) -> None:
    """Neither with the manifests of the data sets nor with one that says everything."""
    everything = tmp_path / "everything.sqlite.datapackage.json"
    everything.write_text(to_text(manifest), encoding="utf-8")
    paths = [everything, *map(manifest_path, DATA_SETS)]

    assert frictionless_errors(*paths) == [[] for _ in paths]


@pytest.mark.slow
@needs_validators
@pytest.mark.timeout(120)
def test_mlcroissant_finds_nothing_wrong(manifest: Manifest, tmp_path: Path) -> None:
    """With none of the documents made of them."""
    manifests = [manifest, *(verify(path).manifest for path in DATA_SETS)]
    paths = [tmp_path / f"{found.name}.json" for found in manifests]
    for path, found in zip(paths, manifests, strict=True):
        path.write_text(json.dumps(to_croissant(found)), encoding="utf-8")

    assert croissant_errors(*paths) == [[] for _ in paths]


@pytest.mark.slow
@needs_validators
@pytest.mark.timeout(120)
def test_the_validators_do_find_what_is_wrong(manifest: Manifest, tmp_path: Path) -> None:
    """So that their silence says something."""
    package = json.loads(to_text(manifest))
    del package["resources"][0]["name"]
    croissant = to_croissant(manifest)
    croissant["recordSet"][1]["field"][0]["source"] = {"fileObject": {"@id": "nowhere"}}
    for name, document in (("package.json", package), ("croissant.json", croissant)):
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")

    assert frictionless_errors(tmp_path / "package.json") != [[]]
    assert croissant_errors(tmp_path / "croissant.json") != [[]]
