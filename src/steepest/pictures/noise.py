"""The noise about a fit: how densely its residuals lie, beside the normal density of their size."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.pictures.line import LineView
from steepest.pictures.new_figure import new_figure
from steepest.pictures.picture import LeftOut
from steepest.pictures.predictions import PredictionsView
from steepest.pictures.style import (
    BLUE,
    GREEN,
    ORANGE,
    PAPER,
    Axes,
    axes_or_new,
    label,
    legend,
    plot_rows,
)
from steepest.wording.fact import Fact, fact, phrase

FEWEST_ROWS = 20  # fewer make no density
_BARS = (8, 60)  # fewest and most
_POINTS = 201
# Residuals this much smaller than the target are what rounding leaves.
_ROUNDING = 1e-12
_SIZE = (9.6, 4.3)  # inches
BANDS = ((2.0, "± 2σ", 0.12), (1.0, "± σ", 0.3))


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
        line = LineView.of(fit) if len(fit.features) == 1 else None
        size = fact("size of noise", deviation=deviation, one=within[0], two=within[1])
        notes = (size, *rows.notes)
        return NoiseView(fit.target, edges, heights, at, normal, deviation, within, line, notes)


def plot(view: NoiseView, ax: Axes | None = None) -> Axes:
    """Draw the residuals' density as bars, and the normal density of the same deviation.

    On a new figure it stands beside the fitted line, where there is one.
    """
    if ax is None and view.line is not None:
        figure = new_figure(_SIZE, layout="constrained", facecolor=PAPER)
        left, right = figure.subplots(1, 2)
        _draw_line(view.line, view.deviation, axes_or_new(left))
        ax = right
    ax = axes_or_new(ax)
    ax.stairs(
        view.heights, view.edges, fill=True, color=BLUE, alpha=0.45, label=phrase("residuals")
    )
    name = phrase("normal noise", deviation=view.deviation)
    ax.plot(view.at, view.normal, color=ORANGE, lw=2.0, label=name)
    ax.axvline(0.0, color=GREEN, lw=1.2, ls="--")
    ax.set_ylim(bottom=0.0)
    label(ax, phrase("residuals of", target=view.target), phrase("density"))
    legend(ax)
    return ax


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


def _draw_line(line: LineView, deviation: float, ax: Axes) -> None:
    """The rows, the fitted line, and how far the noise reaches on both sides of it."""
    plot_rows(ax, line.x, line.y)
    heights = line.lines.get(line.chosen)
    if heights is not None:
        for times, name, alpha in BANDS:
            low, high = heights - times * deviation, heights + times * deviation
            ax.fill_between(line.ends, low, high, color=ORANGE, alpha=alpha, lw=0, label=name)
        ax.plot(line.ends, heights, color=ORANGE, lw=2.0, label=phrase("fitted line"))
    label(ax, line.feature, line.target)
    legend(ax)
