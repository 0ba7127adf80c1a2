"""The dashboards' panels that alerts point to; their ids are stable (grafana/source)."""

from .check import Panel

_HOST = (("instance", "instance"),)
_SERVICE = (("service", "service_name"), ("environment", "deployment_environment_name"))
_OPERATION = (*_SERVICE, ("operation", "tachograph_operation_name"))
_MODEL = (*_SERVICE, ("provider", "gen_ai_provider_name"), ("model", "gen_ai_request_model"))
_DATABASE = (*_SERVICE, ("system", "db_system_name"), ("table", "db_collection_name"))
_CACHE = (*_SERVICE, ("cache", "cache_name"), ("level", "cache_level"))

CPU = Panel("tachograph-host", 11, _HOST)
PRESSURE = Panel("tachograph-host", 13, _HOST)
MEMORY = Panel("tachograph-host", 14, _HOST)
KILLS = Panel("tachograph-host", 16, _HOST)
FILESYSTEMS = Panel("tachograph-host", 21, _HOST)
DISKS = Panel("tachograph-host", 22, _HOST)
NETWORK = Panel("tachograph-host", 31, _HOST)
NETWORK_ERRORS = Panel("tachograph-host", 32, _HOST)
LIMITS = Panel("tachograph-host", 61, _HOST)
CLOCK = Panel("tachograph-host", 62, _HOST)

OPERATION_RATE = Panel("tachograph-operations", 11, _OPERATION)
OPERATION_ERRORS = Panel("tachograph-operations", 12, _OPERATION)
OPERATION_LATENCY = Panel("tachograph-operations", 14, _OPERATION)
OPERATION_BURN = Panel("tachograph-operations", 21, _OPERATION)
OPERATION_ACTIVE = Panel("tachograph-operations", 22, _OPERATION)

EVENT_LOOP = Panel("tachograph-operations", 33, _SERVICE)

MODEL_LATENCY = Panel("tachograph-llm", 11, _MODEL)
MODEL_COST = Panel("tachograph-llm", 23, _SERVICE)
MODEL_ERRORS = Panel("tachograph-llm", 31, _MODEL)
MODEL_BUDGET = Panel("tachograph-llm", 24, _SERVICE)
MODEL_ATTEMPTS = Panel("tachograph-llm", 34, _MODEL)
MODEL_QUOTA = Panel("tachograph-llm", 36, _MODEL)

DATABASE_LATENCY = Panel("tachograph-database", 11, _DATABASE)
DATABASE_STATEMENTS = Panel("tachograph-database", 41, _DATABASE)
DATABASE_FINDINGS = Panel("tachograph-database", 42, _DATABASE)
DATABASE_POOL = Panel("tachograph-database", 51, _SERVICE)
DATABASE_POOL_WAITS = Panel("tachograph-database", 54, _SERVICE)
DATABASE_ERRORS = Panel("tachograph-database", 21, _DATABASE)

CACHE_HITS = Panel("tachograph-cache", 11, _CACHE)

EXPORTERS = Panel("tachograph-exporter", 2)
TARGETS = Panel("tachograph-exporter", 31)
RULES = Panel("tachograph-exporter", 32)
NOTIFICATIONS = Panel("tachograph-exporter", 33)
SCRAPES = Panel("tachograph-exporter", 11, _HOST)
COLLECTORS = Panel("tachograph-exporter", 13, _HOST)
OWN_CPU = Panel("tachograph-exporter", 14, _HOST)
OWN_MEMORY = Panel("tachograph-exporter", 15, _HOST)
OPEN_FILES = Panel("tachograph-exporter", 16, _HOST)
RECEIVER = Panel("tachograph-exporter", 22, _HOST)
SERIES = Panel("tachograph-exporter", 23, _HOST)
STARTED = Panel("tachograph-exporter", 7, _HOST)

PROCESS_GROUPS = Panel("tachograph-processes", 21, (*_HOST, ("group", "group")))
CONTAINER_CPU = Panel("tachograph-host", 41, _HOST)
CONTAINER_MEMORY = Panel("tachograph-host", 42, _HOST)
CONTAINER_KILLS = Panel("tachograph-host", 43, _HOST)

ENDPOINTS = Panel("tachograph-overview", 31, _HOST)
RESPONSE_TIMES = Panel("tachograph-overview", 32, _HOST)
