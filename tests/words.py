"""A data set of one table with two columns, for tests of many rows."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from microcosm_sqlite import DataSet, Store


class Words(DataSet, DeclarativeBase):
    """Words."""

    __data_set__ = "words"


class Word(Words):
    """A word."""

    __tablename__ = "word"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class WordStore(Store[Word]):
    """Words in the order of their key."""
