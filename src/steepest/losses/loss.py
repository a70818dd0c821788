"""What a loss is: the error of one row, as a function of its linear predictor."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses.rules import RULES
from steepest.translation import gathered, translated
from steepest.wording.numbers import name_row


class Kinks(NamedTuple):
    """Losses ℓ = above·max(place − η, 0) + below·max(η − place, 0), arrays (n,); with a `bend` γ
    both sides are joined by (place − η)²/2γ.
    """

    above: Floats
    below: Floats
    place: Floats
    bend: float = 0.0


class Loss(ABC):
    """The error ℓ(η, y) of a row with linear predictor η = x·w + c and target y.

    Rows are the last axis of y (n,); a batch of parameters may stand before it, (…, n). A loss of
    k predictors a row takes η (…, n, k). Numbers are float64; what overflows is inf, and no warning
    is raised.

    - `name`: as `make_loss` reads it
    - `smooth`: whether the slope has no jumps
    - `greatest_curvature`: the least bound on ∂²ℓ/∂η² over all η and y (k predictors: on its
      largest eigenvalue); None where the slope jumps, or where curvature grows without bound
    """

    name: ClassVar[str]
    smooth: ClassVar[bool]
    greatest_curvature: ClassVar[float | None]
    # Which targets there are, in words that follow "a target that is".
    target: ClassVar[str]

    @property
    def convex(self) -> bool:
        """Whether ℓ is convex in η; all are but Tweedie's of power above 2."""
        return True

    @abstractmethod
    def value(self, eta: Floats, y: Floats) -> Floats:
        """ℓ of each row, shape (…, n)."""

    @abstractmethod
    def slope(self, eta: Floats, y: Floats) -> Floats:
        """∂ℓ/∂η of each row, shaped as η. At a kink, one slope between those of its sides."""

    @abstractmethod
    def curvature(self, eta: Floats, y: Floats) -> Floats:
        """∂²ℓ/∂η² of each row, (…, n), or (…, n, k, k); at a kink that of one of its sides."""

    @abstractmethod
    def mean(self, eta: Floats) -> Floats:
        """The prediction on the target's scale, shaped as η."""

    @abstractmethod
    def start(self, y: Floats, weights: Floats | None = None) -> float | Floats:
        """The constant η, a number or (k,), that minimises Σ w ℓ(η, y) over the rows.

        Raises InputError where there is none: no row has weight, or all targets are alike and the
        best η is infinite.
        """

    def greatest_curvature_between(self, lower: float, upper: float, y: Floats) -> float:
        """The greatest ∂²ℓ/∂η² for η from `lower` to `upper` at targets y; inf if the slope jumps.

        Where `greatest_curvature` is a number, this is it.
        """
        return math.inf if self.greatest_curvature is None else self.greatest_curvature

    def check_target(self, y: Any, where: Callable[[int], str] = name_row) -> None:
        """Raise InputError for the first target that this loss cannot take.

        - `where(i)`: what to call row i of y

        >>> from steepest.losses import make_loss
        >>> make_loss("poisson").check_target([3, 0, -2])
        Traceback (most recent call last):
        steepest.errors.InputError: poisson loss needs a target that is 0 or more: row 3 (index 2)
        holds -2.
        """
        found = np.asarray(y)
        if found.ndim != 1:
            raise InputError(
                "{name} loss needs one target a row, not shape {shape}.",
                name=self.name,
                shape=found.shape,
            )
        if found.dtype.kind not in "iufb":
            raise InputError(
                "{name} loss needs a target of numbers, not {dtype}.",
                name=self.name,
                dtype=found.dtype,
            )
        values = np.asarray(found, dtype=np.float64)
        for i in np.flatnonzero(~(np.isfinite(values) & self._takes(values)))[:1]:
            text = repr(float(values[i])).removesuffix(".0")
            raise InputError(
                "{name} loss needs a target that is {target}: {i} holds {text}.",
                name=self.name,
                target=translated(self.target),
                i=where(int(i)),
                text=text,
            )

    @abstractmethod
    def _takes(self, y: Floats) -> NDArray[np.bool_]:
        """Which of the finite targets (n,) this loss can take."""


class ScalarLoss(Loss):
    """A loss of one predictor a row: the same functions serve arrays and compiled code.

    - `code`, `option`: what compiled code identifies it by
    """

    code: ClassVar[int]
    target: ClassVar[str] = gathered("a finite number")

    @property
    def option(self) -> float:
        """The number that the rules take beside η and y: the loss's own; 0 where it has none."""
        return next(iter(vars(self).values()), 0.0)

    def value(self, eta: Floats, y: Floats) -> Floats:
        return self._apply(RULES[self.code].value, eta, y)

    def slope(self, eta: Floats, y: Floats) -> Floats:
        return self._apply(RULES[self.code].slope, eta, y)

    def curvature(self, eta: Floats, y: Floats) -> Floats:
        return self._apply(RULES[self.code].curvature, eta, y)

    def second_order(self, eta: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        """Value, slope and curvature of rows, which may have parts in common."""
        return self.value(eta, y), self.slope(eta, y), self.curvature(eta, y)

    def mean(self, eta: Floats) -> Floats:
        return np.asarray(eta, dtype=np.float64)

    def kinks(self, y: Floats) -> Kinks | None:
        """Where ℓ has its kink and how steep its two straight sides are, at targets y (n,), of a
        smooth loss those that it nears far out; None for a loss that has none.
        """
        return None

    @property
    def chords(self) -> "ScalarLoss | None":
        """The same loss with the curvature of a parabola that touches it and lies above: what may
        be descended by where rows on straight pieces have none. None where no row is on one.
        """
        return None

    @abstractmethod
    def start(self, y: Floats, weights: Floats | None = None) -> float: ...

    def __str__(self) -> str:
        return f"{self.name}:{self.option!r}" if vars(self) else self.name

    def _apply(self, rule: Callable[..., Any], eta: Floats, y: Floats) -> Floats:
        eta, y = np.asarray(eta, dtype=np.float64), np.asarray(y, dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(rule(eta, y, self.option), dtype=np.float64)

    def _takes(self, y: Floats) -> NDArray[np.bool_]:
        return np.ones(y.shape, dtype=np.bool_)
