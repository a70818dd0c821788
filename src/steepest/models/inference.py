"""How sure the coefficients are, and how well they fit: classical least-squares theory.

With residual sum of squares S, n rows and d parameters: σ² = S/(n − d), the covariance of the
coefficients is σ² (XᵀX)⁻¹, t = coefficient / standard error with n − d degrees of freedom. See
Draper and Smith, Applied Regression Analysis (1998), chapter 5. Row weights are taken as inverse
variances (precisions), of every loss: a row of weight 2 is one row, not two. Other losses:
`models/standard_errors.py`; errors that do not trust σ² to be the same for all rows:
`models/robust_errors.py`.
"""

import math
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from steepest.arrays import Floats
from steepest.losses import Gamma, Logistic, Loss, Multinomial, Poisson, Tweedie
from steepest.moments.moments import CentredMoments
from steepest.moments.qr_factor import Factor

# What standard errors are made of, and what may be asked for.
ErrorKind: TypeAlias = Literal["classical", "HC0", "HC1", "HC2", "HC3"]
Errors: TypeAlias = Literal["classical", "robust", "HC0", "HC1", "HC2", "HC3"]
ERRORS: tuple[Errors, ...] = ("classical", "robust", "HC0", "HC1", "HC2", "HC3")


def kind_of_errors(loss: Loss, asked: Errors) -> ErrorKind:
    """Which errors a fit of this loss has; "robust" is HC3 for squared loss, else HC0.

    >>> from steepest.losses import Huber, Poisson, Squared
    >>> kind_of_errors(Squared(), "robust"), kind_of_errors(Poisson(), "robust")
    ('HC3', 'HC0')
    >>> kind_of_errors(Poisson(), "classical"), kind_of_errors(Huber(), "classical")
    ('classical', 'HC0')
    """
    if asked == "robust":
        return "HC3" if loss.name == "squared" else "HC0"
    return "HC0" if asked == "classical" and not has_classical(loss) else asked


def has_classical(loss: Loss) -> bool:
    """Whether the loss is a likelihood, or squared."""
    return loss.name == "squared" or isinstance(
        loss, Logistic | Multinomial | Poisson | Gamma | Tweedie
    )


def needs_rows(loss: Loss, asked: Errors) -> bool:
    """Whether more than the curvature is summed over the rows: slopes, or Pearson's χ²."""
    robust = kind_of_errors(loss, asked) != "classical"
    return robust or isinstance(loss, Gamma | Tweedie)


@dataclass(frozen=True)
class Interval:
    """One coefficient's standard error, t, two-sided p, and 95 % interval.

    - `t`: coefficient / standard error; for other losses than squared it is what others call z
    """

    standard_error: float
    t: float
    p: float
    low: float
    high: float


@dataclass(frozen=True)
class Inference:
    """Intervals by parameter name; a parameter that the rows say nothing of has none.

    - `degrees`: of freedom of the residual, n − d
    - `errors`: "classical", or the sandwich they were made by, "HC0" to "HC3"
    - `distribution`: which gives p and the intervals: "t" of squared loss, else "normal"
    - `dispersion`: φ, the variance in units of the family's: S/(n − d) of squared loss, Pearson's
      χ²/(n − d) of gamma and Tweedie, 1 of logistic, multinomial and Poisson; None of a loss that
      is no likelihood

    >>> import steepest
    >>> found = steepest.fit([1, 2, 3, 4], [1, 3, 2, 5], loss="poisson").inference
    >>> round(found["x"].standard_error, 6), found.errors, found.distribution
    (0.28986, 'classical', 'normal')
    """

    intervals: dict[str, Interval]
    degrees: int
    errors: ErrorKind = "classical"
    distribution: Literal["t", "normal"] = "t"
    dispersion: float | None = None

    def __getitem__(self, name: str) -> Interval:
        return self.intervals[name]

    def about(self) -> dict[str, object]:
        """Plain data for JSON: what the standard errors are."""
        about = ("errors", "distribution", "degrees", "dispersion")
        return {name: getattr(self, name) for name in about}

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Plain data for JSON: the intervals."""
        return {name: asdict(interval) for name, interval in self.intervals.items()}


@dataclass(frozen=True)
class Quality:
    """R², adjusted R², root mean squared error, residual standard deviation; None: undefined.

    R² = 1 − S/T, with T the squares about the mean, or about zero where there is no intercept.
    """

    r2: float | None
    adjusted_r2: float | None
    rmse: float
    residual_deviation: float | None


class Targets(NamedTuple):
    """The target of some rows: their number and weight, its mean, and Σw of squares about that."""

    rows: int
    weight: float
    mean: float
    squares: float

    @staticmethod
    def of_factor(factor: Factor) -> "Targets":
        """The target of a triangle."""
        spread = float(np.linalg.norm(factor.triangle[:, -1])) / float(factor.scale[-1])
        return Targets(factor.rows, factor.weight, float(factor.means[-1]), spread**2)

    @staticmethod
    def of_moments(moments: CentredMoments) -> "Targets":
        """The target of moments."""
        squares = float(moments.products[-1, -1]) / float(moments.scale[-1]) ** 2
        return Targets(moments.rows, moments.weight, moments.means[moments.target], squares)


def measure_quality(targets: Targets, squares: float, parameters: int, intercept: bool) -> Quality:
    """Quality of a fit of so many parameters, whose residual sum of squares is `squares`."""
    about = 0.0 if intercept else targets.mean * targets.mean * targets.weight
    total = targets.squares + about
    degrees = targets.rows - parameters
    r2 = 1.0 - squares / total if total > 0.0 else None
    adjusted = None
    if r2 is not None and degrees > 0:
        adjusted = 1.0 - (1.0 - r2) * (targets.rows - intercept) / degrees
    return Quality(
        r2,
        adjusted,
        math.sqrt(squares / targets.weight),
        math.sqrt(squares / degrees) if degrees > 0 else None,
    )


def infer(
    factor: Factor, names: tuple[str, ...], parameters: Floats, rounding: Floats, gaps: Floats
) -> Inference | None:
    """Intervals of the least-squares parameters (user's units); None without degrees of freedom, or
    where a parameter has more to go (`gaps`, (d,)) than a millionth of its standard error.

    `rounding` (d,) bounds the parameters' rounding error: where the rows are followed exactly, a
    parameter is measured against that, not against a standard error of nothing.
    """
    intercept = len(names) == len(factor.names)
    degrees = factor.rows - len(names)
    inverse = inverse_root(factor, intercept)
    if degrees <= 0 or inverse is None:
        return None
    sigma = factor.residual_of(intercept=intercept) / np.sqrt(degrees)
    errors = sigma * np.sqrt(np.square(inverse).sum(axis=1))
    with np.errstate(over="ignore"):
        if not (gaps <= np.maximum(1e-6 * errors, 10.0 * rounding)).all():
            return None
    intervals = intervals_of(names, parameters, errors, rounding, degrees)
    return Inference(intervals, degrees, dispersion=float(sigma**2))


def intervals_of(
    names: tuple[str, ...],
    parameters: Floats,
    errors: Floats,
    rounding: Floats,
    degrees: int | None,
) -> dict[str, Interval]:
    """Intervals by t with so many degrees of freedom, or by the normal distribution for None; all
    arrays are (d,). A parameter with an error of NaN has none.
    """
    reach = float(ndtri(0.975) if degrees is None else stdtrit(degrees, 0.975))
    intervals = {}
    rows = zip(names, parameters.tolist(), errors.tolist(), rounding.tolist(), strict=True)
    for name, value, error, least in rows:
        if math.isnan(error):
            continue
        known = max(error, least)
        t = value / known if known > 0.0 else 0.0
        p = 2.0 * float(ndtr(-abs(t)) if degrees is None else stdtr(degrees, -abs(t)))
        intervals[name] = Interval(error, float(t), p, value - reach * error, value + reach * error)
    return intervals


def inverse_root(factor: Factor, intercept: bool) -> Floats | None:
    """A matrix B (d, ·) with B Bᵀ = (XᵀX)⁻¹ in the user's units, the intercept last; None where
    there is none.
    """
    slopes = factor.inverse(intercept)
    if slopes is None or not (len(slopes) or intercept):
        return None
    slopes = slopes * factor.scale[:-1, None]
    if not intercept:
        return np.asarray(slopes)
    # a = ȳ − x̄ᵀb, and ȳ is independent of b: its row holds 1/√Σw beside −x̄ᵀ of the slopes' rows.
    below = np.append(-(factor.means[:-1] @ slopes), 1.0 / np.sqrt(factor.weight))
    return np.vstack([np.column_stack([slopes, np.zeros(len(slopes))]), below])
