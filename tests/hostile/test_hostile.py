"""A malicious or damaged artifact does no harm, and is not trusted."""

from pathlib import Path

import pytest

from tests.hostile.damaging import damaged, flipped
from tests.hostile.images import HOSTILE, NAME, Image, claim, hostile, seeds
from tests.hostile.judging import Facing, judged
from tests.hostile.nightly import mutants


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return a folder for what processes remember."""
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_what_was_made_to_do_harm_does_none(tmp_path: Path, cache: Path) -> None:
    """No crash, no call over two seconds, no memory beyond 200 MB, nothing written, and clear errors only."""
    assert list(judged(hostile(tmp_path), cache)) == []


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_mutations_do_no_harm(tmp_path: Path, cache: Path) -> None:
    """Wherever they strike; `make nightly` has fifty times as many."""
    assert list(judged(mutants(tmp_path, first=1_000_000, count=300), cache)) == []


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_no_flipped_bit_is_accepted() -> None:
    """A tenth of what runs at night."""
    assert flipped(seed=1, count=2000) == []


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_no_other_damage_is_accepted() -> None:
    """Files that were cut, lengthened, spliced, overwritten, or whose pages were mixed up."""
    assert damaged(seed=1, count=500) == []


def test_harm_is_noticed(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that silence says something: limits of nothing are exceeded by the first image."""
    monkeypatch.setattr("tests.hostile.judging.SECONDS", 0.0)
    monkeypatch.setattr("tests.hostile.judging.GROWN_KB", -1)
    path = tmp_path / "image" / f"{NAME}.sqlite"
    path.parent.mkdir()
    seed = seeds(tmp_path / "seeds")[0]
    claim(path, seed.content, seed)

    wrong = list(judged([Image("sound", path)], cache))

    assert len(wrong) == 2


def test_a_death_is_noticed(cache: Path) -> None:
    """The next image is faced by another process."""
    facing = Facing(cache)
    facing._start().kill()

    assert "died" in facing.face(Path("nowhere"))
    assert facing.face(Path("nowhere"))["unclear"] == []
    facing.close()


def test_the_corpus_holds_what_it_says() -> None:
    """Each image has a name of its own and does something."""
    assert len(HOSTILE) >= 40
    assert all(HOSTILE.values())
