"""What is said below the table and the pictures of several runs."""

from collections.abc import Sequence

from steepest.wording.numbers import counted, number, with_minus

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
}


def rows_seen_alike(rows: int, epochs: int) -> str:
    times = "once" if epochs == 1 else f"{epochs} times"
    return f"{counted(rows, 'row')}, each seen {times} by every run."


def first_to_a_thousandth(least: float, known: bool) -> str:
    which = "the least there is" if known else "the lowest of all runs"
    return with_minus(
        "To a thousandth: the epoch at which the objective's excess over "
        f"{number(least)}, {which}, first was a thousandth of the start's. Marked: who came there "
        "first."
    )


def curves_leave_the_picture(labels: Sequence[str]) -> str:
    return f"{', '.join(labels)}: the curve leaves the picture."
