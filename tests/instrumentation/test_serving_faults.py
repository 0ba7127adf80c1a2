"""Hooks of ours on requests made to raise, and requests that no server should make: the application answers as ever."""

import asyncio
import contextvars
from collections.abc import Iterator
from typing import Any

import pytest

import tachograph
from tachograph import serving
from tachograph.telemetry.hub import HUB
from tests.fixtures.telemetry import seeing

from .test_serving import APPLICATIONS, get

HOOKS = (
    "serving.asgi.Request",
    "serving.asgi.measured_elsewhere",
    "serving.wsgi.Request",
    "serving.wsgi.current",
    "serving.wsgi.measured_elsewhere",
    "serving.http.calls.begin",
    "serving.http.calls.enter",
    "serving.http.calls.leave",
    "serving.http.calls.finish",
    "serving.http.calls.fail",
    "serving.http.calls.bound",
    "serving.http.note",
)


class OursError(Exception):
    """What no application may see."""


def broken(*_args: Any, **_kwargs: Any) -> Any:
    raise OursError("ours")


@pytest.fixture(autouse=True)
def _on_its_own() -> Iterator[None]:
    with seeing("lean"):
        serving.instrument()
        yield
        serving.uninstrument()


@pytest.mark.parametrize("framework", APPLICATIONS)
@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_of_a_request_raises(hook: str, framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    application = APPLICATIONS[framework][0]()
    monkeypatch.setattr(f"tachograph.{hook}", broken)
    # In a context of their own: what cannot be left stays.
    answers = [
        contextvars.copy_context().run(get, application, path)
        for path in ("/users/7", "/users/0", "/missing", "/nowhere")
    ]
    assert [(status, "done" in text) for status, text in answers] == [
        (200, True),
        (500, False),
        (404, False),
        (404, False),
    ]


def test_a_server_that_leaves_out_what_it_must_give(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HUB, "failures", 0)
    told: list[Any] = []

    async def asgi(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    def wsgi(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("fine", [])
        return [b"a"]

    async def send(message: Any) -> None:
        told.append(message["type"])

    asyncio.run(tachograph.Asgi(asgi)({"type": "http"}, None, send))  # type: ignore[arg-type] # nobody receives
    bodies = [
        tachograph.Wsgi(wsgi)(environ, lambda status, _: told.append(status))
        for environ in ({}, {"REQUEST_METHOD": "GET"})
    ]
    assert (told, bodies, len(caplog.messages)) == (
        ["http.response.start", "http.response.body", "fine", "fine"],
        [[b"a"], [b"a"]],
        1,
    )
