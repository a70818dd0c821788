"""`search` evaluates a formula, a function or the loss of a table at every point of a grid."""

from collections.abc import Mapping
from numbers import Real
from reprlib import repr as shortened
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from steepest.api.pose import Objective, pose_text
from steepest.api.study import is_table
from steepest.descent.grid_search import parse_axis, search_grid
from steepest.errors import InputError, KeywordError
from steepest.keywords import keywords_of, names_here
from steepest.number_checks import as_numbers, check_called
from steepest.problems.function import FunctionProblem
from steepest.problems.problem import Problem
from steepest.results.grid_search import GridSearch
from steepest.translation import say

Axis = ArrayLike | str | slice


def search(
    objective: Objective | Any,
    over: Mapping[str, Axis] | str | list[str] | None = None,
    *,
    at: Mapping[str, float] | None = None,
    target: Any = None,
    progress: Any = None,
    **values: Any,
) -> GridSearch:
    """Find the least value of an objective by trying every point of a grid.

    - `objective`: a formula, the name of a known function or a Python function, as of
      `steepest.minimize`; or a table, as of `steepest.fit`: then the objective of that fit is tried
      over its coefficients and intercept, in the units of the columns, with `target` and the other
      options of `steepest.fit`
    - `over`: the values of each parameter: a range (lower, upper, step), both ends of which belong
      to it, unlike numpy.arange's; a list or an array of values; or in words "w=0:4:0.1", several
      in a list
    - `at`: one value for each parameter that is not searched over; those of a table are by default
      held at the fit's own
    - `values`: the same by the parameters' own names, w=(0, 4, 0.1), and numbers that are held
    - `progress`: called with the points done and their number

    Raises InputError where the objective, a name or a range cannot be used, and for more than 100
    million points.

    >>> import steepest
    >>> found = steepest.search("14/3*(w-2)**2", w=(0, 4, 0.1))
    >>> found.best, len(found.axes[0]), round(float(found.objective[0]), 7)
    ({'w': 2.0}, 41, 18.6666667)
    >>> found = steepest.search([1, 2, 3], target=[2, 4, 6], intercept=False, x=(0, 4, 0.1))
    >>> found.best, round(float(found.objective[0]), 7)
    ({'x': 2.0}, 18.6666667)
    """
    from steepest.api.fit import fit

    rows = is_table(objective, target)
    check_called("progress", progress)
    if not isinstance(at, Mapping | None):
        raise InputError("at is {at}; give numbers by name, {{'b': 1}}", at=shortened(at))
    axes, held = _axes(over), dict(at or {})
    _check_keywords(values, rows)
    known = keywords_of(fit) if rows else []
    # The intercept is a parameter too: only True and False say whether there is one.
    names = [n for n in known if n in values and (n != "intercept" or isinstance(values[n], bool))]
    options = {name: values.pop(name) for name in names}
    for name, value in values.items():
        if name in axes or name in held:
            raise InputError("{name} is given twice; give it once", name=name)
        if isinstance(value, Real):
            held[name] = float(as_numbers(value, name))
        else:
            axes[name] = _values(name, value)
    if not axes:
        raise InputError(_nothing(options))
    if rows:
        problem, text, least = _problem_of_table(objective, target, options)
        held = {**{name: least[name] for name in least if name not in axes}, **held}
    elif target is not None:
        raise InputError("a formula or function takes no target: it has no rows")
    else:
        problem, text = _problem(objective, axes, held), ""
    return GridSearch(**vars(search_grid(problem, axes, at=held, progress=progress, text=text)))


def _axes(over: Mapping[str, Axis] | str | list[str] | None) -> dict[str, ArrayLike]:
    if over is None:
        return {}
    if isinstance(over, Mapping):
        return {name: _values(name, values) for name, values in over.items()}
    if not isinstance(over, str | list | tuple) or not all(isinstance(each, str) for each in over):
        raise InputError(
            "over is {over}; give ranges by name, {{'w': (0, 4, 0.1)}}, or text such as "
            "'w=0:4:0.1'",
            over=shortened(over),
        )
    axes: dict[str, ArrayLike] = {}
    for text in [over] if isinstance(over, str) else over:
        name, values = parse_axis(text)
        if name in axes:
            raise InputError("{name} is searched over twice; give it once", name=name)
        axes[name] = values
    return axes


def _values(name: str, given: Axis) -> ArrayLike:
    """The values of an axis: those of a range, which is a tuple, a slice or a text; else as given.

    >>> len(_values("w", (0, 4, 0.1))), _values("w", [0, 4, 0.1])
    (41, [0, 4, 0.1])
    """
    if isinstance(given, str):
        return parse_axis(f"{name}={given}")[1]
    ends = (given.start, given.stop, given.step) if isinstance(given, slice) else given
    if not isinstance(ends, tuple):
        return cast(ArrayLike, given)
    if len(ends) != 3 or not all(isinstance(end, Real) for end in ends):
        raise InputError(
            "{name} is {given!r}: give a range (lower, upper, step), or a list of values",
            name=name,
            given=given,
        )
    lower, upper, step = map(float, ends)
    if step > upper - lower > 0.0:
        raise InputError(
            "the step of {name}, {step:g}, is longer than the range from {lower:g} to "
            "{upper:g}; for these values themselves give a list",
            name=name,
            step=step,
            lower=lower,
            upper=upper,
        )
    return parse_axis(f"{name}={lower!r}:{upper!r}:{step!r}")[1]


def _check_keywords(values: Mapping[str, Any], rows: bool) -> None:
    """Any name may be a parameter's; what others call the range of all, or of a table its target,
    is not one with a text for a value.
    """
    for name, value in values.items():
        for ours in names_here(name, ("over", "target") if rows else ("over",)):
            if isinstance(value, str | list | Mapping):
                raise KeywordError(
                    "search has no argument {name}=; use {ours}=", name=name, ours=ours
                )


def _nothing(options: Mapping[str, Any]) -> str:
    """What to say where no parameter is searched over; `options`: those of a fit."""
    for name, value in options.items():
        if isinstance(value, tuple | slice | range):
            return say(
                "nothing to search over: {name}={value!r} is an option of the fit; for a "
                "parameter of that name give over={{{name!r}: {value!r}}}",
                name=name,
                value=value,
            )
    return say("nothing to search over; give at least one parameter, as in w=0:4:0.1")


def _problem(
    objective: Objective, axes: Mapping[str, ArrayLike], at: Mapping[str, float]
) -> Problem:
    if not callable(objective):
        return pose_text(objective, len(axes) + len(at))[0]
    corner = {name: float(np.asarray(values).reshape(-1)[0]) for name, values in axes.items()}
    return FunctionProblem.of_callable(objective, {**corner, **at}, descended=False)


def _problem_of_table(
    source: Any, target: Any, options: dict[str, Any]
) -> tuple[Problem, str, dict[str, float]]:
    """The objective of a fit in the user's units, what it is, and the parameters of the fit."""
    from steepest.api.fit import fit
    from steepest.pictures.subject import objective_label
    from steepest.problems.user_units import UserUnits

    made = fit(source, target, **options)
    text = say("{objective}, {of}", objective=objective_label(made), of=made.description)
    least = zip(made.path.names, made.step.parameters.tolist(), strict=True)
    return UserUnits(made.path.problem), text, dict(least)
