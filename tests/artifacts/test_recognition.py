"""Files in the place of an artifact are recognised."""

import bz2
import gzip
import lzma
import random
from pathlib import Path

import pytest

from microcosm_sqlite.artifacts.headers import MAGIC, read_header
from microcosm_sqlite.artifacts.recognition import recognise, stranger

NOISE = random.Random(7).randbytes(8192)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "MSQ-EMPTY"),
        (bytes(4096), "MSQ-ZEROES"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "MSQ-LFS-POINTER"),
        (b"/annex/objects/SHA256E-s1--0.sqlite\n", "MSQ-ANNEX-POINTER"),
        (b"\n<!DOCTYPE HTML><html>", "MSQ-HTML"),
        (b"\xef\xbb\xbf<html lang='en'>", "MSQ-HTML"),
        (b"<?xml version='1.0'?><!DOCTYPE html><html>", "MSQ-HTML"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code>", "MSQ-XML"),
        (b'{"message": "Not Found"}', "MSQ-JSON"),
        (b'[{"code": 404}]', "MSQ-JSON"),
        (b'{\n  "$schema": "https://datapackage.org/profiles/2.0/datapackage.json"}', "MSQ-MANIFEST-ITSELF"),
        (b"404: Not Found", "MSQ-TEXT"),
        ("id,name\n1,Zürich\n".encode() * 400, "MSQ-TEXT"),
        (gzip.compress(b"x", mtime=0), "MSQ-GZIP"),
        (b"PK\x03\x04rest", "MSQ-ZIP"),
        (b"\x28\xb5\x2f\xfd\x04", "MSQ-ZSTANDARD"),
        (lzma.compress(b"x"), "MSQ-XZ"),
        (bz2.compress(b"x"), "MSQ-BZIP2"),
        (b"\x04\x22\x4d\x18\x60", "MSQ-OTHER-ARCHIVE"),
        (b"name\0".ljust(257, b"\0") + b"ustar\0", "MSQ-OTHER-ARCHIVE"),
        (NOISE, "MSQ-ENCRYPTED"),
        (NOISE[:512], "MSQ-ENCRYPTED"),
        (MAGIC + bytes([16, 0]) + bytes(82) + NOISE[:3996], "MSQ-ENCRYPTED"),
        (NOISE[:4001], "MSQ-NO-DATABASE"),
        (b"\x00\x01\x02", "MSQ-NO-DATABASE"),
        (MAGIC[:-1], "MSQ-STUMP"),
        (MAGIC + bytes(80), "MSQ-STUMP"),
        (MAGIC + bytes([16, 0]) + bytes(4078), "MSQ-NEVER-SEALED"),
    ],
)
def test_a_file_is_recognised_by_its_beginning(tmp_path: Path, content: bytes, code: str) -> None:
    """Each kind of file has its own code, and the error says it with the path."""
    path = tmp_path / "x.sqlite"
    path.write_bytes(content)

    assert recognise(content[:4096], size_bytes=len(content)).fault.code == code
    error = stranger(path, header=read_header(path))
    assert str(error).startswith(f"{path}: expected a sealed artifact, found ")
    assert str(error).endswith(f" [{code}]")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><title>403 Forbidden</title>", "a page of HTML (403 Forbidden)"),
        (b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code>", "an XML document (NoSuchKey)"),
        (b"<html><title>\x1b[31m</title>", "a page of HTML"),
        (b"Forbidden\n", "a text that is no SQLite database (it begins 'Forbidden\\n')"),
    ],
)
def test_what_a_server_answered_is_told(content: bytes, words: str) -> None:
    """Its own words are repeated where they can do no harm."""
    assert recognise(content, size_bytes=len(content)).words == words


def test_a_text_cut_within_a_character_is_text() -> None:
    """Only the beginning is looked at, which may end anywhere."""
    assert recognise("é".encode()[:1].rjust(30, b"x"), size_bytes=9000).fault.code == "MSQ-TEXT"
