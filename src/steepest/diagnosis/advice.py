"""The smallest change that would have helped a descent, with numbers."""

from collections.abc import Iterable

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.rates import condition_number
from steepest.descent.optimizers import SGD, Optimizer
from steepest.descent.schedules import Backtracking, Constant
from steepest.descent.update import MOST_TRIALS
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.forecast import momentum_advice
from steepest.diagnosis.local_spectrum import Spectrum
from steepest.diagnosis.motion import SLOW, thousandth
from steepest.wording.numbers import count, epochs, number, rate, stable_and_best

# More epochs are advised where so many times those that were made would do.
_WORTH_WAITING = 2.0
_FEW = 5
# A line search whose last step is longer, against the region, began too far out.
_SHORT = 1e-6
# Curvature at one point does not vouch for more than so many times the rate that was used.
_FARTHEST = 10.0
EDGE = "The function may have a kink or an edge here: start elsewhere, or set bounds."
_DOWNHILL = "Search along the gradient itself: SGD without momentum always points downhill."
_MOMENTUM = ", or momentum, such as 0.9"
# The share of its way that a descent may be from the minimum when it is called converged.
NEAR = 1e-4


def smaller_rate(evidence: Evidence, places: Iterable[tuple[str, Floats]]) -> str:
    """The rate that would have worked, by the curvature at `places`, each with its words."""
    rule, first = evidence.rule, evidence.first_spectrum
    if rule is not None and rule.momentum >= 1.0:
        return "Use a momentum below 1: then a rate settles."
    if rule is not None and first is not None and evidence.quadratic and first.largest > 0.0:
        stable, best = rule.stable_rate(first.largest), rule.best_rate(first.values)
        said = stable_and_best(stable, best)
        return f"Any rate below {said[0]} settles; {said[1]} needs the fewest epochs."
    allowed = []
    for words, place in places if rule is not None else ():
        spectrum = Spectrum.at(evidence.problem, place)
        if spectrum is not None and rule is not None:
            allowed.append((rule.stable_rate(spectrum.largest), words, spectrum.largest))
    stable, words, curvature = min(allowed, default=(np.inf, "", 0.0))
    if stable < evidence.lr:
        return (
            f"Use a learning rate below {rate(stable)}: that is what the curvature {words}, "
            f"{number(curvature)}, allows."
        )
    return f"Use a smaller learning rate, such as {rate(evidence.lr / 10.0)}."


def sane_places(evidence: Evidence) -> list[tuple[str, Floats]]:
    """The start, and the kept step of lowest finite objective."""
    kept = evidence.trajectory
    finite = np.where(np.isfinite(kept.objective), kept.objective, np.inf)
    best = int(finite.argmin())
    places = [("at the start", kept.parameters[0])]
    if best and np.isfinite(kept.gradient[best]).all():
        places.append((f"at epoch {kept.indices[best]}", kept.parameters[best]))
    return places


def faster(evidence: Evidence) -> str:
    """What would bring an unfinished descent to its end: more epochs, another rate, momentum."""
    spectrum, rule = evidence.spectrum, evidence.rule
    more = _more_epochs(evidence)
    if evidence.trajectory.stop.rule == "patience":
        return f"Use a smaller learning rate, such as {rate(evidence.lr / 10.0)}, or more patience."
    if evidence.trajectory.stop.rule == "line search":
        return _after_search(evidence)
    if evidence.leading is not None and evidence.leading.eigenvalue == 0.0:
        return f"The objective falls along {evidence.leading.axis} for ever: set bounds."
    if spectrum is not None and not spectrum.values.any():
        return "Nothing curves up here: set bounds if there is no minimum, or use a larger rate."
    if spectrum is not None and spectrum.largest == 0.0:
        return "Nothing curves up here: give it more epochs, or set bounds if there is no minimum."
    if more and rule is not None:
        return f"Give it {more}."
    if rule is None:
        return f"Give it {more or 'more epochs'}, or another learning rate."
    if spectrum is None or spectrum.lowest < 0.0 or not spectrum.largest > 0.0:
        return f"Give it more epochs{_MOMENTUM if rule.momentum == 0.0 else ''}."
    best = rule.best_rate(spectrum.values)
    if not evidence.quadratic and best > _FARTHEST * evidence.lr:
        return f"Use a larger learning rate, such as {rate(_FARTHEST * evidence.lr)}."
    if condition_number(spectrum.values) > 10.0 and rule.momentum == 0.0:
        advice = momentum_advice(spectrum.values)
    else:
        advice = f"Learning rate {rate(best)} would need the fewest epochs."
    where = "" if evidence.quadratic else "By the curvature there: "
    return f"{where}{advice[0].lower() if where else advice[0]}{advice[1:]}"


def _after_search(evidence: Evidence) -> str:
    """What would help where a line search found nothing."""
    trajectory = evidence.trajectory
    if not _downhill(trajectory.optimizer):
        return _DOWNHILL
    schedule = trajectory.schedule
    assert isinstance(schedule, Backtracking)
    shortest = schedule.lr * schedule.shrink ** (MOST_TRIALS - 1) * evidence.slope
    if shortest > _SHORT * evidence.scale:
        return f"Begin the line search at a rate far below {rate(schedule.lr)}."
    return EDGE


def _downhill(optimizer: Optimizer) -> bool:
    """Whether every step points against the gradient."""
    return isinstance(optimizer, SGD) and optimizer.momentum == optimizer.weight_decay == 0.0


def _more_epochs(evidence: Evidence) -> str:
    """So many more epochs at this pace; "" where they are too many, or not known."""
    left = share_left(evidence)
    factor = pace(evidence)
    if not NEAR < left < np.inf or not 0.0 < factor < 1.0 or thousandth(factor) > SLOW:
        return ""
    needed = np.ceil(np.log(NEAR / left) / np.log(factor))
    most = _WORTH_WAITING * max(evidence.last.index, SLOW)
    return f"about {count(needed)} more {epochs(needed).split()[-1]}" if needed <= most else ""


def pace(evidence: Evidence) -> float:
    """The factor an epoch multiplies the error by: known for a quadratic, else measured.

    nan where there were few steps, and where they shrink with a learning rate that does.
    """
    if evidence.leading is not None:
        return evidence.leading.factor
    lasting = isinstance(evidence.trajectory.schedule, Constant | Backtracking)
    return evidence.motion.factor if lasting and len(evidence.motion.points) > _FEW else np.nan


def share_left(evidence: Evidence) -> float:
    """How much of the error is left: of a quadratic, in the direction with most; else the distance
    to where the slope would vanish, as a share of the way. inf if it is not known.
    """
    first, spectrum = evidence.first_spectrum, evidence.spectrum
    if evidence.leading is not None and first is not None and first.lowest >= 0.0:
        curved = first.active & (first.values > 0.0)
        slopes = evidence.last.gradient @ first.vectors
        return float(np.abs(slopes[curved] / first.slopes[curved]).max(initial=0.0))
    if spectrum is None or spectrum.lowest < 0.0:
        return np.inf
    left = float(spectrum.distances.max(initial=0.0))
    return left / evidence.travel if evidence.travel > 0.0 else (np.inf if left > 0.0 else 0.0)
