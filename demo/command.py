"""The demo's command line: it puts the parts together, says where to look, and stops them cleanly."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

import tachograph

from .exporter import Exporter, ExporterError
from .provider import Conduct, Provider, Settings
from .service import Service
from .traffic import Traffic

_ENDPOINT = "http://127.0.0.1:4318"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_RATIO = click.FloatRange(0, 1)


@click.command()
@click.option("--rate", type=click.FloatRange(0.1, 50), default=3.0, show_default=True, help="Requests a second.")
@click.option("--slow", type=click.FloatRange(0), default=0.0, help="Seconds the models take longer than usual.")
@click.option("--llm-errors", type=_RATIO, default=0.01, show_default=True, help="The share of LLM calls that fail.")
@click.option("--duration", type=click.FloatRange(0, min_open=True), help="Stop after that many seconds.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The provider's port; a free one by default.")
@click.option("--serve", is_flag=True, help="Run the exporter too, and stop it in the end.")
def main(rate: float, slow: float, llm_errors: float, duration: float | None, port: int, *, serve: bool) -> None:
    """Run a small AI service that is busy all the time and sends its telemetry to the exporter.

    It needs no account, no Docker and no network: its models are a small server in this process.
    """
    conduct = Conduct(Settings(slow_seconds=slow, llm_errors=llm_errors))
    try:
        with contextlib.ExitStack() as parts:
            provider = parts.enter_context(contextlib.closing(Provider(conduct, port=port)))
            if serve:
                parts.enter_context(Exporter())
            endpoint = parts.enter_context(_telemetry())
            click.echo(_where_to_look(endpoint, provider.address))
            asyncio.run(_work(provider, rate=rate, duration=duration))
    except (ExporterError, OSError) as failure:
        raise click.ClickException(str(failure)) from None
    click.echo("demo: stopped")


@contextlib.contextmanager
def _telemetry() -> Iterator[str]:
    endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or _ENDPOINT
    os.environ.setdefault("OTEL_METRIC_EXPORT_INTERVAL", "2000")  # so that the first look already shows something
    tachograph.setup(service_name=os.environ.get("OTEL_SERVICE_NAME", "demo"), endpoint=endpoint)
    tachograph.instrument()
    try:
        yield endpoint
    finally:
        tachograph.shutdown()


async def _work(provider: Provider, *, rate: float, duration: float | None) -> None:
    with tempfile.TemporaryDirectory(prefix="tachograph-demo-") as folder:
        service = Service(provider_url=f"{provider.address}/v1", database=Path(folder) / "memory.db")
        traffic = asyncio.create_task(Traffic(service, rate=rate).run())
        with _stopped_by_signals(traffic), contextlib.suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(traffic, duration)
        await service.close()


@contextlib.contextmanager
def _stopped_by_signals(task: asyncio.Task[None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, task.cancel)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def _where_to_look(endpoint: str, provider: str) -> str:
    return f"""demo: an AI service at work; Ctrl-C stops it
  telemetry  {endpoint} (OTLP/HTTP)
  metrics    curl 127.0.0.1:9100/metrics | grep -E 'tachograph_|gen_ai_|db_client_|cache_'
  models     {provider}/v1 (OpenAI wire format)
  control    {provider}/control
    slow     curl -X PUT {provider}/control -d '{{"slow_seconds": 6}}'
    failing  curl -X PUT {provider}/control -d '{{"llm_errors": 0.5}}'
    well     curl -X PUT {provider}/control -d '{{"slow_seconds": 0, "llm_errors": 0}}'"""
