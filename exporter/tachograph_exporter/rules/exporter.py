"""Rules about the exporter itself: whether it is heard, whole, and cheap."""

from . import panels
from .check import Check, Limit, Subject
from .unit import BYTES, RATIO, SECONDS

CHECKS = (
    Check(
        name="ExporterCollectorFails",
        # A collector that never worked on this host has nothing to read there; one that did is broken.
        value="max_over_time(node_scrape_collector_success{$hosts}[1d]) - node_scrape_collector_success{$hosts}",
        warning=Limit(0, "15m"),
        summary="Collector <collector> of <instance> fails",
        description="Collector <collector> of <instance> worked within the last day, and fails now.",
        panel=panels.COLLECTORS,
    ),
    Check(
        name="ExporterScrapeSlow",
        value="scrape_duration_seconds{$hosts}",
        unit=SECONDS,
        warning=Limit(2, "10m"),
        critical=Limit(8, "10m"),
        summary="Scrapes of <instance> are slow",
        description="The last scrape of <instance> took <value>; the limit is <limit>.",
        panel=panels.SCRAPES,
    ),
    Check(
        name="ExporterRefusesTelemetry",
        # Points that came twice or late were counted before.
        value='increase(tachograph_otlp_refused_points_total{$hosts,reason!~"duplicate|out_of_order"}[5m])',
        warning=Limit(0, "5m"),
        summary="The exporter at <instance> refuses telemetry",
        description="The exporter at <instance> refused <value> points (<reason>) over the last 5 minutes.",
        panel=panels.RECEIVER,
    ),
    Check(
        name="ExporterFoldsSeries",
        value="increase(tachograph_store_folded_series_total{$hosts}[15m])",
        warning=Limit(0, "5m"),
        summary="The exporter at <instance> has too many series",
        description="The exporter at <instance> folded <value> series into overflow series over the last 15 minutes:"
        " an application has too many label values.",
        panel=panels.SERIES,
    ),
    Check(
        name="ExporterCpuHigh",
        value="rate(process_cpu_seconds_total{$hosts}[5m])",
        unit=RATIO,
        warning=Limit(0.2, "15m"),
        summary="The exporter at <instance> uses much CPU",
        description="The exporter at <instance> used <value> of a core over the last 5 minutes; the limit is <limit>.",
        panel=panels.OWN_CPU,
    ),
    Check(
        name="ExporterMemoryHigh",
        value="process_resident_memory_bytes{$hosts}",
        unit=BYTES,
        warning=Limit(256e6, "15m"),
        summary="The exporter at <instance> uses much memory",
        description="The exporter at <instance> holds <value> of memory; the limit is <limit>.",
        panel=panels.OWN_MEMORY,
    ),
    Check(
        name="ExporterRestarts",
        value="changes(process_start_time_seconds{$hosts}[1h])",
        warning=Limit(3, "0s"),
        keep_firing="15m",
        summary="The exporter at <instance> restarts again and again",
        description="The exporter at <instance> restarted <value> times over the last hour; the limit is <limit>.",
        panel=panels.STARTED,
    ),
)

EXPORTER = Subject("exporter", (), CHECKS)
