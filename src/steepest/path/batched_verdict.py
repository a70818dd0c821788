"""The verdict on a descent in mini-batches."""

from steepest.descent.stopping import Stop
from steepest.path.verdict import Verdict
from steepest.path.words import capitalized, number

_SETTLED = ("relative tolerance", "gradient norm", "patience")


def judge_batches(initial: float, objective: float, epoch: int, stop: Stop) -> Verdict:
    """How a descent of so many epochs ended, from its first and last objective."""
    reason = capitalized(stop.reason) + "."
    if stop.rule == "interrupted":
        return Verdict("interrupted", epoch, reason, f"The path up to epoch {epoch} is kept.")
    if stop.rule == "diverged":
        return Verdict("diverged", epoch, reason, "Use a smaller learning rate.")
    if not objective <= initial:
        rose = f"The objective rose from {number(initial)} to {number(objective)}."
        return Verdict("diverged", epoch, rose, "Use a smaller learning rate.")
    if stop.rule in _SETTLED:
        return Verdict("converged", epoch, reason)
    return Verdict("max steps", epoch, reason)
