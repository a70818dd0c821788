"""How the eigenvalues of a second derivative are spread."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.lanczos import Density
from steepest.pictures.picture import with_caption
from steepest.pictures.style import BLUE, GREEN, Axes, axes_or_new, label
from steepest.pictures.ticks import log_heights
from steepest.wording.fact import Fact, fact, phrases

_POINTS = 801
_WIDTH = 0.01  # of the span: each eigenvalue is blurred to a normal curve as wide as that
_PAD = 0.05
_SMALLEST = 1e-5  # relative to the highest: what is lower is not drawn
_ROUNDING = 1e-4  # relative to the largest, an eigenvalue that may be 0


@final
@dataclass(frozen=True, eq=False)
class SpectrumView:
    """`density` (n,) at the eigenvalues `at` (n,), blurred by `width`; its area is 1.

    `largest`, `smallest`: the outermost that were spectrum.
    """

    at: Floats
    density: Floats
    width: float
    smallest: float
    largest: float
    heights: tuple[float, float]
    notes: tuple[Fact, ...]

    @staticmethod
    def of(spectrum: Density) -> "SpectrumView":
        """The view of a density."""
        low, high = float(spectrum.values.min()), float(spectrum.values.max())
        span = (high - low) or abs(high) or 1.0
        at = np.linspace(low - _PAD * span, high + _PAD * span, _POINTS)
        density = spectrum.at(at, _WIDTH * span)
        top = float(density.max())
        return SpectrumView(
            at=at,
            density=density,
            width=_WIDTH * span,
            smallest=low,
            largest=high,
            heights=(_SMALLEST * top, 2.0 * top),
            notes=(_summary(spectrum, low, high),),
        )


def draw(spectrum: Density, ax: Axes | None = None) -> Axes:
    """Draw a density of eigenvalues on `ax`, or with its caption on a new figure."""
    return with_caption(plot, SpectrumView.of(spectrum), ax)


def plot(view: SpectrumView, ax: Axes | None = None) -> Axes:
    """Draw the density, and a line at 0."""
    ax = axes_or_new(ax)
    ax.fill_between(view.at, view.heights[0], view.density, color=BLUE, alpha=0.25, lw=0)
    ax.plot(view.at, view.density, color=BLUE, lw=1.4)
    ax.axvline(0.0, color=GREEN, lw=1.2, ls="--")
    log_heights(ax, *view.heights)
    ax.set_ylim(*view.heights)
    ax.set_xlim(view.at[0], view.at[-1])
    label(ax, *phrases("eigenvalue of the second derivative", "density"))
    return ax


def _summary(spectrum: Density, low: float, high: float) -> Fact:
    near = _ROUNDING * max(abs(low), abs(high))
    return fact(
        "eigenvalues",
        count=spectrum.dimension,
        low=low,
        high=high,
        negative=spectrum.share_below(-near),
        sum=spectrum.moment(1),
        products=spectrum.products,
    )
