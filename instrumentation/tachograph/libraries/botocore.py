"""botocore: what Amazon Bedrock's runtime is asked, by converse and invoke_model, whole and streamed."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.client import BaseClient
from botocore.httpsession import URLLib3Session

from .. import names
from ..llm.attempts import watched
from ..llm.content import recorder
from ..llm.outcome import Chunks, Told, outcome
from ..llm.parameters import parameters
from ..llm.server import server_at
from ..llm.tokens import Usage
from ..model import AttributeValue, Call, Endpoint, Library, Outcome, Shape
from ..patches import Patches
from ..proxy import Proxy
from ..stream import SyncStream
from ..wrap import Switch, measured
from . import botocore_content as content

_OPERATIONS = {
    "Converse": "chat",
    "ConverseStream": "chat",
    "InvokeModel": "text_completion",
    "InvokeModelWithResponseStream": "text_completion",
}
_METRICS = b"amazon-bedrock-invocationMetrics"
_TOKENS = "x-amzn-bedrock-{}-token-count"
_COUNTS = ("inputTokenCount", "outputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")
_MESSAGES = '"messages"'


def _request(client: Any, args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Shape | None:
    operation = _OPERATIONS.get(args[0])
    if operation is None or client.meta.service_model.service_name != "bedrock-runtime":
        return None
    model = str(args[1].get("modelId", ""))
    if operation == "text_completion":
        operation = _invoked(model, args[1].get("body"))
    return server_at(client.meta.endpoint_url, "aws.bedrock").shape(operation, model)


def _invoked(model: str, body: object) -> str:
    """Return what invoke_model is asked to do, in a model's own format."""
    if "embed" in model:
        return "embeddings"
    chat = _MESSAGES in body if isinstance(body, str) else _MESSAGES.encode() in _bytes(body)
    return "chat" if chat else "text_completion"


def _bytes(body: object) -> bytes | bytearray:
    """Return a body that can be looked at; a file is the application's to read."""
    return body if isinstance(body, bytes | bytearray) else b""


def _details(_client: Any, args: tuple[Any, ...], _kwargs: dict[str, Any]) -> dict[str, AttributeValue]:
    operation, given = args
    found = parameters(_parameters(operation, given))
    if _structured(given):
        found[names.GEN_AI_OUTPUT_TYPE] = "json"
    if operation.endswith("Stream"):
        found[names.GEN_AI_REQUEST_STREAM] = True
    writer = recorder()
    if writer is not None and operation.startswith("Converse"):
        found.update(content.asked(writer, given))
    return found


def _parameters(operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what holds a request's parameters: the body of invoke_model, or the part of it that is for them."""
    if operation.startswith("Converse"):
        return given.get("inferenceConfig") or {}
    text = given.get("body")
    try:
        body = json.loads(text if isinstance(text, str) else _bytes(text))
    except ValueError:
        return {}
    if not isinstance(body, dict):
        return {}
    inner = body.get("inferenceConfig") or body.get("textGenerationConfig")
    return inner if isinstance(inner, dict) else body


def _structured(given: Mapping[str, Any]) -> bool:
    return bool((given.get("outputConfig") or {}).get("textFormat"))


def _response(result: Any, call: Call) -> Outcome:
    if "usage" not in result:
        return outcome(call, Told(usage=_of_headers(result["ResponseMetadata"]["HTTPHeaders"])))
    message = (result.get("output") or {}).get("message") or {}
    reason = result.get("stopReason")
    said = content.answered(message, reason) if call.sampled else None
    return outcome(call, Told(reasons=(reason,) if reason else (), usage=_usage(result["usage"]), content=said))


def _usage(usage: Mapping[str, Any]) -> Usage:
    read, written = usage.get("cacheReadInputTokens") or 0, usage.get("cacheWriteInputTokens") or 0
    return Usage(
        (usage.get("inputTokens") or 0) + read + written,
        usage.get("outputTokens") or 0,
        cache_read=read,
        cache_write=written,
    )


def _of_headers(headers: Mapping[str, str]) -> Usage | None:
    sides = ("input", "output", "cache-read-input", "cache-write-input")
    sent, spoken, read, written = (headers.get(_TOKENS.format(side)) for side in sides)
    return None if sent is None else _invoked_usage(int(sent), int(spoken or 0), int(read or 0), int(written or 0))


def _invoked_usage(sent: int, spoken: int, read: int, written: int) -> Usage:
    return Usage(sent + read + written, spoken, cache_read=read, cache_write=written)


def _error(error: BaseException, _call: Call) -> Outcome:
    return Outcome(error_type=_code(error))


def _code(error: BaseException) -> str | None:
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return str(code) if code else None


def _stand_in(result: Any, call: Call) -> Any:
    """Put watched streams into an answer that has streams; the answer itself stays what it is."""
    for key, reader in (("stream", _Events), ("body", _Pieces)):
        stream = result.get(key)
        if hasattr(type(stream), "__iter__") and type(stream).__name__ == "EventStream":
            result[key] = SyncStream(_Iterator(stream), call, reader(call))
            return result
    return None


class _Iterator(Proxy):
    """botocore's event stream, which is no iterator but makes one."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._self_events = iter(stream)

    def __next__(self) -> Any:
        return next(self._self_events)


class _Coded(Chunks):
    def code(self, error: BaseException) -> str | None:
        """Return the provider's word for an error."""
        return _code(error)


class _Events(_Coded):
    """Events of converse_stream; the last ones tell reason and usage."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._content = content.Pieces() if call.sampled and recorder() is not None else None

    def read(self, chunk: Any) -> None:
        """Take note of one event."""
        if "metadata" in chunk:
            self._usage = _usage(chunk["metadata"].get("usage") or {})
        elif "messageStop" in chunk:
            self._reason = chunk["messageStop"].get("stopReason")
        elif self._content is not None:
            self._content.add(chunk)

    def told(self) -> Told:
        """Return what the events told."""
        said = self._content.written(self._reason) if self._content is not None else None
        return Told(reasons=(self._reason,) if self._reason else (), usage=self._usage, content=said)


class _Pieces(_Coded):
    """Pieces of what a model streams in its own format; Bedrock adds the usage to the last one."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self._usage: Usage | None = None

    def read(self, chunk: Any) -> None:
        """Take note of one piece."""
        body = chunk.get("chunk", {}).get("bytes", b"")
        if _METRICS in body:
            told = json.loads(body)[_METRICS.decode()]
            self._usage = _invoked_usage(*[told.get(side) or 0 for side in _COUNTS])

    def told(self) -> Told:
        """Return what the pieces told."""
        return Told(usage=self._usage)


_ENDPOINT = Endpoint(
    "botocore.client:BaseClient._make_api_call", _request, _response, None, _details, _error, _stand_in
)


def _measured(function: Any, switch: Switch) -> Any:
    return measured(_ENDPOINT, function, switch)


def _install(patches: Patches) -> None:
    patches.beside(URLLib3Session, "send", watched)
    patches.beside(BaseClient, "_make_api_call", _measured)  # all of AWS goes through there


LIBRARY = Library("botocore", install=_install)
