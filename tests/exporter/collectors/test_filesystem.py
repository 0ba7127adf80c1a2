"""File systems: real mounts, whatever their names, and one that never answers."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tachograph_exporter.collectors.filesystem import FilesystemOptions, Filesystems
from tachograph_exporter.host import Host
from tachograph_exporter.scrape import Scraper
from tests.fixtures.mounts import SilentFilesystem, mounted

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")

_TIMEOUT_SECONDS = 1.0
_OPTIONS = FilesystemOptions(mount_timeout=_TIMEOUT_SECONDS)


@pytest.fixture
def filesystems() -> Iterator[Filesystems]:
    with closing(Filesystems(Host(), _OPTIONS)) as collector:
        yield collector


def _figures(collector: Filesystems, mountpoint: str) -> dict[str, float]:
    """Return what is said of a mount point, by metric and error."""
    found = {}
    for metric in collector.collect():
        at = metric.label_names.index("mountpoint")
        for labels, value in metric.rows:
            if labels[at] == mountpoint:
                assert isinstance(value, float)
                error = labels[-1] if metric.label_names[-1] == "device_error" else ""
                found[f"{metric.name} {error}".strip()] = value
    return found


_WELL = {
    "node_filesystem_device_error": 0.0,
    "node_filesystem_readonly": 0.0,
    "node_filesystem_size_bytes": 1000 * 4096.0,
    "node_filesystem_free_bytes": 500 * 4096.0,
    "node_filesystem_avail_bytes": 400 * 4096.0,
    "node_filesystem_files": 64.0,
    "node_filesystem_files_free": 32.0,
    "node_filesystem_mount_info": 1.0,
    "tachograph_filesystem_utilization_ratio": 0.6,
}
_SILENT = {
    "node_filesystem_device_error mountpoint timeout": 1.0,
    "node_filesystem_readonly mountpoint timeout": 0.0,
}


def test_a_mount_that_never_answers_costs_itself_alone_until_it_does(tmp_path: Path, filesystems: Filesystems) -> None:
    server = SilentFilesystem()
    with server.at(tmp_path):
        began = time.monotonic()
        first = _figures(filesystems, str(tmp_path))
        first_seconds = time.monotonic() - began
        others = _figures(filesystems, "/")
        second_seconds = time.monotonic() - began - first_seconds
        threads = [thread for thread in threading.enumerate() if thread.name == "statvfs"]
        server.answer()
        while _figures(filesystems, str(tmp_path)) == _SILENT:  # until the thread that was left behind is back
            time.sleep(0.01)
        assert first == _SILENT
        assert others["node_filesystem_device_error"] == 0.0
        assert others["node_filesystem_size_bytes"] > 0
        assert (first_seconds < 2 * _TIMEOUT_SECONDS, second_seconds < _TIMEOUT_SECONDS) == (True, True)
        assert len(threads) <= 2
        assert _figures(filesystems, str(tmp_path)) == _WELL


def test_a_scrape_is_not_lost_to_a_mount_that_never_answers(tmp_path: Path, filesystems: Filesystems) -> None:
    with SilentFilesystem().at(tmp_path):
        metrics = {metric.name: metric for metric in Scraper([filesystems]).scrape()}
    errors = {labels[1]: value for labels, value in metrics["node_filesystem_device_error"].rows}
    assert errors[str(tmp_path)] == 1.0
    assert errors["/"] == 0.0
    assert tuple(metrics["node_scrape_collector_success"].rows) == ((("filesystem",), 1.0),)


def test_a_mount_behind_one_that_never_answers_is_not_waited_for_either(
    tmp_path: Path, filesystems: Filesystems
) -> None:
    with mounted(tmp_path, "tmpfs", "size=1m"), SilentFilesystem().at(tmp_path):
        began = time.monotonic()
        rows = next(filesystems.collect()).rows
        assert time.monotonic() - began < 2 * _TIMEOUT_SECONDS
    errors = {(labels[1], labels[2]): value for labels, value in rows}
    assert (errors[str(tmp_path), "tmpfs"], errors[str(tmp_path), "fuse.silent"]) == (1.0, 1.0)


def test_many_mounts_that_never_answer_cost_one_timeout(tmp_path: Path, filesystems: Filesystems) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    servers = [SilentFilesystem() for _ in folders]
    for folder in folders:
        folder.mkdir()
    with ExitStack() as mounts:
        for server, folder in zip(servers, folders, strict=True):
            mounts.enter_context(server.at(folder))
        began = time.monotonic()
        rows = next(filesystems.collect()).rows
        assert time.monotonic() - began < 2 * _TIMEOUT_SECONDS
    errors = {labels[1]: value for labels, value in rows}
    assert [errors[str(folder)] for folder in folders] == [1.0] * 4
    assert errors["/"] == 0.0


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"caf\xe9 \xff\xfe", "caf\ufffd \ufffd"),
        (b"a\\b\tc\nd", "a\\b\tc\nd"),
        ("café".encode(), "café"),
    ],
)
def test_a_mount_point_of_any_name_is_read_and_shown(
    tmp_path: Path, filesystems: Filesystems, name: bytes, shown: str
) -> None:
    target = os.fsencode(tmp_path) + b"/" + name
    Path(os.fsdecode(target)).mkdir()
    with mounted(target, "tmpfs", "size=1m,nr_inodes=50"):
        figures = _figures(filesystems, f"{tmp_path}/{shown}")
    assert figures == {
        "node_filesystem_device_error": 0.0,
        "node_filesystem_readonly": 0.0,
        "node_filesystem_size_bytes": 1048576.0,
        "node_filesystem_free_bytes": 1048576.0,
        "node_filesystem_avail_bytes": 1048576.0,
        "node_filesystem_files": 50.0,
        "node_filesystem_files_free": 49.0,
        "node_filesystem_mount_info": 1.0,
        "tachograph_filesystem_utilization_ratio": 0.0,
    }


def test_the_roots_prefix_is_read_through_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with mounted(tmp_path / "data", "tmpfs", "size=1m"), closing(Filesystems(Host(root=tmp_path), _OPTIONS)) as inside:
        assert _figures(inside, "/data")["node_filesystem_size_bytes"] == 1048576.0
