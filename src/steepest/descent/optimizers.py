"""The optimizers: an update rule of `update_rules.py` with its options.

Names, meanings and defaults are those of `torch.optim` (2.13), with which they agree to rounding.

An array of rates that broadcasts against the parameters makes many runs at once.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias, final

import numpy as np

from steepest.descent.update_rules import (
    Array,
    Namespace,
    State,
    adagrad_reach,
    adagrad_rule,
    adam_reach,
    adam_rule,
    momentum_reach,
    momentum_rule,
    rmsprop_reach,
    rmsprop_rule,
)
from steepest.errors import InputError, nearest
from steepest.number_checks import check_number, check_switch, is_number
from steepest.translation import joined, say

Rate: TypeAlias = Any  # a number, or an array that broadcasts against the parameters


@dataclass(frozen=True)
class Optimizer(ABC):
    """An update rule with its options. The learning rate of each step is passed in."""

    # What the arrays of the state are, with torch's names.
    remembers: ClassVar[tuple[str, ...]]
    # Whether it sees all rows at each step, knows how far to go, and ends by itself at the minimum.
    arrives: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """What torch calls it."""
        return type(self).__name__

    def init(self, parameters: Array) -> State:
        """The state before the first step, an array of zeros for each that it remembers;
        `parameters` gives shape, type and device.
        """
        return (0, *(_zeros(parameters) for _ in self.remembers))

    @abstractmethod
    def step(
        self, parameters: Array, gradient: Array, state: State, lr: Rate
    ) -> tuple[Array, State]:
        """The parameters and the state after one update; nothing passed in is changed."""

    def reach(self, state: State) -> Array:
        """The direction d that a steady gradient of 1 would have led to, as `state` after the step
        scales it: a number, or an array shaped as the parameters. A proximal map weighs its
        penalty by it.

        Raises InputError where it is not known.
        """
        raise InputError(
            "an L1 penalty needs an optimizer whose steps are known in proportion to the "
            "gradient: {OPTIMIZERS}, not {name}.",
            OPTIMIZERS=joined(OPTIMIZERS),
            name=self.name,
        )

    def named_state(self, state: State) -> dict[str, Array]:
        """What the optimizer remembers, by torch's names, without what its options leave unused."""
        arrays = dict(zip(self.remembers, state[1:], strict=True))
        return {name: array for name, array in arrays.items() if self._uses(name)}

    def _uses(self, name: str) -> bool:
        return True


class _Rule(Optimizer):
    """An optimizer of `update_rules.py`: θ ← θ − lr·d, d from g + weight_decay·θ."""

    weight_decay: float

    def step(
        self, parameters: Array, gradient: Array, state: State, lr: Rate
    ) -> tuple[Array, State]:
        decay = self.weight_decay
        g = gradient if decay == 0.0 else gradient + decay * parameters
        direction, state = self._direction(g, state)
        return parameters - lr * direction, state

    @abstractmethod
    def _direction(self, g: Array, state: State) -> tuple[Array, State]:
        """The direction d and the state after this step."""


@final
@dataclass(frozen=True)
class SGD(_Rule):
    """Gradient descent, with momentum (Polyak 1964) or Nesterov's (1983) as in `torch.optim.SGD`.

    g ← g + weight_decay·θ; b ← momentum·b + (1 − dampening)·g, at the first step b ← g;
    θ ← θ − lr·b, with `nesterov` θ ← θ − lr·(g + momentum·b).

    >>> optimizer = SGD(momentum=0.9)
    >>> w = np.array([1.0])
    >>> state = optimizer.init(w)
    >>> w, state = optimizer.step(w, np.array([2.0]), state, 0.1)
    >>> w, state = optimizer.step(w, np.array([1.0]), state, 0.1)
    >>> w.round(12)
    array([0.52])
    """

    remembers: ClassVar[tuple[str, ...]] = ("momentum_buffer",)
    momentum: float = 0.0
    dampening: float = 0.0
    weight_decay: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        _check(self, "momentum", "weight_decay", flag="nesterov")
        check_number("SGD: dampening", self.dampening, None)
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise InputError(
                "SGD: nesterov needs a momentum above 0 and dampening 0, not momentum "
                "{momentum:g} and dampening {dampening:g}.",
                momentum=self.momentum,
                dampening=self.dampening,
            )

    def _direction(self, g: Array, state: State) -> tuple[Array, State]:
        if self.momentum == 0.0:
            return g, state
        return momentum_rule(g, state, self.momentum, self.dampening, self.nesterov)

    def reach(self, state: State) -> Array:
        if self.momentum == 0.0:
            return 1.0
        return momentum_reach(state, self.momentum, self.dampening, self.nesterov)

    def _uses(self, name: str) -> bool:
        return self.momentum != 0.0


@final
@dataclass(frozen=True)
class Adagrad(_Rule):
    """Adagrad (Duchi, Hazan and Singer 2011) as in `torch.optim.Adagrad`.

    g ← g + weight_decay·θ; s ← s + g²; θ ← θ − lr / (1 + t·lr_decay) · g / (√s + eps), with t
    counting from 0 and s starting at `initial_accumulator_value`.

    >>> optimizer = Adagrad()
    >>> w = np.array([1.0])
    >>> optimizer.step(w, np.array([4.0]), optimizer.init(w), 0.25)[0].round(9)
    array([0.75])
    """

    remembers: ClassVar[tuple[str, ...]] = ("sum",)
    lr_decay: float = 0.0
    weight_decay: float = 0.0
    initial_accumulator_value: float = 0.0
    eps: float = 1e-10

    def __post_init__(self) -> None:
        _check(self, "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def init(self, parameters: Array) -> State:
        return (0, _zeros(parameters) + self.initial_accumulator_value)

    def _direction(self, g: Array, state: State) -> tuple[Array, State]:
        return adagrad_rule(g, state, self.lr_decay, self.eps, _namespace(g))

    def reach(self, state: State) -> Array:
        return adagrad_reach(state, self.lr_decay, self.eps, _namespace(state[1]))


@final
@dataclass(frozen=True)
class RMSprop(_Rule):
    """RMSprop (Hinton 2012; centered: Graves 2013) as in `torch.optim.RMSprop`.

    g ← g + weight_decay·θ; v ← alpha·v + (1 − alpha)·g²; d = g / (√v + eps), with `centered`
    √(v − m²) for the running mean m of g; b ← momentum·b + d; θ ← θ − lr·b.

    >>> optimizer = RMSprop(alpha=0.75)
    >>> w = np.array([1.0])
    >>> optimizer.step(w, np.array([4.0]), optimizer.init(w), 0.25)[0].round(6)
    array([0.5])
    """

    remembers: ClassVar[tuple[str, ...]] = ("square_avg", "grad_avg", "momentum_buffer")
    alpha: float = 0.99
    eps: float = 1e-8
    weight_decay: float = 0.0
    momentum: float = 0.0
    centered: bool = False

    def __post_init__(self) -> None:
        _check(self, "alpha", "eps", "weight_decay", "momentum", flag="centered")

    def _direction(self, g: Array, state: State) -> tuple[Array, State]:
        return rmsprop_rule(
            g, state, self.alpha, self.eps, self.momentum, self.centered, _namespace(g)
        )

    def reach(self, state: State) -> Array:
        xp = _namespace(state[1])
        return rmsprop_reach(state, self.eps, self.momentum, self.centered, xp)

    def _uses(self, name: str) -> bool:
        return {"grad_avg": self.centered, "momentum_buffer": self.momentum > 0.0}.get(name, True)


@dataclass(frozen=True)
class _AdamFamily(_Rule):
    """What Adam and AdamW share: everything but where the weights decay."""

    remembers: ClassVar[tuple[str, ...]] = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    amsgrad: bool = False

    def __post_init__(self) -> None:
        _check(self, "eps", "weight_decay", flag="amsgrad")
        betas: object = self.betas
        pair = tuple(betas) if isinstance(betas, tuple | list) else ()
        if len(pair) != 2 or not all(is_number(beta) and 0 <= beta < 1 for beta in pair):
            raise InputError(
                "{name}: betas must be two numbers from 0 up to, not including, 1, not {betas!r}.",
                name=self.name,
                betas=betas,
            )
        # A list, as it comes out of JSON, must not make two equal optimizers differ.
        object.__setattr__(self, "betas", pair)

    def _direction(self, g: Array, state: State) -> tuple[Array, State]:
        return adam_rule(g, state, self.betas, self.eps, self.amsgrad, _namespace(g))

    def reach(self, state: State) -> Array:
        return adam_reach(state, self.betas, self.eps, self.amsgrad, _namespace(state[1]))

    def _uses(self, name: str) -> bool:
        return name != "max_exp_avg_sq" or self.amsgrad


@final
@dataclass(frozen=True)
class Adam(_AdamFamily):
    """Adam (Kingma and Ba 2015; amsgrad: Reddi, Kale and Kumar 2018) as in `torch.optim.Adam`.

    g ← g + weight_decay·θ; m and v: running means of g and g² with `betas`, divided by 1 − βᵗ;
    θ ← θ − lr·m̂ / (√v̂ + eps), with `amsgrad` the largest v so far.

    >>> optimizer = Adam()
    >>> w = np.array([1.0])
    >>> optimizer.step(w, np.array([4.0]), optimizer.init(w), 0.25)[0].round(6)
    array([0.75])
    """


@final
@dataclass(frozen=True)
class AdamW(_AdamFamily):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019) as in `torch.optim.AdamW`.

    θ ← θ·(1 − lr·weight_decay), and then Adam's step from the undecayed gradient.

    >>> optimizer = AdamW(weight_decay=0.5)
    >>> w = np.array([1.0])
    >>> optimizer.step(w, np.array([4.0]), optimizer.init(w), 0.25)[0].round(6)
    array([0.625])
    """

    weight_decay: float = 1e-2

    def step(
        self, parameters: Array, gradient: Array, state: State, lr: Rate
    ) -> tuple[Array, State]:
        direction, state = self._direction(gradient, state)
        return parameters * (1.0 - lr * self.weight_decay) - lr * direction, state


@dataclass(frozen=True)
class SecondOrderOptimizer(Optimizer):
    """An optimizer that knows the curvature of all rows at each step, and ends at the minimum by
    itself. `step` takes the way to the minimum of its model, negated, in the gradient's place.
    """

    remembers: ClassVar[tuple[str, ...]] = ()
    arrives: ClassVar[bool] = True

    def step(
        self, parameters: Array, gradient: Array, state: State, lr: Rate
    ) -> tuple[Array, State]:
        return parameters - lr * gradient, (state[0] + 1,)


@final
@dataclass(frozen=True)
class Newton(SecondOrderOptimizer):
    """Newton's method, θ ← θ − lr·H⁻¹g, where H is the second derivative: `descent/newton.py`.

    A step of lr 1 goes to the minimum of the quadratic with that gradient and curvature.
    """


@final
@dataclass(frozen=True)
class InteriorPoint(SecondOrderOptimizer):
    """A primal-dual interior point method, for losses made of two straight pieces (absolute,
    quantile, hinge): `descent/interior_point.py`.

    It has no learning rate: each step is Newton's towards the minimum, as far as inner points go.
    """

    @property
    def name(self) -> str:
        return "interior-point"


OPTIMIZERS: Mapping[str, type[Optimizer]] = MappingProxyType(
    {kind.__name__: kind for kind in (SGD, Adagrad, RMSprop, Adam, AdamW)}
)
# Those that need the curvature, of all rows at once.
SECOND_ORDER: Mapping[str, type[Optimizer]] = MappingProxyType(
    {"Newton": Newton, "interior-point": InteriorPoint}
)
EVERY_OPTIMIZER: Mapping[str, type[Optimizer]] = MappingProxyType({**OPTIMIZERS, **SECOND_ORDER})


def make_optimizer(optimizer: str | Optimizer, **options: Any) -> Optimizer:
    """The optimizer of that name (upper or lower case) with these options; an optimizer as it is.

    Raises InputError for an unknown name, an unknown option or a value out of range.

    >>> make_optimizer("sgd", momentum=0.9)
    SGD(momentum=0.9, dampening=0.0, weight_decay=0.0, nesterov=False)
    """
    if isinstance(optimizer, Optimizer):
        if options:
            raise InputError(
                "options ({options}) go with an optimizer's name; this one is made already: "
                "{optimizer}.",
                options=joined(options),
                optimizer=optimizer,
            )
        return optimizer
    by_lower = {name.lower(): kind for name, kind in EVERY_OPTIMIZER.items()}
    name = optimizer.strip().lower() if isinstance(optimizer, str) else ""
    if name not in by_lower:
        known = joined(EVERY_OPTIMIZER)
        raise InputError(
            "no optimizer {optimizer!r}; there are {known}.{name}",
            optimizer=optimizer,
            known=known,
            name=nearest(name, by_lower),
        )
    kind = by_lower[name]
    names = [field.name for field in fields(kind)]
    for option in options:
        if option not in names:
            raise InputError(_unknown_option(kind.__name__, option, names))
    return kind(**options)


def _unknown_option(name: str, option: str, known: list[str]) -> str:
    if option == "lr":
        return say(
            "{name}: lr is not one of its options; give the learning rate on its own.", name=name
        )
    if option in {field.name for field in fields(SGD)} - {*known, "lr"}:
        return say(
            "{name} has no {option}, which belongs to SGD; leave it out.", name=name, option=option
        )
    return say(
        "{name} has no option {option!r}; it has {known}.{option_2}",
        name=name,
        option=option,
        known=joined(known),
        option_2=nearest(option, known),
    )


def _namespace(array: Array) -> Namespace:
    if isinstance(array, np.ndarray | np.generic):
        return np
    # Whoever holds a tensor has imported torch; steepest need not.
    return sys.modules.get("torch", np)


def _zeros(parameters: Array) -> Array:
    return _namespace(parameters).zeros_like(parameters)


def _check(optimizer: Optimizer, *numbers: str, flag: str = "") -> None:
    """Refuse numbers below 0, and a flag that is none."""
    for option in numbers:
        check_number(f"{optimizer.name}: {option}", getattr(optimizer, option))
    if flag:
        check_switch(f"{optimizer.name}: {flag}", getattr(optimizer, flag))
