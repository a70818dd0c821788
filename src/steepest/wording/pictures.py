"""What is said below a picture, or in its place, and what a screen reader says of it."""

from collections.abc import Mapping

from steepest.wording.numbers import count, number, percent

# Paths over their parameters.


def objective_is_not_finite(unit: str, epoch: float) -> str:
    return f"At {unit} {count(epoch)} the objective is not a finite number."


def steps_too_far_away(unit: str, epoch: float) -> str:
    return f"Steps after {unit} {count(epoch)} lie too far away to be drawn."


def other_parameters_held(others: int, unit: str, epoch: float) -> str:
    which = "The other parameter is" if others == 1 else f"The other {others} parameters are"
    return f"{which} held at the values of {unit} {count(epoch)}."


def parameters_held(values: Mapping[str, float]) -> str:
    return f"Held: {', '.join(f'{name} = {number(value)}' for name, value in values.items())}."


def curve_needs_one_parameter(noun: str, count: int) -> str:
    return f"A curve is drawn for one parameter; this {noun} has {count}."


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


# Curves over the steps.


def no_loss_came_in() -> str:
    return "No loss came in."


def no_gradient_recorded() -> str:
    return "No gradient was recorded."


def objective_never_drawable() -> str:
    return "The objective is too large to be drawn at any epoch."


def few_logarithms() -> str:
    return "Too few of the objectives have a place on a logarithmic axis."


def objective_too_large(unit: str, epoch: float, limit: float) -> str:
    when = f"From {unit} {count(epoch)} on"
    return f"{when} the objective is above {number(limit)}, too large to be drawn."


def objective_too_low(unit: str, epoch: float) -> str:
    return f"From {unit} {count(epoch)} on the objective is too far below 0 to be drawn."


def objective_is_not_a_number(unit: str, epoch: float) -> str:
    return f"At {unit} {count(epoch)} the objective is not a number."


def objective_off_the_axis(unit: str, epoch: float, base: float) -> str:
    value = f"{number(base)}{' to rounding' if base else ''}"
    return f"At {unit} {count(epoch)} the objective is {value}, which this axis cannot show."


def gradient_is_zero(unit: str, epoch: float) -> str:
    return f"At {unit} {count(epoch)} the gradient is 0, which this axis cannot show."


def gradient_too_large(unit: str, epoch: float) -> str:
    return f"From {unit} {count(epoch)} on the gradient is not finite or too large to be drawn."


def parameters_too_large(unit: str, epoch: float) -> str:
    return f"From {unit} {count(epoch)} on parameters are too large to be drawn."


def parameters_that_move_most(shown: int, of: int) -> str:
    return f"The {shown} that move most of {of} parameters are shown."


def number_of_parameters(count: int) -> str:
    return f"of {count}"


def objective_from_to(start: float, first: float, end: float, last: float, unit: str) -> str:
    return f"from {number(start)} at {unit} {count(first)} to {number(end)} at {unit} {count(last)}"


# Fits.


def no_feature_was_left() -> str:
    return "There is no coefficient to draw: no feature was left."


def coefficients_too_large() -> str:
    return "The coefficients are too large to be drawn."


def lines_per_spread(spread: str) -> str:
    return f"Each line is what one {spread} of a feature adds; the dashed line is the choice."


def largest_lines_named(named: int, of: int) -> str:
    return f"The {named} largest of {of} at the choice have names."


def lines_leave_picture() -> str:
    return "Lines leave the picture where weaker penalties let them grow."


def band_is_standard_error(folds: int) -> str:
    return f"The loss is the mean of {folds} folds, and the band one standard error of that mean."


def bars_per_spread(spread: str) -> str:
    return f"Bars show what one {spread} of the feature adds."


def bars_are_intervals() -> str:
    return "Bars are 95 % intervals."


def largest_coefficients(shown: int, of: int) -> str:
    return f"The {shown} largest of {of} are shown."


def coefficients_are_zero(zeros: int, of: int) -> str:
    return f"{zeros} of {of} coefficients {'is' if zeros == 1 else 'are'} exactly 0."


def line_needs_one_feature(count: int) -> str:
    return f"A line is drawn for a fit on one feature; this one has {count}."


def mean_is_a_curve(loss: str) -> str:
    return f"The mean of {loss} loss is a curve, not a line."


def line_too_far_away(epoch: float) -> str:
    return f"The line of epoch {count(epoch)} is too far away to be drawn."


def predictions_too_large() -> str:
    return "The predictions are too large to be drawn beside the rows."


def some_rows_shown(shown: int, of: int) -> str:
    """How many rows of a sample are shown.

    >>> some_rows_shown(1000, 2_000_000)
    '1,000 of 2,000,000 rows are shown.'
    """
    return f"{shown:,} of {of:,} rows are shown."


def noise_needs_squared_loss() -> str:
    return "The noise is drawn for squared loss, which is that of normal noise."


def noise_of_weighted_rows() -> str:
    return "The rows are weighted: their noise has no single density."


def density_needs_rows(fewest: int, rows: int) -> str:
    return f"A density is drawn for {fewest} rows or more; there are {rows}."


def fit_leaves_no_noise() -> str:
    return "The fit goes through every row: there is no noise to draw."


def size_of_noise(deviation: float, one: float, two: float) -> str:
    """`one`, `two`: the shares of the residuals within one and two deviations."""
    return (
        f"σ = {number(deviation)} is estimated from the residuals. {100.0 * one:.0f} % of them lie "
        f"within ± σ and {100.0 * two:.0f} % within ± 2σ; of normal noise 68 % and 95 % do."
    )


def rows_measured(rows: int, where: str) -> str:
    return f"{rows:,} {where}."


def only_the_loss_was_measured() -> str:
    return "The rows stayed in their engine: nothing but their loss was measured."


def no_probabilities() -> str:
    return "The loss gives no probabilities that could be compared with what happened."


def no_finite_probabilities() -> str:
    return "There are no finite probabilities to compare with what happened."


def groups_of_rows(rows: int, where: str, groups: int) -> str:
    grouped = "one group" if groups == 1 else f"{groups} groups"
    return (
        f"{rows:,} {where} in {grouped} by predicted probability. Bars are 95 % intervals (Wilson)."
    )


def roc_curve_needs_two_classes() -> str:
    return "A ROC curve is of two classes; of several it would be one for each."


def rows_of_one_class() -> str:
    return "The rows do not hold both classes, so that none can be told apart."


def area_under_curve(area: float) -> str:
    return f"area {area:.4g}"


def area_of_binned_scores(error: float) -> str:
    return f"The area is right to ±{error:.1g}: scores were counted in cells."


def predictions_are_no_numbers() -> str:
    return "The predictions are no numbers, so that no class can be told."


def fields_hold_weights() -> str:
    return "Fields hold their weights."


def heaviest_classes(shown: int, of: int) -> str:
    return f"The {shown} heaviest of {of} classes are told apart."


# Studies, searches and graphs.


def runs_on_axes(runs: int) -> str:
    return f"{runs} runs"


def contours_with_runs(runs: int) -> str:
    return f"contours with {runs} runs"


def path_on_the_curve(label: str, outcome: str) -> str:
    return f"The path of {label} on the curve: {outcome}"


def squares_and_diamonds() -> str:
    return "Squares are starts, diamonds the last steps."


def marks_on_curves() -> str:
    return (
        "Square: the start; dots: the steps; diamond: the last one; plus: the minimum; short "
        "lines: tangents; cross: the objective is undefined."
    )


def some_points_shown() -> str:
    return "Not every point of the grid is drawn."


def many_nodes(count: int) -> str:
    return f"{count} nodes are hard to read in one picture; text() lists them."


# Watched loops.


def no_curvature_measured() -> str:
    return "No curvature was measured: watch(…, curvature_every=100) measures every 100 steps."


def curvature_measured(
    step: int, largest: float, share: float, measurements: int, products: int
) -> str:
    return (
        f"At step {step} λmax is {number(largest)} on the batch seen last, and the learning rate "
        f"{number(share)} of the stable one. {measurements} measurements took {products} "
        f"Hessian-vector products, about {2 * products} backward passes."
    )


def eigenvalues(
    count: int, low: float, high: float, negative: float, sum: float, products: int
) -> str:
    return (
        f"{count} eigenvalues from {number(low)} to {number(high)}, about {100.0 * negative:.2g} % "
        f"of them below 0; their sum is about {number(sum)}. It took {products} Hessian-vector "
        "products."
    )


def landscape_not_finite() -> str:
    return "The objective is finite nowhere around the path."


def landscape_cost(runs: int) -> str:
    return f"It took {runs:,} runs of the model on the batch seen last."


def landscape_contours() -> str:
    return "contours of the objective on a plane, with the steps of the loop on it"


def model_too_large_for_a_landscape(operations: float) -> str:
    return (
        f"One run of the model takes {number(operations)} operations: "
        'run.plot("landscape") draws what would be here.'
    )
