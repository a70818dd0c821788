"""What is said below the table and the pictures of several runs."""

from collections.abc import Sequence

from steepest.wording.numbers import counted, number, with_minus


def rows_seen_alike(rows: int, epochs: int) -> str:
    times = "once" if epochs == 1 else f"{epochs} times"
    return f"{counted(rows, 'row')}, each seen {times} by every run."


def rows_seen_unalike(rows: int) -> str:
    return f"{counted(rows, 'row')}; the runs did not all see as many of them."


def objective_of_model() -> str:
    return "objective: the mean over all batches, in eval mode, after the last epoch."


def excess_over_minimum(minimum: float) -> str:
    return f"excess: the objective less {number(minimum)}, the least there is."


def floor_of_noise() -> str:
    return "floor: the excess where noise holds it at the ends of epochs."


def first_to_a_thousandth(least: float, known: bool) -> str:
    which = "the least there is" if known else "the lowest of all runs"
    return with_minus(
        "To a thousandth: the epoch at which the objective's excess over "
        f"{number(least)}, {which}, first was a thousandth of the start's. Marked: who came there "
        "first."
    )


def floors_are_dashed() -> str:
    return "Dashed: where noise holds a run in the long run, as forecast."


def curves_leave_the_picture(labels: Sequence[str]) -> str:
    return f"{', '.join(labels)}: the curve leaves the picture."


def more_runs(more: int) -> str:
    return f"… and {more} more."


def lowest_end(label: str) -> str:
    return f"The lowest end: {label}."
