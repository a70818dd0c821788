"""The objective over the steps of a path, or of one optimizer among several."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Array, Floats

# So many points of a curve are drawn at most.
_DRAWN = 1500


@final
@dataclass(frozen=True, eq=False)
class ObjectiveCurve:
    """Objectives, in the order of their steps.

    - `steps` (m,): the indices of those at which it is known;   `values` (m,): the objectives
    - `rows` (m,): of the batches; 0 where that is not known or does not apply
    - `name`: of the optimizer whose steps they are, where there are several; else ""
    """

    steps: Array
    values: Floats
    rows: Array
    name: str = ""

    @property
    def lost_since(self) -> int | None:
        """The step from which on no value is finite; None where the last one is, or there is none.

        >>> ObjectiveCurve(np.arange(3), np.array([1.0, np.inf, np.nan]), np.zeros(3)).lost_since
        1
        """
        finite = np.flatnonzero(np.isfinite(self.values))
        since = int(finite[-1]) + 1 if len(finite) else 0
        return int(self.steps[since]) if since < len(self.steps) else None

    def with_last(self, step: int, value: float) -> "ObjectiveCurve":
        """The curve with one more step."""
        return ObjectiveCurve(
            np.append(self.steps, step),
            np.append(self.values, value),
            np.append(self.rows, 0),
            self.name,
        )

    def drawn(self) -> "ObjectiveCurve":
        """The first and the last point, and between them so many that a picture shows them all: as
        many evenly spaced as ever wider apart, for logarithmic axes.

        >>> long = ObjectiveCurve(np.arange(10**6), np.zeros(10**6), np.zeros(10**6))
        >>> drawn = long.drawn().steps
        >>> drawn[:4], int(drawn[-1]), len(drawn) <= 1500
        (array([0, 1, 2, 3]), 999999, True)
        """
        count = len(self.steps)
        if count <= _DRAWN:
            return self
        even = np.linspace(0, count - 1, _DRAWN // 2)
        wide = np.geomspace(1, count, _DRAWN // 2) - 1
        shown = np.unique(np.concatenate([even, wide]).round().astype(np.int64))
        return ObjectiveCurve(self.steps[shown], self.values[shown], self.rows[shown], self.name)
