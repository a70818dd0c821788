"""The objective of a model on a plane of its parameters, with its picture."""

from dataclasses import dataclass
from typing import Any, final

from steepest.watching.measure.landscape import MeasuredLandscape


@final
@dataclass(frozen=True, eq=False, repr=False)
class Landscape(MeasuredLandscape):
    """The objective of a model on a plane of its parameters, as `steepest.landscape` returns it."""

    def plot(self, ax: Any = None) -> Any:
        """Draw contours with the path on them on matplotlib axes, and return the axes."""
        from steepest.pictures.landscape import LandscapeView
        from steepest.pictures.landscape_plot import plot

        return plot(LandscapeView.of(self), ax)
