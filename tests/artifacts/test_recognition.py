"""Files in the place of an artifact are recognised."""

import gzip

import pytest

from microcosm_sqlite.artifacts.recognition import recognise


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer"),
        (b"\n<!DOCTYPE HTML><html>", "HTML"),
        (b"\xef\xbb\xbf<html lang='en'>", "HTML"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code>", "XML"),
        (b'{"message": "Not Found"}', "JSON"),
        (gzip.compress(b"x", mtime=0), "gzip"),
        (b"PK\x03\x04rest", "zip"),
        (b"\x28\xb5\x2f\xfd", "Zstandard"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"BZh91AY", "bzip2"),
        (b"\x00\x01\x02", "no SQLite database"),
    ],
)
def test_a_file_is_recognised_by_its_beginning(content: bytes, found: str) -> None:
    """Each kind of file is named, with a step that leads on."""
    recognised = recognise(content, size_bytes=len(content))

    assert found in recognised.found
    assert recognised.remedy
