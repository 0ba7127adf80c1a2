"""Operations: one span and one point of each histogram a call, whatever colour the code has."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

import tachograph
from tests.fixtures.telemetry import Seeing, Seen, Series

DURATION = "tachograph.operation.duration"


def seen(name: str = "memory.create", **more: object) -> Seen:
    return Seen(name, "INTERNAL", {"tachograph.operation.name": name, "tier": 1}, **more)  # type: ignore[arg-type] # fields


def series(name: str = "memory.create", **labels: str) -> Series:
    return Series(DURATION, {"tachograph.operation.name": name, **labels}, 1)


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


def in_with(value: int) -> int:
    with tachograph.operation("memory.create", tier=1):
        return value + 1


async def in_async_with(value: int) -> int:
    async with tachograph.operation("memory.create", tier=1):
        return value + 1


async def last(items: AsyncIterator[int]) -> int:
    return [item async for item in items][-1]


WAYS_TO_CALL = {
    "function": lambda: function(1),
    "coroutine": lambda: asyncio.run(coroutine(1)),
    "generator": lambda: list(generator(1))[-1],
    "async generator": lambda: asyncio.run(last(async_generator(1))),
    "with": lambda: in_with(1),
    "async with": lambda: asyncio.run(in_async_with(1)),
}


@pytest.mark.parametrize("colour", WAYS_TO_CALL)
def test_a_call_is_one_span_and_one_point(colour: str, telemetry: Seeing) -> None:
    assert (WAYS_TO_CALL[colour](), telemetry.spans, telemetry.points(DURATION)) == (2, [seen()], [series()])
