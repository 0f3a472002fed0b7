"""How long from the start of an interpreter to the first row, beside plain SQLAlchemy on the standard library?"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import report, side_by_side, verdict
from sealed_samples import sealed_words

ROUNDS = 25

_OURS = """
from microcosm.api import create_object_graph, load_from_dict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from microcosm_sqlite import DataSet, Store

class Words(DataSet, DeclarativeBase):
    __data_set__ = "words"

class Word(Words):
    __tablename__ = "word"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]

class WordStore(Store[Word]):
    pass

graph = create_object_graph("x", loader=load_from_dict(sqlite=dict(paths=dict(words={path!r}))))
print(WordStore(graph).retrieve(7).text)
"""

_PLAIN = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Words(DeclarativeBase):
    pass

class Word(Words):
    __tablename__ = "word"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]

with Session(create_engine("sqlite:///" + {path!r})) as session:
    print(session.get_one(Word, 7).text)
"""


def main() -> None:
    """Print the figure."""
    with TemporaryDirectory() as folder:
        os.environ["MICROCOSM_SQLITE_CACHE"] = folder
        path = sealed_words(Path(folder), rows=1000)
        commands = {}
        for name, code in {"microcosm_sqlite, a sealed artifact": _OURS, "SQLAlchemy, stdlib sqlite3": _PLAIN}.items():
            script = Path(folder) / f"{len(commands)}.py"
            script.write_text(code.format(path=str(path)))
            commands[name] = [sys.executable, str(script)]
        times = side_by_side(commands, rounds=ROUNDS)
    report(f"Interpreter start to first row, whole processes, median of {ROUNDS}", times, unit="ms", scale=1000)
    ours, plain = times.values()
    verdict("ratio", ours / plain, limit=1.25)


if __name__ == "__main__":
    main()
