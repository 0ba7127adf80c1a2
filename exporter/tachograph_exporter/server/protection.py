"""Listeners behind what a web configuration asks for."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from ..address import Address
from ..convert import Mismatch
from ..web_config import WebConfig
from .exchange import Application
from .guard import Bucket, Guard, Refuse, Users, refuse_in_text
from .listener import Listen

if TYPE_CHECKING:
    from ssl import SSLContext


def protected(
    application: Application,
    addresses: Sequence[Address],
    config: WebConfig,
    users: Users | None = None,
    *,
    refuse: Refuse = refuse_in_text,
    refused: Callable[[HTTPStatus], None] = lambda _: None,
) -> list[Listen]:
    """Return what serves the application at the addresses; raise Mismatch where certificates cannot be used."""
    bucket = Bucket(config.rate.interval_seconds, config.rate.burst) if config.rate else None
    guard = Guard(application, users or Users(config.users), bucket=bucket, headers=config.headers, refuse=refuse)
    context = tls_context(config)
    names = config.tls.client_allowed_sans if config.tls else ()
    return [Listen(guard, address, context, names, refused=refused) for address in addresses]


def tls_context(config: WebConfig) -> "SSLContext | None":
    """Return the context of a configuration with TLS; raise Mismatch where its certificates cannot be used."""
    if config.tls is None:
        return None
    from .tls import make_context  # noqa: PLC0415 - it loads OpenSSL, 4 MB that only TLS needs

    try:
        return make_context(config.tls)
    except (ValueError, OSError) as error:
        raise Mismatch(f"tls_server_config: {error}") from error
