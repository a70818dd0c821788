"""Losses against torch, mpmath, statsmodels and central differences; names, targets and best
constants; the same formulas compiled.
"""

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steepest.errors import InputError
from steepest.losses import (
    LOSSES,
    Absolute,
    Gamma,
    Hinge,
    Huber,
    LogCosh,
    Logistic,
    Loss,
    Multinomial,
    Poisson,
    Quantile,
    ScalarLoss,
    Squared,
    SquaredHinge,
    Tweedie,
    make_loss,
    parse_loss,
)

F = torch.nn.functional

RANDOM = np.random.default_rng(11)
DISTANCE = [Squared(), Absolute(), Huber(), Huber(delta=0.3), Quantile(), Quantile(0.9), LogCosh()]
CLASSES = [Logistic(), Hinge(), SquaredHinge()]
POSITIVE = [Poisson(), Gamma(), *(Tweedie(power) for power in (1, 1.01, 1.5, 1.9, 2, 2.5, 3))]
SCALAR: list[ScalarLoss] = [*DISTANCE, *CLASSES, *POSITIVE]
CONVEX = [loss for loss in SCALAR if loss.option <= 2 or not isinstance(loss, Tweedie)]


def targets(loss: Any, n: Any) -> Any:
    """Random targets that the loss takes; zeros among them where it takes those."""
    random = np.random.default_rng(5)
    if loss in CLASSES:
        return random.integers(0, 2, n).astype(float)
    if loss not in POSITIVE:
        return random.normal(size=n) * 3
    y = random.gamma(2.0, 1.5, n)
    if loss.takes_zero:
        y[::5] = 0.0
    return y


def in_torch(loss: Any, eta: Any, y: Any) -> torch.Tensor:
    """The loss by torch's own functions, where torch has it, else by its formula."""
    side = 2 * y - 1
    margin = F.margin_ranking_loss(eta, torch.zeros_like(eta), side, 1.0, reduction="none")
    p = loss.option
    if isinstance(loss, Huber):
        return F.huber_loss(eta, y, reduction="none", delta=loss.delta)
    if isinstance(loss, Quantile):
        return torch.maximum(p * (y - eta), (p - 1) * (y - eta))
    if isinstance(loss, Tweedie) and p not in (1, 2):
        return torch.exp((2 - p) * eta) / (2 - p) - y * torch.exp((1 - p) * eta) / (1 - p)
    name = {1: "poisson", 2: "gamma"}[p] if isinstance(loss, Tweedie) else loss.name
    rules: dict[str, Callable[[], torch.Tensor]] = {
        "squared": lambda: F.mse_loss(eta, y, reduction="none"),
        "absolute": lambda: F.l1_loss(eta, y, reduction="none"),
        "log-cosh": lambda: torch.log(torch.cosh(eta - y)),
        "logistic": lambda: F.binary_cross_entropy_with_logits(eta, y, reduction="none"),
        "hinge": lambda: margin,
        "squared-hinge": lambda: margin**2,
        "poisson": lambda: F.poisson_nll_loss(eta, y, reduction="none"),
        "gamma": lambda: -torch.distributions.Exponential(torch.exp(-eta)).log_prob(y),
    }
    return rules[name]()


@pytest.mark.parametrize("loss", SCALAR, ids=str)
def test_value_slope_and_curvature_agree_with_torch(loss: Any) -> None:
    y = targets(loss, 200)
    eta = RANDOM.normal(size=200) * 2
    t = torch.tensor(eta, requires_grad=True)
    value = in_torch(loss, t, torch.from_numpy(y))
    (slope,) = torch.autograd.grad(value.sum(), t, create_graph=True)
    np.testing.assert_allclose(loss.value(eta, y), value.detach(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(loss.slope(eta, y), slope.detach(), rtol=1e-12, atol=1e-13)
    curvature = torch.zeros(200)
    if slope.requires_grad:
        (curvature,) = torch.autograd.grad(slope.sum(), t)
    expected = curvature.numpy(force=True)  # torch may keep zeros as no array
    np.testing.assert_allclose(loss.curvature(eta, y), expected, rtol=1e-11, atol=1e-12)
    together = loss.value(eta, y), loss.slope(eta, y), loss.curvature(eta, y)
    np.testing.assert_array_equal(loss.second_order(eta, y), together)


@pytest.mark.parametrize("loss", SCALAR, ids=str)
def test_slope_and_curvature_agree_with_central_differences(loss: Any) -> None:
    y, h = targets(loss, 300), 1e-5
    eta = RANDOM.uniform(-3, 3, 300)
    kinks = [y, y - loss.option, y + loss.option, 2 * y - 1]
    away = np.all([np.abs(eta - kink) > 1e-3 for kink in kinks], axis=0)
    assert away.sum() > 250
    eta, y = eta[away], y[away]
    slope = (loss.value(eta + h, y) - loss.value(eta - h, y)) / (2 * h)
    curvature = (loss.slope(eta + h, y) - loss.slope(eta - h, y)) / (2 * h)
    scale = 1 + np.abs(loss.value(eta, y))
    assert np.abs(loss.slope(eta, y) - slope).max() < 1e-8 * scale.max()
    assert np.abs(loss.curvature(eta, y) - curvature).max() < 1e-8 * scale.max()


def test_multinomial_agrees_with_torch() -> None:
    loss, y = Multinomial(), RANDOM.integers(0, 4, 50).astype(float)
    eta = RANDOM.normal(size=(50, 4)) * 3
    numbers = torch.tensor(y, dtype=torch.int64)
    t = torch.tensor(eta, requires_grad=True)
    value = F.cross_entropy(t, numbers, reduction="none")
    (slope,) = torch.autograd.grad(value.sum(), t)
    np.testing.assert_allclose(loss.value(eta, y), value.detach().numpy(), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(loss.slope(eta, y), slope.numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(loss.mean(eta), torch.softmax(t, -1).detach(), rtol=1e-13)
    for i in range(5):
        of_row = torch.autograd.functional.hessian(
            lambda row, i=i: F.cross_entropy(row, numbers[i]), t[i].detach()
        )
        np.testing.assert_allclose(
            loss.curvature(eta, y)[i], of_row.numpy(), rtol=1e-12, atol=1e-14
        )


def test_multinomial_agrees_with_central_differences() -> None:
    loss, y, h = Multinomial(), RANDOM.integers(0, 4, 50).astype(float), 1e-5
    eta = RANDOM.normal(size=(50, 4)) * 3
    for j, step in enumerate(h * np.eye(4)):
        slope = (loss.value(eta + step, y) - loss.value(eta - step, y)) / (2 * h)
        curvature = (loss.slope(eta + step, y) - loss.slope(eta - step, y)) / (2 * h)
        assert np.abs(loss.slope(eta, y)[:, j] - slope).max() < 1e-8
        assert np.abs(loss.curvature(eta, y)[:, j] - curvature).max() < 1e-8


def test_multinomial_of_two_classes_is_logistic() -> None:
    eta, y = RANDOM.normal(size=40) * 5, RANDOM.integers(0, 2, 40).astype(float)
    two = np.stack([np.zeros(40), eta], axis=-1)
    expected = Logistic().value(eta, y)
    np.testing.assert_allclose(Multinomial().value(two, y), expected, rtol=1e-13)


@pytest.mark.parametrize(
    "loss", [Poisson(), Gamma(), *map(Tweedie, (1.2, 1.5, 1.8, 2.5, 3))], ids=str
)
def test_positive_losses_are_half_the_deviance_of_statsmodels(loss: Any) -> None:
    families = pytest.importorskip("statsmodels.genmod.families")
    family = {
        "poisson": families.Poisson,
        "gamma": lambda: families.Gamma(families.links.Log()),
        "tweedie": lambda: families.Tweedie(families.links.Log(), var_power=loss.option),
    }[loss.name]()
    for y, left, right in [(2.0, -1.0, 2.0), (0.3, 0.4, -0.7), (7.0, 2.5, 1.0)]:
        ours = loss.value(left, y) - loss.value(right, y)
        theirs = family.deviance(np.array([y]), np.exp([left])) - family.deviance(
            np.array([y]), np.exp([right])
        )
        assert ours == pytest.approx(theirs / 2, rel=1e-9)
    assert loss.mean(np.array([math.log(3)])) == pytest.approx(3)


@pytest.mark.parametrize("gap", [1e-12, 1e-5, 0.3, 0.99999, 1.0, 1.00001, 5.0, 40.0, 1e4])
def test_small_and_large_values_keep_their_digits(gap: Any) -> None:
    with mpmath.workdps(60):
        right = mpmath.log1p(mpmath.exp(-gap))
        wrong = mpmath.log1p(mpmath.exp(gap))
        slope = -1 / (1 + mpmath.exp(gap))
        log_cosh = mpmath.log(mpmath.cosh(mpmath.mpf(gap)))
    expected = pytest.approx(float(right), rel=1e-15)
    for sign, y in ((1.0, np.array(1.0)), (-1.0, np.array(0.0))):
        eta = np.array(sign * gap)
        assert float(Logistic().value(eta, y)) == expected
        assert abs(float(Logistic().slope(eta, y))) == pytest.approx(float(-slope), rel=1e-15)
        assert float(Logistic().value(-eta, y)) == pytest.approx(float(wrong), rel=1e-15)
    two, second = np.array([0.0, gap]), np.array(1)
    assert float(Multinomial().value(two, second)) == expected
    assert float(Multinomial().slope(two, second)[1]) == pytest.approx(float(slope), rel=1e-15)
    assert float(LogCosh().value(np.array(gap), np.array(0.0))) == pytest.approx(
        float(log_cosh), rel=4e-16
    )


EXTREME = st.floats(-1e4, 1e4)


@pytest.mark.parametrize("loss", [*DISTANCE, *CLASSES], ids=str)
@given(eta=EXTREME, other=EXTREME, y=EXTREME)
def test_is_finite_convex_and_silent_at_extremes(loss: Any, eta: Any, other: Any, y: Any) -> None:
    y = float(y > 0) if loss in CLASSES else y
    middle, ends = loss.value(0.5 * (eta + other), y), loss.value([eta, other], [y, y])
    assert np.isfinite(ends).all() and (ends >= 0).all()
    assert middle <= ends.mean() * (1 + 1e-12) + 1e-12
    assert np.isfinite(loss.slope(eta, y))
    # To rounding: two of them lie in σ(1 − σ).
    assert 0 <= loss.curvature(eta, y) <= (loss.greatest_curvature or 0) * (1 + 4e-16)
    slopes = loss.slope([eta, other], [y, y])
    assert (slopes[1] - slopes[0]) * (other - eta) >= 0  # a convex loss's slope never falls


@pytest.mark.parametrize("loss", POSITIVE, ids=str)
@given(eta=EXTREME, other=EXTREME, y=st.floats(1e-3, 1e6) | st.just(0.0))
def test_positive_losses_never_leave_nan(loss: Any, eta: Any, other: Any, y: Any) -> None:
    y = max(y, 0.0 if loss.takes_zero else 1e-3)
    values = loss.value([eta, 0.5 * (eta + other), other], y)
    assert not np.isnan(values).any()
    assert not np.isnan(loss.slope(eta, y))
    assert not np.isnan(loss.curvature(eta, y))
    assert not np.isnan(loss.mean(eta))
    if loss in CONVEX:
        assert loss.curvature(eta, y) >= 0
        if np.isfinite(values).all():
            halves = 0.5 * values  # a sum of the two ends could overflow
            assert values[1] <= halves[0] + halves[2] + 1e-12 * (1 + np.abs(values).max())
    # Where the value overflows, it is a loss without end and no gain without end.
    assert values.min() > -math.inf
    if math.exp(min(eta, 700)) < y:
        assert loss.slope(eta, y) <= 0
    elif math.exp(min(eta, 700)) > y:
        assert loss.slope(eta, y) >= 0


@given(eta=st.lists(EXTREME, min_size=2, max_size=5), own=st.integers(0, 4))
def test_multinomial_is_finite_and_silent_at_extremes(eta: Any, own: Any) -> None:
    loss, y = Multinomial(), np.array([own % len(eta)])
    rows = np.array([eta])
    assert np.isfinite(loss.value(rows, y)).all() and (loss.value(rows, y) >= 0).all()
    assert loss.slope(rows, y).sum() == pytest.approx(0, abs=1e-15)
    assert loss.mean(rows).sum() == pytest.approx(1)
    eigenvalues = np.linalg.eigvalsh(loss.curvature(rows, y)[0])
    assert eigenvalues.min() > -1e-15
    assert eigenvalues.max() <= 0.5 + 1e-15


@pytest.mark.parametrize("loss", [*SCALAR, Multinomial()], ids=str)
def test_a_predictor_that_has_left_float64_is_silent_too(loss: Any) -> None:
    for eta in ([math.inf, 1.0], [-math.inf, 1.0], [math.nan, 1.0], [1e300, -1e300]):
        rows = [eta, eta] if isinstance(loss, Multinomial) else eta
        assert np.isnan(loss.value(rows, [1, 1])).any() or not np.isnan(eta).any()
        loss.slope(rows, [1, 1])
        loss.curvature(rows, [1, 1])
        loss.mean(rows)


def test_the_bound_of_multinomial_is_reached() -> None:
    curvature = Multinomial().curvature(np.array([[0.0, 0.0, -800.0]]), np.array([0]))[0]
    assert np.linalg.eigvalsh(curvature).max() == pytest.approx(Multinomial().greatest_curvature)


@pytest.mark.parametrize("loss", [loss for loss in SCALAR if loss.greatest_curvature], ids=str)
def test_the_greatest_curvature_is_reached(loss: Any) -> None:
    y = np.ones(1)
    eta = np.linspace(-3, 3, 601)
    assert loss.curvature(eta, y).max() == pytest.approx(loss.greatest_curvature, rel=1e-12)
    assert loss.greatest_curvature_between(-1, 1, y) == loss.greatest_curvature


@pytest.mark.parametrize("loss", POSITIVE, ids=str)
def test_the_greatest_curvature_between_two_predictors(loss: Any) -> None:
    assert loss.greatest_curvature is None and loss.smooth
    y = targets(loss, 30)
    for lower, upper in ((-2.0, 1.0), (0.5, 3.0), (-1.0, 8.0)):
        grid = np.linspace(lower, upper, 2001)[:, None]
        expected = loss.curvature(grid, y).max()
        assert loss.greatest_curvature_between(lower, upper, y) == pytest.approx(expected)


@pytest.mark.parametrize("loss", [Absolute(), Quantile(), Hinge()], ids=str)
def test_a_slope_that_jumps_has_no_greatest_curvature(loss: Any) -> None:
    assert not loss.smooth and loss.greatest_curvature is None
    assert loss.greatest_curvature_between(-1, 1, np.ones(1)) == math.inf
    assert loss.curvature(np.array([-2.0, 3.0]), np.ones(2)).tolist() == [0, 0]


def test_leading_axes_are_a_batch() -> None:
    y = targets(Huber(), 6)
    eta = RANDOM.normal(size=(3, 6))
    for kind in (Loss.value, Loss.slope, Loss.curvature):
        many = getattr(Huber(), kind.__name__)(eta, y)
        assert many.shape == (3, 6)
        np.testing.assert_array_equal(many[1], getattr(Huber(), kind.__name__)(eta[1], y))
    several = RANDOM.normal(size=(3, 6, 4))
    classes = RANDOM.integers(0, 4, 6).astype(float)
    assert Multinomial().value(several, classes).shape == (3, 6)
    one = Multinomial().slope(several[2], classes)
    np.testing.assert_array_equal(Multinomial().slope(several, classes)[2], one)
    assert Multinomial().curvature(several, classes).shape == (3, 6, 4, 4)


def test_means() -> None:
    eta = np.array([-1.0, 0.0, 2.0])
    for loss in DISTANCE:
        assert loss.mean(eta).tolist() == [-1, 0, 2]
    assert Logistic().mean(eta) == pytest.approx(torch.sigmoid(torch.tensor(eta)).numpy())
    assert Hinge().mean(eta).tolist() == SquaredHinge().mean(eta).tolist() == [0, 0, 1]
    assert Poisson().mean(np.array([1e4, -1e4])).tolist() == [math.inf, 0]


WEIGHTS = np.random.default_rng(3).integers(0, 4, 41).astype(float)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["even", "weighted"])
@pytest.mark.parametrize("loss", SCALAR, ids=str)
def test_start_is_the_best_constant(loss: Any, weights: Any) -> None:
    y = targets(loss, 41)
    w = np.ones(41) if weights is None else weights
    start = loss.start(y, weights)

    def total(eta: Any) -> Any:
        return float(w @ loss.value(np.full(41, eta), y))

    if loss.smooth:
        slopes = loss.slope(np.full(41, start), y)
        assert abs(w @ slopes) < 1e-13 * (w @ np.abs(slopes))
    best = min(total(eta) for eta in np.linspace(start - 3, start + 3, 2001))
    assert total(start) <= best + 1e-12 * abs(best)
    if weights is not None:
        repeated = np.repeat(y, weights.astype(int))
        assert start == pytest.approx(loss.start(repeated), rel=1e-12)


def test_starts_by_name() -> None:
    y = np.array([3.0, 1.0, 2.0, 10.0])
    assert Squared().start(y) == 4
    assert Absolute().start(y) == np.median(y) == 2.5
    assert Quantile(0.9).start(y) == 10
    assert Logistic().start(np.array([1.0, 1, 1, 0])) == pytest.approx(math.log(3))
    assert Hinge().start(np.array([1.0, 1, 1, 0])) == 1
    assert Hinge().start(np.array([1.0, 0])) == 0
    assert SquaredHinge().start(np.array([1.0, 1, 1, 0])) == 0.5
    assert Poisson().start(y) == Gamma().start(y) == Tweedie(1.7).start(y) == math.log(4)
    shares = Multinomial().start(np.array([0, 1, 1, 2]), np.array([1.0, 1, 1, 4]))
    assert np.diff(shares) == pytest.approx([math.log(2), math.log(2)])
    assert shares.sum() == pytest.approx(0)


@pytest.mark.parametrize("loss", [Huber(1e-3), Huber(), LogCosh()], ids=str)
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_start_among_outliers(loss: Any, offset: Any) -> None:
    y = np.concatenate([np.random.default_rng(2).normal(size=500), [1e9, -3e10, 1e12]]) + offset
    found, near = loss.start(y), 1e-12 * (1 + offset)
    assert abs(found - offset) < 1
    assert loss.slope(found - near, y).sum() <= 0 <= loss.slope(found + near, y).sum()


def test_start_of_targets_that_are_all_alike() -> None:
    for loss in DISTANCE:
        assert loss.start(np.full(5, 7.25)) == 7.25


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (Logistic(), [1, 1], "logistic loss needs rows of both classes: every row with weight is "
         "of class 1."),
        (Hinge(), [0, 0], "hinge loss needs rows of both classes: every row with weight is of "
         "class 0."),
        (Poisson(), [0, 0], "poisson loss needs a target above 0 in some row: every row with "
         "weight holds 0."),
        (Multinomial(), [0, 3, 1], "multinomial loss needs rows of every class: no row with weight "
         "is of class 2, of 0 to 3."),
        (Multinomial(), [0, 0], "multinomial loss needs two classes or more: every row with weight "
         "is of class 0."),
        (Squared(), [], "no row has weight: a loss needs at least one row to start from."),
    ],
)  # fmt: skip
def test_targets_without_a_best_constant(loss: Any, y: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        loss.start(np.array(y))
    assert str(error.value) == message


def test_a_row_without_weight_does_not_count() -> None:
    with pytest.raises(InputError, match="every row with weight is of class 1"):
        Logistic().start(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    assert Absolute().start(np.array([1.0, 5.0, 9.0]), np.array([0.0, 0.0, 1.0])) == 9


@pytest.mark.parametrize(
    ("loss", "y", "words", "row"),
    [
        (Squared(), [1, math.nan], "a finite number", "row 2 (index 1) holds nan"),
        (Huber(), [1, -math.inf], "a finite number", "row 2 (index 1) holds -inf"),
        (Logistic(), [0, 1, 2], "0 or 1", "row 3 (index 2) holds 2"),
        (Logistic(), [-1, 1], "0 or 1", "row 1 (index 0) holds -1"),
        (SquaredHinge(), [0.25, 1], "0 or 1", "row 1 (index 0) holds 0.25"),
        (Multinomial(), [0, 1.5], "the number of a class, 0, 1, 2, …", "row 2 (index 1) holds 1.5"),
        (Multinomial(), [-1], "the number of a class, 0, 1, 2, …", "row 1 (index 0) holds -1"),
        (Poisson(), [0, 3, -1e-9], "0 or more", "row 3 (index 2) holds -1e-09"),
        (Gamma(), [1, 0], "above 0", "row 2 (index 1) holds 0"),
        (Tweedie(1.5), [0, -1], "0 or more", "row 2 (index 1) holds -1"),
        (Tweedie(2), [0], "above 0", "row 1 (index 0) holds 0"),
        (Poisson(), [math.inf], "0 or more", "row 1 (index 0) holds inf"),
    ],
)
def test_a_target_that_a_loss_cannot_take(loss: Any, y: Any, words: Any, row: Any) -> None:
    with pytest.raises(InputError) as error:
        loss.check_target(np.array(y))
    assert str(error.value) == f"{loss.name} loss needs a target that is {words}: {row}."


def test_a_target_that_is_no_column_of_numbers() -> None:
    with pytest.raises(InputError, match=r"logistic loss needs a target of numbers, not <U3\."):
        Logistic().check_target(["yes", "no"])
    with pytest.raises(InputError, match=r"one target a row, not shape \(2, 1\)\."):
        Logistic().check_target([[1], [0]])


def test_rows_are_called_as_the_source_calls_them() -> None:
    with pytest.raises(InputError, match=r"counts\.csv, line 1002 holds -3\."):
        Poisson().check_target([0, -3], lambda i: f"counts.csv, line {i + 1001}")


@pytest.mark.parametrize("loss", [*SCALAR, Multinomial()], ids=str)
def test_targets_that_a_loss_takes(loss: Any) -> None:
    y = np.array([0, 1, 2, 1]) if isinstance(loss, Multinomial) else targets(loss, 50)
    loss.check_target(y)
    loss.check_target(y.astype(np.float32))
    loss.check_target([True, True, True])


def test_names() -> None:
    assert list(LOSSES) == [
        "squared", "absolute", "huber", "quantile", "log-cosh", "logistic", "multinomial", "hinge",
        "squared-hinge", "poisson", "gamma", "tweedie",
    ]  # fmt: skip
    assert all(isinstance(kind(), Loss) and kind.name == name for name, kind in LOSSES.items())
    assert make_loss("Squared_Hinge") == make_loss(" squared  hinge ") == SquaredHinge()
    assert make_loss("tweedie", power=2) == Tweedie(2.0)
    assert make_loss(Huber(2)) == Huber(2.0)


@pytest.mark.parametrize("loss", [*SCALAR, Multinomial()], ids=str)
def test_text_and_back(loss: Any) -> None:
    assert parse_loss(str(loss)) == loss


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: make_loss("hubber"), "no loss 'hubber'; there are squared, absolute, huber, "
         "quantile, log-cosh, logistic, multinomial, hinge, squared-hinge, poisson, gamma, tweedie."
         " Did you mean 'huber'?"),
        (lambda: make_loss("huber", epsilon=1), "huber loss has no option 'epsilon'; it has "
         "delta."),
        (lambda: make_loss("huber", dleta=1), "huber loss has no option 'dleta'; it has delta. "
         "Did you mean 'delta'?"),
        (lambda: make_loss("squared", delta=1), "squared loss has no option 'delta'; it has none."),
        (lambda: make_loss(Huber(), delta=1), "options (delta) go with a loss's name; this one is "
         "made already: Huber(delta=1.35)."),
        (lambda: make_loss("huber", delta=0), "huber: delta must be a number above 0, not 0."),
        (lambda: Huber("1"), "huber: delta must be a number above 0, not '1'."),  # type: ignore[arg-type]  # refused
        (lambda: Huber(True), "huber: delta must be a number above 0, not True."),
        (lambda: Huber(math.inf), "huber: delta must be a number above 0, not inf."),
        (lambda: Quantile(1), "quantile: quantile must be a number above 0 and below 1, not 1."),
        (lambda: Tweedie(0.5), "tweedie: power must be a number of 1 or more, not 0.5."),
        (lambda: parse_loss("quantile:most"), "quantile: quantile must be a number, not 'most'."),
        (lambda: parse_loss("squared:2"), "loss 'squared:2': squared loss takes no option after "
         "its name."),
    ],
)  # fmt: skip
def test_what_cannot_be_made(make: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        make()
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("name", "here"), [("log_loss", "logistic"), ("squared_error", "squared"), ("MAE", "absolute")]
)
def test_names_from_elsewhere(name: str, here: Any) -> None:
    with pytest.raises(InputError, match=f"What you mean is here called '{here}'"):
        make_loss(name)


GRID = np.array([-1e4, -800, -30, -3.3, -1.35, -1, -1e-9, 0, 1e-9, 0.7, 1, 1.35, 2, 30, 800, 1e4])


@pytest.mark.parametrize("loss", SCALAR, ids=str)
def test_compiled_losses_equal_those_of_numpy(loss: Any) -> None:
    from steepest.losses import kernel as compiled

    pairs = [(eta, y) for eta in [*GRID, *RANDOM.normal(size=20)] for y in targets(loss, 6)]
    for eta, y in pairs:
        for of_numpy, function in (
            (loss.value, compiled.loss_value),
            (loss.slope, compiled.loss_slope),
        ):
            found = function(loss.code, loss.option, eta, y)
            expected = float(of_numpy(eta, y))
            assert isinstance(found, float)
            # A slope is a difference: it is compared on the scale of what it is made of.
            scale = 1 + abs(y) if function is compiled.loss_slope else 0
            assert found == pytest.approx(expected, rel=1e-14, abs=1e-14 * scale)


def test_compiled_losses_reckon_in_float64() -> None:
    from steepest.losses import kernel as compiled

    eta, y = np.float32(0.1), np.float32(1.0)
    for function, of_numpy in (
        (compiled.loss_value, Logistic().value),
        (compiled.loss_slope, Logistic().slope),
    ):
        found = function(Logistic.code, 0.0, eta, y)
        assert found == pytest.approx(
            float(of_numpy(np.array(float(eta)), np.array(1.0))), rel=1e-15
        )
    assert math.isnan(compiled.loss_value(99, 0.0, 1.0, 1.0))


@pytest.mark.parametrize("scale", [1.0, 50.0, 1e4])
def test_compiled_multinomial_equals_that_of_numpy(scale: Any) -> None:
    from steepest.losses import kernel as compiled

    loss = Multinomial()
    for own in range(4):
        eta, slope = RANDOM.normal(size=4) * scale, np.empty(4)
        compiled.multinomial_slope(eta, own, slope)
        np.testing.assert_allclose(slope, loss.slope(eta, np.array(own)), rtol=1e-14, atol=1e-300)
        value = compiled.multinomial_value(eta, own)
        assert value == pytest.approx(float(loss.value(eta, np.array(own))), rel=1e-14)


def test_every_loss_has_its_own_code() -> None:
    codes = [kind.code for kind in LOSSES.values() if issubclass(kind, ScalarLoss)]
    assert sorted(codes) == list(range(11))
