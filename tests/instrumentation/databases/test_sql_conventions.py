"""Statements as the semantic conventions want them: their SQL test cases the examples of their text, and our own."""

import pytest

from tachograph.sql.statement import Statements

# (statement, db.query.text or the choices there are, db.query.summary): docs/non-normative/database-test-cases of
# open-telemetry/semantic-conventions, each case by its name there.
CASES: dict[str, tuple[str, str | tuple[str, ...], str]] = {
    "numeric_literal_integers": ("SELECT 12, -12, +12", "SELECT ?, ?, ?", "SELECT"),
    "numeric_literal_with_decimal_point": (
        "SELECT 12.34, -12.34, +12.34, .01, -.01",
        "SELECT ?, ?, ?, ?, ?",
        "SELECT",
    ),
    "numeric_literal_exponential": ("SELECT 12.34e56, -12.34e56, +12.34e56", "SELECT ?, ?, ?", "SELECT"),
    "numeric_literal_negative_exponential": ("SELECT 12.34e-56, -12.34e-56, +12.34e-56", "SELECT ?, ?, ?", "SELECT"),
    "arithmetic_on_numeric_literals": ("SELECT 99+100", "SELECT ??", "SELECT"),
    "hex_literal": ("SELECT 0xDEADBEEF, 0XdeadBEEF", "SELECT ?, ?", "SELECT"),
    "string_literal": ("SELECT 'hello'", "SELECT ?", "SELECT"),
    "string_literal_escaped_single_quote": ("SELECT 'My name''s not important'", "SELECT ?", "SELECT"),
    "string_with_embedded_newline": ("SELECT 'My name is \n not important'", "SELECT ?", "SELECT"),
    "numbers_in_identifiers": (
        "SELECT c3po, r2d2 FROM covid19 WHERE n1h1=1234",
        "SELECT c3po, r2d2 FROM covid19 WHERE n1h1=?",
        "SELECT covid19",
    ),
    "periods_in_identifiers": (
        "SELECT a FROM dbo.Table JOIN dbo.AnotherTable",
        "SELECT a FROM dbo.Table JOIN dbo.AnotherTable",
        "SELECT dbo.Table dbo.AnotherTable",
    ),
    "insert_into": (
        "INSERT INTO X VALUES(1, 23456, 123.456, 99+100)",
        "INSERT INTO X VALUES(?, ?, ?, ??)",
        "INSERT X",
    ),
    "uuid": ("SELECT { guid '01234567-89ab-cdef-0123-456789abcdef' }", "SELECT { guid ? }", "SELECT"),
    "in_clause": (
        "SELECT * FROM table WHERE value IN (123, 456, 'abc')",
        ("SELECT * FROM table WHERE value IN (?)", "SELECT * FROM table WHERE value IN (?, ?, ?)"),
        "SELECT table",
    ),
    "comments": (
        "SELECT column -- end of line comment\nFROM /* block \n comment */ table",
        "SELECT column \nFROM  table",
        "SELECT table",
    ),
    "insert_into_select": (
        "INSERT INTO shipping_details\n(order_id,\naddress)\nSELECT order_id,\n"
        "address\nFROM   orders\nWHERE  order_id = 1",
        "INSERT INTO shipping_details\n(order_id,\naddress)\nSELECT order_id,\n"
        "address\nFROM   orders\nWHERE  order_id = ?",
        "INSERT shipping_details SELECT orders",
    ),
    "select_nested_query": (
        "SELECT order_date\nFROM   (SELECT *\nFROM   orders o\nJOIN customers c\nON o.customer_id = c.customer_id)",
        "SELECT order_date\nFROM   (SELECT *\nFROM   orders o\nJOIN customers c\nON o.customer_id = c.customer_id)",
        "SELECT SELECT orders customers",
    ),
    "select_nested_query_case_preserved": (
        "SELEcT order_date\nFROM   (sELECT *\nFROM   orders o\nJOIN customers c\nON o.customer_id = c.customer_id)",
        "SELEcT order_date\nFROM   (sELECT *\nFROM   orders o\nJOIN customers c\nON o.customer_id = c.customer_id)",
        "SELEcT sELECT orders customers",
    ),
    "case_preserved": (
        "SELEcT order_date\nFROM ORders",
        "SELEcT order_date\nFROM ORders",
        "SELEcT ORders",
    ),
    "cross_join": (
        "SELECT * FROM Orders o CROSS JOIN OrderDetails od",
        "SELECT * FROM Orders o CROSS JOIN OrderDetails od",
        "SELECT Orders OrderDetails",
    ),
    "cross_join_comma_separated_syntax": (
        "SELECT * FROM Orders o, OrderDetails od",
        "SELECT * FROM Orders o, OrderDetails od",
        "SELECT Orders OrderDetails",
    ),
    "create_table": (
        "CREATE  TABLE MyTable (\n    ID NOT NULL IDENTITY(1,1) PRIMARY KEY\n)",
        "CREATE  TABLE MyTable (\n    ID NOT NULL IDENTITY(?,?) PRIMARY KEY\n)",
        "CREATE TABLE MyTable",
    ),
    "alter_table": (
        "ALTER  TABLE MyTable ADD Name varchar(255)",
        "ALTER  TABLE MyTable ADD Name varchar(?)",
        "ALTER TABLE MyTable",
    ),
    "drop_table": ("DROP  TABLE MyTable", "DROP  TABLE MyTable", "DROP TABLE MyTable"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_case_of_the_conventions(name: str) -> None:
    text, expected, summary = CASES[name]
    statement = Statements("other_sql").of(text)
    assert (statement.text in ((expected,) if isinstance(expected, str) else expected), statement.summary) == (
        True,
        summary,
    )


# What a statement is called, and the table that its calls are counted by.
SUMMARIES = {
    "SELECT * FROM wuser_table WHERE username = ?": ("SELECT wuser_table", "wuser_table"),
    "SELECT * FROM songs, artists WHERE songs.artist_id == artists.id": ("SELECT songs artists", None),
    'SELECT * FROM "song list"': ('SELECT "song list"', "song list"),
    'SELECT "u"."from" FROM "public"."users" AS "u"': ('SELECT "public"."users"', "public.users"),
    "call some_stored_procedure(1)": ("call some_stored_procedure", None),
    "INSERT INTO a (x) VALUES ($1) ON CONFLICT (x) DO UPDATE SET x = 2 RETURNING x": ("INSERT a", "a"),
    "INSERT OR REPLACE INTO t VALUES (1)": ("INSERT t", "t"),
    "REPLACE INTO t VALUES (1)": ("REPLACE t", "t"),
    "SELECT replace(a, 'x', 'y') FROM t": ("SELECT t", "t"),
    "UPDATE ONLY t SET a = 1 FROM u WHERE t.id = u.id": ("UPDATE t u", "t"),
    "DELETE FROM t USING u WHERE t.id = u.id": ("DELETE t u", "t"),
    "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET x = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)": (
        "MERGE t s",
        "t",
    ),
    "SELECT * FROM a LEFT JOIN b USING (id) FOR UPDATE": ("SELECT a b", None),
    "SELECT EXTRACT(EPOCH FROM ts) FROM t WHERE a IS DISTINCT FROM b": ("SELECT t", "t"),
    "SELECT trim(BOTH 'x' FROM name) FROM t": ("SELECT t", "t"),
    "SELECT u.update, u.from FROM t u": ("SELECT t", "t"),
    "SELECT count(*)FROM(SELECT 1 FROM t)x": ("SELECT SELECT t", "t"),
    "SELECT * FROM search_memories($1, 10) m": ("SELECT search_memories", None),
    "WITH recent AS (SELECT * FROM events) SELECT * FROM recent": ("SELECT events SELECT recent", "events"),
    "WITH x AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM x": ("DELETE a INSERT b SELECT x", "b"),
    "(SELECT 1 FROM a) UNION (SELECT 2 FROM a)": ("SELECT a SELECT a", "a"),
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t USING btree (a)": ("CREATE INDEX i", None),
    "CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ DELETE FROM x $$": ("CREATE FUNCTION f", None),
    "CREATE TABLE IF NOT EXISTS x AS SELECT * FROM y": ("CREATE TABLE x SELECT y", "x"),
    "CREATE TABLE t (a int REFERENCES b ON DELETE CASCADE ON UPDATE SET NULL)": ("CREATE TABLE t", "t"),
    "CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()": ("CREATE TRIGGER g", None),
    "COPY t (a, b) FROM STDIN": ("COPY t", "t"),
    "COPY (SELECT * FROM t) TO STDOUT": ("COPY SELECT t", "t"),
    "TRUNCATE TABLE a": ("TRUNCATE a", "a"),
    "EXPLAIN ANALYZE SELECT * FROM t": ("EXPLAIN SELECT t", "t"),
    "DECLARE c CURSOR FOR SELECT * FROM t": ("DECLARE SELECT t", "t"),
    "GRANT SELECT ON t TO u": ("GRANT", None),
    "SET search_path = 'secret'": ("SET", None),
    "PRAGMA user_version = 7": ("PRAGMA", None),
    "BEGIN; UPDATE a SET x = 1; COMMIT": ("BEGIN UPDATE a COMMIT", "a"),
    "-- only a comment": ("", None),
    " ;; ": ("", None),
    "": ("", None),
}


@pytest.mark.parametrize("text", SUMMARIES)
def test_what_a_statement_is_called(text: str) -> None:
    statement = Statements("postgresql").of(text)
    assert (statement.summary, statement.collection) == SUMMARIES[text]


def test_a_summary_is_cut_between_names() -> None:
    tables = [f"a_rather_long_name_{number}" for number in range(30)]
    summary = Statements("postgresql").of(f"SELECT 1 FROM {', '.join(tables)}").summary
    assert (len(summary) <= 255, summary.split()) == (True, ["SELECT", *tables[: len(summary.split()) - 1]])


CONTROL = {
    "BEGIN": "begin",
    "START TRANSACTION ISOLATION LEVEL SERIALIZABLE": "begin",
    "COMMIT;": "commit",
    "END": "commit",
    "ROLLBACK": "rollback",
    "ROLLBACK TO SAVEPOINT a": "inner",
    "SAVEPOINT a": "inner",
    "RELEASE SAVEPOINT a": "inner",
    "BEGIN; UPDATE a SET x = 1": None,
    "SELECT 1": None,
}


@pytest.mark.parametrize("text", CONTROL)
def test_what_a_statement_does_to_its_transaction(text: str) -> None:
    assert Statements("postgresql").of(text).transaction == CONTROL[text]
