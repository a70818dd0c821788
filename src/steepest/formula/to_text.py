"""A tree as text, in one canonical form with the fewest parentheses."""

from steepest.formula.functions import FUNCTIONS
from steepest.formula.tree import Apply, Node, Number, walk

# Names and numbers hold together whatever stands beside them, as calls do.
_WHOLE = 5
_SPACED = ("add", "sub")


def write(tree: Node) -> str:
    """The text of a tree: `parse(write(tree)).tree == tree`, numbers as they were typed.

    Products and powers are written with `*` and `^`.

    >>> from steepest.formula.parse import parse
    >>> write(parse("(2x) + ((y**(2)))*(-(x))").tree)
    '2*x + y^2*-x'
    """
    # Backwards through nodes before arguments is arguments before nodes; no recursion.
    written: list[tuple[str, int]] = []
    for node in reversed(list(walk(tree))):
        if isinstance(node, Apply):
            arguments = [written.pop() for _ in node.arguments]
            written.append(_apply(node.function, arguments))
        else:
            written.append((node.text if isinstance(node, Number) else node.name, _WHOLE))
    return written[0][0]


def _apply(function: str, arguments: list[tuple[str, int]]) -> tuple[str, int]:
    symbol, strength = FUNCTIONS[function].symbol, FUNCTIONS[function].strength
    if not symbol:
        return f"{function}({', '.join(text for text, _ in arguments)})", strength
    if function == "neg":
        return symbol + _held(arguments[0], strength), strength
    space = " " if function in _SPACED else ""
    # A chain is read left to right, powers right to left: the other side needs parentheses.
    right_to_left = function == "pow"
    left = _held(arguments[0], strength + right_to_left)
    right = _right(arguments[1], strength + 1 - right_to_left)
    return f"{left}{space}{symbol}{space}{right}", strength


def _held(part: tuple[str, int], strength: int) -> str:
    text, own = part
    return text if own >= strength else f"({text})"


def _right(part: tuple[str, int], strength: int) -> str:
    """On the right a sign needs no parentheses, since nothing else can take its operand."""
    return part[0] if part[1] == FUNCTIONS["neg"].strength else _held(part, strength)
