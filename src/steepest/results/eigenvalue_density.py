"""How eigenvalues are spread, with its picture."""

from dataclasses import dataclass
from typing import Any, final

from steepest.curvature.lanczos import Density


@final
@dataclass(frozen=True, eq=False, repr=False)
class EigenvalueDensity(Density):
    """The density of eigenvalues of a second derivative, as `run.spectrum()` returns it."""

    def plot(self, ax: Any = None) -> Any:
        """Draw the density on matplotlib axes, and return the axes."""
        from steepest.pictures.spectrum import SpectrumView
        from steepest.pictures.spectrum_plot import plot

        return plot(SpectrumView.of(self), ax)
