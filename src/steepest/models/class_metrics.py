"""What is measured of predicted classes: which are taken for which, ranking and calibration."""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from scipy.special import logit

from steepest.arrays import Floats
from steepest.losses import Logistic, Loss, Multinomial
from steepest.models.calibration import CalibrationRun
from steepest.models.ranking import BITS, RankingRun

_FEWEST_BITS = 12


@final
class ClassRun:
    """Rows of classes 0, 1, …; what it finds are fields of `Metrics`."""

    def __init__(self, loss: Loss, classes: Sequence[str] | None) -> None:
        self._loss = loss
        self._several = isinstance(loss, Multinomial)
        self._labels = None if classes is None else tuple(classes)
        self._confusion = np.zeros((0, 0))
        self._rankings = list[RankingRun]()
        self._calibration = CalibrationRun()
        self._lost = False

    def add(self, eta: Floats, y: Floats, w: Floats) -> None:
        """Take in rows that have weight: η (n,) or (n, k), classes (n,), weights (n,)."""
        own = y.astype(np.intp)
        if np.isnan(eta).any():  # a descent that has left float64 takes rows for no class
            self._lost = True
            return
        means = self._loss.mean(eta)
        if np.isnan(means).any():
            self._lost = True
            return
        count = eta.shape[1] if self._several else 2
        self._prepare(count)
        taken = eta.argmax(axis=1) if self._several else (eta > 0.0).astype(np.intp)
        cells = np.bincount(own * count + taken, weights=w, minlength=count * count)
        self._confusion += cells.reshape(count, count)
        if self._several:
            self._calibration.add(means.max(axis=1), (own == taken).astype(np.float64), w)
            for label, ranking in enumerate(self._rankings):
                ranking.add(logit(means[:, label]), (own == label).astype(np.float64), w)
            return
        self._rankings[0].add(eta, y, w)
        if isinstance(self._loss, Logistic):
            self._calibration.add(means, y, w)

    def add_run(self, other: "ClassRun") -> None:
        """Take in what was measured of other rows."""
        self._lost |= other._lost
        if not other._rankings:
            return
        self._prepare(len(other._confusion))
        self._confusion += other._confusion
        self._calibration.add_run(other._calibration)
        for mine, its in zip(self._rankings, other._rankings, strict=True):
            mine.add_run(its)

    def result(self) -> dict[str, Any]:
        """Fields of `Metrics`. `log_loss` is there, as None, where the mean loss is one."""
        labels = self._labels
        if labels is None:
            labels = tuple(str(i) for i in range(len(self._confusion)))
        found: dict[str, Any] = {"classes": labels}
        if self._several or isinstance(self._loss, Logistic):
            found["log_loss"] = None
        if self._lost:
            return found
        total = float(self._confusion.sum())
        found |= {
            "accuracy": float(np.trace(self._confusion)) / total,
            "confusion": tuple(map(tuple, self._confusion.tolist())),
            "calibration": self._calibration.result(),
        }
        return found | self._ranked()

    def _ranked(self) -> dict[str, Any]:
        ranked = [ranking.result() for ranking in self._rankings]
        known = [one for one in ranked if one is not None]
        if not known or len(known) < len(ranked):
            return {}
        return {
            "roc_auc": float(np.mean([one.area for one in known])),
            "roc_auc_error": float(np.mean([one.error for one in known])),
            "roc": () if self._several else known[0].curve,
        }

    def _prepare(self, count: int) -> None:
        if self._rankings:
            return
        self._confusion = np.zeros((count, count))
        rankings = count if self._several else 1
        # Memory is bounded for all of them together.
        bits = max(_FEWEST_BITS, BITS - (rankings - 1).bit_length())
        self._rankings = [RankingRun(bits) for _ in range(rankings)]
