"""Titles and headings of reports, and what stands in their boxes and tables."""

from collections.abc import Sequence

from steepest.wording.numbers import counted

_PICTURES = {
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
}


def picture_of_fit(name: str) -> str:
    return _PICTURES[name]


def target_explained(target: str, by: Sequence[str], more: int) -> str:
    names = f"{', '.join(by)} and {more} more" if more else ", ".join(by) or "a constant"
    return f"{target} explained by {names}"


def descents_on(what: str, runs: int | None = None) -> str:
    """`runs`: of a study; `what` is "" for a model, which has no name."""
    made = "Descent" if runs is None else counted(runs, "descent")
    return f"{made} on {what or 'one model'}"


def objective_by(unit: str, logarithmic: bool = False) -> str:
    return f"Objective by {unit}{', logarithmic' if logarithmic else ''}"
