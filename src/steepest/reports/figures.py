"""A picture in a page: drawn, or left out with a sentence."""

from collections.abc import Callable

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from steepest.pictures.drawn import Drawn
from steepest.pictures.left_out import LeftOut
from steepest.reports.html import Html, tag
from steepest.reports.svg import to_svg


def picture_section(name: str, heading: str, draw: Callable[[], Drawn]) -> Html:
    """The picture under its heading. `name` begins its ids, and is that of no other in the page."""
    try:
        drawn = draw()
    except LeftOut as reason:
        return tag("section", tag("h2", heading), tag("p", str(reason), class_="note"))
    told = f"{heading}: {drawn.told}" if drawn.told else heading
    picture = to_svg(figure_of(drawn.axes), name, told, tight=drawn.tight)
    caption = [tag("figcaption", drawn.note)] if drawn.note else []
    return tag("section", tag("h2", heading), tag("figure", picture, caption))


def figure_of(axes: Axes) -> Figure:
    """The figure that axes are in."""
    figure = axes.figure
    assert isinstance(figure, Figure)
    return figure
