"""The numbers in the report of a fit: metrics, classes, coefficients, steps, settings."""

import numpy as np

from steepest.losses.counts_and_amounts import LogMean
from steepest.losses.two_classes import Logistic, TwoClasses
from steepest.models.fit_data import FitData
from steepest.models.metrics import Metrics, named
from steepest.path.minibatch_path import MinibatchPath
from steepest.pictures.confusion import ConfusionView, measured
from steepest.pictures.intervals import why_no_intervals
from steepest.pictures.picture import LeftOut
from steepest.pictures.subject import Subject, objective_label
from steepest.problems.linear_model import class_names
from steepest.problems.squared_loss import Quadratic
from steepest.reports.boxes import key_figures, settings_box
from steepest.reports.cells import largest, number
from steepest.reports.html import Html, note, row, section, table
from steepest.reports.steps_table import (
    listed_steps,
    parameters_left_out,
    steps_left_out,
    steps_section,
)
from steepest.wording.fact import Fact, fact, phrase, phrases, text_of
from steepest.wording.numbers import count, with_minus

_MOST_STRENGTHS = 30
_MOST_PARAMETERS = 5  # columns of parameters in the table of steps
_OF_LEAST_SQUARES = ("accuracy", "minimum_norm", "folds")  # settings that others do not have
_MOST_CLASSES = 12  # columns of classes in the table of coefficients


def figures(fit: FitData) -> Html:
    """The few numbers one looks for first."""
    pairs = [
        (phrase("rows"), f"{fit.rows:,}"),
        *_quality(fit),
        (objective_label(fit), number(fit.objective, 5)),
        (phrase("epochs"), count(float(fit.epochs))),
        (phrase("learning rate"), number(fit.learning_rate, 5)),
        (phrase("condition number"), number(fit.forecast.condition_number, 4)),
    ]
    if fit.quality is not None and fit.validation is not None:
        held = number(fit.validation.r2, 5), number(fit.validation.rmse, 5)
        names = phrases("R² on held-out rows", "error on held-out rows")
        pairs += zip(names, held, strict=True)
    return key_figures(pairs)


def _quality(fit: FitData) -> list[tuple[str, str]]:
    if fit.quality is not None:
        names = phrases("R²", "root mean squared error", "residual standard deviation")
        values = fit.r2, fit.rmse, fit.residual_deviation
        return [(name, number(value, 5)) for name, value in zip(names, values, strict=True)]
    metrics, where = measured(fit)
    scores = {name: number(value, 5) for name, value in named(metrics.scores)}
    if metrics is not fit.validation_metrics:
        return list(scores.items())
    return [(phrase("metric on", metric=name, rows=where), scores[name]) for name in scores]


def metrics_table(fit: FitData) -> Html:
    """The loss's metrics on training and held-out rows."""
    columns = [(phrase("training rows"), fit.metrics)]
    if fit.validation_metrics is not None:
        columns.append((phrase("held-out rows"), fit.validation_metrics))
    rows = [row(phrase("rows"), [f"{metrics.rows:,}" for _, metrics in columns])]
    for name in fit.metrics.scores:
        rows.append(
            row(
                phrase("score named", name=name),
                [number(metrics.scores.get(name)) for _, metrics in columns],
            )
        )
    body = table(["", *(where for where, _ in columns)], rows, class_="metrics")
    notes = note(text_of(_on_metrics(fit, columns[-1][1])))
    return section(phrase("How well it follows the rows"), body, notes)


def _on_metrics(fit: FitData, metrics: Metrics) -> list[Fact]:
    notes = []
    if metrics.classes is None and metrics.deviance is None:
        notes.append(fact("meaning of r squared"))
    if metrics.deviance is not None:
        notes.append(fact("meaning of d squared"))
    if metrics.below is not None:
        notes.append(fact("share below", quantile=getattr(fit.loss, "quantile", None)))
    if metrics.roc_auc is not None and len(metrics.classes or ()) > 2:
        notes.append(fact("mean roc auc"))
    if metrics.roc_auc_error:
        notes.append(fact("error of roc auc", error=metrics.roc_auc_error))
    if metrics.weight != metrics.rows:
        notes.append(fact("metrics are weighted"))
    return notes


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
    shares = dict(zip(fit.classes, both, strict=True))
    rows = []
    for name, weights in zip(view.labels, view.weights.tolist(), strict=True):
        recall, precision = shares.get(name, (None, None))
        rows.append(row(name, [*map(number, weights), number(recall, 4), number(precision, 4)]))
    head = [phrase("true \\ taken for"), *view.labels, *phrases("recall", "precision")]
    notes = note(text_of([*view.notes, fact("meaning of recall")]))
    return [section(phrase("Classes"), table(head, rows, class_="confusion"), notes)]


def coefficient_table(fit: FitData) -> list[Html]:
    """Coefficients in the user's units, with intervals where the theory applies; of several classes
    a column for each, and a table of the errors of all of them.
    """
    several = fit.is_multinomial
    labels = (fit.classes or ()) if fit.is_multinomial else (phrase("coefficient"),)
    visible = labels[:_MOST_CLASSES]
    lines = fit.lines[: len(visible)].T
    names = [*fit.features, *(["intercept"] if fit.settings.intercept else [])]
    head = ["", *(_class_head(fit, label) for label in visible)]
    places, features = largest(np.abs(lines[: len(fit.features)]).max(axis=1)), len(fit.features)
    notes = [_units(fit)]
    if len(places) < features:
        notes.append(fact("largest in report", shown=len(places), of=features))
    notes += _on_coefficients(fit)
    if len(visible) < len(labels):
        notes.append(fact("first classes in report", shown=len(visible), of=len(labels)))
    shown = [names[i] for i in (*places, *range(features, len(names)))]
    values = dict(zip(names, lines.tolist(), strict=True))
    cells = {x: [*_values(fit, x, values[x]), *([] if several else _errors(fit, x))] for x in shown}
    rows = [row(x, cells[x]) for x in shown]
    body = table([*head, *([] if several else _error_heads(fit))], rows, class_="coefficients")
    tables = [section(phrase("Coefficients"), body, note(text_of(notes)))]
    if several and fit.inference is not None:
        tables.append(_errors_of_classes(fit, shown, visible))
    return tables


def _errors_of_classes(fit: FitData, names: list[str], labels: tuple[str, ...]) -> Html:
    """How sure and how exact the coefficients of several classes are, one a row."""
    values = dict(zip(fit.names, fit.step.parameters.tolist(), strict=True))
    shown = class_names(tuple(x for x in names if not _is_left_out(fit, x)), labels)
    cells = {x: [with_minus(fit.written(x, values[x], 6)), *_errors(fit, x)] for x in shown}
    heads = ["", phrase("coefficient"), *_error_heads(fit)]
    body = table(heads, [row(x, cells[x]) for x in shown], class_="coefficients")
    return section(phrase("Standard errors"), body, note(str(fact("classes add up"))))


def _class_head(fit: FitData, label: str) -> str:
    return phrase("for class", label=label) if fit.is_multinomial else label


def _values(fit: FitData, name: str, line: list[float]) -> list[str]:
    """The coefficients of a column, one of each class."""
    if _is_left_out(fit, name):
        return [phrase("left out")]
    names = class_names((name,), fit.classes or ()) if fit.is_multinomial else (name,)
    written = [fit.written(each, value, 6) for each, value in zip(names, line, strict=False)]
    return list(map(with_minus, written))


def _is_left_out(fit: FitData, name: str) -> bool:
    return name in fit.left_out


def _error_heads(fit: FitData) -> list[str]:
    """How sure and how exact coefficients are: heads of the columns."""
    heads: list[str] = []
    if fit.inference is not None:
        sign = "t" if fit.inference.distribution == "t" else "z"
        heads += [phrase("standard error"), sign, "p", *phrases("95 % from", "to")]
    return [*heads, *([] if fit.digits is None else phrases("distance from the minimum", "digits"))]


def _errors(fit: FitData, name: str) -> list[str]:
    """Cells under the heads of `_error_heads`."""
    if _is_left_out(fit, name):
        return ["–"] * len(_error_heads(fit))
    cells: list[str] = []
    if fit.inference is not None and name not in fit.inference.intervals:
        cells += ["–"] * 5
    elif fit.inference is not None:
        result = fit.inference[name]
        p = "< 1e−300" if result.p < 1e-300 else number(result.p, 3)
        cells += [number(result.standard_error, 4), number(result.t, 4), p]
        cells += [number(result.low), number(result.high)]
    if fit.digits is not None and fit.distance is not None:
        cells += [number(fit.distance[name], 3), f"{fit.digits[name] // 1.0:.0f}"]
    return cells


def _on_coefficients(fit: FitData) -> list[Fact]:
    """Notes on zeros and on intervals."""
    notes, of = [], fit.lines.shape[0] * len(fit.features)
    if fit.zeros and fit.reduced is None:
        notes.append(fact("coefficients are zero", zeros=fit.zeros, of=of))
    if fit.inference is None:
        return [*notes, why_no_intervals(fit)]
    if fit.loss.name == "squared" and fit.inference.errors == "classical":
        return [*notes, fact("errors of least squares", degrees=fit.inference.degrees)]
    return [*notes, fact("standard errors are", **fit.inference.about(), loss=fit.loss.name)]


def _units(fit: FitData) -> Fact:
    if fit.classes is not None and isinstance(fit.loss, TwoClasses):
        what = "log odds" if isinstance(fit.loss, Logistic) else "score"
        return fact("unit adds to class", what=what, label=fit.classes[1])
    if fit.is_multinomial:
        return fact("unit adds to score")
    if isinstance(fit.loss, LogMean):
        return fact("unit multiplies mean", target=fit.target)
    return fact("units of coefficients")


def strengths_table(fit: FitData) -> list[Html]:
    """About thirty strengths of the path along which one was chosen; nothing without a path."""
    path = fit.regularization
    if path is None:
        return []
    body = []
    for place, (mark, *cells) in path.rows(_MOST_STRENGTHS):
        marked = {"class_": "chosen"} if place == path.chosen else {}
        body.append(row(mark, map(with_minus, cells), **marked))
    notes = note(text_of([fact("strengths in report", folds=path.folds)]))
    heading = phrase("picture of fit", name="regularization")
    return [section(heading, table(path.heads, body), notes)]


def steps_table(fit: FitData) -> Html:
    """About thirty steps of the path, the chosen one marked."""
    subject, path, problem = Subject.of_fit(fit), fit.path, fit.problem
    steps = listed_steps(subject)
    names, curve = path.names[:_MOST_PARAMETERS], path.validation
    least = problem.minimum if isinstance(problem, Quadratic) else None
    # Beside an L1 penalty the gradient of the rest does not fall to 0.
    smooth = problem.absolute is None
    varies = len({step.learning_rate for step in steps}) > 1
    head = phrases("epoch", "objective")
    head += phrases("above the least") if least is not None else []
    head += phrases("on held-out rows") if curve else []
    head += phrases("gradient's norm") if smooth else []
    head += [*(phrases("learning rate") if varies else []), *names]
    body = []
    for step in steps:
        cells = [number(step.objective, 8)]
        cells += [number(max(step.objective - least, 0.0), 4)] if least is not None else []
        cells += [number(curve(step.index), 8)] if curve else []
        cells += [number(path.gradient_norm(step), 4)] if smooth else []
        cells += [number(step.learning_rate)] if varies else []
        cells += [number(step[name]) for name in names]
        marked = {"class_": "chosen"} if step.index == subject.chosen else {}
        body.append(row(_epoch(subject, step.index), cells, **marked))
    # Of mini-batches the steps between ends of epochs were not kept.
    minibatches = isinstance(path, MinibatchPath)
    notes = [] if minibatches else steps_left_out(path.epochs + 1 - len(steps))
    notes += parameters_left_out(len(names), len(path.names))
    notes += [] if fit.settings.average else [fact("marked step is the fits")]
    return steps_section(head, body, [*notes, fact("parameters in units")])


def _epoch(subject: Subject, index: int) -> str:
    epoch = subject.epoch(index)
    return count(epoch) if epoch.is_integer() else f"{epoch:.6g}"


def settings_table(fit: FitData) -> Html:
    """What the fit was asked for."""
    settings: dict[str, object] = dict(fit.settings.to_json())
    if not fit.settings.is_least_squares:
        settings = {key: settings[key] for key in settings if key not in _OF_LEAST_SQUARES}
    optimizer, loss = settings.pop("optimizer"), settings.pop("loss")
    assert isinstance(optimizer, dict)
    options = dict(optimizer)
    name = options.pop("name")
    return settings_box(
        {
            "loss": loss,
            "optimizer": name,
            **{f"– {key}": value for key, value in options.items()},
            **settings,
            phrase("rule for missing"): fit.encoding.missing,
            "weights": fit.encoding.weights,
        }
    )
