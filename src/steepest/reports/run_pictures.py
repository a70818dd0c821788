"""The pictures of a run: drawn, or left out with a sentence."""

from functools import partial

from steepest.errors import InputError
from steepest.path.path import DescentPath
from steepest.pictures import surface
from steepest.pictures.catalogue import drawing_by_step, objective_ends
from steepest.pictures.contour import ContourView
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.picture import Drawing, LeftOut
from steepest.pictures.scenes import scene_of
from steepest.pictures.subject import Subject
from steepest.reports.figures import picture_section
from steepest.reports.html import Html, tag
from steepest.wording.fact import fact, phrase

Names = tuple[str, str] | None


def run_pictures(path: DescentPath, names: Names = None) -> Html:
    """All pictures of a run, two beside each other where there is room.

    `names` are the two parameters that the contour is drawn over; by default the two stiffest.
    """
    subject = Subject.of(path)
    if len(subject.names) == 1:
        over = [_scene(subject, "curve", phrase("The path on the curve"))]
    elif len(subject.names) == 2:
        over = [
            _scene(subject, "contour", phrase("The path on contours"), names),
            _scene(subject, "surface", phrase("The path on the surface"), names),
        ]
    else:
        over = [
            _scene(subject, "plane", phrase("The plane of the path's main directions")),
            _scene(subject, "surface", phrase("The surface over that plane")),
            _scene(subject, "contour", phrase("A slice over two parameters"), names),
        ]
    return tag("div", over, pictures_by_step(subject), class_="two pictures")


def pictures_by_step(subject: Subject) -> list[Html]:
    """The pictures over the steps of any path."""
    unit, draw = subject.path.unit, partial(drawing_by_step, subject)
    linear = partial(draw, "objective", scale="linear")
    log, over = partial(_draw_log, subject), phrase("objective by", unit=unit, logarithmic=True)
    return [
        _section("objective", phrase("objective by", unit=unit), linear),
        _section("objective-log", over, log),
        _section("parameters", phrase("parameters by", unit=unit), partial(draw, "parameters")),
        _section("gradient", phrase("gradient by", unit=unit), partial(draw, "gradient")),
    ]


# A function that is not in its run's file, say, is an InputError too.
_section = partial(picture_section, refused=InputError)


def _draw_log(subject: Subject) -> Drawing:
    view = ObjectiveView.of(subject, "log")
    if len(view.values) < min(2, len(view.epochs)):
        raise LeftOut(fact("few logarithms"))
    return drawing_by_step(subject, "objective", scale="log")


def _scene(subject: Subject, name: str, heading: str, names: Names = None) -> Html:
    return _section(name, heading, partial(_draw_scene, subject, name, names))


def _draw_scene(subject: Subject, name: str, names: Names) -> Drawing:
    scene = scene_of(subject, name, names)
    axes = scene.plot(scene.view, None)
    if not isinstance(scene.view, ContourView):
        return Drawing(axes, scene.view.notes, objective_ends(subject))
    first, second = scene.view.grid.labels
    labels = {"objective": scene.view.grid.objective_label, "first": first, "second": second}
    if name != "surface":
        return Drawing(axes, scene.view.notes, fact("contours over", **labels))
    surface.lay_on_page(axes)
    return Drawing(axes, (fact("surface cut off"),), fact("surface over", **labels), tight=True)
