"""Drivers that are measured themselves, so that what stands on them need not count their calls again."""

from ..wrap import Switch

_switches: dict[str, Switch] = {}


def measured(name: str, switch: Switch) -> None:
    """Say that a driver's calls are measured as long as the switch is on."""
    _switches[name] = switch


def is_measured(name: str) -> bool:
    """Tell whether a driver's calls are measured now."""
    switch = _switches.get(name)
    return switch is not None and switch.on
