"""The library module of docs/adding-a-library.md, as it stands there, before a library as it describes."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from tachograph.instrumentor import Instrumentor
from tests.fixtures.process import CHECKOUT
from tests.fixtures.telemetry import Seeing

GUIDE = CHECKOUT / "docs" / "adding-a-library.md"


@dataclass
class Piece:
    """An answer, or a piece of one."""

    model: str = "acme-1"
    tokens_in: int | None = 7
    tokens_out: int | None = 3


class Client:
    """A client with one call."""

    base_url = "https://api.acme.example/v1"

    def chat(self, *, model: str, stream: bool = False) -> Any:
        """Answer."""
        return iter((Piece(model, None, None), Piece(model))) if stream else Piece(model)


class AsyncClient:
    """The same with coroutines."""

    base_url = Client.base_url

    async def chat(self, *, model: str, stream: bool = False) -> Any:
        """Answer."""

        async def pieces() -> AsyncIterator[Piece]:
            for piece in (Piece(model, None, None), Piece(model)):
                yield piece

        return pieces() if stream else Piece(model)


def whole() -> int:
    answer: Piece = Client().chat(model="acme-1")
    return answer.tokens_out or 0


def streamed() -> int:
    return sum(piece.tokens_out or 0 for piece in Client().chat(model="acme-1", stream=True))


def whole_async() -> int:
    answer: Piece = asyncio.run(AsyncClient().chat(model="acme-1"))
    return answer.tokens_out or 0


def streamed_async() -> int:
    async def application() -> int:
        return sum([piece.tokens_out or 0 async for piece in await AsyncClient().chat(model="acme-1", stream=True)])

    return asyncio.run(application())


@pytest.fixture
def acme(telemetry: Seeing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Seeing]:
    """The library installed, and instrumented by the guide's module."""
    library = ModuleType("acme")
    vars(library).update(Client=Client, AsyncClient=AsyncClient, __spec__=re.__spec__)
    module = ModuleType("tachograph.libraries.acme")
    module.__package__ = "tachograph.libraries"
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    exec(compile(code, GUIDE, "exec"), vars(module))
    monkeypatch.setitem(sys.modules, "acme", library)
    monkeypatch.setitem(sys.modules, "tachograph.libraries.acme", module)
    instrumentor = Instrumentor("acme")
    instrumentor.instrument()
    yield telemetry
    instrumentor.uninstrument()


@pytest.mark.parametrize("application", [whole, streamed, whole_async, streamed_async])
def test_the_guides_module_measures_every_way_to_call(application: Any, acme: Seeing) -> None:
    tokens = application()
    (span,) = acme.spans
    usage = {
        point.labels["gen_ai.token.type"]: (point.count, point.sum)
        for point in acme.points("gen_ai.client.token.usage")
    }

    assert (tokens, span.name, span.error, span.attributes["gen_ai.provider.name"], usage) == (
        3,
        "chat acme-1",
        None,
        "acme",
        {"input": (1, 7), "output": (1, 3)},
    )
