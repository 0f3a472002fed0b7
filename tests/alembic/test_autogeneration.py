import enum
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, UserDefinedType

from microcosm_sqlite import DataSet
from microcosm_sqlite.cmd import check_migration
from microcosm_sqlite.errors import StaleDBError
from microcosm_sqlite.types import EnumType, ExactNumeric, Truthy
from tests.migrating import Project


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Shout(TypeDecorator[str]):
    impl = sa.String(20)
    cache_ok = True


class Payload(TypeDecorator[Any]):
    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        """Return JSON."""
        return dialect.type_descriptor(sa.JSON())


class ColourType(EnumType):
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(Colour)


class Point(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return its SQL."""
        return "TEXT"


COLUMN_TYPES: dict[str, Any] = {
    "integer": sa.Integer(),
    "big_integer": sa.BigInteger(),
    "small_integer": sa.SmallInteger(),
    "float": sa.Float(),
    "double": sa.Double(),
    "numeric": sa.Numeric(10, 2),
    "string": sa.String(20),
    "nocase": sa.String(20, collation="NOCASE"),
    "text": sa.Text(),
    "unicode": sa.Unicode(30),
    "boolean": sa.Boolean(),
    "checked_boolean": sa.Boolean(create_constraint=True, name="is_boolean"),
    "date": sa.Date(),
    "datetime": sa.DateTime(),
    "time": sa.Time(),
    "interval": sa.Interval(),
    "binary": sa.LargeBinary(),
    "json": sa.JSON(),
    "uuid": sa.Uuid(),
    "enum": sa.Enum(Colour),
    "checked_enum": sa.Enum(Colour, create_constraint=True, name="is_colour"),
    "variant": sa.String(10).with_variant(EnumType(Colour), "sqlite"),
    "enum_type": EnumType(Colour),
    "users_enum_type": ColourType(),
    "truthy": Truthy(),
    "exact": ExactNumeric(10, 2),
    "decorated": Shout(),
    "decorated_by_dialect": Payload(),
    "pickled": sa.PickleType(),
    "user_defined": Point(),
}


def project_of(folder: Path, *columns: sa.Column[Any], **options: Any) -> Project:
    """Return a project with one table `thing` of *columns*."""
    base = DataSet.create("things")
    sa.Table("thing", base.metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    return Project(folder, base, options=options)


def rendered(folder: Path, type_: Any, **options: Any) -> str:
    """Return how a generated migration spells a column of *type_*."""
    project = project_of(folder, sa.Column("value", type_), **options)
    project.migrate("revision", "--autogenerate", "-m", "first")
    (line,) = [line.strip() for line in project.generated().splitlines() if "'value'" in line]
    return line.removeprefix("sa.Column('value', ").removesuffix(", nullable=True),")


@pytest.mark.parametrize("kind", COLUMN_TYPES)
def test_a_generated_migration_leads_to_the_models(kind: str, tmp_path: Path) -> None:
    """Whatever the column type: generate, upgrade a new database, and nothing is left to do."""
    project = project_of(tmp_path, sa.Column("value", COLUMN_TYPES[kind], nullable=False, index=True))

    project.migrate("revision", "--autogenerate", "-m", "first")
    project.migrate("upgrade", "head")

    check_migration.main(project.graph, project.base)


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        ("enum_type", "sa.Unicode(length=255)"),
        ("users_enum_type", "sa.Unicode(length=255)"),
        ("truthy", "sa.Boolean()"),
        ("exact", "sa.Numeric(precision=10, scale=2)"),
        ("decorated", "sa.String(length=20)"),
        ("decorated_by_dialect", "sa.JSON()"),
    ],
)
def test_decorators_are_rendered_as_what_they_store(kind: str, plain: str, tmp_path: Path) -> None:
    """A migration must still run when the types of the models are gone."""
    assert rendered(tmp_path, COLUMN_TYPES[kind]) == plain


def test_the_prefix_for_sqlalchemy_is_kept(tmp_path: Path) -> None:
    """Alembic's option `sqlalchemy_module_prefix` holds for our types as well."""
    assert "sqlalchemy.Boolean()" in rendered(tmp_path, Truthy(), sqlalchemy_module_prefix="sqlalchemy.")


def test_the_prefix_for_users_types_leaves_them_to_alembic(tmp_path: Path) -> None:
    """Who configured `user_module_prefix` imports the types in the migration, and gets them there."""
    assert rendered(tmp_path, Shout(), user_module_prefix="mine.").startswith("mine.Shout(")


def test_the_prefix_for_users_types_does_not_concern_ours(tmp_path: Path) -> None:
    """Our types stay plain, whatever the prefix."""
    assert rendered(tmp_path, Truthy(), user_module_prefix="mine.") == "sa.Boolean()"


def test_users_own_rendering_wins(tmp_path: Path) -> None:
    """`environment_options.render_item` is asked first."""

    def render_item(kind: str, item: Any, _: Any) -> Any:
        return "sa.Integer()" if kind == "type" and isinstance(item, Truthy) else False

    assert rendered(tmp_path, Truthy(), render_item=render_item) == "sa.Integer()"


def test_users_own_rendering_may_pass(tmp_path: Path) -> None:
    """What users' own `render_item` answers with False is rendered as if it were not there."""
    assert rendered(tmp_path, Truthy(), render_item=lambda *_: False) == "sa.Boolean()"


def test_a_longer_string_needs_no_migration(tmp_path: Path) -> None:
    """SQLite gives no meaning to a length, so there is nothing to change."""
    project = project_of(tmp_path, sa.Column("value", sa.String(20)))
    project.execute("CREATE TABLE thing (id INTEGER NOT NULL PRIMARY KEY, value VARCHAR(255))")

    check_migration.main(project.graph, project.base)


def test_another_storage_type_needs_a_migration(tmp_path: Path) -> None:
    """A column that was text and is a number now is stored differently."""
    project = project_of(tmp_path, sa.Column("value", sa.Integer))
    project.execute("CREATE TABLE thing (id INTEGER NOT NULL PRIMARY KEY, value TEXT) STRICT")

    with pytest.raises(StaleDBError, match="alter_column"):
        check_migration.main(project.graph, project.base)


@pytest.mark.parametrize("answer", [True, False])
def test_users_own_comparison_wins(answer: bool, tmp_path: Path) -> None:  # noqa: FBT001 - both answers
    """`environment_options.compare_type` decides when it has an opinion."""
    project = project_of(tmp_path, sa.Column("value", sa.Integer), compare_type=lambda *_: answer)
    project.execute("CREATE TABLE thing (id INTEGER NOT NULL PRIMARY KEY, value INTEGER) STRICT")

    if answer:
        with pytest.raises(StaleDBError):
            check_migration.main(project.graph, project.base)
    else:
        check_migration.main(project.graph, project.base)


def test_types_may_be_left_uncompared(tmp_path: Path) -> None:
    """With `compare_type=False`, as in alembic, no type differs."""
    project = project_of(tmp_path, sa.Column("value", sa.Integer), compare_type=False)
    project.execute("CREATE TABLE thing (id INTEGER NOT NULL PRIMARY KEY, value TEXT) STRICT")

    check_migration.main(project.graph, project.base)
