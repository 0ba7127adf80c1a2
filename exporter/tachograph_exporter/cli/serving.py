"""The exporter at work: its listeners, and what changes when the configuration is read anew."""

import logging
from collections.abc import Callable
from functools import partial
from time import time
from typing import TYPE_CHECKING

from ..collectors.probes import Probes
from ..config import BadConfig
from ..exporter import close, make_scraper, take_over
from ..live.live import Live
from ..live.sources import sampled
from ..live.traces import TracesPage
from ..own import Own
from ..scrape import Scraper, Source
from ..server.guard import Users
from ..server.listener import Listen, Service
from ..server.metrics import MetricsPage
from ..server.protection import protected
from ..server.runbooks import runbooks
from ..server.site import Site, action, reading, text
from ..settings import Settings
from .configuration import Configuration

if TYPE_CHECKING:
    from ..server.exchange import Application
    from .reception import Reception

_logger = logging.getLogger(__name__)


class Exporter:
    """Serves a configuration, and others after it as far as listeners need not change."""

    def __init__(self, configuration: Configuration, read: Callable[[], Configuration]) -> None:
        self._read = read
        self._configuration = configuration
        self._knows_tls = configuration.uses_tls
        settings = configuration.settings
        self._own = Own(process=not settings.web.disable_exporter_metrics)
        self._more: list[Source] = []
        self._web_users = Users(configuration.web.users)
        self._otlp_users = Users(configuration.otlp.users)
        self._reception = self._make_reception() if settings.otlp.enabled else None
        self._scraper = make_scraper(settings, *self._more, own=self._own)
        self._sampling = self._make_sampling(settings, self._scraper)
        self._page = MetricsPage(self._scraper, waiting_max=settings.web.max_requests)
        traces = self._reception.traces if self._reception else None
        self._live = Live(self._sampling, traces, limits=configuration.limits)

    def listens(self) -> list[Listen]:
        """Return what listens where."""
        now = self._configuration
        web, otlp = now.settings.web, now.settings.otlp
        found = protected(self._site(), web.listen_address, now.web, self._web_users)
        if self._reception:
            receiver = self._reception.receiver
            found += protected(
                receiver,
                otlp.listen_address,
                now.otlp,
                self._otlp_users,
                refuse=receiver.refuse,
                refused=receiver.refused,
            )
        return found

    def services(self) -> list[Service]:
        """Return what listens beside them; raise Mismatch where it cannot."""
        if not self._reception or not self._configuration.settings.otlp.grpc:
            return [self._live]
        return [self._live, self._reception.grpc(self._configuration.otlp, self._otlp_users)]

    def reload(self) -> str:
        """Read the configuration anew; keep the old one where the new one is bad, and return what is."""
        try:
            configuration = self._read_again()
            scraper = make_scraper(configuration.settings, *self._more, own=self._own, before=self._scraper)
            sampling = self._make_sampling(configuration.settings, scraper, before=self._sampling)
        except (BadConfig, ValueError, OSError) as error:
            self._own.reload_succeeded = False
            _logger.error("the configuration stays as it was: %s", error)  # noqa: TRY400 - the user's error: no traceback
            return str(error)
        take_over(scraper, self._scraper)
        self._page.replace(scraper, release=partial(close, keep=scraper.sources))
        self._live.replace(sampling, release=partial(close, keep=sampling.sources), limits=configuration.limits)
        self._scraper, self._sampling = scraper, sampling
        self._web_users.replace(configuration.web.users)
        self._otlp_users.replace(configuration.otlp.users)
        if _fixed(configuration) != _fixed(self._configuration):
            _logger.warning("listeners, their paths and their TLS stay as they are until the next start")
        self._configuration = configuration
        self._own.reload_succeeded = True
        self._own.reload_success_time = time()
        _logger.info("the configuration was read anew")
        return ""

    def _read_again(self) -> Configuration:
        configuration = self._read()
        if configuration.uses_tls and not self._knows_tls:
            raise BadConfig("TLS, for a listener or a probe, needs a new start")
        return configuration

    def _make_sampling(self, settings: Settings, scraper: Scraper, before: Scraper | None = None) -> Scraper:
        """Return what the live page samples: collectors of its own, but the endpoints are probed once for both."""
        shared = [source for source in scraper.sources if source.name == Probes.name]
        return make_scraper(sampled(settings), *self._more, *shared, own=self._own, before=before)

    def _make_reception(self) -> "Reception":
        from .reception import Reception  # noqa: PLC0415 - protobuf is heavy, and not every exporter receives

        reception = Reception(self._configuration.settings.otlp)
        self._more.append(reception.store)
        return reception

    def _site(self) -> Site:
        web = self._configuration.settings.web
        pages: dict[str, Application] = {
            **self._live.pages(web.telemetry_path),
            "/-/healthy": text("healthy"),
            "/-/ready": text("ready"),
            web.telemetry_path: reading(self._page),
            **runbooks(),
        }
        if self._reception:
            pages["/api/v1/traces"] = reading(TracesPage(self._reception.last_traces))
        if web.enable_lifecycle:
            pages["/-/reload"] = action(self.reload)
        return Site(pages)


def _fixed(configuration: Configuration) -> object:
    settings = configuration.settings
    protection = [(one.tls, one.headers, one.rate) for one in (configuration.web, configuration.otlp)]
    return settings.web, settings.otlp, protection
