"""The lessons' descents on functions: what was forecast, how it went, how it ended."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from steepest.descent.optimizers import SGD
from steepest.diagnosis.judge import judge
from steepest.diagnosis.path_evidence import evidence_of_trajectory

L0 = "14/3 (x - 2)^2"
L2 = "x^2 - 4x + 5"
TABLE = [
    pytest.param(0.1, "monotone", id="0.1"),
    pytest.param(0.01, "slow", id="0.01"),
    pytest.param(0.3, "fast", id="0.3"),
    pytest.param(0.7, "oscillates", id="0.7"),
    pytest.param(1.0, "cycle", id="1"),
    pytest.param(1.1, "diverges", id="1.1"),
    pytest.param(0.5, "one step", id="0.5"),
]


@pytest.mark.parametrize(("lr", "manner"), TABLE)
@pytest.mark.parametrize("epochs", [8, 30, 100, 1000])
@pytest.mark.parametrize("quadratic", [True, False])
def test_the_table_of_l2_however_many_epochs(
    descent: Callable[..., Any], lr: float, manner: str, epochs: int, quadratic: bool
) -> None:
    """Known from 1 − lr·λ, or measured from the steps: the same word."""
    verdict = judge(evidence_of_trajectory(descent(L2, 7.0, lr, epochs), quadratic=quadratic))
    assert verdict.manner == manner
    assert verdict.to_dict()["manner"] == manner


@pytest.mark.parametrize(
    ("lr", "epochs", "kind"),
    [
        # 0.8^123 = 1.2e-12, 0.98^1367 = 1.01e-12 and 0.4^30 = 1.2e-12 are not below 1e-12 yet.
        (0.1, 30, "max steps"),
        (0.1, 123, "max steps"),
        (0.1, 124, "converged"),
        (0.01, 1367, "max steps"),
        (0.01, 1368, "converged"),
        (0.3, 30, "max steps"),
        (0.3, 31, "converged"),
        (0.7, 30, "max steps"),
        (0.7, 31, "converged"),
        (1.0, 30, "cycle"),
        (1.1, 30, "diverged"),
        (0.5, 30, "converged"),
    ],
)
@pytest.mark.parametrize("quadratic", [True, False])
def test_how_the_descents_of_l2_end(
    descent: Callable[..., Any], lr: float, epochs: int, kind: str, quadratic: bool
) -> None:
    verdict = judge(evidence_of_trajectory(descent(L2, 7.0, lr, epochs), quadratic=quadratic))
    assert (verdict.kind, verdict.epoch) == (kind, epochs)


def test_what_is_said_of_l2(judged: Callable[..., Any]) -> None:
    assert str(judged(L2, 7.0, 0.1, 30)) == (
        "Max steps at epoch 30: All 30 epochs asked for were made. The objective is 1.00004, and "
        "0.0012 of the way to the minimum is left; at this pace each factor of 1000 takes 31 "
        "epochs. Give it about 94 more epochs."
    )
    assert str(judged(L2, 7.0, 0.7)) == (
        "Converged at epoch 100: The gradient is 0, and the function curves up: a minimum. An "
        "epoch left 0.4 of the error and changed its side, as the curvature there says."
    )
    assert str(judged(L2, 7.0, 1.0)) == (
        "Cycle at epoch 100: Learning rate 1 is exactly the stable limit. The steps repeat every 2 "
        "epochs: x = 7; x = -3. The objective is 26 for ever. Any rate below 1 settles; 0.5 needs "
        "the fewest epochs."
    )
    assert str(judged(L2, 7.0, 1.1)) == (
        "Diverged at epoch 100: The error along x grows 1.2 times an epoch, because learning rate "
        "1.1 is above the largest stable rate 1. Any rate below 1 settles; 0.5 needs the fewest "
        "epochs."
    )
    assert judged(L2, 7.0, 0.5).reason.endswith("a minimum. One step led there.")
    assert judged(L2, 7.0, 0.01).advice == "Learning rate 0.5 would need the fewest epochs."


def test_the_epochs_that_are_advised_do(judged: Callable[..., Any]) -> None:
    """94 more than 30 were advised: 0.8^124 is below the 1e-12 of its way that converged asks."""
    assert judged(L2, 7.0, 0.1, 123).kind == "max steps"
    assert judged(L2, 7.0, 0.1, 124).kind == "converged"


def test_a_factor_that_is_measured_is_the_one_of_the_table(descent: Callable[..., Any]) -> None:
    said = judge(evidence_of_trajectory(descent(L2, 7.0, 1.1, 30), quadratic=False)).reason
    assert said.startswith("Each step is 1.2 times as long as the one before. The objective has ")
    assert "rate 1 needs" not in said


@pytest.mark.parametrize(
    ("lr", "said"),
    [
        (0.1, "an epoch leaves 0.8 of the error along x: each factor of 1000 takes 31 epochs."),
        (0.01, "an epoch leaves 0.98 of the error along x: each factor of 1000 takes 342 epochs."),
        (0.3, "an epoch leaves 0.4 of the error along x: each factor of 1000 takes 8 epochs."),
        (
            0.7,
            "an epoch leaves 0.4 of the error along x, on the other side: each factor of 1000 "
            "takes 8 epochs.",
        ),
        (1.0, "the error along x never dies out: it swings for ever."),
        (1.1, "the error along x grows 1.2 times an epoch: the run diverges."),
        (0.5, "the run arrives in 1 epoch."),
    ],
)
def test_the_forecasts_of_l2(foretold: Callable[..., Any], lr: float, said: str) -> None:
    forecast = foretold(L2, 7.0, lr)
    assert forecast.sentences() == [
        "The curvature is 2.",
        "Rates below 1 are stable; 0.5 needs the fewest epochs.",
        f"At learning rate {lr:g} {said}",
    ]
    assert forecast.growth == pytest.approx(abs(1 - 2 * lr), abs=1e-15)


def test_l0_at_its_rates(judged: Callable[..., Any], foretold: Callable[..., Any]) -> None:
    forecast = foretold(L0, 1.0, 0.01)
    assert forecast.eigenvalues == pytest.approx((28 / 3,))
    assert (forecast.stable_rate, forecast.best_rate) == pytest.approx((3 / 14, 3 / 28))
    assert forecast.growth == pytest.approx(0.9066667, abs=5e-8)
    assert (judged(L0, 1.0, 0.01).kind, judged(L0, 1.0, 0.01).manner) == ("max steps", "monotone")
    assert judged(L0, 1.0, 0.01, 283).kind == "converged"
    assert (judged(L0, 1.0, 0.15).kind, judged(L0, 1.0, 0.15).manner) == ("converged", "oscillates")
    assert judged(L0, 1.0, 3 / 28).manner == "one step"
    cycle = judged(L0, 1.0, 3 / 14)
    assert cycle.kind == "cycle"
    assert "every 2 epochs: x = 1; x = 3." in cycle.reason
    diverged = judged(L0, 1.0, 0.22)
    assert (diverged.kind, diverged.manner) == ("diverged", "diverges")
    assert "grows 1.053 times an epoch" in diverged.reason
    assert diverged.advice == "Any rate below 0.214286 settles; 0.107143 needs the fewest epochs."


def test_a_forgotten_zero_grad_swings_for_ever(
    judged: Callable[..., Any], foretold: Callable[..., Any]
) -> None:
    verdict = judged(L0, 1.0, 0.01, optimizer=SGD(momentum=1.0))
    assert (verdict.kind, verdict.manner) == ("oscillating", "oscillates")
    assert verdict.advice.startswith("Use a momentum below 1;")
    said = str(foretold(L0, 1.0, 0.01, SGD(momentum=1.0)))
    assert said.endswith(
        "At learning rate 0.01 the error along x never dies out: it swings for ever."
    )


def test_the_path_of_l2_is_the_lessons(descent: Callable[..., Any]) -> None:
    """The verdicts above are on these steps."""
    assert descent(L2, 7.0, 1.0, 3).parameters[:, 0].tolist() == [7, -3, 7, -3]
    near = np.abs(descent(L2, 7.0, 0.1, 100).parameters[:, 0] - 2) < 1e-3
    assert int(near.argmax()) == 39
