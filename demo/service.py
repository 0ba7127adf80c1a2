"""The AI service: what its users can ask of it, each an entry operation named `request`."""

import asyncio
from functools import partial
from pathlib import Path

from openai import AsyncOpenAI, OpenAI

import tachograph

from .agent import Agent
from .backends import Backends
from .journal import Journal
from .memory import Memory

_WORD_BUCKETS = (5, 10, 15, 20, 25, 30, 35, 40, 50, 100)
USERS = ("Ada", "Grace", "Katherine", "Mary", "Dorothy", "Joan", "Radia", "Barbara", "Hedy", "Annie")


class Service:
    """Memory, agent and answers, on one model provider, one database and what servers there are."""

    def __init__(self, *, provider_url: str, folder: Path, backends: Backends) -> None:
        tachograph.declare(
            "demo.answer.words", "histogram", unit="{word}", description="Words of an answer.", buckets=_WORD_BUCKETS
        )
        self._backends = backends
        self._sync_client = OpenAI(base_url=provider_url, api_key="demo")
        self._client = AsyncOpenAI(base_url=provider_url, api_key="demo")
        self._memory = Memory(folder / "memory.db", self._sync_client, USERS)
        self._journal = Journal(folder / "journal.db", USERS)
        self._agent = Agent(self._client)

    async def close(self) -> None:
        """Close the connections."""
        await self._backends.close()
        await self._client.close()
        self._sync_client.close()
        self._memory.close()
        self._journal.close()

    @tachograph.operation("request", kind="remember")
    async def remember(self, user: int, text: str) -> None:
        """Keep what a user said."""
        await self._note(user, "remember")
        await asyncio.to_thread(self._memory.create, user, text)

    @tachograph.operation("request", kind="find")
    async def find(self, user: int, query: str) -> list[str]:
        """Return what the user said about something."""
        await self._note(user, "find")
        return await asyncio.to_thread(self._memory.search, user, query)

    @tachograph.operation("request", kind="act")
    async def act(self, user: int, goal: str) -> str:
        """Let the agent work on a goal."""
        await self._note(user, "act")
        return await self._agent.step(goal, partial(self._found, user))

    @tachograph.operation("request", kind="ask")
    async def ask(self, user: int, question: str) -> str:
        """Answer a question from what is known."""
        await self._note(user, "ask")
        kept = await self._backends.kept(question)
        if kept is not None:
            return kept
        context, tone = await self._context(user, question)
        answer = "".join([word async for word in self._agent.answer(question, context, tone)])
        tachograph.record("demo.answer.words", len(answer.split()), tone=tone)
        tachograph.score("groundedness", _shared_words(answer, context), operation="answer")
        await self._backends.keep(question, answer)
        return answer

    @tachograph.operation("request", kind="review")
    async def review(self, user: int) -> list[str]:
        """Return who asked for something lately."""
        await self._note(user, "review")
        return await asyncio.to_thread(self._journal.review)

    @tachograph.operation("context.retrieve")
    async def _context(self, user: int, question: str) -> tuple[list[str], str]:
        name, tone = await asyncio.to_thread(self._memory.profile, user)
        found = await self._found(user, question)
        return [f"The user is {name}.", *found], tone

    async def _note(self, user: int, kind: str) -> None:
        await asyncio.to_thread(self._journal.note, user, kind)
        await self._backends.log(user, kind)

    async def _found(self, user: int, query: str) -> list[str]:
        return await asyncio.to_thread(self._memory.search, user, query)


def _shared_words(answer: str, context: list[str]) -> float:
    """Return how much of an answer is said in its context too, from 0 to 1."""
    known, said = set(" ".join(context).lower().split()), answer.lower().split()
    return sum(word in known for word in said) / max(len(said), 1)
