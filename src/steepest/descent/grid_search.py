"""Exhaustive search: the objective at every point of a grid, and the least of them."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steepest.arrays import Floats
from steepest.errors import InputError, printable
from steepest.number_checks import as_numbers, plain_signs
from steepest.problems.problem import Problem
from steepest.problems.starts import check_names
from steepest.translation import joined, say
from steepest.wording.fact import Fact, fact, text_of

Progress: TypeAlias = Callable[[int, int], object]

MOST_POINTS = 10**8
# Points evaluated in one call: few enough for what a function computes along the way.
_BLOCK = 4096
# Objectives this near one another, relatively, count as equal: they differ by rounding.
_EQUAL = 1e-14
# So many of the points that are tied are named.
_NAMED_TIES = 10


@dataclass(frozen=True, eq=False, repr=False)
class SearchedGrid:
    """What `search_grid` found: the objective over axes of n₁, n₂, … values, and the least of it.

    - `text`: what is searched, in words; "" where a formula says it
    - `names`, `axes`: the parameters searched over, and their values (nᵢ,)
    - `at`: the other parameters, which stay where they are
    - `objective` (n₁, n₂, …): nan outside the domain, and where the search did not get to
    - `best_index`: the first of the least, by its place on each axis; `best_parameters` (d,): all
      parameters there, in the order of the problem
    - `tied`: how many other points are as low, to rounding
    - `outside`: how many points lie outside the domain (nan)
    - `evaluated`, `interrupted`: how many points were evaluated, and whether Ctrl-C ended it
    """

    problem: Problem
    text: str
    names: tuple[str, ...]
    axes: tuple[Floats, ...]
    at: Mapping[str, float]
    objective: Floats
    best_index: tuple[int, ...]
    best_parameters: Floats
    tied: int
    outside: int
    evaluated: int
    interrupted: bool

    @property
    def best(self) -> dict[str, float]:
        """The best point: a value for each parameter searched over."""
        return self.point(self.best_index)

    @property
    def best_objective(self) -> float:
        """The objective there."""
        return float(self.objective[self.best_index])

    @property
    def ties(self) -> list[dict[str, float]]:
        """The other points that are as low: the first ten of `tied`."""
        seen = self.objective.reshape(-1)[: self.evaluated]
        flat = np.flatnonzero(_as_low(seen, self.best_objective))
        places = [
            tuple(map(int, np.unravel_index(i, self.objective.shape)))
            for i in flat[: _NAMED_TIES + 1]
        ]
        others = [place for place in places if place != self.best_index]
        return [self.point(place) for place in others[:_NAMED_TIES]]

    def point(self, index: tuple[int, ...]) -> dict[str, float]:
        """The point at a place on each axis."""
        return {
            name: float(axis[i]) for name, axis, i in zip(self.names, self.axes, index, strict=True)
        }

    def __repr__(self) -> str:
        return f"GridSearch({self})"

    def __str__(self) -> str:
        return printable(text_of(self.facts))

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The best point, and what limits it."""
        best = {"best": self.best, "objective": self.best_objective}
        facts = [fact("best of points", points=self.evaluated, **best)]
        if self.tied:
            facts.append(fact("as low to rounding", points=self.tied, first=self.ties[:3]))
        if self.outside:
            facts.append(fact("outside domain", points=self.outside))
        if self.interrupted:
            left = self.objective.size - self.evaluated
            facts.append(fact("search interrupted", points=left))
        return tuple(facts)


def search_grid(
    problem: Problem,
    axes: Mapping[str, ArrayLike],
    *,
    at: Mapping[str, float] | None = None,
    progress: Progress | None = None,
    text: str = "",
) -> SearchedGrid:
    """Evaluate the objective at every point of a grid and find the least.

    `axes` gives the values of each parameter searched over, `at` one value for each of the others.
    `progress(done, points)` is called after each block. Points where the objective is nan are
    skipped, and counted. Ctrl-C ends the search; the best point so far is kept.

    Raises InputError for unknown or missing parameters, for more than 100 million points, and
    where the objective is nan at all of them.

    >>> class Square(Problem):
    ...     names = ("x", "y")
    ...     def objectives(self, parameters):
    ...         return (parameters**2).sum(axis=-1)
    ...     def gradient(self, parameters):
    ...         return 2.0 * parameters
    >>> found = search_grid(Square(), {"x": [-1, 0, 2]}, at={"y": 3})
    >>> found.best, found.best_objective
    ({'x': 0.0}, 9.0)
    """
    names = tuple(axes)
    values = _axes(problem, axes)
    fixed = _fixed(problem, names, {} if at is None else at)
    grid = _Grid(problem, names, values, fixed)
    done, interrupted = grid.fill(progress)
    if interrupted and not done:
        raise KeyboardInterrupt
    return grid.result(done, interrupted, text)


def parse_axis(text: str) -> tuple[str, Floats]:
    """An axis as it is typed on the command line, name=lower:upper:step.

    The values are lower + k·step as decimals, so that 0.1 three times is 0.3; the upper end is one
    of them where it fits.

    >>> name, values = parse_axis("w=0:4:0.1")
    >>> name, len(values), values[3], values[20], values[-1]
    ('w', 41, np.float64(0.3), np.float64(2.0), np.float64(4.0))
    """
    name, _, interval = (piece.strip() for piece in text.partition("="))
    parts = interval.split(":")
    if "," in interval and "=" in interval:
        raise InputError(
            "{text!r} names several parameters: give each its own name=lower:upper:step.", text=text
        )
    if not name or len(parts) != 3:
        raise InputError(
            "{text!r} must be name=lower:upper:step, as in w=0:4:0.1, to be searched over.",
            text=text,
        )
    lower, upper, step = (_decimal(part, text) for part in parts)
    if step <= 0:
        raise InputError("the step of {text!r} must be above zero.", text=text)
    if lower > upper:
        raise InputError("{text!r} begins above its end: write the lower end first.", text=text)
    count = int((upper - lower) / step) + 1
    _check_size([count], [name])
    return name, _values(lower, step, count)


class _Grid:
    """A search in progress."""

    def __init__(
        self,
        problem: Problem,
        names: tuple[str, ...],
        axes: tuple[Floats, ...],
        fixed: dict[str, float],
    ) -> None:
        self.problem = problem
        self.names = names
        self.axes = axes
        self.fixed = fixed
        self.columns = [problem.names.index(name) for name in names]
        self.base = np.array([fixed.get(name, np.nan) for name in problem.names])
        self.shape = tuple(len(axis) for axis in axes)
        self.flat = np.full(math.prod(self.shape), np.nan)

    def fill(self, progress: Progress | None) -> tuple[int, bool]:
        """Evaluate all blocks; how many points were evaluated, and whether Ctrl-C ended it."""
        done = 0
        try:
            with np.errstate(all="ignore"):
                for first, end in self._blocks():
                    self.flat[first:end] = self.problem.minimised(self._points(first, end))
                    done = end
                    if progress is not None:
                        progress(done, self.flat.size)
        except KeyboardInterrupt:
            return done, True
        return done, False

    def result(self, done: int, interrupted: bool, text: str) -> SearchedGrid:
        self.flat[done:] = np.nan
        seen = self.flat[:done]
        outside = int(np.isnan(seen).sum())
        if outside == done:
            raise self._nowhere(done)
        best = int(np.nanargmin(seen))
        self.flat.setflags(write=False)
        return SearchedGrid(
            self.problem,
            text,
            self.names,
            self.axes,
            self.fixed,
            self.flat.reshape(self.shape),
            tuple(map(int, np.unravel_index(best, self.shape))),
            self._points(best, best + 1)[0],
            int(_as_low(seen, float(seen[best])).sum()) - 1,
            outside,
            done,
            interrupted,
        )

    def _blocks(self) -> Iterator[tuple[int, int]]:
        for first in range(0, self.flat.size, _BLOCK):
            yield first, min(first + _BLOCK, self.flat.size)

    def _points(self, first: int, end: int) -> Floats:
        """The parameters (end − first, d) of consecutive points, the last axis changing fastest."""
        points = np.tile(self.base, (end - first, 1))
        places = np.unravel_index(np.arange(first, end), self.shape)
        for column, axis, place in zip(self.columns, self.axes, places, strict=True):
            points[:, column] = axis[place]
        return points

    def _nowhere(self, done: int) -> InputError:
        why = self.problem.explain(self._points(0, 1)[0])
        return InputError(
            "the objective is nan at every one of {done:,} points{part}: search where it is "
            "defined.",
            done=done,
            part=say(" (at the first: {why})", why=why) if why else "",
        )


def _axes(problem: Problem, axes: Mapping[str, ArrayLike]) -> tuple[Floats, ...]:
    if not axes:
        raise InputError(
            "name a parameter to search over: there are {names}.", names=joined(problem.names)
        )
    check_names(axes, problem.names, say("the grid"))
    values = tuple(
        as_numbers(axis, say("the values of {name}", name=name)) for name, axis in axes.items()
    )
    for name, axis in zip(axes, values, strict=True):
        if axis.ndim != 1:
            raise InputError(
                "the values of {name} must be a list, not of shape {shape}.",
                name=name,
                shape=axis.shape,
            )
        axis.setflags(write=False)
    _check_size([len(axis) for axis in values], list(axes))
    return values


def _fixed(problem: Problem, names: tuple[str, ...], at: Mapping[str, float]) -> dict[str, float]:
    check_names(at, problem.names, say("the point to search at"))
    for name in names:
        if name in at:
            raise InputError(
                "{name} is searched over and fixed at {at}: leave one out.", name=name, at=at[name]
            )
    missing = [name for name in problem.names if name not in names and name not in at]
    if missing:
        raise InputError(
            "the search needs a value for {missing}, as in {missing_2}=1, or an axis to "
            "search over.",
            missing=joined(missing),
            missing_2=missing[0],
        )
    fixed = {name: as_numbers(at[name], say("the value of {name}", name=name)) for name in at}
    for name, value in fixed.items():
        if value.ndim:
            raise InputError(
                "the value of {name} must be one number, not {at!r}.", name=name, at=at[name]
            )
    return {name: float(fixed[name]) for name in problem.names if name in fixed}


def _check_size(counts: list[int], names: list[str]) -> None:
    points = math.prod(counts)
    if points > MOST_POINTS:
        sizes = " × ".join(map(_count, counts)) + " = " if len(counts) > 1 else ""
        raise InputError(
            "the grid over {names} has {sizes}{points} points, {points_2} GB of values; "
            "{MOST_POINTS:,} are the most: take larger steps or fewer axes.",
            names=joined(names),
            sizes=sizes,
            points=_count(points),
            points_2=_count(points * 8 // 10**9),
            MOST_POINTS=MOST_POINTS,
        )


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**15 else f"{Decimal(number):.2e}"


def _as_low(objective: Floats, least: float) -> NDArray[np.bool_]:
    if not math.isfinite(least):
        return np.asarray(objective == least)
    with np.errstate(invalid="ignore"):
        return np.asarray(objective <= least + _EQUAL * abs(least))


def _decimal(part: str, text: str) -> Decimal:
    try:
        number = Decimal(plain_signs(part.strip()))
    except InvalidOperation:
        raise InputError(
            "{part!r} in {text!r} must be a number.", part=part.strip(), text=text
        ) from None
    if not number.is_finite() or not math.isfinite(float(number)):
        raise InputError("{part!r} in {text!r} must be finite.", part=part.strip(), text=text)
    return number


def _values(lower: Decimal, step: Decimal, count: int) -> Floats:
    """lower + k·step for k < count, each the float64 nearest to the decimal where that is cheap."""
    digits = max(0, -int(lower.as_tuple().exponent), -int(step.as_tuple().exponent))
    first, width = lower.scaleb(digits), step.scaleb(digits)
    # Whole numbers and a power of ten that are exact in float64 divide to the nearest float64.
    if digits <= 22 and max(abs(first), abs(first + count * width)) < 2**53:
        whole = int(first) + int(width) * np.arange(count, dtype=np.float64)
        return np.asarray(whole / 10.0**digits)
    with np.errstate(over="ignore"):
        return float(lower) + float(step) * np.arange(count, dtype=np.float64)
