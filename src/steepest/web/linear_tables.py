"""The numbers in the report of a fit of any loss: facts, metrics, coefficients, steps, settings."""

import numpy as np

from steepest.losses.counts_and_amounts import LogMean
from steepest.losses.two_classes import Logistic, TwoClasses
from steepest.models.metrics import Metrics
from steepest.results.linear_fit import LinearFit
from steepest.views.classes import ConfusionView
from steepest.views.left_out import LeftOut
from steepest.views.linear import measured
from steepest.views.steps import StepsView
from steepest.views.subject import Subject
from steepest.web.boxes import fact_list, settings_box
from steepest.web.cells import largest, number
from steepest.web.html import Html, row, table, tag
from steepest.wording.numbers import count

_MOST_PARAMETERS = 5  # columns of parameters in the table of steps
_OF_MOMENTS = ("accuracy", "minimum_norm", "folds")  # settings that other losses do not have
_MOST_CLASSES = 12  # columns of classes in the table of coefficients


def facts(fit: LinearFit) -> Html:
    """The few numbers one looks for first."""
    said = [("rows", f"{fit.rows:,}")]
    metrics, where = measured(fit)
    on = f" on {where}" if metrics is fit.validation_metrics else ""
    said += [(name + on, number(value, 5)) for name, value in metrics.scores.items()]
    said += [
        ("objective", number(fit.objective, 5)),
        ("epochs", count(float(fit.epochs))),
        ("learning rate", number(fit.learning_rate, 5)),
    ]
    return fact_list(said)


def metrics_table(fit: LinearFit) -> Html:
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


def _said(fit: LinearFit, metrics: Metrics) -> str:
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


def class_table(fit: LinearFit) -> list[Html]:
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


def coefficient_table(fit: LinearFit) -> Html:
    """Coefficients in the user's units; of several classes a column for each."""
    several = fit.is_multinomial
    labels = (fit.classes or ()) if several else ("coefficient",)
    shown = labels[:_MOST_CLASSES]
    lines = fit.lines[: len(shown)].T
    names = [*fit.features, *(["intercept"] if fit.settings.shared.intercept else [])]
    places, more = largest(np.abs(lines[: len(fit.features)]).max(axis=1))
    places += range(len(fit.features), len(names))
    rows = [row(names[place], map(number, lines[place].tolist())) for place in places]
    head = ["", *(f"for {label}" if several else label for label in shown)]
    said = [_units(fit) + more]
    if len(shown) < len(labels):
        said.append(f"The first {len(shown)} of {len(labels)} classes are shown.")
    if fit.zeros:
        verb = "is" if fit.zeros == 1 else "are"
        said.append(
            f"{fit.zeros} of {len(fit.features) * len(fit.lines)} coefficients {verb} exactly 0."
        )
    return tag(
        "section",
        tag("h2", "Coefficients"),
        table(head, rows, class_="coefficients"),
        tag("p", " ".join(said), class_="note"),
        class_="long",
    )


def _units(fit: LinearFit) -> str:
    if fit.classes is not None and isinstance(fit.loss, TwoClasses):
        what = "log odds" if isinstance(fit.loss, Logistic) else "score"
        return f"A unit of the feature adds the coefficient to the {what} of {fit.classes[1]}."
    if fit.is_multinomial:
        return "A unit of the feature adds the coefficient to the class's score."
    if isinstance(fit.loss, LogMean):
        return f"A unit of the feature multiplies the mean of {fit.target} by exp(coefficient)."
    return "Coefficients are in the target's unit per unit of the feature."


def steps_table(fit: LinearFit) -> Html:
    """About thirty steps of the path, the chosen one marked."""
    subject = Subject.of_linear(fit)
    view = StepsView.of(subject)
    names, curve = view.names[:_MOST_PARAMETERS], fit.path.validation
    head = ["epoch", "objective", *(["on held-out rows"] if curve else [])]
    # Beside an L1 penalty the gradient of the rest does not fall to 0.
    smooth = subject.path.problem.absolute is None
    head += [*(["gradient's norm"] if smooth else []), "learning rate", *names]
    body = []
    for step, norm in zip(view.steps, view.gradient_norms().tolist(), strict=True):
        cells = [number(step.objective, 8), *([number(curve(step.index), 8)] if curve else [])]
        cells += [*([number(norm, 4)] if smooth else []), number(step.learning_rate)]
        cells += [number(step[name]) for name in names]
        marked = {"class_": "chosen"} if step.index == view.chosen else {}
        body.append(row(f"{subject.epoch(step.index):.6g}", cells, **marked))
    said = ["The marked step is the fit's." if not fit.plan.average else ""]
    if len(view.names) > len(names):
        said.append(f"The first {len(names)} of {len(view.names)} parameters are shown.")
    said.append("Parameters are in the user's units.")
    return tag(
        "section",
        tag("h2", "Steps"),
        table(head, body),
        tag("p", " ".join(filter(None, said)), class_="note"),
        class_="long",
    )


def settings_table(fit: LinearFit) -> Html:
    """What the fit was asked for."""
    said = dict(fit.settings.to_json())
    shared = dict(said.pop("shared"))
    optimizer = dict(shared.pop("optimizer"))
    told = {"optimizer": optimizer.pop("name"), **{f"– {k}": v for k, v in optimizer.items()}}
    read = {"missing values": fit.encoding.missing, "weights": fit.encoding.weights}
    there = {key: value for key, value in shared.items() if key not in _OF_MOMENTS}
    return settings_box({**said, **told, **there, **read})
