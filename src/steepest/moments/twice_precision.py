"""Numbers in twice the working precision: unevaluated sums of two float64.

Sums and products keep their exact errors (Dekker 1971; Ogita, Rump and Oishi 2005), so that what
many large terms leave of each other has all of its digits.
"""

from typing import NamedTuple

import numpy as np

from steepest.arrays import Floats

_SPLITTER = float(2**27 + 1)


class Twice(NamedTuple):
    """`high + low`, arrays of one shape; `low` is below the rounding of `high`.

    >>> third = Twice(np.array([1 / 3]), np.array([1 / 3 * 2.0**-54]))
    >>> rest = total(plus(times(third, Twice.of(np.array([3.0]))), Twice.of(np.array([-1.0]))))
    >>> float(rest.high), float(rest.low)
    (0.0, 0.0)
    """

    high: Floats
    low: Floats

    @staticmethod
    def of(values: Floats) -> "Twice":
        """Numbers that float64 holds."""
        return Twice(values, np.zeros_like(values))

    def scaled(self, powers: Floats | float) -> "Twice":
        """Times powers of two: exact."""
        return Twice(self.high * powers, self.low * powers)


def sum_of(a: Floats, b: Floats | float) -> Twice:
    """a + b of float64 numbers, exactly (Knuth's TwoSum)."""
    total = a + b
    virtual = total - a
    return Twice(total, (a - (total - virtual)) + (b - virtual))


def product_of(a: Floats, b: Floats | float) -> Twice:
    """a · b of float64 numbers, exactly (Dekker's TwoProduct)."""
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(np.asarray(b))
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return Twice(product, error)


def plus(a: Twice, b: Twice) -> Twice:
    """a + b, to about twice the working precision of the terms."""
    total, error = sum_of(a.high, b.high)
    return _normal(total, error + a.low + b.low)


def times(a: Twice, b: Twice) -> Twice:
    """a · b, to about twice the working precision."""
    product, error = product_of(a.high, b.high)
    return _normal(product, error + a.high * b.low + a.low * b.high)


def total(terms: Twice) -> Twice:
    """The sum along the first axis, by halves."""
    if not len(terms.high):
        return Twice.of(np.zeros(terms.high.shape[1:]))
    while (count := len(terms.high)) > 1:
        half = count // 2
        added = plus(_part(terms, 0, half), _part(terms, half, 2 * half))
        if count % 2:
            last = plus(_part(added, 0, 1), _part(terms, count - 1, count))
            added.high[:1], added.low[:1] = last
        terms = added
    return Twice(terms.high[0], terms.low[0])


def _part(terms: Twice, first: int, last: int) -> Twice:
    return Twice(terms.high[first:last], terms.low[first:last])


def _normal(high: Floats, low: Floats) -> Twice:
    total = high + low
    return Twice(total, low - (total - high))


def _halves(a: Floats) -> tuple[Floats, Floats]:
    """26 leading bits and the rest."""
    scaled = np.asarray(a * _SPLITTER)
    high = scaled - (scaled - a)
    return high, np.asarray(a - high)
