"""What a learner's program is: the descent of a lesson, or one of the mistakes that are known.

Each known program is simulated from the learner's own points, start and learning rate, and compared
with what the variables of the learner's program did, number by number.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from typing import Any, TypeAlias, final

import numpy as np

from steepest.arrays import Floats
from steepest.lessons.lesson import Lesson
from steepest.lessons.traced_program import Traced
from steepest.lessons.words import texts
from steepest.translation import Language

_FEWEST = 3  # values in a row that tell a descent
_MOST = 2000  # steps that are compared
_CLOSE = 1e-4  # of the way that was gone: float32 leaves so much after many steps
_ROUNDING = 5e-7  # of a parameter itself, in float32
_SEEN = 20.0  # times its rounding must have been gone, for a way to tell anything
_RATE_NAMES = ("lr", "learning_rate", "alpha", "eta", "rate", "step_size", "L", "l")

Move: TypeAlias = Callable[[Floats], Floats]


@final
@dataclass(frozen=True)
class Finding:
    """What was found: a kind of `programs.toml`, with the values of its sentence."""

    kind: str
    values: dict[str, Any]

    def within(self, language: Language) -> str:
        names = self.values.get("names", ())
        listed = {"names": ("、" if language == "zh" else ", ").join(names)}
        return texts("programs.toml")[self.kind].within(language).format(**self.values | listed)


@final
@dataclass(frozen=True)
class _Match:
    kind: str
    names: tuple[str, ...]
    rate: float
    count: int
    difference: float
    path: Floats
    cost: Callable[[Floats], float]


def findings(lesson: Lesson, seen: Traced) -> list[Finding]:
    """What a program is; whether it shows two points in one line, and whether it was ended."""
    endless = [Finding("stopped", {"lines": f"{seen.stopped:,}"})] if seen.stopped else []
    with np.errstate(all="ignore"):  # numbers of a program that diverged
        return [*_kinds(lesson, seen), *endless]


def _kinds(lesson: Lesson, seen: Traced) -> list[Finding]:
    sequences = {name: values for name, values in _sequences(seen) if _may_descend(values)}
    if not sequences:
        return [Finding("nothing", {})]
    matches = sorted(_matches(lesson, seen, sequences), key=_rank)
    if not matches:
        return [_nearest(lesson, seen, sequences)]
    best = matches[0]
    values = {
        "names": best.names,
        "count": best.count,
        "rate": f"{best.rate:g}",
        "difference": f"{max(best.difference, 1e-16):.0e}",
    }
    shifted = [Finding("shifted", {})] if _is_shifted(best, seen) else []
    return [Finding(best.kind, values), *shifted]


def _rank(match: _Match) -> tuple[int, int, float]:
    """More parameters first, then more steps, then what is nearer."""
    return -len(match.names), -match.count, match.difference


def _may_descend(values: list[float]) -> bool:
    """Whether these are values enough, and not those of a counter."""
    return len(values) >= _FEWEST and len(set(np.diff(values[: _MOST + 1]).tolist())) > 1


def _sequences(seen: Traced) -> Iterator[tuple[str, list[float]]]:
    """What may be a parameter's path: a variable, or a list."""
    yield from seen.values.items()
    for name, values in seen.lists.items():
        if name not in seen.values:
            yield name, values


def _matches(lesson: Lesson, seen: Traced, sequences: dict[str, list[float]]) -> Iterator[_Match]:
    for count, skipped in product((1, 2), (0, 1)):  # a first value may be set anew before the loop
        for names in permutations(sequences, count):
            found = [np.array(sequences[name][skipped : _MOST + 1 + skipped]) for name in names]
            length = min(map(len, found))
            path = np.array([each[:length] for each in found]).T
            if not np.isfinite(path).all():
                path = path[: int(np.argmin(np.isfinite(path).all(axis=1)))]
            if len(path) >= _FEWEST:
                yield from _matching(lesson, seen, names, path)


def _matching(
    lesson: Lesson, seen: Traced, names: tuple[str, ...], path: Floats
) -> Iterator[_Match]:
    """Known programs whose first steps are those of a path (n, parameters)."""
    for points in _points(lesson, seen, names):
        for kind, walk, cost in _known(lesson, points, path.shape[1]):
            for rate in _rates(seen):
                if not _is_near(walk(path[0], rate, _FEWEST - 1), path[:_FEWEST]):
                    continue
                made = walk(path[0], rate, len(path) - 1)
                if not _is_near(made, path):
                    continue
                yield _Match(kind, names, rate, len(path) - 1, _difference(made, path), path, cost)


def _is_near(made: Floats, path: Floats) -> bool:
    """Whether two paths (n, parameters) are the same to single precision, and go far enough that
    others would not be.
    """
    if len(made) < len(path):
        return False
    way, rounding = _way(path)
    is_seen = (way > _SEEN * rounding).all()
    return bool(is_seen and (np.abs(made - path) <= _CLOSE * way + rounding).all())


def _way(path: Floats) -> tuple[Floats, Floats]:
    """How far a path (n, parameters) went from its start, and what rounding makes of that."""
    return np.abs(path - path[0]).max(axis=0), _ROUNDING * np.abs(path).max(axis=0)


def _difference(made: Floats, path: Floats) -> float:
    size = np.abs(path).max(axis=0)
    return float((np.abs(made[: len(path)] - path) / np.where(size > 0.0, size, 1.0)).max())


def _rates(seen: Traced) -> list[float]:
    """What may be a learning rate: variables that are named so, then numbers of the program."""
    named = [values[0] for name, values in seen.values.items() if name.split()[0] in _RATE_NAMES]
    return list(dict.fromkeys(rate for rate in [*named, *seen.constants] if 1e-9 < rate < 10.0))


def _points(
    lesson: Lesson, seen: Traced, names: tuple[str, ...]
) -> Iterator[tuple[Floats, Floats]]:
    """Pairs of lists that may be x and y; for a formula nothing is needed of them."""
    if lesson.program == "formula":
        yield np.zeros(0), np.zeros(0)
        return
    lists = {name: each for name, each in seen.lists.items() if name not in names}
    for x, y in permutations(lists, 2):
        if len(lists[x]) == len(lists[y]) and x.lower()[0] != "y" and y.lower()[0] != "x":
            yield np.array(lists[x]), np.array(lists[y])


Walker: TypeAlias = Callable[[Floats, float, int], Floats]


def _known(
    lesson: Lesson, points: tuple[Floats, Floats], count: int
) -> Iterator[tuple[str, Walker, Callable[[Floats], float]]]:
    """Kind, walk and cost of each known program."""
    if lesson.program == "formula":
        if count == 1:
            yield from _of_formula()
        return
    x, y = points

    def residuals(p: Floats) -> Floats:
        return np.asarray(p[0] * x - y + (p[1] if count == 2 else 0.0))

    def slopes(r: Floats) -> Floats:
        both = np.array([np.mean(2.0 * x * r), np.mean(2.0 * r)])
        return both[:count]

    def gradient(p: Floats) -> Floats:
        return slopes(residuals(p))

    def cost(p: Floats) -> float:
        return float(np.mean(residuals(p) ** 2))

    yield "right", _walker(gradient), cost
    yield "sum", _walker(lambda p: len(x) * gradient(p)), cost
    yield "half", _walker(lambda p: 0.5 * gradient(p)), cost
    yield "uncleared", _accumulating(gradient), cost
    yield "upwards", _walker(lambda p: -gradient(p)), cost
    yield "one_point", _one_point_at_a_time(x, y, count), cost
    if count == 2:

        def wrong(p: Floats) -> Floats:
            return np.asarray(p[0] * x - y - p[1])

        yield "sign", _walker(lambda p: slopes(wrong(p))), cost
        yield "sign_of_loss", _walker(lambda p: slopes(wrong(p)) * [1.0, -1.0]), cost
        yield "one_after_the_other", _one_after_the_other(gradient), cost


def _of_formula() -> Iterator[tuple[str, Walker, Callable[[Floats], float]]]:
    """Of x² − 4x + 5."""

    def gradient(p: Floats) -> Floats:
        return 2.0 * p - 4.0

    def cost(p: Floats) -> float:
        return float(p[0] ** 2 - 4.0 * p[0] + 5.0)

    yield "right", _walker(gradient), cost
    yield "other_formula", _walker(lambda p: 2.0 * p - 5.0), cost
    yield "uncleared", _accumulating(gradient), cost
    yield "upwards", _walker(lambda p: -gradient(p)), cost


def _walker(gradient: Move) -> Walker:
    """Plain descent: the start and so many points after it, until one is not finite."""

    def walk(start: Floats, rate: float, steps: int) -> Floats:
        return _path(start, steps, lambda p: p - rate * gradient(p))

    return walk


def _accumulating(gradient: Move) -> Walker:
    def walk(start: Floats, rate: float, steps: int) -> Floats:
        total = np.zeros_like(start)

        def step(p: Floats) -> Floats:
            nonlocal total
            total = total + gradient(p)
            return p - rate * total

        return _path(start, steps, step)

    return walk


def _one_point_at_a_time(x: Floats, y: Floats, count: int) -> Walker:
    """Steps by each point's own gradient, in the order of the list, again and again.

    A point at x = 0 leaves the slope where it was: of each parameter the values are those that a
    trace shows, without repetition.
    """

    def walk(start: Floats, rate: float, steps: int) -> Floats:
        place = -1

        def step(p: Floats) -> Floats:
            nonlocal place
            place = (place + 1) % len(x)
            slope = 2.0 * (p[0] * x[place] - y[place] + (p[1] if count == 2 else 0.0))
            return np.asarray(p - rate * np.array([slope * x[place], slope])[:count])

        columns = [_without_repetition(each) for each in _path(start, 2 * steps, step).T]
        length = min(steps + 1, *map(len, columns))
        return np.array([each[:length] for each in columns]).T

    return walk


def _without_repetition(values: Floats) -> Floats:
    return np.asarray(values[np.append(True, np.diff(values) != 0.0)])


def _one_after_the_other(gradient: Move) -> Walker:
    def walk(start: Floats, rate: float, steps: int) -> Floats:
        def step(p: Floats) -> Floats:
            p = np.array([p[0] - rate * gradient(p)[0], p[1]])
            return np.array([p[0], p[1] - rate * gradient(p)[1]])

        return _path(start, steps, step)

    return walk


def _path(start: Floats, steps: int, step: Move) -> Floats:
    points = [start]
    with np.errstate(all="ignore"):
        for _ in range(steps):
            points.append(step(points[-1]))
            if not np.isfinite(points[-1]).all():
                break
    return np.array(points)


def _is_shifted(match: _Match, seen: Traced) -> bool:
    """Whether some lists, or the lines that were printed, hold a parameter after each update beside
    the cost before it.
    """
    after, costs = match.path[1:, 0], np.array([match.cost(p) for p in match.path[:-1]])
    tables = [list(seen.lists.values())]
    widths = {len(line) for line in seen.printed}
    for width in widths:
        tables.append([list(column) for column in zip(*_of_width(seen, width), strict=True)])
    return any(_holds(table, after) and _holds(table, costs) for table in tables)


def _of_width(seen: Traced, width: int) -> Iterator[list[float]]:
    return (line for line in seen.printed if len(line) == width)


def _holds(table: Sequence[Sequence[float]], wanted: Floats) -> bool:
    """Whether a column begins with these numbers, as far as both go, to the digits of a print."""
    for column in table:
        count = min(len(column), len(wanted))
        if count >= _FEWEST:
            size = np.abs(wanted[:count]).max()
            if (np.abs(np.array(column[:count]) - wanted[:count]) <= 1e-4 * size).all():
                return True
    return False


def _nearest(lesson: Lesson, seen: Traced, sequences: dict[str, list[float]]) -> Finding:
    """Where the variable that follows the lesson longest leaves it, if it makes a step of it."""
    best: tuple[int, Finding] = (1, Finding("unknown", {}))  # all have the same start
    for name, values in sequences.items():
        path = np.array(values[: _MOST + 1])[:, None]
        for points in _points(lesson, seen, (name,)):
            _, walk, _ = next(_known(lesson, points, 1))
            for rate in _rates(seen):
                made = walk(path[0], rate, len(path) - 1)
                count = min(len(made), len(path))
                first = next(
                    (k for k in range(1, count) if not _is_near(made[: k + 1], path[: k + 1])),
                    count,
                )
                if best[0] < first < count:
                    expected, found = float(made[first, 0]), float(path[first, 0])
                    differs = {
                        "names": (name,),
                        "rate": f"{rate:g}",
                        "step": first,
                        "expected": f"{expected:.8g}",
                        "found": f"{found:.8g}",
                    }
                    best = (first, Finding("differs", differs))
    return best[1]
