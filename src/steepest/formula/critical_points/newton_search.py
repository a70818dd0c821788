"""Stationary points found by Newton's method on the gradient, from many starts at once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from steepest.arrays import Floats
from steepest.formula.critical_points.equations import LISTED, WINDOW
from steepest.formula.critical_points.kind import kind_of
from steepest.formula.critical_points.pieces import Piece
from steepest.formula.to_sympy import Expression
from steepest.wording.fact import Fact, fact

Numbers = Callable[[Floats], Floats]

VARIABLES = 16
STARTS = 8000  # for d variables divided by (d + 1)²
ITERATIONS = 100
_TRACE = 1e-12  # what Newton's steps leave of a zero
FLAT = 16  # degenerate points; more of them are samples of a curve


def search(parts: Sequence[Piece], symbols: Sequence[Expression]) -> tuple[list[Any], Fact]:
    """Points as `StationaryPoint` describes them, and why there may be others.

    The starts lie between -10 and 10 in every variable, and so do the points that are kept. They
    are drawn with a fixed seed. Beyond 16 variables nothing is searched.
    """
    if len(symbols) > VARIABLES:
        return [], fact("too many variables", most=VARIABLES)
    with np.errstate(all="ignore"):
        found = [point for piece in parts for point in _of_piece(piece, symbols)]
    undecided = sum(point["kind"] == "undecided" for point in found)
    if undecided > FLAT:
        found = [point for point in found if point["kind"] != "undecided"]
    lowest = LISTED if len(found) > LISTED else None
    if lowest is not None:
        found = sorted(found, key=lambda point: point["value"])[:lowest]
    reason = fact("numerical search", reach=WINDOW, on_curves=undecided > FLAT, lowest=lowest)
    return sorted(found, key=lambda point: list(point["coordinates"].values())), reason


def _of_piece(piece: Piece, symbols: Sequence[Expression]) -> list[dict[str, Any]]:
    value, *margins = (numbers(each, symbols) for each in (piece.smooth, *piece.margins))
    slopes = [piece.smooth.diff(symbol) for symbol in symbols]
    gradient = _stacked([numbers(slope, symbols) for slope in slopes])
    d = len(symbols)
    curves = _stacked([numbers(slope.diff(s), symbols) for slope in slopes for s in symbols])

    def hessian(points: Floats) -> Floats:
        return curves(points).reshape(-1, d, d)

    points = _newton(gradient, hessian, _starts(d))
    inside = np.all([margin(points) > 0 for margin in margins], axis=0)
    points = _different(points[inside & np.isfinite(value(points))])
    points = _settled(points, gradient)
    return [
        _described(point, symbols, float(height), curve)
        for point, height, curve in zip(points, value(points), hessian(points), strict=True)
    ]


def _starts(d: int) -> Floats:
    drawn = np.random.default_rng(0).uniform(-WINDOW, WINDOW, (STARTS // (d + 1) ** 2, d))
    # Most of what people write happens near the origin.
    drawn[::2] /= 4.0
    return drawn


def _newton(gradient: Numbers, hessian: Numbers, points: Floats) -> Floats:
    """Where the steps have become small, though the second derivative is not zero there.

    Far out on exp(-x²) the gradient is as good as zero as well, but a step would be large.
    """
    for _ in range(ITERATIONS):
        step = _step(gradient(points), hessian(points))
        points = points - step
        points = points[np.all(np.abs(points) <= 10.0 * WINDOW, axis=1)]
        if np.nanmax(np.abs(step), initial=0.0) <= 1e-15:
            break
    slope, curve = gradient(points), hessian(points)
    last = np.abs(_step(slope, curve)).max(axis=1, initial=0.0)
    steep = np.abs(curve).max(axis=(1, 2), initial=0.0)
    level = np.abs(slope).max(axis=1, initial=0.0) <= 1e-9 * steep
    inside = np.all(np.abs(points) <= WINDOW, axis=1)
    kept: Floats = points[level & inside & (last <= 1e-9) & (steep > 0)]
    return kept


def _step(slope: Floats, curve: Floats) -> Floats:
    """H⁻¹g of each point, by the pseudo-inverse where H is singular; NaN where it is not finite."""
    known = np.isfinite(slope).all(axis=1) & np.isfinite(curve).all(axis=(1, 2))
    step = np.full_like(slope, np.nan)
    step[known] = np.einsum("nij,nj->ni", np.linalg.pinv(curve[known]), slope[known])
    return step


def _different(points: Floats) -> Floats:
    """One of those that agree to six digits."""
    _, first = np.unique(points.round(6) + 0.0, axis=0, return_index=True)
    return points[first]


def _settled(points: Floats, gradient: Numbers) -> Floats:
    """Coordinates that are next to zero at zero, where the gradient is no steeper for it."""
    at_zero = np.where(np.abs(points) < _TRACE, 0.0, points)
    before, after = (np.abs(gradient(each)).max(axis=1, initial=0.0) for each in (points, at_zero))
    return np.where((after <= before)[:, None], at_zero, points)


def _described(
    point: Floats, symbols: Sequence[Expression], value: float, curve: Floats
) -> dict[str, Any]:
    named = zip(map(str, symbols), map(float, point), strict=True)
    return {
        "coordinates": dict(named),
        "exact": {},
        "value": value,
        "exact_value": "",
        "kind": kind_of(np.linalg.eigvalsh(curve), 1e-6),
    }


def numbers(expression: Expression, symbols: Sequence[Expression]) -> Numbers:
    """The expression as a function of points (n, d), by NumPy; no code is made from text, as
    SymPy's `lambdify` would.

    >>> import sympy
    >>> x = sympy.Symbol("x", real=True)
    >>> numbers(sympy.sqrt(x) + 1, [x])(np.array([[4.0], [9.0]]))
    array([3., 4.])
    """
    import sympy

    order = list(dict.fromkeys(sympy.postorder_traversal(expression)))

    def at(points: Floats) -> Floats:
        columns = dict(zip(symbols, points.T, strict=True))
        known: dict[Expression, Any] = {}
        for part in order:
            known[part] = _value(part, columns, known)
        return np.broadcast_to(known[expression], points.shape[:1])

    return at


def _value(
    part: Expression, columns: Mapping[Expression, Floats], known: Mapping[Expression, Any]
) -> Any:
    if part in columns:
        return columns[part]
    if part.is_number:
        return float(part) if part.is_extended_real else np.nan
    arguments = [known[each] for each in part.args]
    if part.is_Add:
        return sum(arguments)
    if part.is_Mul:
        return np.prod(np.broadcast_arrays(*arguments), axis=0)
    if part.is_Pow:
        return np.power(arguments[0], arguments[1])
    if part.func.__name__ == "erf":
        from scipy.special import erf

        return erf(arguments[0])
    return getattr(np, _INVERSE.get(part.func.__name__, part.func.__name__))(*arguments)


_INVERSE = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}


def _stacked(functions: Sequence[Numbers]) -> Numbers:
    return lambda points: np.stack([function(points) for function in functions], axis=-1)
