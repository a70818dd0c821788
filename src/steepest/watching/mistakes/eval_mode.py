"""A model that is trained in eval mode."""

from collections.abc import Iterator

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact


def left_in_eval_mode(evidence: Evidence) -> Iterator[Finding]:
    """Several steps with `model.training` False, where dropout or batch norm would differ."""
    layers = evidence.train_mode_layers
    steps = [step.index for step in evidence.steps if not step.training]
    if layers and len(steps) > 1:
        eval_mode = fact("left in eval mode", step=steps[0], layers=layers)
        yield Finding("eval mode", steps[0], eval_mode)
