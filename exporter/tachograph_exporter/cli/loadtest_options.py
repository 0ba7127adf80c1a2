"""The options of `tachograph loadtest`, and the plan they make."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from ..bundle import bundled
from ..loadtest import scenario
from ..loadtest.plan import (
    DURATION_MAX_SECONDS,
    METHODS,
    RATE_MAX,
    SPAWN_MAX,
    USERS_MAX,
    BadPlan,
    Plan,
    Target,
    body_of,
    headers_of,
    host_of,
    request_of,
)
from ..loadtest.step import Limits
from ..past.access import Access
from ..past.window import duration as read_duration
from .baseline import directory_option
from .past import EXPORTER
from .shares import share_up_to

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_USERS, _STRESS_USERS = 10, 200
_SPAWN_RATE = 10.0
_MAX_ERRORS, _MAX_P95_SECONDS = 0.05, 10.0  # what the teams call critical


def duration(text: str) -> float:
    """Return 30s, 5m, 1h30m or a plain number in seconds."""
    try:
        seconds = read_duration(f"{text}s" if text.replace(".", "", 1).isdigit() else text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if seconds > DURATION_MAX_SECONDS:
        raise click.BadParameter(f"{text!r} is longer than a day")
    return seconds


def load_options(command: _Command) -> _Command:
    """Add the options that say what the load is."""
    return _added(
        command,
        click.option(
            "--users",
            type=click.IntRange(1, USERS_MAX),
            help=f"Users at once; with --stress the most there may be.  [default: {_USERS}, {_STRESS_USERS}]",
        ),
        click.option(
            "--spawn-rate",
            type=click.FloatRange(0.1, SPAWN_MAX),
            help=f"Users that begin a second.  [default: {_SPAWN_RATE:g}]",
        ),
        click.option("--ramp-up", type=duration, help="Time until all users are at work, instead of --spawn-rate."),
        click.option("--duration", type=duration, help="How long all users are at work.  [default: 30s]"),
        click.option("--rate", type=click.FloatRange(0.01, RATE_MAX), help="Requests a second of all users together."),
        click.option("--method", type=click.Choice(METHODS), help="Of the URL.  [default: GET; POST with a body]"),
        click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="VALUE may be @FILE."),
        click.option("--body", metavar="TEXT", help="May be @FILE."),
        click.option("--host", metavar="URL", help="Where a scenario's requests go, instead of where it says."),
        click.option("--timeout", type=duration, default="30s", show_default=True, help="Of one request."),
        click.option("--insecure", is_flag=True, help="Take any certificate."),
        click.option("--stress", is_flag=True, help="Let users become more until a limit breaks, and say where."),
        click.option(
            "--step-users", type=click.IntRange(1, USERS_MAX), default=10, show_default=True, help="More a step."
        ),
        click.option("--step-duration", type=duration, default="20s", show_default=True, help="How long a step is."),
        click.option("--max-errors", type=share_up_to(1), help="Share of requests that may fail.  [--stress: 5%]"),
        click.option("--max-p95", type=duration, help="What 95 % of requests must stay below.  [--stress: 10s]"),
    )


def metrics_options(command: _Command) -> _Command:
    """Add the options that say who measures the service."""
    return _added(
        command,
        click.option("--service", default="", metavar="NAME", help="Show the operations of this service only."),
        click.option(
            "--exporter",
            metavar="URL",
            envvar="TACHOGRAPH_EXPORTER",
            show_envvar=True,
            help=f"Whose metrics are read.  [default: {EXPORTER}]",
        ),
        click.option("--prometheus", metavar="URL", help="Read it instead of the exporter."),
        click.option("--metrics-user", default="", metavar="NAME", help="User of that server."),
        click.option("--metrics-password-file", type=_FILE, help="The user's password."),
        click.option("--metrics-token-file", type=_FILE, help="A bearer token."),
        click.option("--metrics-ca-file", type=_FILE, help="Authority whose certificate that server has."),
        click.option("--settle", type=duration, help="Wait for the service's last report.  [6s; 21s with Prometheus]"),
    )


def baseline_options(command: _Command) -> _Command:
    """Add the options that keep the figures, or compare them."""
    return _added(
        command,
        click.option("--baseline", metavar="NAME", help="Compare with this baseline; exit with 1 where it is worse."),
        click.option("--fail-on", type=share_up_to(100), default="10%", show_default=True, help="Growth too much."),
        click.option("--save-baseline", metavar="NAME", help="Keep the figures as a baseline, replacing an older one."),
        directory_option,
    )


def _given(option: str) -> bool:
    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


def read_plan(target: str, options: Mapping[str, Any]) -> Plan:
    """Return what is to be done; what makes no sense together is refused."""
    stress = options["stress"]
    if not stress and any(map(_given, ("step_users", "step_duration"))):
        raise click.UsageError("--step-users and --step-duration are for --stress, in which users become more")
    if stress and (options["rate"] or options["duration"]):
        raise click.UsageError("--stress lets users become more, step by step: leave --rate and --duration away")
    if stress and (options["baseline"] or options["save_baseline"]):
        raise click.UsageError("a stress test's steps are not to be compared: leave --stress or the baseline away")
    if options["spawn_rate"] and options["ramp_up"]:
        raise click.UsageError("--spawn-rate and --ramp-up are two ways to say it: give one of them")
    users = options["users"] or (_STRESS_USERS if stress else _USERS)
    spawn_rate = options["spawn_rate"] or (users / options["ramp_up"] if options["ramp_up"] else _SPAWN_RATE)
    if spawn_rate > SPAWN_MAX:
        raise click.UsageError(f"--ramp-up: {spawn_rate:g} users would begin a second; at most {SPAWN_MAX:g} can")
    try:
        found = _target(target, options)
    except BadPlan as error:
        raise click.UsageError(str(error)) from None
    verify, timeout = not options["insecure"], options["timeout"]
    return Plan(found, users, spawn_rate, timeout, options["rate"], verify_tls=verify)


def read_limits(options: Mapping[str, Any]) -> Limits:
    """Return the limits: those that were given, and for a stress test the teams' own."""
    usual = (_MAX_ERRORS, _MAX_P95_SECONDS) if options["stress"] else (None, None)
    errors, p95 = options["max_errors"], options["max_p95"]
    return Limits(usual[0] if errors is None else errors, usual[1] if p95 is None else p95)


def read_access(options: Mapping[str, Any]) -> Access:
    """Return how the server with the metrics is reached."""
    if options["metrics_password_file"] and not options["metrics_user"]:
        raise click.UsageError("--metrics-password-file needs --metrics-user")
    password, token, authority = (options[f"metrics_{name}_file"] for name in ("password", "token", "ca"))
    return Access(options["metrics_user"], password, token, authority, timeout_seconds=10)


def need_locust() -> None:
    """Refuse to go on without Locust, which only the driver's process imports."""
    if find_spec("locust") is None:
        raise ModuleNotFoundError("No module named 'locust'", name="locust")


def _target(target: str, options: Mapping[str, Any]) -> Target:
    host = options["host"]
    if target.startswith(("http://", "https://")):
        if host:
            raise BadPlan("--host is for scenarios; the URL says where to")
        body = body_of(options["body"] or "")
        method = options["method"] or ("POST" if body else "GET")
        return request_of(target, method=method, headers=headers_of(options["headers"]), body=body)
    if options["method"] or options["headers"] or options["body"]:
        raise BadPlan("--method, --header and --body are for a URL; a scenario says them itself")
    if target.endswith(".py"):
        return Target(host_of(host) if host else "", locustfile=_existing(target))
    found = scenario.read(bundled("demo/loadtest.toml") if target == "demo" else Path(_existing(target)))
    if not (host or found.host):
        raise BadPlan(f'{target}: says no host: write url = "http://127.0.0.1:8000", or give --host')
    return Target(host_of(host).rstrip("/") if host else found.host, found.requests, found.variables)


def _existing(name: str) -> str:
    if not name.endswith((".py", ".toml")) or not Path(name).is_file():
        raise BadPlan(f"{name!r} is no URL (http://...), no file .toml or .py that is there, and not `demo`")
    return name


def _added(command: _Command, *options: Callable[[_Command], _Command]) -> _Command:
    for option in reversed(options):
        command = option(command)
    return command
