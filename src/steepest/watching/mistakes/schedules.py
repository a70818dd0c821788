"""Learning rates that a schedule moves at the wrong time."""

from collections.abc import Iterator

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact

# So far below its greatest a rate changes hardly anything any more: where it is so for this share
# of the steps, and for so many of them, they are in vain.
_NOTHING = 1e-3
_SHARE, _STEPS = 0.4, 20


def rate_falls_to_nothing(evidence: Evidence) -> Iterator[Finding]:
    """A rate that a schedule has brought down long before the end."""
    if evidence.hand_written is not None or not evidence.steps:
        return
    count = evidence.steps[-1].index + 1
    for group in range(len(evidence.steps[0].learning_rates)):
        rates = np.array([step.learning_rates[group] for step in evidence.steps])
        greatest, low = float(rates.max()), rates < _NOTHING * rates.max()
        if not greatest > 0.0 or not low[-1]:
            continue
        since = evidence.steps[len(low) - int(np.argmin(low[::-1]))].index
        if count - since < max(_STEPS, _SHARE * count):
            continue
        falls = fact(
            "rate falls to nothing",
            start=greatest,
            end=float(rates[-1]),
            step=since,
            steps=count,
            each=_moves_at_each_step(evidence, group),
        )
        yield Finding("rate falls to nothing", since, falls)
        return


def schedule_before_step(evidence: Evidence) -> Iterator[Finding]:
    """A rate that moved before the first step, so that the first one is never used."""
    if evidence.first_rates and evidence.steps and evidence.steps[0].index == 0:
        used = evidence.steps[0].learning_rates
        pairs = zip(evidence.first_rates, used, strict=False)  # a group may have been added
        moved = next((pair for pair in pairs if pair[0] != pair[1]), None)
        if moved is not None:
            skipped = fact("first rate skipped", start=moved[0], used=moved[1])
            yield Finding("schedule before the step", 0, skipped)


def _moves_at_each_step(evidence: Evidence, group: int) -> bool:
    """Whether each of the first steps has a rate of its own."""
    first = [step.learning_rates[group] for step in evidence.steps if step.index < 10]
    return len(set(first)) == len(first) > 2
