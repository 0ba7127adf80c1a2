"""`tachograph loadtest`: users who ask a service at once, and what they and the service measured."""

import json
import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..baseline.comparison import Comparison, compare
from ..baseline.folder import Folder, FolderError
from ..baseline.outcome import plain
from ..baseline.record import Record
from ..loadtest.baseline import record
from ..loadtest.course import Course, Test
from ..loadtest.document import Asked, document
from ..loadtest.hypertext import html
from ..loadtest.plan import BadPlan, Plan
from ..loadtest.process import Driver, DriverError
from ..loadtest.report import markdown, text
from ..loadtest.service import ExporterObserver, Observer, PrometheusObserver
from ..loadtest.step import Limits, judge
from ..past.failure import PastError
from .baseline import folder
from .loadtest_options import (
    baseline_options,
    load_options,
    metrics_options,
    need_locust,
    read_access,
    read_limits,
    read_plan,
)
from .past import EXPORTER

_INTERRUPTED = 130
_CONNECT_SECONDS = 5.0
_DURATION_SECONDS = 30.0
_FORMS = {".html": "html", ".json": "json", ".md": "markdown"}


@click.command("loadtest")
@click.argument("target", metavar="URL|SCENARIO")
@load_options
@metrics_options
@baseline_options
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "markdown", "html")),
    help="[default: text, or as the file's name ends]",
)
@click.option("--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write the report here.")
def command(target: str, form: str | None, output: Path | None, **options: Any) -> int:
    """Load a service with users, and tell what they saw and what the service itself measured.

    URL is asked again and again. SCENARIO is a file: weighted requests (.toml), a locustfile (.py), or `demo` for
    the demo application. Load only what is yours to load. Exits with 1 where a limit that was given broke.
    """
    need_locust()
    kept = folder(options["directory"])
    baseline = _baseline(kept, options)
    plan, limits = read_plan(target, options), read_limits(options)
    observer, lacking = _observer(options)
    _reach(plan)
    try:
        course = _run(plan, limits, observer, options)
    except BadPlan as error:
        raise click.UsageError(str(error)) from None
    except DriverError as error:
        raise click.ClickException(f"{error}; what it said is above") from error
    course.trouble = course.trouble or lacking
    asked = Asked(target, plan, limits, options["stress"], observer.place if observer else "")
    outcome = document(asked, course)
    compared = _compared(asked, course, baseline, options)
    if compared:
        outcome["baseline"] = plain(compared)
    _tell(outcome, form or _FORMS.get(output.suffix if output else "", "text"), output)
    if options["save_baseline"] and course.steps and not course.interrupted:
        click.echo(f"saved {kept.save(record(options['save_baseline'], asked.target, course.steps[-1]))}", err=True)
    return 1 if compared and compared.worse else _code(course, limits, stress=options["stress"])


def _baseline(kept: Folder, options: dict[str, Any]) -> Record | None:
    """Return the baseline to compare with; a name that none can have is refused before there is any load."""
    try:
        if options["save_baseline"]:
            kept.file(options["save_baseline"])
        return kept.load(options["baseline"]) if options["baseline"] else None
    except FolderError as error:
        raise click.UsageError(str(error)) from None


def _compared(asked: Asked, course: Course, baseline: Record | None, options: dict[str, Any]) -> Comparison | None:
    if baseline is None or not course.steps:
        return None
    return compare(baseline, record("now", asked.target, course.steps[-1]), fail_on=options["fail_on"])


def _run(plan: Plan, limits: Limits, observer: Observer | None, options: dict[str, Any]) -> Course:
    progress = _Progress()
    try:
        with Driver(plan) as driver:
            test = Test(driver, spawn_rate=plan.spawn_rate, observer=observer, progress=progress)
            if options["stress"]:
                steps: Sequence[int] = _growing(options["step_users"], plan.users)
                return test.run(steps, options["step_duration"], limits)
            return test.run([plan.users], options["duration"] or _DURATION_SECONDS, Limits())
    finally:
        progress.end()


def _growing(step: int, most: int) -> Sequence[int]:
    users = list(range(step, most + 1, step))
    return users if users and users[-1] == most else [*users, most]


def _observer(options: dict[str, Any]) -> tuple[Observer | None, str]:
    """Return who measures the service; one that was not asked for may be missing, and then it is said why."""
    if options["prometheus"] and options["exporter"]:
        raise click.UsageError("--prometheus and --exporter: one of them is read")
    access, service = read_access(options), options["service"]
    try:
        observer: Observer = (
            PrometheusObserver(options["prometheus"], access, service=service)
            if options["prometheus"]
            else ExporterObserver(options["exporter"] or EXPORTER, access, service=service)
        )
        observer.look()
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except PastError as error:
        if options["prometheus"] or options["exporter"]:
            raise click.ClickException(str(error)) from error
        return None, str(error)
    if options["settle"] is not None:
        observer.settle_seconds = options["settle"]
    return observer, ""


def _reach(plan: Plan) -> None:
    """See that somebody listens before any load is made."""
    if not plan.target.host:
        return  # a locustfile knows its hosts by itself
    host, port = plan.target.address
    try:
        socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        reason = "timed out" if isinstance(error, TimeoutError) else error.strerror or str(error)
        raise click.ClickException(f"{plan.target.host} does not answer ({reason}): no load was made") from error


def _tell(outcome: dict[str, Any], form: str, output: Path | None) -> None:
    if form == "json":
        told = json.dumps(outcome, indent=2, ensure_ascii=False)
    elif form in ("markdown", "html"):
        told = html(outcome) if form == "html" else markdown(outcome)
    else:
        wide = sys.stdout.isatty() and not output
        told = text(outcome, width=shutil.get_terminal_size().columns if wide else None)
    if output is None:
        click.echo(told.rstrip("\n"))
        return
    try:
        output.write_text(told.rstrip("\n") + "\n", encoding="utf-8")
    except OSError as error:
        click.echo(told.rstrip("\n"))  # it took long to come by
        raise click.ClickException(f"{output}: {error.strerror}; the report is above") from error
    click.echo(f"wrote {output}", err=True)


def _code(course: Course, limits: Limits, *, stress: bool) -> int:
    if course.interrupted:
        return _INTERRUPTED
    if course.broken or not any(step.tally for step in course.steps):
        return 1
    broken = any(judge(step, limits)[0] == "bad" for step in course.steps)
    return 1 if broken and not stress else 0


class _Progress:
    """One line of a terminal that says how far the test is; elsewhere nothing is said."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()

    def __call__(self, line: str) -> None:
        """Say it."""
        if self._shows:
            width = shutil.get_terminal_size().columns - 1
            click.echo(f"\r\x1b[K{line[:width]}", nl=False, err=True)

    def end(self) -> None:
        """Leave the terminal's line as it was."""
        if self._shows:
            click.echo("\r\x1b[K", nl=False, err=True)
