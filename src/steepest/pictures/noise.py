"""The noise about a fit: how densely its residuals lie, beside the normal density of their size."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.pictures.chart import BLUE, Axis, Chart, series, spread, upright
from steepest.pictures.picture import LeftOut
from steepest.pictures.predictions import PredictionsView
from steepest.wording.fact import Fact, fact, phrase, text_of

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
    """

    target: str
    edges: Floats
    heights: Floats
    at: Floats
    normal: Floats
    deviation: float
    within: tuple[float, float]
    notes: tuple[Fact, ...]

    @staticmethod
    def of(fit: FitData) -> "NoiseView":
        """The residuals at the chosen epoch.

        Raises LeftOut for fewer than 20 rows, weighted rows, or a fit that leaves no residuals.
        """
        if fit.classes is None and fit.quality is None:
            raise LeftOut(fact("noise needs squared loss"))
        rows = PredictionsView.of(fit)
        if fit.encoding.weights is not None:
            raise LeftOut(fact("noise of weighted rows"))
        if len(rows.true) < FEWEST_ROWS:
            raise LeftOut(fact("density needs rows", fewest=FEWEST_ROWS, rows=len(rows.true)))
        residuals, deviation = rows.residuals, rows.deviation
        if deviation is None or deviation <= _ROUNDING * np.abs(rows.true).max():
            raise LeftOut(fact("fit leaves no noise"))
        edges, heights = _bars(residuals)
        reach = max(3.5 * deviation, -edges[0], edges[-1])
        at = np.linspace(-reach, reach, _POINTS)
        normal = np.exp(-0.5 * (at / deviation) ** 2) / (deviation * math.sqrt(2.0 * math.pi))
        sizes = np.abs(residuals)
        within = float(np.mean(sizes <= deviation)), float(np.mean(sizes <= 2.0 * deviation))
        size = fact("size of noise", deviation=deviation, one=within[0], two=within[1])
        notes = (size, *rows.notes)
        return NoiseView(fit.target, edges, heights, at, normal, deviation, within, notes)


def chart(fit: FitData) -> Chart:
    """The residuals' density as bars, and the normal density of the same deviation."""
    view = NoiseView.of(fit)
    feet = np.column_stack([view.edges[:-1], np.zeros(len(view.heights))])
    tops = np.column_stack([view.edges[1:], view.heights])
    name = phrase("normal noise", deviation=view.deviation)
    drawn = [
        spread(feet, tops, "boxes", phrase("residuals"), BLUE),
        series(view.at, view.normal, name),
        upright(0.0),
    ]
    top = 1.05 * float(max(view.heights.max(), view.normal.max()))
    label, (low, high) = phrase("residuals of", target=view.target), view.at[[0, -1]].tolist()
    x, y = Axis(label, low=low, high=high), Axis(phrase("density"), low=0.0, high=top)
    return Chart(x, y, drawn, note=text_of(view.notes))


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
