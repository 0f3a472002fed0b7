"""Draw random schemas with random rows, the same ones for the same number in every process."""

import string
from dataclasses import dataclass, field
from random import Random
from typing import Any

#: NULL is drawn by the tables themselves, where a column may hold it.
_INTEGERS = (0, 1, -1, 127, 128, 32767, -32768, 2**31, 2**47, -(2**63), 2**63 - 1)
_REALS = (0.0, -0.0, 1.0, -5.0, 0.1, 1e300, 5e-324, float("inf"), float("-inf"), 2.0**53, 1e15, 123456.75)
_TEXTS = ("", "a", "A", "é", "ß", "a\0b", "😀", "👩\u200d🚀 lifts off", "\uffff", "z" * 40, "e\u0301", "line\nbreak")

_TYPES = ("INTEGER", "REAL", "TEXT", "BLOB", "ANY")
PAGE_SIZES = (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)


@dataclass
class Case:
    """A database to be: statements and rows.

    `before` is run first, `after` when the rows are there; `rows` are the rows of each table in no order.
    """

    page_bytes: int
    before: list[str] = field(default_factory=list[str])
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict[str, list[tuple[Any, ...]]])
    after: list[str] = field(default_factory=list[str])


def draw(number: int) -> Case:
    """Return the case with this *number*."""
    random = Random(number)
    case = Case(page_bytes=random.choice(PAGE_SIZES))
    for position in range(random.randint(1, 4)):
        _add_table(case, random, f"t{position}")
    if random.random() < 0.3:
        _add_text_index(case, random)
    if random.random() < 0.2:
        case.before.append("CREATE VIEW v AS SELECT count(*)   AS n -- how many\n FROM t0")
    if random.random() < 0.2:
        case.after.append("CREATE TRIGGER g AFTER INSERT ON t0 BEGIN\n\tDELETE FROM t0;  END")
    random.shuffle(case.before)
    # Tables come first, but in no order; indexes and views follow in no order.
    case.before.sort(key=lambda sql: not sql.startswith("CREATE TABLE"))
    return case


def _add_table(case: Case, random: Random, name: str) -> None:
    columns = [(f"c{position}", random.choice(_TYPES)) for position in range(random.randint(1, 5))]
    declared = {column: f"{column} {kind}{_collation(random, kind)}" for column, kind in columns}
    options, unique = ["STRICT"], list[tuple[str, ...]]()
    clauses: list[str] = []
    match random.choice(("none", "rowid", "autoincrement", "key", "composite", "clustered", "unique")):
        case "rowid" | "autoincrement" as shape:
            word = " AUTOINCREMENT" if shape == "autoincrement" else random.choice(("", " NOT NULL"))
            columns.insert(0, ("id", "INTEGER"))
            declared = {"id": f"id INTEGER PRIMARY KEY{word}", **declared}
            unique.append(("id",))
        case "key":
            _key(declared, clauses, unique, ("c0",))
        case "composite" if len(columns) > 1:
            _key(declared, clauses, unique, ("c1", "c0"))
        case "clustered":
            _key(declared, clauses, unique, tuple(column for column, _ in columns[: random.randint(1, 2)]))
            options.append("WITHOUT ROWID")
        case "unique":
            clauses.append("UNIQUE (c0)")
            unique.append(("c0",))
        case _:
            pass
    if random.random() < 0.15:
        clauses.insert(0, _generated(random, *columns[-1]))
    body = ",\n\t".join((*declared.values(), *clauses))
    case.before.append(f"CREATE TABLE {name} (\n\t{body}\n) {', '.join(options)}")
    case.before += [_index(random, name, position, columns) for position in range(random.randint(0, 2))]
    case.rows[name] = _rows(random, columns, unique, case.page_bytes)


def _generated(random: Random, column: str, kind: str) -> str:
    # The length of a real number is that of its text, which differs between releases of SQLite.
    function = "typeof" if kind in {"REAL", "ANY"} else "length"
    return f"g ANY AS ({function}({column})) {random.choice(('STORED', 'VIRTUAL'))}"


def _collation(random: Random, kind: str) -> str:
    return random.choice(("", "", " COLLATE NOCASE", " COLLATE RTRIM")) if kind == "TEXT" else ""


def _key(declared: dict[str, str], clauses: list[str], unique: list[tuple[str, ...]], members: tuple[str, ...]) -> None:
    for member in members:
        declared[member] += " NOT NULL"
    clauses.append(f"PRIMARY KEY ({', '.join(members)})")
    unique.append(members)


def _index(random: Random, table: str, position: int, columns: list[tuple[str, str]]) -> str:
    terms: list[str] = []
    for column, kind in random.sample(columns, min(len(columns), random.randint(1, 2))):
        collation = random.choice(("", " COLLATE NOCASE")) if kind in {"TEXT", "ANY"} else ""
        expression = f"abs({column})" if kind == "REAL" and random.random() < 0.2 else column
        terms.append(f"{expression}{collation}{random.choice(('', ' DESC'))}")
    where = random.choice(("", "", f" WHERE {columns[0][0]} IS NOT NULL"))
    return f"CREATE INDEX {random.choice('abxyz')}{table}{position} ON {table} ({', '.join(terms)}){where}"


def _rows(
    random: Random, columns: list[tuple[str, str]], unique: list[tuple[str, ...]], page_bytes: int
) -> list[tuple[Any, ...]]:
    keyed = {member for members in unique for member in members}
    names = [column for column, _ in columns]
    places = [[names.index(member) for member in members] for members in unique]
    seen: list[set[tuple[Any, ...]]] = [set() for _ in places]
    rows: list[tuple[Any, ...]] = []
    for _ in range(random.choice((0, 1, 3, 20, 100, 300))):
        row = tuple(_value(random, column, kind, page_bytes, keyed) for column, kind in columns)
        keys = [tuple(_folded(row[place]) for place in members) for members in places]
        if not any(key in found for key, found in zip(keys, seen, strict=True)):
            rows.append(row)
            for key, found in zip(keys, seen, strict=True):
                found.add(key)
    return rows


def _folded(value: Any) -> Any:
    """Return what is equal for values that some collation takes for equal."""
    return value.lower().rstrip(" ") if isinstance(value, str) else value


def _value(random: Random, column: str, kind: str, page_bytes: int, keyed: set[str]) -> Any:
    if column == "id":
        return random.choice((random.randint(1, 2000), random.randint(-50, 2**40)))
    if column not in keyed and random.random() < 0.2:
        return None
    if kind == "ANY":
        kind = random.choice(_TYPES[:4])
    match kind:
        case "INTEGER":
            return random.choice((*_INTEGERS, random.getrandbits(40), random.randint(-500, 500)))
        case "REAL":
            return random.choice((*_REALS, random.uniform(-180, 180), float(random.randint(-99, 99))))
        case "TEXT":
            word = "".join(random.choices(string.ascii_letters + " éß😀", k=random.randint(0, 30)))
            return random.choice((*_TEXTS, word, word, word * 20 if random.random() < 0.1 else word))
        case _:
            longest = min(3 * page_bytes, 20_000) if random.random() < 0.03 else 40
            return random.randbytes(random.randint(0, longest))


def _add_text_index(case: Case, random: Random) -> None:
    words = [f"{word}{number}" for word in ("snow", "Träume", "😀", "the") for number in range(60)]
    texts = [" ".join(random.choices(words, k=random.randint(0, 40))) for _ in range(random.choice((0, 5, 200)))]
    options = random.choice(("", ", prefix='2 3'", ", detail=column", ", tokenize='porter ascii'", ", columnsize=0"))
    if random.random() < 0.5:
        case.before.append(f"CREATE VIRTUAL TABLE f USING fts5(title,   body{options})")
        case.rows["f(rowid, title, body)"] = [(number * 3 + 1, text[:20], text) for number, text in enumerate(texts)]
        return
    case.before.append("CREATE TABLE texts (id INTEGER PRIMARY KEY, body TEXT) STRICT")
    case.rows["texts"] = list(enumerate(texts))
    case.before.append(f"CREATE VIRTUAL TABLE f USING fts5(body{options}, content='texts', content_rowid=id)")
    case.after.append("INSERT INTO f(f) VALUES ('rebuild')")
