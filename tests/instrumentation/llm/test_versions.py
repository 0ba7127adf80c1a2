"""The same tests with other versions of the SDKs: the oldest supported, and those that exclude the newest."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.process import CHECKOUT
from tests.fixtures.sdks import in_front, installed

HERE = Path(__file__).parent
OLDEST = ("anthropic==0.45.0", "boto3==1.35.95", "google-genai==1.0.0", "ollama==0.4.5", "openai==1.60.0")
TESTS = (
    "test_openai.py",
    "test_anthropic.py",
    "test_google_genai.py",
    "test_ollama.py",
    "test_bedrock.py",
    "test_content.py",
)


def passed(folder: Path, *tests: str) -> str:
    """Run tests in a process of their own and return their summary; old SDKs warn of what has come since."""
    run = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "ignore",
        "-p",
        "no:cacheprovider",
        *(str(HERE / test) for test in tests),
    ]
    ended = subprocess.run(run, cwd=CHECKOUT, env=in_front(folder), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-4000:]
    return ended.stdout.splitlines()[-1]


@pytest.mark.timeout(600)
def test_the_oldest_sdks_are_measured_as_the_newest_are() -> None:
    assert " passed in " in passed(installed("oldest", *OLDEST), *TESTS)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", ["litellm==1.70.0", "litellm>=1.100"], ids=["oldest", "newest"])
def test_litellm_is_measured(version: str) -> None:
    assert " passed in " in passed(installed("litellm", version), "litellm_cases.py")
