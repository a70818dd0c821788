"""An objective that one answer for all rows would have, too."""

from collections.abc import Iterator
from functools import reduce
from operator import add

import numpy as np
from torch import nn

from steepest.diagnosis.course import Level, quarter
from steepest.diagnosis.thresholds import NOISY
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.optimized_parameters import inner_module
from steepest.watching.record.targets import Targets
from steepest.wording.fact import fact

_LONG = 100  # steps
_ROWS, _ROWS_OF_A_COLUMN = 100, 10  # seen, for what a constant costs to be known
_SAME = 0.01
_CHANGED = 0.25
_LINEAR = (nn.Sequential, nn.Linear, nn.Flatten, nn.Identity)


def no_better_than_a_constant(evidence: Evidence) -> Iterator[Finding]:
    """A loss that has come to stand where that of the targets' own shares, or of their mean, is."""
    targets = _targets(evidence)
    if targets is None or len(evidence.curves[0].values) < _LONG:
        return
    values, rows = evidence.curves[0].values, evidence.curves[0].rows
    if not np.isfinite(values).all():
        return
    third, last = (Level.of(quarter(values, k), quarter(rows, k)) for k in (2, 3))
    constant, error = targets.loss_of_a_constant, NOISY * last.error
    falls = third.mean - last.mean > NOISY * np.hypot(third.error, last.error)
    if not falls and last.mean > constant - max(error, _SAME * constant) > 0.0:
        step = int(quarter(evidence.curves[0].steps, 3)[0])
        answer = fact(
            "no better than a constant",
            level=last.mean,
            constant=constant,
            of=targets.kind,
            linear=_is_linear(evidence),
        )
        yield Finding("no better than a constant", step, answer)


def _targets(evidence: Evidence) -> Targets | None:
    """All that were looked at, of a loop of one optimizer and one loss at each step."""
    looked = [each.numbers.targets for each in evidence.looks if each.numbers is not None]
    known = [each for each in looked if each is not None]
    alone = all(step.losses == 1 for step in evidence.steps)
    if len(evidence.optimizers) != 1 or not alone or not known or len(known) < len(looked):
        return None
    # Of targets that change on the way it is not known what an answer to the last ones costs.
    halves = known[: len(known) // 2], known[len(known) // 2 :]
    alike = len({(each.kind, each.kind == "classes" or len(each.sums)) for each in known}) == 1
    targets = reduce(add, known) if alike else None
    if targets is None or len(known) < 2:
        return None
    if targets.rows < max(_ROWS, _ROWS_OF_A_COLUMN * len(targets.sums)):
        return None
    before, after = (reduce(add, half).loss_of_a_constant for half in halves)
    # A variance of n normal numbers is known to √(2/n) of itself; the halves hold n/2 each.
    by_chance = NOISY * np.sqrt(8.0 / targets.rows)
    if abs(before - after) > max(_CHANGED, by_chance) * max(before, after):
        return None
    return targets


def _is_linear(evidence: Evidence) -> bool:
    if evidence.model is None:
        return False
    return all(type(each) in _LINEAR for each in inner_module(evidence.model).modules())
