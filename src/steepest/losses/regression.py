"""Losses of the distance between predictor and target: squared, absolute and what lies between."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from steepest.arrays import Floats
from steepest.losses import rules
from steepest.losses.best_constant import balance, weighted_mean, weighted_quantile
from steepest.losses.loss import Kinks, ScalarLoss
from steepest.number_checks import checked


class _NearlyStraight(ScalarLoss):
    """What losses share that are smooth, and nearly straight far out: r = η − y."""

    smooth: ClassVar[bool] = True
    greatest_curvature: ClassVar[float | None] = 1.0

    def start(self, y: Floats, weights: Floats | None = None) -> float:
        """Where the slopes balance: of Huber's loss between median and mean."""
        return balance(self, y, weights)


@final
@dataclass(frozen=True)
class Squared(ScalarLoss):
    """ℓ = (η − y)², slope 2(η − y), curvature 2. Best constant: the mean.

    As in `steepest.fit`, and in scikit-learn's LinearRegression and Ridge. Its Lasso, ElasticNet
    and SGDRegressor(loss="squared_error") have ½ before it: here their alpha is twice as large.

    >>> import numpy as np
    >>> Squared().value(np.array([1.0, 4.0]), np.array([3.0, 3.0]))
    array([4., 1.])
    """

    name: ClassVar[str] = "squared"
    smooth: ClassVar[bool] = True
    greatest_curvature: ClassVar[float | None] = 2.0
    code: ClassVar[int] = rules.SQUARED

    def start(self, y: Floats, weights: Floats | None = None) -> float:
        """The weighted mean."""
        return weighted_mean(y, weights)


@final
@dataclass(frozen=True)
class Absolute(ScalarLoss):
    """ℓ = |η − y|, slope sign(η − y), 0 at η = y; curvature 0 almost everywhere.

    Best constant: the median. scikit-learn: SGDRegressor(loss="epsilon_insensitive", epsilon=0)
    and HistGradientBoostingRegressor(loss="absolute_error"). Twice `Quantile(0.5)`.

    >>> import numpy as np
    >>> Absolute().slope(np.array([1.0, 3.0, 4.0]), np.array([3.0, 3.0, 3.0]))
    array([-1.,  0.,  1.])
    """

    name: ClassVar[str] = "absolute"
    smooth: ClassVar[bool] = False
    greatest_curvature: ClassVar[float | None] = None
    code: ClassVar[int] = rules.ABSOLUTE

    def kinks(self, y: Floats) -> Kinks:
        return Kinks(np.ones(y.shape), np.ones(y.shape), y)

    def start(self, y: Floats, weights: Floats | None = None) -> float:
        """The weighted median; the middle, where it is an interval."""
        return weighted_quantile(y, weights, 0.5)


@final
@dataclass(frozen=True)
class Huber(_NearlyStraight):
    """ℓ = ½r² for |r| ≤ delta, else delta·(|r| − ½delta), with r = η − y (Huber 1964).

    Slope: r cut off at ±delta. Curvature: 1 for |r| ≤ delta, else 0.
    As scikit-learn's SGDRegressor(loss="huber", epsilon=delta) and torch's `huber_loss`.
    HuberRegressor's is twice this, and divides r by a scale that it estimates: its minimum is this
    one's at delta = epsilon·scale_. `delta` is in units of the target.

    >>> import numpy as np
    >>> Huber(delta=1.0).value(np.array([0.5, 3.0]), np.zeros(2))
    array([0.125, 2.5  ])
    """

    name: ClassVar[str] = "huber"
    code: ClassVar[int] = rules.HUBER
    delta: float = 1.35

    def __post_init__(self) -> None:
        above_zero = checked(self.delta, "huber: delta", 0.0, float("inf"), ends=False)
        object.__setattr__(self, "delta", above_zero)

    def kinks(self, y: Floats) -> Kinks:
        return Kinks(np.full(y.shape, self.delta), np.full(y.shape, self.delta), y, bend=1.0)

    @property
    def chords(self) -> ScalarLoss:
        return HuberChords(self.delta)


@final
@dataclass(frozen=True)
class Quantile(ScalarLoss):
    """ℓ = quantile·(y − η) for y above η, (1 − quantile)·(η − y) below: the pinball loss.

    Slope −quantile, 1 − quantile, and 0 at η = y; curvature 0 almost everywhere.
    As scikit-learn's QuantileRegressor(quantile=quantile).

    >>> import numpy as np
    >>> Quantile(0.75).value(np.array([1.0, 5.0]), np.array([3.0, 3.0]))
    array([1.5, 0.5])
    """

    name: ClassVar[str] = "quantile"
    smooth: ClassVar[bool] = False
    greatest_curvature: ClassVar[float | None] = None
    code: ClassVar[int] = rules.QUANTILE
    quantile: float = 0.5

    def __post_init__(self) -> None:
        share = checked(self.quantile, "quantile: quantile", 0.0, 1.0, ends=False)
        object.__setattr__(self, "quantile", share)

    def kinks(self, y: Floats) -> Kinks:
        return Kinks(np.full(y.shape, self.quantile), np.full(y.shape, 1.0 - self.quantile), y)

    def start(self, y: Floats, weights: Floats | None = None) -> float:
        """The weighted quantile; the middle, where it is an interval."""
        return weighted_quantile(y, weights, self.quantile)


@final
@dataclass(frozen=True)
class LogCosh(_NearlyStraight):
    """ℓ = log cosh r with r = η − y: about ½r² for small r, |r| − log 2 for large ones.

    Slope tanh r, curvature 1/cosh² r. scikit-learn has none.

    >>> import numpy as np
    >>> LogCosh().value(np.array([1e-8, 1e4]), np.zeros(2))
    array([5.00000000e-17, 9.99930685e+03])
    """

    name: ClassVar[str] = "log-cosh"
    code: ClassVar[int] = rules.LOG_COSH

    def kinks(self, y: Floats) -> Kinks:
        return Kinks(np.ones(y.shape), np.ones(y.shape), y, bend=1.0)

    @property
    def chords(self) -> ScalarLoss:
        return LogCoshChords()


@final
@dataclass(frozen=True)
class HuberChords(_NearlyStraight):
    """Huber's loss, with the curvature delta/|r| where it is straight: `ScalarLoss.chords`."""

    name: ClassVar[str] = "huber"
    code: ClassVar[int] = rules.HUBER_CHORDS
    delta: float


@final
@dataclass(frozen=True)
class LogCoshChords(_NearlyStraight):
    """Log-cosh with the curvature tanh(r)/r: `ScalarLoss.chords`."""

    name: ClassVar[str] = "log-cosh"
    code: ClassVar[int] = rules.LOG_COSH_CHORDS
