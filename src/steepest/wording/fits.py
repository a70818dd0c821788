"""How rows were fitted, and what a fit is worth: sentences of notes and of summaries."""

from collections.abc import Sequence

from steepest.translation import spoken
from steepest.wording.numbers import first_few
from steepest.wording.template import filled

TEMPLATES = {
    "moments of rows": "moments of {rows: row}",
    "rows read twice": (
        "the rows were read twice: sums of products would not have been exact enough"
    ),
    "rank queried": (
        "a further query told which columns are sums of others: sums of products could not"
    ),
    "rows read every epoch": "the rows were read from their source in every epoch",
    "absolute error unknown": "the mean absolute error is not known: moments do not tell it",
    "three queries": "the rows stayed in their engine: three queries in all",
    "tolerance alone": (
        "mini-batches may swing for ever, and no epochs were asked for: at most {epochs}"
    ),
    # The warning of an estimator whose mini-batches ended far from the minimum.
    "stopped above": (
        "the descent stopped where the objective is {excess:number} above its minimum: decrease "
        "tol, or leave batch_size out."
    ),
    "rows and features": "{rows: row}, {features: feature}",
    "averaged parameters": "The fit's parameters are the mean of those after the first epoch.",
    "farthest parameter": (
        "Farthest from the minimum is {name}: {distance:number} from {minimum:number}."
    ),
    "path interrupted": (
        "Ctrl-C ended the path of strengths after {done}: weaker ones were not tried"
    ),
    "weakest is best": (
        "no stronger penalty does better than the weakest of the path: {penalty} may not help"
    ),
    "strongest is best": (
        "held-out rows prefer the strongest {penalty}: the features tell nothing of them"
    ),
    "rows looked at along path": "along the path the rows were looked at {looks} times",
    "strengths not arrived": "at {count} of {of: strength} the minimum was not arrived at",
    "least squares quality": (
        "R² {r2}   adjusted R² {adjusted}   RMSE {rmse}   residual deviation {deviation}"
    ),
    "first classes": "The first {shown} of {classes} classes; the JSON has all.",
    "area is rounded": (
        "ROC AUC is right to ±{error:.1g}: scores were counted in cells, since there are too many "
        "rows to sort."
    ),
    "confusion left out": "The confusion table of {classes} classes is left out here.",
    "residuals queried": (
        "the residuals were summed in [queries=1?a further query|{queries} further queries]: sums "
        "of products would not have told them"
    ),
    "column of one value": "column {name!r} holds one value only, and its coefficient stays 0",
    # `classes`: whether the loss is of classes.
    "query an epoch": (
        "the rows stayed in their engine: one query an epoch, and one for the metrics[classes?, "
        "without ROC AUC and calibration]"
    ),
    # `tolerance`: whether one was asked for, which does not end the run.
    "rate falls": (
        "{loss} loss has kinks: the rate falls over {epochs: epoch}, and all are made[tolerance?, "
        "whatever the tolerance]"
    ),
    # `of_fall`: the tolerance is of what the objective has fallen, not of its value.
    "default end": (
        "no end was asked for: at most {epochs: epoch}, until one changes the objective by "
        "{tolerance:g} of its [of_fall?fall|value][patience? or has no new lowest value for "
        "{patience}]"
    ),
    # The warning of an estimator whose epochs ended before it converged. `condition`: the
    # condition number, where it is known to be what holds the descent back.
    "objective still falls": (
        "the objective still falls after {epochs: epoch}: increase max_iter or "
        "tol[standardized?[condition?, or use momentum. The features are standardised already, and "
        "correlated: the condition number is {condition:number}]|, or scale the features]."
    ),
    "scale of features": "[standardized?standardised for the descent|descent on raw features]",
    # `objective`: whether held-out rows have an objective, or the mean of a loss.
    "early stopping": (
        "Early stopping: epoch {epoch} has the lowest held-out [objective?objective|loss], and its "
        "parameters are the fit's."
    ),
    # `updates`: the fact of the updates of mini-batches, or None.
    "descent made": (
        "{epochs:epochs} [updates?{updates}, ]at learning rate {rate:rate}: objective {start:.7g} "
        "→ {end:.7g}"
    ),
    # `best_epoch`: None where no epoch was chosen by them.
    "held out rows": (
        "[folds?{folds} folds|{rows: row}]: mean loss {objective:.7g}[best_epoch?; lowest at epoch "
        "{best_epoch}]"
    ),
    "held out squares": (
        "[folds?{folds} folds|{rows: row}]: objective {objective:.7g}, R² {r2}, RMSE "
        "{rmse}[best_epoch?; lowest at epoch {best_epoch}]"
    ),
    "zero coefficients": "{zeros} of {coefficients: coefficient} [zeros=1?is|are] 0.",
}

# Of rows, target and end, for the notes.


def residuals_refined(passes: int | None = None) -> str:
    """`passes`: over the source, 0 of rows at hand; of files of a former kind None, for one."""
    if passes is None:
        return filled(
            "the residuals were formed in twice the working precision, in a pass of their own"
        )
    if not passes:
        return filled(
            "the residuals were formed in twice the working precision and the coefficients "
            "corrected by them"
        )
    return filled(
        "the residuals were formed in twice the working precision, in a further pass over the "
        "rows, and the coefficients corrected by them"
        if passes == 1
        else "the residuals were formed in twice the working precision, in {passes} further passes "
        "over the rows, and the coefficients corrected by them",
        passes=passes,
    )


def products_not_formed(columns: int, rows: float | None, products: float) -> str:
    """What was done with more columns than are multiplied with each other; sizes are in bytes.

    >>> products_not_formed(5_000, 2.0**30, 1.6e9)
    'products of 5,000 columns, some 1.5 GiB, were not formed: rows in memory are descended, 1 GiB'
    """
    return filled(
        "products of {columns:,} columns, some {products:.2g} GiB, were not formed: rows in memory "
        "are descended{size}",
        columns=columns,
        products=products / 2**30,
        size="" if rows is None else filled(", {rows:.2g} GiB", rows=rows / 2**30),
    )


def classes_of_target(target: str, names: Sequence[str]) -> str:
    """
    >>> classes_of_target("sort", ["dry", "wet"])
    "the target 'sort' is wet or dry; wet counts as 1"
    """
    if len(names) == 2:
        return filled(
            "the target {target!r} is {one} or {zero}; {one} counts as 1",
            target=target,
            one=names[1],
            zero=names[0],
        )
    return filled(
        "the target {target!r} has {classes} classes: {names}",
        target=target,
        classes=len(names),
        names=first_few(names),
    )


# Of the summary.


def loss_and_penalty(loss: str, l1: float, ridge: float, positive: bool) -> str:
    """
    >>> loss_and_penalty("huber:1.5", 0.1, 0.0, True)
    'huber 1.5 loss, L1 0.1, coefficients of 0 or more'
    """
    said = [filled("{loss} loss", loss=loss.replace(":", " "))]
    if l1:
        said.append(f"L1 {l1:g}")
    if ridge:
        said.append(filled("ridge {ridge:g}", ridge=ridge))
    if positive:
        said.append(filled("coefficients of 0 or more"))
    return first_few(said)


def updates_made(size: int, updates: int, taken_back: int) -> str:
    """In which batches so many updates were made; `taken_back`: epochs that raised the objective.

    >>> updates_made(10, 600, 2)
    'in batches of 10 rows, 600 updates (2 epochs taken back)'
    """
    if taken_back and not updates:
        return filled("in batches of {size: row}, none of which lowered the objective", size=size)
    made = filled("in batches of {size: row}, {updates: update}", size=size, updates=updates)
    if not taken_back:
        return made
    return made + filled(" ({epochs:epochs} taken back)", epochs=taken_back)


# Of the strength of a penalty that was chosen along its path.


def strength_chosen(
    penalty: str, strength: float, place: int, of: int, rule: str, folds: int | None
) -> str:
    """
    >>> strength_chosen("l1", 0.0123, 37, 100, "lowest", 5)
    'l1 is 0.0123, the 37th of 100 strengths: 5 folds prefer it'
    """
    who = filled("{folds} folds", folds=folds) if folds else filled("held-out rows")
    return filled(
        "{penalty} is {strength:number}, the {place} of {of} strengths: {who} prefer it"
        if rule == "lowest"
        else "{penalty} is {strength:number}, the {place} of {of} strengths: {who} lose no more "
        "than one standard error by it",
        penalty=penalty,
        strength=strength,
        place=_ordinal(place),
        of=of,
        who=who,
    )


def _ordinal(place: int) -> str:
    if spoken() != "en":
        return str(place)
    ending = {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{'th' if 10 < place % 100 < 14 else ending}"
