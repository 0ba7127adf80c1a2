"""The dashboards' panels that alerts point to; their ids are stable (grafana/source)."""

from .check import Panel

_HOST = (("instance", "instance"),)
_SERVICE = (("service", "service_name"), ("environment", "deployment_environment_name"))

_OVERVIEW = "tachograph-overview"

CPU = Panel(_OVERVIEW, 21, _HOST)
MEMORY = Panel(_OVERVIEW, 22, _HOST)
DISK = Panel(_OVERVIEW, 23, _HOST)
NETWORK = Panel(_OVERVIEW, 21, _HOST)
LATENCY = Panel(_OVERVIEW, 11, _SERVICE)
CALLS = Panel(_OVERVIEW, 12, _SERVICE)
ERRORS = Panel(_OVERVIEW, 14, _SERVICE)
MODELS = Panel(_OVERVIEW, 13, _SERVICE)
COST = Panel(_OVERVIEW, 7, _SERVICE)
DATABASE = Panel(_OVERVIEW, 15, _SERVICE)
CACHE = Panel(_OVERVIEW, 16, _SERVICE)
EXPORTER = Panel(_OVERVIEW, 21, _HOST)
ALERTING = Panel(_OVERVIEW, 21)
