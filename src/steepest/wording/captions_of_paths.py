"""What is said below pictures of paths over their parameters, or in their place."""

from collections.abc import Mapping, Sequence

from steepest.errors import printable
from steepest.wording.numbers import assigned, count, number, percent


def objective_is_not_finite(unit: str, epoch: float) -> str:
    return f"At {unit} {count(epoch)} the objective is not a finite number."


def steps_too_far_away(unit: str, epoch: float) -> str:
    return f"Steps after {unit} {count(epoch)} lie too far away to be drawn."


def steps_thinned(shown: int, of: int) -> str:
    return f"Of {of:,} steps {shown:,} are drawn, those that can be told apart."


def other_parameters_held(others: int, unit: str, epoch: float, chosen: str = "") -> str:
    """`chosen`: by what those that are drawn were, "curvature" or "motion"; "": by the reader."""
    which = "The other parameter is" if others == 1 else f"The other {others} parameters are"
    held = f"{which} held at the values of {unit} {count(epoch)}."
    by = {"curvature": "along which the objective curves most", "motion": "that moved most"}
    return f"Drawn over the two parameters {by[chosen]}. {held}" if chosen else held


def parameters_held(values: Mapping[str, float]) -> str:
    return f"Held: {assigned(values, digits=4)}."


def curve_needs_one_parameter(noun: str, count: int) -> str:
    return f"A curve is drawn for one parameter; this {noun} has {count}."


def paths_share_one_parameter(count: int) -> str:
    return f"Paths share a curve over one parameter; these have {count}."


def contour_needs_two_parameters(noun: str) -> str:
    return f"A contour needs two parameters; this {noun} has one."


def paths_share_two_parameters(count: int) -> str:
    return f"Paths share contours over two parameters; these have {count}."


def no_step_has_a_finite_objective() -> str:
    return "No step has a finite objective, so that there is no curve to draw."


def objective_too_large_for_its_curve() -> str:
    return "The objective is too large for its curve to be drawn."


def objective_too_large_for_contours() -> str:
    return "The objective is too large for its contours to be drawn."


def steps_off_the_curve() -> str:
    return "Hollow steps lie off this section: the curve does not show their objective."


def steps_off_the_slice() -> str:
    return (
        "Hollow steps lie off this slice: they are projections, and the picture does not show "
        "their objective."
    )


def steps_off_the_grid() -> str:
    return "Hollow steps lie off this picture, which does not show their objective."


def hollow_steps_are_projections() -> str:
    return "Hollow steps are projections: the picture does not show their objective."


def axes_of_two_scales() -> str:
    return (
        "The axes have different scales: a gradient does not look perpendicular to the contour, "
        "though it is."
    )


def main_plane() -> str:
    return "The plane of the path's two main directions."


def plane_through_the_last_step() -> str:
    return "The plane of the path's two main directions, through its last step."


def random_plane() -> str:
    return (
        "A plane of two random directions, in which every filter is as long as the model's and "
        "biases stay."
    )


def model_in_the_middle() -> str:
    return "The model stands in the middle."


def motion_in_the_plane(share: float) -> str:
    return f"It holds {percent(share)} of the path's motion."


def steps_lie_on_the_plane() -> str:
    return "Every step lies on it."


def steps_lie_off_the_plane(distance: float, share: float) -> str:
    return f"The steps lie up to {number(distance)} off it, {share:.2g} of the path's extent."


def surface_cut_off() -> str:
    return "The surface is cut off above the path."


def contours_of(objective: str) -> str:
    return f"Contours of the {objective}."


def contours_over(objective: str, first: str, second: str) -> str:
    return f"contours of the {objective} over {first} and {second}"


def surface_over(objective: str, first: str, second: str) -> str:
    return f"the {objective} over {first} and {second}, in three dimensions"


def contour_of_rows_elsewhere() -> str:
    return "The rows are not in memory: each point of a contour would be a look at all of them."


def contour_of_many_columns(columns: int) -> str:
    return (
        f"There are {columns:,} columns: a contour would multiply all of them with every row "
        "thousands of times."
    )


def contour_of_many_rows(rows: int) -> str:
    return f"There are {rows:,} rows: a contour would look at all of them thousands of times."


def letters_without_a_font(letters: Sequence[str]) -> str:
    shown = printable("".join(letters[:8])) + "…" * (len(letters) > 8)
    return f"No installed font has the letters {shown}: boxes stand for them; Noto fonts have most."
