"""Gradients that vanish or explode: from layer to layer, or from step to step."""

from collections.abc import Iterator, Mapping

import numpy as np

from steepest.arrays import Floats
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.step_record import Record
from steepest.wording.fact import Fact, fact

# Between the layers of a network that learns, norms differ by 100 or 1000.
_DEEP = 1e5
_GROWN = 1e4
_STEPS = 5
_EARLY, _BEGUN = 5, 10.0


def vanishing_or_exploding(evidence: Evidence) -> Iterator[Finding]:
    """Layers whose gradient is 1e-5 of a later layer's (vanishing), or 1e5 times (exploding)."""
    if len(evidence.steps) < 3:
        return
    norms = {i: evidence.gradient_norms(i) for i in evidence.weights}
    layers = _medians(norms)
    least, most = _ends(layers)
    if layers and layers[most] < _DEEP * layers[least]:
        # The last layers may have settled meanwhile, and the first ones never have begun.
        layers = _medians({i: each[:_EARLY] for i, each in norms.items()})
        least, most = _ends(layers)
        if not least < most or np.nanmax(norms[least]) > _BEGUN * layers[least]:
            return
    if len(layers) < 3 or layers[most] < _DEEP * layers[least]:
        return
    kind, first, last = "exploding gradient", least, most
    if least < most:
        # Of the layers that it does not reach the one nearest the input.
        last = min(i for i, norm in layers.items() if _DEEP * norm <= layers[most])
        kind, first = "vanishing gradient", most
    names = evidence.layout.tensors
    change = fact(
        "gradient on its way back",
        at=names[first],
        start=layers[first],
        name=names[last],
        end=layers[last],
    )
    yield Finding(kind, evidence.steps[0].index, change, names[last])


def exploding_over_steps(evidence: Evidence) -> Iterator[Finding]:
    """A gradient that grew 1e4 times since its start while the objective rose, or fell below 0."""
    for steps in evidence.by_optimizer:
        seen = [step for step in steps if np.isfinite(step.objective)]
        enough = 2 if len(seen) < len(steps) else _STEPS
        if len(seen) < enough or not abs(seen[-1].objective) > 100.0 * abs(seen[0].objective):
            continue
        own = [i for i, held in enumerate(seen[0].held) if held]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            first = np.array([seen[0].gradient_norms[i] for i in own])
            growth = np.array([seen[-1].gradient_norms[i] for i in own]) / first
        growth = np.where(np.isnan(growth) | (first == 0.0), 0.0, growth)
        worst = int(growth.argmax())
        if growth[worst] >= _GROWN:
            name = evidence.layout.tensors[own[worst]]
            if seen[-1].objective < min(seen[0].objective, 0.0):
                yield Finding("no least value", seen[0].index, _falls_for_ever(seen))
                return
            grown = fact(
                "gradient has grown",
                name=name,
                growth=float(growth[worst]),
                start=float(first[worst]),
                step=seen[0].index,
            )
            remedy = fact("remedy", of="gradient grows")
            step = _where_it_rose(seen, own[worst])
            yield Finding("exploding gradient", step, grown, name, remedy)
            return


def _falls_for_ever(steps: list[Record]) -> Fact:
    first, last = steps[0], steps[-1]
    start, end = float(first.objective), float(last.objective)
    return fact("has no least value", start=start, end=end, step=last.index)


def _where_it_rose(steps: list[Record], tensor: int) -> int:
    """The first step whose gradient was ten times the first one's."""
    start = steps[0].gradient_norms[tensor]
    return next(s.index for s in steps if s.gradient_norms[tensor] > 10.0 * start)


def _medians(norms: Mapping[int, Floats]) -> dict[int, float]:
    """The median norm of the gradients of tensors, of those that are mostly neither nan nor 0."""
    known = {i: each[np.isfinite(each) & (each > 0.0)] for i, each in norms.items()}
    return {i: float(np.median(each)) for i, each in known.items() if 2 * len(each) > len(norms[i])}


def _ends(layers: Mapping[int, float]) -> tuple[int, int]:
    """Where the least and the greatest norm are; the same where there are none."""
    if not layers:
        return 0, 0
    return min(layers, key=layers.__getitem__), max(layers, key=layers.__getitem__)
