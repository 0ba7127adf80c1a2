"""The messages of Bedrock's converse, as the conventions write them."""

from collections.abc import Iterator, Mapping
from typing import Any

from .. import names
from ..llm.content import Part, Recorder, as_list, blob_part, call_part, recorder, result_part, text_part
from ..model import AttributeValue


def asked(writer: Recorder, given: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Return the attributes for what a request asks."""
    messages = [
        writer.message(str(message.get("role", "user")), _parts(message.get("content")))
        for message in as_list(given.get("messages"))
    ]
    found: dict[str, AttributeValue] = {names.GEN_AI_INPUT_MESSAGES: writer.written(messages)} if messages else {}
    if instructions := list(_parts(given.get("system"))):
        found[names.GEN_AI_SYSTEM_INSTRUCTIONS] = writer.parts(instructions)
    return found


def answered(message: Mapping[str, Any], reason: str | None) -> str | None:
    """Return what a message says."""
    writer = recorder()
    if writer is None:
        return None
    return writer.written([writer.message("assistant", _parts(message.get("content")), finish_reason=reason or "")])


class Pieces:
    """The blocks of a streamed message, put together."""

    def __init__(self) -> None:
        self._texts: dict[int, list[str]] = {}
        self._calls: dict[int, Mapping[str, Any]] = {}

    def add(self, event: Mapping[str, Any]) -> None:
        """Take one event."""
        start, delta = event.get("contentBlockStart"), event.get("contentBlockDelta")
        if start and "toolUse" in start.get("start", {}):
            self._calls[start["contentBlockIndex"]] = start["start"]["toolUse"]
        if delta:
            piece = delta["delta"]
            text = piece.get("text") or (piece.get("toolUse") or {}).get("input")
            if text:
                self._texts.setdefault(delta["contentBlockIndex"], []).append(text)

    def written(self, reason: str | None) -> str | None:
        """Return the whole message."""
        writer = recorder()
        if writer is None:
            return None
        parts = [self._part(index) for index in sorted({*self._texts, *self._calls})]
        return writer.written([writer.message("assistant", parts, finish_reason=reason or "")])

    def _part(self, index: int) -> Part:
        text, call = "".join(self._texts.get(index, ())), self._calls.get(index)
        return text_part(text) if call is None else call_part(call.get("name"), text, call.get("toolUseId"))


def _parts(blocks: Any) -> Iterator[Part]:
    for block in as_list(blocks):
        if "text" in block:
            yield text_part(block["text"])
        elif "toolUse" in block:
            use = block["toolUse"]
            yield call_part(use.get("name"), use.get("input"), use.get("toolUseId"))
        elif "toolResult" in block:
            result = block["toolResult"]
            yield result_part([_plain(item) for item in as_list(result.get("content"))], result.get("toolUseId"))
        elif "reasoningContent" in block:
            yield {"type": "reasoning", "content": (block["reasoningContent"].get("reasoningText") or {}).get("text")}
        else:
            yield blob_part("image" if "image" in block else "file")


def _plain(item: Mapping[str, Any]) -> Any:
    return item.get("text", item.get("json", "[file]"))
