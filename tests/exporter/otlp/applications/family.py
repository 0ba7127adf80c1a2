"""A process and its children, of whichever kind the command line names, that all measure what they do."""

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor

import tachograph

tachograph.setup(service_name="family")
CHILDREN, CALLS = 4, 25


@tachograph.operation("work")
def work(_number: int = 0) -> int:
    return os.getpid()


def child() -> None:
    for _ in range(CALLS):
        work()


def processes(context: multiprocessing.context.BaseContext) -> None:
    children = [context.Process(target=child) for _ in range(CHILDREN)]  # type: ignore[attr-defined]
    for one in children:
        one.start()
    for one in children:
        one.join()


def pool(context: multiprocessing.context.BaseContext) -> None:
    with context.Pool(CHILDREN) as workers:
        workers.map(work, range(CHILDREN * CALLS))


def executor(context: multiprocessing.context.BaseContext) -> None:
    with ProcessPoolExecutor(CHILDREN, mp_context=context) as workers:
        list(workers.map(work, range(CHILDREN * CALLS)))


def plain() -> None:
    """Fork as servers of old do, without multiprocessing's help."""
    for _ in range(CHILDREN):
        if os.fork() == 0:
            child()
            sys.exit()
    for _ in range(CHILDREN):
        os.wait()


if __name__ == "__main__":
    kind, _, method = sys.argv[1].partition("-")
    work()
    if kind == "plain":
        plain()
    else:
        {"processes": processes, "pool": pool, "executor": executor}[kind](multiprocessing.get_context(method))
    work()
