"""What stores ask stands in the file, and the file is the same wherever it is made."""

import pytest

from tests.canonical.environments import present, surroundings


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("canonical")
def test_a_certified_data_set_is_the_same_everywhere() -> None:
    """Whatever release of SQLite plans its look-ups, and whatever Python asks for them."""
    printed = {
        (environment.name, variables["PYTHONHASHSEED"]): environment.run(
            "tests.canonical.certified", surroundings=variables
        )
        for environment, variables in zip(present(), surroundings(), strict=False)
    }

    assert len(set(printed.values())) == 1, printed
    assert int(next(iter(printed.values())).split()[1]) > 10
