"""Every metric against scikit-learn's, with and without weights, whole and block by block."""

import json
import math

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as oracle
from sklearn.calibration import calibration_curve

from steepest.losses import Loss, make_loss
from steepest.models.calibration import CalibrationRun, wilson
from steepest.models.deviance import deviances
from steepest.models.metrics import Metrics, MetricsRun, measure
from steepest.models.ranking import RankingRun
from steepest.storage.schema import checked

ROWS = 700


def weights_of(kind: str) -> np.ndarray | None:
    if kind == "none":
        return None
    weights = np.random.default_rng(5).exponential(size=ROWS)
    weights[::17] = 0.0
    return weights


def two_classes() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    eta = random.normal(-0.5, 1.7, ROWS).round(1)  # with ties
    return eta, (random.random(ROWS) < 1.0 / (1.0 + np.exp(-eta))).astype(float)


def several_classes() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    eta = random.normal(size=(ROWS, 4)) * [2.0, 1.0, 0.5, 1.0]
    return eta, np.argmax(eta + random.gumbel(size=eta.shape), axis=1).astype(float)


weighing = pytest.mark.parametrize("weighed", ["none", "some"])


@weighing
@pytest.mark.parametrize("name", ["logistic", "hinge", "squared-hinge"])
def test_two_classes(name: str, weighed: str) -> None:
    eta, y = two_classes()
    weights = weights_of(weighed)
    loss = make_loss(name)
    found = measure(loss, y, eta, weights, ("no", "yes"))
    taken = (eta > 0.0).astype(float)
    assert found.accuracy == pytest.approx(
        oracle.accuracy_score(y, taken, sample_weight=weights), rel=1e-13
    )
    np.testing.assert_allclose(
        np.array(found.confusion),
        oracle.confusion_matrix(y, taken, sample_weight=weights),
        rtol=1e-12,
    )
    assert found.roc_auc == pytest.approx(
        oracle.roc_auc_score(y, eta, sample_weight=weights), rel=1e-12
    )
    assert found.roc_auc_error == 0.0
    recall = oracle.recall_score(y, taken, average=None, sample_weight=weights)
    precision = oracle.precision_score(y, taken, average=None, sample_weight=weights)
    np.testing.assert_allclose(np.array(found.recall), recall, rtol=1e-12)
    np.testing.assert_allclose(np.array(found.precision), precision, rtol=1e-12)
    if name == "logistic":
        p = 1.0 / (1.0 + np.exp(-eta))
        expected = oracle.log_loss(y, p, sample_weight=weights)
        assert found.log_loss == found.mean_loss == pytest.approx(expected, rel=1e-12)
    else:
        assert found.log_loss is None
        assert "log loss" not in found.scores
        power = 2 if name == "squared-hinge" else 1
        hinge = np.maximum(1.0 - (2.0 * y - 1.0) * eta, 0.0) ** power
        assert found.mean_loss == pytest.approx(np.average(hinge, weights=weights), rel=1e-12)
        assert found.calibration == ()


def test_hinge_as_scikit_learn_measures_it() -> None:
    eta, y = two_classes()
    found = measure(make_loss("hinge"), y, eta)
    assert found.mean_loss == pytest.approx(oracle.hinge_loss(2.0 * y - 1.0, eta), rel=1e-12)


@weighing
def test_roc_points_are_on_the_curve(weighed: str) -> None:
    eta, y = two_classes()
    weights = weights_of(weighed)
    found = measure(make_loss("logistic"), y, eta, weights)
    false, right, _ = oracle.roc_curve(y, eta, sample_weight=weights, drop_intermediate=False)
    curve = set(zip(false.round(12).tolist(), right.round(12).tolist(), strict=True))
    assert found.roc[0] == (0.0, 0.0)
    assert found.roc[-1] == (1.0, 1.0)
    assert {(round(a, 12), round(b, 12)) for a, b in found.roc} <= curve


@weighing
def test_several_classes(weighed: str) -> None:
    eta, y = several_classes()
    weights = weights_of(weighed)
    found = measure(make_loss("multinomial"), y, eta, weights, tuple("abcd"))
    p = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    taken = eta.argmax(axis=1)
    options = {"sample_weight": weights}
    assert found.accuracy == pytest.approx(oracle.accuracy_score(y, taken, **options), rel=1e-12)
    assert found.log_loss == pytest.approx(oracle.log_loss(y, p, **options), rel=1e-12)
    np.testing.assert_allclose(
        np.array(found.confusion), oracle.confusion_matrix(y, taken, **options), rtol=1e-12
    )
    # scikit-learn's own sum over the classes takes no weights: each class against the rest.
    areas = [oracle.roc_auc_score(y == j, p[:, j], **options) for j in range(4)]
    assert found.roc_auc == pytest.approx(np.mean(areas), rel=1e-12)
    if weights is None:
        assert found.roc_auc == pytest.approx(
            oracle.roc_auc_score(y, p, multi_class="ovr", average="macro"), rel=1e-12
        )
    recall = oracle.recall_score(y, taken, average=None, **options)
    np.testing.assert_allclose(np.array(found.recall), recall, rtol=1e-12)


@weighing
@pytest.mark.parametrize(
    ("name", "power"), [("poisson", 1.0), ("tweedie:1.5", 1.5), ("gamma", 2.0), ("tweedie:3", 3.0)]
)
def test_counts_and_amounts(name: str, power: float, weighed: str) -> None:
    random = np.random.default_rng(3)
    eta = random.normal(0.3, 0.8, ROWS)
    y = random.poisson(np.exp(eta)).astype(float)
    y = y if power < 2.0 else random.gamma(2.0, 0.5 * np.exp(eta))
    weights = weights_of(weighed)
    found = measure(loss_of(name), y, eta, weights)
    options = {"sample_weight": weights, "power": power}
    mean = np.exp(eta)
    assert found.d2 == pytest.approx(oracle.d2_tweedie_score(y, mean, **options), rel=1e-10)
    assert found.deviance == pytest.approx(
        oracle.mean_tweedie_deviance(y, mean, **options), rel=1e-11
    )
    assert found.mae == pytest.approx(
        oracle.mean_absolute_error(y, mean, sample_weight=weights), rel=1e-12
    )
    assert next(iter(found.scores)) == "deviance explained (D²)"


@weighing
@pytest.mark.parametrize("name", ["squared", "absolute", "huber:0.7", "quantile:0.8", "log-cosh"])
def test_numbers(name: str, weighed: str) -> None:
    random = np.random.default_rng(4)
    eta = random.normal(3.0, 2.0, ROWS)
    y = eta + random.standard_t(3.0, ROWS)
    weights = weights_of(weighed)
    found = measure(loss_of(name), y, eta, weights)
    options = {"sample_weight": weights}
    assert found.mae == pytest.approx(oracle.mean_absolute_error(y, eta, **options), rel=1e-12)
    assert found.r2 == pytest.approx(oracle.r2_score(y, eta, **options), rel=1e-11)
    squares = oracle.mean_squared_error(y, eta, **options)
    assert found.rmse == pytest.approx(math.sqrt(squares), rel=1e-12)
    if name == "quantile:0.8":
        expected = oracle.mean_pinball_loss(y, eta, alpha=0.8, **options)
        assert found.scores["pinball loss"] == pytest.approx(expected, rel=1e-12)
        assert found.below == pytest.approx(np.average(y <= eta, weights=weights), rel=1e-12)
    if name == "huber:0.7":
        gap = np.abs(y - eta)
        rows = np.where(gap <= 0.7, 0.5 * gap**2, 0.7 * (gap - 0.35))
        expected = np.average(rows, weights=weights)
        assert found.scores["Huber loss"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "name", ["logistic", "multinomial", "hinge", "poisson", "tweedie:2.5", "huber:1", "squared"]
)
def test_blocks_give_what_the_whole_gives(name: str) -> None:
    loss = loss_of(name)
    eta, y = several_classes() if name == "multinomial" else two_classes()
    y = y + (loss.target == "above 0")
    weights = weights_of("some")
    assert weights is not None
    run = MetricsRun(loss)
    for rows in np.array_split(np.arange(ROWS), [1, 18, 400]):
        run.add(eta[rows], y[rows], weights[rows])
    run.add(eta[:0], y[:0], weights[:0])
    whole, parts = measure(loss, y, eta, weights).to_dict(), run.result().to_dict()
    assert flat(parts) == pytest.approx(flat(whole), rel=1e-11, abs=1e-14)


def test_a_target_far_from_zero_keeps_its_digits() -> None:
    random = np.random.default_rng(6)
    y = 1e6 + random.normal(size=ROWS)
    eta = 1e6 + 0.5 * random.normal(size=ROWS)
    run = MetricsRun(make_loss("absolute"))
    for rows in np.array_split(np.arange(ROWS), 50):
        run.add(eta[rows], y[rows])
    assert run.result().r2 == pytest.approx(oracle.r2_score(y - 1e6, eta - 1e6), rel=1e-8)


@pytest.mark.parametrize("power", [1.0, 1.3, 2.0, 2.7])
def test_deviance_of_close_numbers_keeps_its_digits(power: float) -> None:
    # About μ the deviance is (y − μ)²/μᵖ·(1 − p(y − μ)/(3μ) + …).
    y, mean = np.array([2.0 + 2e-6]), np.array([2.0])
    gap = y - mean
    expected = gap**2 / mean**power * (1.0 - power * gap / (3.0 * mean))
    assert deviances(y, mean, power) == pytest.approx(expected, rel=1e-8)


def test_more_scores_than_are_sorted() -> None:
    random = np.random.default_rng(7)
    scores = random.normal(size=50_000) * 10.0 ** random.integers(-8, 3, 50_000)
    outcome = (random.random(50_000) < 0.5 + 0.3 * np.sign(scores)).astype(float)
    run = RankingRun(bits=15)
    for rows in np.array_split(np.arange(50_000), 9):
        run.add(scores[rows], outcome[rows], np.ones(len(rows)))
    found = run.result()
    assert found is not None
    truth = oracle.roc_auc_score(outcome, scores)
    assert 0.0 < found.error < 1e-3
    assert abs(found.area - truth) <= found.error
    assert len(found.curve) <= 103


def test_an_inexact_area_is_said() -> None:
    found = Metrics("logistic", 10, 10.0, 0.5, accuracy=0.7, roc_auc=0.9, roc_auc_error=2e-5)
    assert "right to ±2e-05" in "\n".join(found.lines())


@weighing
def test_calibration_against_scikit_learn(weighed: str) -> None:
    eta, y = two_classes()
    p, weights = 1.0 / (1.0 + np.exp(-eta)), weights_of(weighed)
    groups = measure(make_loss("logistic"), y, eta, weights).calibration
    kept = np.ones(ROWS, dtype=bool) if weights is None else weights > 0.0
    assert 8 <= len(groups) <= 10
    assert sum(group.rows for group in groups) == kept.sum()
    order = np.argsort(p[kept], kind="stable")
    ends = np.cumsum([group.rows for group in groups])[:-1]
    shares = np.ones(ROWS) if weights is None else weights
    for rows, group in zip(np.split(order, ends), groups, strict=True):
        inside = p[kept][rows]
        if weights is None:
            # One bin of scikit-learn's that holds these rows and no others.
            true, mean = calibration_curve(y[kept][rows], inside, n_bins=1)
            assert (group.observed, group.predicted) == pytest.approx((true[0], mean[0]))
            interval = binomtest(int(y[kept][rows].sum()), len(rows)).proportion_ci(
                0.95, method="wilson"
            )
            assert (group.low, group.high) == pytest.approx((interval.low, interval.high))
        w = shares[kept][rows]
        assert group.predicted == pytest.approx(np.average(inside, weights=w))
        assert group.observed == pytest.approx(np.average(y[kept][rows], weights=w))
        assert group.weight == pytest.approx(w.sum())
        assert group.low <= group.observed <= group.high


def test_calibration_of_rare_classes_and_of_weak_scores() -> None:
    random = np.random.default_rng(8)
    for middle, spread in ((-6.0, 1.0), (0.0, 0.05)):
        run = CalibrationRun()
        p = 1.0 / (1.0 + np.exp(-random.normal(middle, spread, 20_000)))
        run.add(p, (random.random(20_000) < p).astype(float), np.ones(20_000))
        groups = run.result()
        assert len(groups) == 10
        assert min(group.rows for group in groups) > 1000
    run.add(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.ones(2))
    assert sum(group.rows for group in run.result()) == 20_002


@pytest.mark.parametrize(("right", "rows"), [(0, 7), (7, 7), (3, 1000), (499, 1000)])
def test_wilson_intervals(right: int, rows: int) -> None:
    interval = binomtest(right, rows).proportion_ci(0.95, method="wilson")
    assert wilson(right / rows, rows) == pytest.approx((interval.low, interval.high), rel=1e-12)


@pytest.mark.parametrize("name", ["logistic", "multinomial", "hinge", "poisson", "quantile:0.2"])
def test_metrics_come_back_from_json(name: str) -> None:
    eta, y = several_classes() if name == "multinomial" else two_classes()
    found = measure(loss_of(name), y, eta)
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert checked(json.loads(text), Metrics) == found


def test_what_is_undefined_is_none() -> None:
    constant = measure(make_loss("absolute"), [2.0, 2.0], [1.0, 3.0])
    assert constant.r2 is None
    assert constant.lines() == ("mean absolute error 1   R² undefined",)
    one_class = measure(make_loss("logistic"), [1.0, 1.0], [1.0, 3.0])
    assert one_class.roc_auc is None
    assert one_class.recall == (None, 1.0)
    nothing = measure(make_loss("poisson"), [1.0, 1.0], [1.0, 3.0], [0.0, 0.0])
    assert (nothing.rows, nothing.weight, nothing.d2) == (0, 0.0, None)


@pytest.mark.parametrize("name", ["logistic", "poisson", "huber:1", "hinge"])
def test_predictors_that_have_left_float64(name: str) -> None:
    found = measure(loss_of(name), [1.0, 0.0], [np.nan, np.inf])
    assert found.accuracy is None
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.lines()


@pytest.mark.parametrize(
    ("loss", "classes", "name"),
    [
        ("logistic", ("a", "b"), "log loss"),
        ("squared-hinge", ("a", "b"), "squared hinge loss"),
        ("poisson", None, "mean poisson loss"),
        ("huber:2.0", None, "Huber loss"),
    ],
)
def test_where_only_the_loss_is_known_only_it_is_told(
    loss: str, classes: tuple[str, str] | None, name: str
) -> None:
    found = Metrics(loss, 10, 10.0, 0.25, classes=classes)
    assert found.is_loss_alone
    assert found.lines() == (f"{name} 0.25",)


def test_a_table_of_many_classes_is_left_out_of_the_terminal() -> None:
    eta = np.eye(12)
    found = measure(make_loss("multinomial"), np.arange(12.0), eta)
    assert found.lines()[-1] == "The confusion table of 12 classes is left out here."
    assert found.classes == tuple(map(str, range(12)))


def test_labels_cannot_break_the_table() -> None:
    labels = ("a\nb\x1b[31m", "a label that is far too long for a column")
    lines = measure(make_loss("logistic"), [0.0, 1.0], [-1.0, 1.0], None, labels).lines()
    assert all(line.isprintable() for line in lines)
    assert len(lines) == 4


def loss_of(text: str) -> Loss:
    from steepest.losses import parse_loss

    return parse_loss(text)


def flat(data: object) -> list[float]:
    """All numbers in plain data."""
    if isinstance(data, dict):
        return [number for value in data.values() for number in flat(value)]
    if isinstance(data, list | tuple):
        return [number for value in data for number in flat(value)]
    return [float(data)] if isinstance(data, int | float) else []
