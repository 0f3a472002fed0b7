import pytest

from microcosm_sqlite.builders.cells import Surroundings
from microcosm_sqlite.builders.recipes import Recipe
from microcosm_sqlite.engines.dialect import StrictAPSWDialect
from microcosm_sqlite.errors import HeaderError
from microcosm_sqlite.sources.tabular import Content
from tests.pets import Person

AROUND = Surroundings(dialect=StrictAPSWDialect(), server_default=lambda _: None, evaluate=lambda *_: ())


@pytest.mark.parametrize(
    ("content", "given", "stored"), [(Content.TEXT, "7", 7), (Content.PLAIN, 7.0, 7), (Content.PYTHON, 7, 7)]
)
def test_a_recipe_makes_cells_of_what_records_hold(content: Content, given: object, stored: int) -> None:
    """Text, numbers, values of Python."""
    recipe = Recipe(model=Person, source="x", columns={"order": "rank"}, defaults={"first": "Ada"})
    plan = recipe.plan(("id", "rank"))

    cells = {made.planned.key: made for made in recipe.cells(plan, AROUND, content)}

    assert list(cells["id"].stored([[given, given]], lambda _: None)) == [stored]  # type: ignore[arg-type,return-value]


def test_a_header_that_does_not_fit_is_refused() -> None:
    """With the source as errors call it."""
    with pytest.raises(HeaderError, match=r"x\.csv: .* unknown header 'frist'"):
        Recipe(model=Person, source="x.csv").plan(("id", "frist"))
