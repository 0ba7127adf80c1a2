"""Says whether the kernel told of a change to any network interface, which is far cheaper than reading all of them."""

import errno
import os
import socket
from collections.abc import Hashable
from time import monotonic

from ..host import Host

_ROUTE = 0  # NETLINK_ROUTE (kernel: include/uapi/linux/netlink.h)
_LINK_GROUP = 1  # RTMGRP_LINK (kernel: include/uapi/linux/rtnetlink.h)
# A few changes are not told of: a device's group, and the speed that somebody gives a virtual one.
_TRUSTED_SECONDS = 60.0
_MESSAGE_BYTES = 1 << 15


class LinkEvents:
    """Listens to the kernel's messages on links; without them, every answer is that something may have changed."""

    def __init__(self, host: Host) -> None:
        # another /sys may show another network's interfaces than those the kernel tells this process of
        self._descriptor = _listening() if host.sys == Host().sys else None
        self._quiet_since = float("-inf")
        self._known: Hashable = None

    def changed(self, known: Hashable = None) -> bool:
        """Say whether a link, or what else the caller knows of them, may have changed since the last time."""
        now = monotonic()
        quiet = self._descriptor is not None and not self._told(self._descriptor)
        if quiet and known == self._known and now - self._quiet_since < _TRUSTED_SECONDS:
            return False
        self._quiet_since, self._known = now, known
        return True

    def close(self) -> None:
        """Stop listening."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _told(self, descriptor: int) -> bool:
        """Take what was told; return whether it was anything."""
        any_message = False
        while True:
            try:
                os.read(descriptor, _MESSAGE_BYTES)
            except BlockingIOError:
                return any_message
            except OSError as error:
                if error.errno != errno.ENOBUFS:  # of which more was told than the queue holds
                    self.close()
                    return True
            any_message = True


def _listening() -> int | None:
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _ROUTE) as messages:
            messages.settimeout(0)
            messages.bind((0, _LINK_GROUP))
            return messages.detach()
    except (AttributeError, OSError):  # another system, or a sandbox without netlink
        return None
