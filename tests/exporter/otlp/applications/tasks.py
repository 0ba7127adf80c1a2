"""A Celery application whose tasks are measured in the workers' processes."""

import os

import celery  # type: ignore[import-untyped]  # it has no stubs

import tachograph

tachograph.setup(service_name="tasks")
app = celery.Celery("tasks", broker=os.environ["BROKER"], backend=os.environ["BROKER"])
app.conf.broker_connection_retry_on_startup = True


@app.task(name="work")  # type: ignore[untyped-decorator]  # the same
@tachograph.operation("work")
def work() -> int:
    return os.getpid()
