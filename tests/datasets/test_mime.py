import json

from mime import rows_of_mime

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
