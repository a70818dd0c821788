"""How an operation is written: its arguments by number, the text between them, and its symbol."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

# Text, and the places of arguments among it: ("3 · ", 0) is written "3 · v" where argument 0 is v.
Phrase: TypeAlias = tuple[str | int, ...]

INFIX: Mapping[str, str] = {
    "add": "+", "sub": "-", "mul": "·", "div": "/", "pow": "^", "matmul": "@",
    "gt": ">", "ge": "≥", "lt": "<", "le": "≤", "eq": "=", "ne": "≠", "remainder": "%",
}  # fmt: skip
_LONGEST = 40  # letters of an option


def infix(operation: str) -> Phrase:
    """The phrase of an operator between two arguments."""
    return (0, f" {INFIX[operation]} ", 1)


def called(operation: str, arguments: Sequence[str | int]) -> Phrase:
    """The phrase of a function and its arguments.

    >>> fill(called("sum", [0, "dim=1"]), ["x"])
    'sum(x, dim=1)'
    """
    pieces: list[str | int] = [f"{operation}("]
    for place, argument in enumerate(arguments):
        pieces.extend([", ", argument] if place else [argument])
    return (*pieces, ")")


def usual(operation: str, count: int) -> Phrase:
    """The phrase of an operation with `count` arguments and no options.

    >>> fill(usual("mul", 2), ["a", "b"]), fill(usual("sin", 1), ["x"]), fill(usual("neg", 1), "x")
    ('a · b', 'sin(x)', '-x')
    """
    if operation in INFIX and count == 2:
        return infix(operation)
    return ("-", 0) if operation == "neg" else called(operation, range(count))


def fill(phrase: Phrase, words: Sequence[str]) -> str:
    """The phrase with a word for each argument."""
    return "".join(words[piece] if isinstance(piece, int) else piece for piece in phrase)


def fill_in(phrase: Phrase, numbers: Sequence[str]) -> str:
    """The phrase with a number for each argument; a negative one in brackets beside a sign.

    >>> fill_in(usual("mul", 2), ["-2", "3"]), fill_in(usual("log", 1), ["-2"])
    ('(-2) · 3', 'log(-2)')
    """
    words = []
    for place, piece in enumerate(phrase):
        before = phrase[place - 1] if place else ""
        alone = isinstance(before, str) and before.endswith(("(", ", ", "["))
        word = numbers[piece] if isinstance(piece, int) else piece
        words.append(word if alone or isinstance(piece, str) else in_brackets(word))
    return "".join(words)


def in_brackets(number: str) -> str:
    """A negative number as it stands beside a sign."""
    return f"({number})" if number.startswith("-") else number


def option(value: object) -> str:
    """An argument that is neither a number of the graph nor a tensor, on one short line."""
    text = getattr(value, "__name__", "") if callable(value) else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def index(value: object) -> str:
    """What stands in square brackets.

    >>> index((0, slice(None), slice(1, None)))
    '0, :, 1:'
    """
    if isinstance(value, tuple):
        return ", ".join(map(index, value))
    if isinstance(value, slice):
        start, stop = ("" if end is None else str(end) for end in (value.start, value.stop))
        return f"{start}:{stop}" + ("" if value.step is None else f":{value.step}")
    return "…" if value is Ellipsis else option(value)


def defaults(function: Callable[..., object]) -> Mapping[str, object]:
    """What a function's arguments are where they are not given, as far as it can be known."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a function written in C
        return {}
    return {
        parameter.name: parameter.default
        for parameter in parameters
        if parameter.default is not parameter.empty
    }
