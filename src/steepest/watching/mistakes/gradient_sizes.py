"""Gradients that vanish or explode: from layer to layer, or from step to step."""

from collections.abc import Iterator

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.step_record import Record
from steepest.wording.fact import fact

# Between the layers of a network that learns, norms differ by 100 or 1000.
_DEEP = 1e5
_GROWN = 1e4
_STEPS = 5


def vanishing_or_exploding(evidence: Evidence) -> Iterator[Finding]:
    """Layers whose gradient is 1e-5 of a later layer's (vanishing), or 1e5 times (exploding)."""
    layers = {i: _median(evidence, i) for i in evidence.weights}
    layers = {i: norm for i, norm in layers.items() if np.isfinite(norm) and norm > 0.0}
    if len(layers) < 3 or len(evidence.steps) < 3:
        return
    least, most = min(layers, key=layers.__getitem__), max(layers, key=layers.__getitem__)
    if layers[most] < _DEEP * layers[least]:
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
    """A gradient that grew 1e4 times since its start while the objective rose."""
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


def _where_it_rose(steps: list[Record], tensor: int) -> int:
    """The first step whose gradient was ten times the first one's."""
    start = steps[0].gradient_norms[tensor]
    return next(s.index for s in steps if s.gradient_norms[tensor] > 10.0 * start)


def _median(evidence: Evidence, tensor: int) -> float:
    """The median norm of a tensor's gradient, where it was neither nan nor 0."""
    norms = evidence.gradient_norms(tensor)
    known = norms[np.isfinite(norms) & (norms > 0.0)]
    return float(np.median(known)) if 2 * len(known) > len(norms) else float("nan")
