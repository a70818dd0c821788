"""Whether a formula is a polynomial, and of which degree, seen from how it is written."""

from collections.abc import Sequence

from steepest.formula.instructions import Instruction, evaluate
from steepest.formula.tree import Constant, Node, walk

_RATIONAL = {"number", "variable", "add", "sub", "neg", "mul", "div", "pow"}


def degree(instructions: Sequence[Instruction]) -> int | None:
    """The total degree as written, or None where the formula is not seen to be a polynomial."""
    # Values matter only where they depend on no variable, so any point will do.
    values = evaluate(instructions, [1.0] * len(instructions))
    degrees: list[int | None] = []
    for name, *rest in instructions:
        if name in ("number", "variable"):
            degrees.append(0 if name == "number" else 1)
        else:
            places = [int(i) for i in rest]
            exponent = values[places[-1]]
            degrees.append(_degree(str(name), [degrees[i] for i in places], exponent))
    return degrees[-1]


def is_rational(tree: Node, instructions: Sequence[Instruction]) -> bool:
    """Whether it is made of written numbers and variables by the four operations and whole
    powers, so that its numbers are fractions.
    """
    values = evaluate(instructions, [1.0] * len(instructions))
    powers = [values[int(step[2])] for step in instructions if step[0] == "pow"]
    return (
        {step[0] for step in instructions} <= _RATIONAL
        and all(power.is_integer() for power in powers)
        and not any(isinstance(node, Constant) for node in walk(tree))
    )


def _degree(name: str, arguments: list[int | None], last: float) -> int | None:
    """The degree of a function of arguments of these degrees, the last one with this value."""
    known = [one for one in arguments if one is not None]
    if len(known) < len(arguments):
        return None
    if not any(known):
        return 0
    if name in ("add", "sub", "neg"):
        return max(known)
    if name == "mul":
        return sum(known)
    if name == "div" and known[1] == 0:
        return known[0]
    if name == "pow" and known[1] == 0 and last >= 0.0 and last.is_integer():
        return known[0] * int(last)
    return None
