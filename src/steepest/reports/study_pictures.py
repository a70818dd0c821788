"""The pictures of a study: each path for itself, and all of them together."""

from collections.abc import Callable
from functools import partial

from steepest.path.several import SeveralPaths
from steepest.pictures import (
    curve_plot as section,
)
from steepest.pictures import (
    study_contour_plot as tracks,
)
from steepest.pictures import (
    study_objectives_plot as several,
)
from steepest.pictures.curve import SectionView
from steepest.pictures.drawn import Drawn
from steepest.pictures.left_out import LeftOut
from steepest.pictures.objective import Scale
from steepest.pictures.study_objectives import ObjectivesView
from steepest.pictures.study_objectives_plot import evenly
from steepest.pictures.study_page import StudyView, TracksView
from steepest.pictures.style import axes_or_new
from steepest.pictures.subject import Subject
from steepest.reports.figures import figure_of, picture_section
from steepest.reports.html import Html, tag
from steepest.reports.svg import to_svg

MOST_PANELS = 12
_PANEL = (4.0, 2.9)  # inches
_LEGEND = (
    "Square: the start; dots: the steps; diamond: the last one; plus: the minimum; short lines: "
    "tangents; cross: the objective is undefined."
)


def study_pictures(study: SeveralPaths) -> Html:
    """All pictures of a study."""
    pictures: list[tuple[str, str, Callable[[], Drawn]]] = [
        ("objective", "Objective by epoch", partial(_objectives, study, "linear")),
        ("objective-log", "Objective by epoch, logarithmic", partial(_objectives, study, "log")),
    ]
    above: list[Html] = []
    if study.is_of_function and len(study.paths[0].names) == 1:
        above = [_panels(study)]
    elif study.is_of_function and len(study.paths[0].names) == 2:
        above = [picture_section("tracks", "The paths", partial(_tracks, study))]
    made = [picture_section(*each) for each in pictures]
    return Html("".join([*above, tag("div", made, class_="two pictures")]))


def _objectives(study: SeveralPaths, scale: Scale) -> Drawn:
    view = ObjectivesView.of(study, scale)
    return Drawn(several.plot(view), view.note, f"{len(study)} runs")


def _tracks(study: SeveralPaths) -> Drawn:
    view = TracksView.of([Subject.of(path) for path in study.paths], study.labels)
    note = "Squares are starts, diamonds the last steps."
    return Drawn(tracks.plot(view), note, f"contours with {len(study)} runs")


def _panels(study: SeveralPaths) -> Html:
    """Each path on the curve, three beside each other where there is room."""
    heading = tag("h2", "Each path on the curve")
    try:
        view = StudyView.of(study)
    except LeftOut as reason:
        return tag("section", heading, tag("p", str(reason), class_="note"))
    places = evenly(len(view.curves), MOST_PANELS)
    panels = [
        _panel(f"curve-{place}", view.curves[place], view.labels[place], view.outcomes[place])
        for place in places
    ]
    said = [f"{len(places)} of {len(study)} runs." if len(places) < len(study) else "", _LEGEND]
    note = tag("p", " ".join(filter(None, said)), class_="note")
    return tag("section", heading, tag("div", panels, class_="panels"), note, class_="long")


def _panel(name: str, view: SectionView, label: str, outcome: str) -> Html:
    axes = axes_or_new(None, _PANEL)
    section.draw_standing(view, axes)
    section.draw_steps(view, axes)
    caption = tag("figcaption", tag("b", label), f": {outcome}. {view.note}".rstrip())
    told = f"The path of {label} on the curve: {outcome}"
    return tag("figure", caption, to_svg(figure_of(axes), name, told))
