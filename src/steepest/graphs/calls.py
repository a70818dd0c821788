"""What is known of torch's functions: their short names, how a call is written, what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from steepest.errors import InputError
from steepest.graphs.nested import instances
from steepest.graphs.phrase import INFIX, Phrase, defaults, index, option

_NAMES = {
    "rsub": "sub", "rdiv": "div", "rtruediv": "div", "rpow": "pow", "rmatmul": "matmul",
    "rmod": "remainder", "mod": "remainder", "truediv": "div", "true_divide": "div",
    "divide": "div", "multiply": "mul", "subtract": "sub", "negative": "neg", "mm": "matmul",
    "mv": "matmul", "dot": "matmul", "greater": "gt", "less": "lt",
}  # fmt: skip
# Python numbers among their arguments are values, not options.
TAKES_NUMBERS = frozenset(INFIX) | {"where", "maximum", "minimum"}
# They ask about a tensor, and not for its numbers.
QUESTIONS = frozenset({"grad", "grad_fn", "is_leaf", "requires_grad", "data_ptr", "_version"})
_DIFFERENTIATES = frozenset({"backward", "grad", "register_hook", "requires_grad"})


@final
@dataclass(frozen=True)
class Slot:
    """Stands for the argument of that place among those that are values."""

    place: int


@final
@dataclass(frozen=True)
class Called:
    """A torch function: its short name, and whether it is a property, or has its arguments the
    other way round.

    >>> import torch
    >>> Called.of(torch.Tensor.add_).name, Called.of(torch.Tensor.T.__get__).name
    ('add', 'T')
    """

    name: str
    accessor: str = ""
    reflected: bool = False

    @staticmethod
    def of(function: Any) -> "Called":
        """What torch hands over, by name."""
        from torch.overrides import resolve_name

        full = str(resolve_name(function) or getattr(function, "__name__", function))
        *path, last = full.split(".")
        if last in ("__get__", "__set__"):
            return Called(path[-1], last.strip("_"))
        name = last.strip("_") if last.startswith("__") else last.rstrip("_")
        reflected = last.startswith("__r") and name in _NAMES
        return Called(_NAMES.get(name, name), reflected=reflected)

    def check(self, kwargs: Mapping[str, Any], smooth: bool) -> None:
        """InputError for what a graph cannot show; `smooth`: a gradient flows to an argument."""
        if self.accessor == "set":
            raise InputError("a graph cannot show that .{name} of a tensor is set", name=self.name)
        if self.name in _DIFFERENTIATES and not self.accessor:
            raise InputError(
                "the function calls {name} itself. Hand in only what is differentiated, up "
                "to the value that the gradients are of.",
                name=self.name,
            )
        if kwargs.get("out") is not None:
            raise InputError(
                "{name}(…, out=…) cannot be shown; use what {name} returns", name=self.name
            )
        if smooth and self.name in ("array", "numpy") and not self.accessor:
            raise InputError(
                "NumPy takes numbers out of the graph, and no gradient flows back through "
                "it. Use torch functions (torch.sin, not np.sin), or x.detach() where a "
                "constant is meant."
            )

    def phrase(self, function: Any, args: Any, kwargs: Mapping[str, Any]) -> Phrase:
        """How the call is written; `Slot`s stand where values are."""
        if self.reflected:
            args = args[::-1]
        if self.accessor:
            return (*_pieces(args[0]), f".{self.name}")
        if self.name == "getitem":
            return (*_pieces(args[0]), "[", *_index(args[1]), "]")
        if self.name == "setitem":
            return (*_pieces(args[0]), " with [", *_index(args[1]), "] = ", *_pieces(args[2]))
        usual = defaults(function)
        named = {
            key: value
            for key, value in kwargs.items()
            if value is not None and not (key in usual and value is usual[key])
        }
        return self._written(args, named)

    def _written(self, args: Any, named: Mapping[str, Any]) -> Phrase:
        if not named and all(isinstance(argument, Slot) for argument in args):
            places = [argument.place for argument in args]
            if self.name in INFIX and len(places) == 2:
                return (places[0], f" {INFIX[self.name]} ", places[1])
            if self.name == "neg":
                return ("-", *places)
        parts: list[Phrase] = [_pieces(argument) for argument in args if argument is not None]
        parts += [(*_named(key, value), *_pieces(value)) for key, value in named.items()]
        joined: list[str | int] = []
        for place, part in enumerate(parts):
            joined.extend([", ", *part] if place else part)
        return (f"{self.name}(", *joined, ")")


def _named(key: str, value: Any) -> Phrase:
    """Tensors are known by their names."""
    return () if isinstance(value, Slot) else (f"{key}=",)


def _pieces(value: Any) -> Phrase:
    if isinstance(value, Slot):
        return (value.place,)
    if isinstance(value, tuple | list) and any(instances(value, Slot)):
        joined: list[str | int] = ["["]
        for place, item in enumerate(value):
            joined.extend([", ", *_pieces(item)] if place else _pieces(item))
        return (*joined, "]")
    return (option(value),)


def _index(value: Any) -> Phrase:
    return _pieces(value) if any(instances(value, Slot)) else (index(value),)
