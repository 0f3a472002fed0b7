"""What is read, as OpenTelemetry sees it."""

import sys
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from microcosm_sqlite.errors import MissingExtraError
from microcosm_sqlite.telemetry import report
from tests.kennel import DogStore


def test_statistics_are_collected(sealed_graph: Any) -> None:
    """Five instruments, each with data set and release."""
    reader = InMemoryMetricReader()
    report(sealed_graph, MeterProvider([reader]).get_meter("test"))
    dogs = DogStore(sealed_graph)
    dogs.retrieve(1)
    dogs.retrieve(1)
    dogs.search()

    collected: Any = reader.get_metrics_data()
    metrics = collected.resource_metrics[0].scope_metrics[0].metrics
    points = {metric.name: metric.data.data_points[0] for metric in metrics}

    assert {name: point.value for name, point in points.items() if not name.endswith("time")} == {
        "microcosm_sqlite.lookups": 2,
        "microcosm_sqlite.hits": 1,
        "microcosm_sqlite.searches": 1,
        "microcosm_sqlite.scans": 1,
    }
    assert points["microcosm_sqlite.time"].value > 0
    assert dict(points["microcosm_sqlite.hits"].attributes) == {
        "db.namespace": "kennel",
        "microcosm_sqlite.release": "1.0",
    }


def test_without_opentelemetry_the_extra_is_named(sealed_graph: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    with pytest.raises(MissingExtraError, match=r'pip install "microcosm-sqlite\[telemetry\]"'):
        report(sealed_graph)
