"""Clients that push, in a process of their own, so that their cost is not the receiver's.

`python -m benchmarks.receiver.clients PORT CLIENTS SERIES INTERVAL SECONDS SERVICES`; an interval of 0 is no pause.
It prints one line of JSON at the end.
"""

import http.client
import json
import sys
import threading
import time
from dataclasses import dataclass, field

from .load import Export

_TAKEN = (b"", b"\n\x00")  # no partial success, or an empty one


@dataclass
class Outcome:
    """What the clients have done together."""

    points: int = 0
    observations: int = 0
    requests: int = 0
    failures: int = 0
    late: int = 0
    slowest_seconds: float = 0.0
    wall_seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, points: int, seconds: float, *, taken: bool, late: bool) -> None:
        """Count a push."""
        with self.lock:
            self.requests += 1
            self.points += points if taken else 0
            self.failures += not taken
            self.late += late
            self.slowest_seconds = max(self.slowest_seconds, seconds)


@dataclass(frozen=True)
class Plan:
    """What each client does."""

    port: int
    clients: int
    series: int
    interval: float
    seconds: float
    services: int


def run(plan: Plan) -> Outcome:
    """Push until the time is up."""
    outcome = Outcome()
    begin = time.monotonic()
    threads = [threading.Thread(target=_client, args=(plan, number, begin, outcome)) for number in range(plan.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcome.wall_seconds = time.monotonic() - begin
    return outcome


def _client(plan: Plan, number: int, begin: float, outcome: Outcome) -> None:
    export = Export(plan.series, process=number, service=f"service-{number % plan.services}")
    connection = http.client.HTTPConnection("127.0.0.1", plan.port, timeout=30)
    due = begin + plan.interval * number / plan.clients
    observations = 0
    while (now := time.monotonic()) < begin + plan.seconds:
        if now < due:
            time.sleep(due - now)
        body = export.body()
        start = time.monotonic()
        taken = _push(connection, body)
        seconds = time.monotonic() - start
        late = plan.interval > 0 and time.monotonic() > due + plan.interval
        outcome.add(export.points, seconds, taken=taken, late=late)
        due = max(due + plan.interval, time.monotonic() - plan.interval)
        if taken:
            observations = export.observations
    connection.close()
    with outcome.lock:
        outcome.observations += observations


def _push(connection: http.client.HTTPConnection, body: bytes) -> bool:
    try:
        connection.request("POST", "/v1/metrics", body, {"Content-Type": "application/x-protobuf"})
        response = connection.getresponse()
        return response.read() in _TAKEN and response.status == 200
    except (OSError, http.client.HTTPException):
        connection.close()
        return False


if __name__ == "__main__":
    port, clients, series, interval, seconds, services = sys.argv[1:]
    done = run(Plan(int(port), int(clients), int(series), float(interval), float(seconds), int(services)))
    print(json.dumps({key: value for key, value in vars(done).items() if key != "lock"}))
