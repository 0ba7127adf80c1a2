"""The container image, as far as it can be tried without an engine: its steps, run by hand."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
LINES = (CHECKOUT / "exporter/Dockerfile").read_text().replace("\\\n", " ").splitlines()
COPIED = [word for line in LINES if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]


def test_the_image_holds_all_that_the_wheel_is_built_from() -> None:
    hatch = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    owed = {*hatch["packages"], *hatch["force-include"], "pyproject.toml", "README.md", "LICENSE"}
    assert {path for path in owed if not _under(path, COPIED)} == set()


def test_the_context_has_what_is_copied_and_nothing_else() -> None:
    let_in = [line[1:] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert (sorted(let_in), [path for path in COPIED if not (CHECKOUT / path).exists()]) == (sorted(COPIED), [])


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    words = {line.split()[0]: line for line in LINES if line[:1].isupper()}
    stages = [line for line in LINES if line.startswith("FROM ")]
    assert (len(stages), words["USER"], "HEALTHCHECK" in words, words["ENTRYPOINT"]) == (
        2,
        "USER 10001:10001",
        True,
        'ENTRYPOINT ["tachograph"]',
    )
    assert re.search(r":\d+\.\d+", next(line for line in LINES if line.startswith("ARG PYTHON_IMAGE")))


@pytest.mark.timeout(300)
def test_pip_builds_the_wheel_from_what_is_copied(tmp_path: Path) -> None:
    for path in COPIED:
        source, target = CHECKOUT / path, tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    subprocess.run([sys.executable, "-m", "build", "--wheel", "."], cwd=tmp_path, check=True, capture_output=True)
    assert len(list((tmp_path / "dist").glob("tachograph-*.whl"))) == 1


def _under(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
