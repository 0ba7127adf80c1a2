"""The demo's command line: it puts the parts together, says where to look, and stops them cleanly."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

import tachograph

from .backends import Backends, addresses
from .exporter import exporter
from .front import Front
from .provider import Conduct, Provider, Settings
from .server import ServerError
from .service import Service
from .stack import Ports, default_state, found_programs, stack
from .stopping import Stopping
from .traffic import Traffic

_RATIO = click.FloatRange(0, 1)
_PORT = click.IntRange(0, 65535)


@click.command()
@click.option("--rate", type=click.FloatRange(0.1, 50), default=3.0, show_default=True, help="Requests a second.")
@click.option("--slow", type=click.FloatRange(0), default=0.0, help="Seconds the models take longer than usual.")
@click.option("--llm-errors", type=_RATIO, default=0.0, show_default=True, help="The share of LLM calls that fail.")
@click.option(
    "--overload-every",
    type=click.IntRange(0),
    default=150,
    show_default=True,
    help="Of so many calls of the small model one is turned away, and the big model stands in; 0: none.",
)
@click.option("--duration", type=click.FloatRange(0, min_open=True), help="Stop after that many seconds.")
@click.option("--port", type=_PORT, default=0, help="The provider's port; a free one by default.")
@click.option(
    "--http-port",
    type=_PORT,
    default=0,
    help="Take users' requests over HTTP there too, for `tachograph loadtest demo`.",
)
@click.option("--serve", is_flag=True, help="Run the exporter too, and stop it in the end.")
@click.option("--metrics-port", type=_PORT, default=9100, show_default=True, help="Where the exporter is scraped.")
@click.option("--otlp-port", type=_PORT, default=4318, show_default=True, help="Where the exporter takes telemetry.")
@click.option("--stack", "with_stack", is_flag=True, help="Run Prometheus and Alertmanager too; means --serve.")
@click.option("--prometheus-port", type=_PORT, default=9090, show_default=True, help="Where Prometheus listens.")
@click.option("--alertmanager-port", type=_PORT, default=9093, show_default=True, help="Where Alertmanager listens.")
@click.option("--state", type=click.Path(path_type=Path), help="The stack's folder. [~/.local/state/tachograph/stack]")
def main(
    *,
    rate: float,
    duration: float | None,
    slow: float,
    llm_errors: float,
    overload_every: int,
    port: int,
    http_port: int,
    serve: bool,
    with_stack: bool,
    state: Path | None,
    **ports: int,
) -> None:
    """Run a small AI service that is busy all the time and sends its telemetry to the exporter.

    It needs no account, no Docker and no network: its models are a small server in this process.
    """
    where = Ports(**ports)
    conduct = Conduct(Settings(slow_seconds=slow, llm_errors=llm_errors), overload_every=overload_every)
    stopping = Stopping()
    try:
        found = found_programs() if with_stack else None
        with contextlib.ExitStack() as parts:
            provider = parts.enter_context(contextlib.closing(Provider(conduct, port=port)))
            if serve or with_stack:
                parts.enter_context(exporter(metrics_port=where.metrics_port, otlp_port=where.otlp_port))
            servers = parts.enter_context(stack(found, state or default_state(), where)) if found else ""
            endpoint = parts.enter_context(_telemetry(where.otlp_port, provider.address))
            requests = (
                f"\n  requests   POST http://127.0.0.1:{http_port}/ask (also /act, /remember, /find)"
                if http_port
                else ""
            )
            click.echo(_where_to_look(endpoint, where.metrics_port, provider.address) + requests + servers)
            asyncio.run(_work(provider, stopping, Demand(rate=rate, duration=duration, http_port=http_port)))
    except (ServerError, OSError) as failure:
        raise click.ClickException(str(failure)) from None
    click.echo("demo: stopped")


@contextlib.contextmanager
def _telemetry(port: int, provider: str) -> Iterator[str]:
    endpoint = os.environ.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    os.environ.setdefault("OTEL_METRIC_EXPORT_INTERVAL", "2000")  # so that the first look already shows something
    os.environ.setdefault("TACHOGRAPH_LLM_PROVIDERS", f"{urlsplit(provider).netloc}=openai")
    os.environ.setdefault("TACHOGRAPH_LLM_BUDGET_USD", "5")
    os.environ.setdefault("TACHOGRAPH_DB_SLOW_SECONDS", "0.1")  # what nobody wants of a simple query
    os.environ.setdefault("OTEL_RESOURCE_ATTRIBUTES", f"service.version={tachograph.__version__}")
    tachograph.setup(service_name=os.environ.get("OTEL_SERVICE_NAME", "demo"))
    tachograph.instrument()
    try:
        yield endpoint
    finally:
        tachograph.shutdown()


@dataclass(frozen=True)
class Demand:
    """How much traffic there is, for how long, and where more of it is taken; 0: nowhere."""

    rate: float
    duration: float | None
    http_port: int


async def _work(provider: Provider, stopping: Stopping, demand: Demand) -> None:
    with tempfile.TemporaryDirectory(prefix="tachograph-demo-") as folder:
        service = Service(provider_url=f"{provider.address}/v1", folder=Path(folder), backends=Backends(addresses()))
        traffic = asyncio.create_task(Traffic(service, rate=demand.rate).run())
        stopping.cancels(traffic)
        front = Front(service, port=demand.http_port) if demand.http_port else contextlib.nullcontext()
        async with front:
            with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(traffic, demand.duration)
        await service.close()


def _where_to_look(endpoint: str, metrics_port: int, provider: str) -> str:
    return f"""demo: an AI service at work; Ctrl-C stops it
  telemetry  {endpoint} (OTLP/HTTP)
  metrics    curl 127.0.0.1:{metrics_port}/metrics | grep -E 'tachograph_|gen_ai_|db_client_|cache_'
  models     {provider}/v1 (OpenAI wire format)
  control    {provider}/control
    slow     curl -X PUT {provider}/control -d '{{"slow_seconds": 6}}'
    failing  curl -X PUT {provider}/control -d '{{"llm_errors": 0.5}}'
    well     curl -X PUT {provider}/control -d '{{"slow_seconds": 0, "llm_errors": 0}}'"""
