"""What the records of a loop show, where its objective can be asked nowhere else."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import numpy as np

from steepest.arrays import Array, Floats
from steepest.diagnosis.thresholds import COARSE, ENOUGH, NOISY, ROUNDING, RUNAWAY, SETTLED

# The error of a mean is seen in the means of so many parts.
_PARTS = 8
# Of independent noise, values are on the other side of their neighbours' mean than the next one in
# 73 of 100 cases; of a smooth curve hardly ever. Several steps on each batch make it fewer.
_TURNS = 0.25
# One batch may ask for nothing where the others do: so many of the last ones are asked.
_LAST = 8


@final
@dataclass(frozen=True)
class Level:
    """A mean of objectives, weighted by the rows of their batches, and its standard error."""

    mean: float
    error: float

    @staticmethod
    def of(values: Floats, rows: Array) -> "Level":
        """The level of some objectives one after another; without error where they show no noise.

        The noise is what values are off the mean of their neighbours, in the median, or what the
        means of eight parts are off a straight line, if that is more: it lasts over several steps.

        >>> Level.of(np.array([1.0, 4.0]), np.array([2, 1]))
        Level(mean=2.0, error=0.0)
        """
        weights = rows / rows.mean() if rows.all() else np.ones(len(values))
        mean = float(np.average(values, weights=weights))
        if len(values) < 4:
            return Level(mean, 0.0)
        alone = _deviation(values, weights)
        return Level(mean, max(alone, _deviation_of_parts(values, weights)) / _root(weights))


def _root(weights: Floats) -> float:
    return float(np.sqrt(weights.sum()))


def _deviation(values: Floats, weights: Floats) -> float:
    """Of independent noise, for a value of weight 1."""
    apart = values[1:-1] - (values[:-2] + values[2:]) / 2.0
    known = 1.0 / weights[1:-1] + (1.0 / weights[:-2] + 1.0 / weights[2:]) / 4.0
    return float(np.median(np.abs(apart) / np.sqrt(known)) / 0.6745)


def _deviation_of_parts(values: Floats, weights: Floats) -> float:
    """The same, from the means of parts, which are off a straight line; where a descent begins, the
    first is far off.
    """
    count = min(_PARTS, len(values))
    parts = zip(np.array_split(values, count), np.array_split(weights, count), strict=True)
    means, roots = zip(*((np.average(x, weights=w), _root(w)) for x, w in parts), strict=True)
    line = np.polynomial.Polynomial.fit(np.arange(1, count), means[1:], 1)
    left = (np.array(means) - line(np.arange(count)))[1:] * np.array(roots[1:])
    return float(np.sqrt(np.square(left).sum() / max(count - 3, 1)))


@final
@dataclass(frozen=True, eq=False)
class Course:
    """Records of a loop, whose batches may differ from step to step.

    - `steps`, `objectives`, `rows` (m,): those at which an objective is known and finite, and of
      how many rows, 0: unknown
    - `slopes` (s,): the gradient's norm, where one is known
    - `moves` (u,): the update's norm over the learning rate, of one optimizer that makes all steps
    - `cosines`: between late updates, each with the one before
    - `lost`: whether it was the objective, and the step, where numbers were lost; else None
    - `adds_up`: whether no gradient was ever cleared;   `momentum`: the optimizer's
    - `rising`: whether the optimizer is told to maximise
    - `rounding`: of the loop's own numbers, which are often float32
    - `opposed`: whether other optimizers have steps between
    - `growth`: the parameters' norm at the end over that at the start
    - `slowed`: whether the learning rate ends below half its greatest
    - `same_rows`: whether every step is known to have had the same batch
    """

    steps: Array
    objectives: Floats
    rows: Array
    slopes: Floats
    cosines: Floats
    lost: tuple[bool, int] | None
    adds_up: bool
    momentum: float
    rising: bool
    rounding: float = ROUNDING
    opposed: bool = False
    growth: float = np.nan
    moves: Floats = field(default_factory=lambda: np.zeros(0))
    slowed: bool = False
    same_rows: bool = False

    @property
    def gradient_settled(self) -> bool:
        """Whether the gradient has shrunk to 1e-12 of its largest, or to rounding."""
        if len(self.slopes) < 2:
            return False
        share = min(max(SETTLED, self.rounding), COARSE)
        start, end = self.slope_ends
        return end <= share * start

    @property
    def slope_ends(self) -> tuple[float, float]:
        """The gradient to fall from, the greatest, and the last. Where the objective has leapt up,
        that of the first step is asked: what is met there is no gradient to fall from.
        """
        first = self.slopes[0] if self.leapt else 0.0
        start = first if first > 0.0 else self.slopes.max()
        return float(start), self._latest(self.slopes)

    def _latest(self, sizes: Floats) -> float:
        return float(sizes[-_LAST:].max() if self.noisy else sizes[-1])

    @property
    def leapt(self) -> bool:
        """Whether the objective was once many times as high as at first."""
        values = self.objectives
        return bool(len(values)) and bool(values.max() - values[0] > RUNAWAY * abs(values[0]))

    @property
    def slope_share(self) -> float:
        """The last gradient against the greatest."""
        return self._last_share(self.slopes)

    @property
    def move_share(self) -> float:
        """The last update against the greatest, both for the same learning rate: at the minimum of
        an objective with weight decay it is 0 and the gradient is not.
        """
        return self._last_share(self.moves)

    def _last_share(self, sizes: Floats) -> float:
        greatest = float(sizes.max(initial=0.0))
        return self._latest(sizes) / greatest if greatest > 0.0 else np.nan

    @cached_property
    def noisy(self) -> bool:
        """Whether objectives go up and down from step to step, beyond rounding."""
        values = self.objectives[len(self.objectives) // 2 :]
        if len(self.objectives) < ENOUGH:
            return False
        apart = values[1:-1] - (values[:-2] + values[2:]) / 2.0
        turns = np.mean(apart[1:] * apart[:-1] < 0.0)
        beyond = np.median(np.abs(apart)) > self.rounding * np.abs(values).max()
        return bool(turns > _TURNS and beyond)

    def level(self, number: int) -> Level:
        """Of quarter `number` of the objectives, from 0; without error where there is no noise."""
        level = Level.of(quarter(self.objectives, number), quarter(self.rows, number))
        return level if self.noisy else Level(level.mean, 0.0)

    @cached_property
    def first(self) -> Level:
        """The level of the first quarter."""
        return self.level(0)

    @cached_property
    def last(self) -> Level:
        """The level of the last quarter."""
        return self.level(3)

    @property
    def change(self) -> float:
        """The mean of the last quarter of the objectives over that of the first."""
        return self.last.mean - self.first.mean

    @property
    def change_error(self) -> float:
        """Its standard error, from the noise that the objectives themselves show."""
        return float(np.hypot(self.first.error, self.last.error))

    @property
    def late_fall(self) -> tuple[float, float]:
        """How far the last quarter is below the one before, and the error of that."""
        third = self.level(2)
        return third.mean - self.last.mean, float(np.hypot(third.error, self.last.error))

    @property
    def early_fall(self) -> float:
        """How far the last quarter is below the first objective; 0 within the noise of one. A fall
        in the first steps is lost in the mean of a quarter.
        """
        fall = float(self.objectives[0]) - self.last.mean
        scatter = self.last.error * float(np.sqrt(len(quarter(self.objectives, 3))))
        return fall if fall > NOISY * scatter else 0.0

    @property
    def fell_step_by_step(self) -> bool:
        """Whether the last quarter is wholly below the first, by more than the whole range of that,
        or so many single steps fell as chance brings about once in a thousand times: a steep fall
        hides in the error of its mean.
        """
        falls, pairs = int((np.diff(self.objectives) < 0.0).sum()), len(self.objectives) - 1
        first, last = quarter(self.objectives, 0), quarter(self.objectives, 3)
        gap = first.min() - last.max()
        is_wide = len(first) >= ENOUGH and gap > np.ptp(first)
        return bool(gap > 0.0) and bool(is_wide or 2 * falls - pairs > NOISY * np.sqrt(pairs))

    @property
    def stands_since(self) -> int:
        """The step since which the means of eighths of the steps are within the noise of the last
        quarter.
        """
        parts = np.array_split(np.arange(len(self.objectives)), _PARTS)
        since = len(parts) - 2
        while since and self._is_level(parts[since - 1]):
            since -= 1
        return int(self.steps[parts[since][0]])

    def _is_level(self, part: Array) -> bool:
        """Whether the mean of this part cannot be told from that of the last quarter."""
        level = Level.of(self.objectives[part], self.rows[part])
        share = len(quarter(self.objectives, 3)) / len(part)
        error = self.last.error * float(np.sqrt(1.0 + share))  # a part that leaps has no such noise
        return abs(level.mean - self.last.mean) <= NOISY * error


def change_of(values: Floats, count: int | None = None) -> tuple[float, float]:
    """The mean of the last quarter over that of the first `count`, by default a quarter too, and
    its standard error.

    >>> change_of(np.array([4.0, 4.0, 3.0, 3.0, 2.0, 2.0, 1.0, 1.0]))
    (-3.0, 0.0)
    """
    parts = quarter(values, 0) if count is None else values[:count], quarter(values, 3)
    first, last = (Level.of(part, np.ones(len(part))) for part in parts)
    return last.mean - first.mean, float(np.hypot(first.error, last.error))


def quarter(values: Array, number: int) -> Array:
    """The quarter `number`, from 0, of values in their order: one of them at least.

    >>> [quarter(np.arange(9), number).tolist() for number in range(4)]
    [[0, 1], [2, 3], [4, 5], [6, 7, 8]]
    >>> [quarter(np.arange(2), number).tolist() for number in range(4)]
    [[0], [0], [0], [1]]
    """
    count = len(values)
    end = max(count * (number + 1) // 4, 1)
    return values[min(count * number // 4, end - 1) : end]
