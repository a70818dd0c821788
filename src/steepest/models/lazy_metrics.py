"""What a fit is worth on rows that stay in their engine: sums of one aggregate query."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from steepest.arrays import Floats
from steepest.losses import Logistic, Multinomial
from steepest.losses.counts_and_amounts import LogMean
from steepest.losses.engine_columns import (
    Column,
    Operand,
    Stages,
    choose,
    exp,
    expm1,
    log,
    log1p,
    maximum,
)
from steepest.losses.two_classes import TwoClasses
from steepest.models.metrics import Metrics, deviance_power, explained
from steepest.problems.linear_in_engine import LazyLinearProblem

_NEAR = 0.5  # as in deviance.py
_CELL = "cell"


def lazy_metrics(
    problem: LazyLinearProblem, parameters: Floats, classes: Sequence[str] | None = None
) -> Metrics:
    """Metrics of all rows at θ (d,), by one query: what `measure` finds of the same rows in memory.

    ROC AUC and calibration, which need the rows in order, are not measured; and nothing but the
    loss is where it has left float64.
    """
    rows, weight = problem.rows, problem.total_weight
    alone = Metrics(str(problem.loss), rows, weight, math.nan, classes=_labels(problem, classes))
    if not np.isfinite(problem.objective(parameters)):
        return alone
    if isinstance(problem.loss, TwoClasses | Multinomial):
        found, total = _of_classes(problem, parameters)
    else:
        found, total = _of_numbers(problem, parameters)
    mean = total / weight
    if isinstance(problem.loss, Logistic | Multinomial):
        found["log_loss"] = mean
    return Metrics(str(problem.loss), rows, weight, mean, classes=alone.classes, **found)


def _labels(problem: LazyLinearProblem, classes: Sequence[str] | None) -> tuple[str, ...] | None:
    if classes is not None:
        return tuple(classes)
    if isinstance(problem.loss, TwoClasses | Multinomial):
        return tuple(str(place) for place in range(len(problem.lazy_rows.class_weights)))
    return None


def _of_classes(problem: LazyLinearProblem, parameters: Floats) -> tuple[dict[str, Any], float]:
    """Weights by the rows' class and the class they are taken for, summed in the engine."""
    count = max(problem.predictors, 2)
    cells = problem.sums(parameters, partial(_cells, count), key=_CELL)
    confusion = np.zeros((count, count))
    for cell in cells:
        confusion.flat[round(cell[_CELL])] = cell["weight"]
    found: dict[str, Any] = {
        "accuracy": float(np.trace(confusion)) / float(confusion.sum()),
        "confusion": tuple(tuple(row) for row in confusion.tolist()),
    }
    return found, math.fsum(cell["loss"] for cell in cells)


def _cells(count: int, stages: Stages, etas: list[Column], y: Column) -> dict[str, Column]:
    """The place in the confusion table: the first of the largest predictors counts."""
    if len(etas) == 1:
        return {_CELL: y * float(count) + choose(etas[0] > 0.0, 1.0, 0.0)}
    top = etas[0]
    for each in etas[1:]:
        top = stages.kept(maximum(top, each))
    taken: Operand = float(count - 1)
    for place in reversed(range(count - 1)):
        taken = choose(etas[place] == top, float(place), taken)
    return {_CELL: y * float(count) + taken}


def _of_numbers(problem: LazyLinearProblem, parameters: Floats) -> tuple[dict[str, Any], float]:
    weight, constant = problem.total_weight, problem.lazy_rows.mean
    power = deviance_power(problem.loss)
    log_mean = isinstance(problem.loss, LogMean)
    (sums,) = problem.sums(parameters, partial(_errors, constant, power, log_mean))
    found: dict[str, Any] = {
        "mae": sums["absolute"] / weight,
        "rmse": math.sqrt(sums["squares"] / weight),
        "r2": explained(sums["squares"], sums["spread"]),
    }
    if power is not None:
        found["deviance"] = sums["deviance"] / weight
        found["d2"] = explained(sums["deviance"], sums["null_deviance"])
    return found, sums["loss"]


def _errors(
    constant: float,
    power: float | None,
    log_mean: bool,
    stages: Stages,
    etas: list[Column],
    y: Column,
) -> dict[str, Column]:
    """What errors and deviance add up of, at the prediction and at the targets' mean."""
    eta = etas[0]
    error = stages.kept(y - (exp(eta) if log_mean else eta))
    about = y - constant
    summed = {"absolute": np.abs(error), "squares": error * error, "spread": about * about}
    if power is not None:
        summed["deviance"] = _deviance(y, eta, power)
        summed["null_deviance"] = _deviance(y, 0.0 * y + math.log(constant), power)
    return summed


def _deviance(y: Column, eta: Column, power: float) -> Column:
    """The deviance of targets from means exp(η), as `deviance.deviances` has it; y may be 0 for
    powers below 2, and no logarithm of 0 is asked for.
    """
    mean = exp(eta)
    part, ratio = y.stages.kept((y - mean) / mean), y.stages.kept(y / mean)
    near, there = np.abs(part) < _NEAR, ratio > 0.0
    logarithm = choose(
        near,
        log1p(choose(near, part, 0.0)),
        log(choose(there, ratio, 1.0)),
    )
    if power == 1.0:
        found: Column = 2.0 * mean * (ratio * logarithm - part)
    elif power == 2.0:
        found = 2.0 * (part - logarithm)
    else:
        grown = choose(there, expm1((2.0 - power) * logarithm), -1.0)
        scale = exp((2.0 - power) * eta)
        found = 2.0 * scale * (grown / (2.0 - power) - part) / (1.0 - power)
    return found
