"""Value, slope and curvature of each loss, written once as pure functions of η, y and one option.

They use operators, a few functions of NumPy, and `select`. On arrays they are NumPy code; on
scalars, inside functions that numba compiles, they are machine code (see `kernel.py`), which
identifies each loss by an integer.

None subtracts large numbers that cancel, or leaves 0·∞ behind: η may be ±1e4 and beyond.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

Number: TypeAlias = Any  # an array of float64, or one float64

SQUARED, ABSOLUTE, HUBER, QUANTILE, LOG_COSH = 0, 1, 2, 3, 4
LOGISTIC, HINGE, SQUARED_HINGE = 5, 6, 7
POISSON, GAMMA, TWEEDIE = 8, 9, 10
HUBER_CHORDS, LOG_COSH_CHORDS = 11, 12

_LOG_2 = float(np.log(2.0))


class Rules(NamedTuple):
    """One loss as three functions of (η, y, option)."""

    value: Callable[[Number, Number, float], Number]
    slope: Callable[[Number, Number, float], Number]
    curvature: Callable[[Number, Number, float], Number]


def select(condition: Any, yes: Number, no: Number) -> Number:
    """`yes` where the condition holds, else `no`; both are computed."""
    return np.where(condition, yes, no)


def squared_value(eta: Number, y: Number, option: float) -> Number:
    return (eta - y) * (eta - y)


def squared_slope(eta: Number, y: Number, option: float) -> Number:
    return 2.0 * (eta - y)


def squared_curvature(eta: Number, y: Number, option: float) -> Number:
    return 0.0 * (eta - y) + 2.0


def absolute_value(eta: Number, y: Number, option: float) -> Number:
    return np.abs(eta - y)


def absolute_slope(eta: Number, y: Number, option: float) -> Number:
    return np.sign(eta - y)


def flat_curvature(eta: Number, y: Number, option: float) -> Number:
    """Of a loss made of straight pieces: 0 everywhere but at its kinks, where it has none."""
    return 0.0 * (eta - y)


def huber_value(eta: Number, y: Number, delta: float) -> Number:
    gap = np.abs(eta - y)
    near = np.minimum(gap, delta)
    return near * (gap - 0.5 * near)


def huber_slope(eta: Number, y: Number, delta: float) -> Number:
    return np.minimum(np.maximum(eta - y, -delta), delta)


def huber_curvature(eta: Number, y: Number, delta: float) -> Number:
    return 1.0 * (np.abs(eta - y) <= delta)


def huber_chord(eta: Number, y: Number, delta: float) -> Number:
    """The slope over the residual, which a parabola above the loss bends by."""
    return delta / np.maximum(np.abs(eta - y), delta)


def quantile_value(eta: Number, y: Number, quantile: float) -> Number:
    above = eta - y
    return np.maximum((1.0 - quantile) * above, -quantile * above)


def quantile_slope(eta: Number, y: Number, quantile: float) -> Number:
    return (1.0 - quantile) * (eta > y) - quantile * (eta < y)


def log_cosh_value(eta: Number, y: Number, option: float) -> Number:
    gap = np.abs(eta - y)
    # cosh r = 1 + 2 sinh²(r/2) keeps the digits of small gaps, the other form those of large ones.
    half = np.sinh(0.5 * np.minimum(gap, 1.0))
    far = gap + (np.log1p(np.exp(-2.0 * gap)) - _LOG_2)
    return select(gap < 1.0, np.log1p(2.0 * half * half), far)


def log_cosh_slope(eta: Number, y: Number, option: float) -> Number:
    return np.tanh(eta - y)


def log_cosh_curvature(eta: Number, y: Number, option: float) -> Number:
    small = np.exp(-2.0 * np.abs(eta - y))
    return 4.0 * small / ((1.0 + small) * (1.0 + small))


def log_cosh_chord(eta: Number, y: Number, option: float) -> Number:
    gap = np.maximum(np.abs(eta - y), 1e-9)
    return np.tanh(gap) / gap


def sigmoid(eta: Number) -> Number:
    """1/(1 + exp(−η)), to full relative precision on both sides."""
    small = np.exp(-np.abs(eta))
    return select(eta >= 0.0, 1.0, small) / (1.0 + small)


def logistic_value(eta: Number, y: Number, option: float) -> Number:
    return logistic_value_of(np.exp(-np.abs(eta)), eta, y)


def logistic_slope(eta: Number, y: Number, option: float) -> Number:
    return logistic_slope_of(np.exp(-np.abs(eta)), eta, y)


def logistic_curvature(eta: Number, y: Number, option: float) -> Number:
    return logistic_curvature_of(np.exp(-np.abs(eta)))


def logistic_value_of(small: Number, eta: Number, y: Number) -> Number:
    """The value, where exp(−|η|) is known."""
    return (np.maximum(eta, 0.0) - y * eta) + np.log1p(small)


def logistic_slope_of(small: Number, eta: Number, y: Number) -> Number:
    """The slope, where exp(−|η|) is known."""
    # σ(η) − y = (1 − y)σ(η) − yσ(−η), which does not cancel where σ(η) is close to y = 1.
    right = eta >= 0.0
    rising, falling = select(right, 1.0, small), select(right, small, 1.0)
    return ((1.0 - y) * rising - y * falling) / (1.0 + small)


def logistic_curvature_of(small: Number) -> Number:
    """The curvature, where exp(−|η|) is known."""
    return small / ((1.0 + small) * (1.0 + small))


def hinge_value(eta: Number, y: Number, option: float) -> Number:
    return np.maximum(1.0 - (2.0 * y - 1.0) * eta, 0.0)


def hinge_slope(eta: Number, y: Number, option: float) -> Number:
    side = 2.0 * y - 1.0
    return select(side * eta < 1.0, -side, 0.0 * side)


def squared_hinge_value(eta: Number, y: Number, option: float) -> Number:
    short = np.maximum(1.0 - (2.0 * y - 1.0) * eta, 0.0)
    return short * short


def squared_hinge_slope(eta: Number, y: Number, option: float) -> Number:
    side = 2.0 * y - 1.0
    return -2.0 * side * np.maximum(1.0 - side * eta, 0.0)


def squared_hinge_curvature(eta: Number, y: Number, option: float) -> Number:
    return 2.0 * ((2.0 * y - 1.0) * eta < 1.0)


def poisson_value(eta: Number, y: Number, option: float) -> Number:
    return np.exp(eta) - y * eta


def poisson_slope(eta: Number, y: Number, option: float) -> Number:
    return np.exp(eta) - y


def poisson_curvature(eta: Number, y: Number, option: float) -> Number:
    return np.exp(eta) + 0.0 * y


def gamma_value(eta: Number, y: Number, option: float) -> Number:
    return eta + y * np.exp(-eta)


def gamma_slope(eta: Number, y: Number, option: float) -> Number:
    return 1.0 - y * np.exp(-eta)


def gamma_curvature(eta: Number, y: Number, option: float) -> Number:
    return y * np.exp(-eta)


def scaled_exp(y: Number, exponent: Number) -> Number:
    """y·exp(exponent), and 0 for y = 0 also where exp overflows."""
    return y * np.exp(select(y == 0.0, 0.0 * exponent, exponent))


def tweedie_value(eta: Number, y: Number, power: float) -> Number:
    if power == 1.0:
        return poisson_value(eta, y, power)
    if power == 2.0:
        return gamma_value(eta, y, power)
    if power < 2.0:
        falling = scaled_exp(y, (1.0 - power) * eta)
        return np.exp((2.0 - power) * eta) / (2.0 - power) + falling / (power - 1.0)
    # Here both terms grow to the left. As a product, overflow leaves the sign that is true.
    bracket = y * np.exp(-eta) / (power - 1.0) - 1.0 / (power - 2.0)
    return np.exp((2.0 - power) * eta) * bracket


def tweedie_slope(eta: Number, y: Number, power: float) -> Number:
    if power == 1.0:
        return poisson_slope(eta, y, power)
    if power == 2.0:
        return gamma_slope(eta, y, power)
    if power < 2.0:
        return np.exp((2.0 - power) * eta) - scaled_exp(y, (1.0 - power) * eta)
    return np.exp((2.0 - power) * eta) * (1.0 - y * np.exp(-eta))


def tweedie_curvature(eta: Number, y: Number, power: float) -> Number:
    if power == 1.0:
        return poisson_curvature(eta, y, power)
    if power == 2.0:
        return gamma_curvature(eta, y, power)
    if power < 2.0:
        falling = scaled_exp(y, (1.0 - power) * eta)
        return (2.0 - power) * np.exp((2.0 - power) * eta) + (power - 1.0) * falling
    bracket = (power - 1.0) * y * np.exp(-eta) - (power - 2.0)
    return np.exp((2.0 - power) * eta) * bracket


# In the order of their integers.
RULES: tuple[Rules, ...] = (
    Rules(squared_value, squared_slope, squared_curvature),
    Rules(absolute_value, absolute_slope, flat_curvature),
    Rules(huber_value, huber_slope, huber_curvature),
    Rules(quantile_value, quantile_slope, flat_curvature),
    Rules(log_cosh_value, log_cosh_slope, log_cosh_curvature),
    Rules(logistic_value, logistic_slope, logistic_curvature),
    Rules(hinge_value, hinge_slope, flat_curvature),
    Rules(squared_hinge_value, squared_hinge_slope, squared_hinge_curvature),
    Rules(poisson_value, poisson_slope, poisson_curvature),
    Rules(gamma_value, gamma_slope, gamma_curvature),
    Rules(tweedie_value, tweedie_slope, tweedie_curvature),
    Rules(huber_value, huber_slope, huber_chord),
    Rules(log_cosh_value, log_cosh_slope, log_cosh_chord),
)
