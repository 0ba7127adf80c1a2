"""The wheel, built from the sdist, installed where no source is: what a user gets from pip."""

import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import tachograph
import tachograph_exporter

CHECKOUT = Path(__file__).parents[2]
BASE = {"click", "opentelemetry-api", "tachograph", "typing-extensions", "wrapt"}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command outside the checkout and give back what it printed."""
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )


def checked(*command: str | Path, cwd: Path) -> str:
    """Run a command that must succeed and return its output."""
    done = run(*command, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist from what git tracks, and the wheel from that sdist alone."""
    source = tmp_path_factory.mktemp("source")
    tracked = checked("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=CHECKOUT).split("\0")
    for name in filter(None, tracked):
        if (CHECKOUT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, source / name)
    checked(sys.executable, "-m", "build", "--outdir", "dist", ".", cwd=source)
    built = tmp_path_factory.mktemp("dist") / next((source / "dist").glob("*.whl")).name
    shutil.copy2(next((source / "dist").glob("*.whl")), built)
    shutil.rmtree(source)
    return built


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a virtual environment in which `pip install tachograph` was all that was done."""
    folder = tmp_path_factory.mktemp("environment")
    checked(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    install(folder, str(wheel))
    yield folder
    shutil.rmtree(folder)


def install(environment: Path, *requirements: str) -> None:
    """Install into an environment from outside, so that pip itself does not count as installed."""
    target = environment / "bin" / "python"
    checked(sys.executable, "-m", "pip", "--python", target, "install", "--quiet", *requirements, cwd=environment)


def test_the_base_install_costs_the_api_wrapt_and_click_only(environment: Path) -> None:
    listed = checked(
        sys.executable,
        "-m",
        "pip",
        "--python",
        environment / "bin" / "python",
        "list",
        "--format",
        "json",
        cwd=environment,
    )
    assert {package["name"].replace("_", "-") for package in json.loads(listed)} == BASE


def test_the_base_install_imports_and_runs_an_operation(environment: Path) -> None:
    program = (
        "import tachograph\n"
        "@tachograph.operation('memory.create')\n"
        "def create(): return 42\n"
        "print(create(), tachograph.__version__)"
    )
    version = run(environment / "bin" / "tachograph", "--version", cwd=environment).stdout.split()[-1]
    assert checked(environment / "bin" / "python", "-c", program, cwd=environment).split() == ["42", version]


def test_a_command_without_its_extra_says_in_one_line_what_to_install(environment: Path) -> None:
    done = run(environment / "bin" / "tachograph", "serve", cwd=environment)
    *_, line = done.stderr.splitlines()
    assert (done.returncode, "pip install 'tachograph[exporter]'" in line) == (1, True)


def test_the_wheel_brings_the_bundle(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith("tachograph_exporter/bundled/")}
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    expected = {
        str(Path(inside) / path.relative_to(CHECKOUT / source))
        for source, inside in settings["force-include"].items()
        for path in ((CHECKOUT / source).rglob("*") if (CHECKOUT / source).is_dir() else [CHECKOUT / source])
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"alertmanager", "demo", "grafana", "prometheus"} <= {Path(name).parts[2] for name in expected}
    assert names == expected


def test_the_wheel_brings_every_file_of_the_live_page(wheel: Path) -> None:
    live = CHECKOUT / "exporter" / "tachograph_exporter" / "live"
    files = [*(live / "assets").iterdir(), live / "openapi.json"]
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(name) for name in archive.namelist() if "/live/" in name}
    assert len(files) > 5
    assert {str(file.relative_to(CHECKOUT / "exporter")): file.read_bytes() for file in files}.items() <= packed.items()


def test_the_installed_exporter_scrapes_without_its_sources(environment: Path, wheel: Path) -> None:
    install(environment, f"tachograph[exporter] @ {wheel.as_uri()}")
    printed = checked(environment / "bin" / "tachograph", "scrape", cwd=environment)
    assert {"node_load1", "node_cpu_seconds_total", "node_filesystem_size_bytes"} <= {
        line.split()[2] for line in printed.splitlines() if line.startswith("# TYPE")
    }


def test_both_halves_carry_one_version() -> None:
    assert tachograph.__version__ == tachograph_exporter.__version__
