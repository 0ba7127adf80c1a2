"""The messages of Anthropic's interface, as the conventions write them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import names
from ..llm.content import Part, Recorder, as_list, blob_part, call_part, field, recorder, result_part, text_part
from ..model import AttributeValue


def asked(writer: Recorder, body: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Return the attributes for what a request asks."""
    messages = [
        writer.message(str(field(item, "role") or "user"), _parts(field(item, "content")))
        for item in as_list(body.get("messages"))
    ]
    found: dict[str, AttributeValue] = {names.GEN_AI_INPUT_MESSAGES: writer.written(messages)} if messages else {}
    instructions = list(_parts(body.get("system")))
    if instructions:
        found[names.GEN_AI_SYSTEM_INSTRUCTIONS] = writer.parts(instructions)
    return found


def answered(blocks: Sequence[Any], reason: str | None) -> str | None:
    """Return what a message says."""
    writer = recorder()
    if writer is None:
        return None
    return writer.written([writer.message("assistant", _parts(blocks), finish_reason=reason or "")])


class Pieces:
    """The blocks of a streamed message, put together."""

    def __init__(self) -> None:
        self._blocks: dict[int, tuple[Any, list[str]]] = {}

    def add(self, event: Any) -> None:
        """Take one event."""
        if event.type == "content_block_start":
            self._blocks[event.index] = (event.content_block, [])
        elif event.type == "content_block_delta" and event.index in self._blocks:
            delta = event.delta
            piece = field(delta, "text") or field(delta, "partial_json") or field(delta, "thinking")
            if isinstance(piece, str):
                self._blocks[event.index][1].append(piece)

    def written(self, reason: str | None) -> str | None:
        """Return the whole message."""
        writer = recorder()
        if writer is None:
            return None
        parts = (_whole(block, "".join(pieces)) for _, (block, pieces) in sorted(self._blocks.items()))
        return writer.written([writer.message("assistant", parts, finish_reason=reason or "")])


def _whole(block: Any, text: str) -> Part:
    if block.type in ("tool_use", "server_tool_use"):
        return call_part(block.name, text, block.id)
    return {"type": "reasoning", "content": text} if block.type == "thinking" else text_part(text)


def _parts(content: Any) -> Iterator[Part]:
    if isinstance(content, str):
        yield text_part(content)
    for block in as_list(content):
        yield _part(block)


def _part(block: Any) -> Part:
    kind = str(field(block, "type"))
    if kind == "text":
        return text_part(field(block, "text"))
    if kind in ("tool_use", "server_tool_use"):
        return call_part(field(block, "name"), field(block, "input"), field(block, "id"))
    if kind.endswith("tool_result"):
        return result_part(_result(field(block, "content")), field(block, "tool_use_id"))
    if kind == "thinking":
        return {"type": "reasoning", "content": field(block, "thinking")}
    return blob_part("image" if kind == "image" else "file")


def _result(content: Any) -> Any:
    """Return the result of a tool without what is no text."""
    if isinstance(content, str):
        return content
    return [field(block, "text") or f"[{field(block, 'type')}]" for block in as_list(content)]
