"""No literal ever leaves, in no system's quoting, however broken or large the statement is."""

import random
import time

import pytest

from tachograph.sql.dialect import dialect_of
from tachograph.sql.sanitizer import sanitized
from tachograph.sql.statement import READ_LIMIT, TEXT_LIMIT, Statements

POSTGRESQL = {
    r"SELECT E'it\'s secret', 1": "SELECT ?, ?",
    "SELECT N'secret', X'5EC2E7', B'101', U&'secret', u&'secret'": "SELECT ?, ?, ?, ?, ?",
    "SELECT $$secret 'and' $1$$, $tag$ secret $$ $tag$, $1::int, $2": "SELECT ?, ?, $1::int, $2",
    "SELECT a$1, b$ FROM t$x WHERE c = $1": "SELECT a$1, b$ FROM t$x WHERE c = $1",
    "SELECT 'a' 'b'\n'c'": "SELECT ? ?\n?",
    "SELECT a[1:2], a[3], data->0, data->>'secret', x @> '{}'": "SELECT a[?:?], a[?], data->?, data->>?, x @> ?",
    "SELECT 1_000, 0b11, 0o17, 1.5e+10, 5%2, 6/3": "SELECT ?, ?, ?, ?, ?%?, ?/?",
    "SELECT date '2026-01-01', interval '1 day', now()": "SELECT date ?, interval ?, now()",
    'SELECT TRUE, false, istrue, t.true, "false" FROM t': 'SELECT ?, ?, istrue, t.true, "false" FROM t',
    "SELECT 1 /* outer /* inner 'x' */ still 'secret' */, 2": "SELECT ? , ?",
    "SELECT 1 /* open /* 'secret' */ not closed": "SELECT ?",
    "SELECT 1 -- secret\n, 2 -- 'secret": "SELECT ? \n, ?",
    "SELECT 'secret": "SELECT ?",
    "SELECT $q$ secret": "SELECT ?",
    'SELECT "secret': "SELECT ?",
    'SELECT "a""b", "c d".e FROM "t"': 'SELECT "a""b", "c d".e FROM "t"',
    "SELECT '--', '/*', '\"', 1": "SELECT ?, ?, ?, ?",
    "SELECT 1--1": "SELECT ?",
    "SELECT '\x00\x01\ud800', 'ß', 'İ', \"é\" FROM \"ß\"": 'SELECT ?, ?, ?, "é" FROM "ß"',
    "SELECT * FROM t WHERE a IN (1, 2,3) AND (b, c) IN ((1, 2), (3, 4))": (
        "SELECT * FROM t WHERE a IN (?) AND (b, c) IN ((?, ?))"
    ),
    "INSERT INTO t VALUES (1, 'a', now()), (2, 'b', now())": "INSERT INTO t VALUES (?, ?, now())",
    "SELECT %s, %(name)s, :name, ?, @p1": "SELECT %s, %(name)s, :name, ?, @p1",
}
OTHERS = [
    (
        "mysql",
        "SELECT `a` FROM t WHERE n = \"sec\\\"ret\" # secret\n AND y = 'it\\'s'",
        "SELECT `a` FROM t WHERE n = ? \n AND y = ?",
    ),
    ("mysql", "SELECT 'sec\\'ret', 'secret\\", "SELECT ?, ?"),
    ("mariadb", 'SELECT "secret"', "SELECT ?"),
    ("sqlite", 'SELECT "t"."a", [b c] FROM "t" WHERE name = "secret"', 'SELECT "t"."a", [b c] FROM "t" WHERE name = ?'),
    ("sqlite", 'UPDATE "t" SET "a" = "secret" WHERE ?1 = :2', 'UPDATE "t" SET "a" = ? WHERE ?1 = :2'),
    ("sqlite", "SELECT x'5EC2E7', [secret", "SELECT ?, ?"),
    (
        "microsoft.sql_server",
        "SELECT [a 1] FROM [dbo].[t] WHERE x = N'secret'",
        "SELECT [a 1] FROM [dbo].[t] WHERE x = ?",
    ),
    ("oracle.db", "SELECT q'[it's secret]', nq'{a'secret}', Q'!it's secret!', a", "SELECT q?, nq?, Q?, a"),
    ("oracle.db", "SELECT q'(not 'secret", "SELECT q?"),
    ("other_sql", "SELECT 'C:\\', 'secret'", "SELECT ?, ?"),
]


@pytest.mark.parametrize("text", POSTGRESQL)
def test_postgresqls_literals(text: str) -> None:
    assert Statements("postgresql").of(text).text == POSTGRESQL[text]


@pytest.mark.parametrize(("system", "text", "expected"), OTHERS)
def test_literals_of_other_systems(system: str, text: str, expected: str) -> None:
    assert Statements(system).of(text).text == expected


PIECES = {
    "postgresql": (
        ["'{}'", "'it''s {}'", "E'\\'{}'", "$${}$$", "$x${}$x$", "/* {} */", "/* /* {} */ {} */", "-- {}\n", "U&'{}'"],
        ['"name"', "t1", "$1", ",", "(", ")", "=", "+", "1", "SELECT", "FROM", "IN", ";", ".", "::int", "\n"],
    ),
    "sqlite": (
        ["'{}'", "= '{}'", '= "{}"', "X'{}'", "/* {} */", "-- {}\n"],
        ["[name]", "t1", "?1", ",", "(", ")", "=", "1", "SELECT", "FROM t", "IN", ";", "\n"],
    ),
    "mysql": (
        ["'{}'", "'\\'{}'", '"{}"', '"\\"{}"', "# {}\n", "/* {} */", "-- {}\n"],
        ["`name`", "t1", "?", ",", "(", ")", "=", "1", "SELECT", "FROM", "IN", ";", "\n"],
    ),
}


@pytest.mark.parametrize("system", PIECES)
def test_no_literal_leaves_whatever_stands_beside_it(system: str) -> None:
    choice = random.Random(6)
    literals, others = PIECES[system]
    statements = Statements(system)
    leaked = []
    for _ in range(5000):
        pieces = [choice.choice(literals if choice.random() < 0.4 else others) for _ in range(12)]
        text = " ".join(pieces).replace("{}", "secret 5ec2e7")
        read = statements.of(text)
        if "secret" in f"{read.text}{read.summary}{read.collection}" or "5ec2e7" in read.text:
            leaked.append(text)
        cut = text[: choice.randrange(1, len(text))]
        if "secret" in statements.of(cut).text:
            leaked.append(cut)
    assert leaked == []


HUGE = {
    "one list": "SELECT * FROM t WHERE id IN (" + ",".join(map(str, range(150_000))) + ")",
    "many rows": "INSERT INTO t VALUES " + ",".join(f"({n}, 'secret {n}', now())" for n in range(40_000)),
    "one string": "SELECT '" + "secret" * 170_000 + "'",
    "open parentheses": "(" * 1_000_000,
    "closed parentheses": ")" * 1_000_000,
    "quotes": "'" * 1_000_001,
    "double quotes": '"' * 1_000_001,
    "backticks": "`" * 1_000_001,
    "open comments": "/*" * 500_000,
    "minus": "-" * 1_000_000,
    "dollars": "$" * 1_000_000,
    "tags": "$a$" * 333_333,
    "backslashes": "E'\\" * 333_333,
    "numbers": "1e" * 500_000,
    "points": "a.b." * 250_000,
    "operations": "SELECT " * 150_000,
    "tables": "SELECT 1 FROM " + "a, " * 330_000,
    "common tables": "WITH a AS (" * 90_000,
    "lists": "IN (1," * 170_000,
    "rows": "(1)," * 250_000,
    "sorted": "ORDER BY (" * 100_000,
    "definitions": "CREATE " * 150_000,
    "binary": "\x00\xff\ud800" * 300_000,
    "word": "x" * 1_000_000,
}


@pytest.mark.parametrize("what", HUGE)
@pytest.mark.parametrize("system", ["postgresql", "sqlite", "mysql"])
def test_a_megabyte_is_read_in_no_time_and_kept_in_little(what: str, system: str) -> None:
    statements = Statements(system)
    started = time.thread_time()
    read = statements.of(HUGE[what])
    assert (time.thread_time() - started < 0.25, len(read.text) <= TEXT_LIMIT + 3, len(read.summary) <= 255) == (
        True,
        True,
        True,
    )


def test_no_expression_needs_more_than_linear_time() -> None:
    for system in PIECES:
        for what, text in HUGE.items():
            started = time.thread_time()
            sanitized(text[:150_000], dialect_of(system))
            assert (system, what, time.thread_time() - started < 0.5) == (system, what, True)


def test_statements_that_differ_in_literals_alone_are_one() -> None:
    statements = Statements("postgresql")
    first, second = (statements.of(f"SELECT * FROM t WHERE id = {number}") for number in (1, 2))
    assert first is second


def test_a_long_statement_is_known_again_without_being_kept() -> None:
    statements = Statements("postgresql")
    text = "SELECT 1 FROM t WHERE x IN (" + "1," * READ_LIMIT + "1)"
    assert statements.of(text) is statements.of("".join(list(text)))


SAME = [
    "select * from t where id in ($1, $2) and name = $3",
    "SELECT *  FROM t WHERE id IN ($1,$2,$3)\n AND name = $4",
    "SELECT * FROM t WHERE id IN (%s) AND name = %(name)s",
    "SELECT * FROM t WHERE id IN (1, 2, 3) AND name = 'x' -- note",
    "SELECT * FROM t WHERE id IN (:a, :b) AND name = :name",
]


def test_a_fingerprint_is_the_same_for_what_reads_the_same() -> None:
    statements = Statements("postgresql")
    others = [f"{SAME[0]} AND more", "SELECT * FROM u WHERE id IN ($1) AND name = $2", "SELECT a::int FROM t"]
    prints = {statements.of(text).fingerprint for text in SAME}
    assert (len(prints), len(prints | {statements.of(text).fingerprint for text in others})) == (1, 4)


FINDINGS = {
    "SELECT * FROM t WHERE id = $1": ("select_star",),
    "SELECT t.* FROM t WHERE id = $1": ("select_star",),
    "SELECT DISTINCT * FROM t WHERE id = $1": ("select_star",),
    "SELECT count(*) FROM t WHERE id = $1": (),
    "SELECT a FROM t WHERE EXISTS (SELECT * FROM u WHERE u.id = t.id)": (),
    "SELECT a FROM t": ("select_without_where",),
    "SELECT a FROM t LIMIT 10": (),
    "SELECT now()": (),
    "SELECT * FROM generate_series(1, 10)": ("select_star",),
    "SELECT a FROM t WHERE b ORDER BY c": ("order_by_without_limit",),
    "SELECT a FROM t WHERE b ORDER BY c LIMIT 10": (),
    "SELECT a FROM t WHERE b ORDER BY c FETCH FIRST 10 ROWS ONLY": (),
    "SELECT a, rank() OVER (ORDER BY c) FROM t WHERE b": (),
    "SELECT a FROM (SELECT a FROM t WHERE b ORDER BY c LIMIT 1) x": ("select_without_where",),
    "SELECT a FROM t WHERE name LIKE '%x'": ("leading_wildcard",),
    "SELECT a FROM t WHERE name ILIKE '%' || $1": ("leading_wildcard",),
    "SELECT a FROM t WHERE name LIKE 'x%'": (),
    "UPDATE t SET a = 1": (),
    "INSERT INTO t SELECT * FROM u": ("select_star",),
}


@pytest.mark.parametrize("text", FINDINGS)
def test_what_is_said_against_a_statement(text: str) -> None:
    assert Statements("postgresql").of(text).findings == FINDINGS[text]


READING = {
    "SELECT 1": True,
    "SELECT a FROM t;": True,
    "SELECT a FROM t; DELETE FROM t": False,
    "SELECT a INTO n FROM t": False,
    "SELECT a FROM t FOR UPDATE": False,
    "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x": False,
    "WITH x AS (SELECT 1) SELECT * FROM x": True,
    "EXPLAIN SELECT 1": False,
    "INSERT INTO t VALUES (1)": False,
    "BEGIN": False,
}


@pytest.mark.parametrize("text", READING)
def test_which_statements_only_read(text: str) -> None:
    assert Statements("postgresql").of(text).only_reads() is READING[text]
