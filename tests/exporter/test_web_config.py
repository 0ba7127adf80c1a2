"""The web configuration file: what it takes, what it refuses by name, and what it then does to clients."""

import base64
import http.client
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import bcrypt
import pytest
import trustme

from tachograph_exporter.address import Address
from tachograph_exporter.config import BadConfig
from tachograph_exporter.convert import Mismatch
from tachograph_exporter.server.listener import Listen
from tachograph_exporter.server.protection import protected
from tachograph_exporter.server.site import text
from tachograph_exporter.web_config import WebConfig, load_web_config

from .http import Answer, ask, served

PAIR = "cert_file: server.crt\n  key_file: server.key\n"
TLS = f"tls_server_config:\n  {PAIR}"
CIPHERS = ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")


class Authority(NamedTuple):
    """Certificates in a folder: server.crt and server.key, ca.pem, and clients' by name."""

    folder: Path
    client: Callable[..., ssl.SSLContext]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("web")
    known = trustme.CA()
    server = known.issue_cert("127.0.0.1")
    server.private_key_pem.write_to_path(folder / "server.key")
    server.cert_chain_pems[0].write_to_path(folder / "server.crt")
    known.cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().issue_cert("x").private_key_pem.write_to_path(folder / "other.key")
    (folder / "junk.pem").write_text("junk")

    def client(name: str = "", *, of: trustme.CA = known, **versions: ssl.TLSVersion) -> ssl.SSLContext:
        context = ssl.create_default_context()
        known.configure_trust(context)
        if name:
            of.issue_cert(name).configure_cert(context)
        for key, version in versions.items():
            setattr(context, key, version)
        return context

    return Authority(folder, client)


def read(authority: Authority, document: str) -> WebConfig:
    file = authority.folder / "web.yml"
    file.write_text(document)
    return load_web_config(file)


def indented(text: str) -> str:
    return "".join(f"\n    {line}" for line in text.splitlines())


GOOD = {
    "empty": "",
    "nothing in it": "tls_server_config:\nbasic_auth_users: {}\n",
    "certificate and key": TLS,
    "verify if given": TLS + "  client_auth_type: VerifyClientCertIfGiven\n",
    "client certificates": TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n",
    "names of clients": TLS
    + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  client_allowed_sans: [one, two]\n",
    "some ciphers": TLS + f"  cipher_suites: [{', '.join(CIPHERS)}]\n  max_version: TLS12\n",
    "ciphers of TLS 1.3, which are always there": TLS + "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n",
    "the client's order": TLS + "  prefer_server_cipher_suites: false\n",
    "one curve": TLS + "  min_version: TLS13\n  curve_preferences: [CurveP521]\n",
    "all curves": TLS + "  curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]\n",
    "HTTP/2 off": TLS + "http_server_config: {http2: false}\n",
    "headers": (
        "http_server_config:\n  headers:\n    X-Frame-Options: deny\n    X-XSS-Protection: 1\n"
        "    X-Content-Type-Options: nosniff\n    Strict-Transport-Security: max-age=31536000; includeSubDomains\n"
        "    Content-Security-Policy: default-src 'self' *.test.example.net\n"
    ),
    "users": "basic_auth_users:\n  alice: $2y$12$1DpfPeqF9HzHJt.EWswy1exHluGfbhnn3yXhR7Xes6m3WJqFg0Wby\n",
    "no rate limit": "rate_limit: {interval: 0, burst: 0}\n",
    "a rate limit": "rate_limit: {interval: 1m30s, burst: 5}\n",
}

BAD = {
    "junk\nmore junk\n": "must be a mapping, as web-configuration.md of the exporter-toolkit describes it",
    "tls_server_config: [": "not YAML: while parsing a flow node",
    "x: 1\n": "x is not supported; there are tls_server_config, http_server_config, basic_auth_users, rate_limit",
    "tls_server_config: 1\n": "tls_server_config must be a mapping",
    "tls_server_config:\n  cert_filse: server.crt\n": "tls_server_config: cert_filse is not supported; there are cert",
    'tls_server_config:\n  cert_file: ""\n  key_file: server.key\n': (
        "tls_server_config: one of cert and cert_file is missing"
    ),
    'tls_server_config:\n  cert: ""\n  key_file: server.key\n': (
        "tls_server_config: one of cert and cert_file is missing"
    ),
    'tls_server_config:\n  cert_file: server.crt\n  key_file: ""\n': (
        "tls_server_config: one of key and key_file is missing"
    ),
    'tls_server_config:\n  cert_file: server.crt\n  key: ""\n': "tls_server_config: one of key and key_file is missing",
    'tls_server_config:\n  cert_file: ""\n  key_file: ""\n  client_auth_type: x\n': (
        "tls_server_config: one of cert and cert_file is missing"
    ),
    "tls_server_config:\n  min_version: TLS13\n": "tls_server_config: one of cert and cert_file is missing",
    "tls_server_config:\n  cert_file: nowhere\n  key_file: server.key\n": (
        "tls_server_config: cert_file: {folder}/nowhere: No such file or directory"
    ),
    "tls_server_config:\n  cert_file: server.crt\n  key_file: nowhere\n": (
        "tls_server_config: key_file: {folder}/nowhere: No such file or directory"
    ),
    "tls_server_config:\n  cert_file: 1\n  key_file: server.key\n": (
        "tls_server_config: cert_file must be a string, not 1"
    ),
    TLS + "  cert: text\n": "tls_server_config: cert and cert_file do not go together: write one of them",
    TLS + "  client_ca_file: ca.pem\n": (
        "tls_server_config: client_ca is given and client_auth_type is not: write RequireAndVerifyClientCert"
    ),
    TLS
    + "  client_ca_file: nowhere\n": "tls_server_config: client_ca_file: {folder}/nowhere: No such file or directory",
    TLS + "  client_auth_type: RequireAndVerifyClientCert\n": (
        "tls_server_config: client_auth_type RequireAndVerifyClientCert needs client_ca_file, or no client could"
    ),
    TLS + "  client_auth_type: RequireAnyClientCert\n": (
        "tls_server_config: client_auth_type RequireAnyClientCert is not supported: it trusts any certificate; "
        "write RequireAndVerifyClientCert"
    ),
    TLS + "  client_auth_type: x\n": (
        "tls_server_config: client_auth_type: 'x' is none of NoClientCert, VerifyClientCertIfGiven, "
        "RequireAndVerifyClientCert"
    ),
    TLS + "  client_allowed_sans: one\n": "tls_server_config: client_allowed_sans must be a list, not 'one'",
    TLS + "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA2048]\n": (
        "tls_server_config: cipher_suites: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA2048' is none of TLS_ECDHE"
    ),
    TLS
    + "  curve_preferences: [CurveP257]\n": "tls_server_config: curve_preferences: 'CurveP257' is none of CurveP256",
    TLS + "  curve_preferences: [CurveP256, X25519]\n": (
        "tls_server_config: curve_preferences is supported for one curve, or for all there are"
    ),
    TLS + "  min_version: TLS111\n": "tls_server_config: min_version: 'TLS111' is none of TLS10, TLS11, TLS12, TLS13",
    TLS + "  min_version: TLS13\n  max_version: TLS12\n": (
        "tls_server_config: min_version TLS13 is above max_version TLS12"
    ),
    TLS + "  prefer_server_cipher_suites: 1\n": (
        "tls_server_config: prefer_server_cipher_suites must be true or false, not 1"
    ),
    "http_server_config: {http2: true}\n": ("http_server_config: http2 is not supported: leave it out or write false"),
    "http_server_config: {headers: {Content-Type: foo}}\n": (
        "http_server_config: headers: Content-Type is not supported; there are Content-Security-Policy"
    ),
    "http_server_config: {headers: {X-Frame-Options: foo}}\n": (
        "http_server_config: X-Frame-Options must be deny or sameorigin, not 'foo'"
    ),
    "http_server_config: {headers: {X-Content-Type-Options: sniff}}\n": (
        "http_server_config: X-Content-Type-Options must be nosniff, not 'sniff'"
    ),
    'http_server_config: {headers: {Content-Security-Policy: "a\\r\\nb: c"}}\n': (
        "http_server_config: Content-Security-Policy must be printable ASCII"
    ),
    TLS + "basic_auth_users:\n  john: doe\n": (
        "basic_auth_users: john has no bcrypt hash; make one with: htpasswd -nBC 10 john"
    ),
    "basic_auth_users:\n  a: x\n  a: y\n": "a is written twice (line 3)",
    "rate_limit: {interval: soon}\n": "rate_limit: interval must be a duration like 1s or 500ms, not 'soon'",
    "rate_limit: {interval: 1s, burst: many}\n": "rate_limit: burst must be a whole number, not 'many'",
}


def listen(config: WebConfig) -> list[Listen]:
    return protected(text("in"), [Address("127.0.0.1", 0)], config)


@pytest.mark.parametrize("document", GOOD.values(), ids=list(GOOD))
def test_a_good_file_makes_a_listener(authority: Authority, document: str) -> None:
    assert len(listen(read(authority, document))) == 1


@pytest.mark.parametrize(("document", "message"), BAD.items(), ids=list(BAD))
def test_a_bad_file_is_refused_with_file_field_and_cure(authority: Authority, document: str, message: str) -> None:
    with pytest.raises(BadConfig) as refused:
        read(authority, document)
    told = str(refused.value).removeprefix(f"{authority.folder / 'web.yml'}: ")
    assert (told.startswith(message.format(folder=authority.folder)), "\n" in told) == (True, False)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("tls_server_config:\n  cert_file: junk.pem\n  key_file: server.key\n", "tls_server_config: cert and key: "),
        ("tls_server_config:\n  cert_file: server.crt\n  key_file: other.key\n", "tls_server_config: cert and key: "),
        (
            TLS + "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: junk.pem\n",
            "tls_server_config: client_ca holds no certificate",
        ),
    ],
)
def test_certificates_that_are_none_or_do_not_fit_are_refused(
    authority: Authority, document: str, message: str
) -> None:
    config = read(authority, document)
    with pytest.raises(Mismatch, match=message):
        listen(config)


def asked(
    config: WebConfig, tls: ssl.SSLContext | None = None, headers: Mapping[str, str] | None = None
) -> Answer | str:
    """Return the answer of a listener, or the name of the error that there was instead."""
    with served(*listen(config)) as (address,):
        try:
            return ask(address, tls=tls, headers=headers)
        except (http.client.HTTPException, OSError) as error:
            return type(error).__name__


def let_in(answer: Answer | str) -> bool:
    return isinstance(answer, Answer) and (answer.status, answer.body) == (200, b"in\n")


def test_a_client_that_trusts_the_certificate_comes_in(authority: Authority) -> None:
    config = read(authority, TLS)
    old = {"maximum_version": ssl.TLSVersion.TLSv1_2}
    outcomes = [
        let_in(asked(config, authority.client())),
        let_in(asked(config, authority.client(**old))),
        let_in(asked(config, ssl.create_default_context())),
        let_in(asked(config)),
    ]
    assert outcomes == [True, True, False, False]


def test_certificate_and_key_may_be_in_the_file_itself(authority: Authority) -> None:
    cert, key = ((authority.folder / name).read_text() for name in ("server.crt", "server.key"))
    config = read(authority, f"tls_server_config:\n  cert: |{indented(cert)}\n  key: |{indented(key)}\n")
    assert let_in(asked(config, authority.client()))


def test_a_client_below_the_lowest_version_stays_out(authority: Authority) -> None:
    config = read(authority, TLS + "  min_version: TLS13\n")
    old = authority.client(maximum_version=ssl.TLSVersion.TLSv1_2)
    assert [let_in(asked(config, client)) for client in (authority.client(), old)] == [True, False]


def test_a_client_without_a_common_cipher_stays_out(authority: Authority) -> None:
    config = read(authority, TLS + "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n  max_version: TLS12\n")
    clients = []
    for cipher in ("ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"):
        client = authority.client()
        client.set_ciphers(cipher)
        clients.append(client)
    assert [let_in(asked(config, client)) for client in clients] == [True, False]


@pytest.mark.parametrize(("prefer_server", "chosen"), [("true", "AES256"), ("false", "AES128")])
def test_the_cipher_is_chosen_by_whom_the_file_says(authority: Authority, prefer_server: str, chosen: str) -> None:
    suites = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    order = f"  cipher_suites: [{suites}]\n  prefer_server_cipher_suites: {prefer_server}\n  max_version: TLS12\n"
    client = authority.client()
    client.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384")
    with (
        served(*listen(read(authority, TLS + order))) as (address,),
        socket.create_connection((address.host, address.port)) as plain,
        client.wrap_socket(plain, server_hostname=address.host) as connection,
    ):
        cipher = connection.cipher()
    assert cipher is not None
    assert chosen in cipher[0]


def test_a_client_without_the_curve_stays_out(authority: Authority) -> None:
    config = read(authority, TLS + "  curve_preferences: [CurveP521]\n")
    clients = []
    for curve in ("secp521r1", "secp384r1"):
        client = authority.client()
        client.set_ecdh_curve(curve)
        clients.append(client)
    assert [let_in(asked(config, client)) for client in clients] == [True, False]


def test_only_clients_with_a_certificate_of_the_authority_come_in(authority: Authority) -> None:
    config = read(authority, TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n")
    clients = [authority.client("one"), authority.client("one", of=trustme.CA()), authority.client()]
    assert [let_in(asked(config, client)) for client in clients] == [True, False, False]


def test_a_certificate_that_is_given_is_verified(authority: Authority) -> None:
    config = read(authority, TLS + "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n")
    clients = [authority.client("one"), authority.client("one", of=trustme.CA()), authority.client()]
    assert [let_in(asked(config, client)) for client in clients] == [True, False, True]


def test_only_clients_of_the_allowed_names_come_in(authority: Authority) -> None:
    config = read(authority, GOOD["names of clients"])
    clients = [authority.client("two"), authority.client("three")]
    assert [let_in(asked(config, client)) for client in clients] == [True, False]


def test_a_renewed_certificate_is_used_by_the_next_client(authority: Authority, tmp_path: Path) -> None:
    renewed = trustme.CA()
    for name in ("server.crt", "server.key"):
        (tmp_path / name).write_bytes((authority.folder / name).read_bytes())
    (tmp_path / "web.yml").write_text(TLS)
    trusting = ssl.create_default_context()
    renewed.configure_trust(trusting)
    with served(*listen(load_web_config(tmp_path / "web.yml"))) as (address,):
        first = ask(address, tls=authority.client())
        (tmp_path / "server.crt").write_text("half written")
        second = ask(address, tls=authority.client())
        certificate = renewed.issue_cert("127.0.0.1")
        certificate.private_key_pem.write_to_path(tmp_path / "server.key")
        certificate.cert_chain_pems[0].write_to_path(tmp_path / "server.crt")
        third = ask(address, tls=trusting)
    assert [let_in(answer) for answer in (first, second, third)] == [True, True, True]


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture
def door(authority: Authority) -> Iterator[Address]:
    hashed = bcrypt.hashpw(b"alice123", bcrypt.gensalt(4)).decode()
    with served(*listen(read(authority, f"basic_auth_users:\n  alice: {hashed}\n"))) as (address,):
        yield address


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (basic("alice", "alice123"), 200),
        (basic("alice", "alice1234"), 401),
        (basic("alice", ""), 401),
        (basic("bob", "alice123"), 401),
        ({}, 401),
        ({"authorization": "Basic"}, 401),
        ({"authorization": "Basic !!!!"}, 401),
        ({"authorization": "Basic /w=="}, 401),
        ({"authorization": "Bearer alice123"}, 401),
        (basic("alice", "alice\0123"), 401),
    ],
)
def test_only_users_come_in(door: Address, headers: dict[str, str], status: int) -> None:
    answers = [ask(door, headers=headers) for _ in range(2)]
    challenge = None if status == 200 else 'Basic realm="Tachograph", charset="UTF-8"'
    assert [(one.status, one.headers.get("www-authenticate")) for one in answers] == [(status, challenge)] * 2


def test_no_name_or_password_can_be_made_to_look_like_another(door: Address, authority: Authority) -> None:
    hashed = next(iter(load_web_config(authority.folder / "web.yml").users.values()))
    poison = ask(door, headers=basic(f"alice{hashed}", "fakepassword")).status
    wrong = ask(door, headers=basic("alice", f"{hashed}fakepassword")).status
    assert (poison, wrong) == (401, 401)


def test_many_clients_at_once_are_told_apart(door: Address) -> None:
    passwords = ["alice123", "alice1234"] * 25
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda password: ask(door, headers=basic("alice", password)).status, passwords))
    assert statuses == [200, 401] * 25


def test_headers_are_on_every_answer_and_win_over_the_pages_own(authority: Authority) -> None:
    with served(*listen(read(authority, GOOD["headers"]))) as (address,):
        answers = [ask(address), ask(address, method="POST")]
    expected = {
        "x-frame-options": "deny",
        "x-xss-protection": "1",
        "x-content-type-options": "nosniff",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "content-security-policy": "default-src 'self' *.test.example.net",
    }
    assert [expected.items() <= answer.headers.items() for answer in answers] == [True, True]


def test_requests_beyond_the_rate_are_refused(authority: Authority) -> None:
    with served(*listen(read(authority, "rate_limit: {interval: 1h, burst: 3}\n"))) as (address,):
        answers = [ask(address) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers.get("retry-after") for answer in answers] == [None, None, None, "3600", "3600"]
