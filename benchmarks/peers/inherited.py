"""Time the look-ups of microcosm-sqlite 2.0.0: runs in an environment of its own, prints seconds per call as JSON."""

import json
import sys
from statistics import median
from time import perf_counter

from microcosm.api import create_object_graph, load_from_dict
from sqlalchemy import Column, Float, Integer, String

from microcosm_sqlite.dataset import DataSet
from microcosm_sqlite.stores import GetOrCreateSession, Store

Towns = DataSet.create("towns")


class Town(Towns):
    __tablename__ = "town"

    id = Column(Integer, primary_key=True)
    code = Column(String)
    name = Column(String)
    district = Column(Integer)
    population = Column(Integer)
    latitude = Column(Float)
    longitude = Column(Float)
    note = Column(String)


class TownStore(Store):
    auto_filter_fields = (Town.id, Town.district)

    @property
    def model_class(self):
        return Town

    def _order_by(self, query, **kwargs):
        return query.order_by(Town.population)


def seconds(ask, values, rounds=3):
    times = []
    for number in range(rounds):
        part = values[number::rounds]
        start = perf_counter()
        for value in part:
            ask(value)
        times.append((perf_counter() - start) / len(part))
    return median(times)


def main():
    work = json.load(sys.stdin)
    graph = create_object_graph("towns", testing=True, loader=load_from_dict(sqlite={"paths": {"towns": work["path"]}}))
    graph.use("sqlite")
    graph.lock()
    store = TownStore(GetOrCreateSession(graph))
    store.one(id=work["keys"][0])
    json.dump(
        {
            "one": seconds(lambda key: store.one(id=key), work["keys"]),
            "search": seconds(lambda key: store.search(district=key, limit=20), work["districts"]),
        },
        sys.stdout,
    )


main()
