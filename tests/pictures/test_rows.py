"""Views that show rows or coefficients."""

import numpy as np
import pytest
from scipy.stats import norm

import steepest
from steepest import Moments
from steepest.arrays import Floats
from steepest.pictures.intervals import IntervalsView
from steepest.pictures.line import LineView
from steepest.pictures.noise import NoiseView
from steepest.pictures.picture import LeftOut
from steepest.pictures.predictions import MOST_POINTS, PredictionsView
from steepest.wording.fact import text_of

RNG = np.random.default_rng(3)
X = RNG.normal(size=(60, 3)) * [1.0, 10.0, 0.1]
Y = X @ [1.0, 2.0, 3.0] + 4.0 + RNG.normal(size=60)


def test_predictions_and_residuals() -> None:
    fit = steepest.fit(X, Y)
    view = PredictionsView.of(fit)
    np.testing.assert_array_equal(view.true, Y)
    np.testing.assert_allclose(view.predicted, fit.predict(X), rtol=1e-12)
    np.testing.assert_allclose(view.residuals, Y - fit.predict(X), atol=1e-12)
    assert abs(view.residuals.mean()) < 1e-9
    assert (view.target, view.rows, text_of(view.notes)) == ("y", 60, "")
    assert view.deviation == fit.residual_deviation and view.r2 == fit.r2
    axes = fit.plot("predicted")
    low, high = axes.get_xlim()
    assert axes.get_ylim() == (low, high) and axes.get_aspect() == 1.0
    assert low < min(view.true.min(), view.predicted.min())
    assert high > max(view.true.max(), view.predicted.max())


def test_a_table_of_many_rows_is_thinned_and_says_so() -> None:
    x = np.arange(50_000.0)
    view = PredictionsView.of(steepest.fit(x, 2.0 * x + np.sin(x)))
    assert len(view.true) == MOST_POINTS
    np.testing.assert_allclose(view.true, 2.0 * view.index + np.sin(view.index))
    assert text_of(view.notes) == "1,000 of 50,000 rows are shown."


def test_moments_have_no_rows_to_show() -> None:
    fit = steepest.fit(Moments.of(X[:, :1], Y))
    for view in (PredictionsView, LineView):
        with pytest.raises(LeftOut, match=r"^No rows were kept to draw: the fit was made"):
            view.of(fit)


def test_predictions_of_a_diverged_run_are_left_out() -> None:
    fit = steepest.fit(X, Y, standardize=False, lr=1.0)
    with pytest.raises(LeftOut, match=r"^The predictions are too large to be drawn beside the r"):
        PredictionsView.of(fit)


def test_the_line_at_the_start_after_each_first_epoch_and_chosen() -> None:
    fit = steepest.fit(X[:, 1], Y, lr=0.1, epochs=30)
    view = LineView.of(fit)
    assert list(view.lines) == [0, 1, 2, 30]
    assert view.lines[0].tolist() == [0.0, 0.0]
    for epoch, heights in view.lines.items():
        step = fit.path.at(epoch)
        np.testing.assert_allclose(heights, step["x"] * view.ends + step["intercept"])
    assert view.ends.tolist() == [X[:, 1].min(), X[:, 1].max()]
    assert (view.feature, view.target, text_of(view.notes)) == ("x", "y", "")


def test_the_line_of_a_diverged_run_is_told() -> None:
    fit = steepest.fit(X[:, 1], Y, standardize=False, lr=1.0)
    view = LineView.of(fit)
    assert list(view.lines) == [0, 1, 2]
    assert text_of(view.notes) == f"The line of epoch {fit.epochs} is too far away to be drawn."


def test_a_line_needs_one_feature() -> None:
    with pytest.raises(LeftOut, match=r"^A line is drawn for a fit on one feature; this one has 3"):
        LineView.of(steepest.fit(X, Y))


def test_the_noise_has_the_density_of_its_residuals() -> None:
    fit = steepest.fit("sample:noisy-line,sigma=0.5,rows=1000,seed=2")
    view = NoiseView.of(fit)
    residuals = PredictionsView.of(fit).residuals
    assert view.deviation == pytest.approx(np.sqrt(residuals @ residuals / 998), rel=1e-12)
    assert view.deviation == pytest.approx(0.5, rel=0.07)
    np.testing.assert_allclose(view.normal, norm.pdf(view.at, scale=view.deviation), rtol=1e-12)
    expected, _ = np.histogram(residuals, view.edges, density=True)
    np.testing.assert_allclose(view.heights, expected, rtol=1e-12)
    assert np.sum(view.heights * np.diff(view.edges)) == pytest.approx(1.0, rel=1e-12)
    assert len(view.heights) == len(np.histogram_bin_edges(residuals, "fd")) - 1
    # Four standard errors of a share of 1000.
    assert view.within == pytest.approx((0.683, 0.954), abs=0.06)
    one, two = (np.mean(np.abs(residuals) <= k * view.deviation) for k in (1, 2))
    assert text_of(view.notes) == (
        f"σ = {view.deviation:.4g} is estimated from the residuals. {100 * one:.1f} % of them lie "
        f"within ± σ and {100 * two:.1f} % within ± 2σ; of normal noise 68 % and 95 % do."
    )


def test_noise_of_several_features_has_no_line_and_outliers_are_in_its_bars() -> None:
    rows = steepest.samples.table("collinear", sigma=1.0, rows=500).to_arrays()
    rows[1][7] += 1e4
    view = NoiseView.of(steepest.fit(*rows))
    assert len(view.heights) == 60
    assert view.edges[-1] == pytest.approx(1e4, rel=0.05)
    assert view.at[-1] == -view.at[0] >= view.edges[-1]


@pytest.mark.parametrize(
    ("target", "options", "why"),
    [
        (X[:, 0], {}, "The fit goes through every row: there is no noise to draw."),
        (Y, {"weights": Y**2}, "The rows are weighted: their noise has no single density."),
    ],
)
def test_what_has_no_density_of_noise(target: Floats, options: dict[str, Floats], why: str) -> None:
    with pytest.raises(LeftOut) as caught:
        NoiseView.of(steepest.fit(X, target, **options))  # type: ignore[arg-type]  # options of fit
    assert str(caught.value) == why


def test_few_rows_have_no_density() -> None:
    assert len(NoiseView.of(steepest.fit(X[:20, 0], Y[:20])).heights) >= 8
    with pytest.raises(LeftOut, match=r"^A density is drawn for 20 rows or more; there are 19\.$"):
        NoiseView.of(steepest.fit(X[:19, 0], Y[:19]))


def test_effects_are_coefficients_times_spread() -> None:
    fit = steepest.fit(steepest.read(X, names=["a", "b", "c"]), Y)
    view = IntervalsView.of(fit)
    spread = dict(zip("abc", X.std(axis=0), strict=True))
    assert view.names[0] == "b"
    assert fit.inference is not None and view.low is not None and view.high is not None
    for i, name in enumerate(view.names):
        assert view.effects[i] == pytest.approx(fit.coefficients[name] * spread[name])
        assert view.low[i] == pytest.approx(fit.inference[name].low * spread[name])
        assert view.high[i] == pytest.approx(fit.inference[name].high * spread[name])
    assert (view.spread, text_of(view.notes)) == ("standard deviation", "Bars are 95 % intervals.")


def test_without_intercept_the_spread_is_about_zero() -> None:
    fit = steepest.fit(X, Y, intercept=False)
    view = IntervalsView.of(fit)
    root = np.sqrt(np.square(X).mean(axis=0))
    expected = {f"x{i + 1}": fit.coefficients[f"x{i + 1}"] * root[i] for i in range(3)}
    assert dict(zip(view.names, view.effects, strict=True)) == pytest.approx(expected)
    assert view.spread == "root mean square"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"ridge": 1.0}, "their theory does not hold with a ridge penalty."),
        ({"dependent": "minimum_norm"}, "the rows may not determine the coefficients."),
        ({"lr": 0.01, "epochs": 3}, "the run did not converge to the minimum."),
    ],
)
def test_missing_intervals_are_explained(options: dict[str, object], why: str) -> None:
    view = IntervalsView.of(steepest.fit(X, Y, **options))  # type: ignore[arg-type]  # options of fit
    assert view.low is None and view.high is None
    assert text_of(view.notes) == f"There are no intervals: {why}"


def test_the_greatest_of_many_are_shown() -> None:
    wide = RNG.normal(size=(200, 40))
    view = IntervalsView.of(steepest.fit(wide, wide @ np.arange(40.0)))
    assert len(view.names) == 30 and not {f"x{i}" for i in range(1, 6)} & set(view.names)
    assert (np.diff(np.abs(view.effects)) <= 0).all()
    assert text_of(view.notes).endswith(" The 30 largest of 40 are shown.")
