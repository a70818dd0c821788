"""Predictions for new rows, wherever they come from."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, final

import numpy as np

from steepest.arrays import Floats, array_of_tensor
from steepest.errors import InputError
from steepest.losses import Logistic, Loss, Multinomial
from steepest.models.fit_data import FitData
from steepest.models.labels import Labels
from steepest.models.predictor import PREDICTION, Predictor
from steepest.moments.one_pass import block_rows
from steepest.number_checks import check_choice
from steepest.tables.column_encoding import Block, Encoding, Tally
from steepest.tables.encoding_parts import UNSEEN, Unseen
from steepest.tables.open_table import open_table
from steepest.tables.opened_table import OpenedTable, check_same_rule
from steepest.tables.table import LazyTable, Table
from steepest.translation import joined, say

PROBABILITY = "probability"


class Predicting(Protocol):
    """What predicts: a fit, or what of it is sent to workers."""

    @property
    def encoding(self) -> Encoding: ...

    @property
    def predictor(self) -> Predictor: ...

    @property
    def loss(self) -> Loss: ...

    @property
    def labels(self) -> Labels | None: ...


@final
@dataclass(frozen=True)
class _Sent:
    encoding: Encoding
    predictor: Predictor
    loss: Loss
    labels: Labels | None


def predict(fit: FitData, source: object, unseen: Unseen) -> Any:
    """`fit.predict`: labels or means (n,), or a lazy frame with a column `prediction`."""
    check_unseen(unseen)
    table = open_new(fit, source)
    if isinstance(table, LazyTable) or table.unordered:
        return predict_in_engine(fit, table, [PREDICTION], unseen)
    return answers(fit, _predictors(fit, table, unseen))


def predict_proba(fit: FitData, source: object, unseen: Unseen) -> Any:
    """`fit.predict_proba`: (n, k), or a lazy frame with a column `probability_LABEL` of each."""
    check_unseen(unseen)
    check_probabilities(fit)
    table = open_new(fit, source)
    if isinstance(table, LazyTable) or table.unordered:
        return predict_in_engine(fit, table, probability_names(fit), unseen)
    return probabilities(fit, _predictors(fit, table, unseen))


def probability_names(fit: Predicting) -> list[str]:
    """The columns of probabilities in a table of predictions."""
    if fit.labels is None or not isinstance(fit.loss, Logistic | Multinomial):
        return []
    return [f"{PROBABILITY}_{name}" for name in fit.labels.names]


def check_new_columns(table: Table | LazyTable, added: Iterable[str]) -> None:
    """Raise InputError where the table has a column of such a name."""
    for name in added:
        if name in table.column_named:
            raise InputError(
                "{description} has a column {name!r} already; rename it",
                description=table.description,
                name=name,
            )


def predict_in_engine(
    fit: FitData, table: Table | LazyTable, added: Sequence[str], unseen: Unseen
) -> Any:
    """The user's own kind of lazy frame, with the columns that are `added`: `PREDICTION`, the
    `probability_names`, or both.
    """
    from steepest.models.predict_in_engine import predict_lazily
    from steepest.tables.frames.engine_table import lazy_of
    from steepest.tables.frames.ray_dataset import RayFrame

    check_new_columns(table, added)
    lazy = lazy_of(table)
    assert lazy is not None
    if isinstance(lazy, RayFrame):
        fit.encoding.check(table, with_target=False)
        sent = _Sent(fit.encoding, fit.predictor, fit.loss, fit.labels)
        return lazy.with_columns(added, partial(_columns, sent, unseen, added))
    frame, tally = predict_lazily(fit, lazy, added, unseen)
    _warn(tally, unseen)
    return frame


def _columns(sent: _Sent, unseen: Unseen, added: Sequence[str], rows: Any) -> list[Any]:
    """What is added to some rows, which a worker has as a PyArrow table."""
    import pyarrow

    from steepest.tables.frames.eager import open_frame

    eta = all_predictors(sent, open_frame(rows), Tally(), unseen)
    shares = iter(probabilities(sent, eta).T if probability_names(sent) else ())
    found = [answers(sent, eta) if name == PREDICTION else next(shares) for name in added]
    return [pyarrow.array(each, from_pandas=True) for each in found]


def check_unseen(unseen: object) -> None:
    """Raise InputError for what is no rule for levels that were not seen."""
    check_choice("unseen", unseen, UNSEEN)


def _predictors(fit: FitData, table: Table, unseen: Unseen) -> Floats:
    """The linear predictors of all rows, with a warning that counts levels that were not seen."""
    tally = Tally()
    eta = all_predictors(fit, table, tally, unseen)
    _warn(tally, unseen)
    return eta


def _warn(tally: Tally, unseen: Unseen) -> None:
    for note in tally.notes_on_unseen(unseen):
        warnings.warn(str(note), stacklevel=6)


def check_probabilities(fit: FitData) -> None:
    """Raise InputError for a loss that gives none."""
    if fit.has_probabilities:
        return
    hint = say("logistic loss has") if fit.labels is not None else say("it predicts a number")
    raise InputError(
        "{name} loss has no probabilities of classes; {hint}", name=fit.loss.name, hint=hint
    )


def answers(fit: Predicting, eta: Floats) -> Any:
    """The label or the mean of each row with linear predictors (n, k); nan or None where nan."""
    if fit.labels is None:
        return fit.loss.mean(eta[:, 0])
    lost = np.isnan(eta).any(axis=1)
    codes = eta.argmax(axis=1) if eta.shape[1] > 1 else (eta[:, 0] > 0.0).astype(np.intp)
    return fit.labels.of(np.where(lost, -1, codes))


def probabilities(fit: Predicting, eta: Floats) -> Floats:
    """The probability of each class (n, k) from linear predictors."""
    if isinstance(fit.loss, Multinomial):
        return fit.loss.mean(eta)
    loss = fit.loss
    return np.column_stack([loss.mean(-eta[:, 0]), loss.mean(eta[:, 0])])


def predictor_blocks(
    fit: Predicting, table: Table, tally: Tally, unseen: Unseen = "error"
) -> Iterator[tuple[Block, Floats]]:
    """Blocks of new rows with their linear predictors (n, k)."""
    rows = block_rows(len(fit.encoding.names))
    for block in fit.encoding.blocks(table, rows, with_target=False, tally=tally, unseen=unseen):
        with np.errstate(over="ignore", invalid="ignore"):
            eta = fit.predictor(block.features)
            lost = np.flatnonzero(~np.isfinite(fit.loss.mean(eta)).all(axis=1))
        if len(lost):
            fit.encoding.check_block(block, table.where)
            raise InputError(
                "{lost}: the prediction is beyond float64; check that row's values",
                lost=table.where(block.row(int(lost[0]))),
            )
        yield block, eta


def all_predictors(fit: Predicting, table: Table, tally: Tally, unseen: Unseen = "error") -> Floats:
    """The linear predictors (n, k) of all rows; nan for those that were dropped."""
    parts = list(predictor_blocks(fit, table, tally, unseen))
    eta = np.full((tally.rows_read, len(fit.predictor.slopes)), np.nan)
    for block, values in parts:
        eta[block.numbers] = values
    return eta


def open_new(fit: FitData, source: Any) -> Table | LazyTable:
    """Open new rows; bare arrays take the names of the model's columns, in their order."""
    if isinstance(source, OpenedTable):
        check_same_rule(source, fit.encoding.missing)
        return source.opened
    if isinstance(source, Table | LazyTable) or _has_names(source):
        return open_table(source)
    columns = fit.encoding.columns
    if hasattr(source, "detach"):
        source = array_of_tensor(source, "array")
    shape = np.shape(source)
    wide = shape[1] if len(shape) == 2 else 1
    if wide != len(columns):
        raise InputError(
            "the new rows have {wide: column}; the model has {count}: {columns}",
            wide=wide,
            count=len(columns),
            columns=joined(columns),
        )
    return open_table(source, names=columns)


def _has_names(source: object) -> bool:
    """Files, queries and frames name their columns; lists, arrays and tensors do not."""
    # The class is asked, not the object: a lazy frame would resolve its schema to answer.
    if isinstance(source, str) or hasattr(source, "__fspath__") or hasattr(type(source), "columns"):
        return True
    if getattr(getattr(source, "dtype", None), "names", None):  # a structured array of NumPy
        return True
    return not (isinstance(source, list | tuple) or hasattr(source, "__array__"))
