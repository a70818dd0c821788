"""Truth in pictures: the surface under every step is the recorded objective."""

from typing import Any

import numpy as np
import pytest

import steepest
from steepest.errors import InputError
from steepest.pictures.contour import ContourView
from steepest.pictures.curve import CurveView
from steepest.pictures.picture import LeftOut
from steepest.pictures.subject import Subject
from steepest.results.fit import Fit
from steepest.wording.fact import text_of

RNG = np.random.default_rng(5)
X = RNG.normal(20.0, [1.0, 4.0, 2.0], (80, 3))
Y = X @ [3.0, -1.0, 0.5] + 7.0 + RNG.normal(size=80)


def under_steps(view: ContourView) -> np.ndarray:
    """The drawn surface at the steps, by the quadratic through its grid."""
    centre = np.array([view.grid.x.mean(), view.grid.y.mean()])
    half = np.array([np.ptp(view.grid.x), np.ptp(view.grid.y)]) / 2.0

    def terms(points: np.ndarray) -> np.ndarray:
        u, v = ((points - centre) / half).T
        return np.column_stack([np.ones_like(u), u, v, u * u, u * v, v * v])

    grid = np.stack(np.meshgrid(view.grid.x, view.grid.y), axis=-1).reshape(-1, 2)
    weights = np.linalg.lstsq(terms(grid), view.grid.objective.ravel(), rcond=None)[0]
    return np.asarray(terms(view.path.points) @ weights)


TWO = [
    pytest.param({"lr": 0.05}, id="standardised"),
    pytest.param({"lr": 1e-3, "standardize": False, "epochs": 300}, id="raw"),
    pytest.param({"lr": 0.05, "ridge": 0.7}, id="ridge"),
    pytest.param({"lr": 1e-3, "standardize": False, "ridge": 2.0, "epochs": 50}, id="raw-ridge"),
    pytest.param({"lr": 0.01, "momentum": 0.9, "epochs": 90}, id="momentum"),
    pytest.param({"optimizer": "adam", "lr": 0.3, "epochs": 120}, id="adam"),
    pytest.param({"lr": 1e-3, "reduction": "sum", "epochs": 40}, id="sum"),
    pytest.param({"lr": 1.2, "epochs": 500}, id="diverging"),
]


@pytest.mark.parametrize("options", TWO)
def test_surface_is_the_recorded_objective_at_every_step(options: dict[str, Any]) -> None:
    fit = steepest.fit(X[:, :1], Y, **options)
    check_all(fit)


@pytest.mark.parametrize("standardize", [True, False])
def test_the_same_without_intercept(standardize: bool) -> None:
    lr = 0.2 if standardize else 1e-3
    fit = steepest.fit(X[:, :2], Y, intercept=False, standardize=standardize, lr=lr, epochs=60)
    check_all(fit)


def check_all(fit: Fit) -> None:
    view = ContourView.of(Subject.of_fit(fit))
    recorded = np.array([fit.path.at(k).objective for k in view.path.index])
    assert view.path.exact.all()
    np.testing.assert_allclose(view.path.objectives, recorded, rtol=1e-12)
    np.testing.assert_allclose(
        under_steps(view), recorded, rtol=1e-9, atol=1e-12 * view.grid.objective.max()
    )


def test_of_more_than_two_parameters_only_exact_steps_claim_the_surface() -> None:
    fit = steepest.fit(X, Y, lr=0.1)
    view = ContourView.of(Subject.of_fit(fit))
    recorded = np.array([fit.path.at(k).objective for k in view.path.index])
    gap = np.abs(under_steps(view) - recorded)
    assert view.path.exact[-1] and not view.path.exact[0]
    assert view.path.index[-1] == view.chosen == fit.epochs
    assert (gap[view.path.exact] <= 1e-8 * recorded[view.path.exact]).all()
    assert (gap[~view.path.exact] > 1e-10 * recorded[~view.path.exact]).all()
    assert text_of(view.notes).startswith(
        "Drawn over the two parameters along which the objective curves most. "
        f"The other 2 parameters are held at the values of epoch {fit.epochs}."
    )
    assert "Hollow steps lie off this slice" in text_of(view.notes)


def test_steps_of_plain_descent_are_perpendicular_to_the_contour() -> None:
    fit = steepest.fit(X[:, :2], Y, intercept=False, lr=0.1)
    view = ContourView.of(Subject.of_fit(fit))
    assert view.grid.equal
    step = view.path.points[1] - view.path.points[0]
    problem, point = fit.path.problem, fit.path.descent_parameters(0)
    swapped = view.grid.labels[0] != "coefficient of x1, per root mean square"
    tangent = problem.gradient(point)[::-1] * [1.0, -1.0]
    tangent = tangent[::-1] if swapped else tangent
    cosine = step @ tangent / np.linalg.norm(step) / np.linalg.norm(tangent)
    assert abs(cosine) < 1e-12


def test_minimum_is_least_on_the_surface_and_levels_lie_on_it() -> None:
    view = ContourView.of(Subject.of_fit(steepest.fit(X, Y, lr=0.1)))
    row, column = np.unravel_index(view.grid.objective.argmin(), view.grid.objective.shape)
    assert view.path.minimum is not None
    assert abs(view.grid.x[column] - view.path.minimum[0]) <= view.grid.x[1] - view.grid.x[0]
    assert abs(view.grid.y[row] - view.path.minimum[1]) <= view.grid.y[1] - view.grid.y[0]
    assert view.grid.objective.min() <= view.grid.levels[-1] <= view.grid.objective.max()
    assert (np.diff(view.grid.levels) > 0).all()


def test_points_of_l1_need_axes_of_one_scale() -> None:
    fit = steepest.fit(X[:, :1], Y, standardize=False, lr=1e-3, epochs=10)
    view = ContourView.of(Subject.of_fit(fit))
    assert view.grid.labels == ("intercept", "coefficient of x")
    assert view.grid.equal
    assert np.ptp(view.grid.x) / np.ptp(view.grid.y) == pytest.approx(4 / 3)


def test_very_unequal_extents_are_stretched_and_say_so() -> None:
    view = ContourView.of(
        Subject.of_fit(steepest.fit(X[:, 0] * 1e-3, Y, standardize=False, lr=0.1, epochs=5))
    )
    assert not view.grid.equal
    assert text_of(view.notes).endswith(
        "a gradient does not look perpendicular to the contour, though it is."
    )


def test_a_diverging_run_shows_the_steps_that_are_near() -> None:
    view = ContourView.of(
        Subject.of_fit(steepest.fit(X[:, 0], Y, standardize=False, lr=0.1, epochs=500))
    )
    assert view.path.index == (0,)
    assert text_of(view.notes).endswith("Steps after epoch 0 lie too far away to be drawn.")


def test_named_parameters() -> None:
    fit = steepest.fit(steepest.read(X, names=["a", "b", "c"]), Y, lr=0.1)
    view = ContourView.of(Subject.of_fit(fit), ("c", "intercept"))
    assert set(view.grid.labels) == {
        "coefficient of c, per standard deviation",
        "intercept, at the features' means",
    }
    with pytest.raises(InputError, match=r"^this fit has no parameter 'd'; it has a, b, c, "):
        ContourView.of(Subject.of_fit(fit), ("a", "d"))
    with pytest.raises(InputError, match=r"^a contour is drawn over two different parameters$"):
        ContourView.of(Subject.of_fit(fit), ("a", "a"))


def test_a_start_at_the_minimum_has_a_picture() -> None:
    view = ContourView.of(Subject.of_fit(steepest.fit([1, 2, 3], [3, 5, 7], start=[2, 1])))
    assert np.isfinite(view.grid.objective).all()
    assert np.ptp(view.grid.x) > 0 and np.ptp(view.grid.y) > 0


def test_one_parameter_is_a_curve_with_the_steps_on_it() -> None:
    fit = steepest.fit(
        [1, 2, 3], [2, 4, 6], intercept=False, standardize=False, lr=0.01, start=[1.0], epochs=100
    )
    with pytest.raises(LeftOut, match=r"^A contour needs two parameters; this fit has one\.$"):
        ContourView.of(Subject.of_fit(fit))
    view = CurveView.of(Subject.of_fit(fit))
    assert view.label == "coefficient of x"
    np.testing.assert_allclose(view.objective, 14 / 3 * (view.values - 2) ** 2, atol=1e-12)
    np.testing.assert_allclose(view.path.objectives, 14 / 3 * (view.steps - 2) ** 2, atol=1e-12)
    assert view.minimum == pytest.approx((2.0, 0.0))
    assert (view.steps[0], view.path.objectives[0]) == pytest.approx((1.0, 14 / 3))
    with pytest.raises(LeftOut, match=r"^A curve is drawn for one parameter; this fit has 2\.$"):
        CurveView.of(Subject.of_fit(steepest.fit([1, 2, 3], [2, 4, 6])))
