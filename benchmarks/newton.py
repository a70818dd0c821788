"""A converged fit of 10^6 x 20 float32 rows, logistic and Poisson loss, against peers; and of the
median of 2·10^4 x 10 rows against HiGHS, which finds it by a linear programme.

From the call to the coefficients, all set-up included, without a penalty. The peers get the loosest
of a few tolerances that brings the objective, the mean loss in float64, within 1e-10 of the lowest
that anyone found, relative to it; steepest and who has no such tolerance run as they are by
default. Where float32 keeps a peer from it, the rows are copied to float64 within its time.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import statsmodels.api as sm
from glum import GeneralizedLinearRegressor
from measure import best_of, options, report, verdict
from sklearn.linear_model import LogisticRegression, PoissonRegressor, QuantileRegressor

import steepest
from steepest.arrays import Floats
from steepest.estimators import GradientDescentClassifier

Line = tuple[Floats, float]
EXCESS = 1e-10
MEDIAN = "quantile:0.5"


class Contestant(NamedTuple):
    """Who fits to a tolerance, from loose to tight ones; `factor`: how much faster is asked for."""

    name: str
    fit: Callable[[Any], Line]
    tolerances: Sequence[Any] = (None,)
    factor: float | None = None


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.set_defaults(rounds=3)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    chosen = parser.parse_args()
    table: list[dict[str, object]] = []
    for loss in ("logistic", "poisson"):
        rows = rows_of(loss, chosen.rows, chosen.columns)
        table += raced(loss, contestants(loss, *rows), rows, chosen.rounds)
    rows = rows_of(MEDIAN, chosen.rows // 50, chosen.columns // 2)
    table += raced(MEDIAN, of_median(*rows), rows, 1)
    shape = f"{chosen.rows} x {chosen.columns} float32"
    report("newton", table, as_json=chosen.json, shape=shape)


def rows_of(loss: str, rows: int, columns: int) -> tuple[Any, Any]:
    """Features of float32 and a target of the loss."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal((rows, columns), dtype=np.float32)
    slopes = rng.uniform(-0.5, 0.5, columns).astype(np.float32)
    eta = features @ slopes + np.float32(0.3)
    if loss == MEDIAN:
        return features.astype(np.float64), eta + rng.standard_t(3, rows)
    if loss == "poisson":
        return features, rng.poisson(np.exp(0.3 * eta)).astype(np.float32)
    return features, (rng.random(rows) < 1.0 / (1.0 + np.exp(-eta))).astype(np.float32)


def contestants(loss: str, x: Any, y: Any) -> list[Contestant]:
    """steepest first."""

    def fitted(model: Any, tolerance: Any) -> Line:
        name, value = tolerance if isinstance(tolerance, tuple) else ("tol", tolerance)
        chosen = model(**{name: value}) if value is not None else model()
        chosen.fit(x, y)
        return np.ravel(chosen.coef_), float(np.ravel(chosen.intercept_)[0])

    def ours(_: Any) -> Line:
        fit = steepest.fit(x, y, loss=loss)
        return np.array(list(fit.coefficients.values())), fit.intercept

    def statsmodels(tolerance: float) -> Line:
        family = sm.families.Poisson() if loss == "poisson" else sm.families.Binomial()
        rows = sm.add_constant(x.astype(np.float64))
        found = sm.GLM(y.astype(np.float64), rows, family=family).fit(tol=tolerance).params
        return found[1:], float(found[0])

    tight = (1e-4, 1e-6, 1e-8, 1e-10)
    family = "poisson" if loss == "poisson" else "binomial"
    glum = partial(fitted, partial(GeneralizedLinearRegressor, family=family, alpha=0.0))
    gradient = [("gradient_tol", tolerance) for tolerance in tight]
    who = [Contestant("steepest.fit", ours)]
    if loss == "logistic":
        who.append(Contestant("GradientDescentClassifier", partial(fitted, estimator)))
        peer = partial(LogisticRegression, C=np.inf, max_iter=1000)
        who.append(Contestant("LogisticRegression, lbfgs", partial(fitted, peer), tight, 20.0))
        newton = partial(peer, solver="newton-cholesky")
    else:
        newton = partial(PoissonRegressor, alpha=0.0, solver="newton-cholesky", max_iter=1000)
    who.append(Contestant("newton-cholesky", partial(fitted, newton), tight, 10.0))
    who.append(Contestant("glum", glum, gradient, 10.0))
    factor = 20.0 if loss == "logistic" else None
    return [*who, Contestant("statsmodels GLM", statsmodels, (1e-6, 1e-8, 1e-10), factor)]


def of_median(x: Any, y: Any) -> list[Contestant]:
    """steepest first."""

    def ours(_: Any) -> Line:
        fit = steepest.fit(x, y, loss=MEDIAN)
        return np.array(list(fit.coefficients.values())), fit.intercept

    def highs(_: Any) -> Line:
        found = QuantileRegressor(alpha=0.0, solver="highs").fit(x, y)
        return found.coef_, float(found.intercept_)

    return [Contestant("steepest.fit", ours), Contestant("HiGHS", highs, factor=20.0)]


def estimator(**given: Any) -> Any:
    """steepest's estimator with its defaults."""
    return GradientDescentClassifier(**given)


def raced(
    loss: str, who: Sequence[Contestant], rows: tuple[Any, Any], rounds: int
) -> list[dict[str, object]]:
    """A row for each contestant."""
    objective = partial(mean_loss, loss, *rows)
    optimum = objective(who[0].fit(None))
    found = {c.name: reached(c, objective, optimum) for c in who}
    best = best_of(rounds, {c.name: partial(c.fit, found[c.name][0]) for c in who})
    ours = best[who[0].name]
    return [
        {
            "way": f"{loss}, {c.name}",
            "ms": 1e3 * best[c.name],
            "times steepest.fit": best[c.name] / ours,
            "excess": found[c.name][1],
            "tolerance": str(found[c.name][0] or "default"),
            "target": verdict(best[c.name] / ours, c.factor) if c.factor else "",
        }
        for c in who
    ]


def reached(
    contestant: Contestant, objective: Callable[[Line], float], optimum: float
) -> tuple[Any, float]:
    """The loosest tolerance that is enough, or the tightest, and the relative excess there."""
    excess = np.inf
    for tolerance in contestant.tolerances:
        excess = objective(contestant.fit(tolerance)) / optimum - 1.0
        if excess <= EXCESS:
            break
    return tolerance, excess


def mean_loss(loss: str, features: Any, target: Any, line: Line) -> float:
    """The objective, with its sums in float64."""
    eta = features.astype(np.float64) @ line[0] + line[1]
    if loss == "poisson":
        return float(np.mean(np.exp(eta) - target * eta))
    if loss == MEDIAN:
        return float(0.5 * np.mean(np.abs(target - eta)))
    return float(np.mean(np.logaddexp(0.0, eta) - target * eta))


if __name__ == "__main__":
    main()
