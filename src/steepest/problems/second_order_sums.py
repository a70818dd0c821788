"""Objective, gradient and second derivative of rows in memory, by the quickest way there is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats, read_only
from steepest.losses.loss import ScalarLoss
from steepest.moments.block_products import MOST_COMPILED_COLUMNS, choose_kernel, compiled_products
from steepest.moments.moments import UNIT_ROUNDOFF, CentredMoments
from steepest.problems.coordinates import Coordinates
from steepest.problems.linear_model import SecondSums
from steepest.problems.row_pieces import by_pieces
from steepest.problems.row_terms import weighed

# Of so few numbers sums are taken without compiled code, whose import takes longer.
LEAST_NUMBERS = 2_000_000
# So many rows and numbers are worked on at once.
_ROWS_AT_ONCE, _NUMBERS_AT_ONCE = 1 << 12, 1 << 18
# What moments tell of an objective is known to such a share.
_ROUNDED = 1e-10


def suits_kernel(features: Any, loss: object, *, few: bool = False) -> bool:
    """Whether the kernel knows the loss, and is the faster way, where rows may not be too `few`."""
    if not isinstance(features, np.ndarray) or not isinstance(loss, ScalarLoss):
        return False
    many = (few or features.size > LEAST_NUMBERS) and features.shape[1] <= MOST_COMPILED_COLUMNS
    return many and loss.smooth and loss.convex


def compiled_second_sums(
    features: NDArray[Any],
    target: Floats,
    weights: Floats | None,
    coordinates: Coordinates,
    loss: ScalarLoss,
    parameters: Floats,
    *,
    curved: bool = True,
    rough: bool = False,
) -> SecondSums:
    """The sums over the rows at `parameters` (width,), in the coordinates of the descent; without
    the second derivative unless they shall be `curved`. `rough` ones are taken in float32 tiles.
    """
    from steepest.moments.block_products_kernel import new_tile, symmetric
    from steepest.problems.second_order_kernel import second_order_of_tiles

    p = features.shape[1]
    line = np.append(parameters[:p], parameters[p:] if coordinates.intercept else 0.0)
    none, scale = np.empty(0), 1.0 / coordinates.spread

    def piece(at: slice) -> tuple[Floats, Floats, Floats]:
        tile, roots = new_tile(p, np.float32 if rough else np.float64)
        totals, lines = np.zeros(4), np.zeros((2, len(tile)))
        products = np.zeros((len(tile), len(tile)))
        second_order_of_tiles(
            read_only(np.ascontiguousarray(features[at])),
            read_only(target[at]),
            read_only(none if weights is None else weights[at]),
            coordinates.centre,
            scale,
            line,
            loss.code,
            loss.option,
            curved,
            tile,
            roots,
            totals,
            lines,
            products,
        )
        return totals, lines[:, :p], products

    pieces = by_pieces(len(target), piece)
    totals, lines, products = (np.sum(part, axis=0) for part in zip(*pieces, strict=True))
    products, value, spread = symmetric(products, p), totals[:1], totals[3:1:-1]
    if not coordinates.intercept:
        return SecondSums(value, lines[:1], products, spread)
    hessian = np.empty((p + 1, p + 1))
    hessian[:p, :p], hessian[:p, p], hessian[p, :p] = products, lines[1], lines[1]
    hessian[p, p] = totals[2]
    return SecondSums(value, np.append(lines[0], totals[1])[None], hessian, spread)


def sums_of_few(
    rows: Floats,
    loss: ScalarLoss,
    target: Floats,
    weights: Floats | None,
    parameters: Floats,
    *,
    curved: bool = True,
) -> SecondSums:
    """The same of rows (n, width) in the coordinates of the descent, as many at once as stay in the
    cache.
    """
    width = rows.shape[1]
    value, gradient, spread = np.zeros(1), np.zeros((1, width)), np.zeros(2)
    total = np.zeros((width, width))
    step = max(1, min(_ROWS_AT_ONCE, _NUMBERS_AT_ONCE // width))
    with np.errstate(over="ignore", invalid="ignore"):
        for first in range(0, len(rows), step):
            at = slice(first, first + step)
            some, y = rows[at], target[at]
            shares = None if weights is None else weights[at]
            losses, slopes, curvature = loss.second_order(some @ parameters, y)
            value += weighed(losses, shares).sum()
            spread[0] += weighed(slopes * slopes, shares).sum()
            gradient += weighed(slopes, shares) @ some
            curvature = weighed(curvature, shares)
            spread[1] += curvature.sum()
            if curved:
                scaled = np.sqrt(curvature)[:, None] * some
                total += scaled.T @ scaled
    return SecondSums(value, gradient, total, spread)


def dense_products(features: NDArray[Any], shares: Floats, coordinates: Coordinates) -> Floats:
    """Σ shareᵢ x̃ᵢx̃ᵢᵀ (d, d), the 1 of the intercept included, by the kernel of the moments, with
    nothing in the target's place.
    """
    kernel = choose_kernel(features.shape[1], features.size <= LEAST_NUMBERS)
    shift, scale = np.append(coordinates.centre, 0.0), np.append(1.0 / coordinates.spread, 1.0)
    nothing = np.zeros(len(features), dtype=features.dtype)
    if kernel is compiled_products and features.flags.c_contiguous:
        parts = by_pieces(
            len(features),
            lambda at: kernel(features[at], nothing[at], shares[at], shift, scale),
        )
        found = (np.sum(part, axis=0) for part in zip(*parts, strict=True))
        sums, products = map(np.asarray, found)
    else:
        sums, products = kernel(features, nothing, shares, shift, scale)
    if not coordinates.intercept:
        return np.asarray(products[:-1, :-1])
    products[-1, :-1] = products[:-1, -1] = sums[:-1]
    products[-1, -1] = shares.sum()
    return products


def products_of_moments(moments: CentredMoments, coordinates: Coordinates) -> Floats:
    """Σ s zzᵀ of z = (x̃, 1, y), x̃ being the columns in the coordinates of the descent."""
    spread, centre = np.append(coordinates.spread, 1.0), np.append(coordinates.centre, 0.0)
    means = (moments.shift + moments.mean / moments.scale - centre) / spread
    scale, p = spread * moments.scale, len(means) - 1
    products = moments.products / np.outer(scale, scale) + moments.weight * np.outer(means, means)
    means = moments.weight * means
    wide = np.insert(products, p, means, axis=0)
    return np.insert(wide, p, np.insert(means, p, moments.weight), axis=1)


def sums_of_constant(
    moments: CentredMoments, coordinates: Coordinates, loss: ScalarLoss, parameters: Floats
) -> SecondSums:
    """The same sums where no coefficient counts, for a loss b(η) − yη: all rows have one η."""
    eta = np.array(parameters[-1] if coordinates.intercept else 0.0)
    height, mean, bend = (
        float(known(eta, np.zeros(()))) for known in (loss.value, loss.slope, loss.curvature)
    )
    products = products_of_moments(moments, coordinates)
    p, width = len(products) - 2, len(products) - 2 + coordinates.intercept
    # Σ s (b' − y) z, the last of which is that of z = y.
    slopes = mean * products[p] - products[p + 1]
    return SecondSums(
        np.array([height * moments.weight - float(eta) * products[p, p + 1]]),
        slopes[None, :width],
        bend * products[:width, :width],
        np.array([mean * slopes[p] - slopes[p + 1], bend * moments.weight]),
    )


def squares_of_moments(
    moments: CentredMoments, coordinates: Coordinates, parameters: Floats
) -> tuple[float, Floats] | None:
    """Σ s (η − y)² and its gradient (d,); None where rounding may be more than a 1e-10th of it."""
    p, means = len(coordinates.spread), moments.shift + moments.mean / moments.scale
    slopes = parameters[:p] / coordinates.spread
    level = slopes @ (means[:p] - coordinates.centre) - means[p]
    level += parameters[p] if coordinates.intercept else 0.0
    line = np.append(slopes, -1.0) / moments.scale
    pulled = moments.products @ line
    value = float(line @ pulled + moments.weight * level**2)
    noise = float(np.abs(line) @ np.sqrt(moments.magnitude))
    if not _ROUNDED * value > UNIT_ROUNDOFF * moments.roundings * noise**2:
        return None
    total = moments.weight * level
    gradient = pulled[:p] / moments.scale[:p] + total * (means[:p] - coordinates.centre)
    gradient = gradient / coordinates.spread
    return value, 2.0 * (np.append(gradient, total) if coordinates.intercept else gradient)
