"""Locust's users: made of a scenario's requests, or read from a locustfile."""

import locust  # isort: skip - first of all: it patches what is imported after it

import json
import os
import random
from collections.abc import Mapping, Sequence
from string import Template
from typing import Any

from locust.exception import StopUser
from locust.util.load_locustfile import load_locustfile

from .pace import Pace
from .plan import Plan, Request


class NoUsers(Exception):  # noqa: N818 - what is wrong with a locustfile
    """A locustfile cannot be used; the message says why."""


def user_classes(plan: Plan, pace: Pace) -> list[type[locust.User]]:
    """Return the classes of users that carry out a plan; raise NoUsers."""
    if not plan.target.locustfile:
        return [_requesting(plan, pace)]
    classes = _loaded(plan.target.locustfile)
    for each in classes:
        if not (plan.target.host or each.host):
            raise NoUsers(f"{plan.target.locustfile}: {each.__name__} has no host; give one with --host URL")
        if plan.rate:
            each.wait_time = lambda _: pace.delay()
    return classes


def _loaded(file: str) -> list[type[locust.User]]:
    try:
        found, shapes, *_ = load_locustfile(os.path.abspath(file))  # noqa: PTH100 - what Locust takes
    except Exception as error:
        place = type(error).__name__ if not isinstance(error, SyntaxError) else f"line {error.lineno}"
        raise NoUsers(f"{file}: cannot be read as a locustfile ({place}: {error})") from error
    if not found:
        raise NoUsers(f"{file}: has no class of users, such as `class Visitor(FastHttpUser)`")
    if shapes:
        raise NoUsers(f"{file}: has a LoadTestShape, which `locust` itself can follow; here --users or --stress say it")
    return list(found.values())


def _requesting(plan: Plan, pace: Pace) -> type[locust.User]:
    requests = plan.target.requests
    weights = [request.weight for request in requests]
    prepared = [_Prepared(request, plan.target.variables) for request in requests]

    class Client(locust.FastHttpUser):
        """Sends one request of the scenario after the other."""

        wait_time = locust.constant(0)
        network_timeout = connection_timeout = plan.timeout_seconds
        insecure = not plan.verify_tls
        max_retries = 0

        @locust.task
        def request(self) -> None:
            """Wait for a turn and send a request, chosen by weight."""
            if not pace.wait():
                raise StopUser
            pace.under_way += 1
            random.choices(prepared, weights)[0].send(self.client)  # noqa: S311 - no secret
            pace.under_way -= 1

    return Client


class _Prepared:
    """A request whose variables are filled in each time it is sent."""

    def __init__(self, request: Request, variables: Mapping[str, Sequence[str]]) -> None:
        self._request = request
        self._variables = variables
        self._path, self._body = Template(request.path), Template(request.body)
        self._json = any("json" in value for name, value in request.headers.items() if name.lower() == "content-type")

    def send(self, client: Any) -> None:
        """Send it; a redirect is not followed, since only what was named is to be loaded."""
        chosen = {name: random.choice(values) for name, values in self._variables.items()}  # noqa: S311 - no secret
        quoted = {name: json.dumps(value)[1:-1] for name, value in chosen.items()} if self._json else chosen
        request = self._request
        client.request(
            request.method,
            self._path.safe_substitute(chosen),
            name=request.name,
            data=self._body.safe_substitute(quoted).encode() if request.body else None,
            headers=dict(request.headers),
            allow_redirects=False,
        )
