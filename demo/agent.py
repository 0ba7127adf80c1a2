"""The agent: it answers from the context it is given, word by word, and uses a tool to look things up."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from openai import APIError, AsyncOpenAI

import tachograph

if TYPE_CHECKING:
    from openai import AsyncStream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam, ChatCompletionToolParam

Search = Callable[[str], Awaitable[list[str]]]

_SEARCH: "ChatCompletionToolParam" = {
    "type": "function",
    "function": {
        "name": "search_memory",
        "description": "Find what the user told us before.",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    },
}
_RULES = "You are the assistant of a small team. Answer from the notes you are given, briefly. " * 6


class Agent:
    """An assistant on top of a chat model."""

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client

    @tachograph.operation("agent.step")
    @tachograph.agent("assistant")
    async def step(self, goal: str, search: Search) -> str:
        """Work on a goal: let the model ask for the tool, run it, and return what the model makes of the result."""
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": _RULES},
            {"role": "user", "content": goal},
        ]
        first = await self._client.chat.completions.create(model="gpt-4o", messages=messages, tools=[_SEARCH])
        asked = first.choices[0].message
        messages.append(asked.to_dict())  # type: ignore[arg-type] # the SDK takes back what it gave
        for call in asked.tool_calls or ():
            if call.type == "function":
                found = await self._search(search, json.loads(call.function.arguments)["query"])
                messages.append({"role": "tool", "tool_call_id": call.id, "content": "\n".join(found)})
        second = await self._client.chat.completions.create(model="gpt-4o", messages=messages, tools=[_SEARCH])
        return second.choices[0].message.content or ""

    @tachograph.operation("answer")
    async def answer(self, question: str, context: list[str], tone: str) -> AsyncIterator[str]:
        """Yield the words of an answer as the model says them."""
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": f"{_RULES} Be {tone}. Notes:\n" + "\n".join(context)},
            {"role": "user", "content": question},
        ]
        async for chunk in await self._stream(messages):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    async def _stream(self, messages: "list[ChatCompletionMessageParam]") -> "AsyncStream[ChatCompletionChunk]":
        """Ask the small model; where it fails, the big one stands in."""
        with tachograph.fallback("answer"):
            try:
                return await self._ask("gpt-4o-mini", messages)
            except APIError:
                return await self._ask("gpt-4o", messages)

    async def _ask(
        self, model: str, messages: "list[ChatCompletionMessageParam]"
    ) -> "AsyncStream[ChatCompletionChunk]":
        return await self._client.chat.completions.create(
            model=model, messages=messages, stream=True, stream_options={"include_usage": True}
        )

    @tachograph.operation("tool.search_memory")
    @tachograph.tool("search_memory")
    async def _search(self, search: Search, query: str) -> list[str]:
        return await search(query)
