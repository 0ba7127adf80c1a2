"""What calls of models cost: the user's own prices, else the list that the genai-prices package keeps, offline."""

import importlib
import json
import logging
import os
import threading
import time
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ..telemetry.hub import HUB
from .tariff import Rate, Tariff, own_tariff
from .tokens import Usage

_log = logging.getLogger("tachograph")

_LIST = "genai_prices"
_CONDITIONAL_SECONDS = 60.0  # some prices depend on the time of the day
LISTED_PROVIDERS = {
    "anthropic": "anthropic",
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "fireworks_ai": "fireworks",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "groq": "groq",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshotai",
    "novita_ai": "novita",
    "openai": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together_ai": "together",
    "x_ai": "x-ai",
}
_KEYS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_hour": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
}


class Prices:
    """All tariffs known to this process."""

    def __init__(self) -> None:
        self._own: dict[str, Tariff] = {}
        self._from_file: dict[str, Tariff] = {}
        self._settings: object = None
        self.version = 0  # changes when prices are set while calls are under way
        self._list: Any = None
        self._loading: threading.Thread | None = None
        self._lock = threading.Lock()
        os.register_at_fork(before=self._settle, after_in_child=self._forked)

    def expect(self) -> None:
        """Make ready for a first cost, beside the call that will have it: importing the list takes 0.1 s."""
        with self._lock:
            if self._loading is None:
                self._loading = threading.Thread(target=self._load, name="tachograph-prices", daemon=True)
                self._loading.start()

    def set(self, model: str, tariff: Tariff) -> None:
        """Take a price of the user's own, for a model or provider/model, where * stands for anything."""
        self._own[model] = tariff
        self.version += 1

    def cost(self, provider: str, model: str, tier: str | None, usage: Usage) -> float | None:
        """Return what a call cost in USD, None where that is unknown."""
        tariff, _ = self.tariff(provider, model, tier)
        return None if tariff is None else tariff.cost(usage)

    def tariff(self, provider: str, model: str, tier: str | None) -> tuple[Tariff | None, float | None]:
        """Return a model's tariff, None where there is none, and until when it holds by monotonic time."""
        if self._settings is not HUB.settings:
            self._read_file()
        for own in (self._own, self._from_file):
            for pattern, tariff in own.items():
                if fnmatchcase(model, pattern) or fnmatchcase(f"{provider}/{model}", pattern):
                    return tariff, None
        return self._listed(provider, model, tier)

    def _listed(self, provider: str, model: str, tier: str | None) -> tuple[Tariff | None, float | None]:
        self._settle()
        listed = LISTED_PROVIDERS.get(provider)
        if self._list is None or listed is None:
            return None, None
        try:
            context = dict.fromkeys(("service_tier", "processing", "speed"), tier) if tier else None
            found = self._list.calc_price(
                self._list.Usage(input_tokens=0), model, provider_id=listed, price_context=context
            )
        except LookupError:
            return None, None
        until = time.monotonic() + _CONDITIONAL_SECONDS if isinstance(found.model.prices, list) else None
        return _tariff(found.model_price), until

    def _load(self) -> None:
        try:
            self._list = importlib.import_module(_LIST)
        except ModuleNotFoundError:
            _log.info("what calls of models cost is unknown: pip install 'tachograph[prices]'")
        except Exception:  # noqa: BLE001 - nothing of ours may reach the application
            HUB.failed(f"importing {_LIST}")

    def _settle(self) -> None:
        loading = self._loading
        if loading is None:
            self.expect()
            loading = self._loading
        if loading is not None and loading is not threading.current_thread():
            loading.join()

    def _forked(self) -> None:
        self._lock = threading.Lock()

    def _read_file(self) -> None:
        settings = self._settings = HUB.settings
        path = None if settings is None else settings.llm.prices_file
        self._from_file = {}
        if path is None:
            return
        try:
            for model, prices in _parse(Path(path)).items():
                self._from_file[model] = own_tariff(prices)
        except (OSError, ValueError) as error:
            _log.warning("TACHOGRAPH_LLM_PRICES=%s: %s; going on without the rest of it", path, error)


def _parse(path: Path) -> dict[str, Mapping[str, Any]]:
    text = path.read_text()
    parsed = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    tables = parsed.values() if isinstance(parsed, dict) else (parsed,)
    for table in tables:
        if not isinstance(table, dict):
            raise ValueError(f"{table!r} is no table of prices")  # noqa: TRY004 - what is wrong is the file
    return dict(parsed)


def _tariff(listed: Any) -> Tariff:
    rates = {name: _rate(getattr(listed, key, None)) for name, key in _KEYS.items()}
    request = getattr(listed, "requests_kcount", None)
    return Tariff(**rates, request=float(request) / 1000 if request is not None else 0.0)


def _rate(price: Any) -> Rate | None:
    if price is None:
        return None
    if not hasattr(price, "tiers"):
        return ((-1, float(price)),)
    tiers = sorted(((tier.start, float(tier.price)) for tier in price.tiers), reverse=True)
    return (*tiers, (-1, float(price.base)))


PRICES = Prices()


def price(model: str, **prices: float) -> None:
    """Set what a model costs, in USD for a million tokens: input, output, cache_read, cache_write, reasoning.

    `model` is a model's name or provider/name; `*` stands for anything. ValueError says what is wrong.
    """
    PRICES.set(model, own_tariff(prices))
