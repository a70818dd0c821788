"""How the eigenvalues of a second derivative are spread."""

from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.lanczos import Density
from steepest.wording.numbers import number

_POINTS = 801
_WIDTH = 0.01  # of the span: each eigenvalue is blurred to a normal curve as wide as that
_PAD = 0.05
_SMALLEST = 1e-5  # relative to the highest: what is lower is not drawn
_ROUNDING = 1e-4  # relative to the largest, an eigenvalue that may be 0


@final
@dataclass(frozen=True, eq=False)
class SpectrumView:
    """`density` (n,) at the eigenvalues `at` (n,), blurred by `width`; its area is 1.

    `largest`, `smallest`: the outermost that were found.
    """

    at: Floats
    density: Floats
    width: float
    smallest: float
    largest: float
    heights: tuple[float, float]
    note: str

    @staticmethod
    def of(found: Density) -> "SpectrumView":
        """The view of a density."""
        low, high = float(found.values.min()), float(found.values.max())
        span = (high - low) or abs(high) or 1.0
        at = np.linspace(low - _PAD * span, high + _PAD * span, _POINTS)
        density = found.at(at, _WIDTH * span)
        top = float(density.max())
        return SpectrumView(
            at=at,
            density=density,
            width=_WIDTH * span,
            smallest=low,
            largest=high,
            heights=(_SMALLEST * top, 2.0 * top),
            note=_note(found, low, high),
        )


def _note(found: Density, low: float, high: float) -> str:
    near = _ROUNDING * max(abs(low), abs(high))
    below = found.share_below(-near)
    return (
        f"{found.dimension} eigenvalues from {number(low)} to {number(high)}, about "
        f"{100.0 * below:.2g} % of them below 0; their sum is about {number(found.moment(1))}. "
        f"It took {found.products} Hessian-vector products."
    )
