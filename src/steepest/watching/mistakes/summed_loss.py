"""A loss that is a sum over the batch: gradients grow with the number of rows."""

from collections.abc import Iterator

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact


def sum_instead_of_mean(evidence: Evidence) -> Iterator[Finding]:
    """A sum over several rows that nothing divides, under a rule proportional to the gradient.

    Rules such as Adam's divide the scale of the gradient out: under them a sum is no mistake.
    """
    sums = [look for look in evidence.looks if look.summed and look.rows > 1]
    if sums and evidence.is_plain_descent:
        first = sums[0]
        yield Finding(
            "sum instead of mean", first.index, fact("sum instead of mean", rows=first.rows)
        )
