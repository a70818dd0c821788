"""Columns at the edges of float64, columns that carry nothing, and too few rows."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import statsmodels.api as sm

from steepest.api.fit import fit
from steepest.errors import InputError, NotUniqueError
from steepest.results.fit import Fit

RNG = np.random.default_rng(21)
BASE = RNG.standard_normal((80, 5))
SLOPES = np.array([1.0, -2.0, 0.5, 3.0, 1.5])
NOISE = 0.1 * RNG.standard_normal(80)
SCALES = np.array([1e-12, 1e-6, 1.0, 1e6, 1e12])


@pytest.mark.parametrize("accuracy", ["fast", "auto", "high"])
def test_scales_of_24_orders(accuracy: Literal["fast", "auto", "high"]) -> None:
    target = BASE @ SLOPES + 4.0 + NOISE
    found = fit(BASE * SCALES, target, accuracy=accuracy)
    expected = sm.OLS(target, sm.add_constant(BASE, prepend=False)).fit()
    assert found.verdict.kind == "converged"
    mapped = np.array(list(found.coefficients.values())) * SCALES
    assert mapped == pytest.approx(expected.params[:-1], rel=1e-9)
    assert found.intercept == pytest.approx(expected.params[-1], rel=1e-9)
    assert found.inference is not None
    errors = [found.inference[name].standard_error for name in found.names]
    assert np.append(errors[:-1] * SCALES, errors[-1]) == pytest.approx(expected.bse, rel=1e-9)
    assert found.r2 == pytest.approx(expected.rsquared, rel=1e-12)


@pytest.mark.parametrize("power", [1, 2, 4, 6, 12])
def test_raw_features_are_right_or_said_not_to_have_arrived(power: int) -> None:
    """Without standardising the condition number is the square of the scales' ratio."""
    scales = 10.0 ** np.linspace(-power, power, 5)
    target = BASE @ SLOPES + 4.0 + NOISE
    found = fit(BASE * scales, target, standardize=False)
    expected = sm.OLS(target, sm.add_constant(BASE, prepend=False)).fit()
    if found.verdict.kind == "converged":
        mapped = np.array(list(found.coefficients.values())) * scales
        assert mapped == pytest.approx(expected.params[:-1], rel=1e-9)
        assert found.intercept == pytest.approx(expected.params[-1], rel=1e-9)
    else:
        assert power > 6
        assert found.distance is not None
        assert max(found.distance.values()) > 0.0


@pytest.mark.parametrize("accuracy", ["fast", "auto", "high"])
@pytest.mark.parametrize("offsets", [[1e9] * 5, [1e9, -1e9, 0.0, 1e3, 1e6]])
def test_offsets_of_a_thousand_million(
    offsets: list[float],
    accuracy: Literal["fast", "auto", "high"],
    exactly: Callable[..., Any],
    digits_of: Callable[..., list[float]],
) -> None:
    features = BASE + offsets
    target = BASE @ SLOPES + 4.0 + NOISE
    exact = exactly(features, target)
    found = fit(features, target, accuracy=accuracy)
    assert found.verdict.kind == "converged"
    assert min(digits_of(found.step.parameters.tolist(), exact.parameters)) >= 9.0
    assert found.inference is not None
    errors = [found.inference[name].standard_error for name in found.names]
    assert errors == pytest.approx(exact.standard_errors, rel=1e-9)


def test_a_target_with_an_offset(
    exactly: Callable[..., Any], digits_of: Callable[..., list[float]]
) -> None:
    target = BASE @ SLOPES + NOISE + 1e9
    exact = exactly(BASE, target)
    found = fit(BASE, target)
    assert min(digits_of(found.step.parameters.tolist(), exact.parameters)) >= 9.0


@pytest.mark.parametrize("kind", [np.float32, np.int32, np.int64, np.float64])
def test_any_number_type(kind: type[np.generic], exactly: Callable[..., Any]) -> None:
    features = np.round(1000.0 * BASE).astype(kind)
    target = np.round(1000.0 * NOISE).astype(kind)
    exact = exactly(features.astype(np.float64), target.astype(np.float64))
    found = fit(features, target)
    assert found.step.parameters == pytest.approx([float(v) for v in exact.parameters], rel=1e-9)


@pytest.mark.parametrize("scale", [1e-140, 1e-30, 1e30, 1e140])
def test_the_scale_of_the_target(scale: float) -> None:
    target = BASE @ SLOPES + 4.0 + NOISE
    plain, scaled = fit(BASE, target), fit(BASE, scale * target)
    assert scaled.step.parameters / scale == pytest.approx(plain.step.parameters, rel=1e-11)
    assert scaled.r2 == pytest.approx(plain.r2, rel=1e-12)


# Columns that carry nothing


def test_constants_and_copies_get_0_and_are_named() -> None:
    features = np.column_stack([BASE[:, 0], np.full(80, 5.0), BASE[:, 1], -2.0 * BASE[:, 0] + 1.0])
    target = BASE @ SLOPES + NOISE
    found = fit(features, target)
    plain = fit(BASE[:, :2], target)
    assert found.coefficients["x2"] == 0.0
    assert found.coefficients["x4"] == 0.0
    assert found.names == ("x1", "x3", "intercept")
    assert found.step.parameters == pytest.approx(plain.step.parameters, rel=1e-9)
    assert any("column 'x2' holds one value only: coefficient 0" in n for n in found.notes)
    assert any("column 'x4' is a copy of 'x1'" in n for n in found.notes)
    assert found.predict(features) == pytest.approx(plain.predict(BASE[:, :2]), rel=1e-9)


def test_a_constant_is_a_feature_like_any_other_without_intercept() -> None:
    target = BASE[:, 0] + 3.0 + NOISE
    with_ones = fit(np.column_stack([BASE[:, 0], np.ones(80)]), target, intercept=False)
    with_intercept = fit(BASE[:, 0], target)
    assert with_ones.coefficients["x2"] == pytest.approx(with_intercept.intercept, rel=1e-9)
    assert with_ones.coefficients["x1"] == pytest.approx(with_intercept.coefficients["x"], rel=1e-9)


@pytest.mark.parametrize("distance", [1e-4, 1e-7, 1e-9])
def test_near_copies_are_kept_solved_and_named(
    distance: float, exactly: Callable[..., Any], digits_of: Callable[..., list[float]]
) -> None:
    features = np.column_stack([BASE[:, 0], BASE[:, 0] + distance * BASE[:, 1]])
    target = BASE[:, 0] + 3.0 * BASE[:, 1] + NOISE
    found = fit(features, target)
    exact = exactly(features, target)
    assert found.names == ("x1", "x2", "intercept")
    assert min(digits_of(list(found.coefficients.values()), exact.parameters[:2])) >= 5.0
    assert any("almost exactly" in note for note in found.notes) == (distance < 1e-4)


def test_three_dependent_columns_are_refused_by_name() -> None:
    features = np.column_stack([BASE[:, :2], BASE[:, 0] + BASE[:, 1]])
    with pytest.raises(NotUniqueError) as caught:
        fit(features, NOISE, dependent="error")
    assert str(caught.value).endswith(
        "columns x3, x1, x2 are linearly dependent: the answer is not unique; leave one out, add "
        "ridge, or ask for the minimum-norm answer"
    )


def test_a_column_that_others_explain_is_left_out_and_named() -> None:
    features = np.column_stack([BASE[:, :2], 2.0 * BASE[:, 0] - BASE[:, 1] / 3.0 + 5.0, BASE[:, 2]])
    found = fit(features, NOISE)
    assert found.names == ("x1", "x2", "x4", "intercept")
    assert found.coefficients["x3"] == 0.0
    assert "'x3' = 2 'x1' − 1/3 'x2' and a constant: coefficient 0" in found.notes
    whole = np.column_stack([features, np.ones(80)])
    expected = whole @ np.linalg.lstsq(whole, NOISE, rcond=1e-12)[0]
    assert found.predict(features) == pytest.approx(expected, abs=1e-12)


def test_a_constant_target_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        fit(BASE, np.full(80, 2.5))
    assert str(caught.value).endswith("the target 'y' is 2.5 in every row: there is nothing to fit")


# Too few rows


def test_fewer_rows_than_parameters_is_refused() -> None:
    said = (
        "3 rows do not determine 6 parameters: the answer is not unique; ridge=.* keeps every col"
    )
    with pytest.raises(NotUniqueError, match=said):
        fit(BASE[:3], NOISE[:3], dependent="error")


def test_of_fewer_rows_than_columns_the_first_are_kept() -> None:
    found = fit(BASE[:3], NOISE[:3])
    assert found.names == ("x1", "x2", "intercept")
    assert found.predict(BASE[:3]) == pytest.approx(NOISE[:3], abs=1e-13)
    assert found.inference is None
    assert found.adjusted_r2 is None


def test_one_row_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        fit(BASE[:1], NOISE[:1])
    assert str(caught.value).endswith("1 row was found; a fit needs at least 2")


def test_no_row_is_refused() -> None:
    with pytest.raises(InputError, match="0 rows"):
        fit(BASE[:0], NOISE[:0])


def test_the_minimum_norm_answer_on_request() -> None:
    found = fit(BASE[:3], NOISE[:3], intercept=False, standardize=False, dependent="minimum_norm")
    expected = np.linalg.lstsq(BASE[:3], NOISE[:3], rcond=None)[0]
    assert list(found.coefficients.values()) == pytest.approx(expected, rel=1e-9)
    assert found.inference is None


def test_the_minimum_norm_answer_in_standardised_coordinates() -> None:
    found = fit(BASE[:3], NOISE[:3], dependent="minimum_norm")
    centred = BASE[:3] - BASE[:3].mean(axis=0)
    spread = centred.std(axis=0)
    weights = np.linalg.lstsq(centred / spread, NOISE[:3] - NOISE[:3].mean(), rcond=None)[0]
    assert list(found.coefficients.values()) == pytest.approx(weights / spread, rel=1e-9)
    assert found.predict(BASE[:3]) == pytest.approx(NOISE[:3], abs=1e-11)


def test_dependent_columns_share_the_minimum_norm_answer() -> None:
    features = np.column_stack([BASE[:, 0], BASE[:, 0], BASE[:, 1]])
    found = fit(features, BASE[:, 0] + NOISE, dependent="minimum_norm")
    assert found.coefficients["x1"] == pytest.approx(found.coefficients["x2"], rel=1e-8)


def test_as_many_rows_as_parameters_is_an_exact_fit() -> None:
    found = fit(BASE[:6], NOISE[:6], epochs=10**18)
    assert found.predict(BASE[:6]) == pytest.approx(NOISE[:6], abs=1e-10)
    assert found.inference is None


@pytest.mark.parametrize("loss", ["squared", "huber", "absolute", "logistic", "poisson"])
@pytest.mark.parametrize("missing", ["error", "drop", "mean"])
@pytest.mark.parametrize("batch_size", [None, 16])
def test_weights_beyond_float64_are_refused_in_one_line(
    loss: str, missing: Any, batch_size: int | None
) -> None:
    """Without a warning of NumPy's, which tests take for errors."""
    target = (BASE @ SLOPES > 0.0).astype(float)
    rest: dict[str, Any] = {} if batch_size is None else {"batch_size": batch_size, "epochs": 2}
    for value, wrong in (
        (np.inf, "column 'weights' is inf; correct or remove that row"),
        (1e308, "weight 'weights' is 1e+308; weights must be below 1e+150; scale them"),
        (-1.0, "weight 'weights' is -1; weights must not be negative"),
    ):
        for rows in (slice(3, 4), slice(3, None)):
            weights = np.ones(80)
            weights[rows] = value
            with pytest.raises(InputError) as caught:
                fit(BASE, target, weights=weights, loss=loss, missing=missing, **rest)
            assert str(caught.value) == f"array, row 4 (index 3): {wrong}"


@pytest.mark.parametrize("loss", ["squared", "huber", "logistic", "poisson"])
@pytest.mark.parametrize("value", [5e-324, 1e-310, 1e-200])
def test_weights_that_add_up_to_next_to_nothing_are_refused(loss: str, value: float) -> None:
    target = (BASE @ SLOPES > 0.0).astype(float)
    with pytest.raises(InputError, match=r"the weights add up to \S+: scale them nearer to 1$"):
        fit(BASE, target, weights=np.full(80, value), loss=loss)


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_weights_that_are_small_beside_others_are_used(loss: str) -> None:
    target = (BASE @ SLOPES + NOISE > 0.5).astype(float)
    weights = np.where(np.arange(80) < 60, 1.0, 1e-300)
    with_small = fit(BASE, target, weights=weights, loss=loss, ridge=0.1)
    without = fit(BASE[:60], target[:60], loss=loss, ridge=0.1)
    found = list(with_small.coefficients.values())
    # Standardised alike, since rows that weigh nothing count for nothing.
    assert found == pytest.approx(list(without.coefficients.values()), rel=1e-6)


@pytest.mark.parametrize("loss", ["squared", "logistic", "poisson", "multinomial"])
@pytest.mark.parametrize("penalty", [{}, {"l1": 0.01}, {"positive": True}])
def test_raw_columns_a_million_spreads_from_0_have_the_minimum_of_centred_ones(
    loss: str, penalty: dict[str, Any]
) -> None:
    """No penalty is on the intercept, so that a column's centre changes nothing else."""
    table = np.round(BASE[:, :2] * 2**20) / 2**20  # so that a million is added without rounding
    eta = table @ [0.5, 0.8]
    target = {
        "squared": eta + NOISE,
        "logistic": np.arange(80) % 3 == 0,
        "poisson": np.round(np.exp(eta)),
        "multinomial": np.arange(80) % 3,
    }[loss]
    asked: dict[str, Any] = {"loss": loss, "standardize": False, **penalty}
    near, far = fit(table, target, **asked), fit(table + 1e6, target, **asked)
    assert near.verdict.kind == far.verdict.kind == "converged"
    assert far.objective == pytest.approx(near.objective, rel=1e-9)
    assert _slopes(far) == pytest.approx(_slopes(near), rel=1e-7, abs=1e-9)


def _slopes(found: Fit) -> list[float]:
    of_classes = [v.values() if isinstance(v, dict) else [v] for v in found.coefficients.values()]
    return [float(value) for values in of_classes for value in values]


def test_classes_of_raw_columns_in_any_units_have_their_minimum() -> None:
    """What keeps Newton's step off what is added to all classes alike has no unit of its own."""
    target = (BASE @ SLOPES + 10.0 * NOISE > 0).astype(int) + (np.arange(80) % 3 == 0)
    scales = np.array([1e-6, 1e-3, 1.0, 1e3, 1e6])
    found = fit(BASE * scales, target, loss="multinomial", standardize=False)
    expected = sm.MNLogit(target, sm.add_constant(BASE, prepend=False)).fit(disp=0, tol=1e-14)
    assert found.verdict.kind == "converged"
    assert found.objective * 80 == pytest.approx(-expected.llf, rel=1e-9)
    slopes = np.array(_slopes(found)).reshape(3, 5) * scales
    assert slopes[1:] - slopes[0] == pytest.approx(expected.params[:-1].T, rel=1e-6)


def test_robust_errors_of_raw_columns_far_from_0_are_those_of_centred_ones() -> None:
    target = np.round(np.exp(BASE[:, :2] @ [0.5, 0.8]))
    found = fit(
        1e-3 * BASE[:, :2] + 100.0, target, loss="poisson", standardize=False, errors="HC0"
    ).inference
    centred = sm.add_constant(BASE[:, :2], prepend=False)
    expected = sm.GLM(target, centred, family=sm.families.Poisson()).fit(cov_type="HC0", tol=1e-14)
    assert found is not None
    errors = [1e-3 * found[name].standard_error for name in ("x1", "x2")]
    assert errors == pytest.approx(expected.bse[:-1], rel=1e-8)


WAYS = [{}, {"ridge": 1e-3}, {"l1": 1e-4}, {"positive": True}, {"batch_size": 8, "epochs": 2}]


@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize("way", WAYS)
def test_one_value_but_for_rounding_is_said_and_more_is_used(
    way: dict[str, Any], loss: str
) -> None:
    """A column of five neighbouring numbers varies by no more than the rounding of its mean; one of
    thirteen had a spread of 1 for some of the ways, which left it out without a word.
    """
    steps = np.arange(80) % 13
    target = (steps > 5) ^ (np.arange(80) % 7 == 0)
    for count in (5, 13):
        rows = np.column_stack([1.0 + (steps % count) * 2.0**-52, BASE[:, 0]])
        found = fit(rows, target, loss=loss, **way)
        noted = any("'x1' holds one value only" in note for note in found.notes)
        assert noted == (count == 5) == (found.coefficients["x1"] == 0.0)
