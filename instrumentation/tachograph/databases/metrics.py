"""The metrics of databases."""

from .. import names
from ..model import DB_BUCKETS, OPERATION_BUCKETS, Metric

ROW_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)

DURATION = Metric(names.DB_OPERATION_DURATION, "histogram", "s", "Duration of database client operations.", DB_BUCKETS)
RETURNED_ROWS = Metric(
    names.DB_RETURNED_ROWS, "histogram", "{row}", "The actual number of records returned by the operation.", ROW_BUCKETS
)
STATEMENT_DURATION = Metric(
    names.DB_STATEMENT_DURATION, "histogram", "s", "Duration of statements that have been slow.", DB_BUCKETS
)
STATEMENT_ROWS = Metric(
    names.DB_STATEMENT_ROWS, "counter", "{row}", "Rows returned or changed by statements that have been slow."
)
STATEMENT_SLOW = Metric(
    names.DB_STATEMENT_SLOW, "counter", "{statement}", "How often a statement took longer than the threshold."
)
STATEMENT_INFO = Metric(
    names.DB_STATEMENT_INFO,
    "gauge",
    "",
    "The text, without literals, of statements that have been slow or found fault with.",
)
STATEMENT_PLAN = Metric(
    names.DB_STATEMENT_PLAN, "gauge", "", "The planner's cost of a statement that was slow, by its plan; SQLite's is 0."
)
STATEMENT_FINDINGS = Metric(
    names.DB_STATEMENT_FINDINGS,
    "counter",
    "{statement}",
    "How often a statement ran that something can be said against.",
)
VECTOR_RETURNED = Metric(
    names.DB_VECTOR_RETURNED, "histogram", "{row}", "Neighbours that vector searches returned.", ROW_BUCKETS
)
VECTOR_K = Metric(names.DB_VECTOR_K, "histogram", "{row}", "Neighbours that vector searches asked for.", ROW_BUCKETS)
TRANSACTION_DURATION = Metric(
    names.DB_TRANSACTION_DURATION, "histogram", "s", "How long transactions were open.", OPERATION_BUCKETS
)
CONNECTION_COUNT = Metric(
    names.DB_CONNECTION_COUNT, "updown", "{connection}", "The number of connections that are in the state now."
)
CONNECTION_IDLE_MAX = Metric(
    names.DB_CONNECTION_IDLE_MAX, "updown", "{connection}", "The maximum number of idle open connections allowed."
)
CONNECTION_IDLE_MIN = Metric(
    names.DB_CONNECTION_IDLE_MIN, "updown", "{connection}", "The minimum number of idle open connections allowed."
)
CONNECTION_MAX = Metric(
    names.DB_CONNECTION_MAX, "updown", "{connection}", "The maximum number of open connections allowed."
)
CONNECTION_PENDING_REQUESTS = Metric(
    names.DB_CONNECTION_PENDING_REQUESTS, "updown", "{request}", "The number of requests that wait for a connection."
)
CONNECTION_TIMEOUTS = Metric(
    names.DB_CONNECTION_TIMEOUTS, "counter", "{timeout}", "How often no connection could be had from the pool in time."
)
CONNECTION_CREATE_TIME = Metric(
    names.DB_CONNECTION_CREATE_TIME, "histogram", "s", "The time it took to create a new connection.", DB_BUCKETS
)
CONNECTION_WAIT_TIME = Metric(
    names.DB_CONNECTION_WAIT_TIME, "histogram", "s", "The time it took to get a connection from the pool.", DB_BUCKETS
)
CONNECTION_USE_TIME = Metric(
    names.DB_CONNECTION_USE_TIME, "histogram", "s", "The time between borrowing and returning a connection.", DB_BUCKETS
)
