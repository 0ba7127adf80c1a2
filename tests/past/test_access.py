"""The past behind TLS and a user, and of the newest Prometheus, answers as that of the oldest without."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest
import trustme

from tachograph_exporter.live.tables import TABLES
from tachograph_exporter.past.access import Access
from tachograph_exporter.past.failure import PastError
from tachograph_exporter.past.measures import MEASURES
from tachograph_exporter.past.series import Calls
from tachograph_exporter.past.source import Source, source_at
from tachograph_exporter.past.window import Window
from tests import debian
from tests.fixtures.past import Past
from tests.fixtures.process import free_port, running

NEWEST = debian.CACHE / debian.NEWEST_SUITE / "usr/bin/prometheus"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a certificate, an authority, a user and its password."""
    folder = tmp_path_factory.mktemp("protected")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    (folder / "password").write_text("secret\n")
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    (folder / "web.yml").write_text(
        f"tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\nbasic_auth_users:\n  reader: {hashed}\n"
    )
    return folder


@pytest.fixture(scope="module")
def protected(folder: Path, past: Past) -> Iterator[str]:
    """Run the newest Prometheus over a copy of the six hours, with a prefix before its paths."""
    blocks = shutil.ignore_patterns("wal", "chunks_head", "lock", "queries.active")
    shutil.copytree(past.server.folder / "data", folder / "data", ignore=blocks)
    (folder / "prometheus.yml").write_text("scrape_configs: []")
    url = f"https://127.0.0.1:{free_port()}"
    argv: list[str | Path] = [
        NEWEST,
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={url.removeprefix('https://')}",
        "--web.config.file=web.yml",
        f"--web.external-url={url}/metrics-of-old",
    ]
    access = Access("reader", folder / "password", ca_file=folder / "ca.pem")
    with running(argv, log=folder / "log", ready=lambda: _ready(f"{url}/metrics-of-old", access), cwd=folder):
        yield f"{url}/metrics-of-old"


def _ready(url: str, access: Access) -> bool:
    try:
        return source_at(url, access=access).reach().oldest is not None
    except PastError:
        return False


def _counted(source: Source, window: Window) -> dict[str, list[float]]:
    def figures(row: Calls) -> list[float]:
        return [row.calls, row.errors, row.seconds, row.quantile(0.95) or 0.0]

    return {
        f"{table.name} {sorted(row.labels.items())}": figures(row)
        for table in TABLES
        for row in source.histograms(table, window)
    }


def test_the_newest_prometheus_tells_the_same_over_tls_to_a_user(protected: str, folder: Path, past: Past) -> None:
    source = source_at(protected, access=Access("reader", folder / "password", ca_file=folder / "ca.pem"))
    window = Window(past.minute(180) + 1, past.end - 1)
    new, old = _counted(source, window), _counted(source_at(past.url), window)
    assert new.keys() == old.keys()
    assert all(new[row] == pytest.approx(figures, rel=0.02, abs=0.1) for row, figures in old.items())
    assert all(source.series(measure, window, apart=False) for measure in MEASURES)


def test_who_is_not_let_in_is_told_what_to_bring(protected: str, folder: Path) -> None:
    (folder / "other.pem").write_bytes(trustme.CA().cert_pem.bytes())
    (folder / "wrong").write_text("wrong")
    told = []
    for access in (
        Access(ca_file=folder / "ca.pem"),
        Access("reader", folder / "wrong", ca_file=folder / "ca.pem"),
        Access("reader", folder / "password", ca_file=folder / "other.pem"),
    ):
        with pytest.raises(PastError) as error:
            source_at(protected, access=access).reach()
        told.append(str(error.value).removeprefix(f"Prometheus at {protected} "))
    wanted = "answered 401: it wants a user or a token: --user with --password-file, or --token-file"
    assert told[:2] == [wanted] * 2
    assert told[2].endswith("--ca-file names the authority to trust")


@pytest.mark.parametrize("name", ["no-such-file", "web.yml"])
def test_an_authority_that_is_none_is_named(folder: Path, name: str) -> None:
    with pytest.raises(PastError, match=rf"^{folder}/{name}: cannot be read as certificates in PEM"):
        source_at("https://127.0.0.1:1", access=Access(ca_file=folder / name))
