"""Patches: what of a library was replaced, what stood there before, and who else stands there."""

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from .model import Endpoint
from .wrap import Function, Switch, measured

# These write the spans and metrics that we write, by the same names, to the same providers: one of the two must go.
REPLACED = ("opentelemetry.instrumentation.", "openlit.")
# These write spans of their own kind, which their users need: they keep the span, and ours are the metrics.
RESPECTED = ("openinference.", "logfire.", "langfuse.", "agentops.")


class Replacement(Protocol):
    """Something that was replaced, and can be put back; `others` are the modules of those who stand there too."""

    others: tuple[str, ...]

    def settle(self) -> None:
        """Look again who stands there."""

    def undo(self) -> None:
        """Put back what was there."""


class Patch:
    """One attribute of one class or module, replaced; `beside` others, it takes nobody's place."""

    def __init__(self, owner: Any, name: str, make: Callable[[Any, Switch], Any], *, beside: bool = False) -> None:
        self.beside = beside
        self.owner = owner
        self.name = name
        self._present = name in vars(owner)
        self.before = vars(owner)[name] if self._present else getattr(owner, name)
        kind = type(self.before) if isinstance(self.before, staticmethod | classmethod) else None
        function = self.before.__func__ if kind else self.before
        self.others = tuple(dict.fromkeys(layer for layer, _ in _layers(function)))
        self.switch = Switch(spans=not any(map(self._has_the_span, self.others)))
        inner = function if beside else _without_replaced(function)
        after = make(inner, self.switch)
        if inspect.isfunction(after) and after is not inner and not hasattr(after, "__wrapped__"):
            functools.update_wrapper(after, inner)
        self.after = kind(after) if kind else after
        setattr(owner, name, self.after)

    def settle(self) -> None:
        """Look again who stands there: somebody may have wrapped our function since."""
        now = vars(self.owner).get(self.name)
        if now is self.after or not self.switch.on:
            return
        over = tuple(layer for layer, function in _layers(now) if function is not self.after)
        self.others = tuple(dict.fromkeys((*self.others, *over)))
        if not self.beside and _without_replaced(now) is self.after:
            setattr(self.owner, self.name, self.after)
        elif any(map(self._has_the_span, over)):
            self.switch.spans = False

    def undo(self) -> None:
        """Put back what was there; under what somebody has wrapped around it since, ours does nothing from now on."""
        self.switch.on = False
        if vars(self.owner).get(self.name) is self.after:
            if self._present:
                setattr(self.owner, self.name, self.before)
            else:
                delattr(self.owner, self.name)

    def _has_the_span(self, layer: str) -> bool:
        return layer.startswith((*RESPECTED, *REPLACED) if self.beside else RESPECTED)


class Elsewhere:
    """A function that others measure where ours measure what is below it: theirs is taken off, or keeps the span."""

    def __init__(self, owner: Any, name: str, switches: Sequence[Switch]) -> None:
        self.owner = owner
        self.name = name
        self.others: tuple[str, ...] = ()
        self._switches = switches
        self._taken_off: Any = None
        self.settle()

    def settle(self) -> None:
        """Look who stands there."""
        now = vars(self.owner).get(self.name)
        layers = tuple(layer for layer, _ in _layers(now))
        self.others = tuple(dict.fromkeys((*self.others, *layers)))
        plain = None if now is None else _without_replaced(now)
        if plain is not now:
            self._taken_off = now
            self._put(plain)
        if any(layer.startswith(RESPECTED) for layer in layers):
            for switch in self._switches:
                switch.spans = False

    def undo(self) -> None:
        """Put back what was taken off."""
        now = inspect.getattr_static(self.owner, self.name, None)
        if self._taken_off is not None and now is _without_replaced(self._taken_off):
            setattr(self.owner, self.name, self._taken_off)

    def _put(self, plain: Any) -> None:
        if any(vars(base).get(self.name) is plain for base in getattr(self.owner, "__mro__", ())[1:]):
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, plain)


class Patches:
    """All that was replaced for one library."""

    def __init__(self) -> None:
        self._patches: list[Replacement] = []

    def endpoint(self, module: Any, path: str, endpoint: Endpoint) -> None:
        """Measure `path` (Class.method or function) of a module at an endpoint."""
        *owners, name = path.split(".")
        owner = functools.reduce(getattr, owners, module)
        self.wrap(owner, name, lambda function, switch: measured(endpoint, function, switch, method=bool(owners)))

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> Switch:
        """Put what `make` makes of an attribute in its place; the switch goes off when it is put back."""
        return self.wrap(owner, name, lambda function, _switch: make(function))

    def wrap(self, owner: Any, name: str, make: Callable[[Any, Switch], Any]) -> Switch:
        """Put what `make` makes of an attribute, and of the switch that goes off with it, in its place."""
        patch = Patch(owner, name, make)
        self._patches.append(patch)
        return patch.switch

    def beside(self, owner: Any, name: str, make: Callable[[Any, Switch], Any]) -> Switch:
        """Do so beside whoever else stands there: theirs is about more than what ours measures."""
        patch = Patch(owner, name, make, beside=True)
        self._patches.append(patch)
        return patch.switch

    def add(self, patch: Replacement) -> None:
        """Keep a replacement of another kind, to be put back with the rest."""
        self._patches.append(patch)

    def settle(self) -> None:
        """Look again who else stands where ours do."""
        for patch in self._patches:
            patch.settle()

    def __bool__(self) -> bool:
        return bool(self._patches)

    def others(self) -> tuple[str, ...]:
        """Return the modules of other instrumentations on the same functions."""
        return tuple(dict.fromkeys(other for patch in self._patches for other in patch.others))

    def undo(self) -> None:
        """Put everything back."""
        while self._patches:
            self._patches.pop().undo()


def _layers(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield the layers that other OpenTelemetry instrumentations have put around a function, from outside."""
    while (inner := getattr(function, "__wrapped__", None)) is not None:
        module = _module_of(function)
        if module.startswith(REPLACED + RESPECTED):
            yield module, function
        function = inner


def _without_replaced(function: Any) -> Function:
    while (inner := getattr(function, "__wrapped__", None)) is not None and _module_of(function).startswith(REPLACED):
        function = inner
    found: Function = function
    return found


def _module_of(layer: Any) -> str:
    """Return the module that a wrapping function was written in; `functools.wraps` hides it from `__module__`."""
    wrapper = getattr(layer, "_self_wrapper", layer)
    while isinstance(wrapper, functools.partial):
        wrapper = wrapper.func
    wrapper = getattr(wrapper, "__func__", wrapper)
    namespace = getattr(wrapper, "__globals__", None)
    return str(namespace["__name__"]) if namespace else type(wrapper).__module__
