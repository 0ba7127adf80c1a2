"""Agents and tools of the application's own, as decorators and in `with`, by OpenTelemetry's names."""

from opentelemetry.trace import SpanKind

from .. import names
from ..model import LLM_BUCKETS, AttributeValue, Metric, Shape, Subject
from ..operation import ACTIVE, operation

_AGENT = Subject(
    "operation",
    Metric(names.GEN_AI_INVOKE_AGENT_DURATION, "histogram", "s", "Duration of an agent's run.", LLM_BUCKETS),
    (names.GEN_AI_AGENT_NAME,),
    SpanKind.INTERNAL,
    target=(names.GEN_AI_AGENT_NAME,),
    active=ACTIVE,
    active_labels=(names.OPERATION_NAME,),
)
_TOOL = Subject(
    "operation",
    Metric(names.GEN_AI_EXECUTE_TOOL_DURATION, "histogram", "s", "Duration of a tool's run.", LLM_BUCKETS),
    (names.GEN_AI_TOOL_NAME,),
    SpanKind.INTERNAL,
    target=(names.GEN_AI_TOOL_NAME,),
    active=ACTIVE,
    active_labels=(names.OPERATION_NAME,),
)


class agent(operation):  # noqa: N801 - used as a decorator and in `with`
    """Measure an agent's run: an `invoke_agent` span and its duration. Takes what `operation` takes."""

    __slots__ = ()

    def __init__(self, name: str, /, **attributes: AttributeValue) -> None:
        told = {names.GEN_AI_OPERATION_NAME: "invoke_agent", names.GEN_AI_AGENT_NAME: name}
        super().__init__(name)
        self._shape = Shape(_AGENT, f"invoke_agent {name}", {**told, names.OPERATION_NAME: name, **attributes})


class tool(operation):  # noqa: N801 - used as a decorator and in `with`
    """Measure a tool's run: an `execute_tool` span and its duration. Takes what `operation` takes."""

    __slots__ = ()

    def __init__(self, name: str, /, **attributes: AttributeValue) -> None:
        told = {names.GEN_AI_OPERATION_NAME: "execute_tool", names.GEN_AI_TOOL_NAME: name}
        super().__init__(name)
        self._shape = Shape(_TOOL, f"execute_tool {name}", {**told, names.OPERATION_NAME: name, **attributes})
