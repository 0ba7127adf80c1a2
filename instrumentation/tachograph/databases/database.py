"""Databases: one that statements are sent to, and the shapes of those statements, kept bounded."""

from collections.abc import Hashable, Mapping
from functools import partial

from .. import names
from ..model import Attributes, AttributeValue, Call, Outcome, Shape, Subject
from ..sql.neighbours import SYSTEMS, asked_for
from ..sql.statement import Statement, Statements
from . import metrics
from .searches import Search
from .statements import Account

_DATABASES_LIMIT = 100
_SHAPES_LIMIT = 2_000
_KEPT_LENGTH = 2_048


class StatementShape(Shape):
    """The shape of a statement's calls, with what is known of the statement; `search` where it looks for neighbours."""

    __slots__ = ("account", "search", "statement")

    def __init__(
        self, name: str, attributes: Mapping[str, AttributeValue], statement: Statement, account: Account
    ) -> None:
        super().__init__(DATABASE, name, attributes)
        self.statement = statement
        self.account = account
        self.search: Search | None = None


def _ended(call: Call, outcome: Outcome) -> None:
    shape = call.shape
    if isinstance(shape, StatementShape):
        shape.account.ended(call, outcome)


DATABASE = Subject(
    "db",
    metrics.DURATION,
    (
        names.DB_SYSTEM_NAME,
        names.DB_NAMESPACE,
        names.DB_OPERATION_NAME,
        names.DB_COLLECTION_NAME,
        names.DB_QUERY_SUMMARY,
        names.DB_VECTOR_OPERATION,
        names.SERVER_ADDRESS,
        names.SERVER_PORT,
    ),
    leaf=True,
    target=(names.DB_SYSTEM_NAME, names.SERVER_ADDRESS, names.SERVER_PORT),
    ended=_ended,
)


class _Shapes:
    """The shapes of one database's statements, each run alone or, behind the prefix, as a batch."""

    __slots__ = ("_by_statement", "_database", "_prefix", "by_text")

    def __init__(self, database: "Database", prefix: str) -> None:
        self._database = database
        self._prefix = prefix
        self._by_statement: dict[Hashable, StatementShape] = {}
        self.by_text: dict[str, StatementShape] = {}

    def of(self, text: str) -> StatementShape:
        """Return the shape of a statement whose text is new."""
        statement = self._database.statement(text)
        distance = statement.distance if self._database.system in SYSTEMS else None
        # How many neighbours it asks for is told in the text alone.
        key = (statement, *asked_for(text)) if distance is not None else statement
        shape = self._by_statement.get(key)
        if shape is None:
            if len(self._by_statement) >= _SHAPES_LIMIT:
                self._by_statement.clear()
            make = partial(self._new, statement)
            shape = make() if distance is None else Search(distance, *asked_for(text), make).shape()
            self._by_statement[key] = shape
        if len(text) <= _KEPT_LENGTH:
            if len(self.by_text) >= _SHAPES_LIMIT:
                self.by_text.clear()
            self.by_text[text] = shape
        return shape

    def _new(self, statement: Statement, search: Search | None = None) -> StatementShape:
        prefix, shared = self._prefix, self._database.attributes
        told = {
            names.DB_OPERATION_NAME: statement.operation and f"{prefix}{statement.operation}",
            names.DB_COLLECTION_NAME: statement.collection,
            names.DB_QUERY_SUMMARY: statement.summary and f"{prefix}{statement.summary}",
            names.DB_QUERY_TEXT: statement.text,
            names.DB_STATEMENT_FINGERPRINT: statement.fingerprint if statement.summary else None,
        }
        attributes = {**shared, **{key: value for key, value in told.items() if value}}
        where = tuple((key, shared[key]) for key in (names.DB_SYSTEM_NAME, names.DB_NAMESPACE) if key in shared)
        name = str(told[names.DB_QUERY_SUMMARY] or self._database.system)
        known: Attributes = attributes if search is None else {**attributes, **search.attributes}
        shape = StatementShape(name, known, statement, Account(statement, where))
        shape.search = search
        return shape


class Database:
    """One database on one server, as a driver's connection tells it."""

    __slots__ = ("_batches", "_shapes", "_statements", "attributes", "system")

    def __init__(self, system: str, namespace: str | None, address: str | None, port: int | None) -> None:
        told = {
            names.DB_SYSTEM_NAME: system,
            names.DB_NAMESPACE: namespace,
            names.SERVER_ADDRESS: address,
            names.SERVER_PORT: port,
        }
        self.system = system
        self.attributes: dict[str, str | int] = {key: value for key, value in told.items() if value}
        self._statements = statements(system)
        self._shapes = _Shapes(self, "")
        self._batches = _Shapes(self, "BATCH ")

    def shape(self, text: str) -> StatementShape:
        """Return the shape of the calls that run a statement."""
        shapes = self._shapes
        return shapes.by_text.get(text) or shapes.of(text)

    def batch(self, text: str) -> StatementShape:
        """Return the shape of the calls that run a statement with several sets of parameters."""
        shapes = self._batches
        return shapes.by_text.get(text) or shapes.of(text)

    def statement(self, text: str) -> Statement:
        """Return what is known of a statement."""
        return self._statements.of(text)


_databases: dict[Hashable, Database] = {}
_statements: dict[str, Statements] = {}


def statements(system: str) -> Statements:
    """Return the statements of all databases of one system."""
    known = _statements.get(system)
    if known is None:
        known = _statements[system] = Statements(system)
    return known


def database(system: str, namespace: str | None, address: str | None, port: int | None) -> Database:
    """Return the database that these name."""
    key = (system, namespace, address, port)
    found = _databases.get(key)
    if found is None:
        if len(_databases) >= _DATABASES_LIMIT:
            _databases.clear()
        found = _databases[key] = Database(system, namespace, address, port)
    return found
