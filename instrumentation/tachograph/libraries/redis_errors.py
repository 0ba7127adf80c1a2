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


def failure(error: BaseException, _call: Call | None = None) -> Outcome:
    """Read an error's name."""
    # A pipeline's error says first which of its commands it is of.
    first = str(error).rpartition("caused error: ")[2].partition(" ")[0]
    if first.isupper() and first.isalpha() and type(error).__name__.endswith("ResponseError"):
        return failed(first)
    return failed(_PREFIXES.get(type(error).__name__))
