"""How a descent moved: the factor from one step to the next, and whether it swings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule
from steepest.diagnosis.thresholds import ARRIVED, FAST, LEVEL, SLOW

if TYPE_CHECKING:
    from steepest.descent.trajectory import Point, Trajectory

# So many steps are looked at one by one.
WINDOW = 64


def manner_of(factor: float, swings: bool) -> str:
    """How a descent goes that multiplies its error by `factor` an epoch, from side to side or not.

    "one step", "fast" (at most 10 epochs for each factor of 1000), "monotone", "slow" (more than
    200), "oscillates", "diverges".

    >>> [manner_of(factor, False) for factor in (0.0, 0.4, 0.8, 0.98, 1.2)]
    ['one step', 'fast', 'monotone', 'slow', 'diverges']
    >>> manner_of(0.4, True)
    'oscillates'
    """
    if factor > 1.0 + LEVEL:
        return "diverges"
    if factor <= ARRIVED:
        return "one step"
    if swings:
        return "oscillates"
    needed = thousandth(factor)
    return "fast" if needed <= FAST else "slow" if needed > SLOW else "monotone"


def exact_manner(rule: MomentumRule, lr: float, eigenvalue: float) -> str:
    """How the error along an eigenvector goes; at the stable limit it is a "cycle".

    >>> exact_manner(MomentumRule(), 1.0, 2.0), exact_manner(MomentumRule(), 0.7, 2.0)
    ('cycle', 'oscillates')
    """
    factor = float(rule.factors(lr, np.array([eigenvalue]))[0])
    sides = swings(rule, lr, eigenvalue)
    if sides and rule.momentum < 1.0 and abs(factor - 1.0) <= LEVEL:
        return "cycle"
    return manner_of(factor, sides)


def thousandth(factor: float) -> float:
    """Epochs until an error that keeps `factor` of itself an epoch is a thousandth; inf if never.

    >>> thousandth(0.8)
    31.0
    """
    if factor >= 1.0:
        return np.inf
    if factor <= 0.0:
        return 1.0
    return float(np.ceil(np.log(1e-3) / np.log(factor)))


def swings(rule: MomentumRule, lr: float, eigenvalue: float) -> bool:
    """Whether an error goes from side to side before it is down to a thousandth.

    Plain descent does so above lr·λ = 1; with momentum the error turns like a pendulum's.

    >>> swings(MomentumRule(), 0.7, 2.0), swings(MomentumRule(0.9), 0.01, 2.0)
    (True, True)
    """
    if rule.momentum == 0.0:
        return lr * eigenvalue > 1.0
    roots = np.linalg.eigvals(rule.matrix(lr, np.array([eigenvalue]))[0] + np.eye(2))
    leading = roots[int(np.abs(roots).argmax())]
    turn = abs(float(np.angle(leading)))
    return turn > 0.0 and turn / np.pi * thousandth(float(np.abs(leading))) >= 1.0


@final
@dataclass(frozen=True, eq=False)
class Motion:
    """Measured over the last steps in which something still moved, at most 64 of them.

    - `points`: those steps, one after another
    - `factor`: each step's length over the one before, in the geometric mean of the later half
    - `steady`: whether that ratio stayed the same;   `reversals`: how often the direction turned
    """

    points: "tuple[Point, ...]"
    factor: float
    steady: bool
    reversals: int

    @staticmethod
    def of(trajectory: "Trajectory") -> "Motion":
        """The motion before the steps became too small to be told from rounding."""
        return Motion.of_points(_window(trajectory))

    @staticmethod
    def of_points(points: "tuple[Point, ...]") -> "Motion":
        """The motion of consecutive steps."""
        with np.errstate(all="ignore"):
            moves = np.diff([point.parameters for point in points], axis=0)
            lengths = np.sqrt(np.square(moves).sum(axis=1)) if len(points) > 1 else np.zeros(0)
            nonzero = lengths > 0.0
            moves, lengths = moves[nonzero], lengths[nonzero]
            reverses = (moves[1:] * moves[:-1]).sum(axis=1) < 0.0 if len(moves) > 1 else np.zeros(0)
            ratios = np.log(lengths[1:]) - np.log(lengths[:-1])
        ratios = ratios[np.isfinite(ratios)]  # a step may be too long for a number
        late = ratios[len(ratios) // 2 :]
        if not len(late):
            return Motion(points, np.nan, False, 0)
        steady = float(np.ptp(late)) <= 1e-3 * max(float(np.abs(late).max()), 1e-3)
        return Motion(points, float(np.exp(late.mean())), steady, int(reverses.sum()))

    @property
    def swings(self) -> bool:
        """Whether it goes from side to side."""
        return self.reversals >= 2 or (self.reversals == 1 and len(self.points) <= 4)


def arrives_at_once(places: Floats) -> bool:
    """Whether the second of these places (m, d) is the last, but for a millionth of the step there.

    >>> arrives_at_once(np.array([[1.0], [2.0], [2.0]])), arrives_at_once(np.array([[1.0], [1.0]]))
    (True, False)
    """
    if len(places) < 2:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        first = float(np.abs(places[1] - places[0]).max())
        rest = float(np.abs(places[1:] - places[1]).max())
    return rest <= ARRIVED * first and first > 0.0


def latest_moves(backwards: "Sequence[Point]", rounding: float) -> "tuple[Point, ...]":
    """The latest of these consecutive steps, the last one first, that can be told from the last by
    more than rounding, and the first that cannot.
    """
    places = np.array([point.parameters for point in backwards])
    first = 0
    if len(places) > 1 and np.isfinite(places).all():
        errors = np.abs(places - places[0]).max(axis=1)
        size = float(np.abs(places[0]).max())
        apart = np.flatnonzero(errors > max(1e-9 * float(errors.max()), 1e3 * rounding * size))
        first = max(int(apart[0]) - 1, 0) if len(apart) else 0
    return tuple(reversed(backwards[first : first + WINDOW + 1]))


def _window(trajectory: "Trajectory") -> "tuple[Point, ...]":
    end = _still(trajectory)
    return tuple(trajectory.points(range(max(0, end - WINDOW), end + 1)))


def _still(trajectory: "Trajectory") -> int:
    """The first step that cannot be told from the last one, nor any after it."""
    finite = np.flatnonzero(np.isfinite(trajectory.parameters).all(axis=1))
    indices, places = trajectory.indices[finite], trajectory.parameters[finite]
    end, last = int(indices[-1]), places[-1]
    # Kept steps that are a cycle's length apart look alike, so that the last ones are walked again.
    late = _errors(trajectory, max(0, end - WINDOW), end, last)
    errors = np.abs(places - last).max(axis=1)
    largest = max(float(errors.max()), float(late.max()))
    floor = max(1e-9 * largest, 1e-13 * float(np.abs(last).max()))
    if (late > floor).any():
        return end - len(late) + int(np.flatnonzero(late > floor)[-1]) + 2
    apart = np.flatnonzero(errors > floor)
    if not len(apart):
        return 0
    before, after = int(indices[apart[-1]]), int(indices[apart[-1] + 1])
    return before + int(np.flatnonzero(_errors(trajectory, before, after, last) > floor)[-1]) + 1


def _errors(trajectory: "Trajectory", first: int, end: int, last: Floats) -> Floats:
    """The distances of steps `first` to `end` from the last one."""
    points = trajectory.points(range(first, end + 1))
    return np.array([np.abs(point.parameters - last).max() for point in points])
