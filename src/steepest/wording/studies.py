"""What is said below the table and the pictures of several runs."""

from steepest.wording.numbers import number, with_minus
from steepest.wording.template import filled

# Heads of its table, and how a run went, whatever its verdict.
WORDS = (
    *("run", "rate", "epochs", "updates", "rows seen", "objective", "excess", "floor", "end"),
    *("verdict", "how it went"),
    *("one step", "fast", "monotone", "slow", "oscillates", "cycle", "diverges"),
)

TEMPLATES = {
    "rows seen unalike": "{rows: row}; the runs did not all see as many of them.",
    "objective of model": (
        "objective: the mean over all batches, in eval mode, after the last epoch."
    ),
    "excess over minimum": "excess: the objective less {minimum:number}, the least there is.",
    "floor of noise": "floor: the excess where noise holds it at the ends of epochs.",
    "floors are dashed": "Dashed: where noise holds a run in the long run, as forecast.",
    "more runs": "… and {more} more.",
    "lowest end": "The lowest end: {label}.",
    "rows seen alike": "{rows: row}, each seen [epochs=1?once|{epochs} times] by every run.",
    "curves leave the picture": "{labels:joined}: the curve leaves the picture.",
}


def first_to_a_thousandth(least: float, known: bool) -> str:
    return filled(
        "To a thousandth: the epoch at which the objective's excess over {least}, {which}, first "
        "was a thousandth of the start's. Marked: who came there first.",
        least=with_minus(number(least)),
        which=filled("the least there is" if known else "the lowest of all runs"),
    )
