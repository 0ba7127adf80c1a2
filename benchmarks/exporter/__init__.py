"""The exporter's cost beside its peers': `python -m benchmarks.exporter`."""
