"""What the SDKs made with Stainless share (openai, anthropic): one place all requests go through, and raw responses."""

import inspect
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from types import ModuleType
from typing import Any

import wrapt

from .. import call as calls
from ..llm.outcome import Told, outcome
from ..model import Call, ChunkReaderMaker, DetailsReader, Endpoint, ErrorReader, Outcome, RequestReader
from ..patches import Elsewhere, Patches
from ..proxy import Proxy
from ..stream import AsyncStream, SyncStream
from ..telemetry.hub import HUB
from ..wrap import Switch, measured

_TYPES_LIMIT = 256
_RAW: dict[type, bool] = {}

TellerOfResponse = Callable[[Any, Call], Told]


def sdk(
    base: ModuleType,
    clients: Sequence[type],
    resources: Sequence[str],
    request: RequestReader,
    details: DetailsReader,
    told: TellerOfResponse,
    chunks: ChunkReaderMaker,
    error: ErrorReader | None = None,
) -> Callable[[Patches], None]:
    """Return what measures an SDK where create, parse, stream and raw responses of every resource meet.

    `resources` names the methods above, "module:Class.method", on which others measure the same calls.
    """

    def response(result: Any, call: Call) -> Outcome:
        return outcome(call, told(result, call))

    def stand_in(result: Any, call: Call) -> Any:
        return _stand_in(result, call, response, chunks)

    def install(patches: Patches) -> None:
        switches = []
        # Somebody may have wrapped a client's `request` around the one it inherits, before ours took its place.
        own = [client for client in clients if "request" in vars(client)]
        for owner in (base.SyncAPIClient, base.AsyncAPIClient, *own):
            endpoint = Endpoint(
                f"{owner.__module__}:{owner.__name__}.request", request, response, chunks, details, error, stand_in
            )
            switches.append(patches.wrap(owner, "request", partial(_measured, endpoint)))
        for client in clients:
            patches.add(Elsewhere(client, "request", switches))
        for resource in resources:
            _look_at(resource, patches, switches)

    return install


def _measured(endpoint: Endpoint, function: Any, switch: Switch) -> Any:
    return measured(endpoint, function, switch)


def _look_at(resource: str, patches: Patches, switches: Sequence[Switch]) -> None:
    """Look who else measures a method, once its module is imported: some are only when they are used."""
    module_name, _, path = resource.partition(":")
    owner, name = path.split(".")

    def imported(module: ModuleType) -> None:
        if switches[0].on and hasattr(module, owner):
            patches.add(Elsewhere(getattr(module, owner), name, switches))

    wrapt.register_post_import_hook(imported, module_name)


def options_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the options of a request: its path and its body before it is encoded."""
    return args[1] if len(args) > 1 else kwargs["options"]


def _stand_in(result: Any, call: Call, response: Callable[[Any, Call], Outcome], chunks: ChunkReaderMaker) -> Any:
    if not _is_raw(type(result)):
        return None
    if not result.http_response.is_closed:
        kind = _AsyncRawResponse if inspect.iscoroutinefunction(type(result).parse) else _RawResponse
        return kind(result, call, response, chunks)
    parsed = result.parse()  # the SDK keeps what it parsed for the application
    if inspect.iscoroutine(parsed):
        parsed = _without_waiting(parsed)
    calls.finish(call, outcome(call, Told()) if parsed is None else response(parsed, call))
    return result


def _without_waiting(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return what a coroutine returns that has nothing to wait for, as the body is there; else None."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    return None


def _is_raw(kind: type) -> bool:
    """Say whether results of this type are raw responses: their classes alone have both of these."""
    if kind not in _RAW:
        if len(_RAW) >= _TYPES_LIMIT:
            _RAW.clear()
        _RAW[kind] = hasattr(kind, "http_request") and hasattr(kind, "parse")
    return _RAW[kind]


class _RawResponse(Proxy):
    """A raw response that is yet to be read; the call ends when it is parsed, streamed to its end, or closed."""

    def __init__(self, result: Any, call: Call, response: Any, chunks: ChunkReaderMaker) -> None:
        super().__init__(result)
        self._self_call = call
        self._self_response = response
        self._self_chunks = chunks
        self._self_stream: Any = None

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """Parse the body."""
        return self._self_parsed(self.__wrapped__.parse(*args, **kwargs))

    def close(self) -> Any:
        """Close the response."""
        try:
            return self.__wrapped__.close()
        finally:
            self._self_end()

    def _self_parsed(self, parsed: Any) -> Any:
        if self._self_stream is not None:
            return self._self_stream
        if self._self_call.ended:
            return parsed
        try:
            for mark, kind in (("__next__", SyncStream), ("__anext__", AsyncStream)):
                if hasattr(type(parsed), mark):
                    self._self_stream = kind(parsed, self._self_call, self._self_chunks(self._self_call))
                    return self._self_stream
            calls.finish(self._self_call, self._self_response(parsed, self._self_call))
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            HUB.failed("reading a raw response")
            calls.finish(self._self_call)
        return parsed

    def _self_end(self) -> None:
        if self._self_stream is None and not self._self_call.ended:
            calls.finish(self._self_call, outcome(self._self_call, Told()))  # read as bytes: nobody knows what it used

    def __del__(self) -> None:
        self._self_end()


class _AsyncRawResponse(_RawResponse):
    """The same with coroutines."""

    async def parse(self, *args: Any, **kwargs: Any) -> Any:
        """Parse the body."""
        return self._self_parsed(await self.__wrapped__.parse(*args, **kwargs))

    async def close(self) -> Any:
        """Close the response."""
        try:
            return await self.__wrapped__.close()
        finally:
            self._self_end()
