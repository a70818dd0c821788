"""The noise about a fit: how densely its residuals lie, beside the normal density of their size."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.pictures.left_out import LeftOut
from steepest.pictures.line import LineView
from steepest.pictures.predictions import PredictionsView
from steepest.wording.numbers import number

FEWEST_ROWS = 20  # fewer make no density
_BARS = (8, 60)  # fewest and most
_POINTS = 201
# Residuals this much smaller than the target are what rounding leaves.
_ROUNDING = 1e-12


@final
@dataclass(frozen=True, eq=False)
class NoiseView:
    """Densities, per unit of the target: of the residuals as bars, and of the normal distribution.

    - `edges` (b + 1,) and `heights` (b,): bars of equal width, whose areas add up to 1
    - `at` (m,) and `normal` (m,): exp(−r²/2σ²)/(σ√2π), with σ the residuals' `deviation`
    - `within`: the shares of the residuals within ±σ and ±2σ (normal: 68 % and 95 %)
    - `line`: the fitted line, for one feature
    """

    target: str
    edges: Floats
    heights: Floats
    at: Floats
    normal: Floats
    deviation: float
    within: tuple[float, float]
    line: LineView | None
    shown: str

    @staticmethod
    def of(fit: FitData) -> "NoiseView":
        """The residuals at the chosen epoch.

        Raises LeftOut for fewer than 20 rows, weighted rows, or a fit that leaves no residuals.
        """
        if fit.classes is None and fit.quality is None:
            raise LeftOut("The noise is drawn for squared loss, which is that of normal noise.")
        rows = PredictionsView.of(fit)
        if fit.encoding.weights is not None:
            raise LeftOut("The rows are weighted: their noise has no single density.")
        if len(rows.true) < FEWEST_ROWS:
            raise LeftOut(
                f"A density is drawn for {FEWEST_ROWS} rows or more; there are {len(rows.true)}."
            )
        residuals, deviation = rows.residuals, rows.deviation
        if deviation is None or deviation <= _ROUNDING * np.abs(rows.true).max():
            raise LeftOut("The fit goes through every row: there is no noise to draw.")
        edges, heights = _bars(residuals)
        reach = max(3.5 * deviation, -edges[0], edges[-1])
        at = np.linspace(-reach, reach, _POINTS)
        normal = np.exp(-0.5 * (at / deviation) ** 2) / (deviation * math.sqrt(2.0 * math.pi))
        sizes = np.abs(residuals)
        within = float(np.mean(sizes <= deviation)), float(np.mean(sizes <= 2.0 * deviation))
        line = LineView.of(fit) if len(fit.features) == 1 else None
        return NoiseView(fit.target, edges, heights, at, normal, deviation, within, line, rows.note)

    @property
    def note(self) -> str:
        """The size of the noise, and whether its middle is as that of normal noise."""
        one, two = self.within
        return (
            f"σ = {number(self.deviation)} is estimated from the residuals. {100.0 * one:.0f} % of "
            f"them lie within ± σ and {100.0 * two:.0f} % within ± 2σ; "
            f"of normal noise 68 % and 95 % do. {self.shown}"
        ).strip()


def _bars(residuals: Floats) -> tuple[Floats, Floats]:
    """Edges and heights of a histogram, its bars as wide as Freedman and Diaconis (1981) say."""
    low, high = float(residuals.min()), float(residuals.max())
    quarter, three_quarters = np.quantile(residuals, [0.25, 0.75])
    width = 2.0 * (three_quarters - quarter) / len(residuals) ** (1 / 3)
    fewest, most = _BARS
    count = math.ceil(min((high - low) / width, most)) if width > 0.0 else most
    edges = np.linspace(low, high, max(count, fewest) + 1)
    counts, _ = np.histogram(residuals, edges)
    return edges, counts / (len(residuals) * np.diff(edges))
