"""Objective, parameters and gradient of any path by epoch, and several paths side by side."""

import numpy as np
import pytest

import steepest
from steepest.descent.stopping import Stopping
from steepest.errors import InputError
from steepest.pictures.axis_scale import excess_base
from steepest.pictures.gradient import GradientView
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.parameters import ParametersView
from steepest.pictures.picture import LeftOut
from steepest.pictures.study_contour import StudyContourView
from steepest.pictures.study_objectives import ObjectivesView
from steepest.pictures.study_page import StudyView
from steepest.pictures.subject import Subject
from steepest.reports.steps_table import listed_steps
from steepest.wording.fact import text_of

L2 = "x**2 - 4*x + 5"
RATES = [0.1, 0.01, 0.3, 0.7, 1]


def test_the_objective_of_a_path() -> None:
    view = ObjectiveView.of(Subject.of(steepest.minimize(L2, start=7, lr=0.1, epochs=30)))
    np.testing.assert_allclose(view.training, 1.0 + 25.0 * 0.64 ** np.arange(31), rtol=1e-12)
    assert (view.chosen, view.chosen_label) == (30, "last, epoch 30")
    assert (view.curve, view.label) == ("objective", "objective")
    assert view.minimum == pytest.approx(1.0) and view.base == 0.0


def test_a_logarithmic_axis_shows_the_excess_over_the_least() -> None:
    # x² − 5x + 5 is least at x = 2.5, with −1.25.
    path = steepest.minimize("x^2 - 5x + 5", start=7, lr=0.1, epochs=30)
    view = ObjectiveView.of(Subject.of(path), "log")
    assert view.base == pytest.approx(-1.25) and view.axis == "log"
    assert view.label == "objective, above −1.25"
    np.testing.assert_allclose(view.training, 4.5**2 * 0.64 ** np.arange(31), rtol=1e-9)
    assert ObjectiveView.of(Subject.of(path)).axis == "linear"
    assert ObjectiveView.of(Subject.of(path), "linear").label == "objective"


def test_excess_within_rounding_is_left_out_and_told() -> None:
    path = steepest.minimize("x^2 - 5x + 5", start=7, lr=0.3, epochs=60)
    view = ObjectiveView.of(Subject.of(path), "log")
    lost = np.isnan(view.training)
    assert lost[-1] and not lost[:15].any()
    assert tuple(map(str, view.notes)) == (
        f"At epoch {int(lost.argmax())} the objective is −1.25 to rounding, which this axis cannot "
        "show.",
        "From epoch 25 to 60 a logarithmic scale shows nothing more.",
    )


def test_without_a_known_least_the_lowest_value_is_the_base() -> None:
    path = steepest.minimize("sin(x) - 2", start=2.0, lr=0.1, epochs=20)
    view = ObjectiveView.of(Subject.of(path), "log")
    lowest = min(step.objective for step in path)
    assert view.base == lowest and view.minimum is None
    assert np.isnan(view.training[-1])
    assert excess_base([np.array([3.0, 1.0])], None) == 0.0
    assert excess_base([np.array([3.0, 1.0])], 0.5) == 0.5


def test_a_path_that_falls_for_ever_has_an_axis_for_both_signs() -> None:
    path = steepest.minimize("x^2 - y^2", start=(2, 1e-3), lr=0.1, epochs=100)
    view = ObjectiveView.of(Subject.of(path))
    assert (view.axis, view.base) == ("symlog", 0.0)
    assert view.threshold == pytest.approx(4.0)
    assert view.training[-1] == path.last.objective < -1000.0


def test_leaving_the_domain_is_told() -> None:
    path = steepest.minimize("x - 3log(x) + x^2", start=0.4, lr=0.9, epochs=30)
    view = ObjectiveView.of(Subject.of(path))
    assert np.isnan(view.training).tolist() == [False, False, True]
    assert tuple(map(str, view.notes)) == ("At epoch 2 the objective is not a number.",)


def test_scales_are_checked() -> None:
    subject = Subject.of(steepest.minimize(L2, start=7, lr=0.1, epochs=3))
    with pytest.raises(InputError) as caught:
        ObjectiveView.of(subject, "lg")  # type: ignore[arg-type]  # that is the point
    assert str(caught.value) == (
        "there is no scale 'lg'; choose one of auto, linear, log. Did you mean 'log'?"
    )


def test_parameters_are_those_of_the_path() -> None:
    path = steepest.minimize("x^2 + 5y^2 - 2x", start=(4, 1), lr=0.05, epochs=25)
    view = ParametersView.of(Subject.of(path))
    assert view.names == ("x", "y") and not view.wide and view.notes == ()
    np.testing.assert_allclose(view.values[:, 0], 1.0 + 3.0 * 0.9 ** np.arange(26), rtol=1e-12)
    np.testing.assert_allclose(view.values[:, 1], 0.5 ** np.arange(26), rtol=1e-12)
    assert view.minimizer is not None
    np.testing.assert_allclose(view.minimizer, [1.0, 0.0], atol=1e-12)


def test_of_many_parameters_those_that_move_most_are_shown() -> None:
    text = " + ".join(f"x{i}^2" for i in range(10))
    start = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]
    view = ParametersView.of(Subject.of(steepest.minimize(text, start=start, lr=0.1, epochs=9)))
    assert view.names == tuple(f"x{i}" for i in range(1, 9))
    assert tuple(map(str, view.notes)) == ("The 8 that move most of 10 parameters are shown.",)


def test_parameters_that_diverge_have_a_wide_axis() -> None:
    view = ParametersView.of(Subject.of(steepest.minimize(L2, start=7, lr=1.1, epochs=3000)))
    assert view.wide and view.threshold == 7.0


def test_gradient_norms() -> None:
    path = steepest.minimize("x^2 + 5y^2", start=(4, 1), lr=0.05, epochs=10)
    view = GradientView.of(Subject.of(path))
    expected = [np.hypot(2 * 4 * 0.9**k, 10 * 0.5**k) for k in range(11)]
    np.testing.assert_allclose(view.norms, expected, rtol=1e-12)
    arrived = GradientView.of(Subject.of(steepest.minimize(L2, start=7, lr=0.5, epochs=3)))
    assert np.isnan(arrived.norms[1:]).all()
    assert tuple(map(str, arrived.notes)) == (
        "Only epoch 0 has a value that can be drawn.",
        "At epoch 1 the gradient is 0, which this axis cannot show.",
    )


def test_the_table_of_steps_of_a_path() -> None:
    steps = listed_steps(Subject.of(steepest.minimize(L2, start=7, lr=0.1, epochs=200)))
    assert [step["x"] for step in steps[:4]] == pytest.approx([7.0, 6.0, 5.2, 4.56])
    assert steps[-1].index == 200


def test_the_study_of_lesson_2() -> None:
    study = steepest.study(L2, start=7, lr=RATES, epochs=30)
    view = StudyView.of(study)
    assert view.rows == (0, 1, 2, 3, 4, 5)
    expected = [
        [7, 6, 5.2, 4.56, 4.048, 3.6384],
        [7, 6.9, 6.802, 6.70596, 6.6118408, 6.519603984],
        [7, 4, 2.8, 2.32, 2.128, 2.0512],
        [7, 0, 2.8, 1.68, 2.128, 1.9488],
        [7, -3, 7, -3, 7, -3],
    ]
    np.testing.assert_allclose(view.parameters[:, :, 0], np.array(expected), rtol=1e-12)
    points = np.array(expected)
    np.testing.assert_allclose(view.objectives, points**2 - 4 * points + 5, rtol=1e-12)
    assert view.outcomes == ("monotone", "slow", "fast", "oscillates", "cycle")
    assert view.contour is None and len(view.curves) == 5
    for curve, path in zip(view.curves, study.paths, strict=True):
        assert curve.values.tolist() == view.curves[0].values.tolist()  # one window
        recorded = [path.at(k).objective for k in curve.path.index]
        np.testing.assert_allclose(curve.steps**2 - 4 * curve.steps + 5, recorded, rtol=1e-9)
    assert view.linear.heights is None and view.linear.base == 0.0
    assert view.log.label == "objective, above 1"


def test_a_path_that_diverges_does_not_press_the_others_flat() -> None:
    study = steepest.study(L2, start=7, lr=[0.1, 1.1], epochs=100)
    view = StudyView.of(study)
    assert np.ptp(view.curves[0].values) < 15.0 < 100.0 < np.ptp(view.curves[1].values)
    assert view.linear.heights is not None and view.linear.heights[1] < 50.0
    assert text_of(view.linear.notes) == (
        "lr 1.1: the curve leaves the picture. From epoch 13 to 100 a linear scale shows nothing "
        "more."
    )


def test_rows_after_a_path_has_ended_are_empty() -> None:
    study = steepest.study(L2, start=7, lr=[0.5, 0.1], stopping=Stopping(gradient_tolerance=1e-9))
    view = StudyView.of(study)
    assert np.isnan(view.objectives).tolist() == [[False] * 2 + [True] * 4, [False] * 6]


def test_paths_share_one_surface() -> None:
    study = steepest.study("x^2 + 5y^2", start=(4, 1), lr=[0.02, 0.1, 0.19], epochs=40)
    view = StudyContourView.of([Subject.of(path) for path in study], study.labels)
    x, y = np.meshgrid(view.grid.x, view.grid.y)
    np.testing.assert_allclose(view.grid.objective, x**2 + 5 * y**2, rtol=1e-9, atol=1e-12)
    assert view.tracks.labels == study.labels
    for track, path in zip(view.tracks.paths, study, strict=True):
        assert track.exact.all()
        recorded = [path.at(k).objective for k in track.index]
        np.testing.assert_allclose(
            track.points[:, 0] ** 2 + 5 * track.points[:, 1] ** 2, recorded, rtol=1e-9
        )
    one = steepest.study(L2, start=7, lr=[0.1, 0.2], epochs=3)
    with pytest.raises(LeftOut, match=r"^Paths share contours over two parameters; these have 1"):
        StudyContourView.of([Subject.of(path) for path in one], one.labels)


def test_every_minimum_that_a_path_found_is_marked() -> None:
    starts = [(0, 0), (-3, 3), (4, -3), (-1, -2), (1, 1)]
    study = steepest.study("(x^2+y-11)^2 + (x+y^2-7)^2", starts=starts, lr=0.01, epochs=60)
    view = StudyContourView.of([Subject.of(path) for path in study], study.labels)
    expected = [[3, 2], [-2.805118, 3.131313], [3.584428, -1.848127], [-3.779310, -3.283186]]
    np.testing.assert_allclose(view.tracks.minima, np.array(expected), atol=1e-6)
    assert all(path.local for path in view.tracks.paths)


def test_several_objectives_on_one_axis() -> None:
    study = steepest.study(L2, start=7, lr=RATES, epochs=30)
    view = ObjectivesView.of(study, "log")
    factors = (1 - 2 * np.array(RATES)) ** 2
    for values, factor in zip(view.values, factors, strict=True):
        drawn = np.isfinite(values) & (values > 1e-9)
        expected = 25.0 * factor ** np.arange(31)
        np.testing.assert_allclose(values[drawn], expected[drawn], rtol=1e-6)
