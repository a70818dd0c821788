"""A fit as text for the terminal, and as plain data for JSON."""

import math
import textwrap
from typing import Any

import numpy as np

from steepest.descent.serialization import optimizer_data
from steepest.errors import printable
from steepest.models.fit_data import FitData
from steepest.models.labels import is_of_classes
from steepest.models.metrics import Metrics
from steepest.models.validation import Validation
from steepest.path.minibatch_path import MinibatchPath
from steepest.problems.squared_loss import Quadratic
from steepest.wording.numbers import counted, epochs, number, rate
from steepest.wording.text_table import labelled, text_table

WIDTH = 96
# Classes whose coefficients stand side by side; of more, the table would leave the terminal.
_MOST_CLASSES = 6


def summarize(fit: FitData) -> str:
    """What was read and done, forecast and verdict, metrics, and the table of coefficients."""
    parts = [
        _rows(fit),
        labelled("Forecast", str(fit.forecast), columns=WIDTH),
        labelled("Verdict", _verdict(fit), columns=WIDTH),
        _quality(fit),
        _coefficients(fit),
    ]
    return "\n\n".join(part for part in parts if part)


def to_dict(fit: FitData) -> dict[str, object]:
    """Plain data, under the keys of docs/json.md."""
    settings = fit.settings
    data: dict[str, Any] = {
        "target": fit.target,
        "source": fit.description,
        "rows": fit.rows,
        "notes": list(fit.notes),
        "loss": str(fit.loss),
        "l1": settings.l1,
        "ridge": settings.ridge,
        "classes": None if fit.classes is None else list(fit.classes),
        "coefficients": fit.coefficients,
        "intercept": fit.intercept,
        "zeros": fit.zeros,
        "inference": None if fit.inference is None else fit.inference.to_dict(),
        "digits": fit.digits,
        "distance": fit.distance,
        "initial_objective": fit.initial_objective,
        "objective": fit.objective,
        "epochs": fit.epochs,
        "updates": fit.step.index,
        "batch_size": settings.batch_size,
        "learning_rate": fit.learning_rate,
        "optimizer": optimizer_data(settings.optimizer),
        "verdict": fit.verdict.to_dict(),
        "forecast": fit.forecast.to_dict(),
        "r2": fit.r2,
        "adjusted_r2": fit.adjusted_r2,
        "rmse": fit.rmse,
        "residual_deviation": fit.residual_deviation,
        "metrics": fit.metrics.to_dict(),
        "validation": None if fit.validation is None else fit.validation.to_dict(),
    }
    cleaned: dict[str, object] = finite(data)
    return cleaned


def finite(value: Any) -> Any:
    """The value with None for what JSON has no word for: NaN and the infinities."""
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _rows(fit: FitData) -> str:
    used, settings = len(fit.features), fit.settings
    scale = "standardised for the descent" if settings.standardize else "descent on raw features"
    said = [f"{fit.rows} rows, {used} feature{'s' * (used != 1)}", scale]
    if not settings.is_least_squares or settings.ridge:
        said.append(_asked(fit))
    lines = [printable(fit.description), "; ".join(said)]
    lines += [line for note in fit.notes for line in bullet(note)]
    return "\n".join(lines)


def _asked(fit: FitData) -> str:
    """Loss and penalty in words."""
    settings = fit.settings
    strengths = [("L1", settings.l1), ("ridge", settings.ridge)]
    said = [f"{name} {strength:g}" for name, strength in strengths if strength]
    if settings.positive:
        said.append("coefficients of 0 or more")
    return ", ".join([f"{str(fit.loss).replace(':', ' ')} loss", *said])


def bullet(note: str) -> list[str]:
    """A note as lines of a list."""
    return textwrap.wrap(printable(note), WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _verdict(fit: FitData) -> str:
    said = [str(fit.verdict)]
    if fit.settings.average:
        said.append("The fit's parameters are the mean of those after the first epoch.")
    if fit.is_early:
        what = "objective" if fit.reduced is not None else "loss"
        said.append(
            f"Early stopping: epoch {fit.epochs} has the lowest held-out {what}, and its "
            "parameters are the fit's."
        )
    arrived = fit.verdict.kind == "converged" and (fit.inference or fit.settings.ridge > 0.0)
    if fit.distance is not None and not arrived:
        said.append(_distance(fit, fit.distance))
    return " ".join(said)


def _distance(fit: FitData, distance: dict[str, float]) -> str:
    """The parameter that has the largest part of its way to the minimum still to go."""
    problem = fit.problem
    assert isinstance(problem, Quadratic)
    least = problem.to_user(problem.minimizer)
    gaps = np.array(list(distance.values()))
    start = np.abs(fit.path.at(0).parameters - least)
    with np.errstate(over="ignore"):
        shares = gaps / np.maximum(start, np.finfo(float).tiny)
    worst = int(np.nan_to_num(shares, nan=np.inf).argmax())
    return (
        f"Farthest from the minimum is {fit.names[worst]}: {number(float(gaps[worst]))} from "
        f"{number(float(least[worst]))}."
    )


def _quality(fit: FitData) -> str:
    done, path = epochs(fit.epochs), fit.path
    if isinstance(path, MinibatchPath):
        done += f" {_updates(fit, path)},"
    objectives = f"objective {fit.initial_objective:.7g} → {fit.objective:.7g}"
    lines = [
        f"Descent   {done} at learning rate {rate(fit.learning_rate)}: {objectives}",
        *_beside("Fit", _measured(fit)),
    ]
    if fit.validation is not None:
        lines += _beside("Held out", _held_out(fit, fit.validation))
    return "\n".join(lines)


def _updates(fit: FitData, path: MinibatchPath) -> str:
    """How many updates led to the fit, and how many epochs left none."""
    size, made = counted(fit.settings.batch_size or 0, "row"), fit.step.index
    said = f"in batches of {size}, {counted(made, 'update')}"
    # Of the epochs after the chosen step, which was not the last, some may have been taken back.
    if not path.taken_back or made != path.epochs:
        return said
    if not made:
        return f"in batches of {size}, none of which lowered the objective"
    return f"{said} ({epochs(path.taken_back)} taken back)"


def _measured(fit: FitData) -> list[str]:
    """What the fit is worth on the training rows: of squared loss first what least squares have."""
    lines, metrics = [], fit.metrics
    if fit.quality is not None:
        lines.append(
            f"R² {_shown(fit.r2)}   adjusted R² {_shown(fit.adjusted_r2)}   "
            f"RMSE {_shown(fit.rmse)}   residual deviation {_shown(fit.residual_deviation)}"
        )
    if fit.reduced is None:
        alone = f"mean loss {metrics.mean_loss:.6g}"
        lines += metrics.lines() if _is_measured(metrics) else [alone]
    return lines


def _is_measured(metrics: Metrics) -> bool:
    return any(value is not None for value in (metrics.accuracy, metrics.mae, metrics.rmse))


def _held_out(fit: FitData, held: Validation) -> list[str]:
    lowest = f"lowest at epoch {held.best_epoch}"
    if fit.reduced is None:
        rows = f"{held.rows} rows: mean loss {held.objective:.7g}; {lowest}"
        return [*held.metrics.lines(), rows]
    how = f"{held.folds} folds" if held.folds else f"{held.rows} rows"
    worth = f"R² {_shown(held.r2)}, RMSE {_shown(held.rmse)}"
    return [f"{how}: objective {held.objective:.7g}, {worth}; {lowest}"]


def _beside(label: str, lines: list[str]) -> list[str]:
    return [f"{label if not i else '':<10}{line}" for i, line in enumerate(lines)]


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.5g}"


def _coefficients(fit: FitData) -> str:
    names = [*fit.features, *(["intercept"] if fit.settings.intercept else [])]
    heads = _heads(fit)
    columns = fit.lines[: len(heads)]
    cells = [[printable(name), *map(_number, columns[:, i])] for i, name in enumerate(names)]
    table = [["", *heads, *_sure_heads(fit)]]
    table += [[*row, *_sure(fit, name)] for row, name in zip(cells, names, strict=True)]
    lines = [line.rstrip() for line in text_table(table, left=1)]
    if len(columns) < len(fit.lines):
        lines.append(f"The first {len(columns)} of {len(fit.lines)} classes; the JSON has all.")
    if fit.zeros and (fit.settings.l1 or fit.settings.positive):
        count = counted(fit.lines[:, : len(fit.features)].size, "coefficient")
        lines.append(f"{fit.zeros} of {count} {'is' if fit.zeros == 1 else 'are'} 0.")
    if fit.inference is None:
        lines.append(fit.missing("inference"))
    return "\n".join(lines)


def _heads(fit: FitData) -> list[str]:
    if fit.is_multinomial and fit.classes is not None:
        return [
            name if len(name) <= 14 else f"{name[:13]}…"
            for name in map(printable, fit.classes[:_MOST_CLASSES])
        ]
    if is_of_classes(fit.loss) and fit.classes is not None:
        return [f"coefficient of {printable(fit.classes[1])}"]
    return ["coefficient"]


def _sure_heads(fit: FitData) -> list[str]:
    """How sure and how exact coefficients are: heads of the columns."""
    heads = [] if fit.inference is None else ["std. error", "t", "p", "95 % from", "to"]
    return [*heads, *([] if fit.digits is None else ["digits"])]


def _sure(fit: FitData, name: str) -> list[str]:
    """Cells under the heads of `_sure_heads`."""
    heads = _sure_heads(fit)
    if heads and name not in fit.names:
        return [*["–"] * (len(heads) - 1), "left out"]
    cells = []
    if fit.inference is not None:
        interval = fit.inference[name]
        cells = [f"{interval.standard_error:.5g}", f"{interval.t:.4g}", f"{interval.p:.3g}"]
        cells += [f"{interval.low:.6g}", f"{interval.high:.6g}"]
    return [*cells, *([] if fit.digits is None else [f"{fit.digits[name]:.0f}"])]


def _number(value: float) -> str:
    return "0" if value == 0.0 else f"{value:.9g}"
