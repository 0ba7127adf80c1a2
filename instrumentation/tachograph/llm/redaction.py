"""Redaction: what must not leave the process, taken out of a text before it goes into a span."""

import re
from collections.abc import Sequence
from functools import lru_cache

# Keys are cut at 512 characters, more than any of them has; what a rule overlooks beyond that is not sent either.
_MARGIN = 512
_PRIVATE_KEY = r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
_KEYS = (
    r"\b(?:sk|pk|rk)[-_](?:[a-z]+[-_])*[A-Za-z0-9_-]{16,}",  # OpenAI, Anthropic, Stripe and those like them
    r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b",  # AWS
    r"\bAIza[A-Za-z0-9_-]{35}",  # Google
    r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{22,}|\bglpat-[A-Za-z0-9_-]{20,}",
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"\bhf_[A-Za-z0-9]{30,}|\bgsk_[A-Za-z0-9]{40,}|\bxai-[A-Za-z0-9]{40,}|\bnpm_[A-Za-z0-9]{36}|\bpypi-[A-Za-z0-9_-]{40,}",
    r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|\bwhsec_[A-Za-z0-9+/=]{24,}|\bya29\.[A-Za-z0-9_-]{20,}",
    r"\bpplx-[A-Za-z0-9]{32,}|\bnvapi-[A-Za-z0-9_-]{40,}|\br8_[A-Za-z0-9]{30,}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",  # JSON web tokens
)
# The value of something called a key, token, secret or password, also in JSON within JSON; where the name may mean
# something else, a value with a digit. And what follows Bearer or Basic.
_IS = r"[\\\"']*\s*[:=]\s*[\\\"']*"
_NAMED_KEY = (
    r"(?i)((?:(?:api|access|secret|private|account)[\s_-]?key|client[_-]?secret|(?:auth|access|refresh)[_-]?token"
    rf"|password|passphrase|passwd|pwd){_IS})[^\s\"'\\,;&]{{4,}}"
)
_PERHAPS_KEY = rf"(?i)((?<![a-z_])(?:token|secret){_IS})(?=[^\s\"'\\,;&\d]*\d)[^\s\"'\\,;&]{{8,}}"
_AUTHORIZATION = r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"
_IN_A_URL = r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"
_E_MAIL = r"(?<![\w.%+'-])[\w.%+'-]+@[\w-]+(?:\.[\w-]+)+"
_CARD = r"(?<![\d.])\d(?:[ \u00a0\u2009\u202f-]?\d){12,18}(?![\d.]?\d)"


class Redaction:
    """A set of rules: the built-in ones and patterns of the user's own."""

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._own = tuple(re.compile(pattern) for pattern in patterns)

    def shorten(self, text: str, characters: int) -> str:
        """Return the text without what the rules match, and at most so many characters of it."""
        given = len(text)
        clean = self.clean(text[: characters + _MARGIN])
        if given <= characters and len(clean) <= characters:
            return clean
        kept = clean[:characters]
        return f"{kept}... ({given} characters)"

    def clean(self, text: str) -> str:
        """Return the text with what the rules match replaced by its kind in brackets."""
        for pattern in self._own:
            text = pattern.sub("[redacted]", text)
        if len(text) < _SHORTEST:
            return text
        text = _compiled(_PRIVATE_KEY, re.DOTALL).sub("[key]", text)
        text = _compiled("|".join(_KEYS)).sub("[key]", text)
        text = _compiled(_AUTHORIZATION).sub(r"\1 [key]", text)
        for named in (_NAMED_KEY, _PERHAPS_KEY):
            text = _compiled(named).sub(r"\1[key]", text)
        if "@" in text:
            text = _compiled(_IN_A_URL).sub("[key]", text)
            text = _compiled(_E_MAIL).sub("[e-mail]", text)
        return _compiled(_CARD).sub(_card, text)


_SHORTEST = 6


@lru_cache
def _compiled(pattern: str, flags: int = 0) -> "re.Pattern[str]":
    return re.compile(pattern, flags)


def _card(match: "re.Match[str]") -> str:
    """Return [card] for a number whose check digit is right (ISO/IEC 7812), else the number as it is."""
    digits = [int(character) for character in match[0] if character.isdigit()]
    odd, even = digits[-1::-2], digits[-2::-2]
    total = sum(odd) + sum(double if (double := digit * 2) < 10 else double - 9 for digit in even)
    return "[card]" if total % 10 == 0 and len(set(digits)) > 1 else match[0]
