"""How rows were fitted, and what a fit is worth: sentences of notes and of summaries."""

from collections.abc import Sequence

from steepest.wording.numbers import counted, first_few, number
from steepest.wording.numbers import epochs as counted_epochs
from steepest.wording.numbers import rate as rate_number

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
    "rows and features": "{rows} rows, {features: feature}",
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
    "strengths not arrived": "at {count} of {of} strengths the minimum was not arrived at",
    "least squares quality": (
        "R² {r2}   adjusted R² {adjusted}   RMSE {rmse}   residual deviation {deviation}"
    ),
    "first classes": "The first {shown} of {classes} classes; the JSON has all.",
    "area is rounded": (
        "ROC AUC is right to ±{error:.1g}: scores were counted in cells, since there are too many "
        "rows to sort."
    ),
    "confusion left out": "The confusion table of {classes} classes is left out here.",
}

# Of rows, target and end, for the notes.


def residuals_queried(queries: int) -> str:
    further = "a further query" if queries == 1 else f"{queries} further queries"
    return f"the residuals were summed in {further}: sums of products would not have told them"


def residuals_refined(passes: int | None = None) -> str:
    """`passes`: over the source, 0 of rows at hand; of files of a former kind None, for one."""
    formed = "the residuals were formed in twice the working precision"
    if passes is None:
        return f"{formed}, in a pass of their own"
    further = "a further pass" if passes == 1 else f"{passes} further passes"
    passed = f", in {further} over the rows," if passes else ""
    return f"{formed}{passed} and the coefficients corrected by them"


def column_of_one_value(name: str) -> str:
    return f"column {name!r} holds one value only, and its coefficient stays 0"


def products_not_formed(columns: int, rows: float | None, products: float) -> str:
    """What was done with more columns than are multiplied with each other; sizes are in bytes.

    >>> products_not_formed(5_000, 2.0**30, 1.6e9)
    'products of 5,000 columns, some 1.5 GiB, were not formed: rows in memory are descended, 1 GiB'
    """
    size = "" if rows is None else f", {rows / 2**30:.2g} GiB"
    return (
        f"products of {columns:,} columns, some {products / 2**30:.2g} GiB, were not formed: "
        f"rows in memory are descended{size}"
    )


def query_an_epoch(classes: bool) -> str:
    """`classes`: whether the loss is of classes."""
    unranked = ", without ROC AUC and calibration" * classes
    return f"the rows stayed in their engine: one query an epoch, and one for the metrics{unranked}"


def classes_of_target(target: str, names: Sequence[str]) -> str:
    """
    >>> classes_of_target("sort", ["dry", "wet"])
    "the target 'sort' is wet or dry; wet counts as 1"
    """
    if len(names) == 2:
        return f"the target {target!r} is {names[1]} or {names[0]}; {names[1]} counts as 1"
    return f"the target {target!r} has {len(names)} classes: {first_few(names)}"


def rate_falls(loss: str, epochs: int, tolerance: bool) -> str:
    """`tolerance`: whether one was asked for, which does not end the run."""
    ignored = ", whatever the tolerance" * tolerance
    return f"{loss} loss has kinks: the rate falls over {epochs} epochs, and all are made{ignored}"


def default_end(epochs: int, tolerance: float, patience: int | None, of_fall: bool = False) -> str:
    """`of_fall`: the tolerance is of what the objective has fallen, not of its value."""
    further = "" if patience is None else f" or has no new lowest value for {patience}"
    return (
        f"no end was asked for: at most {epochs} epochs, until one changes the objective by "
        f"{tolerance:g} of {'its fall' if of_fall else 'its value'}{further}"
    )


def objective_still_falls(
    epochs: int, standardized: bool = False, condition: float | None = None
) -> str:
    """The warning of an estimator whose epochs ended before it converged.

    `condition`: the condition number, where it is known to be what holds the descent back.
    """
    begun = f"the objective still falls after {epochs} epochs: increase max_iter or tol"
    if not standardized:
        return f"{begun}, or scale the features."
    if condition is None:
        return f"{begun}."
    return (
        f"{begun}, or use momentum. The features are standardised already, and correlated: the "
        f"condition number is {number(condition)}."
    )


# Of the summary.


def scale_of_features(standardized: bool) -> str:
    return "standardised for the descent" if standardized else "descent on raw features"


def loss_and_penalty(loss: str, l1: float, ridge: float, positive: bool) -> str:
    """
    >>> loss_and_penalty("huber:1.5", 0.1, 0.0, True)
    'huber 1.5 loss, L1 0.1, coefficients of 0 or more'
    """
    strengths = [f"{name} {value:g}" for name, value in (("L1", l1), ("ridge", ridge)) if value]
    bounds = ["coefficients of 0 or more"] * positive
    return ", ".join([f"{loss.replace(':', ' ')} loss", *strengths, *bounds])


def early_stopping(epoch: int, objective: bool) -> str:
    """`objective`: whether held-out rows have an objective, or the mean of a loss."""
    what = "objective" if objective else "loss"
    return (
        f"Early stopping: epoch {epoch} has the lowest held-out {what}, and its parameters are the "
        "fit's."
    )


def updates_made(size: int, updates: int, taken_back: int) -> str:
    """In which batches so many updates were made; `taken_back`: epochs that raised the objective.

    >>> updates_made(10, 600, 2)
    'in batches of 10 rows, 600 updates (2 epochs taken back)'
    """
    batches = f"in batches of {counted(size, 'row')}"
    if not taken_back:
        return f"{batches}, {counted(updates, 'update')}"
    if not updates:
        return f"{batches}, none of which lowered the objective"
    return f"{batches}, {counted(updates, 'update')} ({counted_epochs(taken_back)} taken back)"


def descent_made(epochs: int, updates: object, rate: float, start: float, end: float) -> str:
    """`updates`: the fact of the updates of mini-batches, or None."""
    made = counted_epochs(epochs) + ("" if updates is None else f" {updates},")
    return f"{made} at learning rate {rate_number(rate)}: objective {start:.7g} → {end:.7g}"


def held_out_rows(rows: int, folds: int | None, objective: float, best_epoch: int | None) -> str:
    """`best_epoch`: None where no epoch was chosen by them."""
    return f"{_parts(rows, folds)}: mean loss {objective:.7g}{_lowest(best_epoch)}"


def held_out_squares(
    rows: int, folds: int | None, objective: float, r2: str, rmse: str, best_epoch: int | None
) -> str:
    worth = f"objective {objective:.7g}, R² {r2}, RMSE {rmse}"
    return f"{_parts(rows, folds)}: {worth}{_lowest(best_epoch)}"


def _parts(rows: int, folds: int | None) -> str:
    return f"{folds} folds" if folds else counted(rows, "row")


def _lowest(epoch: int | None) -> str:
    return "" if epoch is None else f"; lowest at epoch {epoch}"


# Of the strength of a penalty that was chosen along its path.


def strength_chosen(
    penalty: str, strength: float, place: int, of: int, rule: str, folds: int | None
) -> str:
    """
    >>> strength_chosen("l1", 0.0123, 37, 100, "lowest", 5)
    'l1 is 0.0123, the 37th of 100 strengths: 5 folds prefer it'
    """
    who = f"{folds} folds" if folds else "held-out rows"
    verb = "prefer it" if rule == "lowest" else "lose no more than one standard error by it"
    return f"{penalty} is {number(strength)}, the {_ordinal(place)} of {of} strengths: {who} {verb}"


def _ordinal(place: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{'th' if 10 < place % 100 < 14 else ending}"


def zero_coefficients(zeros: int, coefficients: int) -> str:
    verb = "is" if zeros == 1 else "are"
    return f"{zeros} of {counted(coefficients, 'coefficient')} {verb} 0."
