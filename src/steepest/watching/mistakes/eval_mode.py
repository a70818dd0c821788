"""A model that is trained in eval mode."""

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact


def left_in_eval_mode(evidence: Evidence) -> list[Finding]:
    """Several steps with `model.training` False, where dropout or batch norm would differ."""
    layers = evidence.train_mode_layers
    steps = [step for step in evidence.steps if not step.training]
    if not layers or len(steps) < 2:
        return []
    first = steps[0].index
    return [
        Finding(
            "eval mode",
            first,
            "",
            fact("left in eval mode", step=first, layers=layers),
        )
    ]
