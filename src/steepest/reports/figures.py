"""A picture in a page: drawn, or the reason why it is left out."""

from collections.abc import Callable
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from steepest.errors import InputError
from steepest.pictures.catalogue import drawing_by_step
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.picture import Drawing, LeftOut
from steepest.pictures.subject import Subject
from steepest.reports.html import Html, note, tag
from steepest.reports.svg import to_svg
from steepest.wording.fact import fact, phrase, text_of
from steepest.wording.numbers import capitalized


def picture_section(
    name: str, heading: str, draw: Callable[[], Drawing], refused: type[InputError] = LeftOut
) -> Html:
    """The picture under its heading, or why it is refused.

    `name` begins its ids, and is that of no other picture in the page.
    """
    try:
        drawing = draw()
    except refused as reason:
        return tag("section", tag("h2", heading), note(capitalized(str(reason))))
    description = heading if drawing.description is None else f"{heading}: {drawing.description}"
    picture = to_svg(figure_of(drawing.axes), name, description, tight=drawing.tight)
    caption = [tag("figcaption", text_of(drawing.notes))] if drawing.notes else []
    return tag("section", tag("h2", heading), tag("figure", picture, caption))


def objectives(subject: Subject) -> list[Html]:
    """The objective of any path, linear and logarithmic: the first pictures of a report."""
    unit, draw = subject.path.unit, partial(drawing_by_step, subject, "objective", None)
    over = phrase("objective by", unit=unit, logarithmic=True)
    return [
        any_picture("objective", phrase("objective by", unit=unit), partial(draw, "linear")),
        any_picture("objective-log", over, partial(_draw_log, subject)),
    ]


# A function that is not in its run's file, say, is an InputError too.
any_picture = partial(picture_section, refused=InputError)


def _draw_log(subject: Subject) -> Drawing:
    if ObjectiveView.logarithmic(subject) is None:
        raise LeftOut(fact("few logarithms"))
    return drawing_by_step(subject, "objective", None, "log")


def figure_of(axes: Axes) -> Figure:
    """The figure that axes are in."""
    figure = axes.figure
    assert isinstance(figure, Figure)
    return figure
