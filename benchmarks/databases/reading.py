"""Reading statements: what a text costs that was never seen, that differs in literals alone, and that is known."""

import random
import time
from collections.abc import Callable, Sequence
from statistics import median

from tachograph.sql.dialect import dialect_of
from tachograph.sql.sanitizer import sanitized
from tachograph.sql.statement import Statements

_SYSTEM = "postgresql"
_COLUMNS = ("id", "user_id", "content", "embedding", "created_at", "updated_at", "importance", "is_deleted", "source")
Statement = Callable[[random.Random, str], str]


def _orm(chance: random.Random, name: str) -> str:
    columns = ", ".join(f"{name}.{column} AS {name}_{column}" for column in _COLUMNS)
    return (
        f"SELECT {columns}, users_1.name AS users_1_name \nFROM {name} LEFT OUTER JOIN users AS users_1 ON"
        f" users_1.id = {name}.user_id \nWHERE {name}.user_id = {chance.randrange(10**6)} AND {name}.created_at >="
        f" '2026-{chance.randrange(1, 13):02}-01 00:00:00' AND {name}.is_deleted IS false ORDER BY {name}.created_at"
        f" DESC \n LIMIT {chance.randrange(100)} OFFSET 0"
    )


def _placeholders(_chance: random.Random, name: str) -> str:
    columns = ", ".join(f"{name}.{column}" for column in _COLUMNS)
    return f"SELECT {columns} \nFROM {name} \nWHERE {name}.user_id = $1::UUID AND {name}.id IN ($2::UUID, $3::UUID)"


def _short(chance: random.Random, name: str) -> str:
    return f"SELECT content FROM {name} WHERE id = {chance.randrange(10**9)}"


def _update(chance: random.Random, name: str) -> str:
    text = " ".join(chance.choices(("memory", "it''s", "context", "agent", "2026"), k=12))
    return (
        f"UPDATE {name} SET content = '{text}', importance = {chance.random():.3f} WHERE id = {chance.randrange(10**9)}"
    )


def _insert(chance: random.Random, name: str) -> str:
    rows = ", ".join(f"({chance.randrange(10**6)}, 'user {chance.random()}', {chance.random():.5f})" for _ in range(20))
    return f"INSERT INTO {name} (user_id, content, importance) VALUES {rows} ON CONFLICT (id) DO NOTHING"


def _in_list(chance: random.Random, name: str) -> str:
    return f"SELECT id, content FROM {name} WHERE id IN ({', '.join(str(chance.randrange(10**6)) for _ in range(100))})"


def _report(chance: random.Random, name: str) -> str:
    return (
        f"WITH recent AS (SELECT user_id, count(*) AS calls, avg(importance) AS mean FROM {name} WHERE"
        f" created_at > now() - interval '{chance.randrange(90)} days' GROUP BY user_id HAVING count(*) >"
        f" {chance.randrange(50)}),\nranked AS (SELECT r.user_id, r.calls, r.mean, row_number() OVER"
        " (PARTITION BY r.user_id ORDER BY r.calls DESC) AS place FROM recent AS r)\n"
        "SELECT u.id, u.name, ranked.calls, ranked.mean, coalesce(o.title, 'none') FROM ranked JOIN users AS u"
        f" ON u.id = ranked.user_id LEFT JOIN organisations AS o ON o.id = u.organisation_id WHERE ranked.place <="
        f" {chance.randrange(10)} AND EXISTS (SELECT 1 FROM sessions AS s WHERE s.user_id = u.id AND s.state = 'open')"
        f" ORDER BY ranked.calls DESC LIMIT {chance.randrange(100)}"
    )


_KINDS: tuple[Statement, ...] = (_orm, _placeholders, _short, _update, _insert, _in_list, _report)


def table(*, rounds: int) -> list[str]:
    """Return the table's lines."""
    kinds, dialect = len(_KINDS), dialect_of(_SYSTEM)
    new = [_texts(number, names=True) for number in range(rounds)]
    alike = [_texts(number, names=False) for number in range(rounds)]
    seen = Statements(_SYSTEM)
    for texts in alike:
        seen.of(texts[0])
    mean = sum(map(len, new[0])) / len(new[0])
    known = seen_again(rounds=rounds)
    return [
        "",
        "## A statement's text",
        "",
        f"{len(new[0])} statements of {kinds} kinds, {mean:.0f} characters on average: of an ORM with and without",
        "placeholders, short, with twenty rows, with a list of a hundred, a report's. Medians, CPU time.",
        "",
        "| | MB/s | us a statement |",
        "| --- | ---: | ---: |",
        _row("literals taken out", new, lambda text: sanitized(text, dialect)),
        _row("read in full, other literals in a statement that was read", alike, seen.of),
        _row("read in full, never seen: with summary, fingerprint and findings", new, Statements(_SYSTEM).of),
        f"| known | | {known:.2f} |",
    ]


def seen_again(*, rounds: int) -> float:
    """Return the microseconds that a statement takes whose text is known."""
    statements, text = Statements(_SYSTEM), _orm(random.Random(1), "memories")

    def again() -> float:
        began = time.process_time_ns()
        for _ in range(10_000):
            statements.of(text)
        return (time.process_time_ns() - began) / 10_000 / 1e3

    return median(again() for _ in range(rounds))


def _texts(seed: int, *, names: bool) -> list[str]:
    chance = random.Random(seed)
    return [
        kind(chance, f"{chance.choice('abcdefgh')}_{chance.randrange(10**6)}" if names else "memories")
        for _ in range(20)
        for kind in _KINDS
    ]


def _row(name: str, rounds: Sequence[Sequence[str]], read: Callable[[str], object]) -> str:
    taken, sizes = [], []
    for texts in rounds:
        began = time.process_time_ns()
        for text in texts:
            read(text)
        taken.append((time.process_time_ns() - began) / 1e9)
        sizes.append(sum(map(len, texts)))
    speed = median(size / seconds / 1e6 for size, seconds in zip(sizes, taken, strict=True))
    return f"| {name} | {speed:.1f} | {median(taken) / len(rounds[0]) * 1e6:.1f} |"
