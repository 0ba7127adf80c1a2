"""The users: requests that arrive at a gentle rate, for as long as the demo runs."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from itertools import count

from openai import OpenAIError

import tachograph

from .service import USERS, Service

_log = logging.getLogger(__name__)

_Request = Callable[[], Awaitable[object]]

_IN_FLIGHT = 64  # more than that and newcomers are turned away, as a real service would
_THINGS = ("the budget", "the release", "the offsite", "the hiring plan", "the incident", "the roadmap", "the contract")
_TIMES = ("this week", "last week", "next month", "in spring", "before the review", "after lunch", "on Friday")
_RATED = 0.3  # the share of answers that users give stars
_RATINGS = (5, 5, 5, 4, 4, 4, 3, 2, 1)
_REVIEW_EVERY = 5  # rounds of the mix
_MIX = ("ask", "ask", "ask", "act", "act", "remember", "remember", "find")


class Traffic:
    """Requests of every kind, in a shuffled but fixed mix."""

    def __init__(self, service: Service, *, rate: float) -> None:
        tachograph.declare("demo.users.waiting", "gauge", unit="{user}", description="Users waiting for an answer.")
        self._service = service
        self._rate = rate
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Send requests until cancelled: one of each kind at once, then `rate` of them a second."""
        try:
            for kind in ("remember", "find", "act", "ask", "review"):
                self._send(kind)
            for mixed in count(1):
                review = () if mixed % _REVIEW_EVERY else ("review",)
                for kind in (*random.sample(_MIX, len(_MIX)), *review):
                    await asyncio.sleep(random.expovariate(self._rate))
                    self._send(kind)
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    def _send(self, kind: str) -> None:
        if len(self._under_way) < _IN_FLIGHT:
            task = asyncio.create_task(self._request(kind))
            self._under_way.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        tachograph.record("demo.users.waiting", len(self._under_way))

    async def _request(self, kind: str) -> None:
        user = min(int(random.expovariate(0.4)), len(USERS) - 1)
        about = f"{_often_the_first(_THINGS)} {_often_the_first(_TIMES)}"
        service = self._service
        requests: dict[str, _Request] = {
            "remember": lambda: service.remember(user, f"We talked about {about}."),
            "find": lambda: service.find(user, about),
            "act": lambda: service.act(user, f"Prepare a note about {about}."),
            "review": lambda: service.review(user),
            "ask": lambda: service.ask(user, f"What did we decide about {about}?"),
        }
        try:
            await requests[kind]()
            if kind == "ask" and random.random() < _RATED:
                tachograph.score("rating", random.choice(_RATINGS), operation="answer", model="gpt-4o-mini")
        except OpenAIError as failure:
            _log.debug("request %s failed: %s", kind, failure)


def _often_the_first(choices: tuple[str, ...]) -> str:
    return choices[min(int(random.expovariate(1.5)), len(choices) - 1)]
