"""Probes targets on an interval, in a thread of its own."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence

from .probe import attempt
from .probe_target import Attempt, Target

_logger = logging.getLogger(__name__)


class Prober:
    """Tries each target again and again, and tells `add` what came of it and when the attempt began."""

    def __init__(
        self, targets: Sequence[Target], interval_seconds: float, add: Callable[[Target, Attempt, float], None]
    ) -> None:
        self._targets = targets
        self._interval_seconds = interval_seconds
        self._add = add
        self._unanswered = {target.label for target in targets}
        self._answered = threading.Event()
        self._loop = asyncio.new_event_loop()

    def start(self, *, wait_seconds: float) -> None:
        """Begin, and wait so long for each target's first answer."""
        threading.Thread(target=self._run, name="probes", daemon=True).start()
        self._answered.wait(wait_seconds)

    def stop(self) -> None:
        """Stop probing."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(self._loop)])

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._probe_all())
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _probe_all(self) -> None:
        await asyncio.gather(*(self._probe(target) for target in self._targets))

    async def _probe(self, target: Target) -> None:
        while True:
            began = time.monotonic()
            self._add(target, await _attempted(target), began)
            self._unanswered.discard(target.label)
            if not self._unanswered:
                self._answered.set()
            await asyncio.sleep(max(0.0, self._interval_seconds - (time.monotonic() - began)))


async def _attempted(target: Target) -> Attempt:
    try:
        return await attempt(target)
    except Exception as error:
        _logger.exception("probe of %s", target.label)
        return Attempt(time.time(), failure=type(error).__name__)
