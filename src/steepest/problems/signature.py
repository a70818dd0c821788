"""Which arguments of a Python function are its parameters, and how it is called with them."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

from steepest.errors import InputError
from steepest.problems.starts import Start, check_names
from steepest.translation import say

_EMPTY = inspect.Parameter.empty


@final
@dataclass(frozen=True)
class Signature:
    """The arguments to minimise over, by name, in the order of the function's signature.

    An argument with a default value keeps it, unless the start names the argument: in
    `def f(x, y, a=1.0)` x and y are parameters, and a is one too for `start={"x": …, "y": …,
    "a": …}`. `**options` are never given.

    >>> Signature.of(lambda x, y, a=1.0: a * x + y, (1, 2)).arguments
    ('x', 'y')
    """

    arguments: tuple[str, ...]
    function: Callable[..., Any]
    # Arguments that may only be given by place, with what they have where they are not minimised.
    by_place: tuple[tuple[str, Any], ...]
    # Whether they are the first arguments, so that they can be given by place, which is quicker.
    first: bool = False

    @staticmethod
    def of(function: Callable[..., Any], start: Start) -> "Signature":
        """Read the signature of `function`.

        Raises InputError where it names no parameters (`*args`, a builtin), and for a start that
        names others.
        """
        named = _named(function)
        if isinstance(start, Mapping):
            check_names(start, [argument.name for argument in named], say("the start"))
        chosen = tuple(
            argument.name
            for argument in named
            if argument.default is _EMPTY or (isinstance(start, Mapping) and argument.name in start)
        )
        if not chosen:
            raise InputError(
                "every argument of {function} has a default value, which it keeps unless the "
                "start names it, as in start={{{name!r}: 1.0}}.",
                function=function_name(function),
                name=named[0].name,
            )
        by_place = [a for a in named if a.kind is inspect.Parameter.POSITIONAL_ONLY]
        front = named[: len(chosen)]
        first = tuple(a.name for a in front if a.kind is not inspect.Parameter.KEYWORD_ONLY)
        return Signature(
            chosen, function, tuple((a.name, a.default) for a in by_place), first == chosen
        )

    def call(self, values: Iterable[Any]) -> Any:
        """The function of one value for each of `arguments`."""
        if self.first:
            return self.function(*values)
        by_name = dict(zip(self.arguments, values, strict=True))
        if not self.by_place:
            return self.function(**by_name)
        places = [by_name.pop(name, default) for name, default in self.by_place]
        return self.function(*places, **by_name)


def function_name(function: Callable[..., Any]) -> str:
    """The name it was defined with, or "function" where it has none.

    >>> function_name(abs), function_name(lambda x: x)
    ('abs', 'function')
    """
    name = str(getattr(function, "__name__", ""))
    return name if name.isidentifier() else "function"


def _named(function: Callable[..., Any]) -> list[inspect.Parameter]:
    if not callable(function):
        raise InputError(
            "what is minimised must be a formula in text or a function of torch tensors, not "
            "{name}.",
            name=type(function).__name__,
        )
    name = function_name(function)
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise InputError(
            "the signature of {name} cannot be read: name its parameters, as in lambda x, y: "
            "{name}(x, y).",
            name=name,
        ) from None
    if any(argument.kind is inspect.Parameter.VAR_POSITIONAL for argument in found):
        raise InputError(
            "the parameters of {name} have no names: give them some, as in lambda x, y: "
            "{name}(x, y).",
            name=name,
        )
    named = [a for a in found if a.kind is not inspect.Parameter.VAR_KEYWORD]
    if not named:
        raise InputError(
            "{name} names no parameters, so there is nothing to minimise over.", name=name
        )
    return named
