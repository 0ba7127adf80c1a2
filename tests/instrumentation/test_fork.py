"""Forks: no deadlock while threads record, and each process counts what it did itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tachograph
from tests.fixtures.process import wait_until
from tests.fixtures.telemetry import Receiver

DURATION = "tachograph.operation.duration"

# A child that hangs is killed by its parent's alarm, and counts as a deadlock.
SCRIPT = """
import os, signal, sys, threading
import tachograph

# Threads take turns often, so that a fork finds them anywhere.
sys.setswitchinterval(0.0002)
tachograph.setup("test", sys.argv[1])
children = int(sys.argv[2])

@tachograph.operation("parent")
def parent():
    pass

@tachograph.operation("child")
def child():
    pass

stopping = threading.Event()

def record():
    while not stopping.is_set():
        parent()
        tachograph.record("values", 1.0, tag="a")

threads = [threading.Thread(target=record) for _ in range(3)]
for thread in threads:
    thread.start()
deadlocks = 0
for number in range(children):
    pid = os.fork()
    if not pid:
        signal.alarm(20)
        child()
        tachograph.record("values", 2.0, tag="b")
        tachograph.status()
        if number % 100 == 0:
            tachograph.flush(5)
        os._exit(0)
    deadlocks += os.waitpid(pid, 0)[1] != 0
stopping.set()
for thread in threads:
    thread.join()
tachograph.flush(10)
print(deadlocks)
"""


def test_a_thousand_forks_while_threads_record_and_none_hangs(receiver: Receiver) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, receiver.url, "1000"], capture_output=True, text=True, check=True
    )
    child_counts = [
        point.count
        for request in receiver.metrics
        for point in Receiver(metrics=[request]).series()
        if (point.metric, point.labels.get("tachograph.operation.name")) == (DURATION, "child")
    ]
    parents_in_children = [
        request
        for request in receiver.metrics
        if {"parent", "child"}
        <= {point.labels.get("tachograph.operation.name") for point in Receiver(metrics=[request]).series()}
    ]
    assert (done.stdout.strip(), child_counts, parents_in_children) == ("0", [1] * 10, [])


def test_a_child_counts_its_own_calls_and_the_parent_its_own(receiver: Receiver) -> None:
    tachograph.setup("test", receiver.url)
    try:
        for _ in range(101):
            with tachograph.operation("work"):
                pass
        pid = os.fork()
        if not pid:
            with tachograph.operation("work"):
                pass
            tachograph.flush(5)
            os._exit(0)
        os.waitpid(pid, 0)
        (of_child,) = [point.count for point in receiver.series() if point.metric == DURATION]
        tachograph.flush(5)
        (of_parent,) = [point.count for point in receiver.series() if point.metric == DURATION]
    finally:
        tachograph.shutdown()
    instances = {Receiver(metrics=[request]).resource()["service.instance.id"] for request in receiver.metrics}
    assert (of_child, of_parent, len(instances), len(receiver.raw())) == (1, 101, 2, 102)


def test_a_child_that_only_records_values_reports_while_it_lives(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "20")
    tachograph.setup("test", receiver.url)
    reading, writing = os.pipe()
    try:
        pid = os.fork()
        if not pid:
            tachograph.record("basket", 1)
            os.read(reading, 1)
            os._exit(0)
        wait_until(lambda: any(point.metric == "basket" for point in receiver.series()), what="the child's value")
        os.write(writing, b"!")
        os.waitpid(pid, 0)
    finally:
        tachograph.shutdown()
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_multiprocessing_report_at_their_end(method: str, receiver: Receiver, tmp_path: Path) -> None:
    script = tmp_path / "application.py"
    script.write_text(
        "import multiprocessing, sys, tachograph\n"
        "def work():\n"
        "    tachograph.setup('test', sys.argv[1]) if sys.argv[2] != 'fork' else None\n"
        "    with tachograph.operation('work'): pass\n"
        "if __name__ == '__main__':\n"
        "    tachograph.setup('test', sys.argv[1])\n"
        "    context = multiprocessing.get_context(sys.argv[2])\n"
        "    processes = [context.Process(target=work) for _ in range(3)]\n"
        "    [process.start() for process in processes]\n"
        "    [process.join() for process in processes]\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", script, receiver.url, method], check=True)
    counts = [
        point.count
        for request in receiver.metrics
        for point in Receiver(metrics=[request]).series()
        if point.metric == DURATION
    ]
    assert (counts, len(receiver.raw())) == ([1, 1, 1], 3)
