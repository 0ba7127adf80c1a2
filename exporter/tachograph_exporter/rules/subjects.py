"""Every subject that has rules, one file each."""

from .cache import CACHE
from .check import Check, Subject
from .database import DATABASE
from .exporter import EXPORTER
from .host import HOST
from .llm import LLM
from .monitoring import ALERTMANAGER, PROMETHEUS
from .operations import OPERATIONS
from .probes import PROBES
from .process import PROCESS
from .rendering import render
from .rule import RuleFile
from .settings import Settings
from .slo import SLO_CHECKS, slo

SUBJECTS: tuple[Subject, ...] = (
    HOST,
    PROCESS,
    OPERATIONS,
    LLM,
    DATABASE,
    CACHE,
    PROBES,
    EXPORTER,
    PROMETHEUS,
    ALERTMANAGER,
)
CHECKS: tuple[Check, ...] = (*(check for subject in SUBJECTS for check in subject.checks), *SLO_CHECKS)


def rule_files(settings: Settings) -> tuple[RuleFile, ...]:
    """Return every rule file as the settings make it."""
    return (*(render(subject, settings) for subject in SUBJECTS), slo(settings))
