"""NVIDIA's library as a machine with three GPUs would have it.

The second supports little, as consumer cards do, and the third has fallen off the bus.
"""

import importlib
from types import SimpleNamespace
from typing import Any

_REAL = importlib.import_module("pynvml")
_WHOLE: dict[str, Any] = {
    "nvmlDeviceGetUUID": "GPU-5fb3a1c2",
    "nvmlDeviceGetName": "NVIDIA H200",
    "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=87, memory=41),
    "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=150_754_820_096, used=75_377_410_048),
    "nvmlDeviceGetPowerUsage": 412_345,
    "nvmlDeviceGetEnforcedPowerLimit": 700_000,
    "nvmlDeviceGetTotalEnergyConsumption": 98_765_432_100,
    "nvmlDeviceGetTemperature": 54,
    "nvmlDeviceGetClockInfo": 1_980,
    "nvmlDeviceGetTotalEccErrors": 2,
    "nvmlDeviceGetComputeRunningProcesses": [
        SimpleNamespace(pid=1300, usedGpuMemory=1 << 30),
        SimpleNamespace(pid=4294967, usedGpuMemory=None),
    ],
}
_LITTLE: dict[str, Any] = {
    "nvmlDeviceGetUUID": "GPU-0000beef",
    "nvmlDeviceGetName": "NVIDIA GeForce GT 1030",
    "nvmlDeviceGetTemperature": 37,
}
_DEVICES = (_WHOLE, _LITTLE)


def _handle(number: int) -> int:
    if number >= len(_DEVICES):
        raise _REAL.NVMLError_GpuIsLost
    return number


_LIBRARY: dict[str, Any] = {
    "nvmlInit": lambda: None,
    "nvmlShutdown": lambda: None,
    "nvmlSystemGetDriverVersion": lambda: "580.95.05",
    "nvmlDeviceGetCount": lambda: len(_DEVICES) + 1,
    "nvmlDeviceGetHandleByIndex": _handle,
}


class Library:
    """What stands for the module pynvml: its own constants and errors, and these devices."""

    def __getattr__(self, name: str) -> Any:
        if name in _LIBRARY:
            return _LIBRARY[name]
        if not name.startswith("nvmlDevice"):
            return getattr(_REAL, name)

        def answer(device: int, *_: object) -> Any:
            if name not in _DEVICES[device]:
                raise _REAL.NVMLError_NotSupported
            return _DEVICES[device][name]

        return answer
