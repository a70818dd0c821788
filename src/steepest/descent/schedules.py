"""The learning rate of each step: a constant or a formula of the step's index.

`rate(k)` is the rate of the update that leads from step k to step k + 1, k counting from 0. The
formulas are the closed forms of `torch.optim.lr_scheduler` (2.13), so any step's rate is known
without walking there.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from numbers import Integral
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from steepest.errors import InputError, nearest
from steepest.number_checks import (
    check_number,
    check_text,
    check_whole,
    hold_as_python,
    writes_number,
)
from steepest.translation import joined, say

Steps: TypeAlias = Any  # a number, or an array of them


@dataclass(frozen=True)
class Schedule(ABC):
    """A learning rate for every step. `str()` gives the text that `parse_schedule` reads."""

    name: ClassVar[str]
    example: ClassVar[str]
    lr: float

    def __post_init__(self) -> None:
        hold_as_python(self)
        check_number(self._named("lr"), self.lr, above=True)

    def _named(self, option: str) -> str:
        """The option as errors name it."""
        return say("{name} schedule: {option}", name=self.name, option=option)

    @abstractmethod
    def rate(self, step: int) -> float:
        """The learning rate of the update that leaves step `step` (0 is the first)."""

    def rates(self, first: int, count: int) -> NDArray[np.float64]:
        """The rates of steps `first`, `first` + 1, …, `count` of them; equal to rounding.

        >>> InverseTime(1.0, decay=1.0).rates(1, 3).round(6)
        array([0.5     , 0.333333, 0.25    ])
        """
        return np.array([self.rate(k) for k in range(first, first + count)], dtype=np.float64)

    def __str__(self) -> str:
        options = [
            f"{f.name}={_digits(getattr(self, f.name))}" for f in fields(self) if f.name != "lr"
        ]
        return f"{self.name}:{','.join([_digits(self.lr), *options])}"


class _Formula(Schedule):
    """A schedule whose rates are one formula, of a number or of an array."""

    @abstractmethod
    def _at(self, step: Steps, xp: Any) -> Steps:
        """The formula, for one step with `math` as `xp` or for an array of them with NumPy."""

    def rate(self, step: int) -> float:
        return float(self._at(step, math))

    def rates(self, first: int, count: int) -> NDArray[np.float64]:
        with np.errstate(over="ignore", under="ignore"):
            rates = self._at(np.arange(first, first + count), np)
        return np.array(np.broadcast_to(rates, count), dtype=np.float64)


@final
@dataclass(frozen=True)
class Constant(_Formula):
    """The same rate at every step.

    >>> Constant(0.1).rate(10**18)
    0.1
    """

    name: ClassVar[str] = "constant"
    example: ClassVar[str] = "constant:0.1"

    def _at(self, step: Steps, xp: Any) -> Steps:
        return self.lr

    def __str__(self) -> str:
        return _digits(self.lr)


@final
@dataclass(frozen=True)
class StepDecay(_Formula):
    """lr · gamma^⌊k / step_size⌋, as `torch.optim.lr_scheduler.StepLR`.

    >>> [StepDecay(1.0, step_size=2, gamma=0.5).rate(k) for k in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    name: ClassVar[str] = "step"
    example: ClassVar[str] = "step:0.1,step_size=30,gamma=0.5"
    step_size: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self._named("step_size"), self.step_size, 1)
        check_number(self._named("gamma"), self.gamma, above=True)

    def _at(self, step: Steps, xp: Any) -> Steps:
        return self.lr * _power(self.gamma, step // self.step_size)


@final
@dataclass(frozen=True)
class Exponential(_Formula):
    """lr · gamma^k, as `torch.optim.lr_scheduler.ExponentialLR`.

    >>> [Exponential(1.0, gamma=0.5).rate(k) for k in range(4)]
    [1.0, 0.5, 0.25, 0.125]
    """

    name: ClassVar[str] = "exponential"
    example: ClassVar[str] = "exponential:0.1,gamma=0.99"
    gamma: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self._named("gamma"), self.gamma, above=True)

    def _at(self, step: Steps, xp: Any) -> Steps:
        return self.lr * _power(self.gamma, step)


@final
@dataclass(frozen=True)
class Cosine(_Formula):
    """eta_min + (lr − eta_min)·(1 + cos(π k / epochs)) / 2, as torch's `CosineAnnealingLR`.

    Loshchilov and Hutter (2017), without restarts. From lr at k = 0 down to eta_min at
    k = `epochs` (torch: `T_max`); after that, as in torch, it rises again.

    >>> [round(Cosine(1.0, epochs=4).rate(k), 6) for k in range(5)]
    [1.0, 0.853553, 0.5, 0.146447, 0.0]
    """

    name: ClassVar[str] = "cosine"
    example: ClassVar[str] = "cosine:0.1,epochs=1000,eta_min=0.001"
    epochs: int
    eta_min: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self._named("epochs"), self.epochs, 1)
        check_number(self._named("eta_min"), self.eta_min)

    def _at(self, step: Steps, xp: Any) -> Steps:
        wave = 1 + xp.cos(xp.pi * step / self.epochs)
        return self.eta_min + (self.lr - self.eta_min) * wave / 2


@final
@dataclass(frozen=True)
class InverseTime(_Formula):
    """lr / (1 + decay·k): the 1/t schedule of Robbins and Monro (1951).

    Its sum diverges and the sum of its squares does not, the condition under which stochastic
    descent converges. With decay = 1 the rates are lr, lr/2, lr/3, …; torch's
    `LambdaLR(optimizer, lambda k: 1 / (1 + decay * k))` gives the same.

    >>> [InverseTime(1.0, decay=1.0).rate(k) for k in (0, 1, 3)]
    [1.0, 0.5, 0.25]
    """

    name: ClassVar[str] = "inverse"
    example: ClassVar[str] = "inverse:0.1,decay=0.01"
    decay: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number(self._named("decay"), self.decay)

    def _at(self, step: Steps, xp: Any) -> Steps:
        return self.lr / (1 + self.decay * step)


@final
@dataclass(frozen=True)
class Backtracking(_Formula):
    """A line search at every step: rates lr, lr·shrink, lr·shrink², … until the objective falls.

    It has fallen enough when it is below the tangent's line of slope `slope` of the true one
    (Armijo 1966). `rate` is the first rate that is tried; the one taken stands in the path.

    >>> Backtracking(1.0).rate(7)
    1.0
    """

    name: ClassVar[str] = "backtracking"
    example: ClassVar[str] = "backtracking:1,shrink=0.5"
    shrink: float = 0.5
    slope: float = 1e-4

    def __post_init__(self) -> None:
        super().__post_init__()
        for option in ("shrink", "slope"):
            value = getattr(self, option)
            check_number(self._named(option), value, above=True)
            if value >= 1.0:
                raise InputError(
                    "{name} schedule: {option} must be below 1, not {value}.",
                    name=self.name,
                    option=option,
                    value=value,
                )

    def _at(self, step: Steps, xp: Any) -> Steps:
        return self.lr


SCHEDULES: Mapping[str, type[Schedule]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (Constant, StepDecay, Exponential, Cosine, InverseTime, Backtracking)
    }
)


def make_schedule(lr: float | str | Schedule) -> Schedule:
    """A schedule from a number, from text as `parse_schedule` reads it, or as it is.

    >>> make_schedule(0.1)
    Constant(lr=0.1)
    """
    if isinstance(lr, Schedule):
        return lr
    if isinstance(lr, str):
        return parse_schedule(lr)
    return Constant(lr)


def parse_schedule(text: str) -> Schedule:
    """A schedule from text: a bare number, or `name:lr,option=value,…`.

    Raises InputError that names the part which cannot be read.

    >>> parse_schedule("0.1")
    Constant(lr=0.1)
    >>> parse_schedule("step:0.1,step_size=30,gamma=0.5")
    StepDecay(lr=0.1, step_size=30, gamma=0.5)
    """
    check_text("the learning rate", text, "step:0.1,step_size=9")
    head, colon, rest = text.strip().partition(":")
    if not colon and writes_number(head):
        return Constant(float(head))
    kind = SCHEDULES.get(head.strip().lower())
    if kind is None:
        raise InputError(
            "learning rate {text!r}: {head!r} is neither a number nor a schedule "
            "({SCHEDULES}).{head_2}",
            text=text,
            head=head.strip(),
            SCHEDULES=joined(SCHEDULES),
            head_2=nearest(head.strip().lower(), SCHEDULES),
        )
    if not rest.strip():
        raise InputError(
            "learning rate {text!r}: {name} needs the rate it begins with, as in {example}.",
            text=text,
            name=kind.name,
            example=kind.example,
        )
    return _make(kind, text, _options(kind, text, rest))


def _options(kind: type[Schedule], text: str, rest: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for i, part in enumerate(rest.split(",")):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals and i == 0:
            name, value = "lr", name
        elif not equals:
            raise InputError(
                "learning rate {text!r}: {part!r} is not of the form option=value; an "
                "example is {example}.",
                text=text,
                part=part.strip(),
                example=kind.example,
            )
        if name in options:
            raise InputError("learning rate {text!r}: {name} is given twice.", text=text, name=name)
        options[name] = _value(kind, text, name, value)
    return options


def _value(kind: type[Schedule], text: str, name: str, value: str) -> int | float:
    types = {field.name: field.type for field in fields(kind)}
    if name not in types:
        raise InputError(
            "learning rate {text!r}: the schedule {name} has no option {name_2!r}; it has "
            "{types}.{name_3}",
            text=text,
            name=kind.name,
            name_2=name,
            types=joined(types),
            name_3=nearest(name, types),
        )
    if not writes_number(value):
        raise InputError(
            "learning rate {text!r}: {name}={value!r} is not a number.",
            text=text,
            name=name,
            value=value,
        )
    number = float(value)
    if types[name] in (int, "int"):
        if not number.is_integer():
            raise InputError(
                "learning rate {text!r}: {name}={value} is not a whole number.",
                text=text,
                name=name,
                value=value,
            )
        return int(value) if value.lstrip("+").isdecimal() else int(number)
    return number


def _make(kind: type[Schedule], text: str, options: dict[str, Any]) -> Schedule:
    for field in fields(kind):
        if field.default is MISSING and field.name not in options:
            raise InputError(
                "learning rate {text!r}: {name} is missing; an example is {example}.",
                text=text,
                name=field.name,
                example=kind.example,
            )
    try:
        return kind(**options)
    except InputError as error:
        raise InputError("learning rate {text!r}: {error}", text=text, error=error) from None


def _digits(value: float) -> str:
    """All digits of a number, without the name of its type, which NumPy's `repr` has."""
    return repr(int(value) if isinstance(value, Integral) else float(value))


def _power(base: float, exponent: Steps) -> Steps:
    try:
        return float(base) ** exponent
    except OverflowError:
        return math.inf if base > 1 else 0.0
