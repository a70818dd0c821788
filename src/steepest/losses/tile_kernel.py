"""Value, slope and curvature of a tile of rows at once, as vector instructions. Importing this
imports numba: do so where it is used.

The formulas are those of `losses/rules.py`, compiled against `vector_math.py` in NumPy's place.
"""

from types import FunctionType
from typing import Any

import numpy as np
from numba import njit
from numba.extending import register_jitable

from steepest.arrays import Floats
from steepest.losses import rules, vector_math
from steepest.losses.kernel import UNWRAPPED, loss_slope

VALUE, SLOPE, CURVATURE = 0, 1, 2

# Division by 0 must give what it gives in NumPy, and infinities must stay: no fast mathematics.
_compile = njit(error_model="numpy", fastmath={"contract"}, **UNWRAPPED)


def _choose(condition: Any, yes: Any, no: Any) -> Any:
    return yes if condition else no


def _compiled_against(functions: Any) -> dict[str, Any]:
    """The functions of `losses/rules.py` by name, with another `np` and a `select` of numbers."""
    names: dict[str, Any] = {**vars(rules), "np": functions, "select": register_jitable(_choose)}
    for name, rule in vars(rules).items():
        if isinstance(rule, FunctionType) and rule is not rules.select:
            names[name] = register_jitable(FunctionType(rule.__code__, names, name))
    return names


_rules = _compiled_against(vector_math)


def _rows_of(loss: str, compile: Any = _compile, bend: str = "curvature") -> Any:
    """Compiled code for many rows of a loss, whose rules are called `loss`_value and so on."""
    value, slope, curvature = (_rules[f"{loss}_{what}"] for what in ("value", "slope", bend))

    @compile
    def rows(option: float, eta: Floats, y: Floats, found: Floats) -> None:
        for r in range(len(eta)):
            # All before one is written, which might change η: so what they share is computed once.
            at, target = eta[r], y[r]
            ell, first = value(at, target, option), slope(at, target, option)
            second = curvature(at, target, option)
            found[VALUE, r], found[SLOPE, r], found[CURVATURE, r] = ell, first, second

    return rows


_squared, _huber, _log_cosh = _rows_of("squared"), _rows_of("huber"), _rows_of("log_cosh")
_huber_chords = _rows_of("huber", bend="chord")
_log_cosh_chords = _rows_of("log_cosh", bend="chord")
_logistic, _squared_hinge = _rows_of("logistic"), _rows_of("squared_hinge")
_poisson, _gamma = _rows_of("poisson"), _rows_of("gamma")
_between = _rows_of("tweedie", njit(forceinline=True, error_model="numpy", **UNWRAPPED))


@_compile
def _tweedie(power: float, eta: Floats, y: Floats, found: Floats) -> None:
    if power == 1.0:
        _poisson(power, eta, y, found)
    elif power == 2.0:
        _gamma(power, eta, y, found)
    elif power < 2.0:  # the compiler sees that its rules then take none of their branches
        _between(power, eta, y, found)
    else:
        found[:] = np.nan


def _slopes_of(loss: str) -> Any:
    """The same for the slopes alone, which take the place of η."""
    slope = _rules[f"{loss}_slope"]

    @njit(forceinline=True, error_model="numpy", fastmath={"contract"}, **UNWRAPPED)
    def rows(option: float, eta: Floats, y: Floats) -> None:
        for r in range(len(eta)):
            eta[r] = slope(eta[r], y[r], option)

    return rows


_slopes = {name: _slopes_of(name) for name in ("squared", "logistic", "poisson")}
_squared_slopes, _logistic_slopes, _poisson_slopes = _slopes.values()


@njit(forceinline=True, error_model="numpy", **UNWRAPPED)
def slopes_of_tile(code: int, option: float, eta: Floats, y: Floats) -> None:
    """Write ∂ℓ/∂η of rows with η and y (r,) in the place of η."""
    if code == rules.SQUARED:
        _squared_slopes(option, eta, y)
    elif code == rules.LOGISTIC:
        _logistic_slopes(option, eta, y)
    elif code == rules.POISSON:
        _poisson_slopes(option, eta, y)
    else:
        for r in range(len(eta)):
            eta[r] = loss_slope(code, option, eta[r], y[r])


@_compile
def losses_of_tile(code: int, option: float, eta: Floats, y: Floats, found: Floats) -> None:
    """Write ℓ, ∂ℓ/∂η and ∂²ℓ/∂η² of rows with η and y (r,) into `found` (3, r). The loss is known
    by `code` and `option` of `ScalarLoss`; one that is not smooth or not convex gives nan.
    """
    if code == rules.LOGISTIC:
        _logistic(option, eta, y, found)
    elif code == rules.POISSON:
        _poisson(option, eta, y, found)
    elif code == rules.GAMMA:
        _gamma(option, eta, y, found)
    elif code == rules.TWEEDIE:
        _tweedie(option, eta, y, found)
    elif code == rules.HUBER:
        _huber(option, eta, y, found)
    elif code == rules.LOG_COSH:
        _log_cosh(option, eta, y, found)
    elif code == rules.SQUARED_HINGE:
        _squared_hinge(option, eta, y, found)
    elif code == rules.SQUARED:
        _squared(option, eta, y, found)
    elif code == rules.HUBER_CHORDS:
        _huber_chords(option, eta, y, found)
    elif code == rules.LOG_COSH_CHORDS:
        _log_cosh_chords(option, eta, y, found)
    else:
        found[:] = np.nan
