"""What was done to the rows, with what, and what is not there: sentences of notes."""

import math
from collections.abc import Sequence

from steepest.translation import translated
from steepest.wording.numbers import first_few, listed, quoted, together, trusted
from steepest.wording.template import filled

MEANINGS = {
    "error": "missing values are an error",
    "drop": "a fit leaves out rows with missing values",
    "mean": "a fit takes the column's mean for missing values",
}
_MOST_NAMES = 8

# Why there is no inference.
WORDS = {
    "loss": "they need a loss with a slope everywhere, which {loss} is not",
    "L1": "their theory does not hold with an L1 penalty",
    "bounds": "their theory does not hold with bounds on the coefficients",
    "ridge": "their theory does not hold with a ridge penalty",
    "mini-batches": "mini-batches end near the minimum, not at it",
    "minimum norm": "the rows may not determine the coefficients",
    "few rows": "there are no more rows than parameters",
    "no minimum": "there is no minimum",
    "many parameters": "they take the second derivative, which is not formed of so many parameters",
    "row alone": "a row alone determines a coefficient, and HC2 and HC3 are 0/0 there; ask for HC0",
    "rows elsewhere": "they are made of every row's residual, and the rows are not at hand",
    "not converged": "the run did not converge to the minimum",
    "early": "an epoch before the minimum was chosen",
    "dependent": "the rows do not determine the coefficients",
    "residual": "the residuals are lost in the rounding of sums of products",
    "not arrived": "the parameters are not those of the minimum",
}


TEMPLATES = {
    "row alone": "a row alone determines a coefficient, and HC2 and HC3 are not defined there",
    "no penalty path": "No strength of a penalty was chosen along a path.",
    "residual not known": (
        "the residuals are so small against the target that sums of products do not tell them: "
        "residual deviation and standard errors are withheld; fit the rows themselves"
    ),
    "no residual deviation": (
        "The residuals are lost in the rounding of sums of products: fit the rows themselves."
    ),
    "classes add up": (
        "The coefficients of a column add up to 0 over the classes; what the rows determine is the "
        "differences between classes."
    ),
    "intervals of classes": (
        "Intervals are not drawn of several classes: each has coefficients of its own."
    ),
    "no likelihood of loss": "The loss {loss} is no likelihood of the rows.",
    "no exact minimum": (
        "The exact minimum is known of squared loss without L1 and bounds, of all rows at once; of "
        "this fit it is not."
    ),
    "no moments": (
        "Moments are gathered for squared loss of all rows at once; this fit descended on rows."
    ),
    # That step 1 is no step of Newton's method.
    "first step to sample": (
        "step 1 is one step of all rows from the minimum of {rows:,} drawn at random"
    ),
    "first step to kept rows": (
        "step 1 is the minimum of all {rows:,} rows, kept by the first look at them"
    ),
    "no rows held out": "No rows were held out: set validation to 0.2, for one.",
    "no intercept asked": "The fit was asked for without an intercept.",
    "no rows kept": "No rows were kept to draw: the fit was made from sums over the rows alone.",
    "target is a class": "The target is a class, not a number.",
    "target is a number": "The target of this loss is a number, not a class.",
    "not of this loss": "It belongs to squared loss, and the loss is {loss}.",
    "undefined on these rows": "On these rows it is not defined, or was not measured.",
    # How many columns there are besides those shown.
    "columns not shown": "and {more: more column}",
    # Why the first rows of a lazy frame are not shown.
    "rows in an engine": "its rows stay in their engine; head() asks for the first",
    "run went on": "{file}: the run went on after {updates: update}",
    "run was finished": "{file}: the run was finished before; it is told again, without a descent",
    # Below a table of steps that is not shown as a whole.
    "size of steps": "[{steps: step}, {columns: column}]",
    # How many rows a table has.
    "rows counted": "{rows: row}",
}


def no_standard_errors(why: str, loss: str) -> str:
    return filled("No standard errors: {why}.", why=_why(why, loss))


def no_intervals(why: str, loss: str) -> str:
    return filled("There are no intervals: {why}.", why=_why(why, loss))


def no_likelihood(why: str, loss: str) -> str:
    return filled("No log-likelihood is given: {why}.", why=_why(why, loss))


def _why(why: str, loss: str) -> str:
    return filled(WORDS[why], loss=loss)


def standard_errors_are(
    errors: str, distribution: str, degrees: int, dispersion: float | None, loss: str
) -> str:
    """What standard errors are.

    >>> standard_errors_are("HC0", "normal", 97, None, "huber")
    'Standard errors are robust: the sandwich HC0; p and intervals by the normal distribution.'
    >>> standard_errors_are("classical", "normal", 97, 0.25, "gamma")[-33:]
    'The estimated dispersion is 0.25.'
    """
    kind = (
        filled("from the curvature of the likelihood")
        if errors == "classical"
        else filled("robust: the sandwich {errors}", errors=errors)
    )
    by = filled(
        "t with {degrees} degrees of freedom" if distribution == "t" else "the normal distribution",
        degrees=degrees,
    )
    said = [filled("Standard errors are {kind}; p and intervals by {by}.", kind=kind, by=by)]
    if loss in ("gamma", "tweedie") and dispersion is not None:
        said.append(filled("The estimated dispersion is {value:.6g}.", value=dispersion))
    return together(said)


def other_minima(name: str, low: float, high: float, others: Sequence[str]) -> str:
    """That a minimum is not the only one: where a parameter may be, and what moves with it.

    >>> other_minima("x", -0.0186133, 0.25, ["intercept"])
    "the minimum is not unique: 'x' may be -0.019 to 0.25; changing with it: 'intercept'"
    >>> other_minima("x", -math.inf, 2.0, [])
    "the minimum is not unique: 'x' may be at most 2"
    """
    ends = [trusted(end, (high - low) / 1e3) if math.isfinite(high - low) else f"{end:.4g}"
            for end in (low, high)]  # fmt: skip
    if math.isfinite(low) and math.isfinite(high):
        where = filled("{low} to {high}", low=ends[0], high=ends[1])
    elif math.isfinite(low):
        where = filled("at least {low}", low=ends[0])
    elif math.isfinite(high):
        where = filled("at most {high}", high=ends[1])
    else:
        where = filled("any number")
    said = filled(
        "the minimum is not unique: {name} may be {where}", name=quoted(name), where=where
    )
    if not others:
        return said
    return filled(
        "{said}; changing with it: {names}", said=said, names=first_few(list(map(quoted, others)))
    )


def columns_kept(kept: Sequence[str], of: int) -> str:
    """Which columns of a table are left.

    >>> columns_kept(["x", "y"], 5)
    '2 of its 5 columns are kept: x and y'
    """
    names = listed(kept) if len(kept) <= _MOST_NAMES else first_few(kept, _MOST_NAMES)
    return filled(
        "{kept} of its {of: column} [kept=1?is|are] kept: {names}",
        kept=len(kept),
        of=of,
        names=names,
    )


def missing_values(rule: str) -> str:
    """What is done with missing values.

    >>> missing_values("drop")
    'a fit leaves out rows with missing values'
    """
    return translated(MEANINGS[rule])
