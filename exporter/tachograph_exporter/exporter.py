"""The exporter, put together from its settings: collectors, what they are scraped with, and metrics on itself."""

from .scrape import Deadlines, Scraper, Source
from .settings import COLLECTOR_TYPES, Settings


def make_scraper(settings: Settings, *more: Source) -> Scraper:
    """Return a scraper of the collectors that are switched on and of `more`."""
    host = settings.host
    collectors = [COLLECTOR_TYPES[name](host, options) for name, options in settings.collectors.items()]
    deadlines = Deadlines(settings.scrape.collector_deadline, settings.scrape.deadline)
    return Scraper([*collectors, *more], deadlines=deadlines)
