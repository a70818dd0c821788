"""Titles and headings of reports, and what stands in their boxes and tables."""

from collections.abc import Sequence

from steepest.translation import translated
from steepest.wording.numbers import first_few
from steepest.wording.template import filled

WORDS = {
    "contour": "The path",
    "line": "The fitted line",
    "noise": "The noise",
    "predicted": "Predicted and true",
    "residuals": "Residuals",
    "intervals": "Coefficients on one scale",
    "coefficients": "Coefficients on one scale",
    "regularization": "Choice of the penalty's strength",
    "confusion": "Which class is taken for which",
    "calibration": "Calibration",
    "roc": "ROC curve",
}


TEMPLATES = {
    "title of study": "{function} – {runs: descent}",
    "kind and reason": "{kind:capitalized}. {reason}",
    "objective by": "Objective by {unit}[logarithmic?, logarithmic]",
}


def picture_of_fit(name: str) -> str:
    return translated(WORDS[name])


def target_explained(target: str, by: Sequence[str], more: int) -> str:
    names = first_few(by, len(by)) or filled("a constant")
    if not more:
        return filled("{target} explained by {names}", target=target, names=names)
    return filled(
        "{target} explained by {names} and {more} more", target=target, names=names, more=more
    )


def descents_on(what: str, runs: int | None = None) -> str:
    """`runs`: of a study; `what` is "" for a model, which has no name."""
    on = what or filled("one model")
    if runs is None:
        return filled("Descent on {what}", what=on)
    return filled("{runs: descent} on {what}", runs=runs, what=on)
