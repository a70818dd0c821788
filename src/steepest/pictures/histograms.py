"""How the numbers of each tensor are spread, step by step: a panel for each tensor and kind."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from steepest.arrays import Floats
from steepest.path.path import KEPT_ALL
from steepest.pictures.new_figure import new_figure
from steepest.pictures.picture import with_caption
from steepest.pictures.style import INK, PAPER, Axes, axes_or_new, shortened
from steepest.pictures.ticks import epoch_axis
from steepest.watching.record.histograms import KINDS, RecordedHistograms
from steepest.wording.fact import Fact, fact, phrase, phrases

MOST = 6
# Of all numbers of a panel so many lie outside it, on each side: a few far ones press all others
# flat.
_OUTSIDE = 0.005
_WIDTH, _HEIGHT = 9.6, 1.55  # inches, of the figure and of a row


@final
@dataclass(frozen=True, eq=False)
class Panel:
    """`shares` (b, n) of a tensor's numbers in bins of one width between `edges` (b + 1,), at n
    steps; nan where the tensor had no number then, as a parameter without a gradient.
    """

    edges: Floats
    shares: Floats

    @staticmethod
    def of(counts: Floats, ends: Floats) -> "Panel":
        """Counts (n, b) between ends (n, 2) that differ from step to step, on bins of all steps."""
        known = counts.sum(axis=1) > 0
        low, high = _window(counts[known], ends[known])
        bins = counts.shape[1]
        edges = np.linspace(low, high, bins + 1)
        shares = np.full((bins, len(counts)), np.nan)
        for place in np.flatnonzero(known).tolist():
            shares[:, place] = np.diff(_below(edges, counts[place], ends[place]))
        return Panel(edges, shares)


@final
@dataclass(frozen=True, eq=False)
class HistogramsView:
    """Of each of `tensors` (r,) a panel for parameters, gradients and updates, over `steps` (n,).

    Of many tensors those with the most numbers are shown, in the model's order.
    """

    tensors: tuple[str, ...]
    steps: Floats
    panels: tuple[tuple[Panel, ...], ...]
    notes: tuple[Fact, ...]

    @property
    def sides(self) -> Floats:
        """Where columns (n + 1,) begin and end: each to the middle of its neighbours."""
        steps = self.steps
        between = (steps[1:] + steps[:-1]) / 2.0
        return np.concatenate([[steps[0]], between, [steps[-1] + (0.5 if len(steps) > 1 else 1.0)]])

    @staticmethod
    def of(histograms: RecordedHistograms) -> "HistogramsView":
        """The view of a loop's histograms."""
        sizes = histograms.counts[:, 0].sum(axis=(0, 2))
        places = sorted(np.argsort(-sizes, kind="stable")[:MOST].tolist())
        few = fact("largest tensors", shown=len(places), of=len(sizes))
        counts = histograms.counts.astype(np.float64)
        return HistogramsView(
            tensors=tuple(histograms.tensors[place] for place in places),
            steps=histograms.steps.astype(np.float64),
            panels=tuple(
                tuple(
                    Panel.of(counts[:, kind, place], histograms.ends[:, kind, place])
                    for kind in range(len(KINDS))
                )
                for place in places
            ),
            notes=(fact("shades of histograms"), *([few] if len(places) < len(sizes) else [])),
        )


def draw(histograms: RecordedHistograms) -> Any:
    """Draw histograms with their caption on a new figure, and return its axes (r, 3)."""
    view = HistogramsView.of(histograms)
    axes = plot(view)
    with_caption(lambda *_: axes[-1, 0], view, None)
    return axes


def plot(view: HistogramsView) -> Any:
    """The panels on a new figure: its axes (r, 3)."""
    figure = new_figure(
        (_WIDTH, _HEIGHT * len(view.tensors) + 1.0), layout="constrained", facecolor=PAPER
    )
    axes = figure.subplots(len(view.tensors), len(KINDS), squeeze=False, sharex=True)
    for row, name, panels in zip(axes, view.tensors, view.panels, strict=True):
        row[0].set_ylabel(shortened(name, 22), parse_math=False, color=INK, fontsize=9)
        for ax, panel in zip(row, panels, strict=True):
            _draw_panel(panel, view.sides, axes_or_new(ax))
    for ax, name in zip(axes[0], phrases("parameters", "gradients", "updates"), strict=True):
        ax.set_title(name, color=INK, fontsize=10)
    for ax in axes[-1]:
        ax.set_xlabel(phrase("unit of steps", unit="step"), color=INK, fontsize=9)
    return axes


def _draw_panel(panel: Panel, sides: Floats, ax: Axes) -> None:
    ax.grid(False)
    shades = np.sqrt(panel.shares)  # so that the thin tails are seen too
    ax.pcolormesh(sides, panel.edges, shades, cmap="Blues", vmin=0.0, rasterized=True)
    epoch_axis(ax, float(sides[-1]), KEPT_ALL)
    ax.set_xlim(sides[0], sides[-1])
    ax.tick_params(labelsize=8)


def _window(counts: Floats, ends: Floats) -> tuple[float, float]:
    """Between which numbers nearly all of all steps lie."""
    if not len(counts):
        return -0.5, 0.5
    shares = counts / counts.sum(axis=1, keepdims=True) / len(counts)
    edges = np.linspace(ends[:, 0], ends[:, 1], counts.shape[1] + 1, axis=1)
    left, right = edges[:, :-1].ravel(), edges[:, 1:].ravel()
    low = _quantile(left, shares.ravel(), _OUTSIDE)
    high = -_quantile(-right, shares.ravel(), _OUTSIDE)
    if not low < high:
        reach = 0.5 * abs(low) or 0.5
        return low - reach, low + reach
    return low, high


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    """The value below which so large a share of the weights lies."""
    order = np.argsort(values)
    order = order[weights[order] > 0.0]
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, share * below[-1])])


def _below(edges: Floats, counts: Floats, ends: Floats) -> Floats:
    """The share of one step's numbers below each edge: within a bin they are spread evenly."""
    low, high = ends
    if low == high:
        above = np.append(edges[:-1] > low, edges[-1] >= low)  # the last bin is closed, as NumPy's
        return np.asarray(above, dtype=np.float64)
    own = np.linspace(low, high, len(counts) + 1)
    below = np.concatenate([[0.0], np.cumsum(counts)]) / counts.sum()
    return np.asarray(np.interp(edges, own, below))
