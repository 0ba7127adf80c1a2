"""What operations cost: an outer operation's cost has that of the inner ones in it; who stands aside pays nothing."""

import pytest

import tachograph
from tests.fixtures.providers import openai as wire
from tests.fixtures.providers.server import ScriptedProvider
from tests.fixtures.telemetry import seeing

from .test_openai import sync_create


@pytest.mark.parametrize("way", ["lean", "sdk"])
def test_a_call_of_a_model_costs_the_operations_around_it(
    way: str, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TACHOGRAPH_LLM_PROVIDERS", f"127.0.0.1:{provider.port}=openai")
    provider.script(wire.chat(), wire.chat())
    with seeing(way) as telemetry:
        with tachograph.operation("request"):
            with tachograph.operation("answer"):
                sync_create(provider)
            with tachograph.operation("aside"):
                pass
            sync_create(provider)
        costs = {
            str(point.labels["tachograph.operation.name"]): point.sum
            for point in telemetry.points("tachograph.operation.cost.usd")
        }
        paid = sum(point.sum for point in telemetry.points("tachograph.gen_ai.client.cost.usd"))
    assert costs == {"request": pytest.approx(paid), "answer": pytest.approx(paid / 2)}
    assert paid > 0
