"""The doctor: imports every supported library that is installed, instruments it, asks the receiver, and reports."""

import importlib
import sys

import click

from . import application, serving
from .instrumentor import INSTRUMENTORS, WAITS
from .telemetry.hub import HUB, application_meter_provider, application_tracer_provider
from .version import __version__

_PATIENCE_SECONDS = 5.0


def main(arguments: list[str]) -> int:
    """Report; 1 where the receiver does not answer or a library was refused."""
    application.setup(endpoint=arguments[0] if arguments else None)
    application.instrument()
    serving.instrument()
    modules = {key: (one.name,) for key, one in INSTRUMENTORS.items()} | serving.modules()
    waiting = [key for key, state in application.status().libraries.items() if state == WAITS]
    failed = {key: error for key in waiting if (error := _import(modules[key])) is not None}
    if HUB.pipeline is not None:
        HUB.pipeline.ask(_PATIENCE_SECONDS)
    status = application.status()
    click.echo(f"tachograph {__version__}, Python {sys.version.split()[0]}")
    click.echo("\nlibraries")
    for name, state in sorted(status.libraries.items()):
        click.echo(f"  {name:<12} {failed.get(name, state)}")
    click.echo("\nreceivers")
    for signal, answer in status.receivers.items() or _no_receiver():
        click.echo(f"  {signal:<12} {answer}")
    healthy = all(answer.endswith(": answers") for answer in status.receivers.values())
    if not healthy:
        where = " and ".join(dict.fromkeys(_places()))
        click.echo(
            f"\nNothing takes telemetry at {where}: start `tachograph serve`, or set OTEL_EXPORTER_OTLP_ENDPOINT."
        )
    application.uninstrument()
    HUB.stop()
    return 0 if healthy and not any("refused" in state for state in status.libraries.values()) else 1


def _places() -> list[str]:
    """Return where the receivers are that do not answer."""
    receivers = HUB.pipeline.receivers() if HUB.pipeline is not None else ()
    return [one.target.url.removesuffix(f"/v1/{one.signal}") for one in receivers if not one.answers]


def _import(modules: tuple[str, ...]) -> str | None:
    try:
        for module in modules:
            importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - what is broken here is what the doctor is to tell
        return f"installed, but it cannot be imported: {error!r}"
    return None


def _no_receiver() -> list[tuple[str, str]]:
    providers = {"traces": application_tracer_provider(), "metrics": application_meter_provider()}
    return [(signal, f"through {provider!r}" if provider else "disabled") for signal, provider in providers.items()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
