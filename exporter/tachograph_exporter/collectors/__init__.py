"""The collectors of host metrics, in the order a scrape runs them."""

from .loadavg import LoadAverage

COLLECTORS = (LoadAverage,)
