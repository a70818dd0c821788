"""What the records of a loop are as evidence for a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Point
from steepest.diagnosis.course import Course
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.motion import Motion, arrives_at_once, latest_moves
from steepest.diagnosis.verdict import Unit
from steepest.watching.record.step_record import Record
from steepest.wording.fact import Fact, fact


@final
@dataclass(frozen=True, eq=False)
class LoopEvidence(Evidence):
    """Records of a loop, the last being its end, and what is known besides.

    - `coordinates`: names of the numbers of a record
    - `ended`: what broke the block off, such as "KeyboardInterrupt"; "" where nothing did
    - `forecast`: from the curvature;   `gradient` (d,): at the last point, where all steps saw the
      same batch of a linear module, whose curvature is the same everywhere; else None
    - `rising`: whether the optimizer is told to maximise;   `momentum`: the optimizer's
    - `rounding`: of the loop's own numbers
    """

    records: Sequence[Record]
    coordinates: tuple[str, ...]
    forecast: Forecast
    gradient: Floats | None
    ended: str
    rising: bool
    momentum: float
    rounding: float
    unit: Unit = "step"

    @property
    def epoch(self) -> int:
        return self.records[-1].index

    @property
    def stop(self) -> Stop:
        return loop_end(self.ended)

    @property
    def ending(self) -> Fact:
        return self.stop.happened

    @property
    def initial(self) -> float:
        return float(self.course.objectives[0]) if self.course.steps else np.nan

    @property
    def objective(self) -> float:
        return float(self.course.objectives[-1]) if self.course.steps else np.nan

    @property
    def convex(self) -> bool:
        return self.gradient is not None

    @property
    def names(self) -> tuple[str, ...]:
        return self.coordinates

    @property
    def lr(self) -> float:
        return self.records[-1].learning_rates[0]

    @property
    def stable_rate(self) -> float | None:
        stable = self.forecast.stable_rate
        return stable if np.isfinite(stable) else None

    @property
    def best_rate(self) -> float:
        return self.forecast.best_rate

    @cached_property
    def exact(self) -> Exact | None:
        known, spectrum = self.forecast, self.forecast.spectrum
        if self.gradient is None or known.rule is None or known.learning_rate is None:
            return None
        touched = any(record.edited for record in self.records[1:]) or self.course.adds_up
        if spectrum is None or not spectrum.slopes.any() or touched:
            return None
        first, last = self.records[0].parameters, self.records[-1].parameters
        assert first is not None and last is not None
        size = float(np.abs([first, last]).max(initial=0.0))
        return Exact.of_steps(
            known.rule, known.learning_rate, spectrum, self.gradient, size, self.rounding
        )

    @cached_property
    def motion(self) -> Motion | None:
        points = self._latest()
        return Motion.of_points(points) if len(points) > 2 else None

    @property
    def objectives(self) -> Floats | None:
        known = self.course.objectives
        return None if self.rising or len(known) < 4 else known

    @cached_property
    def scale(self) -> float:
        known = [record.parameters for record in self.records if record.parameters is not None]
        return float(np.nanmax(np.abs(known), initial=0.0)) or 1.0

    @property
    def at_rest(self) -> bool:
        before, last = (record.parameters for record in self.records[-2:])
        if before is None or last is None or self.records[-2].index != self.epoch - 1:
            return False
        return bool(np.abs(last - before).max(initial=0.0) <= self.rounding / 4.0 * self.scale)

    @property
    def manner(self) -> str:
        """Known, or measured where the steps follow each other at a steady pace."""
        known = self.exact is not None and self.exact.manner
        if not known and self._one_step:
            return "one step"
        steady = self.motion is not None and self.motion.steady
        return super().manner if known or steady else ""

    @property
    def _one_step(self) -> bool:
        places = [record.parameters for record in self.records if record.parameters is not None]
        second = len(places) == len(self.records) > 1 and self.records[1].index == 1
        return second and self.course.gradient_settled and arrives_at_once(np.array(places))

    @cached_property
    def course(self) -> Course:
        known = [record for record in self.records if self._is_known(record)]
        return Course(
            tuple(record.index for record in known),
            np.array([record.objective for record in known]),
            self._slopes(),
            _cosines(self.records),
            self._lost(),
            self._adds_up(),
            self.momentum,
            self.rising,
            self.rounding,
        )

    def _is_known(self, record: Record) -> bool:
        """Whether a loss came in, or is computed."""
        computed = self.gradient is not None and bool(np.isfinite(record.objective))
        return record.losses > 0 or computed

    def _slopes(self) -> Floats:
        norms = np.array([record.gradient_norms for record in self.records])
        with np.errstate(over="ignore", invalid="ignore"):
            total = np.sqrt(np.nansum(np.square(norms), axis=1))
        return np.asarray(total[~np.isnan(norms).all(axis=1)])

    def _lost(self) -> tuple[bool, int] | None:
        for record in self.records:
            lost = bool(record.losses) and not np.isfinite(record.objective)
            if lost or not np.isfinite(record.parameter_norms).all():
                return lost, record.index
        return None

    def _adds_up(self) -> bool:
        # A gradient that is dropped later, before the step's own pass, does no harm.
        known = [record for record in self.records if record.cleared is not None]
        return bool(known) and not any(record.cleared or record.dropped for record in known)

    def _latest(self) -> tuple[Point, ...]:
        """The latest steps that follow one another, until they can no longer be told apart."""
        points: list[Point] = []
        for record in reversed(self.records):
            follows = not points or record.index == points[-1].index - 1
            if record.parameters is None or not follows:
                break
            if points or self._is_known(record):
                points.append(_point(record, record.parameters))
            if record.edited:
                break
        return latest_moves(points, self.rounding)


def _point(record: Record, parameters: Floats) -> Point:
    gradient = np.zeros(0) if record.gradient is None else record.gradient
    return Point(record.index, parameters, record.objective, gradient, record.learning_rates[0], {})


def _cosines(records: Sequence[Record]) -> Floats:
    """Between each update of the later half and the one before it, where both are known."""
    late = records[len(records) // 2 :]
    moves = []
    for one, other in pairwise(late):
        here, there = one.parameters, other.parameters
        if here is None or there is None or other.index != one.index + 1:
            return np.zeros(0)
        moves.append(there - here)
    steps = np.array(moves)
    if len(steps) < 2:
        return np.zeros(0)
    lengths = np.linalg.norm(steps, axis=1)
    scale = lengths[1:] * lengths[:-1]
    dots = (steps[1:] * steps[:-1]).sum(axis=1)
    return np.asarray(dots[scale > 0.0] / scale[scale > 0.0])


def loop_end(error: str) -> Stop:
    """How a loop ended: by an error of that name, or "" by itself."""
    if error:
        return Stop("interrupted", fact("block ended", error=error))
    return Stop("epochs", fact("loop ended"))
