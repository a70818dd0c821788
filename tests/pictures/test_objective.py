"""The objective curve and the table of steps."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

import steepest
from steepest.pictures.catalogue import draw_fit, draw_path
from steepest.pictures.chart_drawing import plot_chart
from steepest.pictures.epoch_window import EpochWindow, deep_heights
from steepest.pictures.objective import ObjectiveView, chart
from steepest.pictures.subject import Subject
from steepest.pictures.thinned_steps import thin
from steepest.pictures.visible_steps import visible_steps
from steepest.problems.squared_loss import Quadratic
from steepest.reports.steps_table import listed_steps

RNG = np.random.default_rng(2)
X = RNG.normal(50.0, 10.0, 100)
Y = 1.3 * X + 8.0 + RNG.normal(0.0, 10.0, 100)


def test_the_curve_is_the_path() -> None:
    fit = steepest.fit(X, Y, lr=0.1, epochs=20)
    view = ObjectiveView.of(Subject.of_fit(fit))
    assert view.epochs.tolist() == list(range(21))
    assert view.training.tolist() == [fit.path.at(k).objective for k in range(21)]
    assert view.validation is None and view.notes == ()
    assert isinstance(fit.problem, Quadratic)
    assert view.minimum == fit.problem.minimum
    assert view.chosen_objective == fit.objective
    assert view.axis == "log" and view.window.last == 20.0


def test_a_picture_of_its_own_is_linear_with_the_logarithm_beside_it() -> None:
    fit = steepest.fit(X, Y, standardize=False, lr=1e-4, epochs=10**6)
    linear = draw_fit(fit)
    logarithmic = linear.figure.axes[1]
    assert (linear.get_yscale(), logarithmic.get_yscale()) == ("linear", "log")
    assert (linear.get_xscale(), logarithmic.get_xscale()) == ("linear", "linear")
    # Squared error is a parabola along each direction: the slower one sets the end of the picture.
    assert linear.get_xlim()[1] < 10.0 and logarithmic.get_xlim()[1] >= 10**6
    heights = np.asarray(linear.lines[0].get_ydata(), dtype=np.float64)
    assert heights[5] - heights[-1] < 0.01 * (heights[0] - heights[-1]) < heights[2] - heights[-1]
    assert "last" not in str(linear.get_legend_handles_labels()[1])  # it lies beyond
    given = Figure().add_subplot()
    assert draw_fit(fit, ax=given).get_yscale() == "linear" and len(given.figure.axes) == 1
    flat = draw_path(steepest.minimize("0*x", start=7, lr=0.1, epochs=3), "objective")
    assert len(flat.figure.axes) == 1  # it never differs


def test_a_picture_ends_where_nothing_more_is_to_be_seen() -> None:
    epochs = np.arange(101.0)
    halves = (epochs, 0.5**epochs)  # 2⁻⁷ is the first below a hundredth
    window = EpochWindow.around([halves], "linear")
    assert (window.last, window.of, window.logarithmic) == (math.ceil(1.25 * 7), 100.0, False)
    assert EpochWindow.around([halves], "log").last == 100.0  # a straight line
    late = EpochWindow.around([halves, (epochs, np.where(epochs < 60, 1.0, 0.0))], "linear")
    assert late.last == 75.0  # the later of the two
    assert EpochWindow.around([halves], "linear", least=50.0).last == 63.0  # a marked epoch
    assert EpochWindow.around([(epochs, np.full(101, 3.0))], "linear").last == 100.0
    far = np.array([0.0, 1.0, 2.0, 1e6])
    crowded = EpochWindow.around([(far, np.array([100.0, 3.0, 2.9, 0.0]))], "linear")
    assert crowded.last == 1e6 and crowded.logarithmic
    assert deep_heights([np.array([5.0, 1e-30])], "log") == (5e-16, 5.0)
    assert deep_heights([np.array([5.0, 1e200])], "log") is None  # rounding is counted from a start


def test_validation_and_the_chosen_epoch() -> None:
    fit = steepest.fit(X, Y, lr=0.05, folds=5)
    view = ObjectiveView.of(Subject.of_fit(fit))
    assert view.validation is not None and fit.path.validation is not None
    assert view.validation[3] == fit.path.validation(3)
    assert view.chosen == fit.epochs
    assert view.held_out == "held out, mean of 5 folds"


def test_a_chosen_epoch_that_was_not_recorded_is_there() -> None:
    fit = steepest.fit(X, Y, standardize=False, lr=1e-4, epochs=10**6, validation=0.2)
    view = ObjectiveView.of(Subject.of_fit(fit))
    assert float(fit.epochs) in view.epochs.tolist()
    assert view.chosen_objective == pytest.approx(fit.objective)
    assert (np.diff(view.epochs) > 0).all()


def test_values_no_axis_can_hold_are_left_out_and_told() -> None:
    fit = steepest.fit(X, Y, standardize=False, lr=1e-3)
    view = ObjectiveView.of(Subject.of_fit(fit))
    assert fit.verdict.kind == "diverged"
    assert np.isfinite(view.training[0]) and np.isnan(view.training[-1])
    assert np.isnan(view.chosen_objective)
    first = int(np.isnan(view.training).argmax())
    assert tuple(map(str, view.notes)) == (
        f"From epoch {first} on the objective is above 1e+250, too large to be drawn.",
    )


def test_an_infinite_objective_of_single_precision_is_told_as_such() -> None:
    model, x = torch.nn.Linear(1, 1, bias=False), torch.ones(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=50.0)
    with steepest.watch(model, optimizer) as run:
        for _ in range(12):
            optimizer.zero_grad()
            (model(x) - 3.0).square().mean().backward()
            optimizer.step()
    values = run.losses["objective"]
    first = int(np.isinf(values).argmax())
    assert first > 0 and np.nanmax(values[:first]) < 3.5e38  # the largest number of float32
    notes = [str(note) for note in ObjectiveView.of(Subject.of(run.path)).notes]
    assert notes[0] == (
        f"From step {first} on the objective is infinite: too large for its own type."
    )


def test_an_objective_of_zero_is_told() -> None:
    view = ObjectiveView.of(Subject.of_fit(steepest.fit([1.0, 2.0], [1.0, 2.0], intercept=False)))
    if np.isnan(view.training[-1]):
        assert tuple(map(str, view.notes)) == (
            "At epoch 1 the objective is 0, which this axis cannot show.",
        )
    assert not view.shows_minimum or view.axis != "log"


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ({}, "mean squared error"),
        ({"reduction": "sum"}, "sum of squared errors"),
        ({"ridge": 0.1}, "mean squared error + ridge penalty"),
    ],
)
def test_the_label_says_what_the_objective_is(options: dict[str, object], label: str) -> None:
    assert ObjectiveView.of(Subject.of_fit(steepest.fit(X, Y, **options))).label == label  # type: ignore[arg-type]  # options of fit


def test_steps_for_a_table() -> None:
    fit = steepest.fit(X, Y, lr=1e-4, standardize=False, epochs=1000)
    steps = listed_steps(Subject.of_fit(fit))
    indices = [step.index for step in steps]
    assert indices[:10] == list(range(10)) and indices[-1] == 1000
    assert 25 <= len(indices) <= 30
    assert steps[3].objective == fit.path.at(3).objective


def test_the_chosen_step_is_among_them() -> None:
    fit = steepest.fit(X, Y, lr=0.05, folds=5)
    assert fit.epochs in [step.index for step in listed_steps(Subject.of_fit(fit))]


@pytest.mark.parametrize("last", [0, 1, 9, 27, 28, 29, 1000, 10**12, 10**21])
def test_thinned_indices(last: int) -> None:
    indices = thin(last, 10, 28)
    assert indices[0] == 0 and indices[-1] == last
    assert list(indices) == sorted(set(indices))
    assert len(indices) <= 29
    assert last > 27 or len(indices) == last + 1


def test_nearby_stops_where_the_path_leaves() -> None:
    fit = steepest.fit(X, Y, lr=1.5, epochs=100)  # the error doubles every epoch
    index, points = visible_steps(Subject.of_fit(fit))
    assert index == (0, 1, 2, 3, 4)
    assert points.shape == (5, 2)


def test_a_curve_of_each_optimizer_however_many() -> None:
    epochs, heights = np.arange(3.0), np.array([3.0, 2.0, 1.0])
    view = ObjectiveView.of(Subject.of_fit(steepest.fit(X, Y, lr=0.1, epochs=20)))
    names = [f"optimizer {i}" for i in range(60)]
    others = tuple((name, epochs, heights) for name in names)
    drawn = plot_chart(chart(replace(view, others=others)))
    labels = [str(line.get_label()) for line in drawn.lines]
    assert [label for label in labels if label.startswith("optimizer")] == names
