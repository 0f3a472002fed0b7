"""How much memory does the first row of a large artifact cost, beyond having imported SQLAlchemy?"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import report, verdict
from sealed_samples import sealed_words

#: A row of a kilobyte, a million times.
ROWS, TEXT_BYTES = 1_000_000, 1_000

_RESIDENT = """
def resident():
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
"""

_SCRIPT = (
    _RESIDENT
    + """
import sys
sys.path.insert(0, {benchmarks!r})
import sqlalchemy.orm
before = resident()
from microcosm.api import create_object_graph, load_from_dict
from microcosm_sqlite import DataSet, Store
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Words(DataSet, DeclarativeBase):
    __data_set__ = "words"

class Word(Words):
    __tablename__ = "word"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]

class WordStore(Store[Word]):
    pass

graph = create_object_graph("x", loader=load_from_dict(sqlite=dict(paths=dict(words={path!r}))))
assert WordStore(graph).retrieve({row}).id == {row}
print(before, resident())
"""
)


def main() -> None:
    """Print the figure."""
    with TemporaryDirectory() as folder:
        path = sealed_words(Path(folder), rows=ROWS, text_bytes=TEXT_BYTES)
        code = _SCRIPT.format(path=str(path), benchmarks=str(Path(__file__).parent), row=ROWS * 9 // 10)
        printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        size = path.stat().st_size / 1e9
    before, after = map(float, printed.split())
    report(
        f"Resident memory, artifact of {size:.2f} GB", {"SQLAlchemy imported": before, "first row": after}, unit="MB"
    )
    verdict("added", after - before, limit=20, unit="MB")


if __name__ == "__main__":
    main()
