"""Whether an objective changes in steps, which have no slope: by `int(x)`, by `torch.round(x)`.

Its gradient is true wherever it is taken, and does not tell the jumps. A jump is proven: on ever
shorter ways about it the objective changes by the same, while the gradient's part of it goes to 0.
A kink and a steep rise do not stand this.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats

_PIECES = 16  # of a way, the one with the most that the gradient does not tell is looked into
_HALVINGS, _LAST = 32, 6  # in the last ones a jump stays what it is
_STAYS = 0.9
_LEAST = 1e-6  # a jump, of what the objective changes by on the way
_ROUNDINGS = 100.0
_WIDTHS = (0.5, 0.1)  # of ways about a point, of its size
_MOST_AXES = 3

Evaluate = Callable[[Floats], tuple[Floats, Floats]]


class Jump(NamedTuple):
    """A place (d,) where the objective changes by `change` at once."""

    place: Floats
    change: float


def objective_jump(evaluate: Evaluate, start: Floats, end: Floats) -> Jump | None:
    """The first jump that is found on the way from start to end, or about one of them.

    `evaluate`: objectives (n,) and gradients (n, d) at points (n, d)
    """
    return next(filter(None, (_on_way(evaluate, *way) for way in _ways(start, end))), None)


def _ways(start: Floats, end: Floats) -> Iterator[tuple[Floats, Floats]]:
    if not np.array_equal(start, end):
        yield start, end
    for point in (end, start):
        for i in range(min(point.size, _MOST_AXES)):
            for width in _WIDTHS:
                move = np.zeros(point.size)
                move[i] = width * (abs(point[i]) or 1.0)
                yield point - move, point + move


def _on_way(evaluate: Evaluate, before: Floats, after: Floats) -> Jump | None:
    way = after - before

    def at(shares: Floats) -> tuple[Floats, Floats]:
        objectives, gradients = evaluate(before + shares[:, None] * way)
        return objectives, gradients @ way

    try:
        with np.errstate(all="ignore"):
            return _jump(at, before, way)
    except Exception:  # the function's own: it is not defined there
        return None


def _jump(at: Evaluate, before: Floats, way: Floats) -> Jump | None:
    shares = np.linspace(0.0, 1.0, _PIECES + 1)
    values, slopes = at(shares)
    if not (np.isfinite(values).all() and np.isfinite(slopes).all()):
        return None
    size = float(np.ptp(values)) or float(np.abs(slopes).max())
    untold: list[float] = []
    for _ in range(_HALVINGS):
        gaps = np.diff(values) - np.diff(shares) * (slopes[:-1] + slopes[1:]) / 2.0
        i = int(np.abs(gaps).argmax())
        untold.append(abs(float(gaps[i])))
        if not untold[-1]:
            return None
        middle = (shares[i] + shares[i + 1]) / 2.0
        value, slope = at(np.array([middle]))
        shares = np.array([shares[i], middle, shares[i + 1]])
        values = np.array([values[i], value[0], values[i + 1]])
        slopes = np.array([slopes[i], slope[0], slopes[i + 1]])
    rounding = _ROUNDINGS * np.finfo(np.float64).eps * float(np.abs(values).max())
    stays = untold[-1] >= _STAYS * untold[-_LAST] and untold[-1] > max(_LEAST * size, rounding)
    return Jump(before + shares[1] * way, float(values[2] - values[0])) if stays else None
