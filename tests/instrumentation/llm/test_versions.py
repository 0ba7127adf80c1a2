"""The same tests with other versions of the SDKs: the oldest supported, and those that exclude the newest.

Once each way would say nothing more of a version: Tachograph's own pipeline is enough.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fixtures.process import CHECKOUT
from tests.fixtures.sdks import in_front, installed

HERE = Path(__file__).parent
TESTS = (
    "test_openai.py",
    "test_anthropic.py",
    "test_google_genai.py",
    "test_ollama.py",
    "test_bedrock.py",
    "test_content.py",
)
OLDEST = ("anthropic==0.45.0", "boto3==1.35.95", "google-genai==1.0.0", "ollama==0.4.5", "openai==1.60.0")
VERSIONS = {
    "the oldest": (OLDEST, TESTS),
    "the oldest litellm": (("litellm==1.70.0",), ("litellm_cases.py",)),
    "the newest litellm": (("litellm>=1.100", "mcp"), ("litellm_cases.py",)),
}


def tried(requirements: tuple[str, ...], tests: tuple[str, ...]) -> tuple[int, str]:
    """Run tests in a process of their own; return its status and summary. Old SDKs warn of what has come since."""
    folder = installed(requirements[0].partition("=")[0].partition(">")[0], *requirements)
    run = [sys.executable, "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider", "-k", "not sdk or sdks"]
    files = [str(HERE / test) for test in tests]
    ended = subprocess.run(
        [*run, *files], cwd=CHECKOUT, env=in_front(folder), capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stdout[-4000:]


@pytest.fixture(scope="module")
def trials() -> Iterator[Mapping[str, "Future[tuple[int, str]]"]]:
    """All versions at once: most of it is waiting for the package index."""
    with ThreadPoolExecutor(len(VERSIONS)) as pool:
        yield {name: pool.submit(tried, *given) for name, given in VERSIONS.items()}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_measured_as_the_newest_is(version: str, trials: Mapping[str, "Future[tuple[int, str]]"]) -> None:
    status, said = trials[version].result()
    assert (status, " passed" in said) == (0, True), said
