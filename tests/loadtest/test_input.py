"""What cannot be done is refused before any load, in one line that says what to do."""

import socket
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tachograph_exporter.cli import main

NOBODY = "http://127.0.0.1:9"


def refused(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["loadtest", *arguments], prog_name="tachograph")
    assert result.stdout == ""
    return result.exit_code, result.stderr.strip()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ftp://x"], "'ftp://x' is no URL (http://...), no file .toml or .py that is there, and not `demo`"),
        (["http://"], "'http://' is no URL such as http://127.0.0.1:8000/search"),
        (["http://x:99999999/"], "'http://x:99999999/' is no URL: Port out of range 0-65535"),
        (["http://me:pass@x/"], "no password belongs in a URL: --header 'authorization: @FILE' reads one from a file"),
        (["missing.toml"], "'missing.toml' is no URL (http://...), no file .toml or .py that is there, and not `demo`"),
        ([NOBODY, "--users=1000000"], "Invalid value for '--users': 1000000 is not in the range 1<=x<=5000."),
        ([NOBODY, "--rate=1e9"], "Invalid value for '--rate': 1000000000.0 is not in the range 0.01<=x<=20000.0."),
        ([NOBODY, "--duration=3d"], "Invalid value for '--duration': '3d' is longer than a day"),
        ([NOBODY, "--duration=soon"], "Invalid value for '--duration': 'soon' is not a duration such as 30m,"),
        ([NOBODY, "--max-errors=500%"], "Invalid value for '--max-errors': '500%' is no share such as 5% or 0.05"),
        ([NOBODY, "--users=5000", "--ramp-up=1s"], "--ramp-up: 5000 users would begin a second; at most 1000 can"),
        ([NOBODY, "--spawn-rate=1", "--ramp-up=1s"], "--spawn-rate and --ramp-up are two ways to say it:"),
        ([NOBODY, "--step-users=5"], "--step-users and --step-duration are for --stress, in which users become more"),
        (
            [NOBODY, "--stress", "--rate=5"],
            "--stress lets users become more, step by step: leave --rate and --duration",
        ),
        ([NOBODY, "--header=nonsense"], "--header: 'nonsense' is not written as 'Name: value'"),
        ([NOBODY, "--body=@missing"], "missing: No such file or directory"),
        ([NOBODY, "--host=http://x"], "--host is for scenarios; the URL says where to"),
        (["demo", "--method=PUT"], "--method, --header and --body are for a URL; a scenario says them itself"),
        ([NOBODY, "--exporter=nonsense"], "'nonsense' is not an address such as http://127.0.0.1:9090"),
    ],
)
def test_bad_input_is_refused(arguments: list[str], says: str) -> None:
    code, line = refused(*arguments)

    assert (code, line.startswith(f"tachograph loadtest: {says}")) == (2, True), line


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("requests = [", "is not TOML: "),
        ("", 'requests: write each as [[requests]] with at least path = "/..."'),
        ('[[requests]]\npath = "/"\nverb = "GET"', "requests[0].verb: unknown; it is one of body, headers, json,"),
        ('speed = 3\n[[requests]]\npath = "/"', "speed: unknown; it is one of headers, requests, url, vary"),
        ('[[requests]]\npath = "search"', "requests[0].path: 'search' is not a path such as \"/search?q=$word\""),
        ('[[requests]]\npath = "/"\nweight = 0', "requests[0].weight: 0 is not a whole number from 1 to 10000"),
        ('[[requests]]\npath = "/"\nmethod = "GIT"', "requests[0].method: 'GIT' is none of GET, POST,"),
        ('[[requests]]\npath = "/"\nbody = "a"\njson = {}', "requests[0].json: there is a body already"),
        ('vary = { a = [] }\n[[requests]]\npath = "/"', "vary.a: [] is not a list of values such as"),
        ('headers = { a = 1 }\n[[requests]]\npath = "/"', "headers.a: 1 is not a text"),
        ('url = "x"\n[[requests]]\npath = "/"', "'x' is no URL such as http://127.0.0.1:8000/search"),
        ('[[requests]]\npath = "/"', 'says no host: write url = "http://127.0.0.1:8000", or give --host'),
    ],
)
def test_a_bad_scenario_is_refused_with_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(text)
    code, line = refused(str(file))

    assert (code, line.startswith(f"tachograph loadtest: {file}: {says}")) == (2, True), line


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def x(:", "cannot be read as a locustfile (line 1: invalid syntax (visitors.py, line 1))"),
        ("x = 1", "has no class of users, such as `class Visitor(FastHttpUser)`"),
        ("from locust import User\nclass V(User):\n  tasks = [print]", "V has no host; give one with --host URL"),
    ],
)
def test_a_bad_locustfile_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "visitors.py"
    file.write_text(text)

    assert refused(str(file)) == (2, f"tachograph loadtest: {file}: {says}")


def test_nobody_listening_ends_before_any_load() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"

        assert refused(url) == (
            1,
            f"tachograph loadtest: {url} does not answer (Connection refused): no load was made",
        )


def test_an_exporter_that_was_named_must_answer() -> None:
    code, line = refused(NOBODY, f"--exporter={NOBODY}")

    assert (code, line.startswith(f"tachograph loadtest: the exporter at {NOBODY} does not answer")) == (1, True)


def test_without_locust_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "locust", None)

    assert refused(NOBODY) == (1, "tachograph loadtest needs locust: pip install 'tachograph[loadtest]'")
