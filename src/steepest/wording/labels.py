"""Names of axes, curves and marks, heads of columns and parts of pages, a few words each.

`TEMPLATES` holds them by kind, with the names of their values in braces; what takes no values is
called what it says. What is not the same for every value is a function.
"""

from collections.abc import Sequence

from steepest.translation import noun_of, translated
from steepest.wording.numbers import moment, number, with_minus
from steepest.wording.template import filled

WORDS = (
    # Axes of pictures.
    *("density", "eigenvalue of the second derivative", "epoch", "epoch (look at all rows)"),
    *("learning rate", "loss", "norm of the gradient", "objective", "observed share"),
    *("Held-out loss by strength", "chosen strength"),
    *("mean loss on held-out rows", "coefficients that are not 0"),
    *("parameters", "random direction 1, filters as long as the model's", "random direction 2"),
    *("taken for", "the class's score", "the most probable class being right", "true class"),
    # Curves and marks.
    *("batches", "descent", "descent, off this picture", "exactly 0"),
    *(
        "gone back along",
        "gradient",
        "gradients",
        "grid",
        "guessing, area 0.5",
        "held out",
        "last step",
    ),
    *("largest within one standard error", "lowest", "± 1 standard error"),
    *("least", "local derivative", "local minima", "local minimum", "model"),
    *("negative gradient", "others", "predicted = observed", "predicted = true", "residuals"),
    *("rows", "groups of rows", "held-out rows", "training rows", "smoothed", "stable below"),
    *("start", "steps", "steps, off the section", "steps, off the surface", "steps, projected"),
    *("tangents", "training", "updates", "value", "± 2 standard deviations"),
    # What a coefficient is per.
    *("root mean square", "standard deviation", "unit"),
    # Parameters of Spark's estimator.
    *("arguments of fit", "model file in base64", "names of feature columns"),
    *("strength on sizes", "strength on squares"),
    # Headings of reports.
    *("A slice over two parameters", "Calculus", "Classes", "Coefficients"),
    *("Each path on the curve", "How well it follows the rows", "Learning rate by group"),
    *("Histograms by step", "Mistakes", "Norms by tensor", "Parameters", "Rows", "Runs"),
    "Settings",
    *(
        "Standard errors",
        "Stationary points",
        "Steps",
        "Steps side by side",
        "The landscape around the path",
    ),
    *("The path on contours", "The path on the curve", "The path on the surface", "The paths"),
    *("The plane of the path's main directions", "The same in Python"),
    *("The surface over that plane", "What curvature forecast", "What happened"),
    "Words of this page",
    "What curvature forecast, and what happened",
    # Names of their numbers and settings.
    *("arguments with a shape", "condition number", "condition number at the start", "ended by"),
    *("epochs", "error on held-out rows", "formula", "function", "gradient's norm last"),
    *("gradient's norm there", "how it went", "largest stable rate", "learning rate at the start"),
    *("not a number", "the loop itself", "objective at the end", "objective at the start"),
    *("objective last", "R²", "R² on held-out rows", "residual standard deviation"),
    *("root mean squared error", "stationary point", "no", "yes"),
    # Heads of their tables.
    *("95 % from", "to", "above the least", "at the end", "at the start", "changed by others"),
    *("coefficient", "derivative at the end", "digits", "distance from the minimum", "end"),
    *("forecast", "gradient's norm", "gradient's norm at the start", "greatest", "group", "kind"),
    *("left out", "mistake", "moved", "norm at the end", "norm at the start"),
    *("on held-out rows", "options", "precision", "recall", "run", "setting", "shape"),
    *("standard error", "step", "tensor", "tensor or module", "tensors", "to a thousandth"),
    *("true \\ taken for", "update / norm, median", "update's norm", "what happened"),
    *("what is seen", "what to do", "what would help", "where the objective is least"),
    # Of the terminal.
    *("Best", "Descent", "Forecast", "Found", "Graph", "Minimise", "Over", "Search", "Verdict"),
    *("node", "operation", "flows back", "leaf", "constant"),
    *("not 0", "held-out loss", "1 standard error", "chosen"),
    *("left", "points", "partitions", "|gradient|", "Fit", "Held out", "std. error"),
    *("log-likelihood", "AIC", "BIC", "deviance", "null deviance", "pseudo R²"),
    # Of the lab.
    *("the file", "training", "under way"),
)

# What a marked step is called.
NOUNS = ("last",)
# What a fit is measured by.
MEANINGS = (
    *("accuracy", "log loss", "deviance explained (D²)", "mean deviance", "ROC AUC"),
    *("Huber loss", "pinball loss", "log-cosh loss", "hinge loss", "squared hinge loss"),
    *("rows below", "mean absolute error", "mean squared error"),
)

TEMPLATES = dict(zip(WORDS, WORDS, strict=True)) | {
    # Axes of pictures.
    "at the means": "{name}, at the features' means",
    "in the descents coordinates": "{name}, in the descent's coordinates",
    "true values": "true {target}",
    "predicted values": "predicted {target}",
    "residuals of": "true − predicted {target}",
    "probability of": "predicted probability of {event}",
    "false alarms": "share of other rows taken for {event}",
    "hits": "share of {event} found",
    "rates of": "learning rate of {optimizer}",
    "logarithm": "log {of}",
    "strength of penalty": "{penalty}, the strength of the penalty",
    # Curves and marks.
    "not defined": "undefined",
    "marked step": "{called}, {unit} {epoch:count}",
    "of epoch": "epoch {epoch:count}",
    "held out in folds": "held out, mean of {folds} folds",
    "least value": "least, {objective:.6g}",
    "normal noise": "normal, σ = {deviation:.4g}",
    "suggested rate": "suggestion {lr:.4g}",
    "bound of sgd": "SGD's bound {stable:.4g}",
    "curves named": "{named} of {of} are named",
    # Titles and headings of reports.
    "title of fit": "{target} – a fit by gradient descent",
    "title of run": "{function} – a descent",
    "title of loop": "{name} – a watched loop",
    "training of": "Training of {model}",
    "optimizer of": "{kind} of {part}",
    "as typed": "As typed: {formula}",
    "parameters by": "Parameters by {unit}",
    "gradient by": "The gradient's norm by {unit}",
    # In their boxes and tables.
    "derivative by": "derivative by {name}: {derivative}",
    "metric on": "{metric} on {rows}",
    "for class": "for {label}",
    "group of": "{optimizer}, group {number}",
    "bound from to": "{name} from {low} to {high}",
    "rule for missing": "missing values",
    # Of the terminal.
    "file written": "{file} written",
    "no token": "401: open the address that `steepest lab` printed",
    "wrong token": "401: this is not the token; open the address that `steepest lab` printed",
    "not a file": "a file is sent as application/octet-stream",
    "file too large": "the file has more than {mebibytes} MiB; steepest.load and "
    "`steepest fit` take any size",
    "file too slow": "the file took too long to arrive",
    "foreign host": "403: this is not the server that the request names",
    "too many pages": "too many pages are open: close one",
    "run too long": "the run took more than {seconds:g} seconds; ask for fewer steps",
    "reading too long": "the file took more than {seconds:g} seconds to read; steepest.load and "
    "`steepest fit` take any time",
    "reader ended": "the process that read the file ended, perhaps for want of memory",
    "too many rows for a page": "{name} has more than {most:,} rows, the most that the page takes; "
    "`steepest fit` takes any number",
    "too many columns for a page": "{name} has {columns:,} columns, and the page takes at most "
    "{most:,}; `steepest fit` takes any number",
    "too much text for a page": "{name} is more than {most:,} letters as CSV, the most that the "
    "page takes; `steepest fit` takes any size",
    "engine ended": "the engine's process ended; change something to ask again",
    "rows so far": "{done:, row} read so far.",
    "drawn by a script": "A picture that the page's script draws.",
    "lab follows": "The lab follows at {address}",
    "ended early": "It ended early: {error}",
    "lab is open": "The lab is open at {address}  (Ctrl-C ends it)",
    "rows of epoch": "rows of epoch {epoch}",
    "seconds": "{left:.0f} s",
    "constant rate": "learning rate {lr:.6g}",
    "scheduled rate": "learning rate {schedule}",
    "line search": "line search from rate {lr:.6g}",
    "numbered run": "run {place}",
    "no finite end": "No run ends at a finite objective.",
    "mean loss alone": "mean loss {loss:.6g}",
    "edge of a graph": "edge",
    "values by epoch": "{of} by epoch",
    "unit of steps": "{unit:noun}",
    # A figure's label, with the optimizer's name where there are several.
    "figure of": "{figure}[name?, {name}]",
    "coefficient of": "coefficient of {name}[spread?, per {spread}]",
    # `share` of the path's motion; None where there is no path.
    "main direction": "main direction {place}[share?: {share:percent} of the motion]",
    "log odds": "the log odds[of? of {of}]",
    "score": "the score[of? of {of}]",
    # What a feature changes, in all or with each `spread` of its own.
    "change of": "change of {what}[spread? per {spread} of the feature]",
    # `points` are as low.
    "least of grid": "[points=1?|one of {points:,} ]least of the grid, {objective}",
}

# Axes.


def objective_above(objective: str, base: float) -> str:
    """The name of an axis from which `base` was subtracted.

    >>> objective_above("objective", -1.25), objective_above("objective", 0.0)
    ('objective, above −1.25', 'objective')
    """
    if not base:
        return objective
    return with_minus(filled("{objective}, above {base:.6g}", objective=objective, base=base))


def objective_of_fit(loss: str, summed: bool, penalties: Sequence[str]) -> str:
    """
    >>> objective_of_fit("squared", False, ["L1", "ridge"])
    'mean squared error + L1 and ridge penalty'
    """
    total = _total(loss, summed)
    if not penalties:
        return total
    return filled("{total} + {penalties:listed} penalty", total=total, penalties=penalties)


def _total(loss: str, summed: bool) -> str:
    """The loss of all rows."""
    if loss == "squared":
        return filled("sum of squared errors" if summed else "mean squared error")
    if loss == "absolute":
        return filled("sum of absolute errors" if summed else "mean absolute error")
    if loss in ("multinomial", "logistic"):
        return filled("sum of log loss" if summed else "mean log loss")
    if loss == "quantile":
        return filled("sum of pinball loss" if summed else "mean pinball loss")
    name = "Huber" if loss == "huber" else loss.replace("-", " ")
    return filled("sum of {name} loss" if summed else "mean {name} loss", name=name)


def direction(place: int, terms: Sequence[tuple[float, str]], more: bool) -> str:
    """What a direction is made of: its greatest entries, with their parameters.

    >>> direction(1, [(0.8, "x"), (-0.6, "y")], more=False)
    'direction 1: 0.8 x −0.6 y'
    """
    signed = (f"{'−' if share < 0.0 else '+'}{abs(share):.2g} {name}" for share, name in terms)
    made = f"{' '.join(signed).lstrip('+')}{' …' if more else ''}"
    return filled("direction {place}: {terms}", place=place, terms=made)


def score_named(name: str) -> str:
    """The name of what a fit is measured by, which is a key in the data."""
    kind = name.removeprefix("mean ").removesuffix(" loss")
    if name == f"mean {kind} loss":
        return filled("mean {name} loss", name=kind)
    return translated(name)


# Curves and marks.


def marks_of_steps() -> str:
    return noun_of(2, "step")


def frame(unit: str, epoch: float, objective: float) -> str:
    """The title of a step in a film; the objective is nan where it cannot be drawn."""
    if objective != objective:
        return filled("{unit} {moment}", unit=unit, moment=moment(epoch))
    return filled(
        "{unit} {moment}, objective {objective}",
        unit=unit,
        moment=moment(epoch),
        objective=with_minus(number(objective)),
    )
