"""What a sender is told: OTLP's responses, and google.rpc.Status for errors, in the request's own encoding.

Source: OTLP specification 1.x, "OTLP/HTTP Response".
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from .wire import Response, Status

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

# google.rpc.Code
INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 3, 5, 8, 12, 13, 14
UNAUTHENTICATED = 16
_CODES = {
    HTTPStatus.UNAUTHORIZED: UNAUTHENTICATED,
    HTTPStatus.NOT_FOUND: NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: UNIMPLEMENTED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: RESOURCE_EXHAUSTED,
    HTTPStatus.INTERNAL_SERVER_ERROR: INTERNAL,
    HTTPStatus.SERVICE_UNAVAILABLE: UNAVAILABLE,
    HTTPStatus.TOO_MANY_REQUESTS: UNAVAILABLE,
}
_REJECTED = {"metrics": "rejectedDataPoints", "traces": "rejectedSpans", "logs": "rejectedLogRecords"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: HTTPStatus
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def accepted(signal: str, content_type: str, rejected: int, message: str) -> Answer:
    """Return the answer to a request that was taken, whole or, where there is a message, but for what was rejected."""
    if content_type == JSON:
        partial = {"partialSuccess": {_REJECTED[signal]: str(rejected), "errorMessage": message}} if message else {}
        return Answer(HTTPStatus.OK, JSON, json.dumps(partial).encode())
    response = Response()
    if message:
        response.partial_success.rejected = rejected
        response.partial_success.message = message
    return Answer(HTTPStatus.OK, PROTOBUF, response.SerializeToString())


class Refusal(Exception):  # noqa: N818 - an answer, thrown from where it is clear
    """A request that is answered with an error."""

    def __init__(self, status: HTTPStatus, message: str, *, close: bool = False, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if close:
            self.headers["connection"] = "close"

    def answer(self, content_type: str) -> Answer:
        """Return the error as google.rpc.Status, in protobuf to who sent protobuf and in JSON to all others."""
        code, message = _CODES.get(self.status, INVALID_ARGUMENT), str(self)
        if content_type == PROTOBUF:
            return Answer(self.status, PROTOBUF, Status(code=code, message=message).SerializeToString(), self.headers)
        return Answer(self.status, JSON, json.dumps({"code": code, "message": message}).encode(), self.headers)
