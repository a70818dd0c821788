"""What `steepest.graph` returns: a computational graph with its pictures and texts."""

from typing import TYPE_CHECKING, Any, final

from steepest.graphs.graph import ComputationalGraph
from steepest.graphs.to_text import dot, mermaid, table
from steepest.pictures.new_figure import shows

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@final
class Graph(ComputationalGraph):
    """The graph of one computation and how far the walk through it has come.

    `next` takes one step: the value of one node; when all values are there, the gradient along one
    edge. `forward` and `backward` take all that remain. Made by `steepest.graph`.
    """

    page_state = ""  # of the graph room, where that has this graph

    def text(self) -> str:
        """Two tables: the nodes with values and gradients, the edges with local derivatives."""
        return table(self)

    def to_mermaid(self) -> str:
        """The graph as text for Mermaid."""
        return mermaid(self)

    def to_dot(self) -> str:
        """The graph as text in DOT, the language of Graphviz."""
        return dot(self)

    @shows
    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the graph as far as the walk has come, and return the axes."""
        from steepest.pictures.graph import GraphView, plot

        return plot(GraphView.of(self), ax)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        from steepest.reports.widget import bundle_of

        return bundle_of(self, self.page_state) if self.page_state else {}

    def _repr_svg_(self) -> str:
        from steepest.pictures.graph import GraphView, svg

        return svg(GraphView.of(self))

    def __str__(self) -> str:
        return self.text()
