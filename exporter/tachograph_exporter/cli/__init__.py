"""The `tachograph` command; each of its commands is a module that is imported when it is asked for."""

import sys
from importlib import import_module
from typing import Any, NoReturn

import click

from .. import __version__

_INTERRUPTED = 130  # what shells report of a program that SIGINT ended
_COMMANDS = {
    "serve": ("serve", "Serve host metrics, and receive those of applications."),
    "scrape": ("scrape", "Print the metrics of one scrape."),
    "top": ("top", "Show what the exporter knows, live, in the terminal."),
    "summary": ("summary", "Show average, min, max and p95 of each metric over a window."),
    "report": ("report", "Write a report: score, targets, trend, costs, incidents, recommendations."),
    "check": ("check", "Check a configuration file."),
    "demo": ("demo", "Run the demo application."),
    "alerting": ("alerting", "Set up where alerts go, and try it out."),
    "run": ("run", "Run a command, instrumented, with no change in its code."),
    "doctor": ("doctor", "Say what is instrumented here, and whether the receiver answers."),
    "rules": ("rules", "Write recording and alerting rules for Prometheus."),
    "baseline": ("baseline", "Keep how a service does under a name, and say whether it does worse now."),
    "capacity": ("capacity", "Say when disks fill, memory ends, budgets are spent and pools are used up."),
    "loadtest": ("loadtest", "Load a service with users, and tell what they and the service measured."),
}


_EXTRAS = {"locust": "loadtest", "rich": "top"}  # the extra that brings a module; the rest is in `exporter`


class _Commands(click.Group):
    """A group that imports a command when it is asked for, and says in one line what is wrong."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        command: click.Command = import_module(f".{module}", __name__).command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named; let its errors carry its name."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as missing:
            if (missing.name or "").startswith("tachograph"):
                raise
            extra = _EXTRAS.get((missing.name or "").partition(".")[0], "exporter")
            needs = f"{_path(ctx)} needs {missing.name}: pip install 'tachograph[{extra}]'"
            raise _Told(needs) from missing
        except click.UsageError:
            raise
        except click.ClickException as error:
            told = _Told(f"{_path(ctx)}: {error.format_message()}")
            told.exit_code = error.exit_code  # type: ignore[misc] # click reads the instance's
            raise told from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])

    def main(self, *args: Any, **keywords: Any) -> NoReturn:
        """Run; exit with the command's code, or with one line on what is wrong."""
        try:
            code = super().main(*args, **{**keywords, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "tachograph"
            click.echo(f"{path}: {error.format_message()}", err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            click.echo(error.format_message(), err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(_INTERRUPTED)
        sys.exit(code if isinstance(code, int) else 0)


class _Told(click.ClickException):
    """An error whose message begins with the command it is about."""


def _path(ctx: click.Context) -> str:
    return f"{ctx.command_path} {ctx.invoked_subcommand or ''}".strip()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tachograph")
def main() -> None:
    """Show where an AI service's time, money and errors go."""
