"""The pictures of a run: drawn, or left out with a sentence."""

from functools import partial

from steepest.path.path import DescentPath
from steepest.pictures import surface
from steepest.pictures.catalogue import drawing_by_step, objective_ends
from steepest.pictures.contour import ContourView
from steepest.pictures.picture import Drawing
from steepest.pictures.scenes import scene_of
from steepest.pictures.subject import Subject
from steepest.reports.figures import any_picture, objectives
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
    return tag("div", objectives(subject), over, pictures_by_step(subject), class_="two pictures")


def pictures_by_step(subject: Subject) -> list[Html]:
    """The pictures over the steps of any path beside its objective."""
    unit, draw = subject.path.unit, partial(drawing_by_step, subject)
    return [
        any_picture("parameters", phrase("parameters by", unit=unit), partial(draw, "parameters")),
        any_picture("gradient", phrase("gradient by", unit=unit), partial(draw, "gradient")),
    ]


def _scene(subject: Subject, name: str, heading: str, names: Names = None) -> Html:
    return any_picture(name, heading, partial(_draw_scene, subject, name, names))


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
