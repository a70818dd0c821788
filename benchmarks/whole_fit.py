"""A whole `steepest.fit` against scikit-learn's `LinearRegression`, with the digits of both.

Digits are counted against least squares solved in extended precision. scikit-learn computes in the
type it is given, so it is measured on the float32 rows as they are, and on a float64 copy.
"""

import numpy as np
from measure import best_of, linear_rows, options, report, verdict
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

import steepest

CHUNK = 65_536


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    chosen = parser.parse_args()
    features, target = linear_rows(chosen.rows, chosen.columns)
    wide, wide_target = features.astype(np.float64), target.astype(np.float64)
    ways = {
        "steepest.fit": lambda: steepest.fit(features, target),
        "LinearRegression": lambda: LinearRegression().fit(features, target),
        "LinearRegression, float64 copy": lambda: LinearRegression().fit(wide, wide_target),
    }
    best = best_of(chosen.rounds, ways)
    exact = least_squares(features, target)
    fit = ways["steepest.fit"]()
    found = {"steepest.fit": np.array([*fit.coefficients.values(), fit.intercept])}
    for name in list(ways)[1:]:
        model = ways[name]()
        found[name] = np.array([*model.coef_, model.intercept_])
    ours = best["steepest.fit"]
    rows = [
        {
            "way": name,
            "ms": 1e3 * seconds,
            "times steepest": seconds / ours,
            "correct digits": correct_digits(found[name], exact),
            "target": verdict(seconds / ours, 10.0) if name == "LinearRegression" else "",
        }
        for name, seconds in best.items()
    ]
    shape = f"{chosen.rows} x {chosen.columns} float32"
    report("whole_fit", rows, as_json=chosen.json, shape=shape)


def least_squares(
    features: NDArray[np.float32], target: NDArray[np.float32]
) -> NDArray[np.longdouble]:
    """Coefficients, intercept last: normal equations in extended precision, solved by refinement.

    >>> least_squares(np.float32([[1], [2], [4]]), np.float32([3, 5, 9])).astype(float).tolist()
    [2.0, 1.0]
    """
    size = features.shape[1] + 2
    products = np.zeros((size, size), dtype=np.longdouble)
    for start in range(0, len(features), CHUNK):
        stop = start + CHUNK
        columns = [features[start:stop], np.ones(len(features[start:stop])), target[start:stop]]
        chunk = np.column_stack(columns).astype(np.longdouble)
        products += chunk.T @ chunk
    matrix, right = products[:-1, :-1], products[:-1, -1]
    solution = np.zeros(size - 1, dtype=np.longdouble)
    for _ in range(10):
        rest = right - matrix @ solution
        solution += np.linalg.solve(matrix.astype(np.float64), rest.astype(np.float64))
    return solution


def correct_digits(found: NDArray[np.float64], exact: NDArray[np.longdouble]) -> float:
    """Of the worst coefficient."""
    error = np.abs(found - exact) / np.abs(exact)
    return float(-np.log10(max(float(error.max()), 1e-17)))


if __name__ == "__main__":
    main()
