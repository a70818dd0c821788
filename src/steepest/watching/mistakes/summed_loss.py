"""A loss that is a sum over the batch: gradients grow with the number of rows."""

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding


def sum_instead_of_mean(evidence: Evidence) -> list[Finding]:
    """A sum over several rows that nothing divides, under a rule proportional to the gradient.

    Rules such as Adam's divide the scale of the gradient out: under them a sum is no mistake.
    """
    if not evidence.is_plain_descent:
        return []
    for look in evidence.looks:
        if look.summed and look.rows > 1:
            return [
                Finding(
                    "sum instead of mean",
                    look.index,
                    "",
                    f"The loss is a sum over the batch: with {look.rows} rows its gradient is "
                    f"{look.rows} times that of one row, and the largest stable learning rate as "
                    "many times smaller.",
                    'Use reduction="mean", or divide the loss by the number of rows.',
                )
            ]
    return []
