"""A model that is trained in eval mode."""

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding


def left_in_eval_mode(evidence: Evidence) -> list[Finding]:
    """Several steps with `model.training` False, where dropout or batch norm would differ."""
    what = evidence.has_dropout_or_norm
    asleep = [step for step in evidence.steps if not step.training]
    if not what or len(asleep) < 2:
        return []
    return [
        Finding(
            "eval mode",
            asleep[0].index,
            "",
            f"The model is in eval mode since step {asleep[0].index}: its {what} "
            f"{'do' if ' and ' in what else 'does'} not train.",
            "Call model.train() before training goes on.",
        )
    ]
