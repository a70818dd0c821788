"""What reports say beside their numbers and pictures."""

from collections.abc import Mapping, Sequence

from steepest.wording.numbers import count, counted, listed, with_minus

# What a run did that has this verdict.
_BECAME = {
    "no minimum": "fell for ever, without a minimum",
    "converged": "converged",
    "plateau": "came to a plateau",
    "max steps": "used up all epochs",
    "oscillating": "kept oscillating",
    "cycle": "went into a cycle",
    "diverged": "diverged",
    "interrupted": "interrupted",
    "saddle": "ended at a saddle",
    "maximum": "ended at a maximum",
    "flat": "ended on flat ground",
    "left domain": "left the domain",
    "at bounds": "ended at bounds",
    "gradient lost": "descended with a part of its gradient lost",
}


def made_by(version: str) -> str:
    return f"Made by steepest {version}. This page needs no network."


def parameters_are_a_mean() -> str:
    return "The fit's parameters are the mean of the later steps."


def epoch_was_chosen(epoch: int) -> str:
    return (
        f"Epoch {count(float(epoch))} was chosen: there the objective on held-out rows is lowest."
    )


def rows_used(rows: int, folds: int | None, held_out: int) -> str:
    if folds is not None:
        return f"{rows:,} rows were used, each held out once in {folds} folds."
    used = f"{counted(rows, 'row', ',')} {'was' if rows == 1 else 'were'} used"
    return f"{used}{f', {held_out:,} of them held out' if held_out else ''}."


def strengths_in_report(folds: int | None) -> str:
    by = "one part of the rows, held out" if folds is None else f"the mean of {folds} folds"
    return f"Held-out loss has no penalty, and is of {by}. The JSON has every strength."


def meaning_of_r_squared() -> str:
    return "R² is 1 less the squares left over those about the mean."


def meaning_of_d_squared() -> str:
    return "D² is 1 less the deviance left over that of a constant."


def meaning_of_recall() -> str:
    return (
        "Recall is the share of a class's rows that is taken for it; precision the share of rows "
        "taken for it that is of it."
    )


def share_below(quantile: float) -> str:
    return f"Of the rows a share of {quantile:.6g} shall not lie above the prediction."


def mean_roc_auc() -> str:
    return "The ROC AUC is the mean over each class against all others."


def error_of_roc_auc(error: float) -> str:
    return f"The ROC AUC is right to ±{error:.1g}."


def metrics_are_weighted() -> str:
    return "All are weighted by the rows' weights."


def units_of_coefficients() -> str:
    return "Coefficients are in the target's unit per unit of the feature."


def unit_adds_to_class(what: str, label: str) -> str:
    return f"A unit of the feature adds the coefficient to the {what} of {label}."


def unit_adds_to_score() -> str:
    return "A unit of the feature adds the coefficient to the class's score."


def unit_multiplies_mean(target: str) -> str:
    return f"A unit of the feature multiplies the mean of {target} by exp(coefficient)."


def largest_in_report(shown: int, of: int) -> str:
    return (
        f"The {shown} largest of {of:,} are shown; all are in the fit's model file and in its "
        "to_dict()."
    )


def errors_of_least_squares(degrees: int) -> str:
    return (
        f"Errors, t, p and intervals are those of least squares, with {degrees:,} degrees of "
        "freedom."
    )


def first_classes_in_report(shown: int, of: int) -> str:
    return f"The first {shown} of {of} classes are shown."


def first_parameters(shown: int, of: int) -> str:
    return f"The first {shown} of {of} parameters are shown."


def first_derivatives(shown: int, of: int) -> str:
    return f"The first {shown} of {of} derivatives are shown."


def first_runs(shown: int, of: int) -> str:
    return f"The first {shown} of {of} runs."


def some_runs_of(shown: int, of: int) -> str:
    return f"{shown} of {of} runs."


def steps_left_out(count: int) -> str:
    return f"{counted(count, 'step', ',')} {'is' if count == 1 else 'are'} left out."


def more_left_out(count: int, what: str) -> str:
    return f"{count} more {what} are left out."


def marked_step_is_the_fits() -> str:
    return "The marked step is the fit's."


def parameters_in_units() -> str:
    return "Parameters are in the user's units."


def same_rate_at_every_step(rate: str) -> str:
    return f"The learning rate is {rate} at every step."


def cells_after_the_end() -> str:
    return "A cell is empty after its run has ended."


def run_from_to(start: str, end: str, optimizer: str, rate: str) -> str:
    places = with_minus(f"From {start} to {end}")
    return f"{places}, by {optimizer} at learning rate {rate}."


def same_start_and_batches() -> str:
    return "From the same start, over the same batches in the same order."


def outcomes_of_runs(counts: Mapping[str, int]) -> str:
    return f"{listed([f'{count} {_BECAME[kind]}' for kind, count in counts.items()])}."


def ended_by_rules(rules: Sequence[str]) -> str:
    return f"Some runs were ended by another rule, {listed(rules)}, which has to be given too."


def your_function(name: str) -> str:
    return f"{name}: your function of torch tensors"


def numbers_of_the_start(count: int) -> str:
    return f"start: the {count} numbers of step 0"


def formula_too_long() -> str:
    return "The formula is too long for derivatives in print."


def stationary_points(
    count: int, shown: int, complete: bool, finished: bool, reason: str, kinks: Sequence[str]
) -> str:
    """How many there are, whether these are all, and where there are kinks."""
    if not (count or finished):
        text = "The search for stationary points was not finished"
    elif not count:
        text = "There is no stationary point." if complete else "No stationary point is known"
    elif count == 1:
        text = "The gradient is 0 at one point." if complete else "One point is known"
    else:
        text = f"The gradient is 0 at {count} points" if complete else f"{count} are known"
        text += "." if complete and shown == count else ""
    if not complete:
        ended = "" if finished else "the search was not finished, "
        text += f"; {ended}there may be others" if count else ""
        text += f" ({reason})."
    if shown < count:
        text = f"{text.removesuffix('.')}, of which {shown} are listed."
    if kinks:
        text += f" Where {listed(kinks)} there may be a kink: a minimum may lie there without a "
        text += "gradient."
    return text


def nearest_stationary_point(distance: float, called: str, place: str) -> str:
    return with_minus(f"The run ended {distance:.3g} from the {called} at {place}.")


def model_trained(size: int, tensors: int, optimizers: Sequence[str]) -> str:
    of = f"{counted(size, 'parameter', ',')} in {counted(tensors, 'tensor')}"
    return f"{of}, moved by {', '.join(optimizers)}."


def every_step_recorded() -> str:
    return "Every step was recorded."


def some_steps_recorded(of: int, recorded: int) -> str:
    return f"Of {of:,} steps {recorded:,} were recorded and kept."


def no_mistake_shows() -> str:
    return "None of those that are looked for shows."


def meaning_of_digits() -> str:
    return (
        "Digits: in how many decimal digits a coefficient agrees with the exact minimum, on the "
        "safe side."
    )


def meaning_of_a_factor_of_1000() -> str:
    return (
        "A factor of 1000 of an error: the epochs until a thousandth of it is left, which gives "
        "three more digits."
    )


def meaning_of_excess() -> str:
    return "Excess: how far an objective is above the least there is."


def meaning_of_along() -> str:
    return (
        "Along x (81%): in a direction that mixes parameters, one of those in which errors shrink "
        "each at a pace of its own; x has 81% of it. Parameters below a tenth are not named."
    )
