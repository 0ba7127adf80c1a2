"""A report: its facts, and what follows from them."""

from dataclasses import dataclass

from ..live.tables import LLM
from ..past.source import Source
from ..past.window import Window
from ..rules.settings import Settings
from .advice import recommendations
from .facts import Facts, gather
from .models import Compared, by_model, by_provider
from .recommendation import Recommendation
from .score import Score, score
from .statements import Statement, statements
from .trend import Trend, trends


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the formats show."""

    name: str
    facts: Facts
    score: Score
    score_before: Score | None
    trends: tuple[Trend, ...]
    models: tuple[Compared, ...]
    providers: tuple[Compared, ...]
    statements: tuple[Statement, ...]
    recommendations: tuple[Recommendation, ...]

    @property
    def cost(self) -> float:
        """What models cost in the period."""
        return sum(one.cost for one in self.providers)

    @property
    def cost_before(self) -> float | None:
        """What they cost in the period before; None where nothing is known of it."""
        if self.facts.before is None:
            return None
        return sum(row.extras.get("cost_usd", 0.0) for row in self.facts.before.rows[LLM])


def write(source: Source, window: Window, name: str, limits: Settings | None = None) -> Report:
    """Return the report about a window at a user's limits; raise PastError, NothingFound where nothing was measured."""
    facts = gather(source, window, limits)
    scored = score(facts.now, facts.targets)
    return Report(
        name=name,
        facts=facts,
        score=scored,
        score_before=score(facts.before, facts.targets) if facts.before else None,
        trends=tuple(trends(facts)),
        models=tuple(by_model(facts.now.rows[LLM])),
        providers=tuple(by_provider(facts.now.rows[LLM])),
        statements=tuple(statements(facts)),
        recommendations=tuple(recommendations(facts, scored)),
    )
