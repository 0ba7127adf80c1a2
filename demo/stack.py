"""The stack without Docker: Prometheus and Alertmanager as the demo's children, with the files that are shipped."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .server import Server, ServerError

# Beside the demo, in a checkout and in the wheel alike.
_FILES = Path(__file__).resolve().parent.parent
_NAMES = {"Prometheus": ("prometheus",), "Alertmanager": ("alertmanager", "prometheus-alertmanager")}
_CURE = """{missing} not found on PATH. To get {them}:
  Debian, Ubuntu  sudo apt install prometheus prometheus-alertmanager
                  sudo systemctl disable --now prometheus prometheus-alertmanager prometheus-node-exporter
                  (Debian starts them as services, on the ports that the stack wants)
  macOS           brew install prometheus; Alertmanager as elsewhere
  elsewhere       unpack the releases of https://prometheus.io/download/ and put their folders on PATH"""


@dataclass(frozen=True)
class Ports:
    """Where the exporter and the servers of the stack listen, on loopback."""

    metrics_port: int
    otlp_port: int
    prometheus_port: int
    alertmanager_port: int


def default_state() -> Path:
    """Return the folder in which the servers keep their data (XDG base directories)."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "tachograph" / "stack"


@dataclass(frozen=True)
class Programs:
    """The programs of the stack's servers."""

    prometheus: str
    alertmanager: str


@contextmanager
def stack(programs: Programs, state: Path, ports: Ports) -> Iterator[str]:
    """Run both servers with the shipped rules and configuration; yield where to look."""
    _prepare(state, ports)
    with ExitStack() as servers:
        servers.enter_context(_alertmanager(programs.alertmanager, state, ports))
        servers.enter_context(_prometheus(programs.prometheus, state, ports))
        yield (
            f"\n  prometheus http://127.0.0.1:{ports.prometheus_port}/alerts\n"
            f"  alerts     http://127.0.0.1:{ports.alertmanager_port}/\n"
            f"  state      {state}"
        )


def found_programs() -> Programs:
    """Find the servers on PATH; what is missing is said before anything is started."""
    found = {name: next(filter(None, map(shutil.which, names)), None) for name, names in _NAMES.items()}
    missing = [name for name, program in found.items() if program is None]
    if missing:
        them = "it" if len(missing) == 1 else "them"
        raise ServerError(_CURE.format(missing=" and ".join(missing), them=them))
    return Programs(*(program for program in found.values() if program))


def _prepare(state: Path, ports: Ports) -> None:
    """Write prometheus.yml with this run's addresses, and copy Alertmanager's files where the user has none yet."""
    state.mkdir(parents=True, exist_ok=True)
    text = (_FILES / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    for usual, port in ((9100, ports.metrics_port), (9090, ports.prometheus_port), (9093, ports.alertmanager_port)):
        text = text.replace(f'"127.0.0.1:{usual}"', f'"127.0.0.1:{port}"')
    rules = _FILES / "prometheus" / "rules"
    (state / "prometheus.yml").write_text(text.replace("rules/*", f"{rules}/*"), encoding="utf-8")
    if not (state / "alertmanager" / "alertmanager.yml").exists():
        shipped = _FILES / "alertmanager"
        shutil.copytree(shipped / "templates", state / "alertmanager" / "templates", dirs_exist_ok=True)
        shutil.copy2(shipped / "alertmanager.yml", state / "alertmanager" / "alertmanager.yml")


def _prometheus(program: str, state: Path, ports: Ports) -> Server:
    address = f"127.0.0.1:{ports.prometheus_port}"
    return Server(
        [
            program,
            f"--config.file={state / 'prometheus.yml'}",
            f"--storage.tsdb.path={state / 'prometheus'}",
            "--storage.tsdb.retention.time=15d",
            "--enable-feature=exemplar-storage",
            f"--web.listen-address={address}",
            f"--web.external-url=http://{address}/",
        ],
        name="Prometheus",
        ready=f"http://{address}/-/ready",
        busy=f"a Prometheus answers on {address} already: stop it, or choose another --prometheus-port",
        log=state / "prometheus.log",
    )


def _alertmanager(program: str, state: Path, ports: Ports) -> Server:
    address = f"127.0.0.1:{ports.alertmanager_port}"
    return Server(
        [
            program,
            f"--config.file={state / 'alertmanager' / 'alertmanager.yml'}",
            f"--storage.path={state / 'alertmanager-data'}",
            "--cluster.listen-address=",
            f"--web.listen-address={address}",
            f"--web.external-url=http://{address}/",
        ],
        name="Alertmanager",
        ready=f"http://{address}/-/ready",
        busy=f"an Alertmanager answers on {address} already: stop it, or choose another --alertmanager-port",
        log=state / "alertmanager.log",
    )
