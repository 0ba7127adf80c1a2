"""Prometheus' own OTLP receiver, pushed the same batches: what the same points cost it."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fixtures.process import answers, free_port

from .clients import Plan, run
from .load import Export

_PROMETHEUS = Path(__file__).parents[2] / ".cache/debian/forky/usr/bin/prometheus"
