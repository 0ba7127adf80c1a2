"""`tachograph run -- COMMAND`: runs a command whose Python processes are instrumented, with no change in their code."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import click


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--service-name", metavar="NAME", help="The service's name (OTEL_SERVICE_NAME).")
@click.option("--endpoint", metavar="URL", help="Where telemetry goes (OTEL_EXPORTER_OTLP_ENDPOINT).")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def command(command: tuple[str, ...], service_name: str | None, endpoint: str | None) -> None:
    """Run COMMAND, instrumented: uvicorn, gunicorn, celery, python -m, a script."""
    program, *arguments = command
    if program.endswith(".py"):
        program, arguments = sys.executable, [program, *arguments]
    executable = shutil.which(program)
    if executable is None:
        raise click.ClickException(f"{program}: there is no such command")
    environment = {**os.environ, "PYTHONPATH": _python_path(os.environ.get("PYTHONPATH", ""))}
    environment["TACHOGRAPH_RUN"] = str(os.getpid())  # the command keeps this number, its children do not
    if service_name:
        environment["OTEL_SERVICE_NAME"] = service_name
    if endpoint:
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
    sys.stdout.flush()
    # in this process's place, so that every signal reaches the command itself
    os.execve(executable, [program, *arguments], environment)  # noqa: S606 - what the user asked to run


def _python_path(before: str) -> str:
    """Return a search path on which Python finds our sitecustomize first (docs.python.org/3/library/site.html)."""
    here = str(instrumentation() / "autoload")
    return os.pathsep.join([here, *(path for path in before.split(os.pathsep) if path and path != here)])


def instrumentation() -> Path:
    """Return the folder of the instrumentation, which the exporter never imports."""
    spec = find_spec("tachograph")
    if spec is None or spec.origin is None:
        raise click.ClickException(
            "the package `tachograph` is not installed beside this command: pip install tachograph"
        )
    return Path(spec.origin).parent
