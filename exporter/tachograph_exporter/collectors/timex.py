"""The kernel's clock discipline, from adjtimex(2)."""

import ctypes
import os
from collections.abc import Iterator

from ..exposition.metric import Kind, Metric
from ..host import Host
from .collector import Collector, NoData
from .options import Options

_TIME_ERROR = 5
_STATUS_NANOSECONDS = 0x2000
_MICROSECONDS, _NANOSECONDS = 1e6, 1e9
_PPM_16_BITS = 1e6 * 65536  # parts per million with a 16-bit fraction: adjtimex(2), NOTES


class Timex(ctypes.Structure):
    """struct timex (kernel: include/uapi/linux/timex.h)."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", ctypes.c_long * 2),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("jitcnt", ctypes.c_long),
        ("calcnt", ctypes.c_long),
        ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    )


class ClockDiscipline(Collector):
    """Asks the kernel how well its clock is kept; setting nothing, which needs no rights."""

    name = "timex"

    def __init__(self, host: Host, options: Options | None = None) -> None:
        super().__init__(host, options)
        self._adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex

    def collect(self) -> Iterator[Metric]:
        """Yield node_timex_*."""
        now = Timex()
        state = self._adjtimex(ctypes.byref(now))
        if state < 0:
            raise NoData(f"adjtimex is not allowed here: {os.strerror(ctypes.get_errno())}")
        for name, kind, documentation, value in _figures(now, state):
            yield Metric(f"node_timex_{name}", kind, documentation, (), (((), float(value)),))


def _figures(now: Timex, state: int) -> Iterator[tuple[str, Kind, str, float]]:
    unit = _NANOSECONDS if now.status & _STATUS_NANOSECONDS else _MICROSECONDS
    yield "estimated_error_seconds", "gauge", "Estimated error of the clock.", now.esterror / _MICROSECONDS
    yield "frequency_adjustment_ratio", "gauge", "Adjustment of the clock's rate.", 1 + now.freq / _PPM_16_BITS
    yield "loop_time_constant", "gauge", "Time constant of the phase-locked loop.", now.constant
    yield "maxerror_seconds", "gauge", "Largest error of the clock.", now.maxerror / _MICROSECONDS
    yield "offset_seconds", "gauge", "Offset from the reference clock.", now.offset / unit
    yield "pps_calibration_total", "counter", "PPS calibration intervals.", now.calcnt
    yield "pps_error_total", "counter", "PPS calibration errors.", now.errcnt
    yield "pps_frequency_hertz", "gauge", "PPS frequency.", now.ppsfreq / _PPM_16_BITS
    yield "pps_jitter_seconds", "gauge", "PPS jitter.", now.jitter / unit
    yield "pps_jitter_total", "counter", "Times the PPS jitter limit was exceeded.", now.jitcnt
    yield "pps_shift_seconds", "gauge", "PPS interval.", now.shift
    yield "pps_stability_exceeded_total", "counter", "Times the PPS stability limit was exceeded.", now.stbcnt
    yield "pps_stability_hertz", "gauge", "PPS stability, average of recent changes.", now.stabil / _PPM_16_BITS
    yield "status", "gauge", "The kernel's status bits.", now.status
    yield "sync_status", "gauge", "1 where the clock is synchronised, else 0.", float(state != _TIME_ERROR)
    yield "tai_offset_seconds", "gauge", "Offset of International Atomic Time.", now.tai
    yield "tick_seconds", "gauge", "Seconds between two ticks.", now.tick / _MICROSECONDS
