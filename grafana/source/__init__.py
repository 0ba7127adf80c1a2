"""The dashboards' source: `python -m grafana.source` builds it into grafana/dashboards."""
