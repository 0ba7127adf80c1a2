"""Who is not let in is told so as OTLP has it, in the encoding that he speaks, and is counted."""

import json

import bcrypt
import pytest
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it has no stubs

from tachograph_exporter.address import Address
from tachograph_exporter.server.protection import protected
from tachograph_exporter.web_config import Rate, WebConfig

from ..http import ask, served
from .exports import JSON, PROTOBUF, Exporter

HERE = (Address("127.0.0.1", 0),)
USERS = WebConfig(users={"shop": bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()})
FULL = WebConfig(rate=Rate(7.0, 0))


@pytest.mark.parametrize(
    ("config", "status", "code", "message", "header"),
    [
        (USERS, 401, 16, "unauthorized", ("www-authenticate", 'Basic realm="Tachograph", charset="UTF-8"')),
        (FULL, 429, 14, "too many requests", ("retry-after", "7")),
    ],
    ids=["a stranger", "one too many"],
)
def test_who_is_not_let_in_is_told_in_his_encoding(
    config: WebConfig, status: int, code: int, message: str, header: tuple[str, str]
) -> None:
    exporter = Exporter()
    with served(*protected(exporter.receiver, HERE, config, refuse=exporter.receiver.refuse)) as (address,):
        protobuf, in_json = (
            ask(address, "/v1/traces", method="POST", headers={"content-type": kind}) for kind in (PROTOBUF, JSON)
        )
    parsed = Status.FromString(protobuf.body)
    assert (protobuf.status, parsed.code, parsed.message) == (status, code, message)
    assert (in_json.status, json.loads(in_json.body)) == (status, {"code": code, "message": message})
    assert {header} <= set(protobuf.headers.items())
    assert exporter.samples("tachograph_otlp_requests") == {
        f'tachograph_otlp_requests_total{{code="{status}",signal="traces"}}': 2
    }
