"""Who publishes and who reads under one name at once do not disturb each other."""

import threading
from pathlib import Path

import pytest

from tests.sealing_faults.chronicle import PUBLISHED, publish, whole_release, write_rows
from tests.sealing_faults.meeting import meet

RELEASES = ("1.0", "2.0", "3.0")


@pytest.mark.slow
def test_processes_publish_and_read_at_once(tmp_path: Path) -> None:
    """Each reader sees one release at a time, rows and manifest, and never an error; nothing remains but the last."""
    published = tmp_path / "published"
    published.mkdir()
    sealers = [(write_rows(tmp_path / release, release), release) for release in RELEASES]
    publish(sealers[0][0], published, RELEASES[0])

    seen = meet(published, sealers, times=40, readers=2)

    assert [reader.wrong for reader in seen] == [[], []]
    assert all(reader.reads for reader in seen)
    assert {release for reader in seen for release in reader.found} <= set(RELEASES)
    assert whole_release(published) in RELEASES
    assert sorted(path.name for path in published.iterdir()) == PUBLISHED


def test_threads_publish_at_once(tmp_path: Path) -> None:
    """Each is told of its own success, in some order; the last one's release is there, whole."""
    published = tmp_path / "published"
    published.mkdir()
    told: list[str] = []

    def seal(rows: Path, release: str) -> None:
        told.extend(publish(rows, published, release).manifest.version for _ in range(5))

    threads = [
        threading.Thread(target=seal, args=(write_rows(tmp_path / release, release), release)) for release in RELEASES
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == sorted(RELEASES * 5)
    assert whole_release(published) in RELEASES
    assert sorted(path.name for path in published.iterdir()) == PUBLISHED
