"""Time a load of microcosm-sqlite 2.0.0: runs in an environment of its own, prints the seconds."""

import sys
from pathlib import Path
from time import perf_counter

from microcosm.api import create_object_graph, load_from_dict
from sqlalchemy import Column, Float, Integer, String

from microcosm_sqlite.dataset import DataSet

Atlas = DataSet.create("atlas")


class City(Atlas):
    __tablename__ = "city"

    id = Column(Integer, primary_key=True)
    name = Column(String)
    country = Column(String)
    latitude = Column(Float)
    longitude = Column(Float)
    population = Column(Integer)
    note = Column(String)


def main():
    graph = create_object_graph("peer", testing=True, loader=load_from_dict(sqlite={"paths": {"atlas": "old.db"}}))
    graph.use("sqlite", "sqlite_builder")
    City.create_all(graph)
    with Path(sys.argv[1]).open() as file:
        start = perf_counter()
        graph.sqlite_builder.csv(City).build(file)
        print(perf_counter() - start)


main()
