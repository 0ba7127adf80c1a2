"""Reports about the six invented hours, and the command as users run it."""

import os
import subprocess
from collections.abc import Callable

import pytest

from tachograph_exporter.past.source import source_at
from tachograph_exporter.past.window import Window
from tachograph_exporter.report.report import Report, write
from tests.fixtures.past import Past
from tests.fixtures.service import TACHOGRAPH

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def quiet(past: Past) -> Report:
    """The report about the three quiet hours, which follow on the three with the incident."""
    return write(source_at(past.url), Window(past.minute(180), past.end), "Report")


@pytest.fixture(scope="session")
def bad(past: Past) -> Report:
    """The report about the hour with the incident."""
    return write(source_at(past.url), Window(past.minute(115), past.minute(175)), "Report")


@pytest.fixture(scope="session")
def tachograph() -> Run:
    """Return tachograph(*words, **environment): run the command, and wait for its end."""

    def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*TACHOGRAPH, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, **environment},
        )

    return run
