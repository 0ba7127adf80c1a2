"""The receiver and what it fills, put together from its settings."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from ..address import Address
from ..convert import Mismatch
from ..otlp import Options, Receiver
from ..otlp.spans import traces_json
from ..server.guard import Bucket, Users
from ..server.listener import CannotListen, Service
from ..settings import Otlp
from ..store import Limits, Store
from ..store.traces import Bounds, Traces
from ..web_config import WebConfig


class Reception:
    """What applications send, from the wire to what is kept of it."""

    def __init__(self, settings: Otlp) -> None:
        self.store = Store(_limits(settings))
        self.traces = Traces(Bounds(traces=settings.max_traces))
        self.receiver = Receiver(self.store, self.traces, _options(settings))
        self._settings = settings

    def last_traces(self, trace_id: bytes | None, limit: int | None) -> dict[str, Any]:
        """Return what /api/v1/traces answers: one trace, or the last ones."""
        return traces_json(self.traces, trace_id, limit)

    def grpc(self, protection: WebConfig, users: Users) -> Service:
        """Return what receives over gRPC; raise Mismatch where it cannot."""
        try:
            from ..otlp.rpc import RpcReceiver  # noqa: PLC0415 - only who asks for gRPC needs the extra, and its memory
        except ModuleNotFoundError as missing:
            raise Mismatch("--otlp.grpc needs grpcio: pip install 'tachograph[grpc]'") from missing
        bucket = Bucket(protection.rate.interval_seconds, protection.rate.burst) if protection.rate else None

        async def admit(authorization: str) -> HTTPStatus | None:
            if bucket and not bucket.take():
                return HTTPStatus.TOO_MANY_REQUESTS
            return None if await users.admit(authorization) else HTTPStatus.UNAUTHORIZED

        addresses = self._settings.grpc_listen_address
        return _Listening(RpcReceiver(self.receiver.intake, addresses, protection.tls, admit))


class _Listening:
    """A service whose failure to listen is told like that of every listener."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def start(self) -> Sequence[Address]:
        try:
            return await self._service.start()
        except OSError as error:
            raise CannotListen(str(error)) from error

    async def stop(self) -> None:
        await self._service.stop()


def _options(settings: Otlp) -> Options:
    return Options(
        metrics=settings.metrics,
        traces=settings.traces,
        scope_labels=settings.scope_labels,
        instance_label=settings.instance_label,
        body_bytes=settings.max_body_bytes,
        json_bytes=min(settings.max_body_bytes, Options().json_bytes),
        waiting_bytes=max(Options().waiting_bytes, 2 * settings.max_body_bytes),
    )


def _limits(settings: Otlp) -> Limits:
    return Limits(
        metric_series=settings.max_series_per_metric,
        series=settings.max_series,
        streams=settings.max_streams,
        processes=settings.max_processes,
        label_length=settings.max_label_length,
        expiry_seconds=settings.gauge_expiry,
        process_seconds=max(settings.process_expiry, settings.gauge_expiry),
        counter_expiry_seconds=settings.counter_expiry,
    )
