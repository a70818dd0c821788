"""How likely a fit makes its rows: log-likelihood, AIC, BIC, deviances, McFadden's pseudo R².

With n rows with weight, d parameters and log-likelihood l: AIC = 2d − 2l, BIC = d·log n − 2l; the
dispersion is not counted as a parameter (as statsmodels does; R counts it). Akaike (1974); Schwarz
(1978). With l₀ that of a constant alone: pseudo R² = 1 − l/l₀ (McFadden 1974). Weights s are
precisions, as everywhere: the dispersion of a row is φ/s.

- squared: l = −n/2·(log(2πS/n) + 1), of rows without weights
- logistic, multinomial: l = Σ s log(probability of the row's class); the deviance is −2l
- Poisson: l = Σ s (y log μ − μ − log y!)
- gamma, Tweedie (1 < p < 2): the density at dispersion φ, Pearson's χ²/(n − d), also for l₀. Of
  Tweedie it is a series, Wright's generalised Bessel function: Dunn and Smyth, Series evaluation of
  Tweedie exponential dispersion model densities (2005)
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, xlogy

from steepest.arrays import Floats
from steepest.losses import Gamma, Loss, Poisson, Tweedie
from steepest.losses.best_constant import weighted
from steepest.models.deviance import Spread
from steepest.models.metrics import Metrics, deviance_power

if TYPE_CHECKING:
    from steepest.problems.linear import LinearProblem


@dataclass(frozen=True)
class Likelihood:
    """The likelihood of a fit at its minimum; None: not of this loss, or the rows are elsewhere.

    - `deviance`: twice what l lacks to that of the rows themselves, times φ; of squared loss S
    - `null_deviance`: that of a constant alone
    - `pseudo_r2`: McFadden's

    >>> import steepest
    >>> found = steepest.fit([1, 2, 3, 4], [1, 3, 2, 5], loss="poisson").likelihood
    >>> round(found.log_likelihood, 6), round(found.aic, 6), round(found.deviance, 6)
    (-6.018525, 16.037051, 0.950895)
    """

    log_likelihood: float | None
    aic: float | None
    bic: float | None
    deviance: float | None
    null_deviance: float | None
    pseudo_r2: float | None

    @staticmethod
    def of(
        likelihood: float | None,
        null: float | None,
        deviances: tuple[float | None, float | None],
        rows: int,
        parameters: int,
    ) -> "Likelihood":
        """From the log-likelihoods and deviances of the fit and of a constant alone."""
        known = likelihood is not None and math.isfinite(likelihood)
        aic = bic = pseudo = None
        if known and likelihood is not None:
            aic = 2.0 * parameters - 2.0 * likelihood
            bic = math.log(rows) * parameters - 2.0 * likelihood
            if null is not None and math.isfinite(null) and null != 0.0:
                pseudo = 1.0 - likelihood / null
        return Likelihood(likelihood if known else None, aic, bic, *deviances, pseudo)


def of_squares(
    squares: float, total: float, rows: int, parameters: int, weighs: bool
) -> Likelihood:
    """Of least squares: S, and the squares about the mean."""
    value = None
    if not weighs and squares > 0.0:
        value = -0.5 * rows * (math.log(2.0 * math.pi * squares / rows) + 1.0)
    return Likelihood.of(value, None, (squares, total), rows, parameters)


def of_classes(metrics: Metrics, parameters: int) -> Likelihood:
    """Of classes, from their weights and the mean loss."""
    counts = np.sum(np.asarray(metrics.confusion, dtype=np.float64), axis=1)
    null = float(xlogy(counts, counts / counts.sum()).sum())
    value = -metrics.mean_loss * metrics.weight
    return Likelihood.of(value, null, (-2.0 * value, -2.0 * null), metrics.rows, parameters)


def of_deviance(metrics: Metrics, parameters: int) -> Likelihood | None:
    """Of counts and amounts whose rows are elsewhere: deviances alone."""
    if metrics.deviance is None:
        return None
    deviance = metrics.deviance * metrics.weight
    known = metrics.d2 is not None and metrics.d2 < 1.0
    null = deviance / (1.0 - metrics.d2) if known and metrics.d2 is not None else None
    return Likelihood.of(None, None, (deviance, null), metrics.rows, parameters)


def of_rows(
    problem: "LinearProblem",
    parameters: Floats,
    metrics: Metrics,
    dispersion: float,
    count: int,
) -> Likelihood:
    """Of counts and amounts in memory; `parameters` (d,) in the descent's coordinates, `count` of
    them that the rows determine.
    """
    loss, power = problem.loss, deviance_power(problem.loss)
    y, w = weighted(problem.target, problem.weights)
    eta = problem.linear_predictors(parameters)
    eta = eta if problem.weights is None else eta[problem.weights > 0.0]
    spread = Spread(power or 0.0)
    spread.add(y, w)
    with np.errstate(all="ignore"):
        value = _log_likelihood(loss, y, loss.mean(eta), w, dispersion)
        null = _log_likelihood(loss, y, np.full(y.shape, spread.mean), w, dispersion)
    deviance = None if metrics.deviance is None else metrics.deviance * metrics.weight
    return Likelihood.of(value, null, (deviance, spread.total), metrics.rows, count)


def _log_likelihood(
    loss: Loss, y: Floats, mean: Floats, w: Floats, dispersion: float
) -> float | None:
    power = deviance_power(loss)
    if isinstance(loss, Poisson) or power == 1.0:
        return float(w @ (xlogy(y, mean) - mean - gammaln(y + 1.0)) / dispersion)
    phi = dispersion / w
    if isinstance(loss, Gamma) or power == 2.0:
        scaled = y / (phi * mean)
        return float((np.log(scaled) / phi - scaled - gammaln(1.0 / phi) - np.log(y)).sum())
    if not isinstance(loss, Tweedie) or not 1.0 < loss.power < 2.0:
        return None
    return float(_tweedie(y, mean, phi, loss.power).sum())


def _tweedie(y: Floats, mean: Floats, phi: Floats, p: float) -> Floats:
    """log density (n,) of the Tweedie distribution of power 1 < p < 2."""
    from scipy.special import log_wright_bessel

    alpha = (2.0 - p) / (1.0 - p)
    log = (y * mean ** (1.0 - p) / (1.0 - p) - mean ** (2.0 - p) / (2.0 - p)) / phi
    some = y > 0.0
    x = ((p - 1.0) * phi[some] / y[some]) ** alpha / ((2.0 - p) * phi[some])
    log[some] += log_wright_bessel(-alpha, 0.0, x) - np.log(y[some])
    return np.asarray(log)
