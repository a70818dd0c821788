"""Why a watched loop ended as it did: sentences of its verdicts."""

from collections.abc import Sequence

from steepest.wording.numbers import capitalized, counted, number, with_error

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
}


def block_ended(
    error: str, step: int = 0, module: str = "", place: str = "", text: str = ""
) -> str:
    """`module`, and `place` and `text` of the line of the program, where they are known."""
    where = f" at step {step}" if place else ""
    where += f", in {module}" if module else ""
    where += f", at {place}" if place else ""
    return f"{error} ended the block{where}{f': {text}' if text else ''}."


def no_loss(steps: int) -> str:
    return f"{counted(steps, 'step')} {'was' if steps == 1 else 'were'} made, but no loss came in."


def no_finite_loss(steps: int) -> str:
    """Where losses came in."""
    if steps == 1:
        return "1 step was made, and its loss was not a finite number."
    return f"{steps:,} steps were made, and no loss of theirs was a finite number."


def loss_as_scaled(by: str, passes: int = 2) -> str:
    """`by`: "loop" or "scaler";   `passes`: the most of a step."""
    if by == "scaler":
        return "A GradScaler had scaled it before its backward pass."
    added = ", and added up over the passes of a step" if passes > 1 else ""
    return f"The objective is taken with the loop's last factor (as in loss / 4){added}."


def numbers_lost(objective: bool, step: int) -> str:
    """Of the objective, or of the parameters."""
    what = "objective is" if objective else "parameters are"
    noun = "a finite number" if objective else "finite numbers"
    return f"The {what} no longer {noun} at step {step}."


def objective_moved(start: float, end: float, step: int) -> str:
    """
    >>> objective_moved(1.0750001, 1.0750002, 50)
    'The objective is 1.075 at step 50, as at the start.'
    """
    if number(end) == number(start):
        return f"The objective is {number(end)} at step {step}, as at the start."
    verb = "fell" if end < start else "rose"
    return f"The objective {verb} from {number(start)} to {number(end)} at step {step}."


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
    means = "means of the first and the last quarter of "
    means += f"{count:,} steps{', weighted by the rows of each batch' if weighted else ''}"
    one = f"That of step {step:,} was {number(last)}."
    if not told:
        return (
            f"The objective was {ends[0]} at first and {ends[1]} at last ({means}), which cannot "
            f"be told from {_noise('the', same_rows=same_rows)}. {one}"
        )
    verb = "fell" if end < start else "rose"
    return f"The objective {verb} from {ends[0]} to {ends[1]} ({means}). {one}"


def stands_in_noise(step: int, same_rows: bool = False) -> str:
    """The step since when.

    >>> stands_in_noise(40, same_rows=True)
    'Since step 40 it stands within its swings from step to step.'
    """
    return f"Since step {step:,} it stands within {_noise('its', same_rows=same_rows)}."


def _noise(whose: str, *, same_rows: bool) -> str:
    return "its swings from step to step" if same_rows else f"the noise of {whose} batches"


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
        return "The last half of the steps gained nothing more, and no gradient is known."
    size = f"the gradient's norm is {number(share)} of its greatest."
    if updates:
        size = f"the updates, for their learning rate, are {number(share)} of the greatest."
    gained = "gained little, and" if rests else "gained nothing more, while"
    return f"The last half of the steps {gained} {size}"


def level_fell_early(start: float, end: float, end_error: float) -> str:
    """From the first objective to the mean of the last quarter, with its standard error."""
    return (
        f"The objective fell from {number(start)} at first to {with_error(end, end_error)} (mean "
        "of the last quarter of the steps)."
    )
