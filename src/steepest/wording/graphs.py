"""What is said of a computational graph, beside its numbers."""

from collections.abc import Mapping

from steepest.wording.template import filled

TEMPLATES = {
    "no dependence": "{gradient} = 0, since {result} does not depend on {on}",
}


def no_finite_value(name: str, expression: str, at: Mapping[str, str]) -> str:
    """`at`: the values of what the node is computed from."""
    if not at:
        return filled(
            "{name} = {expression} has no finite value.", name=name, expression=expression
        )
    return filled(
        "{name} = {expression} has no finite value at {at}.",
        name=name,
        expression=expression,
        at=", ".join(f"{parent} = {value}" for parent, value in at.items()),
    )
