"""A fit as text for the terminal, and as plain data for JSON."""

from dataclasses import asdict
from html import escape
from typing import Any

import numpy as np

from steepest.errors import printable, shortened
from steepest.models.fit_data import FitData
from steepest.models.inference import Inference
from steepest.models.labels import is_of_classes
from steepest.models.likelihood import Likelihood
from steepest.models.metrics import Metrics
from steepest.models.reasons_for_none import missing
from steepest.models.validation import Validation
from steepest.path.path import ClosedFormPath
from steepest.path.step_excerpt import html_table, paragraph
from steepest.problems.squared_loss import Quadratic
from steepest.translation import said_of
from steepest.wording.fact import Fact, fact, phrase, phrases
from steepest.wording.numbers import finite, in_turn, rounded, together
from steepest.wording.text_table import LABEL, labelled, terminal_width, text_table, wrapped

WIDTH = 96
# Classes whose coefficients stand side by side; of more, the table would leave the terminal.
_MOST_CLASSES = 6
_MOST_LINES = 60
_MOST_STRENGTHS = 12


def summarize(fit: FitData) -> str:
    """What was read and done, forecast and verdict, metrics, and the table of coefficients."""
    parts = [
        _rows(fit),
        labelled(phrase("Forecast"), str(fit.forecast), columns=WIDTH),
        labelled(phrase("Verdict"), _verdict(fit), columns=WIDTH),
        _quality(fit),
        _strengths(fit),
        _coefficients(fit),
    ]
    return "\n\n".join(part for part in parts if part)


def to_html(fit: FitData) -> str:
    """The same for a notebook."""
    source, rows, *notes = _lines(fit)
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    above = [
        said_of(source, rows),
        said_of(phrase("Forecast"), fit.forecast),
        said_of(phrase("Verdict"), _verdict(fit)),
    ]
    heads, *cells = coefficient_table(fit)
    return "".join(
        (
            *map(paragraph, above[:1]),
            f"<ul>{items}</ul>" if items else "",
            *map(paragraph, above[1:]),
            *(f"<pre>{escape(part)}</pre>" for part in (_quality(fit), _strengths(fit)) if part),
            html_table(heads, cells),
            *map(paragraph, (line for line in below_coefficients(fit) if line)),
        )
    )


def to_dict(fit: FitData) -> dict[str, object]:
    """Plain data, under the keys of docs/json.md."""
    from steepest.descent.serialization import optimizer_data

    settings, path = fit.settings, fit.regularization
    data: dict[str, Any] = {
        "target": fit.target,
        "source": fit.description,
        "rows": fit.rows,
        "notes": list(fit.notes),
        "facts": [each.to_dict() for each in fit.facts],
        "loss": str(fit.loss),
        "l1": settings.l1,
        "ridge": settings.ridge,
        "classes": None if fit.classes is None else list(fit.classes),
        "coefficients": fit.coefficients,
        "intercept": fit.intercept,
        "zeros": fit.zeros,
        "inference": None if fit.inference is None else fit.inference.to_dict(),
        "standard_errors": None if fit.inference is None else fit.inference.about(),
        "likelihood": None if fit.likelihood is None else asdict(fit.likelihood),
        "digits": fit.digits,
        "distance": fit.distance,
        "initial_objective": fit.initial_objective,
        "objective": fit.objective,
        "epochs": fit.epochs,
        "updates": fit.step.index,
        "batch_size": settings.batch_size,
        "learning_rate": fit.learning_rate,
        "optimizer": optimizer_data(settings.update_rule),
        "verdict": fit.verdict.to_dict(),
        "forecast": fit.forecast.to_dict(),
        "r2": fit.r2,
        "adjusted_r2": fit.adjusted_r2,
        "rmse": fit.rmse,
        "residual_deviation": fit.residual_deviation,
        "metrics": fit.metrics.to_dict(),
        "validation": None if fit.validation is None else fit.validation.to_dict(),
        "regularization": None if path is None else path.to_dict(),
    }
    cleaned: dict[str, object] = finite(data)
    return cleaned


def _rows(fit: FitData) -> str:
    source, rows, *notes = _lines(fit)
    return "\n".join([source, rows, *(line for note in notes for line in bullet(note))])


def _lines(fit: FitData) -> list[str]:
    """What was read, how many rows and how they are used, and the notes."""
    settings = fit.settings
    facts = [
        fact("rows and features", rows=fit.rows, features=len(fit.features)),
        fact("scale of features", standardized=settings.standardize),
    ]
    if not settings.is_least_squares or settings.ridge:
        penalty = {"l1": settings.l1, "ridge": settings.ridge, "positive": settings.positive}
        facts.append(fact("loss and penalty", loss=str(fit.loss), **penalty))
    return [printable(fit.description), in_turn(map(str, facts)), *map(printable, fit.notes)]


def bullet(note: str) -> list[str]:
    """A note as lines of a list."""
    return wrapped(printable(note), WIDTH, "  - ", "    ")


def _verdict(fit: FitData) -> str:
    facts = []
    if fit.settings.average:
        facts.append(fact("averaged parameters"))
    if fit.is_early:
        facts.append(fact("early stopping", epoch=fit.epochs, objective=fit.reduced is not None))
    arrived = fit.verdict.kind == "converged" and (fit.inference or fit.settings.ridge > 0.0)
    if isinstance(fit.problem, Quadratic) and fit.distance is not None and not arrived:
        facts.append(_farthest(fit, fit.problem, fit.distance))
    return together([str(fit.verdict), *map(str, facts)])


def _farthest(fit: FitData, problem: Quadratic, distance: dict[str, float]) -> Fact:
    """The parameter that has the largest part of its way to the minimum still to go."""
    least = problem.to_user(problem.minimizer)
    gaps = np.array(list(distance.values()))
    start = np.abs(fit.path.at(0).parameters - least)
    with np.errstate(over="ignore"):
        shares = gaps / np.maximum(start, np.finfo(float).tiny)
    worst = int(np.nan_to_num(shares, nan=np.inf).argmax())
    return fact(
        "farthest parameter",
        name=fit.names[worst],
        distance=float(gaps[worst]),
        minimum=float(least[worst]),
    )


def _quality(fit: FitData) -> str:
    updates = None if isinstance(fit.path, ClosedFormPath) else _updates(fit)
    descent = fact(
        "descent made",
        epochs=fit.epochs,
        updates=updates,
        rate=fit.learning_rate,
        start=fit.initial_objective,
        end=fit.objective,
    )
    lines = [*_beside(phrase("Descent"), [str(descent)]), *_beside(phrase("Fit"), _measured(fit))]
    if fit.validation is not None:
        lines += _beside(phrase("Held out"), _held_out(fit, fit.validation))
    return "\n".join(lines)


def _updates(fit: FitData) -> Fact | None:
    """How many updates of mini-batches led to the fit, and how many epochs left none."""
    from steepest.path.minibatch_path import MinibatchPath

    path = fit.path
    if not isinstance(path, MinibatchPath):
        return None
    size, made = fit.settings.batch_size or 0, fit.step.index
    # Of the epochs after the chosen step, which was not the last, some may have been taken back.
    taken_back = path.taken_back if made == path.epochs else 0
    return fact("updates made", size=size, updates=made, taken_back=taken_back)


def _measured(fit: FitData) -> list[str]:
    """What the fit is worth on the training rows: of squared loss first what least squares have."""
    lines, metrics = [], fit.metrics
    if fit.quality is not None:
        numbers = {
            "r2": _shown(fit.r2),
            "adjusted": _shown(fit.adjusted_r2),
            "rmse": _shown(fit.rmse),
            "deviation": _shown(fit.residual_deviation),
        }
        lines.append(phrase("least squares quality", **numbers))
    if fit.reduced is None:
        alone = phrase("mean loss alone", loss=metrics.mean_loss)
        lines += metrics.lines() if _is_measured(metrics) else [alone]
    if fit.likelihood is not None:
        lines.append(_likelihood(fit.likelihood))
    return lines


def _likelihood(found: Likelihood) -> str:
    names = phrases("log-likelihood", "AIC", "BIC", "deviance", "null deviance", "pseudo R²")
    values = (
        *(found.log_likelihood, found.aic, found.bic),
        *(found.deviance, found.null_deviance, found.pseudo_r2),
    )
    known = [(name, value) for name, value in zip(names, values, strict=True) if value is not None]
    return "   ".join(f"{name} {rounded(value, 6)}" for name, value in known)


def _strengths(fit: FitData) -> str:
    """Some of the strengths along which one was chosen."""
    path = fit.regularization
    if path is None:
        return ""
    table = [list(path.heads), *(cells for _, cells in path.rows(_MOST_STRENGTHS))]
    return "\n".join(text_table(table, left=1))


def _is_measured(metrics: Metrics) -> bool:
    return any(value is not None for value in (metrics.accuracy, metrics.mae, metrics.rmse))


def _held_out(fit: FitData, held: Validation) -> list[str]:
    epoch = held.best_epoch if fit.regularization is None else None
    common = {"rows": held.rows, "folds": held.folds, "objective": held.objective}
    if fit.reduced is None:
        return [*held.metrics.lines(), phrase("held out rows", **common, best_epoch=epoch)]
    r2, rmse = _shown(held.r2), _shown(held.rmse)
    return [phrase("held out squares", r2=r2, rmse=rmse, **common, best_epoch=epoch)]


def _beside(label: str, lines: list[str]) -> list[str]:
    space = " " * (LABEL - terminal_width(label))
    return [f"{' ' * LABEL if i else label + space}{line}" for i, line in enumerate(lines)]


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.5g}"


def _coefficients(fit: FitData) -> str:
    lines = [line.rstrip() for line in text_table(coefficient_table(fit), left=1)]
    return "\n".join([*lines, *below_coefficients(fit)])


def coefficient_table(fit: FitData) -> list[list[str]]:
    """The heads and a row of cells for each feature and the intercept."""
    names = [*fit.features, *(["intercept"] if fit.settings.intercept else [])]
    heads = _heads(fit)
    columns = fit.lines[: len(heads)]
    cells = [
        [printable(name), *_values(fit, name, columns[:, i].tolist())]
        for i, name in enumerate(names)
    ]
    if fit.is_multinomial:
        return [["", *heads], *cells]
    sure = [[*row, *_sure(fit, name)] for row, name in zip(cells, names, strict=True)]
    return [["", *heads, *_sure_heads(fit)], *sure]


def below_coefficients(fit: FitData) -> list[str]:
    """What is said below the table of coefficients."""
    lines, shown = [], len(_heads(fit))
    if shown < len(fit.lines):
        lines.append(phrase("first classes", shown=shown, classes=len(fit.lines)))
    if fit.zeros and (fit.settings.l1 or fit.settings.positive):
        count = fit.lines[:, : len(fit.features)].size
        lines.append(phrase("zero coefficients", zeros=fit.zeros, coefficients=count))
    if fit.inference is None:
        lines.append(missing(fit, "inference"))
    else:
        lines += _inferred(fit, fit.inference)
    return lines


def _inferred(fit: FitData, inference: Inference) -> list[str]:
    """What the standard errors are, where they are not the classical ones of squared loss; and
    those of several classes, one parameter a line.
    """
    lines = []
    if fit.is_multinomial and len(fit.names) <= _MOST_LINES:
        values = dict(zip(fit.names, fit.step.parameters.tolist(), strict=True))
        table = [["", phrase("coefficient"), *_sure_heads(fit)]]
        table += [[printable(x), fit.written(x, values[x]), *_sure(fit, x)] for x in fit.names]
        lines = [
            "",
            *(line.rstrip() for line in text_table(table, left=1)),
            phrase("classes add up"),
        ]
    if fit.loss.name != "squared" or inference.errors != "classical":
        lines.append(phrase("standard errors are", **inference.about(), loss=fit.loss.name))
    return lines


def _heads(fit: FitData) -> list[str]:
    if fit.is_multinomial and fit.classes is not None:
        return [shortened(printable(name), 14) for name in fit.classes[:_MOST_CLASSES]]
    if is_of_classes(fit.loss) and fit.classes is not None:
        return [phrase("coefficient of", name=printable(fit.classes[1]))]
    return [phrase("coefficient")]


def _sure_heads(fit: FitData) -> list[str]:
    """How sure and how exact coefficients are: heads of the columns."""
    inference, heads = fit.inference, []
    if inference is not None:
        sign = "t" if inference.distribution == "t" else "z"
        error, low, high = phrases("std. error", "95 % from", "to")
        heads = [error, sign, "p", low, high]
    return [*heads, *([] if fit.digits is None else phrases("digits"))]


def _sure(fit: FitData, name: str) -> list[str]:
    """Cells under the heads of `_sure_heads`."""
    heads = _sure_heads(fit)
    if heads and name not in fit.names:
        return [*["–"] * (len(heads) - 1), phrase("left out")]
    cells = []
    if fit.inference is not None and name not in fit.inference.intervals:
        cells = ["–"] * 5
    elif fit.inference is not None:
        interval = fit.inference[name]
        cells = [f"{interval.standard_error:.5g}", f"{interval.t:.4g}", rounded(interval.p, 3)]
        cells += [f"{interval.low:.6g}", f"{interval.high:.6g}"]
    return [*cells, *([] if fit.digits is None else [f"{fit.digits[name] // 1.0:.0f}"])]


def _values(fit: FitData, name: str, line: list[float]) -> list[str]:
    """The coefficients of a column, one of each class, to the digits that are known of them."""
    if not fit.is_multinomial:
        return [fit.written(name, value) for value in line]
    from steepest.problems.linear_model import class_names

    names = class_names((name,), fit.classes or ())
    return [fit.written(each, value) for each, value in zip(names, line, strict=False)]
