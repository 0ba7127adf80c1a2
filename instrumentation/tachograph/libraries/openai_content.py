"""The messages of OpenAI's interfaces, as the conventions write them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import names
from ..llm.content import (
    Message,
    Part,
    Recorder,
    as_list,
    blob_part,
    call_part,
    field,
    recorder,
    result_part,
    text_part,
)
from ..model import AttributeValue


def asked(writer: Recorder, body: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Return the attributes for what a request asks."""
    given = body.get("messages", body.get("input", body.get("prompt")))
    if isinstance(given, str):
        messages = [writer.message("user", (text_part(given),))]
    else:
        messages = [writer.message(str(field(item, "role") or "user"), _parts(item)) for item in as_list(given)]
    found: dict[str, AttributeValue] = {names.GEN_AI_INPUT_MESSAGES: writer.written(messages)} if messages else {}
    if isinstance(instructions := body.get("instructions"), str):
        found[names.GEN_AI_SYSTEM_INSTRUCTIONS] = writer.parts((text_part(instructions),))
    return found


def answered(choices: Sequence[Any]) -> str | None:
    """Return what the choices of a completion say."""
    writer = recorder()
    if writer is None:
        return None
    messages: list[Message] = []
    for choice in choices:
        said = getattr(choice, "message", None)
        parts = list(_parts(said)) if said is not None else [text_part(getattr(choice, "text", ""))]
        messages.append(writer.message("assistant", parts, finish_reason=choice.finish_reason or ""))
    return writer.written(messages)


def responded(items: Sequence[Any], reason: str | None) -> str | None:
    """Return what the items of a response say."""
    writer = recorder()
    if writer is None:
        return None
    parts = [part for item in items or () for part in _parts(item)]
    return writer.written([writer.message("assistant", parts, finish_reason=reason or "")])


class Pieces:
    """The pieces of a streamed completion's choices, put together."""

    def __init__(self) -> None:
        self._texts: dict[int, list[str]] = {}
        self._calls: dict[tuple[int, int], list[Any]] = {}

    def add(self, choice: Any) -> None:
        """Take one choice of a chunk."""
        delta = getattr(choice, "delta", None)
        text = getattr(choice, "text", None) if delta is None else delta.content
        if text:
            self._texts.setdefault(choice.index, []).append(text)
        for call in getattr(delta, "tool_calls", None) or ():
            kept = self._calls.setdefault((choice.index, call.index), [call.id, None, []])
            if call.function is not None:
                kept[1] = call.function.name or kept[1]
                kept[2].append(call.function.arguments or "")

    def written(self, reasons: Sequence[str]) -> str | None:
        """Return all choices as messages."""
        writer = recorder()
        if writer is None:
            return None
        messages = []
        for place, index in enumerate(sorted({*self._texts, *(index for index, _ in self._calls)})):
            parts = [text_part("".join(self._texts[index]))] if index in self._texts else []
            calls = (kept for (owner, _), kept in self._calls.items() if owner == index)
            parts += [call_part(name, "".join(arguments), call_id) for call_id, name, arguments in calls]
            reason = reasons[place] if place < len(reasons) else ""
            messages.append(writer.message("assistant", parts, finish_reason=reason))
        return writer.written(messages)


def _parts(item: Any) -> Iterator[Part]:
    """Yield the parts of a message, or of an item of the Responses API."""
    kind = field(item, "type")
    if kind in ("function_call", "custom_tool_call"):
        yield call_part(field(item, "name"), field(item, "arguments") or field(item, "input"), field(item, "call_id"))
        return
    if kind in ("function_call_output", "custom_tool_call_output"):
        yield result_part(field(item, "output"), field(item, "call_id"))
        return
    content = field(item, "content")
    answer_to = field(item, "tool_call_id")
    if answer_to is not None:
        yield result_part(content, answer_to)
    elif isinstance(content, str):
        yield text_part(content)
    else:
        yield from map(_piece, as_list(content))
    for call in as_list(field(item, "tool_calls")):
        function = field(call, "function") or field(call, "custom")
        yield call_part(
            field(function, "name"), field(function, "arguments") or field(function, "input"), field(call, "id")
        )


def _piece(piece: Any) -> Part:
    for name in ("text", "refusal"):
        text = field(piece, name)
        if isinstance(text, str):
            return text_part(text)
    kind = str(field(piece, "type") or "file")
    modality = next((known for known in ("image", "audio", "video") if known in kind), "file")
    return blob_part(modality)
