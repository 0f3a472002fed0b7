"""What a process read of its data sets."""

import threading
from typing import Any

from tests.kennel import Dog, DogStore, OwnerStore


def test_what_was_read_is_counted(sealed_graph: Any) -> None:
    """Keys, those among them that were answered from memory, other statements, and scans among these."""
    dogs, owners = DogStore(sealed_graph), OwnerStore(sealed_graph)
    dogs.retrieve(1)
    dogs.retrieve(1)
    dogs.retrieve_many([1, 2, 3])
    owners.retrieve("Ada", by="name")
    dogs.search(name="Rex")
    dogs.search(Dog.weight > 10)
    dogs.count()

    found = sealed_graph.sqlite.stats()["kennel"]

    assert found.release == "1.0"
    assert (found.lookups, found.hits) == (6, 2)
    assert (found.searches, found.scans) == (3, 2)
    assert found.seconds > 0


def test_threads_are_counted_together(sealed_graph: Any) -> None:
    """Also those that are gone."""
    dogs = DogStore(sealed_graph)
    threads = [threading.Thread(target=dogs.retrieve_many, args=[[1, 2]]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sealed_graph.sqlite.stats()["kennel"].lookups == 8


def test_data_that_changes_is_counted_too(graph: Any) -> None:
    """It has no release, and nothing of it is kept in memory."""
    dogs = DogStore(graph)
    dogs.retrieve(1)
    dogs.retrieve(1)
    dogs.search(name="Rex")

    found = graph.sqlite.stats()["kennel"]

    assert (found.release, found.lookups, found.hits, found.searches, found.scans) == ("", 2, 0, 1, 0)
    assert found.seconds > 0


def test_what_is_not_bound_is_not_there(graph: Any) -> None:
    """Nothing is opened in order to be counted."""
    assert graph.sqlite.stats() == {}
