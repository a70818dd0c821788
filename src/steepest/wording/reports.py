"""What reports say beside their numbers and pictures."""

from collections.abc import Mapping, Sequence

from steepest.wording.numbers import together, with_minus
from steepest.wording.template import filled

# What a run did that has this verdict.
MEANINGS = {
    "no minimum": "fell for ever, without a minimum",
    "converged": "converged",
    "plateau": "came to a plateau",
    "max steps": "used up all epochs",
    "oscillating": "kept oscillating",
    "cycle": "went into a cycle",
    "diverged": "diverged",
    "interrupted": "interrupted",
    "saddle": "ended at a saddle",
    "maximum": "ended at a maximum",
    "flat": "ended on flat ground",
    "left domain": "left the domain",
    "at bounds": "ended at bounds",
    "gradient lost": "descended with a part of its gradient lost",
}


# What is left out of a table, and what a unit of a feature adds to.
NOUNS = ("parameters", "mistakes", "tensors", "log odds", "score")

TEMPLATES = {
    "told of": "{name}: {said}",
    "made by": "Made by steepest {version}. This page needs no network.",
    "parameters are a mean": "The fit's parameters are the mean of the later steps.",
    "meaning of r squared": "R² is 1 less the squares left over those about the mean.",
    "meaning of d squared": "D² is 1 less the deviance left over that of a constant.",
    "meaning of recall": (
        "Recall is the share of a class's rows that is taken for it; precision the share of rows "
        "taken for it that is of it."
    ),
    "share below": "Of the rows a share of {quantile:.6g} shall not lie above the prediction.",
    "mean roc auc": "The ROC AUC is the mean over each class against all others.",
    "error of roc auc": "The ROC AUC is right to ±{error:.1g}.",
    "metrics are weighted": "All are weighted by the rows' weights.",
    "units of coefficients": "Coefficients are in the target's unit per unit of the feature.",
    "unit adds to class": "A unit of the feature adds the coefficient to the {what} of {label}.",
    "unit adds to score": "A unit of the feature adds the coefficient to the class's score.",
    "unit multiplies mean": (
        "A unit of the feature multiplies the mean of {target} by exp(coefficient)."
    ),
    "largest in report": (
        "The {shown} largest of {of:,} are shown; all are in the fit's model file and in its "
        "to_dict()."
    ),
    "errors of least squares": (
        "Errors, t, p and intervals are those of least squares, with {degrees:,} degrees of "
        "freedom."
    ),
    "first classes in report": "The first {shown} of {of} classes are shown.",
    "first parameters": "The first {shown} of {of} parameters are shown.",
    "first derivatives": "The first {shown} of {of} derivatives are shown.",
    "first runs": "The first {shown} of {of: run}.",
    "some runs of": "{shown} of {of: run}.",
    "more left out": "{count} more {what} are left out.",
    "marked step is the fits": "The marked step is the fit's.",
    "parameters in units": "Parameters are in the user's units.",
    "same rate at every step": "The learning rate is {rate} at every step.",
    "cells after the end": "A cell is empty after its run has ended.",
    "same start and batches": "From the same start, over the same batches in the same order.",
    "ended by rules": (
        "Some runs were ended by another rule, {rules:listed}, which has to be given too."
    ),
    "your function": "{name}: your function of torch tensors",
    "numbers of the start": "start: step 0, {count: number}",
    "formula too long": "The formula is too long for derivatives in print.",
    "every step recorded": "Every step was recorded.",
    "some steps recorded": "Of {of:,} steps {recorded:,} were recorded and kept.",
    "no mistake shows": "None of those that are looked for shows.",
    "meaning of digits": (
        "Digits: in how many decimal digits a coefficient agrees with the exact minimum, on the "
        "safe side."
    ),
    "meaning of a factor of 1000": (
        "A factor of 1000 of an error: the epochs until a thousandth of it is left, which gives "
        "three more digits."
    ),
    "meaning of a condition number": (
        "Condition number: the largest curvature over the least. At the best learning rate an "
        "epoch of plain descent leaves (κ - 1)/(κ + 1) of the slowest error, where it is κ."
    ),
    "meaning of excess": "Excess: how far an objective is above the least there is.",
    "meaning of along": (
        "Along x (81%): in a direction that mixes parameters, one of those in which errors shrink "
        "each at a pace of its own; x has 81% of it. Parameters below a tenth are not named."
    ),
    "epoch was chosen": (
        "Epoch {epoch:count} was chosen: there the objective on held-out rows is lowest."
    ),
    "strengths in report": (
        "Held-out loss has no penalty, and is of [folds?the mean of {folds} folds|one part of the "
        "rows, held out]. The JSON has every strength."
    ),
    "steps left out": "{count:, step} [count=1?is|are] left out.",
    "run from to": (
        "From {start:with_minus} to {end:with_minus}, by {optimizer} at learning rate {rate}."
    ),
    "model trained": "{size:, parameter} in {tensors: tensor}, moved by {optimizers:joined}.",
}


def rows_used(rows: int, folds: int | None, held_out: int) -> str:
    if folds is not None:
        return filled(
            "{rows:,} rows were used, each held out once in {folds} folds.", rows=rows, folds=folds
        )
    if held_out:
        return filled(
            "{rows:, row} were used, {held_out:,} of them held out.", rows=rows, held_out=held_out
        )
    return filled("{rows:, row} was used." if rows == 1 else "{rows:, row} were used.", rows=rows)


def outcomes_of_runs(counts: Mapping[str, int]) -> str:
    each = [
        filled("{count} {became:translated}", count=count, became=MEANINGS[kind])
        for kind, count in counts.items()
    ]
    return filled("{each:listed}.", each=each)


def stationary_points(
    count: int, shown: int, complete: bool, finished: bool, reason: str, kinks: Sequence[str]
) -> str:
    """How many there are, whether these are all, and where there are kinks."""
    said = [_all_points(count) if complete else _some_points(count, finished, reason)]
    if shown < count:
        said[0] = filled(
            "{points}, of which {shown} are listed.",
            points=said[0].removesuffix(".").removesuffix("。"),
            shown=shown,
        )
    if kinks:
        said.append(
            filled(
                "Where {kinks:listed} there may be a kink: a minimum may lie there without a "
                "gradient.",
                kinks=kinks,
            )
        )
    return together(said)


def _all_points(count: int) -> str:
    if not count:
        return filled("There is no stationary point.")
    if count == 1:
        return filled("The gradient is 0 at one point.")
    return filled("The gradient is 0 at {count} points.", count=count)


def _some_points(count: int, finished: bool, reason: str) -> str:
    if not count:
        return filled(
            "No stationary point is known ({reason})."
            if finished
            else "The search for stationary points was not finished ({reason}).",
            reason=reason,
        )
    known = filled("One point is known" if count == 1 else "{count} are known", count=count)
    return filled(
        "{known}; there may be others ({reason})."
        if finished
        else "{known}; the search was not finished, there may be others ({reason}).",
        known=known,
        reason=reason,
    )


def nearest_stationary_point(distance: float, called: str, place: str) -> str:
    return filled(
        "The run ended {distance} from the {called:translated} at {place}.",
        distance=with_minus(f"{distance:.3g}"),
        called=called,
        place=with_minus(place),
    )
