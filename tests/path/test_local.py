"""What the curvature at the start says."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from steepest.descent.optimizers import SGD, Adam
from steepest.descent.schedules import Exponential
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.forecast_local import forecast_locally
from steepest.penalties.bounds import Bounds


def test_a_function_is_forecast_at_its_start_only(foretold: Callable[..., Any]) -> None:
    forecast = foretold("rosenbrock", (-1.5, 2.0), 0.001)
    matrix = np.array([[2 - 400 * (2 - 3 * 2.25), 600], [600, 200]])
    low, high = np.linalg.eigvalsh(matrix)
    assert isinstance(forecast, Forecast)
    assert forecast.eigenvalues == pytest.approx((low, high))
    assert forecast.condition_number == pytest.approx(high / low)
    assert forecast.stable_rate == pytest.approx(2 / high)
    assert forecast.best_rate == pytest.approx(2 / (low + high))
    assert forecast.growth is None
    assert forecast.sentences() == [
        "At the start the curvature runs from 9.75, along (0.3, -0.95), to 2092, along (0.95, "
        "0.3): condition number 214.6.",
        "Rates above 0.000955909 overshoot there; elsewhere it may differ.",
        "Learning rate 0.001 is above that.",
    ]


def test_momentum_moves_the_limit(foretold: Callable[..., Any]) -> None:
    plain = foretold("rosenbrock", (-1.5, 2.0), 0.001)
    heavy = foretold("rosenbrock", (-1.5, 2.0), 0.001, SGD(momentum=0.9))
    nesterov = foretold("rosenbrock", (-1.5, 2.0), 0.001, SGD(momentum=0.9, nesterov=True))
    assert heavy.stable_rate == pytest.approx(1.9 * plain.stable_rate)
    assert nesterov.stable_rate == pytest.approx(1.9 / 2.8 * plain.stable_rate)
    assert heavy.sentences()[-1] == "Learning rate 0.001 is below that."


def test_the_direction_that_leads(foretold: Callable[..., Any]) -> None:
    """From (1, 0) there is nothing to lose along y, where rate 0.1 would diverge."""
    assert foretold("x^2 + 100 y^2", (1.0, 0.0), 0.1).growth == pytest.approx(0.8)
    assert foretold("x^2 + 100 y^2", (1.0, 1e-6), 0.1).growth == pytest.approx(19.0)
    slow = foretold("x^2 + 100 y^2", (1.0, 1.0), 0.001)
    assert slow.growth == pytest.approx(0.998)
    assert slow.epochs_per_thousandth == np.ceil(np.log(1e-3) / np.log(0.998))
    assert str(slow.slowest) == "x (100%)"
    assert str(slow.stiffest) == "y (100%)"


def test_curvature_downwards(foretold: Callable[..., Any]) -> None:
    said = foretold("x^2 - y^2", (1.0, 0.1), 0.1).sentences()
    assert said == [
        "The curvature runs from -2, along y, to 2, along x.",
        "The function curves down along y: it has no minimum.",
        "At learning rate 0.1 the steps along y grow 1.2 times an epoch.",
    ]
    assert foretold("x^2 - y^2", (0.0, 0.0), 0.1).sentences()[1:] == [
        "The start is a saddle: without a slope, descent stays there."
    ]
    assert foretold("(x^2 - 1)^2", 0.1, 0.1).sentences() == [
        "At the start the curvature is -3.88.",
        "The start lies where the function curves down along x.",
    ]
    assert foretold("(x^2 - 1)^2", 0.0, 0.1).sentences()[1] == (
        "The start is a maximum: without a slope, descent stays there."
    )


def test_flat_starts(foretold: Callable[..., Any]) -> None:
    assert str(foretold("relu x", -1.0, 0.1)) == "At the start the function is level."
    assert (
        str(foretold("|x|", 1.0, 0.1)) == "At the start the function has a slope but no curvature."
    )


def test_what_is_not_forecast(foretold: Callable[..., Any]) -> None:
    adam = foretold("x^2 - 4x + 5", 7.0, 0.1, Adam())
    assert str(adam) == (
        "The curvature is 2. Adam scales its steps itself: what it will do is not forecast."
    )
    assert (adam.growth, adam.learning_rate) == (None, None)
    fading = foretold("x^2 - 4x + 5", 7.0, Exponential(0.1, gamma=0.9))
    assert fading.sentences()[-1] == (
        "The learning rate changes on the way: what the run will do is not forecast."
    )
    decaying = foretold("x^2 - 4x + 5", 7.0, 0.1, SGD(weight_decay=0.1))
    assert decaying.sentences()[-1] == (
        "SGD with dampening or weight decay has no closed form: what it will do is not forecast."
    )
    assert "Rates below 1 are stable" in str(fading)


def test_bounds_may_cut_it_short(foretold: Callable[..., Any]) -> None:
    bounds = Bounds.of(["x"], {"x": (0.0, 10.0)})
    assert str(foretold("x^2 - 4x + 5", 7.0, 1.1, bounds=bounds)).endswith(
        "grows 1.2 times an epoch: the run diverges, until a bound is met."
    )


def test_where_there_is_no_second_derivative(functions: Mapping[str, Any]) -> None:
    from steepest.descent.schedules import Constant

    at = np.array([-1e200])
    forecast = forecast_locally(functions["exp x^2"], at, SGD(), Constant(0.1), quadratic=False)
    assert str(forecast) == "The curvature at the start is not known: no forecast is made."
    assert forecast.eigenvalues == ()
    assert json.loads(json.dumps(forecast.to_dict(), allow_nan=False))["stable_rate"] is None


def test_plain_data(foretold: Callable[..., Any]) -> None:
    said = foretold("x^2 - 4x + 5", 7.0, 0.1).to_dict()
    known = {key for key, value in said.items() if value is not None}
    assert known == {
        *("condition_number", "eigenvalues", "stable_rate", "best_rate", "growth"),
        *("epochs_per_thousandth", "quadratic", "facts", "text"),
    }
    assert said["facts"][1] == {"kind": "stable rates", "stable": 1.0, "best": 0.5, "unit": "epoch"}
    assert (said["stable_rate"], said["best_rate"], said["quadratic"]) == (1.0, 0.5, True)
    assert repr(foretold("x^2 - 4x + 5", 7.0, 0.1)).startswith("Forecast(The curvature is 2. ")
