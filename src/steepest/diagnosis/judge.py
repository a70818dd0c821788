"""The verdict on a run: the first of these judges who knows gives it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from steepest.diagnosis.breakdown import judge_breakdown, judge_gradient, with_steps
from steepest.diagnosis.certificate_judges import (
    held_to_certificate,
    judge_certificate,
    judge_gap,
    judge_separation,
)
from steepest.diagnosis.course_judges import (
    judge_course,
    judge_forgotten,
    judge_lost,
    judge_nothing,
)
from steepest.diagnosis.end_judges import judge_end, judge_interruption, judge_unfinished
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.motion_judges import (
    judge_cycle,
    judge_divergence,
    judge_fall,
    judge_growth,
    judge_limit,
    judge_momentum,
    judge_rest,
    judge_settled,
    judge_start,
    judge_swing,
)
from steepest.diagnosis.noise_judges import judge_noise
from steepest.diagnosis.standstill_judges import (
    judge_standstill,
    judge_tolerance,
    with_recession,
)
from steepest.diagnosis.verdict import Verdict

# What is certain stands first: a lost gradient, broken numbers, then what is known exactly, then
# the place where the descent ended, then how it moved, then how much is left.
JUDGES: tuple[Callable[[Evidence], Verdict | None], ...] = (
    judge_interruption,
    judge_gradient,
    judge_breakdown,
    judge_gap,
    judge_nothing,
    judge_lost,
    judge_separation,
    judge_certificate,
    judge_start,
    judge_forgotten,
    judge_growth,
    judge_momentum,
    judge_standstill,
    judge_fall,
    judge_settled,
    judge_cycle,
    judge_limit,
    judge_divergence,
    judge_swing,
    judge_rest,
    judge_tolerance,
    judge_unfinished,
    judge_noise,
    judge_course,
)


def judge(evidence: Evidence) -> Verdict:
    """How a run ended, why, and the smallest change that would help.

    >>> from steepest.descent.optimizers import SGD
    >>> from steepest.descent.schedules import Constant
    >>> from steepest.descent.stepwise import descend
    >>> from steepest.descent.stopping import Epochs
    >>> from steepest.diagnosis.path_evidence import evidence_of_trajectory
    >>> from steepest.problems.problem import Problem
    >>> class Parabola(Problem):
    ...     names = ("x",)
    ...     def objectives(self, parameters):
    ...         return parameters[..., 0] ** 2 - 4 * parameters[..., 0] + 5
    ...     def gradient(self, parameters):
    ...         return 2 * parameters - 4
    >>> trajectory = descend(Parabola(), SGD(), Constant(1.0), [Epochs(30)], [7.0])
    >>> verdict = judge(evidence_of_trajectory(trajectory, quadratic=False))
    >>> verdict.kind, verdict.reason
    ('cycle', 'The steps repeat every 2 epochs: x = 7; x = -3. The objective is 26 for ever.')
    """
    with np.errstate(over="ignore", invalid="ignore"):
        given = next((verdict for each in JUDGES if (verdict := each(evidence))), None)
        verdict = held_to_certificate(evidence, given or judge_end(evidence))
        verdict = with_steps(evidence, with_recession(evidence, verdict))
    if verdict.manner or verdict.kind == "left domain":
        return verdict
    return replace(verdict, manner=evidence.manner)
