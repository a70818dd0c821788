"""Truth in pictures of functions: at every step drawn as exact the surface is the recorded
objective, and arrows stand at right angles to the contour. The functions are written here again,
in NumPy, as the oracle."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

import steepest
from steepest.errors import InputError
from steepest.path.path import DescentPath
from steepest.pictures.contour import ContourView
from steepest.pictures.curve import CurveView
from steepest.pictures.picture import LeftOut
from steepest.pictures.subject import Subject
from steepest.pictures.visible_steps import visible_steps
from steepest.wording.fact import text_of

Function = Callable[..., Any]


def quadratic(x: Any) -> Any:
    return x**2 - 4 * x + 5


def rosenbrock(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def himmelblau(x: Any, y: Any) -> Any:
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def saddle(x: Any, y: Any) -> Any:
    return x**2 - y**2


def waves(x: Any, y: Any) -> Any:
    return np.sin(3 * x) * np.cos(2 * y) + 0.1 * (x**2 + y**2) - 4.0


def bowl(x: Any, y: Any) -> Any:
    return x**2 + 5 * y**2


def five(a: Any, b: Any, c: Any, d: Any, g: Any) -> Any:
    return a**2 + 2 * b**2 + 3 * c**2 + a * b + (d - 1) ** 2 + d * g + 2 * g**2 + 0.1 * a**4


TEXTS = {
    rosenbrock: "(1 - x)^2 + 100(y - x^2)^2",
    himmelblau: "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    saddle: "x^2 - y^2",
    waves: "sin(3x)cos(2y) + 0.1(x^2 + y^2) - 4",
    bowl: "x^2 + 5y^2",
    five: "a^2 + 2b^2 + 3c^2 + a*b + (d - 1)^2 + d*g + 2g^2 + 0.1a^4",
}
TWO = [
    pytest.param(rosenbrock, (-1.5, 2.0), {"optimizer": "adam", "lr": 0.05}, id="rosenbrock"),
    pytest.param(rosenbrock, (-1.5, 2.0), {"lr": 0.05}, id="rosenbrock-diverges"),
    pytest.param(himmelblau, (0.0, 0.0), {"lr": 0.01}, id="himmelblau"),
    pytest.param(saddle, (2.0, 1e-3), {"lr": 0.1}, id="saddle"),
    pytest.param(waves, (1.0, -0.7), {"lr": 0.05, "momentum": 0.8}, id="waves"),
    pytest.param(bowl, (4.0, 1.0), {"lr": 0.15}, id="bowl"),
    pytest.param(bowl, (4.0, 1.0), {"lr": 0.22}, id="bowl-diverges"),
]


def run(function: Function, start: object, epochs: int = 80, **options: Any) -> DescentPath:
    return steepest.minimize(TEXTS[function], start=start, epochs=epochs, **options)


def check_surface(view: ContourView, function: Function, path: DescentPath) -> None:
    """Grid, steps and recorded objectives against the function itself, through the plane."""

    def height(x: Any, y: Any) -> Any:
        full = (
            view.path.slice.origin
            + x[..., None] * view.path.slice.directions[0]
            + y[..., None] * view.path.slice.directions[1]
        )
        return function(*np.moveaxis(full, -1, 0))

    scale = 1e-12 * np.abs(view.grid.objective).max()
    grid = np.meshgrid(view.grid.x, view.grid.y)
    np.testing.assert_allclose(view.grid.objective, height(*grid), rtol=1e-9, atol=scale)
    recorded = np.array([path.at(k).objective for k in view.path.index])
    assert view.path.objectives.tolist() == recorded.tolist()
    shown = height(*view.path.points.T)
    exact = view.path.exact
    np.testing.assert_allclose(shown[exact], recorded[exact], rtol=1e-9, atol=1e-13)
    assert (np.abs(shown - recorded) > 1e-10 * np.abs(recorded))[~exact].all()
    inside = (view.path.points >= [view.grid.x[0], view.grid.y[0]]) & (
        view.path.points <= [view.grid.x[-1], view.grid.y[-1]]
    )
    assert inside.all()


@pytest.mark.parametrize(("function", "start", "options"), TWO)
def test_the_surface_is_the_recorded_objective(
    function: Function, start: tuple[float, float], options: dict[str, Any]
) -> None:
    path = run(function, start, **options)
    view = ContourView.of(Subject.of(path))
    assert view.path.exact.all()
    assert view.grid.labels == ("x", "y")
    check_surface(view, function, path)
    assert (np.diff(view.grid.levels) > 0).all() and len(view.grid.levels) >= 8


@pytest.mark.parametrize(("function", "start", "options"), TWO)
def test_arrows_point_down_at_right_angles_to_the_contour(
    function: Function, start: tuple[float, float], options: dict[str, Any]
) -> None:
    view = ContourView.of(Subject.of(run(function, start, **options)))
    assert len(view.arrows)
    for place, arrow in zip(view.arrows_at, view.arrows, strict=True):
        tangent = tangent_of_contour(function, place)
        cosine = arrow @ tangent / np.linalg.norm(arrow) / np.linalg.norm(tangent)
        assert abs(cosine) <= 1e-6
        ahead = place + 1e-7 * arrow / np.linalg.norm(arrow)
        assert function(*ahead) < function(*place)


def tangent_of_contour(function: Function, place: np.ndarray) -> np.ndarray:
    """Between the two points of the contour on a small circle around one of its points."""
    radius = 1e-4

    def around(angle: float) -> np.ndarray:
        return np.asarray(place + radius * np.array([np.cos(angle), np.sin(angle)]))

    def excess(angle: float) -> float:
        return float(function(*around(angle)) - function(*place))

    angles = np.linspace(0.0, 2.0 * np.pi, 361)
    signs = np.sign([excess(angle) for angle in angles])
    turns = np.flatnonzero(np.diff(signs) != 0.0)
    ends = [around(brentq(excess, angles[i], angles[i + 1], xtol=1e-14)) for i in turns]
    assert len(ends) == 2
    return np.asarray(ends[1] - ends[0])


def test_axes_have_one_scale_or_the_note_says_that_they_have_not() -> None:
    even = ContourView.of(Subject.of(run(bowl, (4.0, 1.0), lr=0.15)))
    assert even.grid.equal and "different scales" not in text_of(even.notes)
    path = steepest.minimize("x^2 + 1000*y^2", start=(400, 0.1), lr=0.0009, epochs=40)
    uneven = ContourView.of(Subject.of(path))
    assert not uneven.grid.equal
    assert "a gradient does not look perpendicular to the contour, though it is." in text_of(
        uneven.notes
    )


def test_a_slice_of_five_marks_what_lies_off_it() -> None:
    path = run(five, (1.0, 2.0, -1.0, 3.0, 1.0), lr=0.08)
    view = ContourView.of(Subject.of(path), ("d", "g"))
    check_surface(view, five, path)
    assert view.path.exact[-1] and not view.path.exact[0]
    held = path.last.parameters.copy()
    held[[3, 4]] = 0.0
    assert view.path.slice.origin.tolist() == held.tolist()
    start = path.at(0).parameters
    assert view.path.distances[0] == pytest.approx(
        np.linalg.norm((start - path.last.parameters)[:3])
    )
    assert text_of(view.notes).startswith(
        "The other 3 parameters are held at the values of epoch 80."
    )
    assert "Hollow steps lie off this slice" in text_of(view.notes)


def test_the_main_plane_is_that_of_the_principal_components() -> None:
    path = run(five, (1.0, 2.0, -1.0, 3.0, 1.0), lr=0.08)
    view = ContourView.on_main_plane(Subject.of(path))
    check_surface(view, five, path)
    points = np.array([step.parameters for step in path])
    steps = points - points[-1]
    values, vectors = np.linalg.eigh(steps.T @ steps)
    for i in (0, 1):
        assert abs(view.path.slice.directions[i] @ vectors[:, -1 - i]) == pytest.approx(1.0)
    expected = np.sqrt(np.square(steps @ vectors[:, :3]).sum(axis=1))
    np.testing.assert_allclose(view.path.distances, expected, atol=1e-12)
    assert f"The steps lie up to {view.path.distances.max():.4g} off it" in text_of(view.notes)
    assert values[:3].sum() > 0.0  # the plane does not hold the path


def test_a_path_in_a_plane_lies_on_its_main_plane() -> None:
    path = steepest.minimize("x^2 + 2y^2 + 3z^2", start=(1, 2, 0), lr=0.1, epochs=20)
    view = ContourView.on_main_plane(Subject.of(path))
    assert view.path.exact.all()
    assert "Every step lies on it." in text_of(view.notes)


def test_a_straight_path_has_a_main_plane_too() -> None:
    path = steepest.minimize("x^2 + y^2 + z^2", start=(1, 2, 3), lr=0.1, epochs=20)
    view = ContourView.on_main_plane(Subject.of(path))
    np.testing.assert_allclose(
        view.path.slice.directions @ view.path.slice.directions.T, np.eye(2), atol=1e-14
    )
    np.testing.assert_allclose(view.path.slice.directions[0], np.array([1, 2, 3]) / np.sqrt(14))


@pytest.mark.parametrize(
    ("lr", "epochs"), [(0.1, 30), (0.01, 30), (1.0, 30), (1.1, 2000), (0.1, 0)]
)
def test_a_curve_is_the_function_and_its_tangents(lr: float, epochs: int) -> None:
    path = steepest.minimize("x**2 - 4*x + 5", start=7, lr=lr, epochs=epochs)
    view = CurveView.of(Subject.of(path))
    np.testing.assert_allclose(view.objective, quadratic(view.values), rtol=1e-9)
    np.testing.assert_allclose(view.path.objectives, quadratic(view.steps), rtol=1e-9)
    assert view.path.exact.all()
    assert view.minimum == pytest.approx((2.0, 1.0)) and not view.path.local
    assert view.values[0] < min(2.0, view.steps.min())
    assert view.values[-1] > max(2.0, view.steps.max())
    x, y, slope = view.tangents.T
    np.testing.assert_allclose(y, quadratic(x), rtol=1e-9)
    np.testing.assert_allclose(slope, 2 * x - 4, rtol=1e-9)
    assert (x[0], y[0]) == (7.0, 26.0)
    assert view.heights[0] < 1.0 and view.heights[1] > view.path.objectives.max()


def test_a_diverging_curve_keeps_its_middle_in_view() -> None:
    path = steepest.minimize("x**2 - 4*x + 5", start=7, lr=1.1, epochs=2000)
    view = CurveView.of(Subject.of(path))
    assert np.abs(view.steps - 2.0).max() <= 20.0 * 5.0
    assert (
        text_of(view.notes)
        == f"Steps after epoch {view.path.index[-1]} lie too far away to be drawn."
    )
    assert 5.0 * 1.2 ** (view.path.index[-1] + 1) > 100.0


def test_a_curve_is_open_where_the_function_is_not_defined() -> None:
    path = steepest.minimize("x - 3log(x) + x^2", start=0.4, lr=0.9, epochs=30)
    view = CurveView.of(Subject.of(path))
    outside = view.values <= 0.0
    assert outside.any() and np.isnan(view.objective[outside]).all()
    x = view.values[~outside]
    np.testing.assert_allclose(view.objective[~outside], x - 3 * np.log(x) + x**2, rtol=1e-9)
    assert view.path.exact.tolist() == [True, True, False]
    assert np.isnan(view.path.objectives[-1])
    assert text_of(view.notes) == "At epoch 2 the objective is not a finite number."
    # The minimum of x − 3 log x + x², where 1 − 3/x + 2x = 0.
    assert view.minimum is not None and view.path.local
    assert view.minimum[0] == pytest.approx(1.0)


def test_a_section_of_several_parameters() -> None:
    path = run(five, (1.0, 2.0, -1.0, 3.0, 1.0), lr=0.08)
    view = CurveView.of(Subject.of(path), "d")
    last = path.last.parameters
    a, b, c = last[:3]
    expected = np.asarray(five(a, b, c, view.values, last[4]))
    np.testing.assert_allclose(view.objective, expected, rtol=1e-9)
    assert view.path.exact[-1] and not view.path.exact[0]
    assert text_of(view.notes).startswith(
        "The other 4 parameters are held at the values of epoch 80."
    )
    with pytest.raises(InputError, match=r"^this path has no parameter 'h'; it has a, b, c, d, g"):
        CurveView.of(Subject.of(path), "h")
    with pytest.raises(LeftOut, match=r"^A curve is drawn for one parameter; this path has 5\.$"):
        CurveView.of(Subject.of(path))


def test_the_picture_is_blank_where_the_function_is_not_defined() -> None:
    path = steepest.minimize("x^2 + y^2 - 4log(x - y + 1)", start=(1, 1.5), lr=0.4, epochs=40)
    view = ContourView.of(Subject.of(path))
    x, y = np.meshgrid(view.grid.x, view.grid.y)
    assert np.isnan(view.grid.objective).tolist() == (x - y + 1 <= 0).tolist()
    assert np.isfinite(view.grid.levels).all()


def test_a_path_without_a_known_minimum_is_shown_as_far_as_it_can_be() -> None:
    long = run(rosenbrock, (-1.5, 2.0), epochs=5000, lr=5e-4)
    assert visible_steps(Subject.of(long))[0] == long.recorded
    falling = run(saddle, (2.0, 1e-3), epochs=200, lr=0.1)
    index, points = visible_steps(Subject.of(falling))
    assert index[-1] < 200 and np.abs(points).max() <= 8.0 + 2.0
    line = steepest.minimize("2x", start=0, lr=1, epochs=500)
    assert len(visible_steps(Subject.of(line))[0]) == 501
    assert CurveView.of(Subject.of(line)).minimum is None


def test_a_minimum_is_the_least_only_where_that_is_known() -> None:
    known = ContourView.of(Subject.of(steepest.minimize("rosenbrock", start=(-1, 1), epochs=5)))
    assert known.path.minimum is not None
    assert (known.path.minimum.tolist(), known.path.local) == ([1.0, 1.0], False)
    found = ContourView.of(Subject.of(run(himmelblau, (0.0, 0.0), lr=0.01)))
    assert found.path.minimum is not None and found.path.local
    np.testing.assert_allclose(found.path.minimum, [3.0, 2.0], atol=1e-9)
    assert ContourView.of(Subject.of(run(saddle, (2.0, 1e-3), lr=0.1))).path.minimum is None


def test_part_of_a_picture_keeps_its_ground() -> None:
    view = ContourView.of(Subject.of(run(bowl, (4.0, 1.0), lr=0.15)))
    part = view.until(3)
    assert part.path.index == (0, 1, 2) and part.grid is view.grid
    assert part.path.points.tolist() == view.path.points[:3].tolist()
    assert part.path.exact.tolist() == [True] * 3


def test_a_start_too_far_out_is_said_and_not_drawn() -> None:
    run = steepest.minimize("x^2", 1e300, lr=0.1)
    with pytest.raises(InputError, match="No step has a finite objective"):
        run.plot()
    with pytest.raises(InputError, match="not finite or too large to be drawn"):
        run.plot("parameters")
