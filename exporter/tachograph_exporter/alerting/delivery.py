"""Delivers messages of ours to the receivers of alerts: by SMTP, and by Slack's webhook."""

import json
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from .receivers import EmailReceiver, ReceiverError, SlackReceiver

_TIMEOUT_SECONDS = 30
_TAKEN = b"ok"


def mail(receiver: EmailReceiver, message: EmailMessage) -> None:
    """Send a message, From and To set, to all of a receiver's addresses; raise ReceiverError."""
    server = f"the mail server {receiver.host}:{receiver.port}"
    message["From"], message["To"] = receiver.sender, ", ".join(receiver.to)
    try:
        with _connection(receiver) as connection:
            if not receiver.tls_from_the_start:
                _secure(connection, receiver, server)
            if receiver.user:
                connection.login(receiver.user, receiver.password)
            refused = connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        raise ReceiverError(f"{server} takes nothing for {', '.join(error.recipients)}") from error
    except smtplib.SMTPResponseException as error:
        raise ReceiverError(f"{server} refused: {error.smtp_code} {_told(error.smtp_error)}") from error
    except (smtplib.SMTPException, OSError) as error:
        raise ReceiverError(f"{server} does not answer as it should: {error}") from error
    if refused:
        raise ReceiverError(f"{server} takes nothing for {', '.join(refused)}; the others have it")


def post(receiver: SlackReceiver, payload: Mapping[str, Any]) -> None:
    """Post a message to Slack; raise ReceiverError, in which the address is not told: it is the secret."""
    body = json.dumps({"channel": receiver.channel, **payload}).encode()
    headers = {"Content-Type": "application/json"}
    try:
        request = urllib.request.Request(receiver.url, body, headers)  # noqa: S310 - the user's URL
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - the user's URL
            answer: bytes = response.read(200)
    except urllib.error.HTTPError as error:
        with error:
            raise ReceiverError(f"Slack refused the message: {error.code} {_told(error.read(200))}") from None
    except (OSError, ValueError) as error:
        raise ReceiverError(f"Slack does not answer: {getattr(error, 'reason', type(error).__name__)}") from None
    if answer.strip() != _TAKEN:
        raise ReceiverError(f"Slack did not take the message: {_told(answer)}")


def _connection(receiver: EmailReceiver) -> smtplib.SMTP:
    if receiver.tls_from_the_start:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(receiver.host, receiver.port, timeout=_TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(receiver.host, receiver.port, timeout=_TIMEOUT_SECONDS)


def _secure(connection: smtplib.SMTP, receiver: EmailReceiver, server: str) -> None:
    connection.ehlo()
    if connection.has_extn("starttls"):
        connection.starttls(context=ssl.create_default_context())
    elif receiver.require_tls:
        raise ReceiverError(f"{server} offers no STARTTLS: smtp_require_tls: false sends without")


def _told(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:200]
