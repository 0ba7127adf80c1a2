"""Content: messages as OpenTelemetry's conventions write them, only where asked for, redacted and cut."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..settings import LlmSettings
from ..telemetry.hub import HUB
from .redaction import Redaction

_TOTAL = 8  # all messages together may have that many times what one part may have

Part = dict[str, Any]
Message = dict[str, Any]


class Recorder:
    """Writes messages for one set of settings."""

    def __init__(self, settings: LlmSettings) -> None:
        self.settings = settings
        self._redaction = Redaction(settings.redact_patterns)

    def text(self, value: object) -> str:
        """Return a text or, of anything else, its JSON; clean and cut."""
        text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
        return self._redaction.shorten(text, self.settings.content_characters)

    def message(self, role: str, parts: Iterable[Part], **more: Any) -> Message:
        """Return one message of clean parts."""
        return {"role": role, "parts": [self._clean(part) for part in parts], **more}

    def written(self, messages: Sequence[Message]) -> str:
        """Return messages as JSON; the oldest are left out where all would be too much."""
        kept: list[str] = []
        left = _TOTAL * self.settings.content_characters
        for message in reversed(messages):
            text = json.dumps(message, ensure_ascii=False)
            left -= len(text)
            if left < 0 and kept:
                break
            kept.append(text)
        return f"[{', '.join(reversed(kept))}]"

    def parts(self, parts: Iterable[Part]) -> str:
        """Return parts that belong to no message, such as instructions, as JSON."""
        return json.dumps([self._clean(part) for part in parts], ensure_ascii=False)

    def _clean(self, part: Part) -> Part:
        return {key: value if key in _OPEN else self.text(value) for key, value in part.items() if value is not None}


_OPEN = frozenset(("type", "id", "name", "modality", "mime_type"))
_recorder = Recorder(LlmSettings())


def recorder() -> Recorder | None:
    """Return what writes content, None where none is to be captured."""
    of_process = HUB.settings
    if of_process is None or not of_process.llm.capture_content:
        return None
    settings = of_process.llm
    global _recorder  # noqa: PLW0603 - kept until the settings change
    if _recorder.settings is not settings:
        _recorder = Recorder(settings)
    return _recorder


def text_part(text: object) -> Part:
    """Return a part that is text."""
    return {"type": "text", "content": text}


def call_part(name: object, arguments: object, call_id: object = None) -> Part:
    """Return a part that calls a tool."""
    return {"type": "tool_call", "id": call_id, "name": name, "arguments": arguments}


def result_part(result: object, call_id: object = None) -> Part:
    """Return a part that holds what a tool answered."""
    return {"type": "tool_call_response", "id": call_id, "response": result}


def blob_part(modality: str) -> Part:
    """Return a part that stands for an image, a sound or a file, which are never captured."""
    return {"type": "blob", "modality": modality}


def as_list(value: object) -> Sequence[Any]:
    """Return a list or tuple as it is and nothing for all else: an iterator is the application's to read."""
    return value if isinstance(value, list | tuple) else ()


def field(value: object, name: str) -> Any:
    """Return a field of a mapping or of an object, None where it has none."""
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
