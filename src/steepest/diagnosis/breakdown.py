"""Descents that ended where the objective or its gradient is no finite number."""

import numpy as np

from steepest.arrays import Floats
from steepest.descent.trajectory import Point
from steepest.diagnosis.advice import sane_places, smaller_rate
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.verdict import Verdict
from steepest.wording.numbers import factor, place, rate

# Parameters beyond this have been driven there; nobody's domain ends there.
_FAR = 1e30
# How `Problem.explain` ends where a value was too large, and not undefined.
_OVERFLOW = "(overflow)"


def judge_breakdown(evidence: Evidence) -> Verdict:
    """ "left domain" where the objective is undefined, "diverged" where it became too large."""
    last = evidence.last
    fault = evidence.problem.explain(last.parameters)
    if not _driven(last, fault):
        return _left_domain(evidence, fault)
    if not last.index:
        here = place(evidence.problem.names, last.parameters)
        reason = f"At the start ({here}) the objective is too large for a number."
        return Verdict("left domain", 0, reason, "Start nearer to where the objective is least.")
    at = f"the objective is no longer a finite number at epoch {last.index}"
    if fault and np.abs(last.parameters).max() < _FAR:
        at += f" ({place(evidence.problem.names, last.parameters)}): {fault}"
    return diverged(evidence, f"{at[0].upper()}{at[1:]}.")


def _driven(last: Point, fault: str) -> bool:
    """Whether it is not the domain that ended, but the numbers."""
    if not np.isfinite(last.parameters).all() or np.abs(last.parameters).max() >= _FAR:
        return True
    if fault:
        return fault.endswith(_OVERFLOW)
    return bool(np.isinf(last.objective)) or (
        bool(np.isfinite(last.objective)) and abs(last.objective) >= _FAR
    )


def _left_domain(evidence: Evidence, fault: str) -> Verdict:
    last, names = evidence.last, evidence.problem.names
    here = f"step {last.index} ({place(names, last.parameters)})" if last.index else "the start"
    if not last.index:
        here += f" ({place(names, last.parameters)})"
    what = "gradient is not finite" if np.isfinite(last.objective) else "objective is undefined"
    reason = f"At {here} the {what}{': ' + fault if fault else ''}."
    if not last.index:
        advice = "Start where the objective and its gradient are defined."
    else:
        advice = _stay_inside(evidence)
    return Verdict("left domain", last.index, reason, advice)


def _stay_inside(evidence: Evidence) -> str:
    """The rate at which the last step would have stayed inside, or a bound that would have."""
    before = evidence.trajectory.at(evidence.last.index - 1)
    step = evidence.last.parameters - before.parameters
    share = _inside(evidence, before.parameters, step)
    smaller = "a smaller learning rate"
    if share > 0.0 and evidence.rule is not None:
        smaller += f" (that step needs one below {rate(_cut(share * before.learning_rate))})"
    i = _culprit(evidence, before.parameters, step)
    sign = ">=" if step[i] < 0.0 else "<="
    edge = float(before.parameters[i] + 0.5 * share * step[i])
    return f"Use {smaller}, or a bound such as {evidence.problem.names[i]} {sign} {edge:.2g}."


def _cut(value: float) -> float:
    """Three digits, rounded down: what is said to be inside must be."""
    unit = 10.0 ** (np.floor(np.log10(value)) - 2.0)
    return float(np.floor(value / unit) * unit)


def _inside(evidence: Evidence, place: Floats, step: Floats) -> float:
    """The largest share of a step after which the objective is still finite, by bisection."""
    low, high = 0.0, 1.0
    with np.errstate(all="ignore"):
        for _ in range(50):
            middle = 0.5 * (low + high)
            if np.isfinite(evidence.problem.objective(place + middle * step)):
                low = middle
            else:
                high = middle
    return low


def _culprit(evidence: Evidence, place: Floats, step: Floats) -> int:
    """The parameter whose move alone leaves the domain; else the one that moved furthest."""
    moved = np.abs(step)
    with np.errstate(all="ignore"):
        for i in np.argsort(-moved, kind="stable").tolist()[:50]:
            alone = place.copy()
            alone[i] += step[i]
            if not np.isfinite(evidence.problem.objective(alone)):
                return int(i)
    return int(moved.argmax())


def diverged(evidence: Evidence, ending: str) -> Verdict:
    """The verdict on a descent whose error grows, with the rate that would have worked."""
    reason = f"{_growth(evidence)} {ending}".strip()
    downhill = bool(evidence.leading and evidence.leading.eigenvalue < 0.0)
    advice = (
        _NO_MINIMUM
        if downhill or _falls(evidence)
        else smaller_rate(evidence, sane_places(evidence))
    )
    return Verdict("diverged", evidence.last.index, reason, advice, "diverges")


_NO_MINIMUM = "No learning rate helps, for there is no minimum that way: set bounds."


def _falls(evidence: Evidence) -> bool:
    return bool(evidence.last.objective == -np.inf)


def _growth(evidence: Evidence) -> str:
    leading, grown = evidence.leading, evidence.motion.factor
    if leading is not None and leading.factor > 1.0:
        return _exact_growth(evidence, *leading)
    if not np.isfinite(grown) or grown <= 1.0:
        return ""
    if evidence.motion.steady:
        return f"Each step is {factor(grown)} times as long as the one before."
    return f"The steps grow ever longer, lately {factor(grown)} times an epoch."


def _exact_growth(evidence: Evidence, axis: str, eigenvalue: float, grown: float) -> str:
    if eigenvalue < 0.0:
        return (
            f"The function curves down along {axis} without end: the steps grow {factor(grown)} "
            "times an epoch."
        )
    assert evidence.rule is not None
    if evidence.rule.momentum >= 1.0:
        return (
            f"The error along {axis} grows {factor(grown)} times an epoch, because momentum "
            f"{evidence.rule.momentum:g} enlarges every step."
        )
    return (
        f"The error along {axis} grows {factor(grown)} times an epoch, because learning rate "
        f"{rate(evidence.lr)} is above the largest stable rate "
        f"{rate(evidence.rule.stable_rate(eigenvalue))}."
    )
