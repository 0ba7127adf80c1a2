"""The metrics of caches."""

from .. import names
from ..model import Metric

LOAD_BUCKETS = (0.0001, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)
REQUEST_BUCKETS = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 1)

REQUESTS = Metric(names.CACHE_REQUESTS, "counter", "{request}", "Requests to a cache, by result.")
EVICTIONS = Metric(names.CACHE_EVICTIONS, "counter", "{eviction}", "Entries that had to go, by reason.")
ENTRIES = Metric(names.CACHE_ENTRIES, "updown", "{entry}", "Entries in a cache.")
MAX_ENTRIES = Metric(names.CACHE_MAX_ENTRIES, "updown", "{entry}", "Entries that a cache has room for.")
REQUEST_DURATION = Metric(
    names.CACHE_REQUEST_DURATION, "histogram", "s", "Duration of look-ups in caches outside memory.", REQUEST_BUCKETS
)
LOAD_DURATION = Metric(
    names.CACHE_LOAD_DURATION, "histogram", "s", "Time from a miss until its value was there, by source.", LOAD_BUCKETS
)
LOAD_COST = Metric(names.CACHE_LOAD_COST, "counter", "{USD}", "What calls of models in loads cost.")
PROMOTIONS = Metric(names.CACHE_PROMOTIONS, "counter", "{entry}", "Entries taken over from another level.")
SAVED_TIME = Metric(names.CACHE_SAVED_TIME, "counter", "s", "What hits saved, by the mean time of loads.")
SAVED_COST = Metric(names.CACHE_SAVED_COST, "counter", "{USD}", "What hits saved, by the mean cost of loads.")
