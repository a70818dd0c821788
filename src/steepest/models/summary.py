"""A fit as text for the terminal, and as plain data for JSON."""

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.errors import printable
from steepest.wording.numbers import epochs, number, rate
from steepest.wording.text_table import text_table

if TYPE_CHECKING:
    from steepest.results.fit import Fit

WIDTH = 96


def summarize(fit: "Fit") -> str:
    """What was read and done, forecast and verdict, quality, and the table of coefficients."""
    parts = [
        _rows(fit),
        labelled("Forecast", str(fit.forecast)),
        labelled("Verdict", _verdict(fit)),
        _quality(fit),
        _coefficients(fit),
    ]
    return "\n\n".join(part for part in parts if part)


def to_dict(fit: "Fit") -> dict[str, object]:
    """Plain data, under the keys of docs/json.md."""
    inference, validation = fit.inference, fit.validation
    data: dict[str, Any] = {
        "target": fit.target,
        "source": fit.description,
        "rows": fit.rows,
        "notes": list(fit.notes),
        "coefficients": fit.coefficients,
        "intercept": fit.intercept,
        "inference": None if inference is None else inference.to_dict(),
        "digits": fit.digits,
        "distance": fit.distance,
        "initial_objective": fit.initial_objective,
        "objective": fit.objective,
        "epochs": fit.epochs,
        "learning_rate": fit.learning_rate,
        "optimizer": fit.settings.to_json()["optimizer"],
        "verdict": fit.verdict.to_dict(),
        "forecast": fit.forecast.to_dict(),
        "r2": fit.r2,
        "adjusted_r2": fit.adjusted_r2,
        "rmse": fit.rmse,
        "residual_deviation": fit.residual_deviation,
        "validation": None if validation is None else validation.to_dict(),
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


def _rows(fit: "Fit") -> str:
    used = len(fit.features)
    scale = (
        "standardised for the descent" if fit.settings.standardize else "descent on raw features"
    )
    lines = [
        printable(fit.description),
        f"{fit.rows} rows, {used} feature{'s' * (used != 1)}; {scale}",
    ]
    lines += [line for note in fit.notes for line in bullet(note)]
    return "\n".join(lines)


def bullet(note: str) -> list[str]:
    """A note as lines of a list."""
    return textwrap.wrap(printable(note), WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _verdict(fit: "Fit") -> str:
    said = str(fit.verdict)
    if fit.epochs != fit.path.epochs:
        said += (
            f" Early stopping: epoch {fit.epochs} has the lowest held-out objective, and its "
            "parameters are the fit's."
        )
    arrived = fit.verdict.kind == "converged" and (fit.inference or fit.settings.ridge > 0.0)
    return said if arrived else f"{said} {_distance(fit)}"


def _distance(fit: "Fit") -> str:
    """The parameter that has the largest part of its way to the minimum still to go."""
    problem = fit.problem
    least = problem.to_user(problem.minimizer)
    gaps = np.array(list(fit.distance.values()))
    start = np.abs(fit.path.at(0).parameters - least)
    with np.errstate(over="ignore"):
        shares = gaps / np.maximum(start, np.finfo(float).tiny)
    worst = int(np.nan_to_num(shares, nan=np.inf).argmax())
    return (
        f"Farthest from the minimum is {fit.names[worst]}: {number(float(gaps[worst]))} from "
        f"{number(float(least[worst]))}."
    )


def labelled(label: str, text: str) -> str:
    """Text within the terminal's width, with a label before it."""
    return textwrap.fill(
        printable(text),
        WIDTH,
        initial_indent=f"{label:<10}",
        subsequent_indent=" " * 10,
        break_long_words=False,
    )


def _quality(fit: "Fit") -> str:
    step = f"{epochs(fit.epochs)} at learning rate {rate(fit.learning_rate)}"
    lines = [
        f"Descent   {step}: objective {fit.initial_objective:.7g} → {fit.objective:.7g}",
        f"Fit       R² {_shown(fit.r2)}   adjusted R² {_shown(fit.adjusted_r2)}   "
        f"RMSE {_shown(fit.rmse)}   residual deviation {_shown(fit.residual_deviation)}",
    ]
    held = fit.validation
    if held is not None:
        how = f"{held.folds} folds" if held.folds else f"{held.rows} rows"
        lines.append(
            f"Held out  {how}: objective {held.objective:.7g}, R² {_shown(held.r2)}, RMSE "
            f"{_shown(held.rmse)}; lowest at epoch {held.best_epoch}"
        )
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.5g}"


def _coefficients(fit: "Fit") -> str:
    inference = fit.inference
    names = [*fit.features, *(["intercept"] if fit.settings.intercept else [])]
    head = ["", "coefficient"]
    if inference is not None:
        head += ["std. error", "t", "p", "95 % from", "to"]
    head.append("digits")
    table = [head, *(_row(fit, name) for name in names)]
    lines = text_table(table, left=1)
    if inference is None:
        lines.append(_no_inference(fit))
    return "\n".join(line.rstrip() for line in lines)


def _row(fit: "Fit", name: str) -> list[str]:
    value = fit.intercept if name == "intercept" and name not in fit.features else None
    value = fit.coefficients[name] if value is None else value
    cells = [printable(name), f"{value:.9g}"]
    inference = fit.inference
    if name not in fit.names:
        return [*cells, *(["–"] * (5 if inference is not None else 0)), "left out"]
    if inference is not None:
        interval = inference[name]
        cells += [f"{interval.standard_error:.5g}", f"{interval.t:.4g}", f"{interval.p:.3g}"]
        cells += [f"{interval.low:.6g}", f"{interval.high:.6g}"]
    return [*cells, f"{fit.digits[name]:.0f}"]


def _no_inference(fit: "Fit") -> str:
    if fit.settings.ridge > 0.0:
        why = "ridge pulls the coefficients towards 0"
    elif fit.settings.minimum_norm:
        why = "the minimum-norm answer is one of many"
    elif fit.reduced.training.rows <= len(fit.names):
        why = "there are no more rows than parameters"
    else:
        why = "the parameters are not the least-squares ones"
    return f"No standard errors: {why}."
