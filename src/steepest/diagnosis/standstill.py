"""Where the gradient has vanished: a minimum, a saddle, a maximum, a flat region, or bounds."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.diagnosis.advice import NEAR
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.local_spectrum import Spectrum
from steepest.diagnosis.verdict import Kind, Verdict
from steepest.wording.numbers import capitalized, listed, number, place

# A gradient this small against what the objective does nearby is none.
_LEVEL = 1e-6
_ROUNDING = 1e-12
# A run that a tolerance has ended has converged if no more than this share of its way is left.
TOLERATED = 0.1
# Factors nearer to 1 are not told: with four digits they would be 1.
_TOLD = 0.9995
# A slope down from a saddle, as a share of the largest gradient, beyond rounding.
_LEAVING = 1e-14
# A gradient so much smaller than the largest has vanished, where there is no second derivative.
_VANISHED = 1e-6


@final
@dataclass(frozen=True, eq=False)
class Standstill:
    """The neighbourhood of a last step whose curvature, `spectrum`, is known."""

    evidence: Evidence
    spectrum: Spectrum

    def stationary(self, share: float) -> bool:
        """Whether a point without slope is as near as this share of the way, in all directions.

        Where slope and curvature both grow without end, at the edge of a domain, it only seems so.
        """
        gone = self.evidence.slope <= np.sqrt(share) * self.evidence.steepest
        if not gone and self.evidence.travel > _LEVEL * self.evidence.scale:
            return False
        left = float(self.spectrum.distances.max(initial=0.0))
        flat = np.abs(self.spectrum.slopes[self.spectrum.values == 0.0])
        level = float(flat.max(initial=0.0)) * self.evidence.scale <= _LEVEL * self.relief
        return left <= max(share * self.evidence.travel, _ROUNDING * self.evidence.scale) and level

    @property
    def plateau(self) -> bool:
        """Whether the slope is nothing against what the objective does elsewhere, and the steps,
        if there were any, moved next to nothing.
        """
        level = self.evidence.slope * self.evidence.scale <= _LEVEL * self.relief
        return level and self.evidence.travel <= _LEVEL * self.evidence.scale

    @cached_property
    def lower(self) -> tuple[Floats, float] | None:
        """The lowest point seen along the directions and the axes, if lower than the last step."""
        scale = self.evidence.scale
        points = _around(self._here, np.hstack([np.eye(self._here.size), self.spectrum.vectors]))
        places = self._here + scale * points
        values = self._values(places)
        best = int(values.argmin())
        gap = self.evidence.last.objective - values[best]
        return (places[best], float(values[best])) if gap > _LEVEL * self.relief else None

    @cached_property
    def relief(self) -> float:
        """The largest change of the objective on steps of the region's size along the axes."""
        places = self._here + self.evidence.scale * _around(self._here, np.eye(self._here.size))
        values = self._values(places)
        changes = np.abs(values[np.isfinite(values)] - self.evidence.last.objective)
        return float(changes.max(initial=0.0))

    @cached_property
    def falls(self) -> int | None:
        """A row of `_pairs` along which the objective is lower close by than curvature explains.

        A minimum a distance d away along a slope s lies ½sd lower, and no point lies lower yet.
        """
        size = self.evidence.travel or self.evidence.scale
        slack = 1e-12 * max(abs(self.evidence.last.objective), self.relief * 1e-6)
        explained = float((np.abs(self.spectrum.slopes) * self.spectrum.distances).sum()) + slack
        for reach in (1e-3, 1e-2):
            places = self._here + reach * size * _pairs(self.spectrum.vectors)
            gap = self.evidence.last.objective - self._values(places)
            if gap.size and gap.max() > explained:
                return int(gap.argmax())
        return None

    @cached_property
    def level(self) -> list[int]:
        """The directions without curvature in which the objective is the same on both sides."""
        found = []
        for i in np.flatnonzero(self.spectrum.values == 0.0).tolist():
            places = self._here + 0.01 * self.evidence.scale * _pairs(self.spectrum.vectors[:, [i]])
            gap = np.abs(self._values(places) - self.evidence.last.objective)
            if (gap <= 1e-12 * max(abs(self.evidence.last.objective), self.relief)).all():
                found.append(i)
        return found

    @property
    def _here(self) -> Floats:
        return self.evidence.last.parameters

    def _values(self, places: Floats) -> Floats:
        """Objectives (n,), inf where undefined or out of bounds."""
        bounds = self.evidence.trajectory.bounds
        with np.errstate(all="ignore"):
            values = np.asarray(self.evidence.problem.minimised(places), dtype=np.float64)
        inside = np.isfinite(values)
        if bounds is not None:
            inside &= ((places >= bounds.lower) & (places <= bounds.upper)).all(axis=1)
        return np.where(inside, values, np.inf)


def _pairs(vectors: Floats) -> Floats:
    """Each column and its opposite, as rows in turn."""
    return np.stack([vectors.T, -vectors.T], axis=1).reshape(-1, len(vectors))


def _around(here: Floats, vectors: Floats) -> Floats:
    """Steps of 0.1, 0.5, 1 and 2 both ways along columns."""
    return np.concatenate([size * _pairs(vectors) for size in (0.1, 0.5, 1.0, 2.0)])


def judge_standstill(evidence: Evidence, share: float) -> Verdict | None:
    """The verdict where the gradient has vanished, or does after `share` of the way; else None."""
    if evidence.active.all():
        return _verdict(evidence, "at bounds", _bounds(evidence))
    if evidence.held.any() and (evidence.active | evidence.held).all():
        return _verdict(evidence, "converged", f"No slope is left.{_penalized(evidence)}")
    if evidence.spectrum is None:
        gone = evidence.slope <= max(_VANISHED, share**2) * evidence.steepest
        # A zero of torch's may be the place where a function that falls has no derivative.
        axes = Spectrum.of_axes(evidence.problem.names) if evidence.slope == 0.0 else None
        if axes is not None and (move := Standstill(evidence, axes).falls) is not None:
            return _inflection(Standstill(evidence, axes), move)
        return _verdict(evidence, "converged", _shrunk(evidence) + ".") if gone else None
    ground = Standstill(evidence, evidence.spectrum)
    if not ground.stationary(share):
        return _flat(ground) if ground.plateau else None
    if ground.spectrum.lowest < 0.0:
        return _downward(ground) if share <= NEAR else None
    if ground.falls is not None:
        return _inflection(ground, ground.falls)
    if len(ground.level) == len(ground.spectrum.values):
        return _flat(ground)
    if evidence.active.any():
        return _verdict(evidence, "at bounds", _bounds(evidence))
    return _verdict(evidence, "converged", _minimum(ground) + _penalized(evidence))


def _verdict(evidence: Evidence, kind: Kind, reason: str, advice: str = "") -> Verdict:
    stop = evidence.trajectory.stop
    said = (
        "" if stop.rule == "epochs" or not evidence.last.index else f"{capitalized(stop.reason)}. "
    )
    return Verdict(kind, evidence.last.index, said + reason, advice, evidence.manner)


def _bounds(evidence: Evidence) -> str:
    bounds, last = evidence.trajectory.bounds, evidence.last
    assert bounds is not None
    held = np.flatnonzero(evidence.active)
    walls = np.where(last.gradient > 0.0, bounds.lower, bounds.upper)
    said = [f"{bounds.names[i]} at its bound {walls[i]:g}" for i in held[:4]]
    said[0] = said[0].replace(" at ", " stands at ", 1)
    more = [f"{len(held) - 4} more at theirs"] if len(held) > 4 else []
    beyond = "it" if len(held) == 1 else "them"
    return f"{listed([*said, *more])}; the objective would fall further beyond {beyond}."


def _penalized(evidence: Evidence) -> str:
    held = int(evidence.held.sum())
    if not held:
        return ""
    return f" The L1 penalty holds {held} of {evidence.held.size} parameters at 0."


def _shrunk(evidence: Evidence) -> str:
    if evidence.slope == 0.0:
        return "The gradient is 0"
    return f"The gradient has shrunk to {evidence.slope / evidence.steepest:.2g} of its largest"


def _minimum(ground: Standstill) -> str:
    evidence = ground.evidence
    if not evidence.last.index or evidence.travel == 0.0:
        return f"The start is already a minimum.{_known(evidence)}"
    left = float(ground.spectrum.distances.max(initial=0.0))
    if left > NEAR * evidence.travel:
        near = (
            f"by the curvature there, {left / evidence.travel:.2g} of the way to a minimum is left"
        )
        return f"{_shrunk(evidence)}; {near}.{_pace(evidence)}"
    return f"{_shrunk(evidence)}, and {_shape(ground)}.{_pace(evidence)}{_known(evidence)}"


def _shape(ground: Standstill) -> str:
    values = ground.spectrum.values
    if ground.level:
        along = listed([ground.spectrum.axis(i) for i in ground.level[:3]])
        return f"the function curves up but for {along}, where it is level: one minimum of many"
    if (values == 0.0).any():
        return "the function rises on every side: a minimum"
    return f"the function curves up{' in every direction' if len(values) > 1 else ''}: a minimum"


def _pace(evidence: Evidence) -> str:
    """What an epoch left of the error, measured, beside what the curvature there says."""
    if evidence.manner == "one step":
        return " One step led there."
    motion, rule, spectrum = evidence.motion, evidence.rule, evidence.spectrum
    if rule is None or spectrum is None or not spectrum.lowest > 0.0:
        return ""
    if not motion.steady or motion.factor > _TOLD:
        return ""
    side = " and changed its side" if motion.swings and rule.momentum == 0.0 else ""
    said = f" An epoch left {number(motion.factor)} of the error{side}"
    factors = rule.factors(evidence.lr, spectrum.values)
    close = np.abs(factors - motion.factor) <= 0.01 * motion.factor
    return f"{said}, as the curvature there says." if close.any() else f"{said}."


def _known(evidence: Evidence) -> str:
    """Whether this is the minimum that is known, where one is."""
    known, last = evidence.problem.minimizer, evidence.last
    if known is None:
        return ""
    lowest = evidence.problem.objective(known)
    drop = abs(float(evidence.trajectory.objective[0]) - lowest)
    where = place(evidence.problem.names, known)
    if last.objective <= lowest + 1e-6 * drop:
        near = float(np.linalg.norm(last.parameters - known)) <= 1e-3 * evidence.scale
        return " It is the known one." if near else f" It is as low as the known one, at {where}."
    return (
        f" It is a local one: the objective is {number(last.objective)} here, and "
        f"{number(lowest)} at {where}."
    )


def _downward(ground: Standstill) -> Verdict:
    spectrum, evidence = ground.spectrum, ground.evidence
    down = spectrum.axis(0)
    here = place(evidence.problem.names, evidence.last.parameters)
    if spectrum.largest > 0.0:
        up = spectrum.axis(len(spectrum.values) - 1)
        reason = (
            f"The gradient has vanished at a saddle, {here}: the function curves up along {up} and "
            f"down along {down} (curvature {number(spectrum.lowest)})."
        )
        advice = f"Start a little to one side along {down}: there descent leaves the saddle."
        leaving = abs(spectrum.slopes[0]) > _LEAVING * evidence.steepest
        if leaving and evidence.trajectory.stop.rule == "epochs":
            advice = f"It is leaving the saddle along {down}: give it more epochs."
        return _verdict(evidence, "saddle", reason, advice)
    reason = (
        f"The gradient has vanished at a maximum, {here}: the function curves down on all sides."
    )
    return _verdict(evidence, "maximum", reason, "Start a little to one side.")


def _inflection(ground: Standstill, move: int) -> Verdict:
    evidence = ground.evidence
    size = 0.01 * (evidence.travel or evidence.scale)
    beyond = evidence.last.parameters + size * _pairs(ground.spectrum.vectors)[move]
    here = place(evidence.problem.names, evidence.last.parameters)
    reason = (
        f"The gradient has vanished at {here}, and that is no minimum: along "
        f"{ground.spectrum.axis(move // 2)} the objective falls further."
    )
    advice = f"Go on from beyond it, such as from {place(evidence.problem.names, beyond)}."
    return _verdict(evidence, "flat", reason, advice)


def _flat(ground: Standstill) -> Verdict:
    evidence, names = ground.evidence, ground.evidence.problem.names
    here = place(names, evidence.last.parameters)
    slope = f"the slope is {number(evidence.slope)}" if evidence.slope else "there is no slope"
    reason = f"Around {here} the function is flat: {slope}, and a step leads nowhere."
    advice = "Start elsewhere."
    if ground.lower is None and evidence.last.objective < evidence.trajectory.objective[0]:
        advice = "No lower point is near: this may be the least there is; else start elsewhere."
    if ground.lower is not None:
        there, value = ground.lower
        advice = f"Start elsewhere: at {place(names, there)} the objective is {number(value)}."
    return _verdict(evidence, "flat", reason, advice)
