"""How numbers and settings are written in the cells of a table."""

import math

import numpy as np

from steepest.arrays import Floats
from steepest.wording.fact import phrase
from steepest.wording.numbers import rounded, with_minus

# Rows of a table of coefficients.
MOST_ROWS = 200


def number(value: float | None, digits: int = 6) -> str:
    """A number for a table.

    >>> number(-1234.5678), number(None), number(float("inf")), number(1e-12, 3)
    ('−1234.57', '–', '∞', '1e−12')
    """
    if value is None or math.isnan(value):
        return "–"
    text = rounded(value, digits) if math.isfinite(value) else "∞" if value > 0.0 else "-∞"
    return with_minus(text)


def setting(value: object) -> str:
    """A setting for a table.

    >>> setting(True), setting(0.1), setting((0.9, 0.999)), setting(None)
    ('yes', '0.1', '0.9, 0.999', '–')
    """
    if value is None:
        return "–"
    if isinstance(value, bool | np.bool_):
        return phrase("yes" if value else "no")
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{key}={item:g}" for key, item in value.items())
    if isinstance(value, list | tuple):
        items = ", ".join(f"{item:g}" for item in value[:12])
        return items + (f", … ({len(value)})" if len(value) > 12 else "")
    return str(value)


def largest(sizes: Floats) -> list[int]:
    """The places of the largest of so many coefficients, in their order.

    >>> largest(np.array([0.5, 2.0]))
    [0, 1]
    """
    if len(sizes) <= MOST_ROWS:
        return list(range(len(sizes)))
    return sorted(np.argsort(-sizes, kind="stable")[:MOST_ROWS].tolist())
