"""Tasks of Celery: each run of one is an entry operation by the task's name."""

import functools
from collections.abc import Callable
from typing import Any

from ..operation import operation

_FAILED = ("FAILURE", "RETRY")
Trace = Callable[..., Any]


def measured(build: Callable[..., Trace]) -> Callable[..., Trace]:
    """Return `celery.app.trace.build_tracer`, whose tracers run tasks, measured."""

    @functools.wraps(build)
    def build_tracer(name: str, task: Any, *args: Any, **kwargs: Any) -> Trace:
        trace = build(name, task, *args, **kwargs)
        run = operation(name)

        def trace_task(*given: Any, **more: Any) -> Any:
            run.__enter__()
            try:
                result = trace(*given, **more)
            except BaseException as error:
                run.__exit__(type(error), error, error.__traceback__)
                raise
            # The tracer has taken the task's error in, to store it as the result.
            failed = _error_of(result)
            run.__exit__(type(failed) if failed else None, failed, None)
            return result

        return trace_task

    return build_tracer


def _error_of(result: Any) -> BaseException | None:
    info = getattr(result, "info", None)
    error = getattr(info, "retval", None) if getattr(info, "state", None) in _FAILED else None
    return error if isinstance(error, BaseException) else None
