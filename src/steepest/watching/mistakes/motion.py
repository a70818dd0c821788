"""How the loop moves: it stands, swings, or crawls along one direction."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from steepest.arrays import Floats
from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.step_record import Record, total_norm
from steepest.wording.fact import fact

_LONG = 50  # steps before a plateau is spoken of
_FLAT = 1e-3
_SWINGS = 8
_BACK = -0.5  # the cosine between gradients that are opposed
_ARRIVED = 1e-3  # of the first gradient: what is left is rounding or nearly so
_CRAWL = 100  # steps before a slow direction is spoken of
_WINDOW = 10


def plateau(evidence: Evidence) -> Iterator[Finding]:
    """An objective that is where it began, without noise, and whose gradient has not fallen."""
    for steps in evidence.by_optimizer:
        seen = [step for step in steps if np.isfinite(step.objective)]
        if len(seen) < 10 or seen[-1].index - seen[0].index < _LONG:
            continue
        values = np.array([step.objective for step in seen])
        scale = float(np.abs(values).max())
        size = _sizes(seen)
        moving = size[-1] > 0.01 * size[0] > 0.0
        if scale > 0.0 and np.ptp(values) < _FLAT * scale and moving:
            span = seen[-1].index - seen[0].index
            stands = fact(
                "objective stands",
                objective=float(values[-1]),
                steps=span,
                gradient=float(size[-1]),
            )
            yield Finding("plateau", seen[0].index, stands)
            return


def oscillation(evidence: Evidence) -> Iterator[Finding]:
    """Gradients of one batch that point back and forth, step by step, while nothing is gained."""
    if not evidence.is_full_batch:
        return  # gradients of different batches point in different directions anyway
    for steps in evidence.by_optimizer:
        if is_swinging(steps):
            first, tensor = _swings_since(steps), _most_moved(evidence, steps[-1])
            swings = fact("gradient turns back", step=first, name=tensor)
            yield Finding("oscillation", first, swings, tensor)
            return


def is_swinging(steps: list[Record]) -> bool:
    """Whether the gradients of the last steps, one after another, are opposed, and nothing fell."""
    last = steps[-_SWINGS:]
    if len(last) < _SWINGS or any(b.index - a.index != 1 for a, b in pairwise(last)):
        return False
    values = [step.objective for step in last]
    half = _SWINGS // 2
    falls = np.isfinite(values).all() and np.mean(values[half:]) < 0.9 * np.mean(values[:half])
    first, end = _sizes([steps[0], steps[-1]])
    arrived = bool(end < _ARRIVED * first)
    return max(cosines(last)) < _BACK and not falls and not arrived


def _swings_since(steps: list[Record]) -> int:
    """The step whose gradient was the first that turned back, of those that did so ever since."""
    for a, b in reversed(list(pairwise(steps))):
        if b.index - a.index != 1 or _cosine(a, b) > _BACK:
            return b.index
    return steps[0].index


def slow_direction(evidence: Evidence) -> Iterator[Finding]:
    """One direction is left, and at this pace it needs ten times the steps made so far."""
    if not evidence.is_full_batch:
        return
    for steps in evidence.by_optimizer:
        window = steps[-_WINDOW:]
        made = steps[-1].index - steps[0].index
        if made < _CRAWL or len(window) < _WINDOW or min(cosines(window)) < 0.999:
            continue
        span = window[-1].index - window[0].index
        size = _sizes(window)
        factor = float(size[-1] / size[0]) ** (1.0 / span) if size[0] > 0.0 else 0.0
        if not 0.0 < factor < 1.0:
            continue  # a gradient that grows is on its way out of a plateau
        needed = np.log(1e-3) / np.log(factor)
        left = _left(window, factor, span)
        if needed > 10.0 * made and left > 0.01 * abs(window[-1].objective):
            tensor = _most_moved(evidence, window[-1])
            crawls = fact("steps crawl", name=tensor, thousandth=round(needed))
            yield Finding("slow direction", window[0].index, crawls, tensor)
            return


def _left(window: list[Record], factor: float, span: int) -> float:
    """How much the objective would still fall: a geometric series of what it fell in the window."""
    fallen = window[0].objective - window[-1].objective
    if not fallen > 0.0 or not factor > 0.0:
        return 0.0
    again = factor ** (2 * span)
    return float(fallen * again / (1.0 - again)) if again < 1.0 else float("inf")


def cosines(steps: list[Record]) -> list[float]:
    """Between the gradient of each of some records and that of the next."""
    return [_cosine(a, b) for a, b in pairwise(steps)]


def _cosine(a: Record, b: Record) -> float:
    """Between the gradients of two steps; 0 where one is unknown, or 0."""
    first, second = _gradient(a), _gradient(b)
    if first is None or second is None:
        return 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        size = float(np.linalg.norm(first) * np.linalg.norm(second))
        return float(first @ second) / size if 0.0 < size < np.inf else 0.0


def _gradient(step: Record) -> Floats | None:
    flat = step.gradient if step.gradient is not None else step.gradient_projection
    return None if flat is None else np.nan_to_num(flat)


def _sizes(steps: list[Record]) -> Floats:
    """The norm of the whole gradient, step by step."""
    return np.array([total_norm(step.gradient_norms) for step in steps])


def _most_moved(evidence: Evidence, step: Record) -> str:
    """The tensor with the greatest gradient."""
    return evidence.layout.tensors[int(np.nan_to_num(step.gradient_norms).argmax())]
