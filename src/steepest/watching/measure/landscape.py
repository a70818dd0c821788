"""The objective of a model on a plane of its parameters, and a path on it."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from torch.nn import Module

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.number_checks import check_seed, is_number
from steepest.path.path import DescentPath
from steepest.translation import say
from steepest.watching.measure.batch_objective import Batch, Loss, ModuleObjective
from steepest.wording.numbers import number

Directions: TypeAlias = Literal["path", "random"]

_PAD = 0.2  # of the path's extent, around it
_SHAPE, _STRETCH = 4.0 / 3.0, 8.0  # of the picture, unless the path is narrower than that
_MOST_STEPS = 200  # that have a say in the main directions
_SMALL = 1e-12  # relative to the longest, a direction in which nothing moved


@dataclass(frozen=True, eq=False, repr=False)
class MeasuredLandscape:
    """J(origin + u·directions[0] + v·directions[1]), (ny, nx), over u in `x` (nx,), v in `y` (ny,).

    - `origin` (d,), `directions` (2, d): where the plane lies; `kind`: "path", its two main
      directions, of length 1, or "random", each filter of the length that it has at the origin
    - `index`, `points` (m, 2), `recorded` (m,): the path's steps, the points of the plane that are
      nearest to them, and their recorded objectives
    - `distances` (m,): how far each step is from the plane
    - `held` (2,): the share of the path's motion, squared lengths from the origin, that lies along
      the first direction and, beyond it, along the second; nan without a path
    - `at(points)`: the objective at any points of the plane, computed
    """

    kind: Directions
    origin: Floats
    directions: Floats
    x: Floats
    y: Floats
    objective: Floats
    index: tuple[int, ...]
    points: Floats
    recorded: Floats
    distances: Floats
    held: Floats
    compute: Callable[[Floats], float]

    @classmethod
    def of(
        cls,
        model: Module,
        loss_fn: Loss,
        batch: Batch,
        path: DescentPath | Floats | None = None,
        *,
        directions: Directions | None = None,
        points: tuple[int, int] = (61, 46),
        span: float = 1.0,
        seed: int = 0,
    ) -> Self:
        """The objective of a model on a plane through its parameters, with a path on it.

        With a path, such as `run.path` of `steepest.watch` or an array (m, d), the plane goes
        through its last step along its two main directions: no other plane holds more of its
        motion. `directions="random"` takes two random ones, in which every filter (a row of a
        matrix, a kernel of a convolution) is as long as the model's, and biases stay (Li et al.,
        2018); they reach `span` to both sides, or as far as the path does.

        The model runs on the batch points[0]·points[1] times, in the mode it is in, and stays as it
        is. Batches are as in `steepest.find_lr`.
        Raises InputError where the path does not fit the model.

        >>> import torch, steepest
        >>> model, x = torch.nn.Linear(1, 1), torch.tensor([[1.0], [2.0], [3.0]])
        >>> optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.1), torch.nn.MSELoss()
        >>> with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        ...     for _ in range(20):
        ...         optimizer.zero_grad()
        ...         loss_fn(model(x), 2 * x).backward()
        ...         optimizer.step()
        >>> found = steepest.landscape(model, loss_fn, (x, 2 * x), run.path, points=(9, 7))
        >>> bool(abs(found.at(found.points) - found.recorded)[:-1].max() < 1e-5)
        True
        """
        _check_points(points)
        if not (is_number(span) and span > 0.0):
            raise InputError("span is {span!r}; give a number above 0", span=span)
        check_seed(seed)
        kind = directions or ("random" if path is None else "path")
        if kind not in ("path", "random"):
            raise InputError('directions are "path" or "random", not {kind!r}', kind=kind)
        if path is None and kind == "path":
            raise InputError('directions of a path need the path: path=run.path, or "random"')
        tensors = getattr(getattr(path, "layout", None), "tensors", None)
        objective = ModuleObjective.of(model, loss_fn, batch, tensors=tensors)
        index, steps, recorded = _steps(path, objective)
        origin = steps[-1] if len(steps) else objective.now()
        if not np.isfinite(origin).all():
            raise InputError("parameters of the model are nan or infinite: no plane goes there")
        if kind == "path":
            axes = main_directions(steps - origin)
        else:
            axes = filter_directions(objective, origin, seed)
        near = _project(steps - origin, axes)
        x, y = _window(near, kind, points, span)
        grid = np.stack(np.meshgrid(x, y), axis=-1)
        values = _values(objective.value, origin, axes, grid)
        if not np.isfinite(values).any():
            raise InputError(
                "the objective is nowhere on the plane a finite number; look for nan in the "
                "batch or the parameters"
            )
        return cls(
            kind=kind,
            origin=origin,
            directions=axes,
            x=x,
            y=y,
            objective=values,
            index=index,
            points=near,
            recorded=recorded,
            distances=np.linalg.norm(steps - origin - near @ axes, axis=1),
            held=_held(steps - origin, axes),
            compute=objective.value,
        )

    def full(self, points: Floats) -> Floats:
        """All parameters (…, d) at points (…, 2) of the plane."""
        return np.asarray(self.origin + np.asarray(points) @ self.directions)

    def at(self, points: Floats) -> Floats:
        """The objective at points (…, 2) of the plane, shape (…), by the model itself."""
        return _values(self.compute, self.origin, self.directions, np.asarray(points))

    def __repr__(self) -> str:
        ny, nx = self.objective.shape
        steps = f", {len(self.points)} steps" if len(self.points) else ""
        known = self.objective[np.isfinite(self.objective)]
        ends = f"{number(known.min())} to {number(known.max())}"
        return f"Landscape({self.kind} plane, {nx} × {ny} points, objective {ends}{steps})"


def _check_points(points: Any) -> None:
    pair = isinstance(points, tuple | list) and len(points) == 2
    if not pair or not all(isinstance(n, int) and n > 1 for n in points):
        raise InputError(
            "points are two whole numbers above 1, such as (61, 46), not {points!r}", points=points
        )


def main_directions(moves: Floats) -> Floats:
    """The two orthonormal directions (2, d) that hold most of displacements (m, d).

    Of a long path 200 steps decide. Where it is straight an axis fills in; one parameter alone has
    no plane.
    """
    if moves.shape[1] < 2:
        raise InputError("a landscape needs two parameters; this model has one")
    sample = np.unique(np.linspace(0, len(moves) - 1, _MOST_STEPS).round().astype(int))
    _, lengths, rows = np.linalg.svd(moves[sample], full_matrices=False)
    axes = [
        row for row, length in zip(rows[:2], lengths, strict=False) if length > _SMALL * lengths[0]
    ]
    while len(axes) < 2:
        taken = sum((row**2 for row in axes), np.zeros(moves.shape[1]))
        axes.append(_unit(np.eye(1, moves.shape[1], int(taken.argmin()))[0], axes))
    return np.array([row * np.sign(row[np.abs(row).argmax()]) for row in axes])


def filter_directions(objective: ModuleObjective, origin: Floats, seed: int) -> Floats:
    """Two random directions (2, d) in which every filter is as long as it is at the origin."""
    generator = np.random.default_rng(seed)
    axes = []
    for _ in range(2):
        parts = []
        for tensor in objective.by_tensor(origin).values():
            random = generator.standard_normal(tensor.shape)
            if tensor.ndim < 2:
                parts.append(np.zeros(tensor.size))
                continue
            flat, like = random.reshape(len(random), -1), tensor.reshape(len(tensor), -1)
            scale = np.linalg.norm(like, axis=1) / np.linalg.norm(flat, axis=1)
            parts.append((flat * scale[:, None]).reshape(-1))
        axes.append(np.concatenate(parts))
    if not np.linalg.matrix_rank(np.array(axes)) == 2:
        raise InputError(
            "the model has no matrices or kernels to vary at random; hand in a path instead"
        )
    return np.array(axes)


def _steps(path: Any, objective: ModuleObjective) -> tuple[tuple[int, ...], Floats, Floats]:
    """Index, parameters and objective of the steps of a path that has finite parameters."""
    size = objective.size
    if path is None:
        return (), np.empty((0, size)), np.empty(0)
    if isinstance(path, str | Mapping | Set) or not hasattr(path, "__iter__"):
        kind = repr(path) if isinstance(path, str) else type(path).__name__
        raise InputError(
            "the path is run.path or an array (steps, parameters), not {kind}", kind=kind
        )
    if isinstance(path, np.ndarray | Sequence):
        try:
            steps = np.asarray(path, dtype=np.float64)
        except ValueError:
            raise InputError("the path is no array (steps, parameters) of numbers") from None
        index, recorded = np.arange(len(steps)), np.full(len(steps), np.nan)
    else:
        all_steps = list(path)
        steps = np.array([step.parameters for step in all_steps], dtype=np.float64)
        index = np.array([step.index for step in all_steps])
        recorded = np.array([step.objective for step in all_steps], dtype=np.float64)
    if steps.ndim != 2 or steps.shape[1] != size or not len(steps):
        shown = (
            say("{shape: number} a step", shape=steps.shape[1])
            if steps.ndim == 2
            else f"shape {steps.shape}"
        )
        raise InputError(
            "the path has {shown}, the model {size} parameters that are trained; a landscape "
            "needs all of them (of a large model only a projection is recorded: hand in an "
            "array of your own, or no path)",
            shown=shown,
            size=size,
        )
    finite = np.isfinite(steps).all(axis=1)
    if not finite.any():
        raise InputError("no step of the path has finite parameters")
    return tuple(index[finite].tolist()), steps[finite], recorded[finite]


def _project(moves: Floats, axes: Floats) -> Floats:
    """The points (m, 2) nearest to displacements (m, d); the axes need not be at right angles."""
    return np.asarray(np.linalg.solve(axes @ axes.T, axes @ moves.T).T)


def _held(moves: Floats, axes: Floats) -> Floats:
    total = float(np.square(moves).sum())
    if not total > 0.0:
        return np.full(2, np.nan)
    first, both = (
        float(np.square(_project(moves, axes[:n]) @ axes[:n]).sum()) / total for n in (1, 2)
    )
    return np.array([first, both - first])


def _window(
    near: Floats, kind: Directions, points: tuple[int, int], span: float
) -> tuple[Floats, Floats]:
    """The grid: around the path, or `span` to both sides if that is more."""
    reach = 0.0 if kind == "path" else span
    low = np.minimum(near.min(axis=0, initial=0.0), -reach)
    high = np.maximum(near.max(axis=0, initial=0.0), reach)
    centre, size = 0.5 * (low + high), (high - low) * (1.0 + 2.0 * _PAD * (kind == "path"))
    unit = max(size[0] / _SHAPE, size[1]) or 1.0
    if not size.min() * _STRETCH > size.max():
        # Across a path that is nearly straight the picture still shows something.
        size = np.where(size > 1e-6 * unit, size, [_SHAPE * unit, unit])
    elif kind == "path":
        size = unit * np.array([_SHAPE, 1.0])
    x, y = (
        np.linspace(centre[i] - 0.5 * size[i], centre[i] + 0.5 * size[i], points[i]) for i in (0, 1)
    )
    return x, y


def _values(
    compute: Callable[[Floats], float], origin: Floats, axes: Floats, points: Floats
) -> Floats:
    """The objective at points (…, 2), one after another: all parameters at once may be too many."""
    values = [compute(origin + point @ axes) for point in points.reshape(-1, 2)]
    return np.array(values, dtype=np.float64).reshape(points.shape[:-1])


def _unit(row: Floats, others: list[Floats]) -> Floats:
    for other in others:
        row = row - (row @ other) * other
    return np.asarray(row / np.linalg.norm(row))
