"""Streams: a proxy that reads chunks as they pass and ends the call once, however the stream ends."""

from array import array
from collections.abc import AsyncIterator, Iterator
from time import perf_counter_ns
from types import TracebackType
from typing import Any, Self

from . import call as calls
from . import pauses
from .model import NO_OUTCOME, Call, ChunkReader
from .proxy import Proxy
from .telemetry.hub import HUB

_GAPS_LIMIT = 10_000
_READING = "reading a chunk"


class Watch:
    """The call behind a stream: when its chunks came, what they told, and its one end."""

    __slots__ = ("__weakref__", "call", "first_ns", "gaps", "last_ns", "reader")

    def __init__(self, call: Call, reader: ChunkReader) -> None:
        self.call = call
        self.reader = reader
        self.first_ns = 0
        self.last_ns = 0
        self.gaps = array("q")
        calls.OPEN.add(self)

    def seen(self, chunk: Any) -> None:
        """Take note of one chunk."""
        now_ns = perf_counter_ns()
        if not self.first_ns:
            self.first_ns = now_ns
        elif len(self.gaps) < _GAPS_LIMIT:
            self.gaps.append(now_ns - self.last_ns)
        self.last_ns = now_ns
        try:
            self.reader.read(chunk)
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            HUB.failed(_READING)

    def end(self, error: BaseException | None = None) -> None:
        """End the call."""
        call = self.call
        if call.ended:
            return
        outcome = NO_OUTCOME
        try:
            if error is not None:
                self.reader.fail(error)
            outcome = self.reader.outcome()
        except Exception:  # noqa: BLE001
            HUB.failed("reading a stream")
        try:
            if self.first_ns:
                calls.chunks(call, outcome, self.first_ns, self.gaps)
            calls.finish(call, outcome) if error is None else calls.fail(call, error, outcome)
        except Exception:  # noqa: BLE001
            HUB.failed("the end of a stream")

    def enter(self) -> None:
        """Make the call current until its first chunk: some libraries send the request when that is asked for."""
        try:
            if not (self.first_ns or self.call.ended):
                calls.enter(self.call)
        except Exception:  # noqa: BLE001
            HUB.failed("entering a stream")

    def leave(self) -> None:
        """Undo `enter`."""
        try:
            calls.leave(self.call)
        except Exception:  # noqa: BLE001
            HUB.failed("leaving a stream")

    def __del__(self) -> None:
        if not self.call.ended and self.last_ns:
            pauses.pause(self.call, self.last_ns)  # nobody waited for it since
        self.end()


class _Response(Proxy):
    """The response below a stream: some close it where they mean the stream."""

    def __init__(self, response: Any, watch: Watch) -> None:
        super().__init__(response)
        self._self_watch = watch

    def close(self) -> Any:
        """Close the response; the call ends with what was seen."""
        try:
            return self.__wrapped__.close()
        finally:
            self._self_watch.end()

    async def aclose(self) -> Any:
        """Close the response; the call ends with what was seen."""
        try:
            return await self.__wrapped__.aclose()
        finally:
            self._self_watch.end()


class _Stream(Proxy):
    """What is watched of a stream, however it is read."""

    def __init__(self, stream: Any, call: Call, reader: ChunkReader) -> None:
        super().__init__(stream)
        self._self_watch = Watch(call, reader)

    @property
    def response(self) -> Any:
        """The response that the stream is read from."""
        return _Response(self.__wrapped__.response, self._self_watch)


class SyncStream(_Stream):
    """A stream of the library, unchanged but for being watched."""

    def __iter__(self) -> Iterator[Any]:
        return self._self_chunks() if hasattr(self.__wrapped__, "__iter__") else self

    def _self_chunks(self) -> Iterator[Any]:
        """Yield the chunks; after the first, whose request may have to be sent, with less between two of them."""
        watch = self._self_watch
        if not watch.first_ns:
            try:
                yield self.__next__()
            except StopIteration:
                return
        gaps, read, clock = watch.gaps, watch.reader.read, perf_counter_ns
        try:
            for chunk in self.__wrapped__:
                now_ns = clock()
                if len(gaps) < _GAPS_LIMIT:
                    gaps.append(now_ns - watch.last_ns)
                watch.last_ns = now_ns
                try:
                    read(chunk)
                except Exception:  # noqa: BLE001
                    HUB.failed(_READING)
                yield chunk
        except GeneratorExit:
            raise  # the loop was left; whoever holds the stream may go on with it
        except BaseException as error:
            watch.end(error)
            raise
        watch.end()

    def __next__(self) -> Any:
        watch = self._self_watch
        first = not watch.first_ns
        if first:
            watch.enter()
        try:
            chunk = self.__wrapped__.__next__()
        except StopIteration:
            watch.end()
            raise
        except BaseException as error:
            watch.end(error)
            raise
        finally:
            if first:
                watch.leave()
        watch.seen(chunk)
        return chunk

    def close(self) -> Any:
        """Close the stream; the call ends with what was seen."""
        try:
            return self.__wrapped__.close()
        finally:
            self._self_watch.end()

    def __enter__(self) -> Self:
        self.__wrapped__.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> Any:
        try:
            return self.__wrapped__.__exit__(kind, error, tb)
        finally:
            self._self_watch.end(error)


class AsyncStream(_Stream):
    """An async stream of the library, unchanged but for being watched."""

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        watch = self._self_watch
        first = not watch.first_ns
        if first:
            watch.enter()
        try:
            chunk = await self.__wrapped__.__anext__()
        except StopAsyncIteration:
            watch.end()
            raise
        except BaseException as error:
            watch.end(error)
            raise
        finally:
            if first:
                watch.leave()
        watch.seen(chunk)
        return chunk

    async def close(self) -> Any:
        """Close the stream; the call ends with what was seen."""
        try:
            return await self.__wrapped__.close()
        finally:
            self._self_watch.end()

    async def aclose(self) -> Any:
        """Close the stream, where it is a generator; the call ends with what was seen."""
        try:
            return await self.__wrapped__.aclose()
        finally:
            self._self_watch.end()

    async def __aenter__(self) -> Self:
        await self.__wrapped__.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> Any:
        try:
            return await self.__wrapped__.__aexit__(kind, error, tb)
        finally:
            self._self_watch.end(error)
