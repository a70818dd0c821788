"""The pictures of a fit hold the numbers that statsmodels, scikit-learn and SciPy find."""

import functools
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import norm
from sklearn.linear_model import Lasso
from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve
from statsmodels.stats.proportion import proportion_confint

import steepest
from steepest.pictures.chart import Chart, Series
from steepest.reports.fit_charts import fit_charts
from steepest.results.fit import Fit

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(120, 3)) * [1.0, 3.0, 0.2] + [0.0, 5.0, 0.0]
Y = X @ [2.0, -1.0, 4.0] + RANDOM.normal(size=120)
LABELS = (Y > -5.0).astype(int)
DIGITS = 2e-6  # seven digits are drawn


def drawn(fit: Fit) -> dict[str, Chart]:
    return {chart.name: chart for chart in fit_charts(fit)}


def look(chart: Chart, kind: str) -> list[Series]:
    return [one for one in chart.series if one.look == kind]


def values(one: Series) -> tuple[np.ndarray, np.ndarray]:
    return np.array(one.x, dtype=float), np.array(one.y, dtype=float)


@functools.cache
def of_numbers() -> dict[str, Chart]:
    return drawn(steepest.fit(X, Y))


@functools.cache
def of_a_line() -> tuple[dict[str, Chart], Any]:
    """The pictures of one feature, and statsmodels' fit of it."""
    x = X[:, 0]
    return drawn(steepest.fit(x, Y)), sm.OLS(Y, sm.add_constant(x)).fit()


@functools.cache
def of_classes() -> tuple[dict[str, Chart], np.ndarray, Any]:
    """The pictures of two classes, and statsmodels' probabilities."""
    features = X[:, :1]
    model = sm.Logit(LABELS, sm.add_constant(features)).fit(disp=0, tol=1e-12)
    fit = steepest.fit(features, LABELS, loss="logistic")
    return drawn(fit), model.predict(), fit.metrics


def test_rows_stand_at_what_is_predicted_of_them() -> None:
    model = sm.OLS(Y, sm.add_constant(X)).fit()
    true, predicted = values(look(of_numbers()["predicted"], "dots")[0])
    assert true == pytest.approx(Y, rel=DIGITS)
    assert predicted == pytest.approx(model.fittedvalues, rel=DIGITS)
    residuals = of_numbers()["residuals"]
    assert values(look(residuals, "dots")[0])[1] == pytest.approx(model.resid, rel=1e-4)
    heights = sorted(one.y[0] or 0.0 for one in look(residuals, "level"))
    twice = 2.0 * np.sqrt(model.mse_resid)
    assert heights == pytest.approx([-twice, 0.0, twice], rel=DIGITS)


def test_intervals_are_those_of_statsmodels_the_greatest_on_top() -> None:
    model = sm.OLS(Y, sm.add_constant(X)).fit()
    picture, spread = of_numbers()["intervals"], X.std(axis=0)
    order = np.argsort(-np.abs(model.params[1:] * spread))
    assert picture.y.names == [f"x{place + 1}" for place in order]
    effects, places = values(look(picture, "dots")[0])
    assert effects == pytest.approx((model.params[1:] * spread)[order], rel=DIGITS)
    assert places.tolist() == [0.0, 1.0, 2.0] and (picture.y.low or 0) > (picture.y.high or 0)
    bars = look(picture, "spans")[0]
    low, _ = values(bars)
    high = low + [right for right, _ in bars.ends]
    ends = (model.conf_int()[1:] * spread[:, None])[order]
    assert np.column_stack([low, high]) == pytest.approx(ends, rel=DIGITS)


def test_the_line_has_the_noise_on_both_sides() -> None:
    charts, model = of_a_line()
    line = look(charts["line"], "line")[0]
    ends, heights = values(line)
    fitted = model.params[0] + model.params[1] * ends
    assert heights == pytest.approx(fitted, rel=DIGITS)
    for times, area in zip((2.0, 1.0), look(charts["line"], "area"), strict=True):
        around = values(area)[1]
        deviation = times * np.sqrt(model.mse_resid)
        wanted = [*(fitted - deviation), *(fitted + deviation)[::-1]]
        assert around == pytest.approx(wanted, rel=DIGITS)


def test_the_noise_is_a_histogram_beside_the_normal_density() -> None:
    charts, model = of_a_line()
    bars = look(charts["noise"], "boxes")[0]
    left = values(bars)[0]
    width, height = np.array(bars.ends).T
    counts, _ = np.histogram(model.resid, [*(left - 1e-6), left[-1] + width[-1] + 1e-6])
    assert height * width * len(Y) == pytest.approx(counts, abs=1e-4)
    at, normal = values(look(charts["noise"], "line")[0])
    density = norm.pdf(at, scale=np.sqrt(model.mse_resid))
    assert normal == pytest.approx(density, rel=1e-4)


def test_weighted_rows_have_no_bands_and_say_so() -> None:
    charts = drawn(steepest.fit(X[:, 0], Y, weights=np.arange(1.0, 121.0)))
    assert not look(charts["line"], "area")
    assert not charts["noise"].series and "weight" in charts["noise"].note


def test_the_roc_curve_is_scikit_learns() -> None:
    charts, probability, _ = of_classes()
    alarms, hits, _ = roc_curve(LABELS, probability, drop_intermediate=False)
    x, y = values(look(charts["roc"], "line")[0])
    known, found = np.column_stack([alarms, hits]), np.column_stack([x, y])
    away = np.abs(found[:, None] - known[None]).max(axis=2).min(axis=1)
    assert away.max() < 1e-6
    area = roc_auc_score(LABELS, probability)
    assert np.trapezoid(y, x) == pytest.approx(area, abs=1e-3)  # fewer points are drawn
    assert look(charts["roc"], "line")[0].name == f"area {area:.4g}"


def test_fields_of_the_confusion_hold_rows_and_shares() -> None:
    charts, probability, _ = of_classes()
    table = confusion_matrix(LABELS, probability > 0.5)
    shares = table / table.sum(axis=1, keepdims=True)
    fields = charts["confusion"].series[0]
    assert charts["confusion"].y.names == ["0", "1"]
    assert fields.sizes == pytest.approx(shares.ravel(), abs=1e-3)
    written = [f"{rows}\n{share:.1%}" for rows, share in zip(table.flat, shares.flat, strict=True)]
    assert fields.texts == written


def test_groups_of_the_calibration_have_wilsons_intervals() -> None:
    charts, _, metrics = of_classes()
    points, bars = look(charts["calibration"], "dots")[0], look(charts["calibration"], "spans")[0]
    observed, low = values(points)[1], values(bars)[1]
    rows = np.array([group.rows for group in metrics.calibration])
    assert rows.sum() == len(LABELS)
    wilson = proportion_confint(np.round(observed * rows), rows, method="wilson")
    assert low == pytest.approx(wilson[0], abs=1e-6)
    assert low + [up for _, up in bars.ends] == pytest.approx(wilson[1], abs=1e-6)


def test_lines_along_the_strength_are_lassos() -> None:
    """Lasso halves the squared error: its alpha is half the strength."""
    charts = drawn(steepest.fit(X, Y, l1="path"))
    picture = charts["regularization"]
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    lines = [one for one in picture.series if one.name.startswith("x")]
    assert len(lines) == 3 and picture.x.kind == "log"
    for place in (10, 50):
        strength = lines[0].x[place] or 0.0
        model = Lasso(alpha=strength / 2.0, tol=1e-12).fit(scaled, Y)
        found = [one.y[place] for one in sorted(lines, key=lambda one: one.name)]
        assert found == pytest.approx(model.coef_, rel=1e-4, abs=1e-6)
    chosen = look(picture, "level")[1].x[0]
    assert look(charts["held-out"], "level")[0].x[0] == chosen
    losses = values(look(charts["held-out"], "line")[0])[1]
    lowest = look(charts["held-out"], "minimum")[0]
    assert lowest.y[0] == losses.min()


def test_what_is_exactly_zero_is_marked() -> None:
    picture = drawn(steepest.fit(X, Y, l1=3.0, loss="huber"))["coefficients"]
    zeros = look(picture, "last")[0]
    assert set(zeros.x) == {0.0}
    assert len(zeros.x) + len(look(picture, "boxes")[0].x) == 3
