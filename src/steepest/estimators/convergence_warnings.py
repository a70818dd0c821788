"""Warnings of descents that ended far from a minimum, or towards none."""

import warnings

from sklearn.exceptions import ConvergenceWarning

from steepest.arrays import Floats
from steepest.descent.newton import newton_step
from steepest.diagnosis.thresholds import NEGLIGIBLE
from steepest.path.minibatch_path import MinibatchPath
from steepest.problems.linear_model import LinearModel
from steepest.problems.separation import confirm_separation
from steepest.wording.fact import fact, text_of

# Mini-batches are asked how far from the minimum they ended where that takes few products of
# numbers; elsewhere the verdict tells it when it is asked for.
_QUICK = 10**7


def warn_without_minimum(problem: LinearModel, end: Floats) -> None:
    """Warn of rows that are separated, so that the objective falls for ever beyond `end` (d,)."""
    step = newton_step(problem, end)
    found = confirm_separation(problem, step)
    if found is not None:
        along = fact("separated", columns=found.columns, rows=found.rows, of=found.of)
        remedy = fact("give it a minimum")
        warnings.warn(text_of((along, remedy)), ConvergenceWarning, stacklevel=4)


def warn_far(path: MinibatchPath) -> None:
    """Warn of mini-batches that ended far above the minimum, where that is soon told."""
    left = path.certificate if path.work <= _QUICK else None
    if left is None or left.excess is None:
        return
    fall = path.at(0).objective - path.last.objective + left.excess
    if left.excess > NEGLIGIBLE * fall:
        warnings.warn(
            str(fact("stopped above", excess=left.excess)), ConvergenceWarning, stacklevel=4
        )
