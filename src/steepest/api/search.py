"""`search` evaluates a formula or a function at every point of a grid."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from steepest.api.pose import Objective, pose_text
from steepest.descent.grid_search import parse_axis, search_grid
from steepest.errors import InputError
from steepest.keywords import answer_wrong_keywords
from steepest.problems.function import FunctionProblem
from steepest.results.grid_search import GridSearch


@answer_wrong_keywords
def search(
    objective: Objective,
    over: Mapping[str, ArrayLike] | str | list[str],
    *,
    at: Mapping[str, float] | None = None,
    progress: Any = None,
) -> GridSearch:
    """Find the least value of an objective by trying every point of a grid.

    - `over`: the values of each parameter, {"w": numpy.arange(0, 4.1, 0.1)}, or in words
      "w=0:4:0.1" (lower, upper, step; both ends belong to it), several in a list
    - `at`: one value for each parameter that is not searched over
    - `progress`: called with the points done and their number

    Raises InputError where the objective, a name or a range cannot be used, and for more than 100
    million points.

    >>> import steepest
    >>> found = steepest.search("14/3*(w-2)**2", "w=0:4:0.1")
    >>> found.best, len(found.axes[0]), round(float(found.objective[0]), 7)
    ({'w': 2.0}, 41, 18.6666667)
    """
    axes = _axes(over)
    if not axes:
        raise InputError("nothing to search over; give at least one parameter, as in w=0:4:0.1")
    problem = _problem(objective, axes, at or {})
    return GridSearch(**vars(search_grid(problem, axes, at=at, progress=progress)))


def _axes(over: Mapping[str, ArrayLike] | str | list[str]) -> Mapping[str, ArrayLike]:
    if isinstance(over, Mapping):
        return over
    axes: dict[str, ArrayLike] = {}
    for text in [over] if isinstance(over, str) else over:
        name, values = parse_axis(text)
        if name in axes:
            raise InputError(f"{name} is searched over twice; give it once")
        axes[name] = values
    return axes


def _problem(
    objective: Objective, axes: Mapping[str, ArrayLike], at: Mapping[str, float]
) -> FunctionProblem:
    if not callable(objective):
        return pose_text(objective, len(axes) + len(at))[0]
    corner = {name: float(np.asarray(values).reshape(-1)[0]) for name, values in axes.items()}
    return FunctionProblem.of_callable(objective, {**corner, **at}, descended=False)
