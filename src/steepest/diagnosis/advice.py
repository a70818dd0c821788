"""The smallest change that would have helped a descent, with numbers."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.rates import best_momentum, condition_number
from steepest.descent.one_step import MOST_TRIALS
from steepest.descent.optimizers import SGD, Optimizer
from steepest.descent.schedules import Backtracking, Constant
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.local_spectrum import Spectrum
from steepest.diagnosis.motion import thousandth
from steepest.diagnosis.thresholds import SETTLED, SLOW
from steepest.wording.fact import Fact, fact

if TYPE_CHECKING:
    from steepest.diagnosis.walk import Walk

# More epochs are advised where so many times those that were made would do.
_WORTH_WAITING = 2.0
_FEW = 5
# A line search whose last step is longer, against the region, began too far out.
_SHORT = 1e-6
# Curvature at one point does not vouch for more than so many times the rate that was used.
_FARTHEST = 10.0


# A point, and what it is known by: {} is the start; {"epoch": 3}; {"place": "x = 1"}.
Place: TypeAlias = tuple[Mapping[str, Any], Floats]


def smaller_rate(evidence: Evidence, places: Iterable[Place] = ()) -> Fact:
    """The rate that would have worked, by the curvature at `places`."""
    walk, exact = evidence.walk, evidence.exact
    if exact is not None and exact.rule.momentum >= 1.0:
        return fact("momentum below 1")
    if evidence.rates is not None and np.isfinite(evidence.rates[0]):
        stable, best = evidence.rates
        return fact("rates that settle", stable=stable, best=best, unit=evidence.unit)
    if walk is not None:
        return _smaller_by_curvature(walk, places)
    if evidence.course is None and evidence.lr is not None:
        return fact("smaller rate", lr=evidence.lr / 10.0)
    return fact("smaller rate", measure=evidence.course is not None)


def _smaller_by_curvature(walk: "Walk", places: Iterable[Place]) -> Fact:
    rule, first = walk.rule, walk.first_spectrum
    if rule is not None and rule.momentum >= 1.0:
        return fact("momentum below 1")
    if rule is not None and first is not None and walk.quadratic and first.largest > 0.0:
        stable, best = rule.stable_rate(first.largest), rule.best_rate(first.values)
        return fact("rates that settle", stable=stable, best=best)
    where, curvature = {}, 0.0
    for known_by, place in places if rule is not None else ():
        spectrum = Spectrum.at(walk.problem, place)
        if spectrum is not None and spectrum.largest > curvature:
            where, curvature = dict(known_by), spectrum.largest
    if rule is not None and rule.stable_rate(curvature) < walk.lr:
        stable = rule.stable_rate(curvature)
        return fact("rate below", stable=stable, curvature=curvature, **where)
    return fact("smaller rate", lr=walk.lr / 10.0)


def sane_places(walk: "Walk") -> list[Place]:
    """The start, and the kept step of lowest finite objective."""
    kept = walk.trajectory
    finite = np.where(np.isfinite(kept.objective), kept.objective, np.inf)
    best = int(finite.argmin())
    places: list[Place] = [({}, kept.parameters[0])]
    if best and np.isfinite(kept.gradient[best]).all():
        places.append(({"epoch": int(kept.indices[best])}, kept.parameters[best]))
    return places


def faster(evidence: Evidence, walk: "Walk") -> Fact:
    """What would bring an unfinished walk to its end: more epochs, another rate, momentum."""
    spectrum, rule, exact = walk.spectrum, walk.rule, evidence.exact
    if walk.trajectory.stop.rule == "patience":
        return fact("smaller rate or patience", lr=walk.lr / 10.0)
    if evidence.stop.rule == "time limit":
        return fact("more time")
    if walk.trajectory.stop.rule == "line search":
        return _after_search(walk)
    if exact is not None and exact.moves and exact.eigenvalue == 0.0:
        return fact("falls for ever", axis=exact.axis(exact.leading))
    if spectrum is not None and spectrum.largest == 0.0 and not evidence.convex:
        return fact("nothing curves up", level=not spectrum.values.any())
    more = _more_epochs(evidence, walk)
    if more is not None or rule is None:
        return fact("more epochs", needed=more, other="rate" if rule is None else "")
    unknown = spectrum is None or spectrum.lowest < 0.0 or walk.slopes_without_curvature
    if spectrum is None or unknown or not spectrum.largest > 0.0:
        return fact("more epochs", other="momentum" if rule.momentum == 0.0 else "")
    best = rule.best_rate(spectrum.values)
    if not walk.quadratic and best > _FARTHEST * walk.lr:
        return fact("larger rate", lr=_FARTHEST * walk.lr)
    there = not walk.quadratic
    if condition_number(spectrum.values) > 10.0 and rule.momentum == 0.0:
        return momentum_advice(spectrum.values, there=there)
    return fact("best rate", lr=best, there=there)


def _after_search(walk: "Walk") -> Fact:
    """What would help where a line search found nothing."""
    trajectory = walk.trajectory
    if not _downhill(trajectory.optimizer):
        return fact("search along gradient")
    schedule = trajectory.schedule
    assert isinstance(schedule, Backtracking)
    shortest = schedule.lr * schedule.shrink ** (MOST_TRIALS - 1) * walk.slope
    if shortest > _SHORT * walk.scale:
        return fact("search from nearer", lr=schedule.lr)
    return fact("edge")


def _downhill(optimizer: Optimizer) -> bool:
    """Whether every step points against the gradient."""
    return isinstance(optimizer, SGD) and optimizer.momentum == optimizer.weight_decay == 0.0


def _more_epochs(evidence: Evidence, walk: "Walk") -> float | None:
    """So many more epochs at this pace; None where they are too many, or not known."""
    left, factor = share_left(evidence, walk), pace(evidence, walk)
    if not SETTLED < left < np.inf or not 0.0 < factor < 1.0 or thousandth(factor) > SLOW:
        return None
    needed = float(np.ceil(np.log(SETTLED / left) / np.log(factor)))
    return needed if needed <= _WORTH_WAITING * max(evidence.epoch, SLOW) else None


def pace(evidence: Evidence, walk: "Walk") -> float:
    """The factor an epoch multiplies the error by: known for a quadratic, else measured.

    nan where there were few steps, and where they shrink with a learning rate that does.
    """
    if evidence.exact is not None and evidence.exact.moves:
        return evidence.exact.growth
    lasting = isinstance(walk.trajectory.schedule, Constant | Backtracking)
    return walk.motion.factor if lasting and len(walk.motion.points) > _FEW else np.nan


def share_left(evidence: Evidence, walk: "Walk") -> float:
    """How much of the error is left: of a quadratic, in the direction with most; else the distance
    to where the slope would vanish, as a share of the way. inf if it is not known.
    """
    exact, spectrum = evidence.exact, walk.spectrum
    if exact is not None and (exact.values >= 0.0).all():
        return exact.left
    if spectrum is None or spectrum.lowest < 0.0 or walk.slopes_without_curvature:
        return np.inf
    left = float(spectrum.distances.max(initial=0.0))
    return left / walk.travel if walk.travel > 0.0 else (np.inf if left > 0.0 else 0.0)


def table_remedy(forecast: Forecast) -> Fact:
    """The smallest change that would help a slow fit in closed form."""
    condition, standardized = forecast.condition_number, forecast.standardized_condition_number
    if standardized is not None and standardized < condition / 2.0:
        return fact("standardise", condition=condition, standardized=standardized)
    if condition > 10.0:
        return momentum_advice(np.array(forecast.eigenvalues))
    return fact("best rate", lr=forecast.best_rate)


def momentum_advice(eigenvalues: Floats, *, there: bool = False) -> Fact:
    """The best momentum for this curvature, with its rate and the epochs it would need."""
    values = eigenvalues[eigenvalues > 0.0]
    momentum = best_momentum(condition_number(values))
    needed = float(np.ceil(np.log(1e-3) / np.log(np.sqrt(momentum))))
    best = float((2.0 / (np.sqrt(values.min()) + np.sqrt(values.max()))) ** 2)
    return fact("best momentum", momentum=momentum, lr=best, needed=needed, there=there)
