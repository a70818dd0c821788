"""Where a descent starts: what a user gives, as a float64 vector of parameters.

| `start` | meaning |
|---|---|
| `7` | the one parameter there is |
| `(-1.5, 2)` | by position |
| `[1, 2, 3]` | by position; for a function of one argument: that argument, a vector |
| `{"x": -1.5, "v": [1, 2]}` | by name |
| `"random"` | standard normal numbers, drawn with a seed |
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError, check_known, nearest
from steepest.number_checks import as_numbers, number_of_text
from steepest.problems.parameter_layout import Layout
from steepest.translation import counted, joined, say

# A number, numbers by position (a list, an array, a tensor), by name, or the word "random".
Start: TypeAlias = Any

RANDOM = "random"


def start_vector(start: Start, layout: Layout, *, seed: int = 0) -> Floats:
    """The start as a vector (d,) for parameters that lie as `layout` says.

    Numbers by position may be one for each argument, or one for each of the d parameters.
    "random" draws d standard normal numbers from `numpy.random.default_rng(seed)`.

    Raises InputError for a wrong, missing or surplus name, a wrong count or shape, and for what
    is not a finite number.

    >>> layout = Layout({"x": (), "y": ()})
    >>> start_vector({"y": 2, "x": -1.5}, layout)
    array([-1.5,  2. ])
    >>> start_vector({"x": 1}, layout)
    Traceback (most recent call last):
    steepest.errors.InputError: the start leaves out y: it must give x, y.
    """
    if _is_random(start):
        return _drawn(layout.size, seed)
    if not isinstance(start, Mapping) and (flat := _flat(start, layout)) is not None:
        return flat
    named = named_start(tuple(layout.shapes), start)
    for name, shape in layout.shapes.items():
        if named[name].shape != shape:
            raise InputError(
                "the start of {name} has {shape} where {shape_2} is needed.",
                name=name,
                shape=_words(named[name].shape),
                shape_2=_words(shape),
            )
    return np.concatenate([named[name].ravel() for name in layout.shapes])


def start_layout(arguments: Sequence[str], start: Start) -> Layout:
    """The shapes that a start gives to the arguments of a function; numbers for "random".

    >>> start_layout(["x", "v"], (7, [1, 2])).names
    ('x', 'v[0]', 'v[1]')
    >>> start_layout(["v"], [1, 2]).shapes
    {'v': (2,)}
    """
    if _is_random(start):
        return Layout({name: () for name in arguments})
    named = named_start(arguments, start)
    return Layout({name: named[name].shape for name in arguments})


def named_start(arguments: Sequence[str], start: Start) -> dict[str, Floats]:
    """The start of each argument, in its own shape.

    >>> named_start(["w", "b"], {"b": 0, "w": [1, 2]})
    {'w': array([1., 2.]), 'b': array(0.)}
    """
    if not isinstance(start, Mapping):
        start = dict(zip(arguments, _by_position(arguments, start), strict=True))
    check_names(start, arguments, say("the start"))
    missing = [name for name in arguments if name not in start]
    if missing:
        raise InputError(
            "the start leaves out {missing}: it must give {arguments}.",
            missing=joined(missing),
            arguments=joined(arguments),
        )
    return {
        name: as_numbers(start[name], say("the start of {name}", name=name)) for name in arguments
    }


def check_names(given: Iterable[Any], known: Iterable[str], what: str) -> None:
    """Raise InputError for the first name that is not known; the nearest one is offered."""
    known = tuple(known)
    for name in given:
        check_known(
            name,
            known,
            "{what} names {name!r}, which is no parameter: there are {known}.",
            what=what,
        )


def parse_start(text: str) -> float | list[float] | dict[str, float] | str:
    """A start as it is typed on the command line.

    >>> parse_start("7"), parse_start("-1.5,2"), parse_start("x=-1.5, y=2"), parse_start("random")
    (7.0, [-1.5, 2.0], {'x': -1.5, 'y': 2.0}, 'random')
    """
    if text.strip() == RANDOM:
        return RANDOM
    parts = text.split(",")
    if "=" in text:
        return _typed_names(parts, text)
    numbers = [_typed(part, text) for part in parts]
    return numbers if len(numbers) > 1 else numbers[0]


def _typed_names(parts: Iterable[str], text: str) -> dict[str, float]:
    start: dict[str, float] = {}
    for part in parts:
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not equals or not name:
            raise InputError(
                "the start {text!r} has {part!r} where name=number is needed, as in x=-1.5,y=2.",
                text=text,
                part=part.strip(),
            )
        if name in start:
            raise InputError("the start {text!r} gives {name} twice.", text=text, name=name)
        start[name] = number_of_text(number, say("the start of {name}", name=name))
    return start


def _typed(part: str, text: str) -> float:
    if not part.strip():
        raise InputError(
            "the start {text!r} has an empty place: write 7, -1.5,2 or x=-1.5,y=2.", text=text
        )
    return number_of_text(part, say("the start"))


def _drawn(size: int, seed: int) -> Floats:
    try:
        return np.random.default_rng(seed).standard_normal(size)
    except (TypeError, ValueError):
        raise InputError(
            "the seed must be a whole number, 0 or more, not {seed!r}.", seed=seed
        ) from None


def _is_random(start: Start) -> bool:
    if not isinstance(start, str):
        return False
    if start != RANDOM:
        raise InputError(
            "the start must be numbers or {RANDOM!r}, not {start!r}.{start_2}",
            RANDOM=RANDOM,
            start=start,
            start_2=nearest(start, [RANDOM]),
        )
    return True


def _flat(start: Start, layout: Layout) -> Floats | None:
    """One number for each parameter, where `start` is that."""
    try:
        array = as_numbers(start, say("the start"))
    except InputError:
        return None  # what is wrong is said where each argument is looked at by itself
    if array.shape == (layout.size,) or (array.shape == () and layout.size == 1):
        return array.reshape(layout.size)
    return None


def _by_position(arguments: Sequence[str], start: Start) -> Sequence[Any]:
    if len(arguments) == 1:
        return [start]
    try:
        if isinstance(start, (bytes, set, frozenset)):
            raise TypeError
        values = list(start)
    except TypeError:  # a number, or no numbers at all
        values = [as_numbers(start, say("the start"))]
    if len(values) != len(arguments):
        raise InputError(
            "the start gives {values} for {count: parameter}: {arguments}.",
            values=counted(len(values), "value"),
            count=len(arguments),
            arguments=joined(arguments),
        )
    return values


def _words(shape: tuple[int, ...]) -> str:
    """What a shape is called.

    >>> _words(()), _words((3,)), _words((2, 3))
    ('one number', 'a vector of 3', 'an array of 2×3')
    """
    if not shape:
        return say("one number")
    kind = say("a vector") if len(shape) == 1 else say("an array")
    return say("{kind} of {str}", kind=kind, str="×".join(map(str, shape)))
