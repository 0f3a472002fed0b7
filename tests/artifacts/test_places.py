"""The manifest has one place, and one more while it is being replaced."""

from pathlib import Path

from microcosm_sqlite.artifacts.places import manifest_path, pending_manifest_path


def test_both_places_are_beside_the_file() -> None:
    """Both begin with the whole name of the file; the pending one is hidden."""
    path = Path("/srv/world.sqlite")

    assert manifest_path(path) == Path("/srv/world.sqlite.datapackage.json")
    assert pending_manifest_path(path) == Path("/srv/.world.sqlite.datapackage.json.next")
