"""The pictures in the report of a fit: drawn, or left out with a sentence."""

from functools import partial

from steepest.models.fit_data import FitData
from steepest.pictures.fit_pictures import PICTURES
from steepest.reports.figures import picture_section
from steepest.reports.html import Html, tag


def picture_sections(fit: FitData, parameters: tuple[str, str] | None = None) -> Html:
    """All pictures that the fit has, two beside each other where there is room.

    `parameters` are the two that the contour is drawn over.
    """
    asked = {"contour"} if parameters is not None else set()
    made = [
        picture_section(name, picture.heading, partial(picture.draw, fit, None, parameters))
        for name, picture in PICTURES.items()
        if name in asked or picture.is_reported(fit)
    ]
    return tag("div", made, class_="two pictures")
