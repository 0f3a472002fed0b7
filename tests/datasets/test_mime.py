import json
from typing import Any

import pytest
from microcosm_sqlite_mime import Extension, ExtensionStore, MediaTypeStore
from mime import rows_of_mime

from microcosm_sqlite.errors import ModelNotFoundError
from tests.datasets.row_queries import rows_by_table, select


class TestRows:
    def test_the_preferred_type_of_an_extension(self) -> None:
        """Of several claims the one that the documented order puts first is preferred, and no other."""
        types = {
            "application/octet-stream": {"source": "iana", "extensions": ["bin", "deb"]},
            "application/x-debian-package": {"source": "apache", "extensions": ["deb"]},
            "text/javascript": {"source": "iana", "extensions": ["js"], "charset": "UTF-8", "compressible": True},
            "application/javascript": {"source": "apache", "extensions": ["js"]},
            "application/mp4": {"source": "iana", "extensions": ["mp4"]},
            "video/mp4": {"source": "iana", "extensions": ["mp4"]},
            "application/bdoc": {"extensions": ["bdoc"]},
            "application/x-bdoc": {"extensions": ["bdoc"], "compressible": False},
            "application/none": {"source": "nginx"},
        }

        tables = rows_by_table(rows_of_mime({"db.json": json.dumps(types).encode()}))

        preferred = {row["name"]: row["media_type_name"] for row in select(tables["extension"], is_preferred=True)}
        assert preferred == {
            "bin": "application/octet-stream",
            "deb": "application/x-debian-package",
            "js": "text/javascript",
            "mp4": "video/mp4",
            "bdoc": "application/bdoc",
        }
        assert len(tables["extension"]) == 9

    def test_what_nobody_says_is_null(self) -> None:
        """Unknown is told apart from false."""
        types = {"a/b": {}, "a/c": {"compressible": False}}

        tables = rows_by_table(rows_of_mime({"db.json": json.dumps(types).encode()}))

        assert tables["media_type"] == [
            {"name": "a/b", "source": None, "charset": None, "compressible": None},
            {"name": "a/c", "source": None, "charset": None, "compressible": False},
        ]


class TestArtifact:
    def test_a_media_type_has_its_extensions(self, graph: Any) -> None:
        """The first extension is the one to give to a file."""
        html = MediaTypeStore(graph).retrieve("text/html")

        assert [extension.name for extension in html.extensions] == ["html", "htm", "shtml"]
        assert (html.source, html.compressible) == ("iana", True)

    @pytest.mark.parametrize(
        ("extension", "media_type"),
        [
            ("html", "text/html"),
            (".HTML", "text/html"),
            ("js", "text/javascript"),
            ("mp4", "video/mp4"),
            ("xml", "text/xml"),
            ("deb", "application/x-debian-package"),
            ("bin", "application/octet-stream"),
        ],
    )
    def test_by_extension(self, graph: Any, extension: str, media_type: str) -> None:
        """An extension leads to the preferred media type, in any case, with or without its dot."""
        assert MediaTypeStore(graph).by_extension(extension).name == media_type

    def test_an_unknown_extension_is_an_error(self, graph: Any) -> None:
        """A caller can tell that there is none."""
        with pytest.raises(ModelNotFoundError):
            MediaTypeStore(graph).by_extension("no such extension")

    def test_every_extension_prefers_exactly_one(self, graph: Any) -> None:
        """The rule leaves no extension without an answer, and none with two."""
        extensions = ExtensionStore(graph)

        preferred = [extension.name for extension in extensions.search(is_preferred=True)]

        assert len(preferred) == len(set(preferred)) == 1239
        assert set(preferred) == {extension.name for extension in extensions.stream()}

    def test_rivals_follow_the_preferred_one(self, graph: Any) -> None:
        """All claims to an extension are there, the preferred one first."""
        rivals = ExtensionStore(graph).search(Extension.name == "js")

        assert [rival.media_type_name for rival in rivals] == ["text/javascript", "application/javascript"]

    def test_unknown_is_not_false(self, graph: Any) -> None:
        """Whether compressing pays is true, false, or not known."""
        media_types = MediaTypeStore(graph)

        found = [media_types.retrieve(name).compressible for name in ("text/css", "image/png", "application/aml")]

        assert found == [True, False, None]
