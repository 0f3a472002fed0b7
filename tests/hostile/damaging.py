"""Damage sound artifacts, and see whether anybody trusts them."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from microcosm_sqlite.artifacts.remembering import Memory
from microcosm_sqlite.artifacts.trusting import Policy, Trust, verified
from microcosm_sqlite.artifacts.verification import verify_file
from microcosm_sqlite.errors import ArtifactError
from tests.hostile.images import NAME, seeds


def flipped(seed: int, count: int) -> list[str]:
    """Return which of *count* artifacts with one flipped bit were accepted."""
    return list(_accepted(seed, count, _flip))


def damaged(seed: int, count: int) -> list[str]:
    """Return which of *count* artifacts that were cut, lengthened, spliced or mixed up were accepted."""
    return list(_accepted(seed, count, _damage))


def _accepted(seed: int, count: int, change: Callable[[bytes, Random], bytes]) -> Iterator[str]:
    random = Random(seed)
    with TemporaryDirectory() as name:
        folder = Path(name)
        seeds(folder)
        originals = {path: path.read_bytes() for path in sorted(folder.glob(f"seed-*/{NAME}.sqlite"))}
        for path in originals:
            # So that a refusal is one of the damage.
            verify_file(path)
        for number in range(count):
            path, original = random.choice(list(originals.items()))
            changed = original
            while changed == original:
                changed = change(original, random)
            path.write_bytes(changed)
            for ask, accept in _ACCEPTING.items():
                with suppress(ArtifactError):
                    accept(path)
                    yield f"seed {seed}, number {number}, {path.parent.name}: accepted by {ask}"
            path.write_bytes(original)


def _trusting(policy: Policy) -> Callable[[Path], object]:
    # Without a place to remember anything, as in the first process that sees the file.
    return lambda path: verified(path, Trust(policy=policy, memory=Memory(None, now_ns=lambda: 0)))


_ACCEPTING: dict[str, Callable[[Path], object]] = {
    "a bind that always verifies": _trusting(Policy.ALWAYS),
    "a bind that verifies once": _trusting(Policy.ONCE),
    "verify_file": verify_file,
}


def _flip(content: bytes, random: Random) -> bytes:
    position = random.randrange(len(content) * 8)
    changed = bytearray(content)
    changed[position // 8] ^= 1 << position % 8
    return bytes(changed)


def _damage(content: bytes, random: Random) -> bytes:
    return random.choice(_DAMAGES)(content, random)


def _cut(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content))]


def _lengthened(content: bytes, random: Random) -> bytes:
    return content + random.choice((b"\0", b"\n", random.randbytes(random.randrange(1, 9000)), content[-4096:]))


def _without_middle(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content))
    return content[:start] + content[start + random.choice((1, 512, 4096)) :]


def _spliced(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content))
    return content[:start] + random.randbytes(random.choice((1, 512, 4096))) + content[start:]


def _swapped(content: bytes, random: Random) -> bytes:
    size = {1: 65536}.get(found := int.from_bytes(content[16:18], "big"), found)
    one, other = (random.randrange(len(content) // size) * size for _ in range(2))
    changed = bytearray(content)
    changed[one : one + size], changed[other : other + size] = content[other : other + size], content[one : one + size]
    return bytes(changed)


def _overwritten(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content))
    length = random.choice((1, 16, 512, 4096))
    return (
        content[:start]
        + random.choice((bytes(length), random.randbytes(length)))[: len(content) - start]
        + content[start + length :]
    )


def _as_text(content: bytes, random: Random) -> bytes:
    return content.replace(b"\n", b"\r\n", random.randrange(1, 9))


_DAMAGES = (_cut, _lengthened, _without_middle, _spliced, _swapped, _overwritten, _as_text)
