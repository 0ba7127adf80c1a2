"""Rules about watched processes and the containers (control groups) they live in."""

from . import panels
from .check import Check, Limit, Subject
from .unit import RATIO

CHECKS = (
    Check(
        name="ProcessGroupGone",
        value="tachograph_process_group_processes{$hosts}",
        comparison="<",
        critical=Limit(1, "2m"),
        summary="No process of <group> runs on <instance>",
        description="<instance> has had no process of the watched group <group> for 2 minutes.",
        panel=panels.PROCESS_GROUPS,
    ),
    Check(
        name="ProcessGroupMemoryHigh",
        value="tachograph_process_group_memory_ratio{$hosts}",
        unit=RATIO,
        warning=Limit(0.5, "10m"),
        critical=Limit(0.8, "10m"),
        summary="<group> uses much of the memory of <instance>",
        description="The processes of <group> use <value> of the memory of <instance>; the limit is <limit>.",
        panel=panels.PROCESS_GROUPS,
    ),
    Check(
        name="ProcessFileDescriptorsHigh",
        value="process_open_fds / (process_max_fds > 0)",
        unit=RATIO,
        warning=Limit(0.8, "5m"),
        critical=Limit(0.95, "5m"),
        summary="<instance> (<job>) runs out of file descriptors",
        description="The process behind <instance> of job <job> has <value> of its file descriptors open;"
        " the limit is <limit>.",
        panel=panels.OPEN_FILES,
    ),
    Check(
        name="ContainerCpuThrottled",
        value="rate(tachograph_cgroup_cpu_throttled_periods_total{$hosts}[5m])"
        "\n/ (rate(tachograph_cgroup_cpu_periods_total{$hosts}[5m]) > 0)",
        unit=RATIO,
        warning=Limit(0.25, "10m"),
        critical=Limit(0.5, "10m"),
        summary="<cgroup> on <instance> is held up by its CPU limit",
        description="<cgroup> on <instance> had used up its CPU limit in <value> of the periods of the last 5 minutes;"
        " the limit is <limit>.",
        panel=panels.CONTAINER_CPU,
    ),
    Check(
        name="ContainerMemoryHigh",
        value="tachograph_cgroup_memory_utilization_ratio{$hosts}",
        unit=RATIO,
        warning=Limit(0.8, "5m"),
        critical=Limit(0.9, "5m"),
        summary="<cgroup> on <instance> is near its memory limit",
        description="<cgroup> on <instance> uses <value> of the memory it may use; the limit is <limit>.",
        panel=panels.CONTAINER_MEMORY,
    ),
    Check(
        name="ContainerOomKill",
        value="increase(tachograph_cgroup_oom_kills_total{$hosts}[10m])",
        warning=Limit(0, "0s"),
        keep_firing="10m",
        summary="A process of <cgroup> on <instance> was killed for want of memory",
        description="<value> processes of <cgroup> on <instance> were killed for want of memory over the last"
        " 10 minutes.",
        panel=panels.CONTAINER_KILLS,
    ),
)

PROCESS = Subject("process", (), CHECKS)
