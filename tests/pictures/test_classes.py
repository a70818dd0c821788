"""Pictures of fits of any loss, as data: they show what the metrics, the rows and the path say."""

from typing import Any

import numpy as np
import pytest

import steepest
from steepest.losses import make_loss
from steepest.models.metrics import measure
from steepest.pictures.calibration import CalibrationView
from steepest.pictures.coefficients import CoefficientsView
from steepest.pictures.confusion import ConfusionView, measured
from steepest.pictures.contour import ContourView
from steepest.pictures.curve import CurveView
from steepest.pictures.fit_contour import has_contour
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.picture import LeftOut
from steepest.pictures.predictions import PredictionsView
from steepest.pictures.roc import RocView
from steepest.pictures.scenes import scene_of_fit
from steepest.pictures.subject import Subject
from steepest.results.fit import Fit
from steepest.wording.fact import text_of


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    features = random.normal(size=(300, 4)) * [1.0, 10.0, 0.1, 1.0]
    score = features @ [1.0, -0.2, 0.0, 0.05] + random.logistic(size=300)
    return features, score


def test_calibration_shows_the_groups_of_the_metrics(rows: tuple[np.ndarray, np.ndarray]) -> None:
    fit = fitted(rows, "logistic")
    view = CalibrationView.of(*measured(fit))
    assert view.event == "yes"
    assert view.rows.sum() == 300
    assert text_of(view.notes).startswith("300 training rows in 10 groups")
    assert (view.low <= view.observed).all()
    assert (view.observed <= view.high).all()
    # With an intercept and no penalty the mean prediction is the share of rows, in all.
    total = np.average(view.predicted, weights=view.rows)
    assert total == pytest.approx(np.average(view.observed, weights=view.rows), rel=1e-6)


def test_the_area_under_the_drawn_curve_is_the_one_that_is_told(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    view = RocView.of(fitted(rows, "hinge").metrics)
    # Of more points than are drawn only some are: trapezia between them come close.
    assert np.trapezoid(view.hits, view.alarms) == pytest.approx(view.area, abs=2e-3)


def test_confusion_gathers_what_is_beyond_ten_classes() -> None:
    random = np.random.default_rng(1)
    own = random.integers(0, 14, 900)
    own[own == 3] = 4
    metrics = measure(make_loss("multinomial"), own, random.normal(size=(900, 14)))
    view = ConfusionView.of(metrics)
    assert len(view.labels) == 10
    assert view.labels[-1] == "others"
    assert "3" not in view.labels
    assert view.weights.sum() == 900.0
    np.testing.assert_allclose(view.shares.sum(axis=1), 1.0)
    table = np.array(metrics.confusion)
    first, second = (int(label) for label in view.labels[:2])
    assert view.weights[0, 1] == table[first, second]
    assert view.weights[0].sum() == table[first].sum()


def test_what_a_loss_does_not_have_is_left_out_with_a_sentence(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    with pytest.raises(LeftOut, match="gives no probabilities"):
        CalibrationView.of(fitted(rows, "hinge").metrics)
    several = measure(make_loss("multinomial"), [0, 1, 2], np.eye(3))
    with pytest.raises(LeftOut, match="of two classes"):
        RocView.of(several)
    with pytest.raises(LeftOut, match="not hold both classes"):
        RocView.of(measure(make_loss("logistic"), [1, 1], [0.5, 1.0]))
    with pytest.raises(LeftOut, match="a number, not a class"):
        ConfusionView.of(measure(make_loss("absolute"), [1.0], [0.5]))
    with pytest.raises(LeftOut, match="a class, not a number"):
        PredictionsView.of(fitted(rows, "logistic"))


def test_effects_are_coefficients_per_spread_and_zeros_are_told(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    fit = fitted(rows, "logistic", l1=0.08)
    view = CoefficientsView.of(fit)
    spread = dict(zip(fit.features, rows[0].std(axis=0), strict=True))
    assert fit.zeros > 0
    assert (view.effects == 0.0).sum() == fit.zeros
    assert view.label == "change of the log odds of yes"
    assert f"{fit.zeros} of 4 coefficients are exactly 0." in text_of(view.notes)
    for name, effect in zip(view.names, view.effects, strict=True):
        assert effect == pytest.approx(fit.coefficients[name] * spread[name], rel=1e-6)
    assert (np.diff(np.abs(view.effects)) <= 0.0).all()


def test_effects_of_several_classes_name_their_class() -> None:
    random = np.random.default_rng(2)
    features = random.normal(size=(90, 2))
    labels = np.array(["a", "b", "c"])[random.integers(0, 3, 90)]
    fit = steepest.fit(features, labels, loss="multinomial")
    view = CoefficientsView.of(fit)
    assert view.classes is not None
    spread = dict(zip(fit.features, features.std(axis=0), strict=True))
    for name, of, effect in zip(view.names, view.classes, view.effects, strict=True):
        assert effect == pytest.approx(fit.coefficients[of][name] * spread[name], rel=1e-6)


@pytest.mark.parametrize("loss", ["poisson", "huber"])
def test_predictions_are_those_of_the_fit(loss: str, rows: tuple[np.ndarray, np.ndarray]) -> None:
    features, score = rows
    target = score if loss == "huber" else np.floor(np.exp(0.5 * score))
    fit = steepest.fit(features, target, loss=loss)
    view = PredictionsView.of(fit)
    np.testing.assert_allclose(view.predicted, fit.predict(features), rtol=1e-9)
    np.testing.assert_array_equal(view.true, target)


@pytest.mark.parametrize("options", [{}, {"batch_size": 10}])
@pytest.mark.parametrize("loss", ["huber", "logistic"])
def test_the_surface_at_a_step_is_the_recorded_objective_with_l1(
    loss: str, options: dict[str, Any]
) -> None:
    random = np.random.default_rng(3)
    features = random.normal(size=(60, 2))
    score = features @ [2.0, 0.1] + random.normal(size=60)
    target = score if loss == "huber" else score > 0.0
    fit = steepest.fit(features, target, loss=loss, l1=0.1, intercept=False, epochs=12, **options)
    view = scene_of_fit(fit, "contour").view
    assert view.path.exact.all()
    problem = fit.path.problem
    points = view.path.slice.origin + view.path.points @ view.path.slice.directions
    smooth = problem.objectives(points)
    whole = smooth + 0.1 * np.abs(points).sum(axis=1)
    recorded = [fit.path.at(k).objective for k in view.path.index]
    np.testing.assert_allclose(whole, recorded, rtol=1e-12)
    # And the grid is of the whole objective too.
    ground = view.grid
    corner = (
        view.path.slice.origin + np.array([ground.x[3], ground.y[5]]) @ view.path.slice.directions
    )
    expected = problem.objective(corner) + 0.1 * np.abs(corner).sum()
    assert ground.objective[5, 3] == pytest.approx(expected, rel=1e-12)


def test_arrows_and_curve_with_l1_follow_the_whole_objective() -> None:
    random = np.random.default_rng(4)
    x = random.normal(size=(50, 1))
    fit = steepest.fit(
        x, 2.0 * x[:, 0] + random.normal(size=50), loss="huber", l1=0.3, intercept=False, lr=0.05,
        epochs=20,
    )  # fmt: skip
    view = CurveView.of(Subject.of(fit.path))
    assert view.path.exact.all()
    at, height, slope = view.tangents[1]
    near = np.interp([at - 1e-3, at + 1e-3], view.values, view.objective)
    assert slope == pytest.approx((near[1] - near[0]) / 2e-3, rel=0.02)
    assert np.interp(at, view.values, view.objective) == pytest.approx(height, rel=1e-4)


def test_mini_batches_are_drawn_by_epoch(rows: tuple[np.ndarray, np.ndarray]) -> None:
    fit = fitted(rows, "logistic", batch_size=20, epochs=5, lr=0.05)
    view = ObjectiveView.of(Subject.of_fit(fit))
    assert view.epochs[-1] == view.chosen == 5.0
    assert (np.diff(view.epochs) > 0.0).all()
    assert view.training[-1] == pytest.approx(fit.path.last.objective)
    assert view.chosen_objective == pytest.approx(fit.objective)


def test_held_out_rows_have_a_curve_and_are_what_is_measured(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    fit = fitted(rows, "logistic", validation=0.3)
    view = ObjectiveView.of(Subject.of_fit(fit))
    assert view.validation is not None
    assert np.isfinite(view.validation).all()
    metrics, where = measured(fit)
    assert where == "held-out rows"
    assert metrics is fit.validation_metrics


def test_a_contour_of_many_rows_is_left_out() -> None:
    x = np.random.default_rng(5).normal(size=(5000, 2))
    fit = steepest.fit(x, x[:, 0], loss="huber", epochs=2)
    assert not has_contour(fit)
    with pytest.raises(LeftOut, match="There are 5,000 rows"):
        scene_of_fit(fit, "contour")


def test_a_contour_is_over_the_coefficients_that_moved_most(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    fit = fitted(rows, "logistic")
    view = ContourView.of(Subject.of_fit(fit))
    assert set(view.grid.labels) == {
        "coefficient of x1, per standard deviation",
        "coefficient of x2, per standard deviation",
    }


def fitted(rows: tuple[np.ndarray, np.ndarray], loss: str, **options: Any) -> Fit:
    """A fit of two classes."""
    features, score = rows
    fit = steepest.fit(features, np.where(score > 0.0, "yes", "no"), loss=loss, **options)
    assert isinstance(fit, Fit)
    return fit
