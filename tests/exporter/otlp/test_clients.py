"""Clients over real sockets that dawdle, vanish or never speak: they are cut off, and the others are served."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pytest

from tachograph_exporter.address import Address
from tachograph_exporter.server.limits import Limits
from tachograph_exporter.server.listener import Listen

from ..http import served
from .exports import PROTOBUF, Exporter, counter, request

GOOD = request(counter("jobs", 1)).SerializeToString()
SHORT = Limits(head_seconds=0.3, body_seconds=0.3, connections=20)
HEAD = (
    f"POST /v1/metrics HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\ncontent-length: {len(GOOD)}\r\n\r\n".encode()
)


@dataclass(frozen=True)
class Door:
    """A receiver that waits for nobody long."""

    exporter: Exporter
    address: Address

    def connect(self) -> socket.socket:
        return socket.create_connection((self.address.host, self.address.port), timeout=10)

    def post(self) -> str:
        """Send a good request and return the status line of the answer."""
        with closing(self.connect()) as client:
            client.sendall(HEAD + GOOD)
            return status(client)


def status(client: socket.socket) -> str:
    return client.recv(4096).partition(b"\r\n")[0].decode()


@pytest.fixture
def door() -> Iterator[Door]:
    exporter = Exporter()
    listen = Listen(exporter.receiver, Address("127.0.0.1", 0), limits=SHORT, refused=exporter.receiver.refused)
    with served(listen) as (address,):
        yield Door(exporter, address)


SLOW = {
    "nothing": (b"", b"", {}),
    "half a head": (HEAD[:20], b"HTTP/1.1 408 Request Timeout", {'code="408",signal="unknown"': 1}),
    "no HTTP": (b"\x16\x03\x01\x02", b"HTTP/1.1 400 Bad Request", {'code="400",signal="unknown"': 1}),
    "no body": (HEAD, b"HTTP/1.1 408 Request Timeout", {'code="disconnected",signal="metrics"': 1}),
    "less": (HEAD + GOOD[:-1], b"HTTP/1.1 408 Request Timeout", {'code="disconnected",signal="metrics"': 1}),
}


@pytest.mark.parametrize(("sent", "told", "counted"), SLOW.values(), ids=SLOW)
def test_a_client_that_does_not_go_on_is_told_so_and_cut_off(
    door: Door, sent: bytes, told: bytes, counted: dict[str, int]
) -> None:
    with closing(door.connect()) as slow:
        slow.sendall(sent)
        answer = b""
        while piece := slow.recv(4096):
            answer += piece
    assert (door.post(), door.exporter.samples("jobs")) == ("HTTP/1.1 200 OK", {'jobs_total{service_name="shop"}': 1})
    requests = door.exporter.samples("tachograph_otlp_requests")
    del requests['tachograph_otlp_requests_total{code="200",signal="metrics"}']
    assert (answer.partition(b"\r\n")[0], requests) == (
        told,
        {f"tachograph_otlp_requests_total{{{labels}}}": count for labels, count in counted.items()},
    )


def test_a_connection_that_is_said_to_be_closed_is_closed(door: Door) -> None:
    with closing(door.connect()) as client:
        client.sendall(b"GET /v1/metrics HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = b""
        while piece := client.recv(4096):
            answer += piece
    assert (answer.partition(b"\r\n")[0], answer.lower().count(b"connection: close")) == (
        b"HTTP/1.1 405 Method Not Allowed",
        1,
    )


def test_half_open_connections_keep_nobody_out(door: Door) -> None:
    with ExitStack() as clients:
        for _ in range(100):
            clients.enter_context(closing(door.connect()))
        assert door.post() == "HTTP/1.1 200 OK"


def test_a_client_that_resets_its_connection_costs_only_itself(door: Door) -> None:
    for cut in range(0, len(HEAD + GOOD), 20):
        client = door.connect()
        client.sendall((HEAD + GOOD)[:cut])
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        client.close()
    assert door.post() == "HTTP/1.1 200 OK"


def test_a_request_in_many_small_pieces_is_one_request(door: Door) -> None:
    with closing(door.connect()) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for place in range(len(HEAD + GOOD)):
            client.sendall((HEAD + GOOD)[place : place + 1])
        assert status(client) == "HTTP/1.1 200 OK"


def test_a_chunked_request_is_taken(door: Door) -> None:
    head = HEAD.replace(f"content-length: {len(GOOD)}".encode(), b"transfer-encoding: chunked")
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (GOOD[:7], GOOD[7:], b""))
    with closing(door.connect()) as client:
        client.sendall(head + chunks)
        assert status(client) == "HTTP/1.1 200 OK"
    assert door.exporter.samples("jobs") == {'jobs_total{service_name="shop"}': 1}


def test_after_a_refusal_before_the_body_the_answer_still_arrives(door: Door) -> None:
    large = 100 * 1024 * 1024
    head = HEAD.replace(str(len(GOOD)).encode(), str(large).encode())
    with closing(door.connect()) as client:
        client.sendall(head + bytes(65536))
        assert status(client) == "HTTP/1.1 413 Request Entity Too Large"
