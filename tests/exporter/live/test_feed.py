"""The stream of events: what each viewer gets, whenever he comes."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from tachograph_exporter.live.feed import Feed

SCOPE: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": []}


class Viewer:
    """Somebody who looks on until he leaves."""

    def __init__(self, feed: Feed) -> None:
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self._left = asyncio.Event()
        self._served = asyncio.create_task(feed(SCOPE, self._receive, self._send))

    async def leave(self) -> None:
        self._left.set()
        await self._served

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if b"event: " in message.get("body", b""):
            self.events.put_nowait(message["body"].decode())


def test_each_viewer_gets_all_of_now_and_then_what_changed() -> None:
    async def look() -> list[str]:
        arrived = asyncio.Event()
        feed = Feed(arrived=arrived.set)
        first = Viewer(feed)
        await arrived.wait()
        feed.publish({"a": "1", "b": "1"})
        seen = [await first.events.get()]
        feed.publish({"a": "2", "b": "1"})
        seen.append(await first.events.get())
        second = Viewer(feed)
        seen.append(await second.events.get())
        feed.publish({"a": "2"})
        seen += [await first.events.get(), await second.events.get()]
        await first.leave()
        await second.leave()
        feed.publish({"a": "for nobody"})
        arrived.clear()
        late = Viewer(feed)
        await arrived.wait()
        feed.publish({"a": "3"})
        seen.append(await late.events.get())
        await late.leave()
        return seen

    assert asyncio.run(look()) == [
        'event: all\ndata: {"a":1,"b":1}\n\n',
        'event: news\ndata: {"a":2}\n\n',
        'event: all\ndata: {"a":2,"b":1}\n\n',
        *['event: news\ndata: {"b":null}\n\n'] * 2,
        'event: all\ndata: {"a":3}\n\n',
    ]
