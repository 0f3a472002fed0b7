"""The digest of a file is the one that other programs print."""

from pathlib import Path

from microcosm_sqlite.artifacts.hashing import file_digest


def test_it_is_what_sha256sum_prints(tmp_path: Path) -> None:
    """The SHA-256 of "abc" is in the standard."""
    path = tmp_path / "abc"
    path.write_bytes(b"abc")

    assert file_digest(path) == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
