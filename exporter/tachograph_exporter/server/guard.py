"""What stands before a listener's applications: basic auth, a rate limit, headers on every answer."""

import asyncio
import binascii
import os
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from math import ceil
from time import monotonic

from .answer import Headers, answer_text, header
from .exchange import Application, Message, Receive, Scope, Send

_CHALLENGE = ((b"www-authenticate", b'Basic realm="Tachograph", charset="UTF-8"'),)
_REMEMBERED = 100
_NOBODY = "$2b$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"  # costs a stranger the time a user's costs


class Users:
    """Names and bcrypt hashes; a password that was checked is remembered, for bcrypt is slow on purpose."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = dict(hashes)
        self._right: set[bytes] = set()
        self._wrong: dict[bytes, None] = {}
        self._key = os.urandom(32)
        self._turn = asyncio.Lock()

    def replace(self, hashes: Mapping[str, str]) -> None:
        """Let other users in from now on."""
        self._hashes = dict(hashes)
        self._right.clear()
        self._wrong.clear()

    @property
    def any(self) -> bool:
        """Whether there are users; without them, everybody comes in."""
        return bool(self._hashes)

    async def admit(self, authorization: str) -> bool:
        """Say whether an Authorization header is one of a user."""
        if not self._hashes:
            return True
        name, password = _credentials(authorization)
        if not password:
            return False
        known = self._hashes.get(name)
        hashed = known or _NOBODY
        mark = self._mark(name, hashed, password)
        if mark not in self._right and mark not in self._wrong:
            async with self._turn:  # one at a time: strangers must not keep every core busy
                matches = await asyncio.to_thread(_matches, password, hashed)
            self._remember(mark, right=matches and known is not None)
        return mark in self._right

    def _mark(self, *parts: str) -> bytes:
        import hashlib  # noqa: PLC0415 - it loads OpenSSL, which only a listener with users needs

        return hashlib.blake2b(repr(parts).encode(), key=self._key).digest()

    def _remember(self, mark: bytes, *, right: bool) -> None:
        if right:
            self._right.add(mark)
            return
        self._wrong[mark] = None
        if len(self._wrong) > _REMEMBERED:
            del self._wrong[next(iter(self._wrong))]


def _credentials(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = binascii.a2b_base64(encoded, strict_mode=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def _matches(password: str, hashed: str) -> bool:
    import bcrypt  # noqa: PLC0415 - only a listener with users needs it

    try:
        return bcrypt.checkpw(password.encode()[:72], hashed.encode())
    except ValueError:
        return False


class Bucket:
    """Lets a request through an interval, and up to a burst of them at once."""

    def __init__(self, interval_seconds: float, burst: int) -> None:
        self._interval = interval_seconds
        self._burst = burst
        self._level = float(burst)
        self._at = monotonic()

    @property
    def wait_seconds(self) -> int:
        """In how many whole seconds one more may pass, at least one."""
        return max(1, ceil((1 - self._level) * self._interval))

    def take(self) -> bool:
        """Say whether one more request may pass now."""
        now = monotonic()
        self._level = min(float(self._burst), self._level + (now - self._at) / self._interval)
        self._at = now
        if self._level < 1:
            return False
        self._level -= 1
        return True


Refuse = Callable[[Scope, Send, HTTPStatus, Headers], Awaitable[None]]


def refuse_in_text(_scope: Scope, send: Send, status: HTTPStatus, headers: Headers) -> Awaitable[None]:
    """Answer a request that may not pass with the status in words."""
    return answer_text(send, status, status.phrase.lower(), headers)


class Guard:
    """Admits requests to an application; `refuse` answers those that may not pass."""

    def __init__(
        self,
        application: Application,
        users: Users,
        *,
        bucket: Bucket | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        refuse: Refuse = refuse_in_text,
    ) -> None:
        self._application = application
        self._refuse = refuse
        self._users = users
        self._bucket = bucket
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers]

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer a request that may not pass; hand on one that may."""
        if self._headers or self._bucket or self._users.any:
            return self._checked(scope, receive, send)
        return self._application(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        send = self._with_headers(send) if self._headers else send
        if self._bucket and not self._bucket.take():
            retry = [(b"retry-after", b"%d" % self._bucket.wait_seconds)]
            await self._refuse(scope, send, HTTPStatus.TOO_MANY_REQUESTS, retry)
        elif self._users.any and not await self._users.admit(header(scope, b"authorization")):
            await self._refuse(scope, send, HTTPStatus.UNAUTHORIZED, _CHALLENGE)
        else:
            await self._application(scope, receive, send)

    def _with_headers(self, send: Send) -> Send:
        names = {name for name, _ in self._headers}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [pair for pair in message.get("headers", ()) if pair[0] not in names]
                message = {**message, "headers": [*own, *self._headers]}
            await send(message)

        return sending
