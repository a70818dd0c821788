"""Predictions for a lazy frame, as expressions that its engine computes."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import narwhals as nw

from steepest.losses.counts_and_amounts import LogMean
from steepest.models.fit_data import FitData
from steepest.models.predictor import PREDICTION
from steepest.tables.column_encoding import Tally
from steepest.tables.encoding_parts import Unseen
from steepest.tables.frames.lazy import LazyFrameTable, predict_lazy
from steepest.tables.frames.lazy_expressions import Expr, where

_HIGHEST = "steepest highest"


def predict_lazily(
    fit: FitData, table: LazyFrameTable, added: Sequence[str], unseen: Unseen
) -> tuple[Any, Tally]:
    """The user's lazy frame with the columns that are `added`, computed by its engine: predictions,
    of each class the probability, or both; and how many of its levels were not seen.
    """
    line, tally = fit.predictor, Tally()
    etas = [f"steepest {number}" for number in range(len(line.slopes))]
    lines = {
        eta: (dict(zip(fit.features, slopes.tolist(), strict=True)), float(level))
        for eta, slopes, level in zip(etas, line.slopes, line.level, strict=True)
    }
    centre = dict(zip(fit.features, line.centre.tolist(), strict=True))
    native = predict_lazy(table, fit.encoding, lines, centre, unseen=unseen, tally=tally)
    frame, found = nw.from_native(native), [nw.col(eta) for eta in etas]
    if fit.labels is None:
        answers = [found[0].exp() if isinstance(fit.loss, LogMean) else found[0]]
    else:
        # Of two classes the first has 0, and what is not there is nothing of either.
        scores = found if len(found) > 1 else [where(~found[0].is_null(), nw.lit(0.0)), found[0]]
        frame = frame.with_columns(nw.max_horizontal(*scores).alias(_HIGHEST))
        etas.append(_HIGHEST)
        shares = iter(_shares(scores))
        winner = _winner(scores, fit.labels.held)
        answers = [winner if name == PREDICTION else next(shares) for name in added]
    named = [each.alias(name) for each, name in zip(answers, added, strict=True)]
    return frame.with_columns(*named).drop(*etas).to_native(), tally


def _winner(scores: Sequence[Expr], labels: Sequence[Any]) -> Expr:
    """The label of the first highest score; missing where the scores are."""
    highest = nw.col(_HIGHEST)
    answer: Any = nw.when(~highest.is_null()).then(nw.lit(labels[-1]))
    for score, label in reversed([*zip(scores, labels, strict=True)][:-1]):
        answer = nw.when(score == highest).then(nw.lit(label)).otherwise(answer)
    return answer  # type: ignore[no-any-return]


def _shares(scores: Sequence[Expr]) -> list[Expr]:
    """exp(η) of each class as a share of their sum; the highest is taken off before."""
    powers = [(score - nw.col(_HIGHEST)).exp() for score in scores]
    total = reduce(add, powers)
    return [power / total for power in powers]
