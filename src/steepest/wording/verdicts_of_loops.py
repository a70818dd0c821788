"""Why a watched loop ended as it did: sentences of its verdicts."""

from collections.abc import Sequence

from steepest.wording.numbers import capitalized, number, with_error
from steepest.wording.template import filled

TEMPLATES = {
    "no step": "No optimizer made a step inside the block.",
    "gradients add up": (
        "Each step adds the gradients of all those before, as momentum 1 does: the steps swing for "
        "ever."
    ),
    "no slope at all": "The gradient was exactly 0 in every recorded step.",
    "objective at": "The objective is {objective:number} at step {step}.",
    "updates turn back": "Each update takes back most of the one before.",
    "loop ended": "The loop ended.",
    "later ones missing": "Later ones did not come in.",
    # `module`, and `place` and `text` of the line of the program, where they are known.
    "block ended": (
        "{error} ended the block[place? at step {step}][module?, in {module}][place?, at "
        "{place}][text?: {text}]."
    ),
    "no loss": "[steps=1?1 step was|{steps} steps were] made, but no loss came in.",
    # Where losses came in.
    "no finite loss": (
        "[steps=1?1 step was made, and its loss was not|{steps:,} steps were made, and no loss of "
        "theirs was] a finite number."
    ),
    # Of the objective, or of the parameters.
    "numbers lost": (
        "The [objective?objective is no longer a finite number|parameters are no longer finite "
        "numbers] at step {step}."
    ),
}


def loss_as_scaled(by: str, passes: int = 2) -> str:
    """`by`: "loop" or "scaler";   `passes`: the most of a step."""
    if by == "scaler":
        return filled("A GradScaler had scaled it before its backward pass.")
    added = filled(", and added up over the passes of a step") if passes > 1 else ""
    return filled(
        "The objective is taken with the loop's last factor (as in loss / 4){added}.", added=added
    )


def objective_moved(start: float, end: float, step: int) -> str:
    """
    >>> objective_moved(1.0750001, 1.0750002, 50)
    'The objective is 1.075 at step 50, as at the start.'
    """
    if number(end) == number(start):
        return filled(
            "The objective is {end} at step {step}, as at the start.", end=number(end), step=step
        )
    verb = filled("fell") if end < start else filled("rose")
    return filled(
        "The objective {verb} from {start} to {end} at step {step}.",
        verb=verb,
        start=number(start),
        end=number(end),
        step=step,
    )


def level_moved(
    start: float,
    start_error: float,
    end: float,
    end_error: float,
    told: bool,
    count: int,
    weighted: bool,
    last: float,
    step: int,
    same_rows: bool = False,
) -> str:
    """Means of the first and the last quarter of `count` steps, with standard errors; `told`:
    whether they can be told apart; `weighted` by rows. `last`: the objective of the last step;
    `same_rows`: whether each step had the same batch.
    """
    ends = (with_error(start, start_error), with_error(end, end_error))
    means = filled("means of the first and the last quarter of {count:,} steps", count=count)
    if weighted:
        means += filled(", weighted by the rows of each batch")
    one = filled("That of step {step:,} was {last}.", step=step, last=number(last))
    if not told:
        return filled(
            "The objective was {ends} at first and {ends_2} at last ({means}), which "
            "cannot be told from {noise}. {one}",
            ends=ends[0],
            ends_2=ends[1],
            means=means,
            noise=_noise("the", same_rows=same_rows),
            one=one,
        )
    verb = filled("fell") if end < start else filled("rose")
    return filled(
        "The objective {verb} from {ends} to {ends_2} ({means}). {one}",
        verb=verb,
        ends=ends[0],
        ends_2=ends[1],
        means=means,
        one=one,
    )


def stands_in_noise(step: int, same_rows: bool = False) -> str:
    """The step since when.

    >>> stands_in_noise(40, same_rows=True)
    'Since step 40 it stands within its swings from step to step.'
    """
    return filled(
        "Since step {step:,} it stands within {noise}.",
        step=step,
        noise=_noise("its", same_rows=same_rows),
    )


def _noise(whose: str, *, same_rows: bool) -> str:
    if same_rows:
        return filled("its swings from step to step")
    return filled("the noise of its batches" if whose == "its" else "the noise of the batches")


def of_optimizer(name: str, verdict: str, reasons: Sequence[object]) -> str:
    """The verdict on one of several optimizers."""
    return f"{capitalized(name)}, {verdict}: {' '.join(map(str, reasons))}"


def stands(share: float, rests: bool, updates: bool = False) -> str:
    """The last half of the steps; `share`: the gradient against its greatest, or the `updates`; nan
    where no gradient is known.

    >>> stands(float("nan"), rests=False)
    'The last half of the steps gained nothing more, and no gradient is known.'
    """
    if share != share:
        return filled("The last half of the steps gained nothing more, and no gradient is known.")
    size = filled("the gradient's norm is {share} of its greatest.", share=number(share))
    if updates:
        size = filled(
            "the updates, for their learning rate, are {share} of the greatest.",
            share=number(share),
        )
    gained = filled("gained little, and") if rests else filled("gained nothing more, while")
    return filled("The last half of the steps {gained} {size}", gained=gained, size=size)


def level_fell_early(start: float, end: float, end_error: float) -> str:
    """From the first objective to the mean of the last quarter, with its standard error."""
    return filled(
        "The objective fell from {start} at first to {end} (mean of the last quarter of "
        "the steps).",
        start=number(start),
        end=with_error(end, end_error),
    )
