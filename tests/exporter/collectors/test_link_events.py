"""Interfaces that change between two scrapes, in a network of the test's own, made with real system calls."""

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network")

_PROGRAM = textwrap.dedent("""
    import fcntl, os, socket, struct
    from tachograph_exporter.collectors.link_events import LinkEvents
    from tachograph_exporter.collectors.netclass import NetworkClass
    from tachograph_exporter.host import Host

    SIOCSIFFLAGS, SIOCSIFMTU, IFF_UP = 0x8914, 0x8922, 1
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    collector, events = NetworkClass(Host()), LinkEvents(Host())

    def change(request, value, kind):
        fcntl.ioctl(control, request, struct.pack(f"16s{kind}", b"lo", value).ljust(40, b"\\0"))

    def said():
        rows = {metric.name: dict(metric.rows) for metric in collector.collect()}
        mtu, info = rows["node_network_mtu_bytes"], rows["node_network_info"]
        return [(labels[0], labels[5], mtu[labels[0],]) for labels in info if labels[0] == "lo"], events.changed()

    print(said(), said())
    change(SIOCSIFMTU, 1234, "i")
    print(said(), said())
    change(SIOCSIFFLAGS, IFF_UP, "h")
    print(said())
""")


def test_interfaces_are_read_again_when_the_kernel_tells_of_a_change() -> None:
    in_a_network = ["unshare", "--net", "--mount", "sh", "-c", 'mount -t sysfs sysfs /sys && exec "$0" -c "$1"']
    done = subprocess.run([*in_a_network, sys.executable, _PROGRAM], capture_output=True, text=True, check=False)
    assert (done.stdout.splitlines(), done.stderr) == (
        [
            "([('lo', 'down', 65536.0)], True) ([('lo', 'down', 65536.0)], False)",
            "([('lo', 'down', 1234.0)], True) ([('lo', 'down', 1234.0)], False)",
            "([('lo', 'up', 1234.0)], True)",
        ],
        "",
    )
