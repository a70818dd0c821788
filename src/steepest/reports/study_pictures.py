"""The pictures of a study: each path for itself, and all of them together."""

from functools import partial

from steepest.path.several import SeveralPaths
from steepest.pictures import curve, study_contour, study_objectives
from steepest.pictures.axis_scale import Scale
from steepest.pictures.picture import Drawing, LeftOut
from steepest.pictures.study_contour import StudyContourView
from steepest.pictures.study_objectives import ObjectivesView, evenly, series
from steepest.pictures.study_page import MOST_PANELS, StudyView
from steepest.pictures.style import axes_or_new, hues_of
from steepest.pictures.subject import Subject
from steepest.reports.figures import figure_of, picture_section
from steepest.reports.html import Html, note, section, tag
from steepest.reports.svg import to_svg
from steepest.wording.fact import fact, phrase, text_of

_PANEL = (4.0, 2.9)  # inches


def study_pictures(study: SeveralPaths) -> Html:
    """All pictures of a study."""
    above: list[Html] = []
    if study.is_of_function and len(study.paths[0].names) == 1:
        above = [_panels(study)]
    elif study.is_of_function and len(study.paths[0].names) == 2:
        above = [picture_section("tracks", phrase("The paths"), partial(_draw_contour, study))]
    linear, log = (partial(_draw_objectives, study, scale) for scale in ("linear", "log"))
    over = phrase("objective by", unit="epoch", logarithmic=True)
    curves = [
        picture_section("objective", phrase("objective by", unit="epoch"), linear),
        picture_section("objective-log", over, log),
    ]
    return Html("".join([*above, tag("div", curves, class_="two pictures")]))


def _draw_objectives(study: SeveralPaths, scale: Scale) -> Drawing:
    view = ObjectivesView.of(study, scale)
    return Drawing(study_objectives.plot(view), view.notes, fact("runs on axes", runs=len(study)))


def _draw_contour(study: SeveralPaths) -> Drawing:
    view = StudyContourView.of([Subject.of(path) for path in study.paths], study.labels)
    description = fact("contours with runs", runs=len(study))
    return Drawing(study_contour.plot(view), (fact("squares and diamonds"),), description)


def _panels(study: SeveralPaths) -> Html:
    """Each path on the curve, three beside each other where there is room."""
    heading = phrase("Each path on the curve")
    try:
        view = StudyView.of(study)
    except LeftOut as reason:
        return tag("section", tag("h2", heading), note(str(reason)))
    places = evenly(len(view.curves), MOST_PANELS)
    panels = [
        _panel(f"curve-{place}", view, place, series(len(study))[place][0]) for place in places
    ]
    notes = [fact("marks on curves")]
    if len(places) < len(study):
        notes.insert(0, fact("some runs of", shown=len(places), of=len(study)))
    return section(heading, tag("div", panels, class_="panels"), note(text_of(notes)))


def _panel(name: str, study: StudyView, place: int, color: str) -> Html:
    view, label, outcome = study.curves[place], study.labels[place], study.outcomes[place]
    axes = axes_or_new(None, _PANEL)
    curve.draw_background(view, axes, hues_of(color))
    curve.draw_steps(view, axes, hues_of(color))
    caption = tag("figcaption", tag("b", label), f": {outcome}. {text_of(view.notes)}".rstrip())
    description = phrase("path on the curve", label=label, outcome=outcome)
    return tag("figure", caption, to_svg(figure_of(axes), name, description))
