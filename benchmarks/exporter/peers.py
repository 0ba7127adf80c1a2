"""The peers, and our exporter in the shapes that are compared with them."""

import re
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from tachograph_exporter.settings import COLLECTOR_TYPES

from .target import Command, Target, tachograph

_CACHE = Path(__file__).parents[2] / ".cache" / "benchmarks"
_ENABLED = re.compile(r"--collector\.(\w+)\s+Enable\s+the\s+\S+\s+collector\s+\(default:\s+enabled\)")
_PROCESS_NAMES = "process_names:\n  - name: '{{.Comm}}'\n    cmdline: ['.+']\n"


def shared_collectors() -> list[str]:
    """Return node_exporter's default collectors that we have too, by the names that both use."""
    done = subprocess.run(["prometheus-node-exporter", "--help"], capture_output=True, text=True, check=False)
    return [name for name in _ENABLED.findall(done.stdout + done.stderr) if name in COLLECTOR_TYPES]


def node_shared() -> Target:
    """Return node_exporter with the shared collectors."""
    flags = ["--collector.disable-defaults", *(f"--collector.{name}" for name in shared_collectors())]
    return Target("node_exporter, shared collectors", _node(flags))


def node_defaults() -> Target:
    """Return node_exporter as it starts, without systemd's units, which no peer has."""
    return Target("node_exporter, defaults", _node(["--no-collector.systemd"]))


def tachograph_shared() -> Target:
    """Return our exporter with the shared collectors."""
    shared = set(shared_collectors())
    off = [f"--no-collector.{name}" for name, kind in COLLECTOR_TYPES.items() if kind.default and name not in shared]
    return Target("tachograph, shared collectors", tachograph("--no-otlp", *off))


def tachograph_defaults() -> Target:
    """Return our exporter with all its default collectors and no receiver."""
    return Target("tachograph, defaults", tachograph("--no-otlp"))


def tachograph_receiving() -> Target:
    """Return our exporter as it starts, its receiver on a port of its own."""
    return Target("tachograph, defaults and receiver", tachograph("--otlp.listen-address=127.0.0.1:0"))


def tachograph_processes() -> Target:
    """Return our exporter with the process table, scraped for it alone."""
    return Target(
        "tachograph, processes", tachograph("--no-otlp", "--collector.processes"), "/metrics?collect[]=processes"
    )


def process_exporter() -> Target:
    """Return process-exporter with every process named by its command."""
    config = _CACHE / "process-exporter.yml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(_PROCESS_NAMES)
    program = ["prometheus-process-exporter", f"-config.path={config}", "-threads=false", "-gather-smaps=false"]
    return Target("process-exporter", lambda port: [*program, f"-web.listen-address=127.0.0.1:{port}"])


def psutil_exporter() -> Target:
    """Return the obvious exporter of psutil and prometheus-client."""
    program = [sys.executable, str(Path(__file__).with_name("psutil_exporter.py"))]
    return Target("psutil + prometheus-client", lambda port: [*program, str(port)])


def glances() -> Target:
    """Return Glances with its Prometheus export, in an environment of its own."""
    python = glances_python()

    def command(port: int) -> Sequence[str]:
        config = _CACHE / f"glances-{port}.conf"
        config.write_text(f"[prometheus]\nhost=127.0.0.1\nport={port}\nprefix=glances\n")
        program = [str(python), "-m", "glances", "--quiet", "--export", "prometheus", "--config", str(config)]
        return [*program, "--disable-check-update"]

    return Target("Glances", command)


def glances_python() -> Path:
    """Return the interpreter that has Glances, installed when it is first asked for."""
    python = _CACHE / "glances" / "bin" / "python"
    if not python.exists():
        venv.create(_CACHE / "glances", with_pip=False)
        install = ["--python", str(python), "install", "--quiet", "glances", "prometheus-client"]
        subprocess.run([sys.executable, "-m", "pip", *install], check=True)
    return python


def _node(flags: Sequence[str]) -> Command:
    return lambda port: ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", *flags]
