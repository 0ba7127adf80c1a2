"""OTLP over gRPC, from a real client: what is taken, what is refused and how, and who is let in."""

import asyncio
import base64
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bcrypt
import grpc
import grpc.aio
import pytest
import trustme
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # they have no stubs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from tachograph_exporter.address import Address
from tachograph_exporter.cli.reception import Reception
from tachograph_exporter.convert import Mismatch
from tachograph_exporter.exposition.text import TextWriter
from tachograph_exporter.server.guard import Users
from tachograph_exporter.server.listener import CannotListen
from tachograph_exporter.settings import Otlp
from tachograph_exporter.web_config import Rate, WebConfig
from tachograph_exporter.web_tls import Pem, Tls

from .exports import counter, histogram, request

GOOD = request(counter("jobs", 1))
HERE = (Address("127.0.0.1", 0),)
Talk = Callable[[grpc.aio.Channel], Awaitable[Any]]


def exchange(
    talk: Talk,
    *,
    settings: Otlp | None = None,
    protection: WebConfig | None = None,
    client: grpc.ChannelCredentials | None = None,
) -> tuple[Any, str]:
    """Let a client talk to a receiver; return what it made of it and what is then published."""
    settings = replace(settings or Otlp(), grpc_listen_address=HERE)
    protection = protection or WebConfig()
    reception = Reception(settings)
    service = reception.grpc(protection, Users(protection.users))

    async def run() -> Any:
        (address,) = await service.start()
        options = (("grpc.max_send_message_length", -1),)
        channel = (
            grpc.aio.secure_channel(str(address), client, options)
            if client
            else grpc.aio.insecure_channel(str(address), options)
        )
        try:
            return await asyncio.wait_for(talk(channel), 20)
        finally:
            await channel.close()
            await service.stop()

    said = asyncio.run(run())
    return said, TextWriter().write(reception.store.metrics()).decode()


def export(message: Message = GOOD, **options: Any) -> Talk:
    """Return a client that exports metrics and says what it was answered, or the code and message of the error."""

    async def talk(channel: grpc.aio.Channel) -> Any:
        try:
            return await MetricsServiceStub(channel).Export(message, **options)  # type: ignore[no-untyped-call]
        except grpc.aio.AioRpcError as error:
            return error.code(), error.details()

    return talk


def raw(body: bytes) -> Talk:
    """Return a client that sends these bytes."""

    async def talk(channel: grpc.aio.Channel) -> Any:
        call: Any = channel.unary_unary("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")
        try:
            return await call(body)
        except grpc.aio.AioRpcError as error:
            return error.code(), error.details()

    return talk


def test_metrics_are_taken() -> None:
    answer, text = exchange(export())
    assert (answer.ByteSize(), 'jobs_total{service_name="shop"} 1.0\n' in text) == (0, True)
    assert 'tachograph_otlp_requests_total{code="OK",signal="metrics"} 1.0\n' in text


def test_metrics_in_gzip_are_taken() -> None:
    _, text = exchange(export(compression=grpc.Compression.Gzip))
    assert 'jobs_total{service_name="shop"} 1.0\n' in text


def test_spans_are_taken() -> None:
    message = ExportTraceServiceRequest()
    message.resource_spans.add().scope_spans.add().spans.add(name="x", trace_id=bytes(16), span_id=bytes(8))

    async def talk(channel: grpc.aio.Channel) -> Any:
        return await TraceServiceStub(channel).Export(message)  # type: ignore[no-untyped-call]

    _, text = exchange(talk)
    assert 'tachograph_otlp_points_total{signal="traces"} 1.0\n' in text


def test_logs_are_refused_politely() -> None:
    message = ExportLogsServiceRequest()
    message.resource_logs.add().scope_logs.add().log_records.add()

    async def talk(channel: grpc.aio.Channel) -> Any:
        return await LogsServiceStub(channel).Export(message)  # type: ignore[no-untyped-call]

    partial = exchange(talk)[0].partial_success
    assert (partial.rejected_log_records, partial.error_message) == (1, "Tachograph keeps no logs")


def test_what_is_not_counted_is_told() -> None:
    bad = histogram("waits", [1, 2], bounds=(1.0,))
    bad.histogram.data_points[0].count = 7
    answer, text = exchange(export(request(bad, counter("jobs", 1))))
    partial = answer.partial_success
    assert (partial.rejected_data_points, partial.error_message, "jobs_total{" in text) == (
        1,
        "1: bucket counts do not match their bounds or the point's count (waits)",
        True,
    )


@pytest.mark.parametrize(
    ("talk", "settings", "answer"),
    [
        (
            raw(b"hello"),
            Otlp(),
            (grpc.StatusCode.INVALID_ARGUMENT, "the body is not an ExportMetricsServiceRequest in protobuf"),
        ),
        (
            export(),
            Otlp(metrics=False),
            (grpc.StatusCode.UNIMPLEMENTED, "this exporter is configured to take no metrics"),
        ),
        (
            raw(bytes(2_000)),
            Otlp(max_body_bytes=1_000),
            (
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "CLIENT: Sent message larger than max",
            ),
        ),
        (
            export(request(*[counter("jobs", 1)] * 2_000), compression=grpc.Compression.Gzip),
            Otlp(max_body_bytes=20_000),
            (grpc.StatusCode.RESOURCE_EXHAUSTED, "larger than max"),
        ),
    ],
    ids=["no request", "switched off", "too large", "too large after decompression"],
)
def test_a_bad_call_is_told_what_is_wrong(talk: Talk, settings: Otlp, answer: tuple[grpc.StatusCode, str]) -> None:
    async def then_a_good_one(channel: grpc.aio.Channel) -> Any:
        return await talk(channel), await export()(channel)

    (bad, good), _ = exchange(then_a_good_one, settings=settings)
    assert bad[0] == answer[0]
    assert answer[1].removeprefix("CLIENT: Sent message ") in bad[1]
    if settings.metrics:
        assert good.ByteSize() == 0


def test_a_busy_receiver_says_when_to_come_again() -> None:
    settings = Otlp()

    async def talk(channel: grpc.aio.Channel) -> Any:
        try:
            await MetricsServiceStub(channel).Export(GOOD)  # type: ignore[no-untyped-call]
        except grpc.aio.AioRpcError as error:
            details = dict(error.trailing_metadata() or ())["grpc-status-details-bin"]
            status = status_pb2.Status.FromString(details)
            retry = error_details_pb2.RetryInfo()
            status.details[0].Unpack(retry)
            return error.code(), status.code, retry.retry_delay.seconds

    (answer, _) = exchange(talk, settings=settings, protection=WebConfig(rate=Rate(1e9, 0)))
    assert answer == (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE.value[0], 2)


def test_only_users_come_in() -> None:
    users = {"shop": bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()}

    def as_user(name: str, password: str) -> Talk:
        token = base64.b64encode(f"{name}:{password}".encode()).decode()
        return export(metadata=(("authorization", f"Basic {token}"),))

    async def talk(channel: grpc.aio.Channel) -> Any:
        return [
            await export()(channel),
            await as_user("shop", "wrong")(channel),
            (await as_user("shop", "secret")(channel)).ByteSize(),
        ]

    answers, text = exchange(talk, protection=WebConfig(users=users))
    assert answers == [(grpc.StatusCode.UNAUTHENTICATED, "unauthorized")] * 2 + [0]
    assert 'tachograph_otlp_requests_total{code="UNAUTHENTICATED",signal="metrics"} 2.0\n' in text


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls(authority: trustme.CA, **more: Any) -> WebConfig:
    server = authority.issue_cert("localhost", "127.0.0.1")
    cert, key = server.cert_chain_pems[0].bytes().decode(), server.private_key_pem.bytes().decode()
    if more.get("client_auth"):
        more["client_ca"] = Pem(text=authority.cert_pem.bytes().decode())
    return WebConfig(tls=Tls(Pem(text=cert), Pem(text=key), **more))


def trusting(authority: trustme.CA, name: str = "") -> grpc.ChannelCredentials:
    root = authority.cert_pem.bytes()
    if not name:
        return grpc.ssl_channel_credentials(root)
    own = authority.issue_cert(name)
    return grpc.ssl_channel_credentials(root, own.private_key_pem.bytes(), own.cert_chain_pems[0].bytes())


def test_with_tls_a_client_that_trusts_the_certificate_comes_in(authority: trustme.CA) -> None:
    answer, _ = exchange(export(), protection=tls(authority), client=trusting(authority))
    assert answer.ByteSize() == 0


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("shop.example", None),
        ("other.example", grpc.StatusCode.PERMISSION_DENIED),
        ("", grpc.StatusCode.UNAVAILABLE),
    ],
)
def test_only_clients_of_the_allowed_names_come_in(
    authority: trustme.CA, name: str, code: grpc.StatusCode | None
) -> None:
    protection = tls(authority, client_auth="RequireAndVerifyClientCert", client_allowed_sans=("shop.example",))
    answer, _ = exchange(export(), protection=protection, client=trusting(authority, name))
    assert (answer[0] if isinstance(answer, tuple) else None) == code


@pytest.mark.parametrize(
    "more", [{"min_version": "TLS13"}, {"ciphers": ("x",)}, {"client_auth": "VerifyClientCertIfGiven"}]
)
def test_what_grpc_cannot_hold_to_is_refused_at_the_start(authority: trustme.CA, more: dict[str, Any]) -> None:
    with pytest.raises(Mismatch, match=r"^--otlp\.grpc: "):
        Reception(Otlp()).grpc(tls(authority, **more), Users({}))


def test_an_address_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = Address(*other.getsockname())
        service = Reception(Otlp(grpc_listen_address=(taken,))).grpc(WebConfig(), Users({}))
        with pytest.raises(CannotListen) as told:
            asyncio.run(service.start())
    assert str(told.value) == (
        f"cannot listen on {taken}: the address is taken, or none of this host; "
        "stop what listens there, or choose another"
    )


def test_without_the_extra_the_user_is_told_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['grpc'] = None\n"
        "from tachograph_exporter.cli import main\n"
        "main(['serve', '--otlp.grpc', '--web.listen-address=127.0.0.1:0', '--otlp.listen-address=127.0.0.1:0'],"
        " prog_name='tachograph')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, text=True, cwd=tmp_path, timeout=60
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        "tachograph serve: --otlp.grpc needs grpcio: pip install 'tachograph[grpc]'",
    )
