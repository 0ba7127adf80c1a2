"""What the exporter's README and unit say is so."""

import re
import subprocess
from pathlib import Path

import pytest

from tachograph_exporter.config import load
from tests.fixtures.process import CHECKOUT

README = (CHECKOUT / "exporter" / "README.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_configuration_is_good(tmp_path: Path, example: str) -> None:
    file = tmp_path / "tachograph.toml"
    file.write_text(example)
    assert load(file)


def test_the_unit_is_as_closed_as_the_readme_says() -> None:
    (said,) = re.findall(r"\(systemd 252\) gives it ([\d.]+) of 10", README)
    unit = CHECKOUT / "exporter" / "tachograph.service"
    analysis = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        check=True,
    )
    (measured,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", analysis.stdout)
    assert float(measured) <= float(said)
