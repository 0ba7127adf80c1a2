"""Rules about caches: whether they still answer from what they keep."""

from . import panels
from .check import Check, Limit, Subject
from .promql import IDENTITY, at_least, ratio, total
from .unit import RATIO

BY = (*IDENTITY, "cache_name", "cache_level")
REQUESTS = "service_cache:cache_requests:rate5m"
HITS = "service_cache:cache_hits:ratio_rate5m"

RECORDS = (
    (REQUESTS, total("cache_requests_total", BY, "$application")),
    (
        HITS,
        ratio(
            total("cache_requests_total", BY, "$application", 'cache_request_result="hit"'),
            total("cache_requests_total", BY, "$application"),
        ),
    ),
)

CHECKS = (
    Check(
        name="CacheHitRateLow",
        value=f"{HITS}{{$services}}",
        comparison="<",
        guard=at_least(REQUESTS, BY, 50),
        unit=RATIO,
        warning=Limit(0.8, "15m"),
        critical=Limit(0.7, "15m"),
        summary="Cache <cache_name> of <service_name> hits too rarely",
        description="<value> of the requests to cache <cache_name> <cache_level> of <service_name> were hits over the"
        " last 5 minutes; the limit is <limit>.",
        panel=panels.CACHE_HITS,
    ),
    Check(
        name="CacheHitRateFalls",
        value=f"{HITS}{{$services}} offset 1h\n- {HITS}{{$services}}",
        guard=at_least(REQUESTS, BY, 50),
        unit=RATIO,
        warning=Limit(0.2, "10m"),
        summary="The hit rate of cache <cache_name> of <service_name> falls",
        description="The hit rate of cache <cache_name> <cache_level> of <service_name> is <value> lower than an hour"
        " ago; the limit is <limit>.",
        panel=panels.CACHE_HITS,
    ),
)

CACHE = Subject("cache", RECORDS, CHECKS)
