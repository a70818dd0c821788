"""What is said below pictures of paths over their parameters, or in their place."""

from collections.abc import Mapping, Sequence

from steepest.errors import printable
from steepest.wording.numbers import assigned
from steepest.wording.template import filled

# What a picture is drawn of.
NOUNS = ("path", "fit")

TEMPLATES = {
    "objective is not finite": "At {unit} {epoch:count} the objective is not a finite number.",
    "steps too far away": "Steps after {unit} {epoch:count} lie too far away to be drawn.",
    "steps thinned": "Of {of:,} steps {shown:,} are drawn, those that can be told apart.",
    "curve needs one parameter": "A curve is drawn for one parameter; this {noun} has {count}.",
    "paths share one parameter": "Paths share a curve over one parameter; these have {count}.",
    "contour needs two parameters": "A contour needs two parameters; this {noun} has one.",
    "paths share two parameters": "Paths share contours over two parameters; these have {count}.",
    "no step has a finite objective": (
        "No step has a finite objective, so that there is no curve to draw."
    ),
    "objective too large for its curve": "The objective is too large for its curve to be drawn.",
    "objective too large for contours": "The objective is too large for its contours to be drawn.",
    "steps off the curve": (
        "Hollow steps lie off this section: the curve does not show their objective."
    ),
    "steps off the slice": (
        "Hollow steps lie off this slice: they are projections, and the picture does not show "
        "their objective."
    ),
    "steps off the grid": "Hollow steps lie off this picture, which does not show their objective.",
    "hollow steps are projections": (
        "Hollow steps are projections: the picture does not show their objective."
    ),
    "axes of two scales": (
        "The axes have different scales: a gradient does not look perpendicular to the contour, "
        "though it is."
    ),
    "main plane": "The plane of the path's two main directions.",
    "plane through the last step": (
        "The plane of the path's two main directions, through its last step."
    ),
    "random plane": (
        "A plane of two random directions, in which every filter is as long as the model's and "
        "biases stay."
    ),
    "model in the middle": "The model stands in the middle.",
    "motion in the plane": "It holds {share:percent} of the path's motion.",
    "steps lie on the plane": "Every step lies on it.",
    "steps lie off the plane": (
        "The steps lie up to {distance:number} off it, {share:.2g} of the path's extent."
    ),
    "contours of": "Contours of the {objective}.",
    "contour of rows elsewhere": (
        "The rows are not in memory: each point of a contour would be a look at all of them."
    ),
    "contour of many columns": (
        "There are {columns:,} columns: a contour would multiply all of them with every row "
        "thousands of times."
    ),
    "contour of many rows": (
        "There are {rows:,} rows: a contour would look at all of them thousands of times."
    ),
    # `chosen`: by what those that are drawn were, "curvature" or "motion"; "": by the reader.
    "other parameters held": (
        "[chosen?Drawn over the two parameters [chosen=curvature?along which the objective "
        "curves|that moved] most. ]The other [others=1?parameter is|{others} parameters are] held "
        "at the values of {unit} {epoch:count}."
    ),
}


def parameters_held(values: Mapping[str, float]) -> str:
    return filled("Held: {values}.", values=assigned(values, digits=4))


def letters_without_a_font(letters: Sequence[str]) -> str:
    return filled(
        "No installed font has the letters {letters}: boxes stand for them; Noto fonts have most.",
        letters=printable("".join(letters[:8])) + "…" * (len(letters) > 8),
    )
