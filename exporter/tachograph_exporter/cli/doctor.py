"""`tachograph doctor`: says what would be instrumented in this environment, and whether the receiver answers."""

import subprocess
import sys

import click

from .run import instrumentation


@click.command("doctor")
@click.option("--endpoint", metavar="URL", help="The receiver to ask, instead of OTEL_EXPORTER_OTLP_ENDPOINT.")
def command(endpoint: str | None) -> int:
    """Say what would be instrumented in this environment, and whether the receiver answers."""
    instrumentation()
    # in a process of its own: the exporter's half never imports the application's
    arguments = [sys.executable, "-m", "tachograph.doctor", *([endpoint] if endpoint else [])]
    return subprocess.run(arguments, check=False).returncode  # noqa: S603 - our own module
