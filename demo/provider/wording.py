"""What the provider's models answer: words, vectors and token counts that look like the real ones."""

import base64
import hashlib
import math
import random
import struct
from typing import Any

_TEXT = (
    "the memory you saved last week says that your team prefers short answers with one example and a link so here is "
    "the plan first collect what is known about the question then compare it with the notes of the project and finally "
    "write down what changed and who should hear of it before the next review"
)
_WORDS = _TEXT.split()


def tokens(text: str) -> int:
    """Estimate the tokens of a text: about four characters each."""
    return max(1, len(text) // 4)


def prompt_text(messages: list[dict[str, Any]]) -> str:
    """Return all that the messages say, as one text."""
    return "\n".join(str(message.get("content") or "") for message in messages)


def sentence(words: int) -> list[str]:
    """Return that many words of an answer, each with its space."""
    start = random.randrange(len(_WORDS))
    return [_WORDS[(start + index) % len(_WORDS)] + " " for index in range(words)]


def vector(text: str, dimensions: int) -> list[float]:
    """Return a unit vector in which texts that share words are near each other."""
    sums = [0.0] * dimensions
    for word in text.lower().split():
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        sums[int.from_bytes(digest[:4]) % dimensions] += 1.0 if digest[4] & 1 else -1.0
    length = math.sqrt(sum(value * value for value in sums)) or 1.0
    return [value / length for value in sums]


def encoded(values: list[float]) -> str:
    """Return a vector as the SDK asks for it: base64 of little-endian floats."""
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()


def usage(prompt: str, answer: str) -> dict[str, Any]:
    """Return the usage of a completion; a long prompt's first half is taken as cached, as the provider does."""
    prompt_tokens, completion_tokens = tokens(prompt), tokens(answer)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": prompt_tokens // 2 if prompt_tokens > 256 else 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
