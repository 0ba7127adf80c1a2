"""A comparison of clients' calls: bare, with OpenTelemetry's own instrumentor, with others, and with Tachograph."""

from collections.abc import Sequence
from dataclasses import dataclass

from .exporter.machine import description
from .peers import CHECKOUT, Peer
from .rounds import Added, Variant, added, receiver

_LIVES, _ROUNDS, _CALLS = 14, 3, 1_000
_PROVIDERS, _LEAN = "Tachograph, the application's providers", "Tachograph, its own pipeline"


@dataclass(frozen=True)
class Scenario:
    """One call that is compared."""

    name: str
    title: str


@dataclass(frozen=True)
class Comparison:
    """A benchmark: who takes part, and what its workers are given beside (addresses of servers)."""

    package: str
    reference: Peer
    others: tuple[Peer, ...]
    ours: Peer
    addresses: tuple[str, ...]
    quick: bool

    def write(self, title: str, scenarios: Sequence[Scenario], *, keep: bool, more: Sequence[str] = ()) -> None:
        """Measure, print, and write the page of results where all was measured in full; `more` are lines at its end."""
        lines = [*self._head(title)]
        for scenario in scenarios:
            lines += self._table(scenario)
        text = "\n".join((*lines, *more, ""))
        print(text)
        if keep and not self.quick:
            (CHECKOUT / "benchmarks" / "results" / f"{self.package}.md").write_text(text)

    def _head(self, title: str) -> list[str]:
        peers = (self.reference, *self.others)
        versions = ", ".join(f"{peer.name} {peer.version}" for peer in peers)
        names = [name.partition("[")[0] for name in self.ours.measured]
        told = [f"{name} {version}" for name, version in zip(names, self.ours.libraries, strict=True)]
        older = "".join(
            f" ({each.name}: {', '.join(each.libraries)})" for each in peers if each.libraries != self.ours.libraries
        )
        return [
            f"# {title}",
            "",
            description(),
            "",
            f"{versions}; each as it is when nothing is set,",
            f"in an environment of its own with {', '.join(told)}{older}.",
            "",
            "Added CPU time of the client's whole process, background threads included, over the same call bare:",
            f"medians of paired rounds of {_CALLS:,} calls in which all take turns, and medians of the rounds' ratios.",
            f"One process differs from the next by microseconds a call, so each variant has {_LIVES} in turn,",
            f"of {_ROUNDS} rounds. glibc keeps its memory: asyncio receives into 256 KiB, which are else",
            "mapped anew for each answer, or not, as the heap lies. Clients and servers share one core: to wake",
            "another costs more than what is compared. `kept`: telemetry stays in the process; `sent`: it is sent",
            "by OTLP/HTTP (ddtrace: to its agent, always) after every round, and the sending is included.",
            f"`python -m benchmarks.{self.package}` makes the environments and writes this page.",
        ]

    def _table(self, scenario: Scenario) -> list[str]:
        kept, sent = self._measured(scenario, "keep"), self._measured(scenario, "export")
        name = self.reference.name
        rows = [
            f"| {each} | {kept.microseconds(each):.1f} | {kept.share(each, name):.2f} "
            f"| {sent.microseconds(each):.1f} | {sent.share(each, name):.2f} |"
            for each in sent.by_name
        ]
        head = "| | kept, us | of OpenTelemetry's | sent, us | of OpenTelemetry's |"
        bare = f"Bare: {sorted(kept.bare)[len(kept.bare) // 2] * 1e6:.1f} us."
        return ["", f"## {scenario.title}", "", bare, "", head, "| --- | ---: | ---: | ---: | ---: |", *rows]

    def _measured(self, scenario: Scenario, mode: str) -> Added:
        def command(peer: Peer, make: str) -> tuple[str, ...]:
            worker = (peer.python(), "-W", "ignore", "-m", f"benchmarks.{self.package}.worker")
            return (*worker, make, scenario.name, endpoint, mode, *self.addresses)

        def bare(peer: Peer) -> tuple[str, ...]:
            alike = next(each for each in (self.ours, self.reference, *self.others) if each.libraries == peer.libraries)
            return command(alike, "bare")

        with receiver() as endpoint:
            rows = [(peer.name, peer, peer.make) for peer in (self.reference, *self.others)]
            rows += [(_PROVIDERS, self.ours, "tachograph_providers"), (_LEAN, self.ours, "tachograph_lean")]
            variants = [Variant(name, command(peer, make), bare(peer)) for name, peer, make in rows]
            return added(variants, rounds=_ROUNDS, calls=_CALLS, lives=2 if self.quick else _LIVES)
