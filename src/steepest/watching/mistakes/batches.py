"""What is wrong with the rows themselves: their scale, their labels, their order."""

from collections.abc import Iterator

import numpy as np

from steepest.watching.mistakes.dead_units import dead_units
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.mistakes.saturated import saturated_units
from steepest.watching.record.optimized_parameters import inner_module
from steepest.wording.fact import fact

_LARGE = 50.0  # a root mean square of inputs or targets: standardised ones have 1
_FURTHER = 30.0  # targets so many times as large as the outputs
_LONG = 50  # steps
_LOOKS, _ROWS = 3, 8
_ALL_ROWS = 100
_MOST = 0.5  # the share of batches that have one label only, where they are sorted
_ROSE = 10.0


def inputs_not_scaled(evidence: Evidence) -> Iterator[Finding]:
    """Large inputs without a norm before the first layer, where the loop does not go well."""
    sizes = [look.numbers.inputs for look in evidence.looks if look.numbers is not None]
    size = float(np.median(sizes)) if sizes else 0.0
    if not size > _LARGE or (evidence.source is not None and not _rose(evidence)):
        return  # a number that is not finite and that no divergence led to has a cause of its own
    if not _begins_with_a_norm(evidence) and _is_in_trouble(evidence):
        yield Finding("inputs not scaled", 0, fact("inputs not scaled", size=size))


def _begins_with_a_norm(evidence: Evidence) -> bool:
    if evidence.model is None:
        return True
    modules = inner_module(evidence.model).modules()
    first = next((each for each in modules if list(each.parameters(recurse=False))), None)
    return first is None or "Norm" in type(first).__name__


def _is_in_trouble(evidence: Evidence) -> bool:
    if not any(step.losses for step in evidence.steps):
        return False
    stuck = any(dead_units(evidence)) or any(saturated_units(evidence))
    return stuck or not evidence.falls or _rose(evidence)


def _rose(evidence: Evidence) -> bool:
    """Whether the objective was ten times its first, as far as it is finite."""
    known = [step.objective for step in evidence.steps if np.isfinite(step.objective)]
    return bool(known) and max(map(abs, known)) > _ROSE * abs(known[0])


def targets_not_scaled(evidence: Evidence) -> Iterator[Finding]:
    """Targets that are large and that outputs are far from still."""
    known = [
        look.numbers
        for look in evidence.looks
        if look.numbers is not None and look.numbers.target > _LARGE
    ]
    if len(known) < _LOOKS or not evidence.steps or evidence.steps[-1].index < _LONG:
        return
    if all(each.target > _FURTHER * each.output for each in known):
        last = known[-1]
        far = fact("targets not scaled", target=last.target, output=last.output)
        yield Finding("targets not scaled", evidence.looks[0].index, far)


def inputs_alike(evidence: Evidence) -> Iterator[Finding]:
    """Rows that are all the same, as if a column or file had not been read, with targets that
    differ: a bandit's policy, which has no state, is called on such rows and learns.
    """
    looks = [look for look in evidence.looks if look.numbers is not None and look.rows >= _ROWS]
    numbers = [look.numbers for look in looks if look.numbers is not None]
    differ = any(each.targets and each.targets.loss_of_a_constant > 0.0 for each in numbers)
    if len(looks) >= _LOOKS and differ and all(each.alike for each in numbers):
        rows = sum(look.rows for look in looks)
        yield Finding("inputs alike", looks[0].index, fact("inputs alike", rows=rows))


def one_label(evidence: Evidence) -> Iterator[Finding]:
    """Batches in which every row is of the same class, all of one or each of its own."""
    known = [
        look.numbers
        for look in evidence.looks
        if look.numbers is not None and look.numbers.labels >= _ROWS
    ]
    if len(known) < _LOOKS:
        return
    first, rows = evidence.looks[0].index, sum(each.labels for each in known)
    single = [each.label for each in known if each.label is not None]
    if len(set(single)) == 1 and len(single) == len(known) and rows >= _ALL_ROWS:
        yield Finding("one label", first, fact("one label", label=single[0], rows=rows))
    elif len(set(single)) > 1 and len(single) >= _MOST * len(known):
        batches = fact("sorted batches", single=len(single), batches=len(known))
        yield Finding("sorted batches", first, batches)
