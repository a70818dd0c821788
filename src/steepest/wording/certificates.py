"""What the curvature at the end certifies: sentences of verdicts."""

from collections.abc import Sequence

from steepest.wording.numbers import first_few, listed
from steepest.wording.template import filled

_MOST_NAMES = 8


TEMPLATES = {
    "distance not measured": "How far that is above the minimum was not measured.",
    "give it a minimum": (
        "A ridge penalty, such as 0.01, gives it a minimum; so does leaving the column out. More "
        "epochs do not."
    ),
    "part alike columns": (
        "The columns are too much alike for these numbers. Of moments, fit the rows themselves, "
        'without accuracy="fast"; else leave out columns that say the same, or add ridge.'
    ),
    "leave the tolerance out": (
        "Without a tolerance it goes on until no parameter can be told from its minimum."
    ),
    "newton goes the rest": 'Newton\'s method, optimizer="newton", goes the rest in a few epochs.',
    "nothing left to gain": "at epoch {epoch} nothing was left to gain",
    "step below rounding": "at epoch {epoch} a step was below rounding",
    "steps stay long": (
        "at epoch {epoch} next to nothing was left to gain, and steps were as long as before"
    ),
    # `gap`: what is left of the parameter; `errors`: the same in its standard errors; None where
    # those are not known.
    "left to go": (
        "[errors?By the curvature there, {name} is {gap:number} from its minimum, {errors:number} "
        "of its standard errors.|{name} is {gap:number} from where the objective is least.]"
    ),
}


def certified(decrement: float | None) -> str:
    """`decrement`: what is left, in standard errors.

    >>> certified(3e-11)
    'No parameter is further than 3e-11 standard errors from the minimum.'
    """
    if decrement is None:
        return filled("By the curvature there, rounding is all that is left of any parameter.")
    return filled(
        "No parameter is further than {most:number} standard errors from the minimum.",
        most=max(decrement, 1e-12),
    )


def rounding_leaves(names: Sequence[str]) -> str:
    """
    >>> rounding_leaves(["age", "size"])
    'Rounding may be more than a ten-thousandth of the standard errors of age and size.'
    """
    return filled(
        "Rounding may be more than a ten-thousandth of the standard error of {names}."
        if len(names) == 1
        else "Rounding may be more than a ten-thousandth of the standard errors of {names}.",
        names=_listed(names),
    )


def separated(columns: Sequence[str], rows: int, of: int) -> str:
    """`columns` change along the direction; it moves `rows` of all rows, and none the wrong way.

    >>> separated(["dose"], 12, 20)
    'There is no minimum: along dose the objective falls for ever. 12 of 20 rows are fitted ...'
    """
    along = _listed(columns) if columns else filled("the intercept")
    return filled(
        "There is no minimum: along {along} the objective falls for ever. {rows} of {of: row} are "
        "fitted better the further it goes, and none worse.",
        along=along,
        rows=rows,
        of=of,
    )


def _listed(names: Sequence[str]) -> str:
    """All names, or the first of many."""
    few = len(names) <= _MOST_NAMES
    return listed(names) if few else first_few(names, _MOST_NAMES)


def no_digit_left(names: Sequence[str]) -> str:
    """
    >>> no_digit_left(["a", "b"])
    'The descent came to rest, but rounding leaves no digit of a and b.'
    """
    return filled(
        "The descent came to rest, but rounding leaves no digit of {names}.", names=_listed(names)
    )
