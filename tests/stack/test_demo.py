"""The demo and the exporter as a user runs them: two processes, one OTLP endpoint between them, one page to look at."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fixtures.process import answers, free_port, running, wait_until

TACHOGRAPH = [sys.executable, "-m", "tachograph_exporter"]
DEMO = Path(__file__).parents[2] / "demo"
OPERATIONS = {
    "agent.step",
    "answer",
    "context.retrieve",
    "journal.review",
    "memory.create",
    "memory.search",
    "request",
    "tool.search_memory",
}

AGENTS_AND_TOOLS = {"assistant", "search_memory"}

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Series = dict[str, list[dict[str, str]]]


def samples(port: int) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield every sample on the page; the page's syntax is tested elsewhere, and read here as fast as can be."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        page = response.read().decode()
    for name, labels, value in _SAMPLE.findall(page):
        yield name, dict(_LABEL.findall(labels)), float(value)


def series(port: int) -> Series:
    """Return the label sets of every sample on the page, by the sample's name."""
    found: Series = {}
    for name, labels, _ in samples(port):
        found.setdefault(name, []).append(labels)
    return found


def value_of(port: int, wanted: str, **labels: str) -> float:
    """Return the sum of the samples of a name whose labels include these."""
    return sum(value for name, given, value in samples(port) if name == wanted and labels.items() <= given.items())


def values(found: Series, name: str, label: str) -> set[str]:
    return {labels[label] for labels in found.get(name, ()) if label in labels}


def lacking(found: Series, wanted: dict[tuple[str, str], set[str]]) -> dict[tuple[str, str], set[str]]:
    """Return which values of (metric, label) are not there yet; a busy machine may add some of its own."""
    return {pair: left for pair, told in wanted.items() if (left := told - values(found, *pair))}


@dataclass(frozen=True)
class Stack:
    """A demo and an exporter at work."""

    metrics_port: int
    control: str
    log: Path
    process: "subprocess.Popen[bytes]"

    def change(self, **settings: float) -> None:
        """Make the models slow or failing, or well again."""
        request = urllib.request.Request(self.control, data=json.dumps(settings).encode(), method="PUT")
        urllib.request.urlopen(request, timeout=10).close()


@contextmanager
def at_work(folder: Path, *flags: str) -> Iterator[Stack]:
    """Run `tachograph serve` and `tachograph demo` side by side."""
    metrics_port, otlp_port, port = free_port(), free_port(), free_port()
    serve = [f"--web.listen-address=127.0.0.1:{metrics_port}", f"--otlp.listen-address=127.0.0.1:{otlp_port}"]
    environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{otlp_port}"}
    with ExitStack() as started:
        ready = f"http://127.0.0.1:{metrics_port}/-/ready"
        started.enter_context(
            running([*TACHOGRAPH, "serve", *serve], log=folder / "serve.log", ready=lambda: answers(ready))
        )
        control = f"http://127.0.0.1:{port}/control"
        demo = [*TACHOGRAPH, "demo", f"--port={port}", *flags]
        process = started.enter_context(
            running(demo, log=folder / "demo.log", ready=lambda: answers(control), environment=environment)
        )
        yield Stack(metrics_port, control, folder / "demo.log", process)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with at_work(tmp_path_factory.mktemp("demo"), "--rate=10") as stack:
        yield stack


def awaited(stack: Stack, true: Callable[[Series], bool], what: str) -> Series:
    """Return the page's series as soon as they fulfil a condition."""
    found: Series = {}

    def look() -> bool:
        found.clear()
        found.update(series(stack.metrics_port))
        return true(found)

    wait_until(look, what=what, timeout_seconds=30)
    return found


def test_every_operation_of_the_service_arrives_under_its_name(stack: Stack) -> None:
    name = "tachograph_operation_duration_seconds_count"
    found = awaited(stack, lambda page: values(page, name, "tachograph_operation_name") >= OPERATIONS, "operations")

    assert values(found, name, "tachograph_operation_name") == OPERATIONS
    assert values(found, name, "service_name") == {"demo"}
    assert values(found, "tachograph_operation_active", "tachograph_operation_name") == OPERATIONS | AGENTS_AND_TOOLS


def test_calls_to_models_arrive_by_operation_and_model_with_their_tokens(stack: Stack) -> None:
    name = "gen_ai_client_operation_duration_seconds_count"
    expected = {("chat", "gpt-4o"), ("chat", "gpt-4o-mini"), ("embeddings", "text-embedding-3-small")}

    def calls(page: Series) -> set[tuple[str, str]]:
        return {(each["gen_ai_operation_name"], each["gen_ai_request_model"]) for each in page.get(name, ())}

    found = awaited(stack, lambda page: calls(page) >= expected, "calls to models")

    assert calls(found) == expected
    assert values(found, name, "gen_ai_provider_name") == {"openai"}
    assert values(found, "gen_ai_client_token_usage_count", "gen_ai_token_type") == {"input", "output"}
    assert "gpt-4o-mini-2024-07-18" in values(found, name, "gen_ai_response_model")


def test_agents_tools_fallbacks_scores_and_the_services_own_metrics_arrive(stack: Stack) -> None:
    wanted = {
        ("gen_ai_invoke_agent_duration_seconds_count", "gen_ai_agent_name"): {"assistant"},
        ("gen_ai_execute_tool_duration_seconds_count", "gen_ai_tool_name"): {"search_memory"},
        ("tachograph_gen_ai_client_fallbacks_total", "tachograph_gen_ai_fallback_from_model"): {"gpt-4o-mini"},
        ("tachograph_gen_ai_client_chains_total", "tachograph_gen_ai_chain_outcome"): {"first", "fallback"},
        ("tachograph_score_count", "tachograph_score_name"): {"groundedness", "rating", "relevance"},
        ("demo_answer_words_count", "tone"): {"short", "friendly"},
        ("demo_users_waiting", "service_name"): {"demo"},
        ("demo_memory_forgotten_total", "service_name"): {"demo"},
    }

    found = awaited(stack, lambda page: not lacking(page, wanted), "all that the demo uses")

    assert lacking(found, wanted) == {}


def test_statements_arrive_by_operation_and_table(stack: Stack) -> None:
    name = "db_client_operation_duration_seconds_count"
    expected = {("SELECT", "memories"), ("SELECT", "users"), ("INSERT", "memories"), ("DELETE", "memories")}
    expected |= {("INSERT", "entries"), ("SELECT", "entries"), ("SELECT", "authors")}

    def statements(page: Series) -> set[tuple[str, str]]:
        return {(each["db_operation_name"], each.get("db_collection_name", "")) for each in page.get(name, ())}

    found = awaited(stack, lambda page: statements(page) >= expected, "statements")

    assert values(found, name, "db_system_name") == {"sqlite"}


def test_the_pool_the_slow_statement_and_what_is_found_fault_with_arrive(stack: Stack) -> None:
    wanted = {
        ("db_client_connection_count", "db_client_connection_pool_name"): {"journal.db"},
        ("db_client_connection_wait_time_seconds_count", "db_client_connection_pool_name"): {"journal.db"},
        ("tachograph_db_statement_slow_total", "db_query_summary"): {"SELECT entries"},
        ("tachograph_db_statement_findings_total", "tachograph_db_statement_finding"): {
            "n_plus_one",
            "order_by_without_limit",
            "select_star",
            "select_without_where",
        },
    }

    found = awaited(stack, lambda page: not lacking(page, wanted), "what there is to say of the database")

    assert lacking(found, wanted) == {}


def test_both_caches_arrive_with_hits_misses_and_sizes(stack: Stack) -> None:
    expected = {(name, "L1", result) for name in ("embeddings", "sessions") for result in ("hit", "miss")}

    def requests(page: Series) -> set[tuple[str, str, str]]:
        labels = ("cache_name", "cache_level", "cache_request_result")
        return {(each[labels[0]], each[labels[1]], each[labels[2]]) for each in page.get("cache_requests_total", ())}

    found = awaited(stack, lambda page: requests(page) >= expected, "caches")

    assert requests(found) == expected
    assert values(found, "cache_entries", "cache_name") == {"embeddings", "sessions"}
    assert values(found, "cache_max_entries", "cache_name") == {"embeddings", "sessions"}


def test_the_host_is_on_the_same_page(stack: Stack) -> None:
    found = series(stack.metrics_port)

    assert found.keys() >= {
        "node_cpu_seconds_total",
        "node_filesystem_size_bytes",
        "node_load1",
        "node_memory_MemTotal_bytes",
        "node_network_receive_bytes_total",
        "tachograph_exporter_build_info",
    }


def test_made_slow_the_answers_take_long_and_made_well_they_do_not(stack: Stack) -> None:
    def answers_within(seconds: str) -> tuple[float, float]:
        name, labels = "tachograph_operation_duration_seconds", {"tachograph_operation_name": "agent.step"}
        within = value_of(stack.metrics_port, f"{name}_bucket", le=seconds, **labels)
        return within, value_of(stack.metrics_port, f"{name}_count", **labels)

    stack.change(slow_seconds=1.5)
    try:
        wait_until(lambda: (now := answers_within("3.0"))[1] > now[0], what="a slow step of two slow calls")
    finally:
        stack.change(slow_seconds=0)
    well = answers_within("2.0")[0]
    wait_until(lambda: answers_within("2.0")[0] > well, what="a fast step again")


def test_made_failing_the_errors_arrive_by_type(stack: Stack) -> None:
    name = "gen_ai_client_operation_duration_seconds_count"
    stack.change(llm_errors=0.5)
    try:
        expected = {"InternalServerError", "RateLimitError"}
        awaited(stack, lambda page: values(page, name, "error_type") >= expected, "both kinds of errors")
    finally:
        stack.change(llm_errors=0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with at_work(tmp_path) as stack:
        stack.process.send_signal(number)
        assert stack.process.wait(10) == 0
    assert stack.log.read_text().splitlines()[-1] == "demo: stopped"


def test_with_serve_one_command_runs_both_and_ctrl_c_stops_both(tmp_path: Path) -> None:
    metrics_port, otlp_port = free_port(), free_port()
    demo = [*TACHOGRAPH, "demo", "--serve", f"--metrics-port={metrics_port}", f"--otlp-port={otlp_port}"]

    def arrived() -> bool:
        try:
            return "tachograph_operation_duration_seconds_count" in series(metrics_port)
        except OSError:
            return False

    with running(demo, log=tmp_path / "log", ready=arrived) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    said = (tmp_path / "log").read_text()
    assert re.search(rf"curl 127\.0\.0\.1:{metrics_port}/metrics", said)
    assert not answers(f"http://127.0.0.1:{metrics_port}/-/ready")


def test_without_its_extra_it_says_in_a_line_what_to_install() -> None:
    hidden = f"import runpy, sys; sys.modules['openai'] = None; runpy.run_path({str(DEMO)!r}, run_name='__main__')"
    ended = subprocess.run([sys.executable, "-c", hidden], check=False, capture_output=True, text=True)
    told = "tachograph demo needs openai: pip install 'tachograph[demo]'\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", told)


def test_with_serve_and_an_exporter_there_already_it_says_so(stack: Stack) -> None:
    demo = [*TACHOGRAPH, "demo", "--serve", f"--metrics-port={stack.metrics_port}"]
    ended = subprocess.run(demo, capture_output=True, text=True, timeout=30, check=False)

    assert (ended.returncode, ended.stderr) == (
        1,
        f"Error: an exporter answers on 127.0.0.1:{stack.metrics_port} already: leave --serve away to send to it\n",
    )


@pytest.mark.parametrize("flags", [["--rate=0"], ["--llm-errors=2"], ["--slow=-1"], ["--nonsense"]])
def test_a_flag_that_makes_no_sense_is_refused(flags: list[str]) -> None:
    ended = subprocess.run([*TACHOGRAPH, "demo", *flags], capture_output=True, text=True, timeout=30, check=False)

    assert (ended.returncode, flags[0].split("=")[0] in ended.stderr) == (2, True)
