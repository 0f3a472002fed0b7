"""Names and numbers that others rely on."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, Table, UniqueConstraint

from microcosm_sqlite.constants import APPLICATION_ID, DATA_SET_GROUP, FORMAT_REVISION, naming_convention


def test_application_id_reads_mcsq() -> None:
    """The mark of an artifact is readable in a dump of its header, and stays what published files carry."""
    assert APPLICATION_ID.to_bytes(4, "big") == b"mcsq"


def test_format_revision_is_that_of_the_format_page() -> None:
    """Files that are out there say revision 1."""
    assert FORMAT_REVISION == 1


def test_entry_point_group_is_the_inherited_one() -> None:
    """Distributions made for 2.0.0 are found."""
    assert DATA_SET_GROUP == "microcosm.sqlite"


def test_naming_convention_names_every_kind_of_constraint() -> None:
    """Every constraint has a name, which alembic's batch mode needs."""
    metadata = MetaData(naming_convention=naming_convention)
    Table("owner", metadata, Column("id", Integer, primary_key=True))
    dog = Table(
        "dog",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("owner_id", Integer, ForeignKey("owner.id")),
        Column("chip", Integer),
    )
    unique, check, index = UniqueConstraint(dog.c.chip), CheckConstraint(dog.c.chip > 0), Index(None, dog.c.owner_id)
    dog.append_constraint(unique)
    dog.append_constraint(check)

    names = {
        dog.primary_key.name,
        unique.name,
        check.name,
        index.name,
        *(key.name for key in dog.foreign_key_constraints),
    }

    assert names == {"pk_dog", "uq_dog_chip", "ck_dog_chip", "ix_dog_owner_id", "fk_dog_owner_id_owner"}
