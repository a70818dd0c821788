"""Predictions of a fit of any loss for new rows, wherever they come from."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.losses import Multinomial
from steepest.models.prediction import open_new
from steepest.moments.one_pass import block_rows
from steepest.tables.column_encoding import Block, Tally
from steepest.tables.table import LazyTable, Table

if TYPE_CHECKING:
    from steepest.results.linear_fit import LinearFit


def predict(fit: "LinearFit", source: object) -> Any:
    """`fit.predict`: labels or means (n,), or a lazy frame with a column `prediction`."""
    table = open_new(fit, source)
    if isinstance(table, LazyTable):
        from steepest.models.linear_lazy import predict_lazily
        from steepest.tables.frames.lazy import LazyFrameTable

        assert isinstance(table, LazyFrameTable)
        return predict_lazily(fit, table)
    return answers(fit, _all_predictors(fit, table))


def predict_proba(fit: "LinearFit", source: object) -> Floats:
    """`fit.predict_proba`: (n, k)."""
    check_probabilities(fit)
    table = open_new(fit, source)
    if isinstance(table, LazyTable):
        raise InputError(
            "a lazy frame gets one column of predictions, not probabilities: collect it first, for "
            "example with .collect()"
        )
    return probabilities(fit, _all_predictors(fit, table))


def check_probabilities(fit: "LinearFit") -> None:
    """Raise InputError for a loss that gives none."""
    if fit.has_probabilities:
        return
    hint = "logistic loss has" if fit.labels is not None else "it predicts a number"
    raise InputError(f"{fit.loss.name} loss has no probabilities of classes; {hint}")


def answers(fit: "LinearFit", eta: Floats) -> Any:
    """The label or the mean of each row with linear predictors (n, k); nan or None where nan."""
    if fit.labels is None:
        return fit.loss.mean(eta[:, 0])
    lost = np.isnan(eta).any(axis=1)
    codes = eta.argmax(axis=1) if eta.shape[1] > 1 else (eta[:, 0] > 0.0).astype(np.intp)
    return fit.labels.of(np.where(lost, -1, codes))


def probabilities(fit: "LinearFit", eta: Floats) -> Floats:
    """The probability of each class (n, k) from linear predictors."""
    if isinstance(fit.loss, Multinomial):
        return fit.loss.mean(eta)
    loss = fit.loss
    return np.column_stack([loss.mean(-eta[:, 0]), loss.mean(eta[:, 0])])


def predictor_blocks(
    fit: "LinearFit", table: Table, tally: Tally
) -> Iterator[tuple[Block, Floats]]:
    """Blocks of new rows with their linear predictors (n, k)."""
    p = len(fit.features)
    slopes = fit.lines[:, :p]
    offsets = fit.lines[:, p] if fit.lines.shape[1] > p else np.zeros(len(slopes))
    for block in fit.encoding.blocks(table, block_rows(p), with_target=False, tally=tally):
        with np.errstate(over="ignore", invalid="ignore"):
            eta = block.features @ slopes.T + offsets
            lost = np.flatnonzero(~np.isfinite(fit.loss.mean(eta)).all(axis=1))
        if len(lost):
            fit.encoding.check_block(block, table.where)
            raise InputError(
                f"{table.where(block.row(int(lost[0])))}: the prediction is beyond float64; check "
                "that row's values"
            )
        yield block, eta


def _all_predictors(fit: "LinearFit", table: Table) -> Floats:
    """The linear predictors (n, k) of all rows; nan for those that were dropped."""
    tally = Tally()
    parts = list(predictor_blocks(fit, table, tally))
    eta = np.full((tally.rows_read, len(fit.lines)), np.nan)
    for block, values in parts:
        eta[block.numbers] = values
    return eta
