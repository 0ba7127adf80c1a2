"""The classic buckets of exponential histograms: what the conventions advise, or Tachograph draws, else by the unit.

Source: OpenTelemetry semantic conventions 1.44 and GenAI semantic conventions, explicit bucket boundaries.
"""

_OPERATION = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
_REQUEST = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_DATABASE = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)
_ROWS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)
_GEN_AI = tuple(0.01 * 2**power for power in range(14))
_TOKENS = tuple(4.0**power for power in range(14))
_BYTES = tuple(4.0**power for power in range(2, 17))
_SCORE = tuple(
    tenths / 10 for tenths in (*range(10), *range(10, 100, 10), *range(100, 1001, 100))
)  # 0 to 1, to 10 and to 100
_PAUSE = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)
_LAG = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_MILLISECONDS = tuple(bound * 1000 for bound in _OPERATION)
# OpenTelemetry metrics SDK specification, "Explicit Bucket Histogram Aggregation"
_DEFAULT = (0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0, 10000.0)

_BY_NAME = {
    "db.client.connection.create_time": _DATABASE,
    "db.client.connection.use_time": _DATABASE,
    "db.client.connection.wait_time": _DATABASE,
    "db.client.operation.duration": _DATABASE,
    "db.client.response.returned_rows": _ROWS,
    "gen_ai.client.operation.duration": _GEN_AI,
    "gen_ai.client.time_per_output_chunk": _GEN_AI,
    "gen_ai.client.time_to_first_chunk": _GEN_AI,
    "gen_ai.client.token.usage": _TOKENS,
    "gen_ai.execute_tool.duration": _GEN_AI,
    "gen_ai.invoke_agent.duration": _GEN_AI,
    "http.client.request.duration": _REQUEST,
    "http.server.request.duration": _REQUEST,
    "messaging.client.operation.duration": _REQUEST,
    "messaging.process.duration": _REQUEST,
    "rpc.client.call.duration": _REQUEST,
    "rpc.server.call.duration": _REQUEST,
    "tachograph.db.statement.duration": _DATABASE,
    "tachograph.db.vector.k": _ROWS,
    "tachograph.db.vector.returned": _ROWS,
    "tachograph.runtime.event_loop.lag": _LAG,
    "tachograph.runtime.gc.pause": _PAUSE,
    "tachograph.score": _SCORE,
}
_BY_UNIT = {"s": _OPERATION, "ms": _MILLISECONDS, "By": _BYTES}


def boundaries(name: str, unit: str) -> tuple[float, ...]:
    """Return the upper bounds of a metric's classic buckets."""
    return _BY_NAME.get(name) or _BY_UNIT.get(unit, _DEFAULT)
