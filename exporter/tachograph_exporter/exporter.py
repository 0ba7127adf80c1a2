"""The exporter, put together from its settings: the collectors and what they are scraped with."""

from .collectors.collector import Collector
from .own import Own
from .scrape import Deadlines, Scraper, Source
from .settings import COLLECTOR_TYPES, Settings


def make_scraper(settings: Settings, *more: Source, own: Own | None = None) -> Scraper:
    """Return a scraper of the collectors that are switched on and of `more`."""
    host = settings.host
    collectors = [COLLECTOR_TYPES[name](host, options) for name, options in settings.collectors.items()]
    deadlines = Deadlines(settings.scrape.collector_deadline, settings.scrape.deadline)
    return Scraper([*collectors, *more], own=own, deadlines=deadlines)


def close(scraper: Scraper) -> None:
    """Let go of what the scraper's collectors hold; it is not used again."""
    for source in scraper.sources:
        if isinstance(source, Collector):
            source.close()
