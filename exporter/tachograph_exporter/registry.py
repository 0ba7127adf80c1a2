"""The collectors in a registry of prometheus-client, for applications that already serve one.

from prometheus_client import REGISTRY
from tachograph_exporter.registry import HostMetrics

REGISTRY.register(HostMetrics())
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from threading import Lock

from prometheus_client import Metric as ClientMetric
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar as ClientExemplar

from .config import load
from .exporter import make_scraper
from .exposition.distribution import Counted, Distribution, Exemplar, Quantiles
from .exposition.metric import Metric
from .exposition.number import number
from .settings import Settings


class HostMetrics(Collector):
    """Gives a registry what a scrape of this host answers; by default, all collectors that are on by default."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._scraper = make_scraper(settings or load(None))
        self._turn = Lock()

    def describe(self) -> Iterable[ClientMetric]:
        """Return nothing, so that registering does not scrape."""
        return ()

    def collect(self) -> Iterator[ClientMetric]:
        """Yield the metrics as they are now."""
        with self._turn:
            metrics = self._scraper.scrape()
        families: dict[str, ClientMetric] = {}
        for client in map(client_metric, metrics):
            families.setdefault(client.name, client)
            if families[client.name] is not client:  # a text file has more series of one of the host's families
                families[client.name].samples += client.samples
        yield from families.values()


def client_metric(metric: Metric) -> ClientMetric:
    """Return a family in prometheus-client's form."""
    suffix = {"counter": "_total", "info": "_info"}.get(metric.kind, "")
    kind = metric.kind if metric.name.endswith(suffix) else "unknown"
    client = ClientMetric(metric.name.removesuffix(suffix), metric.documentation, kind, metric.unit)
    for values, value in metric.rows:
        labels = dict(zip(metric.label_names, values, strict=True))
        if isinstance(value, Distribution):
            _add_histogram(client, labels, value)
        elif isinstance(value, Quantiles):
            _add_summary(client, labels, value)
        elif isinstance(value, Counted):
            client.add_sample(metric.name, labels, value.value, exemplar=_exemplar(value.exemplar))
        else:
            client.add_sample(metric.name, labels, value)
    return client


def _add_histogram(client: ClientMetric, labels: dict[str, str], value: Distribution) -> None:
    uppers = [*map(number, value.bounds), "+Inf"]
    exemplars = [*value.exemplars] or [None] * len(uppers)
    total = 0
    for upper, total, exemplar in zip(uppers, accumulate(value.counts), exemplars, strict=True):
        client.add_sample(f"{client.name}_bucket", {**labels, "le": upper}, total, exemplar=_exemplar(exemplar))
    if not value.bounds or value.bounds[0] >= 0:
        client.add_sample(f"{client.name}_count", labels, total)
        client.add_sample(f"{client.name}_sum", labels, value.sum)


def _exemplar(exemplar: Exemplar | None) -> ClientExemplar | None:
    return ClientExemplar(dict(exemplar.labels), exemplar.value, exemplar.timestamp) if exemplar else None


def _add_summary(client: ClientMetric, labels: dict[str, str], value: Quantiles) -> None:
    for quantile, at in value.quantiles:
        client.add_sample(client.name, {**labels, "quantile": number(quantile)}, at)
    client.add_sample(f"{client.name}_count", labels, value.count)
    client.add_sample(f"{client.name}_sum", labels, value.sum)
