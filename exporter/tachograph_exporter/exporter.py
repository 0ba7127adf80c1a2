"""The exporter, put together from its settings: the collectors and what they are scraped with."""

from collections.abc import Collection

from .collectors.collector import Collector
from .collectors.options import Options
from .host import Host
from .own import Own
from .scrape import Deadlines, Scraper, Source
from .settings import COLLECTOR_TYPES, Settings


def make_scraper(settings: Settings, *more: Source, own: Own | None = None, before: Scraper | None = None) -> Scraper:
    """Return a scraper of the collectors that are switched on and of `more`.

    A collector of the scraper `before` that has the same options stays, with all that it remembers.
    """
    known = {one.name: one for one in before.sources if isinstance(one, Collector)} if before else {}
    host = settings.host
    collectors = [_collector(name, host, options, known.get(name)) for name, options in settings.collectors.items()]
    deadlines = Deadlines(settings.scrape.collector_deadline, settings.scrape.deadline)
    return Scraper([*collectors, *more], own=own, deadlines=deadlines, before=before)


def take_over(scraper: Scraper, before: Scraper) -> None:
    """Let collectors whose options changed go on with what those of `before` counted."""
    known = {source.name: source for source in before.sources}
    for source in scraper.sources:
        old = known.get(source.name)
        if isinstance(source, Collector) and isinstance(old, type(source)) and old is not source:
            source.succeed(old)


def close(scraper: Scraper, keep: Collection[Source] = ()) -> None:
    """Let go of what the scraper's collectors hold, but those that another scraper keeps; it is not used again."""
    for source in scraper.sources:
        if isinstance(source, Collector) and source not in keep:
            source.close()


def _collector(name: str, host: Host, options: Options, before: Collector | None) -> Collector:
    if before is not None and (before.host, before.options) == (host, options):
        return before
    return COLLECTOR_TYPES[name](host, options)
