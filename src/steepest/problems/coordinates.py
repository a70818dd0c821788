"""The coordinates a descent runs in, and the user's own.

With centre m and spread s of the features (0 and 1 where nothing is standardised) and coefficients
b, intercept a in the user's units, the descent's parameters are

    w_j = s_j b_j            c = a + Σ m_j b_j
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steepest.arrays import Floats
from steepest.errors import InputError
from steepest.moments.moments import UNIT_ROUNDOFF, CentredMoments
from steepest.moments.qr_factor import Factor
from steepest.translation import say

# Numbers beyond this, or below one over it, have squares that float64 cannot hold with ease.
LARGE = 1e150


# A spread below this part of a column's size is rounding: the same that moments take for none.
ROUNDING = 4.0 * UNIT_ROUNDOFF


def beyond(name: str, size: float) -> InputError:
    """The error for a column of such numbers."""
    around = (
        say("around {size:.3g}", size=size)
        if np.isfinite(size)
        else say("above {LARGE:g}", LARGE=LARGE)
    )
    return InputError(
        "column {name!r} holds values {around}, whose squares are beyond float64: multiply "
        "it by a constant that brings it nearer to 1",
        name=name,
        around=around,
    )


@dataclass(frozen=True, eq=False)
class Coordinates:
    """A linear map between descent parameters θ = (w, c) and the user's (b, a); shapes (d,).

    Rows of a matrix are mapped like single vectors: (k, d) gives (k, d).
    """

    centre: Floats
    spread: Floats
    intercept: bool

    @property
    def columns(self) -> int:
        """How many coefficients there are: p."""
        return len(self.spread)

    @property
    def width(self) -> int:
        """How many parameters: p, and 1 for the intercept."""
        return len(self.spread) + self.intercept

    @staticmethod
    def of(factor: Factor, *, standardize: bool, intercept: bool) -> "Coordinates":
        """Standardised (mean 0, mean square 1; without intercept about 0), or as they are, as a
        column is that does not vary in these rows.
        """
        features = len(factor.names) - 1
        if not standardize:
            return Coordinates(np.zeros(features), np.ones(features), intercept)
        squares = np.square(factor.triangle[:, :-1] / factor.scale[:-1]).sum(axis=0)
        squares = squares / factor.weight
        means = factor.means[:-1]
        spread = np.sqrt(squares if intercept else squares + means**2)
        spread = np.where(spread > 0.0, spread, 1.0)
        return Coordinates(means if intercept else np.zeros(features), spread, intercept)

    @staticmethod
    def measured(
        mean: Floats, variance: Floats, *, standardize: bool, intercept: bool
    ) -> "Coordinates":
        """Coordinates from the columns' means and variances (p,), as `of` has them."""
        if not standardize:
            return Coordinates(np.zeros_like(mean), np.ones_like(mean), intercept)
        centre = mean
        if not intercept:
            centre, variance = np.zeros_like(mean), variance + np.square(mean)
        spread = np.sqrt(variance)
        # What rounding leaves of a constant column is no spread.
        spread[spread <= ROUNDING * np.abs(centre)] = 1.0
        return Coordinates(centre, spread, intercept)

    @staticmethod
    def of_moments(moments: CentredMoments, *, standardize: bool, intercept: bool) -> "Coordinates":
        """Coordinates of the features of moments, as `of` has them."""
        with np.errstate(over="ignore"):  # `checked` sees what is beyond float64
            spread = np.sqrt(moments.products.diagonal() / moments.weight) / moments.scale
            variance = np.square(spread[:-1])
        mean = (moments.shift + moments.mean / moments.scale)[:-1]
        return Coordinates.measured(mean, variance, standardize=standardize, intercept=intercept)

    def checked(self, names: Sequence[str]) -> "Coordinates":
        """Themselves; InputError names a column whose squares float64 cannot hold.

        >>> Coordinates(np.zeros(1), np.array([2e155]), True).checked(["far"])
        Traceback (most recent call last):
        ...
        steepest.errors.InputError: column 'far' holds values around 2e+155, whose squares are ...
        """
        sizes = np.abs(self.centre) + self.spread
        for name, size in zip(names, sizes.tolist(), strict=False):
            if not size < LARGE:
                raise beyond(name, size)
        return self

    def to_user(self, parameters: Floats) -> Floats:
        """Coefficients, then the intercept, in the user's units."""
        result = np.array(parameters, dtype=np.float64)
        features = len(self.spread)
        result[..., :features] = parameters[..., :features] / self.spread
        if self.intercept:
            shift = (result[..., :features] * self.centre).sum(axis=-1)
            result[..., features] = parameters[..., features] - shift
        return result

    def to_user_from(self, parameters: Floats, place: Floats, known: Floats) -> Floats:
        """`to_user` of points (…, d), from a `place` (d,) whose own values there are `known` to
        more digits: each value from there, or from 0, whichever leaves the smaller terms.
        """
        whole, step = self.to_user(parameters), self.to_user(parameters - place)
        near = np.abs(parameters - place) <= 0.5 * np.abs(parameters)
        if self.intercept:
            terms = [np.abs(each[..., :-1] * self.centre).sum(axis=-1) for each in (whole, step)]
            sizes = [terms[0] + np.abs(parameters[..., -1]), terms[1] + np.abs(step[..., -1])]
            near[..., -1] = sizes[1] <= 0.5 * sizes[0]
        return np.where(near, known + step, whole)

    def from_user(self, parameters: Floats) -> Floats:
        """The inverse of `to_user`."""
        result = np.array(parameters, dtype=np.float64)
        features = len(self.spread)
        result[..., :features] = parameters[..., :features] * self.spread
        if self.intercept:
            shift = (parameters[..., :features] * self.centre).sum(axis=-1)
            result[..., features] = parameters[..., features] + shift
        return result

    def change(self, other: "Coordinates") -> "Change":
        """How what is known in these coordinates is expressed in others."""
        step = (other.centre - self.centre) / self.spread
        return Change(other.spread / self.spread, step, self.intercept)

    def gradient_to_user(self, gradient: Floats) -> Floats:
        """∂J/∂(b, a) from ∂J/∂(w, c): the transpose of `from_user`."""
        result = np.array(gradient, dtype=np.float64)
        features = len(self.spread)
        result[..., :features] = gradient[..., :features] * self.spread
        if self.intercept:
            result[..., :features] += gradient[..., features:] * self.centre
        return result


@dataclass(frozen=True, eq=False)
class Change:
    """From coordinates of centre m and spread s to others, m' and s', of the same functions:

        w' = w s'/s            c' = c + Σ w (m' − m)/s

    Arrays (…, width) are those of one predictor: coefficients, and the intercept where there is
    one, without which the centre must stay.

    >>> before = Coordinates(np.array([1.0]), np.array([2.0]), True)
    >>> change = before.change(Coordinates(np.array([5.0]), np.array([8.0]), True))
    >>> change.points(np.array([3.0, 10.0]))
    array([12., 16.])
    """

    ratio: Floats
    step: Floats
    intercept: bool

    def points(self, parameters: Floats) -> Floats:
        """Parameters, and differences and sums of them."""
        result = np.array(parameters, dtype=np.float64)
        columns = len(self.ratio)
        if self.intercept:
            result[..., columns] += (result[..., :columns] * self.step).sum(axis=-1)
        result[..., :columns] *= self.ratio
        return result

    def gradients(self, gradients: Floats) -> Floats:
        """Gradients, whose products with steps stay the same."""
        result = np.array(gradients, dtype=np.float64)
        columns = len(self.ratio)
        if self.intercept:
            result[..., :columns] -= self.step * result[..., columns:]
        result[..., :columns] /= self.ratio
        return result

    def squares(self, squares: Floats) -> Floats:
        """Mean squares of gradients, as if those of coefficients and intercept were independent."""
        result = np.array(squares, dtype=np.float64)
        columns = len(self.ratio)
        if self.intercept:
            result[..., :columns] += np.square(self.step) * result[..., columns:]
        result[..., :columns] /= np.square(self.ratio)
        return result
