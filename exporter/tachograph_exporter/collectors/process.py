"""A process, as every system knows it."""

import os
from dataclasses import dataclass

_KERNEL_THREAD = 0x00200000  # PF_KTHREAD (kernel: include/linux/sched.h)
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100

Identity = tuple[str, bytes]


@dataclass(slots=True)
class Process:
    """What is known of one; the same object as long as it is the same process."""

    pid: str
    started: bytes  # when, as the system tells it; with the pid it names one process, however often pids are used again
    name: str
    state: bytes = b""
    parent: bytes = b""
    user_ticks: int = 0
    system_ticks: int = 0
    threads: int = 0
    resident_bytes: int = 0
    flags: int = 0

    @property
    def identity(self) -> Identity:
        """What no other process has, now or later."""
        return self.pid, self.started

    @property
    def ticks(self) -> int:
        """CPU time so far."""
        return self.user_ticks + self.system_ticks

    @property
    def kernel(self) -> bool:
        """Whether it is a thread of the kernel's own."""
        return bool(self.flags & _KERNEL_THREAD)
