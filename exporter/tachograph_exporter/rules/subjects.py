"""Every subject that has rules, one file each."""

from .cache import CACHE
from .check import Check, Subject
from .database import DATABASE
from .exporter import EXPORTER
from .host import HOST
from .llm import LLM
from .monitoring import ALERTMANAGER, PROMETHEUS
from .operations import OPERATIONS

SUBJECTS: tuple[Subject, ...] = (HOST, OPERATIONS, LLM, DATABASE, CACHE, EXPORTER, PROMETHEUS, ALERTMANAGER)
CHECKS: tuple[Check, ...] = tuple(check for subject in SUBJECTS for check in subject.checks)
