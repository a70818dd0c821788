"""ReLU units that are 0 for every row."""

from collections.abc import Iterator
from math import comb

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact

# Units that are 0 from the start are common: in the later layers of a deep net each unit is as
# likely to be below 0 as above. They count where there are more of them than chance would give. Of
# units that learnt before, half a layer is too many.
_SHARE, _CHANCE = 0.75, 0.05
_DIED = 0.5
_LOOKS = 3
_ROWS = 16
_UNITS = 4
_RECENT = 5


def dead_units(evidence: Evidence) -> Iterator[Finding]:
    """Layers of which most ReLU units were 0 in every row of the recent batches."""
    yield from list(_by_output(evidence)) or _by_gradient(evidence)


def _by_output(evidence: Evidence) -> Iterator[Finding]:
    looks = [look for look in evidence.looks if look.resting][-_RECENT:]
    rows = sum(look.rows for look in looks)
    if len(looks) < _LOOKS or rows < _ROWS:
        return
    for name in looks[-1].resting:
        masks = [look.resting[name] for look in looks if name in look.resting]
        if len({mask.shape for mask in masks}) != 1:
            continue
        idle = np.logical_and.reduce(masks)
        dead, units = int(idle.sum()), idle.size
        first = evidence.looks[0].resting.get(name, idle)
        died = int((idle & ~first).sum()) if first.shape == idle.shape else 0
        if units >= _UNITS and (_is_much(dead, units) or died >= _DIED * units):
            at_rest = fact(
                "units at rest", name=name, dead=dead, units=units, batches=len(looks), rows=rows
            )
            yield Finding("dead ReLU", looks[0].index, at_rest, name)


def _by_gradient(evidence: Evidence) -> Iterator[Finding]:
    """Units that stand in no module of their own: their rows of weight and bias get exactly 0."""
    steps = [step for step in evidence.steps if step.gradient is not None][-_RECENT:]
    if len(steps) < _RECENT or any(np.nanmax([0.0, *s.gradient_norms]) == 0.0 for s in steps):
        return
    tensors = {name: place for place, name in enumerate(evidence.layout.tensors)}
    for weight in evidence.weights:
        name = evidence.layout.tensors[weight].removesuffix(".weight")
        bias = tensors.get(f"{name}.bias")
        units = evidence.layout.shapes[weight][0]
        if bias is None or units < _UNITS or evidence.layout.shapes[bias] != (units,):
            continue
        if not np.nanmax([0.0, *evidence.gradient_norms(weight)]) > 0.0:
            continue  # it never learnt: perhaps no unit of its own is the cause
        idle = np.ones(units, dtype=bool)
        for step in steps:
            assert step.gradient is not None
            rows = step.gradient[evidence.layout.part(weight)].reshape(units, -1)
            idle &= (rows == 0.0).all(axis=1) & (step.gradient[evidence.layout.part(bias)] == 0.0)
        dead = int(idle.sum())
        if _is_much(dead, units):
            without = fact(
                "units without gradient", name=name, dead=dead, units=units, steps=len(steps)
            )
            yield Finding("dead ReLU", steps[0].index, without, name)


def _is_much(dead: int, units: int) -> bool:
    """Whether there are more dead units than tossed coins would give."""
    tail = sum(comb(units, k) for k in range(dead, units + 1)) / 2**units
    return dead == units or (dead >= _SHARE * units and tail < _CHANCE)
