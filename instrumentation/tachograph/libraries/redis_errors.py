"""Redis' errors by the names that they have on the wire."""

from ..databases.rows import failed
from ..model import Call, Outcome

# What an error is called on the wire, where redis-py has a class for it and leaves its name out.
_PREFIXES = {
    "AskError": "ASK",
    "AuthenticationError": "NOAUTH",
    "BusyLoadingError": "LOADING",
    "ClusterDownError": "CLUSTERDOWN",
    "ExecAbortError": "EXECABORT",
    "MasterDownError": "MASTERDOWN",
    "MovedError": "MOVED",
    "NoPermissionError": "NOPERM",
    "NoScriptError": "NOSCRIPT",
    "OutOfMemoryError": "OOM",
    "ReadOnlyError": "READONLY",
    "ResponseError": "ERR",
    "TryAgainError": "TRYAGAIN",
}
# What else an error's first word may be; redis-py leaves ERR out, and what then comes first is often a command.
_CODES = frozenset(
    (
        *_PREFIXES.values(),
        *("BUSY", "BUSYGROUP", "BUSYKEY", "CROSSSLOT", "DENIED", "INPROG", "INVALIDOBJ", "IOERR", "MISCONF"),
        *("NOGOODSLAVE", "NOGROUP", "NOMASTERLINK", "NOPROTO", "NOQUORUM", "NOREPLICAS", "NOTBUSY", "NOTREADY"),
        *("STALE", "UNBLOCKED", "UNKILLABLE", "WRONGPASS", "WRONGTYPE"),
    )
)


def failure(error: BaseException, _call: Call | None = None) -> Outcome:
    """Read an error's name."""
    # A pipeline's error says first which of its commands it is of.
    first = str(error).rpartition("caused error: ")[2].partition(" ")[0]
    if first in _CODES and type(error).__name__.endswith("ResponseError"):
        return failed(first)
    return failed(_PREFIXES.get(type(error).__name__))
