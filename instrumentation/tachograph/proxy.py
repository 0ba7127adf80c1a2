"""The base of what stands in for a library's object: wrapt's proxy, which takes a type parameter from version 2 on."""

from typing import TYPE_CHECKING, Any

import wrapt

if TYPE_CHECKING:
    Proxy = wrapt.ObjectProxy[Any]
else:
    Proxy = wrapt.ObjectProxy
