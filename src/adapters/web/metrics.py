"""Metrics in the text format of Prometheus, written by its library."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from spot_webcam.adapters.web.ports import Distribution, Metric

# Of what `generate_latest` writes; the library names it from version 0.22 on.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FAMILIES: dict[str, Any] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
    "histogram": HistogramMetricFamily,
}


class SnapshotCollector(Collector):
    """Collects the metrics of a snapshot that is taken when they are asked for."""

    def __init__(self, metrics: Callable[[], Iterable[Metric]]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Any]:
        """Yield a family for each metric."""
        for metric in self._metrics():
            family = _FAMILIES[metric.kind](metric.name, metric.help, labels=metric.labels)
            for labels, value in metric.samples:
                if isinstance(value, int | float):
                    family.add_metric(labels, value)
                else:
                    family.add_metric(labels, _buckets(value), value.total)
            yield family


def exposition(metrics: Callable[[], Iterable[Metric]]) -> bytes:
    """Return the metrics as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SnapshotCollector(metrics))
    text: bytes = generate_latest(registry)
    return text


def _buckets(distribution: Distribution) -> list[tuple[str, int]]:
    """Return cumulated counts by bound."""
    buckets, below = [], 0
    bounds = [*map(str, distribution.bounds), "+Inf"]
    for bound, count in zip(bounds, distribution.counts, strict=True):
        below += count
        buckets.append((bound, below))
    return buckets
