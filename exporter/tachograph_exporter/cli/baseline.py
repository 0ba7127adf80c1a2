"""`tachograph baseline`: keep how a service does under a name, and say whether it does worse now."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from ..baseline.comparison import Comparison, compare
from ..baseline.folder import Folder, FolderError, default_folder
from ..baseline.outcome import as_json, junit, markdown, text
from ..baseline.record import Record, read
from ..live.totals import quantile
from ..past.failure import PastError
from ..past.window import Window, clock, told
from ..tabular import text_table
from ..top.figures import count, seconds
from .past import note_reach, read_source, read_window, source_options, window_options
from .shares import share_up_to

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
_GROWTH_MAX = 100.0
WORSE, CANNOT = 1, 3


@click.group("baseline")
def command() -> None:
    """Keep how a service does under a name, and say whether it does worse now."""


def directory_option(run: _Command) -> _Command:
    """Add the option that says where baselines are kept."""
    return click.option(
        "--directory",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="TACHOGRAPH_BASELINES",
        show_envvar=True,
        help="Where baselines are kept.  [default: ~/.local/state/tachograph/baselines]",
    )(run)


@command.command("save")
@click.argument("name")
@window_options("1h")
@click.option("--replace", "replaces", is_flag=True, help="Replace the one of that name.")
@directory_option
@source_options
def save(
    name: str,
    since: str | None,
    start: str | None,
    end: str | None,
    directory: Path | None,
    *,
    replaces: bool,
    **where: Any,
) -> None:
    """Keep how calls of operations, models and databases spread over a window, under NAME."""
    kept = folder(directory)
    with failing(code=1):
        if not replaces:
            kept.refuse_taken(name)
        record = _read(where, read_window(since, start, end, default="1h"), name, "save")
        if not record.rows:
            raise click.ClickException(f"{record.place} knows of no calls in that time: nothing was saved")
        file = kept.save(record)
    calls = sum(row.calls for row in record.rows)
    click.echo(f"saved {file}: {len(record.rows)} operations, {count(calls)} calls in {told(record.seconds)}")


@command.command("list")
@directory_option
def show_all(directory: Path | None) -> None:
    """List the baselines."""
    kept = folder(directory)
    rows = []
    for name in kept.names():
        try:
            record = kept.load(name)
        except FolderError as error:
            click.echo(f"tachograph baseline list: {error}", err=True)
            continue
        calls = sum(row.calls for row in record.rows)
        rows.append((name, clock(record.start), told(record.seconds), str(len(record.rows)), count(calls)))
    if not rows:
        click.echo(f"there is no baseline in {kept.path}: `tachograph baseline save NAME` makes one")
        return
    click.echo("\n".join(text_table(("name", "from", "over", "operations", "calls"), rows, width=_width(), indent="")))


@command.command("show")
@click.argument("name")
@directory_option
def show(name: str, directory: Path | None) -> None:
    """Show what NAME holds."""
    with failing(code=1):
        record = folder(directory).load(name)
    click.echo(f"{name}: {clock(record.start)} to {clock(record.end)}, from {record.place}")
    click.echo("\n".join(text_table(*_contents(record), width=_width())))


@command.command("delete")
@click.argument("name")
@directory_option
def delete(name: str, directory: Path | None) -> None:
    """Delete NAME."""
    with failing(code=1):
        folder(directory).delete(name)
    click.echo(f"deleted {name}")


@command.command("compare")
@click.argument("name")
@window_options("as long as the baseline")
@click.option(
    "--fail-on", type=share_up_to(_GROWTH_MAX), default="10%", show_default=True, help="Growth that is too much."
)
@click.option("--service", default="", metavar="NAME", help="Compare the operations of this service only.")
@click.option("--format", "form", type=click.Choice(("text", "markdown", "json")), default="text", show_default=True)
@click.option("--junit", "junit_file", type=_FILE, help="Write JUnit's XML here too.")
@click.option("--markdown", "markdown_file", type=_FILE, help="Write Markdown here too.")
@directory_option
@source_options
def compare_with(
    name: str,
    since: str | None,
    start: str | None,
    end: str | None,
    fail_on: float,
    service: str,
    form: str,
    junit_file: Path | None,
    markdown_file: Path | None,
    directory: Path | None,
    **where: Any,
) -> int:
    """Say whether operations got slower or fail more often than in the baseline NAME.

    Exits with 0 where none did, 1 where one did, 2 for a wrong command line, 3 where nothing could be compared.
    """
    with failing(code=CANNOT):
        baseline = folder(directory).load(name)
        window = read_window(since, start, end, default=f"{max(60, round(baseline.seconds))}s")
        now = _read(where, window, "now", "compare")
        outcome = compare(of(service, baseline), of(service, now), fail_on=fail_on)
        for file, written in ((junit_file, junit), (markdown_file, markdown)):
            if file:
                _write(file, written(outcome))
        click.echo(_shown(outcome, form).rstrip("\n"))
        if not outcome.told:
            raise click.ClickException(_nothing(outcome))
    return WORSE if outcome.worse else 0


def folder(directory: Path | None) -> Folder:
    """Return where baselines are kept."""
    return Folder(directory or default_folder())


def of(service: str, record: Record) -> Record:
    """Return what a record says of one service, or of all."""
    rows = tuple(row for row in record.rows if not service or row.labels.get("service") in (service, None))
    return replace(record, rows=rows)


@contextmanager
def failing(*, code: int) -> Iterator[None]:
    """Make one line and an exit code of what goes wrong, but for a wrong command line."""
    try:
        yield
    except click.UsageError:
        raise
    except (FolderError, PastError, click.ClickException) as error:
        failure = click.ClickException(error.message if isinstance(error, click.ClickException) else str(error))
        failure.exit_code = code  # type: ignore[misc] # click reads the instance's
        raise failure from error


def _read(where: dict[str, Any], window: Window, name: str, told_by: str) -> Record:
    source = read_source(**where)
    note, oldest = note_reach(source, window), source.reach().oldest
    if note:
        click.echo(f"tachograph baseline {told_by}: {note}", err=True)
    known = Window(min(max(window.start, oldest or 0.0), window.end), window.end)
    return read(source, known, name)


def _shown(outcome: Comparison, form: str) -> str:
    if form == "json":
        return as_json(outcome)
    return markdown(outcome) if form == "markdown" else text(outcome, width=_width())


def _nothing(outcome: Comparison) -> str:
    if not outcome.now.rows:
        return f"{outcome.now.place} knows of no calls in that time"
    if not outcome.findings:
        return "no operation of the baseline was called in that time"
    return "too few calls for any measure: a longer window (--since) has more"


def _contents(record: Record) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    rows = []
    for row in sorted(record.rows, key=lambda one: -one.calls):
        pooled = [sum(counts) for counts in zip(*row.slices, strict=True)]
        found = (seconds(quantile(share, row.bounds, pooled)) for share in (0.5, 0.95, 0.99))
        rows.append((row.name, row.service, count(row.calls), *found, str(len(row.slices))))
    return ("operation", "service", "calls", "p50", "p95", "p99", "slices"), rows


def _write(file: Path, written: str) -> None:
    try:
        file.write_text(written, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error


def _width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
