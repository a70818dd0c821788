"""The numbers in the report of a fit: facts, metrics, classes, coefficients, steps, settings."""

import numpy as np

from steepest.losses.counts_and_amounts import LogMean
from steepest.losses.two_classes import Logistic, TwoClasses
from steepest.models.fit_data import FitData
from steepest.models.metrics import Metrics
from steepest.path.minibatch_path import MinibatchPath
from steepest.pictures.classes import ConfusionView, measured
from steepest.pictures.intervals import why_no_intervals
from steepest.pictures.left_out import LeftOut
from steepest.pictures.subject import Subject, objective_label
from steepest.problems.squared_loss import Quadratic
from steepest.reports.boxes import fact_list, settings_box
from steepest.reports.cells import largest, number
from steepest.reports.html import Html, row, table, tag
from steepest.reports.steps import StepsView
from steepest.wording.numbers import count

_MOST_PARAMETERS = 5  # columns of parameters in the table of steps
_OF_LEAST_SQUARES = ("accuracy", "minimum_norm", "folds")  # settings that others do not have
_MOST_CLASSES = 12  # columns of classes in the table of coefficients


def facts(fit: FitData) -> Html:
    """The few numbers one looks for first."""
    said = [
        ("rows", f"{fit.rows:,}"),
        *_worth(fit),
        (objective_label(fit), number(fit.objective, 5)),
        ("epochs", count(float(fit.epochs))),
        ("learning rate", number(fit.learning_rate, 5)),
        ("condition number", number(fit.forecast.condition_number, 4)),
    ]
    if fit.quality is not None and fit.validation is not None:
        said.append(("R² on held-out rows", number(fit.validation.r2, 5)))
        said.append(("error on held-out rows", number(fit.validation.rmse, 5)))
    return fact_list(said)


def _worth(fit: FitData) -> list[tuple[str, str]]:
    if fit.quality is not None:
        return [
            ("R²", number(fit.r2, 5)),
            ("root mean squared error", number(fit.rmse, 5)),
            ("residual standard deviation", number(fit.residual_deviation, 5)),
        ]
    metrics, where = measured(fit)
    on = f" on {where}" if metrics is fit.validation_metrics else ""
    return [(name + on, number(value, 5)) for name, value in metrics.scores.items()]


def metrics_table(fit: FitData) -> Html:
    """The loss's metrics on training and held-out rows."""
    told = [("training rows", fit.metrics)]
    if fit.validation_metrics is not None:
        told.append(("held-out rows", fit.validation_metrics))
    names = list(fit.metrics.scores)
    head = ["", *(name for name, _ in told)]
    rows = [row("rows", [f"{metrics.rows:,}" for _, metrics in told])]
    rows += [row(name, [number(found.scores.get(name)) for _, found in told]) for name in names]
    return tag(
        "section",
        tag("h2", "How well it follows the rows"),
        table(head, rows, class_="metrics"),
        tag("p", _said(fit, told[-1][1]), class_="note"),
        class_="long",
    )


def _said(fit: FitData, metrics: Metrics) -> str:
    said = []
    if metrics.classes is None and metrics.deviance is None:
        said.append("R² is 1 less the squares left over those about the mean.")
    if metrics.deviance is not None:
        said.append("D² is 1 less the deviance left over that of a constant.")
    if metrics.below is not None:
        asked = number(getattr(fit.loss, "quantile", None))
        said.append(f"Of the rows a share of {asked} shall not lie above the prediction.")
    if metrics.roc_auc is not None and len(metrics.classes or ()) > 2:
        said.append("The ROC AUC is the mean over each class against all others.")
    if metrics.roc_auc_error:
        said.append(f"The ROC AUC is right to ±{metrics.roc_auc_error:.1g}.")
    if metrics.weight != metrics.rows:
        said.append("All are weighted by the rows' weights.")
    return " ".join(said)


def class_table(fit: FitData) -> list[Html]:
    """The confusion table with recall and precision; nothing for numbers."""
    if fit.classes is None:
        return []
    metrics, where = measured(fit)
    try:
        view = ConfusionView.of(metrics, where)
    except LeftOut:  # the metrics say so already
        return []
    both = zip(metrics.recall, metrics.precision, strict=True)
    whole = dict(zip(fit.classes, both, strict=True))
    head = ["true \\ taken for", *view.labels, "recall", "precision"]
    rows = []
    for name, weights in zip(view.labels, view.weights.tolist(), strict=True):
        shares = whole.get(name, (None, None))
        rows.append(row(name, [*map(number, weights), *(number(share, 4) for share in shares)]))
    said = (
        f"{view.note} Recall is the share of a class's rows that is taken for it; precision the "
        "share of rows taken for it that is of it."
    )
    return [
        tag(
            "section",
            tag("h2", "Classes"),
            table(head, rows, class_="confusion"),
            tag("p", said, class_="note"),
            class_="long",
        )
    ]


def coefficient_table(fit: FitData) -> Html:
    """Coefficients in the user's units, with intervals where the theory applies; of several classes
    a column for each.
    """
    labels = (fit.classes or ()) if fit.is_multinomial else ("coefficient",)
    shown = labels[:_MOST_CLASSES]
    lines = fit.lines[: len(shown)].T
    names = [*fit.features, *(["intercept"] if fit.settings.intercept else [])]
    head = ["", *(f"for {label}" if fit.is_multinomial else label for label in shown)]
    places, more = largest(np.abs(lines[: len(fit.features)]).max(axis=1))
    places += range(len(fit.features), len(names))
    rows = [
        row(names[i], [*_values(fit, names[i], lines[i].tolist()), *_sure(fit, names[i])])
        for i in places
    ]
    said = [_units(fit) + more, *_told(fit)]
    if len(shown) < len(labels):
        said.append(f"The first {len(shown)} of {len(labels)} classes are shown.")
    return tag(
        "section",
        tag("h2", "Coefficients"),
        table([*head, *_sure_heads(fit)], rows, class_="coefficients"),
        tag("p", " ".join(said), class_="note"),
        class_="long",
    )


def _values(fit: FitData, name: str, line: list[float]) -> list[str]:
    """The coefficients of a column, one of each class."""
    return ["left out"] if _is_left_out(fit, name) else [number(value) for value in line]


def _is_left_out(fit: FitData, name: str) -> bool:
    return fit.reduced is not None and name not in fit.names


def _sure_heads(fit: FitData) -> list[str]:
    """How sure and how exact coefficients are: heads of the columns."""
    heads = []
    if fit.inference is not None:
        heads += ["standard error", "t", "p", "95 % from", "to"]
    return heads if fit.digits is None else [*heads, "distance from the minimum", "digits"]


def _sure(fit: FitData, name: str) -> list[str]:
    """Cells under the heads of `_sure_heads`."""
    if _is_left_out(fit, name):
        return ["–"] * len(_sure_heads(fit))
    cells = []
    if fit.inference is not None:
        one = fit.inference[name]
        cells += [number(one.standard_error, 4), number(one.t, 4), _probability(one.p)]
        cells += [number(one.low), number(one.high)]
    if fit.digits is not None and fit.distance is not None:
        cells += [number(fit.distance[name], 3), f"{fit.digits[name]:.0f}"]
    return cells


def _probability(p: float) -> str:
    return "< 1e−300" if p < 1e-300 else number(p, 3)


def _told(fit: FitData) -> list[str]:
    """What is said of zeros and of intervals."""
    said, zeros = [], fit.zeros
    if zeros and fit.reduced is None:
        verb = "is" if zeros == 1 else "are"
        said.append(
            f"{zeros} of {fit.lines.shape[0] * len(fit.features)} coefficients {verb} exactly 0."
        )
    if fit.inference is None:
        return [*said, why_no_intervals(fit)]
    return [
        *said,
        "Errors, t, p and intervals are those of least squares, with "
        f"{fit.inference.degrees:,} degrees of freedom.",
    ]


def _units(fit: FitData) -> str:
    if fit.classes is not None and isinstance(fit.loss, TwoClasses):
        what = "log odds" if isinstance(fit.loss, Logistic) else "score"
        return f"A unit of the feature adds the coefficient to the {what} of {fit.classes[1]}."
    if fit.is_multinomial:
        return "A unit of the feature adds the coefficient to the class's score."
    if isinstance(fit.loss, LogMean):
        return f"A unit of the feature multiplies the mean of {fit.target} by exp(coefficient)."
    return "Coefficients are in the target's unit per unit of the feature."


def steps_table(fit: FitData) -> Html:
    """About thirty steps of the path, the chosen one marked."""
    subject = Subject.of_fit(fit)
    view = StepsView.of(subject)
    names, curve, problem = view.names[:_MOST_PARAMETERS], fit.path.validation, fit.problem
    least = problem.minimum if isinstance(problem, Quadratic) else None
    # Beside an L1 penalty the gradient of the rest does not fall to 0.
    smooth = problem.absolute is None
    varies = len({step.learning_rate for step in view.steps}) > 1
    head = ["epoch", "objective", *(["above the least"] if least is not None else [])]
    head += [*(["on held-out rows"] if curve else []), *(["gradient's norm"] if smooth else [])]
    head += [*(["learning rate"] if varies else []), *names]
    body = []
    for step, norm in zip(view.steps, view.gradient_norms().tolist(), strict=True):
        cells = [number(step.objective, 8)]
        cells += [number(max(step.objective - least, 0.0), 4)] if least is not None else []
        cells += [number(curve(step.index), 8)] if curve else []
        cells += [*([number(norm, 4)] if smooth else [])]
        cells += [*([number(step.learning_rate)] if varies else [])]
        cells += [number(step[name]) for name in names]
        marked = {"class_": "chosen"} if step.index == view.chosen else {}
        body.append(row(_epoch(subject, step.index), cells, **marked))
    # Of mini-batches the steps between ends of epochs were not kept.
    omitted = 0 if isinstance(fit.path, MinibatchPath) else view.omitted
    said = [f"{omitted:,} steps are left out." if omitted else ""]
    if len(view.names) > len(names):
        said.append(f"The first {len(names)} of {len(view.names)} parameters are shown.")
    said.append("" if fit.settings.average else "The marked step is the fit's.")
    said.append("Parameters are in the user's units.")
    return tag(
        "section",
        tag("h2", "Steps"),
        table(head, body),
        tag("p", " ".join(filter(None, said)), class_="note"),
        class_="long",
    )


def _epoch(subject: Subject, index: int) -> str:
    epoch = subject.epoch(index)
    return count(epoch) if epoch.is_integer() else f"{epoch:.6g}"


def settings_table(fit: FitData) -> Html:
    """What the fit was asked for."""
    said: dict[str, object] = dict(fit.settings.to_json())
    if not fit.settings.is_least_squares:
        said = {key: value for key, value in said.items() if key not in _OF_LEAST_SQUARES}
    optimizer = said.pop("optimizer")
    assert isinstance(optimizer, dict)
    named = dict(optimizer)
    told = {"optimizer": named.pop("name"), **{f"– {key}": value for key, value in named.items()}}
    read = {"missing values": fit.encoding.missing, "weights": fit.encoding.weights}
    return settings_box({"loss": said.pop("loss"), **told, **said, **read})
