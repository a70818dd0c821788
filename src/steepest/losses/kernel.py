"""Losses and the proximal step on scalars, as machine code. Importing this imports numba: do so
where it is used.

The formulas are those of `losses/rules.py` and `penalties.py`, compiled and not written again. A
loss is identified by `code` and `option` of `ScalarLoss`; an unknown code gives nan.
Only the multinomial loss, of many predictors, is written here in its own loops.

numba notices changes of the file that holds a compiled function, not of files that it calls: after
a change of the rules, delete `__pycache__` beside this file and beside whatever calls it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numba.extending import overload, register_jitable

from steepest.arrays import Floats
from steepest.losses import rules
from steepest.losses.rules import Number
from steepest.penalties.penalties import shrink

# What only compiled code calls has no doors from Python and C, which would be compiled too; called
# from Python it would end the process.
UNWRAPPED = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
# Division by 0 must give what it gives in NumPy, and infinities must stay: no fast mathematics.
_compile = njit(nogil=True, cache=True, error_model="numpy")


@overload(rules.select)
def _select(condition: Any, yes: Any, no: Any) -> Any:
    def choose(condition: Any, yes: Any, no: Any) -> Any:
        return yes if condition else no

    return choose


_RULES: set[Callable[..., Number]] = {rule for family in rules.RULES for rule in family}
_PARTS = rules.logistic_value_of, rules.logistic_slope_of, rules.logistic_curvature_of
for _rule in (*_RULES, *_PARTS, rules.sigmoid, rules.scaled_exp, shrink):
    register_jitable(_rule)


def _of_loss(what: str) -> Any:
    """One of the rules, of the loss with a code and an option, at numbers η and y."""
    of_each = [getattr(family, what) for family in rules.RULES[: rules.TWEEDIE + 1]]
    squared, absolute, huber, quantile, log_cosh, *others = of_each
    logistic, hinge, squared_hinge, poisson, gamma, tweedie = others

    @_compile
    def rule(code: int, option: float, eta: float, y: float) -> Number:
        eta, y = np.float64(eta), np.float64(y)
        if code == rules.SQUARED:
            return squared(eta, y, option)
        if code == rules.ABSOLUTE:
            return absolute(eta, y, option)
        if code == rules.HUBER:
            return huber(eta, y, option)
        if code == rules.QUANTILE:
            return quantile(eta, y, option)
        if code == rules.LOG_COSH:
            return log_cosh(eta, y, option)
        if code == rules.LOGISTIC:
            return logistic(eta, y, option)
        if code == rules.HINGE:
            return hinge(eta, y, option)
        if code == rules.SQUARED_HINGE:
            return squared_hinge(eta, y, option)
        if code == rules.POISSON:
            return poisson(eta, y, option)
        if code == rules.GAMMA:
            return gamma(eta, y, option)
        if code == rules.TWEEDIE:
            return tweedie(eta, y, option)
        return np.nan

    return rule


loss_value, loss_slope = _of_loss("value"), _of_loss("slope")


@register_jitable
def _greatest(eta: Floats) -> int:
    """The first place of the greatest number. (NumPy's are compiled for half a second each.)"""
    top = 0
    for j in range(1, len(eta)):
        if eta[j] > eta[top]:
            top = j
    return top


@_compile
def multinomial_value(eta: Floats, y: int) -> Number:
    """log Σⱼ exp(ηⱼ) − η_y of one row, η (k,)."""
    top, others = _greatest(eta), 0.0
    for j in range(len(eta)):
        if j != top:
            others += np.exp(eta[j] - eta[top])
    return (eta[top] - eta[y]) + np.log1p(others)


@_compile
def multinomial_slope(eta: Floats, y: int, slope: Floats) -> None:
    """Write softmax(η) − (1 at y) of one row, η (k,), into `slope` (k,)."""
    top, total = eta[_greatest(eta)], 0.0
    for j in range(len(eta)):
        slope[j] = np.exp(eta[j] - top)
        total += slope[j]
    slope[y] = 0.0
    others = 0.0
    for j in range(len(eta)):
        slope[j] /= total
        others += slope[j]
    slope[y] = -others


@_compile
def proximal(w: float, threshold: float, lower: float, upper: float) -> Number:
    """argmin over lower ≤ z ≤ upper of ½(z − w)² + threshold·|z|: see `penalties.py`.

    >>> proximal(0.3, 0.5, -np.inf, np.inf), proximal(-3.0, 0.5, -1.0, np.inf)
    (0.0, -1.0)
    """
    return shrink(w, threshold, lower, upper)
