"""What is said of a computational graph, beside its numbers."""

from collections.abc import Mapping

TEMPLATES = {
    "no dependence": "since {result} does not depend on {on}",
}


def no_finite_value(name: str, expression: str, at: Mapping[str, str]) -> str:
    """`at`: the values of what the node is computed from."""
    where = f" at {', '.join(f'{parent} = {value}' for parent, value in at.items())}" if at else ""
    return f"{name} = {expression} has no finite value{where}."
