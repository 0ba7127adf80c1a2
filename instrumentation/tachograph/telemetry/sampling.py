"""Sampling and ids of the lean pipeline: OTEL_TRACES_SAMPLER, and random numbers that differ after a fork."""

import os
import random
from collections.abc import Callable

_random = random.Random()  # noqa: S311 - ids of traces are no secrets
random_bits = _random.getrandbits
os.register_at_fork(after_in_child=_random.seed)

Sampler = Callable[[bool | None, int], bool]
"""From the parent's decision (None for a root) and the trace id to this span's decision."""


def sampler(name: str, ratio: float) -> Sampler:
    """Return the sampler of that name (OpenTelemetry's environment variables)."""
    share = {"always_on": 1.0, "always_off": 0.0}.get(name.removeprefix("parentbased_"), ratio)
    bound = round(share * 2**64)

    def decide_root(_parent: bool | None, trace_id: int) -> bool:  # noqa: FBT001 - the type of every sampler
        return trace_id & 0xFFFFFFFFFFFFFFFF < bound

    def decide_with_parent(parent: bool | None, trace_id: int) -> bool:  # noqa: FBT001
        return trace_id & 0xFFFFFFFFFFFFFFFF < bound if parent is None else parent

    return decide_with_parent if name.startswith("parentbased_") else decide_root
