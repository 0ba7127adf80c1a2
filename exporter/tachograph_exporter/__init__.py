"""The exporter half of Tachograph: host collectors, the OTLP receiver, and what Prometheus scrapes."""

__version__ = "0.1.0"
