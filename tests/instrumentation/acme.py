"""A client library as there are many, in every colour, and the module that would instrument it."""

from collections.abc import AsyncIterator, Callable, Iterator
from types import ModuleType
from typing import Any

from opentelemetry import trace

from tachograph.model import (
    NO_OUTCOME,
    Call,
    ChunkReader,
    Endpoint,
    Metric,
    Outcome,
    Point,
    Shape,
    Subject,
)

BOUNDS = (0.1, 1.0)
DURATION = Metric("acme.duration", "histogram", "s", "Duration.", BOUNDS)
FIRST = Metric("acme.first", "histogram", "s", "First chunk.", BOUNDS)
GAP = Metric("acme.gap", "histogram", "s", "Further chunks.", BOUNDS)
WORDS = Metric("acme.words", "counter", "{word}", "Words.")
SUBJECT = Subject("llm", DURATION, ("acme.verb",), first_chunk=FIRST, per_chunk=GAP, target=("acme.verb",))
SHAPE = Shape(SUBJECT, "ask acme", {"acme.verb": "ask", "acme.version": 2})


class AcmeError(Exception):
    """What the library raises."""


class Stream:
    """A stream of words; hands on what breaks it."""

    def __init__(self, words: tuple[str, ...], error: BaseException | None = None) -> None:
        self._steps = self._run(words, error)
        self.closed = False
        self.url = "acme://"

    @staticmethod
    def _run(words: tuple[str, ...], error: BaseException | None) -> Iterator[str]:
        yield from words
        if error is not None:
            raise error

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._steps)

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True


class AsyncStream:
    """The same for asyncio."""

    def __init__(self, words: tuple[str, ...], error: BaseException | None = None) -> None:
        self._stream = Stream(words, error)
        self.closed = False
        self.url = "acme://"

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        try:
            return next(self._stream)
        except StopIteration:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> "AsyncStream":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        self.closed = True


class Client:
    """The sync client; `within` runs inside each call."""

    def __init__(self, within: Callable[[], None] = lambda: None) -> None:
        self.within = within

    def ask(self, *words: str, stream: bool = False, error: BaseException | None = None) -> Any:
        """Answer with the words, or a stream of them; or raise."""
        self.within()
        if stream:
            return Stream(words, error)
        if error is not None:
            raise error
        return " ".join(words)


class AsyncClient(Client):
    """The async client."""

    async def ask(self, *words: str, stream: bool = False, error: BaseException | None = None) -> Any:
        """Answer with the words, or a stream of them; or raise."""
        self.within()
        if stream:
            return AsyncStream(words, error)
        if error is not None:
            raise error
        return " ".join(words)

    def ask_later(self, *words: str, **options: Any) -> Any:
        """Answer with an awaitable, in a function that is no coroutine function."""
        return self.ask(*words, **options)


def ask(*words: str) -> str:
    """Answer; a function of the module."""
    return " ".join(words)


def request(_client: Any, _args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Shape:
    return SHAPE


def response(answer: str, _call: Call) -> Outcome:
    words = len(answer.split())
    return Outcome({"acme.words": words}, (("acme.model", "m1"),), (Point(WORDS, words),))


class Words(ChunkReader):
    def __init__(self, _call: Call) -> None:
        self._words = 0

    def read(self, _chunk: str) -> None:
        self._words += 1

    def outcome(self) -> Outcome:
        return Outcome({"acme.words": self._words}, (("acme.model", "m1"),), (Point(WORDS, self._words),))


def details(_client: Any, args: tuple[Any, ...], _kwargs: dict[str, Any]) -> dict[str, str]:
    return {"acme.said": args[0]}


def refusal(error: BaseException, _call: Call) -> Outcome:
    return Outcome(error_type="refused") if isinstance(error, AcmeError) else NO_OUTCOME


def endpoint(path: str) -> Endpoint:
    return Endpoint(f"acme:{path}", request, response, Words, details, refusal)


def library() -> ModuleType:
    """Return the library as a fresh module, to be instrumented and thrown away."""
    module = ModuleType("acme")
    vars(module).update(
        Client=type("Client", (Client,), {"ask": Client.ask}),
        AsyncClient=type("AsyncClient", (AsyncClient,), {"ask": AsyncClient.ask, "ask_later": AsyncClient.ask_later}),
        ask=ask,
    )
    return module


def current_id() -> str:
    """Return the id of the span that is current."""
    return f"{trace.get_current_span().get_span_context().span_id:016x}"
