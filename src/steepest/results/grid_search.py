"""A search over a grid, with its picture."""

from dataclasses import dataclass
from typing import Any, final

from steepest.descent.grid_search import SearchedGrid
from steepest.pictures.new_figure import shows


@final
@dataclass(frozen=True, eq=False, repr=False)
class GridSearch(SearchedGrid):
    """The objective at every point of a grid, as `steepest.search` returns it."""

    @shows
    def plot(self, path: Any = None, ax: Any = None) -> Any:
        """Draw the curve or map with the best point, and a descent's `path` on it; returns the
        matplotlib axes.
        """
        from steepest.pictures.catalogue import draw_search

        return draw_search(self, path, ax)
