"""Where the gradient vanishes: minima, saddles, maxima, flats and bounds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.arrays import Floats
from steepest.descent.optimizers import SGD
from steepest.descent.schedules import Backtracking, Exponential
from steepest.descent.stopping import GradientNorm, Patience, RelativeTolerance
from steepest.diagnosis.judge import judge
from steepest.diagnosis.path_evidence import evidence_of_trajectory
from steepest.diagnosis.verdict import Verdict
from steepest.estimators import GradientDescentRegressor
from steepest.problems.problem import Problem
from steepest.wording.fact import fact


def test_a_saddle_on_its_ridge(judged: Callable[..., Any]) -> None:
    verdict = judged("x^2 - y^2", (1.0, 0.0), 0.1)
    assert str(verdict) == (
        "Saddle at epoch 100: The gradient has vanished at a saddle, x = 2.03704e-10, y = 0: the "
        "function curves up along x and down along y (curvature -2). Start a little to one side "
        "along y: there descent leaves the saddle."
    )


def test_a_saddle_that_lies_askew(judged: Callable[..., Any]) -> None:
    verdict = judged("x y", (0.0, 0.0), 0.1)
    assert verdict.kind == "saddle"
    assert "up along (0.71, 0.71) and down along (0.71, -0.71) (curvature -1)." in verdict.reason


def test_beside_a_saddle_the_function_falls_for_ever(judged: Callable[..., Any]) -> None:
    """While it is next to the saddle it looks like one: 1.2^45 of 1e-8 is 3.7e-5."""
    assert judged("x^2 - y^2", (1.0, 1e-8), 0.1, 45).kind == "saddle"
    fallen = judged("x^2 - y^2", (1.0, 1e-8), 0.1, 200)
    assert (fallen.kind, fallen.manner) == ("diverged", "diverges")
    assert fallen.reason.startswith(
        "The function curves down along y without end: the steps grow 1.2 times an epoch."
    )
    assert fallen.advice == "No learning rate helps, for there is no minimum that way: set bounds."


def test_a_start_on_a_maximum(judged: Callable[..., Any]) -> None:
    verdict = judged("(x^2 - 1)^2", 0.0, 0.1)
    assert (verdict.kind, verdict.advice) == ("maximum", "Start a little to one side.")
    assert judged("(x^2 - 1)^2", 1e-3, 0.1).kind == "converged"


def test_a_plateau_says_where_it_is_lower(judged: Callable[..., Any]) -> None:
    assert str(judged("tanh(x)^2", 20.0, 0.1)).startswith(
        "Flat at epoch 100: Around x = 20 the function is flat: the slope is 3.399e-17, and a step "
        "leads nowhere. Start elsewhere: at x = 0 the objective is 0."
    )
    assert judged("relu x", -1.0, 0.1).kind == "flat"


def test_an_inflection_is_no_minimum(judged: Callable[..., Any]) -> None:
    verdict = judged("x^3", 0.0, 0.1)
    assert verdict.kind == "flat"
    assert verdict.reason == (
        "The gradient has vanished at x = 0, and that is no minimum: along x the objective falls "
        "further."
    )
    assert verdict.advice == "Go on from beyond it, such as from x = -0.01."
    approached = judged("x^3", 0.5, 0.1, 100_000, stopping=[GradientNorm(1e-6)])
    assert approached.kind == "flat"
    assert "that is no minimum" in approached.reason


def test_a_slope_beside_a_steeper_one_has_not_vanished(judged: Callable[..., Any]) -> None:
    """3 is 1.5e-6 of the start's 2e6, which says nothing of y."""
    run: dict[str, Any] = {"start": [2.0, 3.0], "lr": 4e-7, "epochs": 200}
    verdict = steepest.minimize("1000000(x-1)^2 + 3y", **run).verdict
    assert verdict.kind == "max steps"
    assert verdict.reason.endswith(
        "The gradient has the coordinates x = 0, y = 3, the largest along y: with a slope of 3 the "
        "objective still falls there."
    )
    assert verdict.advice == "The objective falls along y for ever: set bounds."
    bent = steepest.minimize("1000000(x-1)^2 + exp(y/1000)", **run).verdict
    assert "y = 0.001003, the largest along y" in bent.reason  # exp(0.003) / 1000
    assert "set bounds if there is no minimum" in bent.advice
    leaving = judged("x^2 - y^2", (1.0, 1e-8), 0.1, 45)  # 2e-8 · 1.2^45 along y: it has grown
    assert leaving.reason.startswith("The gradient is small beside its largest at a saddle")


def test_steps_that_a_small_slope_makes_small_speak_of_no_kink() -> None:
    # The first step leads to 7 - 0.1·exp(7) = -102.7.
    verdict = steepest.minimize("exp(x)", 7.0, lr=0.1, epochs=20).verdict
    assert verdict.kind == "plateau"
    assert verdict.advice == "Start elsewhere, or try a larger learning rate."


def test_minima_that_are_no_bowls(judged: Callable[..., Any]) -> None:
    assert judged("x^4", 0.0, 0.1).reason == "The start is already a minimum."
    slow = judged("x^4", 1.0, 0.1, 100_000, stopping=[GradientNorm(1e-5)])
    assert (slow.kind, slow.manner) == ("converged", "slow")
    valley = judged("(x + y)^2", (1.0, 2.0), 0.1)
    assert valley.kind == "converged"
    assert (
        "curves up but for (0.71, -0.71), where it is level: one minimum of many." in valley.reason
    )


def test_a_known_minimum_and_a_local_one(judged: Callable[..., Any]) -> None:
    name = "x^4 - 2x^2 + x/2"
    assert judged(name, -2.0, 0.05).reason.endswith("It is the known one.")
    assert judged(name, 2.0, 0.02, 300).reason.endswith(
        "It is a local one: the objective is -0.5167 here, and -1.515 at x = -1.05745."
    )


def test_bounds_that_hold(judged: Callable[..., Any], foretold: Callable[..., Any]) -> None:
    name = "(x - 2)^2 + (y - 3)^2"
    one = judged(name, (0.0, 0.0), 0.1, bounds={"x": (0.0, 1.0)})
    assert str(one) == (
        "At bounds at epoch 100: x stands at its bound 1; the objective would fall further beyond "
        "it."
    )
    both = judged(name, (0.0, 0.0), 0.1, bounds={"x": (None, 1.0), "y": (None, 1.5)})
    assert both.reason == (
        "x stands at its bound 1 and y at its bound 1.5; the objective would fall further beyond "
        "them."
    )
    assert judged("-x", 0.5, 0.1, bounds={"x": (0.0, 1.0)}).kind == "at bounds"


def test_bounds_that_are_not_met_or_not_yet(judged: Callable[..., Any]) -> None:
    name = "(x - 2)^2 + (y - 3)^2"
    assert judged(name, (0.0, 0.0), 0.1, 150, bounds={"x": (0.0, 5.0)}).kind == "converged"
    assert judged(name, (0.0, 0.0), 0.01, 100, bounds={"x": (0.0, 1.0)}).kind == "max steps"


def test_what_tolerances_are_worth(judged: Callable[..., Any]) -> None:
    """Where little is left the run has converged; where the rate is small it has hardly begun."""
    name = "x^2 - 4x + 5"
    assert judged(name, 7.0, 0.1, 1000, stopping=[GradientNorm(0.1)]).kind == "converged"
    early = judged(name, 7.0, 0.0001, 1000, stopping=[RelativeTolerance(0.01)])
    assert (early.kind, early.epoch, early.manner) == ("plateau", 1, "slow")
    assert "and nearly all of the way to the minimum is left" in early.reason
    arrived = judged(name, 7.0, 0.3, 1000, stopping=[Patience(5)])
    assert arrived.kind == "converged"
    assert arrived.reason.startswith("The objective has not fallen below 1, reached at epoch ")


def test_a_line_search_that_finds_nothing_lower_stands_at_the_minimum(
    judged: Callable[..., Any],
) -> None:
    verdict = judged("x^4 - 2x^2 + x/2", 2.0, Backtracking(0.3), 100_000)
    assert verdict.kind == "converged"
    assert (
        "no rate that the line search tried led to a lower point. The gradient has"
        in verdict.reason
    )


def test_rest_without_a_minimum(judged: Callable[..., Any]) -> None:
    decayed = judged("x^2 - 4x + 5", 7.0, 0.1, 500, optimizer=SGD(weight_decay=0.5))
    assert (decayed.kind, decayed.manner) == ("converged", "monotone")
    assert decayed.reason.startswith(
        "The steps have come to rest where the gradient and the weight"
    )
    faded = judged("x^2 - 4x + 5", 7.0, Exponential(0.1, gamma=0.5), 100)
    assert (faded.kind, faded.advice) == ("plateau", "Let the learning rate fall more slowly.")


def test_the_start_may_be_the_minimum(
    judged: Callable[..., Any], foretold: Callable[..., Any]
) -> None:
    assert judged("x^2 - 4x + 5", 2.0, 0.1).reason == "The start is already a minimum."
    assert foretold("x^2 - 4x + 5", 2.0, 0.1).sentences()[-1] == "The start is already a minimum."


class Wide(Problem):
    """Σ cᵢ wᵢ², of more parameters than a second derivative is formed for."""

    names = tuple(f"w{i}" for i in range(1500))
    curvature = np.linspace(1.0, 10.0, 1500)

    def objectives(self, parameters: Floats) -> Floats:
        return np.asarray((self.curvature * parameters**2).sum(axis=-1))

    def gradient(self, parameters: Floats) -> Floats:
        return 2.0 * self.curvature * parameters

    def hessian(self, parameters: np.ndarray) -> np.ndarray:
        raise AssertionError("too many parameters for a second derivative")


@pytest.mark.parametrize(
    ("lr", "epochs", "kind", "manner"),
    [
        (0.05, 500, "converged", "monotone"),
        (0.05, 50, "max steps", "monotone"),
        (0.11, 100, "diverged", "diverges"),
    ],
)
def test_many_parameters_are_judged_by_their_steps(
    lr: float, epochs: int, kind: str, manner: str
) -> None:
    from steepest.descent.schedules import Constant
    from steepest.descent.stepwise import descend
    from steepest.descent.stopping import Epochs

    walked = descend(Wide(), SGD(), Constant(lr), [Epochs(epochs)], np.ones(1500))
    found = judge(evidence_of_trajectory(walked, quadratic=False))
    assert (found.kind, found.manner) == (kind, manner)


def test_an_edge_is_no_maximum(judged: Callable[..., Any]) -> None:
    """Towards 0 slope and curvature of √x grow without end, so that g/λ = 2x vanishes."""
    verdict = judged("sqrt x", 0.002, Backtracking(0.0015), 100)
    assert verdict.kind == "plateau"
    assert verdict.advice == (
        "The function may have a kink or an edge here: start elsewhere, or set bounds."
    )


def test_a_search_along_momentum_may_look_uphill(judged: Callable[..., Any]) -> None:
    verdict = judged("rosenbrock", (-1.5, 2.0), Backtracking(0.1), optimizer=SGD(momentum=0.9))
    assert str(verdict) == (
        "Plateau at epoch 1: No rate that the line search tried led to a lower point. "
        "The objective is 7.555. Search along the gradient itself: SGD without momentum always "
        "points downhill."
    )


def test_patience_that_ran_out(judged: Callable[..., Any]) -> None:
    verdict = judged("|x|", 1.0, 0.3, 100, stopping=[Patience(1)])
    assert verdict.kind == "plateau"
    assert verdict.advice == "Use a smaller learning rate, such as 0.03, or more patience."


@pytest.mark.parametrize(("l1", "held"), [(0.1, 0), (1.5, 1), (9.0, 2)])
def test_an_l1_penalty_holds_parameters_at_a_minimum_of_its_own(l1: float, held: int) -> None:
    # Orthogonal columns: each coefficient is the least-squares one, drawn to 0 by l1/2.
    rows = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    target = rows @ [3.0, 0.5] + 1.0
    model = GradientDescentRegressor(l1=l1, tol=1e-12, standardize=False).fit(rows, target)
    least = np.sign([3.0, 0.5]) * np.maximum(np.array([3.0, 0.5]) - l1 / 2.0, 0.0)
    assert model.coef_ == pytest.approx(least, abs=1e-6)
    verdict = model.path_.verdict
    assert verdict.kind == "converged"
    said = f"The L1 penalty holds {held} of 3 parameters at 0."
    assert (said in verdict.reason) == (held > 0)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("At epoch 93 the gradient norm was 0.", "The gradient norm was 0."),
        ("At epoch 9 the gradient norm was 0.", "At epoch 9 the gradient norm was 0."),
        ("From epoch 92 to 93 the objective changed.", "In the last epoch the objective changed."),
        ("From epoch 93 no rate led lower.", "No rate led lower."),
        ("All 93 epochs were made.", "All 93 epochs were made."),
    ],
)
def test_the_epoch_is_said_once(reason: str, said: str) -> None:
    assert (
        str(Verdict("converged", 93, (fact("text", text=reason),)))
        == f"Converged at epoch 93: {said}"
    )
