"""Reads measures over a window of the past: from Prometheus' HTTP API, or from the exporter's own ring."""
