"""A grid search: its curve or map, and a descent beside it."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.descent.grid_search import SearchedGrid
from steepest.errors import InputError
from steepest.path.path import DescentPath
from steepest.pictures.objective import LARGEST
from steepest.pictures.projected_path import Shown, outside, undefined
from steepest.pictures.subject import Subject
from steepest.problems.slice import Slice
from steepest.wording.numbers import number

_MOST_CELLS = 600  # along an axis of the picture


@final
@dataclass(frozen=True, eq=False)
class SearchView:
    """`objective` over the axes `x` (nx,) and `y` (ny,), shape (nx,) or (ny, nx); nan where none.

    - `names`: of the one or two axes; `y` is empty for one
    - `best` (p,) and `best_objective`: the least of the grid; `tied`: how many points are as low
    - `index`, `steps` (m, p), `step_objectives` (m,): a descent; `exact` (m,): its steps whose
      recorded objective the picture shows
    """

    names: tuple[str, ...]
    objective_label: str
    x: Floats
    y: Floats
    objective: Floats
    best: Floats
    best_objective: float
    tied: int
    index: tuple[int, ...]
    steps: Floats
    step_objectives: Floats
    exact: NDArray[np.bool_]
    note: str

    @staticmethod
    def of(search: SearchedGrid, path: DescentPath | None = None) -> "SearchView":
        """The first one or two axes, further ones at the best point; and a descent of the same
        parameters. Raises InputError where the path has other parameters.
        """
        if path is not None and path.names != search.problem.names:
            raise InputError(
                f"the search is over {', '.join(search.problem.names)} and the path over "
                f"{', '.join(path.names)}; both must have the same parameters."
            )
        count = min(2, len(search.names))
        names = search.names[:count]
        axes, objective, skipped = _picture(search, count)
        steps = None if path is None else _steps(search, path, names)
        notes = [_held(search, count), skipped, *_about(path, steps)]
        return SearchView(
            names=names,
            objective_label="objective",
            x=axes[0],
            y=axes[1] if count == 2 else np.empty(0),
            objective=objective,
            best=np.array([search.best[name] for name in names]),
            best_objective=search.best_objective,
            tied=search.tied,
            index=() if steps is None else steps.index,
            steps=np.empty((0, count)) if steps is None else steps.points,
            step_objectives=np.empty(0) if steps is None else steps.objectives,
            exact=np.empty(0, dtype=np.bool_) if steps is None else steps.exact,
            note=" ".join(filter(None, notes)),
        )


def _picture(search: SearchedGrid, count: int) -> tuple[list[Floats], Floats, str]:
    """The axes, and the objective with a row for each value of the second; and what was skipped."""
    strides = [-(-len(axis) // _MOST_CELLS) for axis in search.axes[:count]]
    kept = [slice(None, None, stride) for stride in strides]
    place: Any = (*kept, *search.best_index[count:])
    thinned = search.objective[place]
    thinned = np.where(np.abs(thinned) <= LARGEST, thinned, np.nan)
    axes = [axis[::stride] for axis, stride in zip(search.axes, strides, strict=False)]
    said = "Not every point of the grid is drawn." if max(strides) > 1 else ""
    return axes, thinned.T, said


def _steps(search: SearchedGrid, path: DescentPath, names: tuple[str, ...]) -> Shown:
    positions = tuple(search.problem.names.index(name) for name in names)
    place = Slice.over(search.problem, positions, search.best_parameters)
    return Shown.on(Subject.of(path), place)


def _held(search: SearchedGrid, count: int) -> str:
    held = {**dict(search.at), **{name: search.best[name] for name in search.names[count:]}}
    if not held:
        return ""
    return "Held: " + ", ".join(f"{name} = {number(value)}" for name, value in held.items()) + "."


def _about(path: DescentPath | None, steps: Shown | None) -> list[str]:
    if path is None or steps is None:
        return []
    subject = Subject.of(path)
    said = [undefined(subject, steps), outside(subject, steps.index)]
    if (~steps.exact & np.isfinite(steps.objectives)).any():
        said.append("Hollow steps lie off this picture, which does not show their objective.")
    return said
