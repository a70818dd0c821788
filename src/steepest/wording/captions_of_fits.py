"""What is said below pictures of fits, or in their place."""

from steepest.wording.numbers import count, number, percent


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
        f"σ = {number(deviation)} is estimated from the residuals. {percent(one)} of them lie "
        f"within ± σ and {percent(two)} within ± 2σ; of normal noise 68 % and 95 % do."
    )


def rows_measured(rows: int, where: str) -> str:
    return f"{rows:,} {where}."


def only_the_loss_was_measured() -> str:
    return "The rows stayed in their engine: nothing but their loss was measured."


def no_probabilities() -> str:
    return "The loss gives no probabilities that could be compared with what happened."


def no_finite_probabilities() -> str:
    return "There are no finite probabilities to compare with what happened."


def rows_in_groups(rows: int, where: str, groups: int) -> str:
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
