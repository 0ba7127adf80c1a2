"""The contents of Google's interface, as the conventions write them."""

from collections.abc import Iterator, Sequence
from typing import Any

from .. import names
from ..llm.content import Message, Part, Recorder, blob_part, call_part, field, recorder, result_part, text_part
from ..model import AttributeValue


def asked(writer: Recorder, contents: Any, instruction: Any) -> dict[str, AttributeValue]:
    """Return the attributes for what a request asks."""
    messages = list(_messages(writer, contents))
    found: dict[str, AttributeValue] = {names.GEN_AI_INPUT_MESSAGES: writer.written(messages)} if messages else {}
    if instruction is not None:
        given = instruction if isinstance(instruction, list | tuple) else (instruction,)
        found[names.GEN_AI_SYSTEM_INSTRUCTIONS] = writer.parts(part for item in given for part in _parts(item))
    return found


def answered(candidates: Sequence[Any]) -> str | None:
    """Return what the candidates say."""
    writer = recorder()
    if writer is None:
        return None
    messages: list[Message] = []
    for candidate in candidates:
        reason = field(candidate.finish_reason, "value") or ""
        messages.append(writer.message("assistant", _parts(candidate.content), finish_reason=str(reason).lower()))
    return writer.written(messages)


class Pieces:
    """The parts of streamed candidates, put together."""

    def __init__(self) -> None:
        self._parts: dict[int, list[Part]] = {}

    def add(self, candidate: Any) -> None:
        """Take one candidate of a chunk."""
        kept = self._parts.setdefault(candidate.index or 0, [])
        for part in _parts(candidate.content):
            if kept and kept[-1]["type"] == part["type"] == "text":
                kept[-1] = text_part(f"{kept[-1]['content']}{part['content']}")
            else:
                kept.append(part)

    def written(self, reasons: Sequence[str]) -> str | None:
        """Return all candidates as messages."""
        writer = recorder()
        if writer is None:
            return None
        messages = [
            writer.message("assistant", parts, finish_reason=reasons[place] if place < len(reasons) else "")
            for place, (_, parts) in enumerate(sorted(self._parts.items()))
        ]
        return writer.written(messages)


def _messages(writer: Recorder, contents: Any) -> Iterator[Message]:
    for item in contents if isinstance(contents, list | tuple) else (contents,):
        role = field(item, "role")
        yield writer.message("assistant" if role == "model" else str(role or "user"), _parts(item))


def _parts(item: Any) -> Iterator[Part]:
    """Yield the parts of a content, of a part, or of a plain text."""
    if item is None:
        return
    if isinstance(item, str):
        yield text_part(item)
        return
    parts = field(item, "parts")
    for part in parts if isinstance(parts, list | tuple) else (item,):
        yield _part(part)


def _part(part: Any) -> Part:
    if isinstance(part, str):
        return text_part(part)
    text = field(part, "text")
    if isinstance(text, str):
        return {"type": "reasoning", "content": text} if field(part, "thought") else text_part(text)
    call = field(part, "function_call")
    if call is not None:
        return call_part(field(call, "name"), field(call, "args"), field(call, "id"))
    answer = field(part, "function_response")
    if answer is not None:
        return result_part(field(answer, "response"), field(answer, "id"))
    return blob_part("file")
