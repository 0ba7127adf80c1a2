"""Every subject that has rules, one file each."""

from .check import Check, Subject
from .host import HOST
from .llm import LLM
from .operations import OPERATIONS

SUBJECTS: tuple[Subject, ...] = (HOST, OPERATIONS, LLM)
CHECKS: tuple[Check, ...] = tuple(check for subject in SUBJECTS for check in subject.checks)
