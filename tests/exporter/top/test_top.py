"""`tachograph top` in a real terminal, over a running exporter: what a person sees, and what keys do."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import bcrypt
import pytest
import trustme

from tachograph_exporter.top.grid import Column, grid
from tests.exporter.live.reporting import HOSTILE, calls, report, shop, spans
from tests.fixtures.process import free_port, listens, running
from tests.fixtures.service import TACHOGRAPH, Exporter, exporter

from .terminal import Terminal, terminal

# pexpect forks; what runs in the child until it is replaced takes no lock
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporter]:
    with exporter(tmp_path_factory.mktemp("top")) as running:
        shop(running.endpoint)
        yield running


@pytest.fixture
def screen(shown: Exporter) -> Iterator[Terminal]:
    with terminal("top", "--exporter", f"http://{shown.target}") as screen:
        screen.shows("● live")
        yield screen


def once(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it where no terminal is."""
    return subprocess.run(
        [*TACHOGRAPH, "top", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": "/usr/bin", "COLUMNS": "120", **environment},
    )


def test_the_first_screen_has_alerts_indicators_the_host_and_operations_in_80_by_24(screen: Terminal) -> None:
    for pattern in (r"[●○] .* (if it stays so|, for )", r"Error rate +8.33 %.*crit", r"CPU +\d", r"checkout .* 9.09 %"):
        screen.shows(pattern)
    assert max(map(len, screen.lines)) <= 80
    assert screen.lines[-1].startswith("? help  q quit")


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("2", r"(?s)Operation .*checkout"),
        ("3", r"(?s)Model .*gpt-4o-mini .*\$0.25"),
        ("4", r"(?s)Query .*SELECT orders"),
        ("5", r"(?s)Cache .*sessions .*60 %"),
        ("6", r"(?s)Statement .*SELECT \* FROM orders .*select star"),
        ("7", r"(?s)Process .*python"),
        ("8", r"(?s)Mounted at .*\d %"),
        ("9", r"(?s)Trace .*checkout .*2 s"),
        ("0", r"(?s)Trace .*checkout .*2 s"),
        ("-", r"OperationErrorsHigh"),
        ("\t\t", r"(?s)Model .*gpt-4o-mini"),
        ("\x1b[Z", r"CacheHitRateLow"),
        ("?", r"(?s)sort by the next column.*/api/v1/summary"),
        ("6\r", r"(?s)SELECT \* FROM orders\s+select star: Name the columns"),
        ("9\r", r"(?s)checkout of shop, 2 s.*\n  SELECT orders .*500 ms"),
    ],
)
def test_each_key_shows_its_part(screen: Terminal, key: str, pattern: str) -> None:
    for one in key.replace("\x1b[Z", "Z"):
        screen.press("\x1b[Z" if one == "Z" else one)
    screen.shows(pattern)


def test_rows_are_sorted_turned_round_and_filtered_by_keys(shown: Exporter) -> None:
    report(shown.endpoint, *(calls(f"job {number}", (number, 0, 0, 0, 0)) for number in range(1, 4)), service="jobs")
    with terminal("top", "--exporter", f"http://{shown.target}") as screen:
        screen.shows("● live")
        screen.press("2/job\r")
        screen.shows(r"(?s)only 'job'.*")
        screen.press("s")
        screen.shows(r"(?s)job 1.*job 2.*job 3")
        screen.press("r")
        screen.shows(r"(?s)job 3.*job 2.*job 1")
        screen.press("\x1b")
        screen.shows("checkout")


def test_it_is_brought_up_to_date_by_itself(shown: Exporter, screen: Terminal) -> None:
    screen.press("2")
    report(shown.endpoint, calls("refund"))
    screen.shows("refund")


def test_a_terminal_of_another_size_is_used_whole(screen: Terminal) -> None:
    screen.resize(132, 50)
    screen.shows("4 Database 5 Cache 6 Statements")
    screen.shows(r"\n\? help.*\Z")
    assert len(screen.lines) == 50
    screen.resize(40, 10)
    screen.shows(r"\A.*\n1 Overview 2 Ops")
    screen.shows(r"\n\? help.*\Z")
    assert len(screen.lines) == 10
    screen.resize(12, 3)
    screen.shows(r"\ATachograph.*\n1 Overview.*\n\? help")


def test_where_it_is_narrow_names_are_cut_before_figures() -> None:
    columns = [
        Column(title="Operation", name=True, cell=lambda row: (str(row["name"]), ""), key=lambda row: str(row["name"])),
        *(
            Column(title=title, cell=lambda _: ("0.719/s", ""), key=lambda _: 0.0)
            for title in ("Calls", "p95", "Errors")
        ),
        Column(title="Cost", rank=1, cell=lambda _: ("$0.00", ""), key=lambda _: 0.0),
    ]
    lines = [line.plain.rstrip() for line in grid(columns, [{"name": "tool.search_memory"}], 40)]
    assert lines == ["Operation        Calls      p95   Errors", "tool.search_…  0.719/s  0.719/s  0.719/s"]


@pytest.mark.parametrize("key", ["q", "\x03"])
def test_it_ends_by_a_key_and_leaves_the_terminal_as_it_was(screen: Terminal, key: str) -> None:
    screen.press(key)
    assert screen.ends() == 0
    assert screen.said.rindex("\x1b[?25h") > screen.said.rindex("\x1b[?25l")  # the cursor is shown again
    assert screen.said.count("\x1b[?1049h") == screen.said.count("\x1b[?1049l") == 1


def test_whoever_ends_it_gets_the_terminal_back(screen: Terminal) -> None:
    screen.process.kill(signal.SIGTERM)
    assert screen.ends() == 128 + signal.SIGTERM
    assert screen.said.count("\x1b[?1049h") == screen.said.count("\x1b[?1049l") == 1


def test_it_survives_the_exporters_restart(tmp_path: Path) -> None:
    with ExitStack() as at_the_end:
        with exporter(tmp_path) as first:
            shop(first.endpoint)
            screen = at_the_end.enter_context(terminal("top", "--exporter", f"http://{first.target}"))
            screen.shows("checkout")
        screen.shows("connection lost")
        screen.shows("checkout")
        again = [f"--web.listen-address={first.target}", f"--otlp.listen-address=127.0.0.1:{first.otlp_port}"]
        at_the_end.enter_context(exporter(tmp_path, *again))
        report(first.endpoint, calls("after the restart"))
        screen.shows("● live")
        screen.shows("after the restar")
        assert "checkout" not in screen.text


def test_it_says_in_one_line_why_it_cannot_begin(shown: Exporter) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    addresses = (nobody, shown.endpoint, "ftp://x", "https://" + shown.target)
    told = {address: once("--exporter", address) for address in addresses}
    outcomes = {address: (done.returncode, done.stdout, done.stderr.count("\n")) for address, done in told.items()}
    assert outcomes == dict.fromkeys(addresses, (1, "", 1))
    assert "start one with `tachograph serve`" in told[nobody].stderr
    with terminal("top", "--exporter", nobody) as screen:
        assert screen.ends() == 1
        assert "\x1b" not in screen.said


def test_where_no_terminal_is_it_prints_everything_once(shown: Exporter) -> None:
    done = once("--exporter", shown.target)
    heads = [re.split(",| ─", line)[0] for line in done.stdout.splitlines() if "──" in line]
    assert (done.returncode, done.stderr, "\x1b" in done.stdout) == (0, "", False)
    assert max(map(len, done.stdout.splitlines())) <= 120
    assert heads[2:] == [
        *("Alerts", "Operations", "LLM", "Database", "Cache", "Statements", "Processes", "File systems"),
        *("Recent traces", "Slowest traces"),
    ]


def test_no_color_is_followed(shown: Exporter) -> None:
    colors = ("\x1b[31", "\x1b[32", "\x1b[33", "\x1b[34", "\x1b[36", "\x1b[1;3", ";31m", ";32m", ";34m", ";36m")
    found = []
    for no_color in ("1", ""):
        with terminal("top", "--exporter", shown.target, "--once", NO_COLOR=no_color) as screen:
            assert screen.ends() == 0
            found.append(any(color in screen.said for color in colors))
    assert found == [False, True]


def test_hostile_names_are_shown_and_do_nothing(tmp_path: Path) -> None:
    names = [
        "\x1b[2J\x1b]0;owned\x07escape",
        "[red]markup[/red] :smile:",
        "\x9b31mcontrol\x85\x08\x0b",
        "two\nlines\tand\rmore",
        *HOSTILE,
    ]
    with exporter(tmp_path) as running:
        report(running.endpoint, *(calls(name.replace("\ud7ff", "")) for name in names), service="\x1b[31mevil")
        spans(running.endpoint, names[0])
        with terminal("top", "--exporter", f"http://{running.target}", size=(100, 30)) as screen:
            screen.shows("● live")
            screen.press("2")
            for pattern in (r"\[red\]markup", r"�\[2J�\]0;owned", "two lines and more", "x{20,}…", "__proto__"):
                screen.shows(pattern)
            screen.press("9\r")
            screen.shows("SELECT orders")
            assert not any(
                bad in screen.said for bad in ("\x1b[2J\x1b]0", "\x07", "\x9b", "\x85", "\u202e", "\x1b[31mevil")
            )
            assert max(map(len, screen.lines)) <= 100
            assert screen.lines[-1].startswith("? help")


def test_it_comes_through_tls_and_basic_auth(tmp_path: Path) -> None:
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1")
    server.private_key_pem.write_to_path(tmp_path / "server.key")
    server.cert_chain_pems[0].write_to_path(tmp_path / "server.crt")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    (tmp_path / "web.yml").write_text(
        f"tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\nbasic_auth_users:\n  ann: {hashed}\n"
    )
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "wrong").write_text("guess")
    port = free_port()
    flags = (f"--web.listen-address=127.0.0.1:{port}", f"--web.config.file={tmp_path}/web.yml", "--no-otlp")
    where = ("--exporter", f"https://127.0.0.1:{port}")
    trusted, user = ("--ca-file", f"{tmp_path}/ca.pem"), ("--user", "ann", "--password-file")
    with running([*TACHOGRAPH, "serve", *flags], log=tmp_path / "log", ready=lambda: listens(port)):
        good = once(*where, *trusted, *user, f"{tmp_path}/password")
        bad = [once(*where), once(*where, *trusted), once(*where, *trusted, *user, f"{tmp_path}/wrong")]
    assert (good.returncode, good.stderr, good.stdout[:10]) == (0, "", "Tachograph")
    cures = [("--ca", "asks for a user", "refuses this user")[place] in one.stderr for place, one in enumerate(bad)]
    assert ([one.returncode for one in bad], cures) == ([1, 1, 1], [True, True, True])


def test_without_its_extra_it_says_in_one_line_what_to_install() -> None:
    program = (
        "import sys; sys.modules['rich'] = None; from tachograph_exporter.cli import main; main(prog_name='tachograph')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "top"], capture_output=True, text=True, check=False, timeout=60
    )
    expected = "tachograph top needs rich.console: pip install 'tachograph[top]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)
