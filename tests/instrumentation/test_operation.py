"""Operations: one span and one point of each histogram a call, whatever colour the code has."""

import asyncio
import contextvars
import gc
import sqlite3
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

import openai
import pytest
from billiard.exceptions import SoftTimeLimitExceeded  # type: ignore[import-untyped] # Celery's, which has no types
from django.db import IntegrityError
from opentelemetry import trace
from pydantic import TypeAdapter

import tachograph
from tests.fixtures.telemetry import Seeing, Seen, Series

DURATION = "tachograph.operation.duration"
ACTIVE = "tachograph.operation.active"
FAILURES = "tachograph.consecutive_failures"


def seen(name: str = "memory.create", *, parent: str = "", error: str | None = None, **attributes: Any) -> Seen:
    named = {"tachograph.operation.name": name, **attributes, **({"error.type": error} if error else {})}
    return Seen(name, "INTERNAL", named, parent, error)


def point(name: str = "memory.create", error: str | None = None) -> Series:
    return Series(DURATION, {"tachograph.operation.name": name, **({"error.type": error} if error else {})}, 1)


def current_id() -> int:
    """Return the id of the span that is current, 0 where none is."""
    return trace.get_current_span().get_span_context().span_id


@tachograph.operation("memory.create", tier=1)
def function(value: int) -> int:
    return value + 1


@tachograph.operation("memory.create", tier=1)
async def coroutine(value: int) -> int:
    await asyncio.sleep(0)
    return value + 1


@tachograph.operation("memory.create", tier=1)
def generator(value: int) -> Iterator[int]:
    yield value + 1


@tachograph.operation("memory.create", tier=1)
async def async_generator(value: int) -> AsyncIterator[int]:
    yield value + 1


class Store:
    @tachograph.operation("memory.create", tier=1)
    def method(self, value: int) -> int:
        return value + 1

    @tachograph.operation("memory.create", tier=1)
    @classmethod
    def class_method(cls, value: int) -> int:
        return value + 1

    @tachograph.operation("memory.create", tier=1)
    @staticmethod
    def static_method(value: int) -> int:
        return value + 1


@tachograph.operation("memory.create", tier=1)
def makes_a_coroutine(value: int) -> Any:
    async def inner() -> int:
        await asyncio.sleep(0)
        return value + 1

    return inner()


def in_with(value: int) -> int:
    with tachograph.operation("memory.create", tier=1):
        return value + 1


async def in_async_with(value: int) -> int:
    async with tachograph.operation("memory.create", tier=1):
        return value + 1


async def last(items: AsyncIterator[int]) -> int:
    return [item async for item in items][-1]


WAYS_TO_CALL: dict[str, Callable[[], int]] = {
    "function": lambda: function(1),
    "method": lambda: Store().method(1),
    "class method": lambda: Store.class_method(1),
    "static method": lambda: Store.static_method(1),
    "coroutine": lambda: asyncio.run(coroutine(1)),
    "function that makes a coroutine": lambda: asyncio.run(makes_a_coroutine(1)),
    "generator": lambda: list(generator(1))[-1],
    "async generator": lambda: asyncio.run(last(async_generator(1))),
    "with": lambda: in_with(1),
    "async with": lambda: asyncio.run(in_async_with(1)),
}


@pytest.mark.parametrize("colour", WAYS_TO_CALL)
def test_a_call_is_one_span_and_one_point(colour: str, telemetry: Seeing) -> None:
    answer = WAYS_TO_CALL[colour]()
    outcome = (answer, telemetry.spans, telemetry.points(DURATION, ACTIVE))
    idle = Series(ACTIVE, {"tachograph.operation.name": "memory.create"}, None, 0)
    assert outcome == (2, [seen(tier=1)], [idle, point()])
    assert telemetry.points(ACTIVE)[0].sum == 0


@tachograph.operation("fails")
def fails(error: BaseException) -> None:
    raise error


@tachograph.operation("fails")
async def fails_async(error: BaseException) -> None:
    raise error


@tachograph.operation("fails")
def fails_in_generator(error: BaseException) -> Iterator[int]:
    yield 1
    raise error


@tachograph.operation("fails")
async def fails_in_async_generator(error: BaseException) -> AsyncIterator[int]:
    yield 1
    raise error


def fails_in_with(error: BaseException) -> None:
    with tachograph.operation("fails"):
        raise error


WAYS_TO_FAIL: dict[str, Callable[[BaseException], Any]] = {
    "function": fails,
    "coroutine": lambda error: asyncio.run(fails_async(error)),
    "generator": lambda error: list(fails_in_generator(error)),
    "async generator": lambda error: asyncio.run(last(fails_in_async_generator(error))),
    "with": fails_in_with,
}


@pytest.mark.parametrize("colour", WAYS_TO_FAIL)
def test_an_error_reaches_the_caller_and_the_span(colour: str, telemetry: Seeing) -> None:
    error = LookupError("gone")
    with pytest.raises(LookupError) as raised:
        WAYS_TO_FAIL[colour](error)
    (span,) = telemetry.spans
    expected = seen("fails", error="LookupError")
    exception = ("exception", {"exception.type": "LookupError", "exception.message": "gone"})
    assert (raised.value, span, telemetry.points(DURATION)) == (
        error,
        Seen(**{**expected.__dict__, "events": (exception,)}),
        [point("fails", "LookupError")],
    )


def _statement_error() -> None:
    sqlite3.connect(":memory:").execute("SELECT 'a secret")


def _model_error() -> None:
    raise openai.OpenAIError("Incorrect API key provided: a secret")


def _validation_error() -> None:
    TypeAdapter(int).validate_python("a secret")


def _integrity_error() -> None:
    raise IntegrityError("Key (name)=(a secret) already exists")


def _key_error() -> None:
    dict[str, int]()["a secret"]


@pytest.mark.parametrize("raising", [_statement_error, _model_error, _validation_error, _integrity_error, _key_error])
def test_an_error_that_quotes_what_was_asked_gives_its_type_alone(
    raising: Callable[[], None], telemetry: Seeing
) -> None:
    with pytest.raises(Exception, match="a secret") as raised, tachograph.operation("fails"):
        raising()
    kind = type(raised.value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    (span,) = (span for span in telemetry.spans if span.name == "fails")
    assert span.events == (("exception", {"exception.type": name}),)


class ReadTimeout(Exception):  # noqa: N818 - as httpx names its own
    pass


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), "timeout"),
        (ReadTimeout(), "timeout"),
        (SoftTimeLimitExceeded(), "timeout"),
        (ValueError(), "ValueError"),
        (asyncio.CancelledError(), "CancelledError"),
    ],
)
def test_timeouts_are_told_apart(error: BaseException, kind: str, telemetry: Seeing) -> None:
    with pytest.raises(type(error)):
        fails(error)
    assert telemetry.points(DURATION) == [point("fails", kind)]


def test_attributes_and_events_are_added_inside(telemetry: Seeing) -> None:
    with tachograph.operation("memory.search") as running:
        running.set_attribute("found", 3)
        running.set_attributes(tier="L1", names=["a", "b"])
        running.add_event("cache.cold", tries=2)
        trace.get_current_span().set_attribute("by", "api")
    (span,) = telemetry.spans
    expected = seen("memory.search", found=3, tier="L1", names=["a", "b"], by="api")
    assert span == Seen(**{**expected.__dict__, "events": (("cache.cold", {"tries": 2}),)})


def test_operations_nest(telemetry: Seeing) -> None:
    with tachograph.operation("outer"), tachograph.operation("middle"):
        function(1)
    assert telemetry.spans == [seen(tier=1, parent="middle"), seen("middle", parent="outer"), seen("outer")]


def test_one_operation_object_is_entered_by_many_at_once(telemetry: Seeing) -> None:
    shared = tachograph.operation("shared")

    async def enter(milliseconds: int) -> None:
        async with shared as running:
            running.set_attribute("slept", milliseconds)
            await asyncio.sleep(milliseconds / 1000)

    async def all_of_them() -> None:
        await asyncio.gather(*(enter(milliseconds) for milliseconds in (30, 10, 20)))

    asyncio.run(all_of_them())
    assert [span.attributes["slept"] for span in telemetry.spans] == [10, 20, 30]
    lasted = [(raw.end_ns - raw.start_ns) / 1e6 >= raw.seen.attributes["slept"] for raw in telemetry.raw]
    assert lasted == [True, True, True]


class TestGenerators:
    def test_nothing_is_current_between_steps(self, telemetry: Seeing) -> None:
        within = []

        @tachograph.operation("steps")
        def steps() -> Iterator[None]:
            within.append(current_id())
            yield
            within.append(current_id())

        with tachograph.operation("consumer"):
            between = [current_id() for _ in steps()]
        ids = {raw.seen.name: int(raw.span_id, 16) for raw in telemetry.raw}
        assert (within, between) == ([ids["steps"], ids["steps"]], [ids["consumer"]])
        assert telemetry.spans == [seen("steps", parent="consumer"), seen("consumer")]

    def test_a_step_may_come_from_another_context(self, telemetry: Seeing, caplog: pytest.LogCaptureFixture) -> None:
        steps = generator(1)
        contextvars.Context().run(lambda: next(steps))
        rest = contextvars.Context().run(lambda: list(steps))
        assert (rest, caplog.messages, telemetry.spans) == ([], [], [seen(tier=1)])

    def test_send_throw_and_return_go_through(self, telemetry: Seeing) -> None:
        @tachograph.operation("talks")
        def talks() -> Generator[str, str, str]:
            heard = yield "ready"
            try:
                yield f"heard {heard}"
            except KeyError as error:
                yield f"caught {error}"
            return "done"

        def conversation() -> Iterator[Any]:
            steps = talks()
            yield next(steps)
            yield steps.send("this")
            yield steps.throw(KeyError("that"))
            with pytest.raises(StopIteration) as stopped:
                next(steps)
            yield stopped.value.value

        assert list(conversation()) == ["ready", "heard this", "caught 'that'", "done"]
        assert telemetry.spans == [seen("talks")]

    def test_a_break_ends_the_call_without_an_error(self, telemetry: Seeing) -> None:
        closed = []

        @tachograph.operation("endless")
        def endless() -> Iterator[int]:
            try:
                while True:
                    yield 1
            finally:
                closed.append(current_id())

        for _ in endless():
            break
        gc.collect()
        assert ([f"{span:016x}" for span in closed], telemetry.spans) == ([telemetry.raw[0].span_id], [seen("endless")])

    def test_an_async_generator_is_closed_early(self, telemetry: Seeing) -> None:
        closed = []

        @tachograph.operation("endless")
        async def endless() -> AsyncIterator[int]:
            try:
                while True:
                    yield 1
            finally:
                await asyncio.sleep(0)
                closed.append(current_id())

        async def consumer() -> None:
            steps = endless()
            async for _ in steps:
                break
            await steps.aclose()  # type: ignore[attr-defined] # it is a generator

        asyncio.run(consumer())
        assert ([f"{span:016x}" for span in closed], telemetry.spans) == ([telemetry.raw[0].span_id], [seen("endless")])

    def test_asend_and_athrow_go_through(self, telemetry: Seeing) -> None:
        @tachograph.operation("talks")
        async def talks() -> Any:
            heard = yield "ready"
            try:
                yield f"heard {heard}"
            except KeyError as error:
                yield f"caught {error}"

        async def conversation() -> list[str]:
            steps: Any = talks()
            said = [await anext(steps), await steps.asend("this"), await steps.athrow(KeyError("that"))]
            return [*said, *[word async for word in steps]]

        assert asyncio.run(conversation()) == ["ready", "heard this", "caught 'that'"]
        assert telemetry.spans == [seen("talks")]

    def test_one_never_started_is_no_call(self, telemetry: Seeing) -> None:
        generator(1)
        gc.collect()
        assert telemetry.spans == []


def test_a_cancelled_task_ends_its_operation(telemetry: Seeing) -> None:
    @tachograph.operation("waits")
    async def waits() -> None:
        await asyncio.sleep(60)

    async def cancel() -> None:
        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(cancel())
    assert [span.error for span in telemetry.spans] == ["CancelledError"]


def test_operations_in_flight_are_counted(telemetry: Seeing) -> None:
    with tachograph.operation("memory.create"), tachograph.operation("memory.create"):
        during = [series.sum for series in telemetry.points(ACTIVE)]
    assert (during, [series.sum for series in telemetry.points(ACTIVE)]) == ([2], [0])


def test_consecutive_failures_start_anew_after_a_success(telemetry: Seeing) -> None:
    def told() -> list[tuple[Any, float]]:
        return [(series.labels["tachograph.operation.name"], series.sum) for series in telemetry.points(FAILURES)]

    for _ in range(3):
        with pytest.raises(KeyError), tachograph.operation("flaky"):
            raise KeyError
    failing = told()
    with tachograph.operation("flaky"):
        pass
    assert (failing, told()) == ([("flaky", 3)], [("flaky", 0)])


def test_an_operation_has_buckets_of_its_own(telemetry: Seeing) -> None:
    with tachograph.operation("batch", buckets=(60, 600)), tachograph.operation("memory.create"):
        pass
    assert {series.labels["tachograph.operation.name"]: series.buckets for series in telemetry.points(DURATION)} == {
        "batch": (60, 600),
        "memory.create": (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 30, 100),
    }


def test_what_is_no_function_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="measures functions"):
        tachograph.operation("memory")(Store)
    with pytest.raises(TypeError, match="an operation has a name"):
        tachograph.operation(function)  # type: ignore[arg-type] # @tachograph.operation, without a name


def test_the_function_keeps_its_looks() -> None:
    assert (function.__name__, asyncio.iscoroutinefunction(coroutine), function.__wrapped__(1)) == (  # type: ignore[attr-defined] # functools.wraps
        "function",
        True,
        2,
    )
