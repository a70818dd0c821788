"""Optimizers of torch, given as functions of the parameters, as classes, or by name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, final

from torch import optim
from torch.optim import Optimizer

from steepest.errors import InputError, nearest
from steepest.number_checks import is_number
from steepest.translation import say

Make: TypeAlias = Callable[[Any], Any]
Given: TypeAlias = str | Make  # a class is a function of the parameters too

# How an update is computed, not what it is.
_WAYS = ("foreach", "fused", "capturable", "differentiable")


@final
@dataclass(frozen=True)
class Maker:
    """Makes an optimizer of parameters; `label` is what it is called, "" to go by its options."""

    label: str
    make: Make

    def __call__(self, parameters: "Iterable[Any]") -> Optimizer:
        """Raises InputError where what was made is no optimizer."""
        made = self.make(list(parameters))
        if not isinstance(made, optim.Optimizer):
            raise InputError(
                "make_optimizer gave {made!r}; it must take the parameters and give an "
                "optimizer, such as lambda p: torch.optim.Adam(p, lr=1e-2)",
                made=made,
            )
        return made


def makers_of(
    given: "Given | Sequence[Given] | Mapping[str, Given]", rates: Sequence[Any] = (None,)
) -> tuple[Maker, ...]:
    """A maker for each that is given and each rate, which are for classes and names; None for the
    optimizer's own.

    Raises InputError for what makes no optimizer.

    >>> import torch
    >>> [maker.label for maker in makers_of({"mine": torch.optim.Adam}, [0.1, 0.2])]
    ['mine lr=0.1', 'mine lr=0.2']
    """
    named = _named_by(given)
    if not named:
        raise InputError("make_optimizer is empty; give at least one, such as [torch.optim.SGD]")
    for rate in rates:
        if rate is not None and not (is_number(rate) and rate > 0.0):
            raise InputError("lr is {rate!r}; give a number above 0", rate=rate)
    return tuple(
        Maker(_label(label, rate, len(rates)), _make(one, rate))
        for label, one in named
        for rate in rates
    )


def _named_by(given: Any) -> list[tuple[str, Any]]:
    """What is given, each with its label, "" where it has none."""
    if isinstance(given, Mapping):
        return list(given.items())
    if isinstance(given, str) or callable(given):
        return [("", given)]
    if not isinstance(given, Iterable):
        raise _no_maker(given)
    return [("", each) for each in given]


def _label(label: str, rate: float | None, rates: int) -> str:
    return f"{label} lr={_plain(rate)}" if label and rates > 1 else label


def label_of(optimizer: Optimizer) -> str:
    """The class, its rate, and the options that are not its defaults.

    >>> import torch
    >>> label_of(torch.optim.SGD([torch.zeros(1)], lr=0.1, momentum=0.9))
    'SGD lr=0.1 momentum=0.9'
    """
    from inspect import signature

    usual = {name: each.default for name, each in signature(type(optimizer)).parameters.items()}
    # What is None stands for a number that follows from the others.
    usual = {name: value for name, value in usual.items() if value is not None}
    group = optimizer.param_groups[0]
    options = [f"lr={_plain(group['lr'])}"] if "lr" in group else []
    for name, value in group.items():
        if name in ("params", "lr", *_WAYS) or name not in usual or value == usual[name]:
            continue
        options.append(f"{name}={_plain(value)}")
    return " ".join([type(optimizer).__name__, *options])


def _make(given: Any, rate: float | None) -> Make:
    maker = _named(given) if isinstance(given, str) else given
    if isinstance(maker, type) and issubclass(maker, optim.Optimizer):
        kind: Any = maker
        return lambda parameters: kind(parameters, **({} if rate is None else {"lr": rate}))
    if not callable(maker):
        raise _no_maker(given)
    if rate is not None:
        raise InputError(
            "lr is for optimizers given by class or name; a function of the parameters sets its own"
        )
    make: Make = maker
    return make


def _no_maker(given: Any) -> InputError:
    made = isinstance(given, optim.Optimizer)
    text = say("an {name} that is made already", name=type(given).__name__) if made else repr(given)
    return InputError(
        "make_optimizer holds {text}; give functions of the parameters, such as lambda p: "
        "torch.optim.Adam(p, lr=1e-2), classes, or names such as 'adam'",
        text=text,
    )


def _named(name: str) -> Any:
    known = {
        each.lower(): value
        for each, value in vars(optim).items()
        if isinstance(value, type) and issubclass(value, optim.Optimizer)
    }
    known.pop("optimizer", None)
    if name.lower() not in known:
        raise InputError(
            "torch.optim has no optimizer {name!r}.{name_2}",
            name=name,
            name_2=nearest(name.lower(), known),
        )
    return known[name.lower()]


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_plain, value))})"
    if isinstance(value, bool) or value is None:
        return str(value)
    is_number = isinstance(value, int | float) or hasattr(value, "item")
    return f"{float(value):g}" if is_number else str(value)
