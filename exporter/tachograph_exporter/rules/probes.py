"""Rules about endpoints that the exporter probes: whether they answer, how fast, for how much longer."""

from . import panels
from .check import Check, Limit, Subject
from .unit import RATIO, SECONDS

CHECKS = (
    Check(
        name="ProbeFails",
        value="1 - tachograph_probe_success{$hosts}",
        critical=Limit(0, "3m"),
        summary="<target> does not answer",
        description="<target> has failed every attempt from <instance> for 3 minutes.",
        panel=panels.ENDPOINTS,
    ),
    Check(
        name="ProbeSlow",
        value="avg_over_time(tachograph_probe_duration_seconds{$hosts}[5m])",
        unit=SECONDS,
        warning=Limit(5, "5m"),
        critical=Limit(10, "5m"),
        summary="<target> answers slowly",
        description="<target> took <value> to answer <instance> on average over the last 5 minutes;"
        " the limit is <limit>.",
        panel=panels.RESPONSE_TIMES,
    ),
    Check(
        name="ProbeLosesAttempts",
        value="tachograph_probe_loss_ratio{$hosts}",
        unit=RATIO,
        warning=Limit(0.05, "5m"),
        critical=Limit(0.2, "5m"),
        summary="<target> does not always answer",
        description="<value> of the latest attempts to reach <target> from <instance> failed; the limit is <limit>.",
        panel=panels.ENDPOINTS,
    ),
    Check(
        name="ProbeUptimeLow",
        value="tachograph_probe_uptime_ratio{$hosts}",
        comparison="<",
        unit=RATIO,
        warning=Limit(0.99, "15m"),
        summary="<target> was down too long today",
        description="<target> answered <instance> in <value> of the attempts of the last day; the limit is <limit>.",
        panel=panels.ENDPOINTS,
    ),
    Check(
        name="ProbeCertificateExpires",
        value="tachograph_probe_tls_expiry_timestamp_seconds{$hosts} - time()",
        comparison="<",
        unit=SECONDS,
        warning=Limit(14 * 86400, "1h"),
        critical=Limit(3 * 86400, "1h"),
        summary="The certificate of <target> expires soon",
        description="The certificate of <target> expires in <value>; the limit is <limit>.",
        panel=panels.ENDPOINTS,
    ),
)

PROBES = Subject("probes", (), CHECKS)
