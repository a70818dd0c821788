"""The verdict on a descent of any function, from its steps and the curvature at its ends."""

import numpy as np

from steepest.descent.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from steepest.descent.schedules import Backtracking, Constant
from steepest.descent.trajectory import Trajectory
from steepest.diagnosis.advice import (
    EDGE,
    NEAR,
    faster,
    pace,
    sane_places,
    share_left,
    smaller_rate,
)
from steepest.diagnosis.breakdown import diverged, judge_breakdown
from steepest.diagnosis.cycles import Cycle, find_cycle
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.motion import LEVEL, thousandth
from steepest.diagnosis.standstill import TOLERATED, judge_standstill
from steepest.diagnosis.verdict import FORGET, Kind, Verdict
from steepest.wording.numbers import capitalized, epochs, number, place, rate

_TOLERANCES = ("relative tolerance", "gradient norm", "line search")
# A step so small against the whole way is none.
_AT_REST = 1e-9
# Fewer kept steps do not show whether a swing dies out.
_ENOUGH = 16
# A swing whose largest excess over the lowest objective stays above this share does not die out.
_LASTING = 0.8


def diagnose(trajectory: Trajectory, *, quadratic: bool = False) -> Verdict:
    """How a descent ended, why, and the smallest change that would help.

    `quadratic` where the second derivative is the same everywhere: then a descent at a constant
    rate is known exactly. The second derivative is looked at for up to 200 parameters; beyond, less
    is said.

    >>> from steepest.descent.optimizers import SGD
    >>> from steepest.descent.schedules import Backtracking, Constant
    >>> from steepest.descent.stepwise import descend
    >>> from steepest.descent.stopping import Epochs
    >>> from steepest.problems.problem import Problem
    >>> class Parabola(Problem):
    ...     names = ("x",)
    ...     def objectives(self, parameters):
    ...         return parameters[..., 0] ** 2 - 4 * parameters[..., 0] + 5
    ...     def gradient(self, parameters):
    ...         return 2 * parameters - 4
    >>> verdict = diagnose(descend(Parabola(), SGD(), Constant(1.0), [Epochs(30)], [7.0]))
    >>> verdict.kind, verdict.reason
    ('cycle', 'The steps repeat every 2 epochs: x = 7; x = -3. The objective is 26 for ever.')
    """
    evidence = Evidence(trajectory, quadratic)
    last, stop = evidence.last, trajectory.stop
    if stop.rule == "interrupted":
        reason = capitalized(stop.reason) + "."
        kept = f"The path up to epoch {last.index} is kept."
        return Verdict("interrupted", last.index, reason, kept, evidence.manner)
    if not (np.isfinite(last.objective) and np.isfinite(last.gradient).all()):
        return judge_breakdown(evidence)
    with np.errstate(over="ignore", invalid="ignore"):
        return _judge_end(evidence)


def _judge_end(evidence: Evidence) -> Verdict:
    share = TOLERATED if evidence.trajectory.stop.rule in _TOLERANCES else NEAR
    return (
        judge_standstill(evidence, NEAR)
        or _judge_exact(evidence)
        or _judge_cycle(evidence)
        or _judge_limit(evidence)
        or _judge_divergence(evidence)
        or _judge_swing(evidence)
        or _judge_rest(evidence)
        or judge_standstill(evidence, share)
        or _judge_unfinished(evidence)
    )


def _judge_exact(evidence: Evidence) -> Verdict | None:
    """What is known of a quadratic however few the epochs: that it diverges or swings for ever."""
    if evidence.leading is None or evidence.rule is None:
        return None
    if evidence.leading.factor > 1.0 + LEVEL:
        return diverged(evidence, "")
    if evidence.rule.momentum >= 1.0 and evidence.leading.eigenvalue > 0.0:
        reason = (
            f"Momentum {evidence.rule.momentum:g} keeps the whole of every step, as gradients that "
            "are never set to zero do: the steps swing for ever."
        )
        return Verdict("oscillating", evidence.last.index, reason, FORGET, "oscillates")
    return None


def _judge_cycle(evidence: Evidence) -> Verdict | None:
    cycle = find_cycle(evidence.motion.points, least=1e-9 * evidence.scale)
    if cycle is None:
        return None
    reason = f"The steps repeat every {cycle.period} epochs: {_stations(evidence, cycle)}"
    if evidence.leading is not None and abs(evidence.leading.factor - 1.0) <= LEVEL:
        reason = f"Learning rate {rate(evidence.lr)} is exactly the stable limit. {reason}"
    places = [(f"at {_where(evidence, p.parameters)}", p.parameters) for p in cycle.points]
    middle = np.mean([point.parameters for point in cycle.points], axis=0)
    places.append((f"at {_where(evidence, middle)}", middle))
    advice = smaller_rate(evidence, places)
    return Verdict("cycle", evidence.last.index, reason, advice, "cycle")


def _judge_limit(evidence: Evidence) -> Verdict | None:
    """A quadratic at exactly its stable limit, where other directions still move."""
    leading = evidence.leading
    if leading is None or evidence.manner != "cycle":
        return None
    reason = (
        f"Learning rate {rate(evidence.lr)} is exactly the stable limit: the error along "
        f"{leading.axis} changes sign every epoch and keeps its size."
    )
    advice = smaller_rate(evidence, [])
    return Verdict("cycle", evidence.last.index, reason, advice, "cycle")


def _stations(evidence: Evidence, cycle: Cycle) -> str:
    shown = [_where(evidence, point.parameters) for point in cycle.points[:4]]
    more = ["…"] if cycle.period > 4 else []
    values = [point.objective for point in cycle.points]
    if np.ptp(values) <= 1e-9 * max(np.abs(values)):
        objective = f"The objective is {number(values[0])} for ever."
    else:
        objective = f"The objective goes between {number(min(values))} and {number(max(values))}."
    return f"{'; '.join([*shown, *more])}. {objective}"


def _where(evidence: Evidence, parameters: np.ndarray) -> str:
    return place(evidence.problem.names, parameters)


def _judge_divergence(evidence: Evidence) -> Verdict | None:
    """An objective that only rises, above where it started, with steps that grow."""
    kept = evidence.trajectory.objective
    third, fourth = _quarters(kept)
    rising = float(fourth.min()) >= float(third.max()) and kept[-1] > kept[0]
    if not rising or not evidence.motion.factor > 1.0 + LEVEL:
        return None
    return diverged(
        evidence, f"The objective has risen from {number(kept[0])} to {number(kept[-1])}."
    )


def _quarters(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The third and the fourth quarter of the kept steps, of one entry at least."""
    half = len(values) // 2
    middle = max((half + len(values)) // 2, 1)
    return values[min(half, middle - 1) : middle], values[min(middle, len(values) - 1) :]


def _judge_swing(evidence: Evidence) -> Verdict | None:
    """Steps that turn again and again, and an objective that no longer comes down."""
    kept = evidence.trajectory.objective
    if len(kept) < _ENOUGH or not evidence.motion.swings or evidence.leading is not None:
        return None
    lowest, highest = float(kept.min()), float(kept.max())
    third, fourth = (float(part.max()) - lowest for part in _quarters(kept))
    dies_out = evidence.motion.steady and evidence.motion.factor < 1.0 - LEVEL
    if dies_out or fourth < _LASTING * third or fourth <= 1e-6 * (highest - lowest):
        return None
    late = _quarters(kept)[1]
    reason = (
        "The steps swing without settling or repeating: the objective stays between "
        f"{number(late.min())} and {number(late.max())}."
    )
    places = [*sane_places(evidence), ("at the last step", evidence.last.parameters)]
    advice = smaller_rate(evidence, places)
    return Verdict("oscillating", evidence.last.index, reason, advice, "oscillates")


def _judge_rest(evidence: Evidence) -> Verdict | None:
    """Steps that have become nothing although there is a slope."""
    trajectory, last = evidence.trajectory, evidence.last
    if last.index < 2:
        return None
    before = trajectory.at(last.index - 1).parameters
    if np.abs(last.parameters - before).max() > _AT_REST * evidence.travel:
        return None
    optimizer = trajectory.optimizer
    if isinstance(optimizer, SGD | Adagrad | RMSprop | Adam | AdamW) and optimizer.weight_decay:
        reason = (
            "The steps have come to rest where the gradient and the weight decay of "
            f"{optimizer.weight_decay:g} "
            "balance, which is not where the objective is least."
        )
        return Verdict("converged", last.index, reason, "", evidence.manner)
    reason = (
        f"The steps have become too small to lead further, at learning rate {rate(evidence.lr)} "
        f"and gradient norm {number(evidence.slope)}."
    )
    advice = "Let the learning rate fall more slowly."
    if isinstance(trajectory.schedule, Constant) and evidence.travel == 0.0:
        advice = "Use a larger learning rate: rounding takes the whole of such a step."
    elif isinstance(trajectory.schedule, Constant | Backtracking):
        advice = EDGE
    return Verdict("plateau", last.index, reason, advice, evidence.manner)


def _judge_unfinished(evidence: Evidence) -> Verdict:
    stop = evidence.trajectory.stop
    kind: Kind = "plateau" if stop.rule in (*_TOLERANCES, "patience") else "max steps"
    parts = [f"{capitalized(stop.reason)}.", f"The objective is {number(evidence.last.objective)}"]
    left = share_left(evidence)
    if evidence.last.objective > evidence.trajectory.objective[0] and evidence.leading is None:
        return _judge_risen(evidence, kind)
    if evidence.leading is not None and NEAR < left < np.inf:
        share = "nearly all" if left >= 0.995 else f"{left:.2g}"
        parts[1] += f", and {share} of the way to the minimum is left"
    elif NEAR < left < TOLERATED:
        parts[1] += f", and by the curvature there {left:.2g} of the way to a minimum is left"
    factor = pace(evidence)
    if 0.0 < factor < 1.0 - LEVEL:
        parts[1] += f"; at this pace each factor of 1000 takes {epochs(thousandth(factor))}"
    reason = " ".join(parts) + "."
    return Verdict(kind, evidence.last.index, reason, faster(evidence), evidence.manner)


def _judge_risen(evidence: Evidence, kind: Kind) -> Verdict:
    """A descent that ends higher than it began, though its steps have not grown without end."""
    first, last = float(evidence.trajectory.objective[0]), evidence.last
    reason = (
        f"{capitalized(evidence.trajectory.stop.reason)}. The objective is "
        f"{number(last.objective)}, above the {number(first)} of the start."
    )
    advice = smaller_rate(evidence, sane_places(evidence))
    return Verdict(kind, last.index, reason, advice, evidence.manner)
