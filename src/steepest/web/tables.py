"""The report's numbers: facts, coefficients, steps, settings."""

import numpy as np

from steepest.results.fit import Fit
from steepest.views.intervals import why_no_intervals
from steepest.views.steps import StepsView
from steepest.views.subject import Subject, objective_label
from steepest.web.boxes import fact_list, settings_box
from steepest.web.cells import largest, number
from steepest.web.html import Html, row, table, tag
from steepest.wording.numbers import count

_MOST_PARAMETERS = 5  # columns of parameters in the table of steps


def facts(fit: Fit) -> Html:
    """The few numbers one looks for first."""
    said = [
        ("rows", f"{fit.rows:,}"),
        ("R²", number(fit.r2, 5)),
        ("root mean squared error", number(fit.rmse, 5)),
        ("residual standard deviation", number(fit.residual_deviation, 5)),
        (objective_label(fit), number(fit.objective, 5)),
        ("epochs", count(float(fit.epochs))),
        ("learning rate", number(fit.learning_rate, 5)),
        ("condition number", number(fit.forecast.condition_number, 4)),
    ]
    validation = fit.validation
    if validation is not None:
        said.append(("R² on held-out rows", number(validation.r2, 5)))
        said.append(("error on held-out rows", number(validation.rmse, 5)))
    return fact_list(said)


def coefficient_table(fit: Fit) -> Html:
    """Coefficients in the user's units, with intervals where the theory applies."""
    inference = fit.inference
    head = ["", "coefficient"]
    if inference is not None:
        head += ["standard error", "t", "p", "95 % from", "to"]
    head += ["distance from the minimum", "digits"]
    features = list(fit.coefficients)
    places, more = largest(np.abs(list(fit.coefficients.values())))
    shown = [*(features[place] for place in places), *_intercept(fit)]
    rows = [row(name, _coefficient(fit, name)) for name in shown]
    said = f"Coefficients are in the target's unit per unit of the feature.{more}"
    if inference is None:
        said += f" {why_no_intervals(fit)}"
    else:
        said += (
            f" Errors, t, p and intervals are those of least squares, with {inference.degrees:,} "
            "degrees of freedom."
        )
    return tag(
        "section",
        tag("h2", "Coefficients"),
        table(head, rows, class_="coefficients"),
        tag("p", said, class_="note"),
        class_="long",
    )


def _intercept(fit: Fit) -> list[str]:
    return ["intercept"] if fit.settings.intercept else []


def _coefficient(fit: Fit, name: str) -> list[str]:
    if name not in fit.names:
        width = 8 if fit.inference is not None else 3
        return ["left out", *["–"] * (width - 1)]
    cells = [number(fit.step[name])]
    if fit.inference is not None:
        one = fit.inference[name]
        cells += [number(one.standard_error, 4), number(one.t, 4), _probability(one.p)]
        cells += [number(one.low), number(one.high)]
    return [*cells, number(fit.distance[name], 3), f"{fit.digits[name]:.0f}"]


def _probability(p: float) -> str:
    return "< 1e−300" if p < 1e-300 else number(p, 3)


def steps_table(fit: Fit) -> Html:
    """About thirty steps of the path, the chosen one marked."""
    view = StepsView.of(Subject.of_fit(fit))
    names = view.names[:_MOST_PARAMETERS]
    held_out = fit.path.validation is not None
    head = ["epoch", "objective", "above the least"]
    head += ["on held-out rows"] if held_out else []
    varies = len({step.learning_rate for step in view.steps}) > 1
    head += ["gradient's norm", *(["learning rate"] if varies else []), *names]
    body = []
    for step, norm in zip(view.steps, view.gradient_norms().tolist(), strict=True):
        cells = [
            number(step.objective, 8),
            number(max(step.objective - fit.problem.minimum, 0.0), 4),
        ]
        cells += [number(step.validation, 8)] if held_out else []
        cells += [number(norm, 4), *([number(step.learning_rate)] if varies else [])]
        cells += [number(step[name]) for name in names]
        marked = {"class_": "chosen"} if step.index == view.chosen else {}
        body.append(row(count(float(step.index)), cells, **marked))
    said = [f"{view.omitted:,} steps are left out." if view.omitted else ""]
    if len(view.names) > len(names):
        said.append(f"The first {len(names)} of {len(view.names)} parameters are shown.")
    said.append("The marked step is the fit's. Parameters are in the user's units.")
    return tag(
        "section",
        tag("h2", "Steps"),
        table(head, body),
        tag("p", " ".join(filter(None, said)), class_="note"),
        class_="long",
    )


def settings_table(fit: Fit) -> Html:
    """What the fit was asked for."""
    return settings_box(_settings(fit))


def _settings(fit: Fit) -> dict[str, object]:
    said: dict[str, object] = dict(fit.settings.to_json())
    optimizer = said.pop("optimizer")
    assert isinstance(optimizer, dict)
    named = dict(optimizer)
    told = {"optimizer": named.pop("name"), **{f"– {key}": value for key, value in named.items()}}
    return {**told, **said, "missing values": fit.encoding.missing, "weights": fit.encoding.weights}
