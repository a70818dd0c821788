"""The records of a loop as evidence for a verdict."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from steepest.arrays import Floats
from steepest.descent.stopping import Stop
from steepest.descent.trajectory import Point
from steepest.diagnosis.course import Course
from steepest.diagnosis.course_judges import TINY
from steepest.diagnosis.evidence import Evidence, manner_of_run
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.motion import Motion, arrives_at_once, latest_moves
from steepest.path.objective_curve import ObjectiveCurve
from steepest.watching.ending import Ending
from steepest.watching.record.step_record import Record, total_norm


@np.errstate(over="ignore", invalid="ignore")
def evidence_of_loop(
    records: Sequence[Record],
    curve: ObjectiveCurve,
    names: tuple[str, ...],
    forecast: Forecast,
    gradient: Floats | None,
    stop: Stop,
    *,
    rising: bool,
    momentum: float,
    rounding: float,
    opposed: bool,
    same_rows: bool,
) -> Evidence:
    """Records of a loop, the last of them its end, and what else is known.

    - `curve`: the objective of every step at which it is known
    - `names`: of the numbers of a record
    - `forecast`: from the curvature;   `gradient` (d,): at the last point, where all steps saw the
      same batch of a linear module, whose curvature is the same everywhere; else None
    - `rising`: whether the optimizer maximises;   `momentum`: the optimizer's
    - `rounding`: of the loop's own numbers;   `opposed`: whether other optimizers step between
    - `same_rows`: whether every step is known to have had the same batch
    """
    finite = np.isfinite(curve.values)
    course = Course(
        curve.steps[finite],
        curve.values[finite],
        curve.rows[finite],
        _slopes(records),
        _cosines(records),
        _lost(records, curve),
        _adds_up(records),
        momentum,
        rising,
        rounding,
        opposed,
        total_norm(records[-1].parameter_norms) / max(total_norm(records[0].parameter_norms), TINY),
        np.zeros(0) if opposed else _moves(records),
        records[-1].learning_rates[0] < 0.5 * max(each.learning_rates[0] for each in records),
        same_rows,
    )
    exact = None if gradient is None else _exact(records, course, forecast, gradient, rounding)
    points = _latest(records, gradient, rounding)
    motion = Motion.of_points(points) if len(points) > 2 else None
    steady = motion if motion is not None and motion.steady else None
    parameters = [each.parameters for each in records if each.parameters is not None]
    scale = float(np.nanmax(np.abs(parameters), initial=0.0)) or 1.0
    known, stable = course.objectives, forecast.stable_rate
    return Evidence(
        epoch=records[-1].index,
        stop=stop,
        initial=float(known[0]) if len(known) else np.nan,
        objective=float(known[-1]) if len(known) else np.nan,
        names=names,
        convex=gradient is not None,
        lr=records[-1].learning_rates[0],
        rates=(stable, forecast.best_rate) if np.isfinite(stable) else None,
        exact=exact,
        motion=motion,
        objectives=None if rising or len(known) < 4 else known,
        scale=scale,
        at_rest=_at_rest(records, rounding / 4.0 * scale),
        manner=manner_of_run(exact, steady, one_step=_one_step(records, course)),
        course=course,
        unit="step",
    )


def _exact(
    records: Sequence[Record], course: Course, forecast: Forecast, gradient: Floats, rounding: float
) -> Exact | None:
    rule, lr, spectrum = forecast.rule, forecast.learning_rate, forecast.spectrum
    if rule is None or lr is None or spectrum is None or not spectrum.slopes.any():
        return None
    if course.adds_up or any(record.edited for record in records[1:]):
        return None
    first, last = records[0].parameters, records[-1].parameters
    assert first is not None and last is not None
    size = float(np.abs([first, last]).max(initial=0.0))
    return Exact.of_steps(rule, lr, spectrum, gradient, size, rounding)


def _at_rest(records: Sequence[Record], least: float) -> bool:
    """Whether the last step changed no parameter by more than this."""
    before, last = records[-2:] if len(records) > 1 else (records[-1], records[-1])
    if before.index != last.index - 1 or before.parameters is None or last.parameters is None:
        return False
    return bool(np.abs(last.parameters - before.parameters).max(initial=0.0) <= least)


def _one_step(records: Sequence[Record], course: Course) -> bool:
    places = [record.parameters for record in records if record.parameters is not None]
    second = len(places) == len(records) > 1 and records[1].index == 1
    return second and course.gradient_settled and arrives_at_once(np.array(places))


def _is_known(record: Record, gradient: Floats | None) -> bool:
    """Whether a loss came in, or is computed."""
    computed = gradient is not None and bool(np.isfinite(record.objective))
    return record.losses > 0 or computed


def _slopes(records: Sequence[Record]) -> Floats:
    norms = np.array([record.gradient_norms for record in records])
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.sqrt(np.nansum(np.square(norms), axis=1))
    return np.asarray(total[~np.isnan(norms).all(axis=1)])


def _moves(records: Sequence[Record]) -> Floats:
    """The update's norm over the learning rate, of steps that have one."""
    made = [each for each in records if not each.last and each.learning_rates[0] > 0.0]
    return np.array([total_norm(each.update_norms) / each.learning_rates[0] for each in made])


def _lost(records: Sequence[Record], curve: ObjectiveCurve) -> tuple[bool, int] | None:
    """Whether it is the objective, and the step since when it or parameters are never finite.

    A loop may leave out a batch whose loss is not: then it is finite again.
    """
    losses = curve.lost_since
    parameters = next(
        (each.index for each in records if not np.isfinite(each.parameter_norms).all()), None
    )
    if losses is None and parameters is None:
        return None
    if losses is not None and (parameters is None or losses <= parameters):
        return True, losses
    assert parameters is not None
    return False, parameters


def _adds_up(records: Sequence[Record]) -> bool:
    # A gradient that is dropped later, before the step's own pass, does no harm.
    known = [record for record in records if record.cleared is not None]
    return bool(known) and not any(record.cleared or record.dropped for record in known)


def _latest(
    records: Sequence[Record], gradient: Floats | None, rounding: float
) -> tuple[Point, ...]:
    """The latest steps that follow one another, as far as rounding lets them differ."""
    points: list[Point] = []
    for record in reversed(records):
        follows = not points or record.index == points[-1].index - 1
        if record.parameters is None or not follows:
            break
        if points or _is_known(record, gradient):
            points.append(_point(record, record.parameters))
        if record.edited:
            break
    return latest_moves(points, rounding)


def _point(record: Record, parameters: Floats) -> Point:
    gradient = np.zeros(0) if record.gradient is None else record.gradient
    return Point(record.index, parameters, record.objective, gradient, record.learning_rates[0], {})


def _cosines(records: Sequence[Record]) -> Floats:
    """Between each update of the later half and the one before it, where both are known."""
    late = records[len(records) // 2 :]
    moves = []
    for before, after in pairwise(late):
        start, end = before.parameters, after.parameters
        if start is None or end is None or after.index != before.index + 1:
            return np.zeros(0)
        moves.append(end - start)
    steps = np.array(moves)
    if len(steps) < 2:
        return np.zeros(0)
    lengths = np.linalg.norm(steps, axis=1)
    scale = lengths[1:] * lengths[:-1]
    dots = (steps[1:] * steps[:-1]).sum(axis=1)
    return np.asarray(dots[scale > 0.0] / scale[scale > 0.0])


def loop_end(ending: Ending) -> Stop:
    """How a loop ended: by an error, or by itself."""
    return Stop("interrupted" if ending.error else "epochs", ending.end)
