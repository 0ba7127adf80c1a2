"""Prices: the list's own arithmetic is the oracle; the user's prices go first; what is unknown is never 0."""

import json
import random
import subprocess
import sys
from pathlib import Path

import genai_prices
import pytest
from genai_prices import data_snapshot

import tachograph
from tachograph.llm.prices import LISTED_PROVIDERS, Prices
from tachograph.llm.tariff import Tariff, own_tariff
from tachograph.llm.tokens import Usage
from tests.fixtures.providers import openai as wire
from tests.fixtures.providers.server import ScriptedProvider
from tests.fixtures.telemetry import seeing

from .expected import listed
from .test_openai import TOKENS, sync_create

KINDS = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok"}


def models() -> list[tuple[str, str, str]]:
    """Return (our provider, the list's provider, model) of all models that the list finds by their own names."""
    ours = {listed: provider for provider, listed in LISTED_PROVIDERS.items()}
    return [
        (ours[provider.id], provider.id, model.id)
        for provider in data_snapshot.get_snapshot().providers
        if provider.id in ours
        for model in provider.models
        if provider.find_model(model.id) is model
    ]


def test_every_model_of_the_list_costs_what_the_list_says() -> None:
    prices, chance = Prices(), random.Random(1)
    wrong = []
    for provider, listed_provider, model in models():
        read, written, fresh = (chance.choice((0, 7, 250_000)) for _ in range(3))
        hour = written // 3
        usage = Usage(fresh + read + written, chance.choice((1, 1000)), read, written, hour)
        counts = {"cache_read_tokens": read, "cache_write_tokens": written, "cache_write_1h_tokens": hour}
        asked = genai_prices.Usage(input_tokens=usage.input, output_tokens=usage.output, **counts)
        found = genai_prices.calc_price(asked, model, provider_id=listed_provider)
        kept = {key for key, price in found.model_price.__dict__.items() if price is not None}
        cost = prices.cost(provider, model, None, usage)
        if {"input_mtok", "output_mtok"} <= kept <= KINDS and cost != pytest.approx(float(found.total_price), rel=1e-9):
            wrong.append((provider, model, usage, cost, found.total_price))

    assert (len(models()) > 500, wrong) == (True, [])


def test_a_tier_has_its_own_price() -> None:
    prices, usage = Prices(), Usage(1000, 100)
    flex = float(
        genai_prices.calc_price(
            genai_prices.Usage(input_tokens=1000, output_tokens=100),
            "gpt-5",
            provider_id="openai",
            price_context={"service_tier": "flex"},
        ).total_price
    )

    assert prices.cost("openai", "gpt-5", "flex", usage) == pytest.approx(flex)
    assert prices.cost("openai", "gpt-5", None, usage) != pytest.approx(flex)


@pytest.mark.parametrize(
    ("provider", "model"), [("openai", "nobody-knows-it"), ("vllm", "gpt-4o"), ("openai_compatible", "gpt-4o")]
)
def test_what_is_unknown_has_no_cost(provider: str, model: str) -> None:
    assert Prices().cost(provider, model, None, Usage(1000, 100)) is None


def test_a_price_that_is_missing_for_some_tokens_makes_the_cost_unknown() -> None:
    tariff = own_tariff({"input": 1})

    assert (tariff.cost(Usage(1_000_000)), tariff.cost(Usage(1_000_000, 1))) == (1.0, None)


def test_cached_and_reasoning_tokens_cost_what_they_are_part_of_unless_priced() -> None:
    usage = Usage(3_000_000, 2_000_000, cache_read=1_000_000, cache_write=1_000_000, reasoning=1_000_000)
    plain = {"input": 1, "output": 10}

    assert own_tariff(plain).cost(usage) == 3 + 20
    assert (
        own_tariff({**plain, "cache_read": 0.1, "cache_write": 2, "reasoning": 5}).cost(usage) == 1 + 0.1 + 2 + 10 + 5
    )


def test_a_price_by_the_size_of_the_prompt_holds_for_all_its_tokens() -> None:
    tariff = Tariff(input=((200_000, 2.0), (-1, 1.0)), output=((200_000, 20.0), (-1, 10.0)))

    assert tariff.cost(Usage(200_000, 100_000)) == pytest.approx(0.2 + 1)
    assert tariff.cost(Usage(200_001, 100_000)) == pytest.approx(0.400002 + 2)


def test_the_users_own_prices_go_first() -> None:
    prices = Prices()
    prices.set("openai/gpt-4o*", own_tariff({"input": 100, "output": 0}))
    prices.set("llama*", own_tariff({"input": 0, "output": 0}))

    assert (
        prices.cost("openai", "gpt-4o-mini", None, Usage(1_000_000)),
        prices.cost("azure.ai.openai", "gpt-4o-mini", None, Usage(1_000_000)) != 100,
        prices.cost("ollama", "llama3.2", None, Usage(1_000_000, 5)),
    ) == (100.0, True, 0.0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"input": 1, "image": 2}, "unknown type of tokens 'image': there are cache_read, cache_write, "),
        ({"input": -1}, "input must be a price from 0 up, not -1"),
        ({"input": True}, "input must be a price from 0 up, not True"),
        ({"output": 1}, "a price for input is missing"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(given: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tachograph.price("mine", **given)


@pytest.mark.parametrize("suffix", ["json", "toml"])
def test_prices_come_from_a_file(
    suffix: str, tmp_path: Path, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / f"prices.{suffix}"
    own = {"openai/gpt-4o-mini*": {"input": 1000, "output": 0}}
    file.write_text(json.dumps(own) if suffix == "json" else '["openai/gpt-4o-mini*"]\ninput = 1000\noutput = 0\n')
    monkeypatch.setenv("TACHOGRAPH_LLM_PRICES", str(file))
    monkeypatch.setenv("TACHOGRAPH_LLM_PROVIDERS", f"127.0.0.1:{provider.port}=openai")
    provider.script(wire.chat())
    with seeing("lean") as telemetry:
        sync_create(provider)
        assert telemetry.spans[0].attributes["tachograph.gen_ai.cost.usd"] == pytest.approx(0.12)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting property name"),
        ('{"m": {"inptu": 1}}', "unknown type of tokens 'inptu'"),
        ('["m"]', "is no table of prices"),
        (None, "No such file"),
    ],
)
def test_a_bad_file_is_one_warning_and_the_list_goes_on(
    text: str | None,
    said: str,
    tmp_path: Path,
    provider: ScriptedProvider,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = tmp_path / "prices.json"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv("TACHOGRAPH_LLM_PRICES", str(file))
    monkeypatch.setenv("TACHOGRAPH_LLM_PROVIDERS", f"127.0.0.1:{provider.port}=openai")
    provider.script(wire.chat())
    with seeing("lean") as telemetry:
        sync_create(provider)
        sync_create(provider)
        cost = telemetry.spans[-1].attributes["tachograph.gen_ai.cost.usd"]
    warnings = [record.getMessage() for record in caplog.records if "TACHOGRAPH_LLM_PRICES" in record.getMessage()]

    assert (len(warnings), said in warnings[0], cost) == (1, True, pytest.approx(listed("openai", wire.MODEL, TOKENS)))


def test_the_budget_is_a_gauge_that_alerts_can_compare_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACHOGRAPH_LLM_BUDGET_USD", "12.50")
    with seeing("lean") as telemetry:
        assert [(point.labels, point.sum) for point in telemetry.points("tachograph.gen_ai.client.budget.usd")] == [
            ({}, 12.5)
        ]


def test_without_the_list_every_cost_is_unknown_and_nothing_is_imported() -> None:
    program = """
import sys
sys.modules["genai_prices"] = None
from tachograph.llm.prices import Prices
from tachograph.llm.tokens import Usage
assert Prices().cost("openai", "gpt-4o", None, Usage(1, 1)) is None
assert "pydantic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
