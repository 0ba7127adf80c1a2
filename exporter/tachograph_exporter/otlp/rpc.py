"""The OTLP/gRPC receiver.

Source: OTLP specification 1.x, "OTLP/gRPC". A refusal that is worth another try carries google.rpc.RetryInfo.
"""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

import grpc
import grpc.aio

from ..address import Address
from ..convert import Mismatch
from ..web_tls import Tls
from .answer import PROTOBUF, Refusal
from .intake import Intake
from .wire import ErrorDetails, RetryInfo

_SERVICES = {
    "metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
    "traces": "opentelemetry.proto.collector.trace.v1.TraceService",
    "logs": "opentelemetry.proto.collector.logs.v1.LogsService",
}
_CODES = {
    HTTPStatus.UNAUTHORIZED: grpc.StatusCode.UNAUTHENTICATED,
    HTTPStatus.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    HTTPStatus.NOT_FOUND: grpc.StatusCode.UNIMPLEMENTED,
    HTTPStatus.TOO_MANY_REQUESTS: grpc.StatusCode.UNAVAILABLE,
    HTTPStatus.SERVICE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}
_RETRY_TYPE = "type.googleapis.com/google.rpc.RetryInfo"
_CONCURRENT_MAX = 512
_STOP_SECONDS = 5.0

Admission = Callable[[str], Awaitable[HTTPStatus | None]]


class RpcReceiver:
    """Answers Export calls of OTLP's three services; `admit` is asked with each call's authorization."""

    def __init__(self, intake: Intake, addresses: Sequence[Address], tls: Tls | None, admit: Admission) -> None:
        self._intake = intake
        self._addresses = addresses
        self._credentials = _credentials(tls) if tls else None
        self._client_names = frozenset(tls.client_allowed_sans if tls else ())
        self._admit = admit
        self._server: grpc.aio.Server | None = None

    async def start(self) -> list[Address]:
        """Listen, and return where; raise OSError where that cannot be."""
        options = (("grpc.max_receive_message_length", self._intake.options.body_bytes), ("grpc.so_reuseport", 0))
        self._server = grpc.aio.server(options=options, maximum_concurrent_rpcs=_CONCURRENT_MAX)
        handlers = [
            grpc.method_handlers_generic_handler(
                service, {"Export": grpc.unary_unary_rpc_method_handler(self._exporting(signal))}
            )
            for signal, service in _SERVICES.items()
        ]
        self._server.add_generic_rpc_handlers(handlers)
        bound = [Address(address.host, self._bind(self._server, address)) for address in self._addresses]
        await self._server.start()
        return bound

    async def stop(self) -> None:
        """Take no new calls, and let those under way come to their end."""
        if self._server:
            await self._server.stop(_STOP_SECONDS)

    def _bind(self, server: grpc.aio.Server, address: Address) -> int:
        where = str(address if address.host else Address("::", address.port))
        try:
            if self._credentials:
                return server.add_secure_port(where, self._credentials)
            return server.add_insecure_port(where)
        except RuntimeError:
            message = f"cannot listen on {address}: the address is taken, or none of this host"
            raise OSError(f"{message}; stop what listens there, or choose another") from None

    def _exporting(self, signal: str) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def export(body: bytes, context: Any) -> bytes:
            try:
                return await self._export(signal, body, context)
            except Refusal as refusal:
                refused = refusal.with_traceback(None)
            del body  # what aborts a call stays, with its frames, until the garbage collector comes by
            return await self._abort(signal, refused, context)

        return export

    async def _abort(self, signal: str, refusal: Refusal, context: Any) -> bytes:
        code = _CODES.get(refusal.status, grpc.StatusCode.INVALID_ARGUMENT)
        self._intake.tally.answered(signal, code.name)
        if code is grpc.StatusCode.UNAVAILABLE:
            details = _retry(code, str(refusal), self._intake.options.retry_seconds)
            context.set_trailing_metadata((("grpc-status-details-bin", details),))
        await context.abort(code, str(refusal))
        raise refusal

    async def _export(self, signal: str, body: bytes, context: Any) -> bytes:
        await self._check_client(context)
        self._intake.check(signal)
        self._intake.tally.read(signal, received=len(body), decoded=len(body))
        with self._intake.room.place() as place:
            place.grow(len(body))
            answer = await self._intake.take(signal, body, PROTOBUF)
        self._intake.tally.answered(signal, grpc.StatusCode.OK.name)
        return answer.body

    async def _check_client(self, context: Any) -> None:
        if self._client_names:
            names = context.auth_context().get("x509_subject_alternative_name", ())
            if self._client_names.isdisjoint(name.decode(errors="replace") for name in names):
                raise Refusal(HTTPStatus.FORBIDDEN, "the client's certificate has none of the names that are let in")
        metadata = dict(context.invocation_metadata() or ())
        refused = await self._admit(str(metadata.get("authorization", "")))
        if refused is not None:
            raise Refusal(refused, refused.phrase.lower())


def _retry(code: grpc.StatusCode, message: str, seconds: int) -> bytes:
    details = ErrorDetails(code=code.value[0], message=message)
    info = RetryInfo()
    info.retry_delay.seconds = seconds
    details.details.add(type_url=_RETRY_TYPE, value=info.SerializeToString())
    encoded: bytes = details.SerializeToString()
    return encoded


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    if tls.client_auth == "VerifyClientCertIfGiven":
        raise Mismatch("--otlp.grpc: client_auth_type VerifyClientCertIfGiven is not supported over gRPC")
    if (tls.min_version, tls.max_version, tls.ciphers, tls.curve) != ("TLS12", "TLS13", (), ""):
        raise Mismatch("--otlp.grpc: versions, ciphers and curves of TLS cannot be chosen over gRPC; leave them out")

    def certificates() -> grpc.ServerCertificateConfiguration:
        root = tls.client_ca.read().encode() if tls.client_ca else None
        pair = (tls.key.read().encode(), tls.cert.read().encode())
        return grpc.ssl_server_certificate_configuration([pair], root)

    required = tls.client_auth == "RequireAndVerifyClientCert"
    return grpc.dynamic_ssl_server_credentials(certificates(), certificates, require_client_authentication=required)
