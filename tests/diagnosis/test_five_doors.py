"""One descent, one verdict: the same run through every door of the house.

x = 1, 2, 3 and y = 2x, without intercept and as they are: 14/3 (w − 2)², whose curvature is 28/3,
stable below 3/14 and best at 3/28. An epoch multiplies the error by 1 − 28/3 · lr.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import steepest
from steepest.descent.optimizers import SGD
from steepest.descent.stopping import Stopping
from steepest.diagnosis.verdict import Verdict
from steepest.estimators import GradientDescentRegressor

X, Y = [1.0, 2.0, 3.0], [2.0, 4.0, 6.0]
FORMULA = "((w - 2)^2 + (2w - 4)^2 + (3w - 6)^2)/3"


@dataclass(frozen=True)
class Descent:
    """What is asked of each door, and what is known of it beforehand."""

    options: Mapping[str, Any]
    kind: str
    manner: str
    end: float
    rates: tuple[float, float] | None = (3 / 14, 3 / 28)
    growth: float | None = None
    without: Mapping[str, str] = field(default_factory=dict)


def at(lr: float, epochs: int = 100, momentum: float = 0.0) -> float:
    """Where descent from 1 ends, by torch's recursion."""
    w, buffer = 1.0, 0.0
    for _ in range(epochs):
        buffer = momentum * buffer + 28 / 3 * (w - 2.0)
        w -= lr * buffer
    return w


# A watched loop is ended by its author: it has no tolerance and no end of its own.
_NO_RULES: Mapping[str, str] = {
    "watched module": "a loop knows no stopping rules",
    "watched tensors": "a loop knows no stopping rules",
}
_OWN_DEFAULTS: Mapping[str, str] = {
    **_NO_RULES,
    "batch of all rows": "ends after 100 epochs where nothing is asked",
}
DESCENTS: Mapping[str, Descent] = {
    "monotone": Descent(
        {"lr": 0.01, "epochs": 100}, "max steps", "monotone", 1.9999444396553017, growth=68 / 75
    ),
    "settled": Descent({"lr": 0.01, "epochs": 300}, "converged", "monotone", at(0.01, 300)),
    "slow": Descent({"lr": 0.001, "epochs": 100}, "max steps", "slow", at(0.001)),
    "oscillating": Descent({"lr": 0.15, "epochs": 100}, "converged", "oscillates", 2.0, growth=0.4),
    "still oscillating": Descent(
        {"lr": 0.15, "epochs": 20}, "max steps", "oscillates", at(0.15, 20), growth=0.4
    ),
    "cycle": Descent({"lr": 3 / 14, "epochs": 100}, "cycle", "cycle", 1.0, growth=1.0),
    "as good as a cycle": Descent(
        {"lr": 0.2142857142857, "epochs": 100}, "cycle", "cycle", at(0.2142857142857), growth=1.0
    ),
    "diverging": Descent(
        {"lr": 0.22, "epochs": 100}, "diverged", "diverges", at(0.22), growth=79 / 75
    ),
    "momentum 1": Descent(
        {"lr": 0.01, "momentum": 1.0, "epochs": 100},
        "oscillating",
        "oscillates",
        at(0.01, 100, 1.0),
        (3 / 7, 3 / 14),
        1.0,
    ),
    "momentum": Descent(
        {"lr": 0.01, "momentum": 0.9, "epochs": 100},
        "max steps",
        "oscillates",
        at(0.01, 100, 0.9),
        (57 / 140, 57 / 280),
        0.9**0.5,
    ),
    "one step": Descent({"lr": 3 / 28, "epochs": 100}, "converged", "one step", 2.0, growth=0.0),
    "by default": Descent(
        {"lr": 0.01}, "converged", "monotone", 2.0, growth=68 / 75, without=_OWN_DEFAULTS
    ),
    "by a tolerance": Descent(
        {"lr": 0.01, "stopping": Stopping(gradient_tolerance=1e-12)},
        "converged",
        "monotone",
        2.0,
        without=_NO_RULES,
    ),
    "by a tolerance too soon": Descent(
        {"lr": 0.01, "stopping": Stopping(gradient_tolerance=1e-3)},
        "plateau",
        "monotone",
        at(0.01, 94),
        without={**_NO_RULES, "minimize": "of a formula, what is negligible of the way counts"},
    ),
    "by a tolerance far too soon": Descent(
        {"lr": 0.0001, "tolerance": 1e-2},
        "plateau",
        "slow",
        at(0.0001, 1),
        without=_NO_RULES,
    ),
}


def fitted(options: Mapping[str, Any], **more: Any) -> Any:
    return steepest.fit(X, Y, start=[1.0], intercept=False, standardize=False, **options, **more)


def minimized(options: Mapping[str, Any]) -> Any:
    return steepest.minimize(FORMULA, start=1, **options)


def watched_module(options: Mapping[str, Any]) -> Any:
    model = nn.Linear(1, 1, bias=False, dtype=torch.float64)
    nn.init.constant_(model.weight, 1.0)
    x, y = (torch.tensor(values, dtype=torch.float64)[:, None] for values in (X, Y))
    settings = dict(options)
    epochs, loss_fn = settings.pop("epochs"), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), **settings)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(epochs):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    return run.path


def watched_tensors(options: Mapping[str, Any]) -> Any:
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    x, y = (torch.tensor(values, dtype=torch.float64) for values in (X, Y))
    settings = dict(options)
    epochs = settings.pop("epochs")
    optimizer = torch.optim.SGD([w], **settings)
    with steepest.watch({"w": w}, optimizer, every=1) as run:
        for _ in range(epochs):
            optimizer.zero_grad()
            run.loss(((w * x - y) ** 2).mean()).backward()
            optimizer.step()
    return run.path


def estimated(options: Mapping[str, Any]) -> Any:
    settings = dict(options)
    model = GradientDescentRegressor(
        fit_intercept=False,
        standardize=False,
        lr=settings["lr"],
        optimizer=SGD(momentum=settings.get("momentum", 0.0)),
        max_iter=settings["epochs"],
        tol=None,
    )
    return model.fit(np.array(X)[:, None], Y).path_


DOORS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "fit": lambda options: fitted(options).path,
    "fit with a vanishing L1": lambda options: fitted(options, l1=1e-300).path,
    "batch of all rows": lambda options: fitted(options, batch_size=3).path,
    "minimize": minimized,
    "watched module": watched_module,
    "watched tensors": watched_tensors,
}


@cache
def walked(name: str, door: str) -> Any:
    """The path of a descent through a door, walked once."""
    return DOORS[door](DESCENTS[name].options)


CASES = [
    pytest.param(name, door, id=f"{name}-{door}")
    for name, descent in DESCENTS.items()
    for door in DOORS
    if door not in descent.without
]


@pytest.mark.parametrize(("name", "door"), CASES)
def test_one_descent_has_one_verdict(name: str, door: str) -> None:
    descent = DESCENTS[name]
    verdict: Verdict = walked(name, door).verdict
    assert verdict.kind == descent.kind
    assert verdict.manner == descent.manner


@pytest.mark.parametrize(("name", "door"), CASES)
def test_one_descent_has_the_same_numbers(name: str, door: str) -> None:
    descent = DESCENTS[name]
    path, own = walked(name, door), walked(name, "fit")
    assert path.last.parameters[0] == pytest.approx(
        descent.end, rel=1e-12 if "epochs" in descent.options else 1e-9
    )
    if "epochs" in descent.options:
        assert path.epochs == own.epochs
        # A loop's last point has no objective of its own.
        k = path.epochs - (door == "watched tensors")
        assert path.at(k).parameters == pytest.approx(own.at(k).parameters, rel=1e-12)
        assert path.at(k).objective == pytest.approx(own.at(k).objective, rel=1e-12, abs=1e-16)


@pytest.mark.parametrize(("name", "door"), CASES)
def test_one_descent_has_the_same_forecast(name: str, door: str) -> None:
    descent = DESCENTS[name]
    if door == "watched tensors":
        pytest.skip("the curvature of a loss that no module computes is not known")
    forecast = walked(name, door).forecast
    rates = forecast.stable_rate, forecast.best_rate
    assert rates == pytest.approx(descent.rates, rel=1e-9)
    if descent.growth is not None:
        assert forecast.growth == pytest.approx(descent.growth, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "name", [name for name, descent in DESCENTS.items() if "epochs" in descent.options]
)
def test_an_estimator_says_the_same(name: str) -> None:
    """Its descents begin at 0: twice the error, and the same verdict."""
    descent = DESCENTS[name]
    path = estimated(descent.options)
    own = steepest.fit(
        X, Y, start=[0.0], intercept=False, standardize=False, **descent.options
    ).path
    assert (path.verdict.kind, path.verdict.manner) == (descent.kind, descent.manner)
    assert (own.verdict.kind, own.verdict.manner) == (descent.kind, descent.manner)
    assert path.last.parameters == pytest.approx(own.last.parameters, rel=1e-12, abs=1e-12)
    assert path.forecast.stable_rate == pytest.approx(own.forecast.stable_rate, rel=1e-9)


def test_converged_is_never_said_beside_numbers_that_contradict_it() -> None:
    """The run of all rows was told two excesses at once."""
    verdict = fitted({"lr": 0.01, "epochs": 100}, batch_size=3).verdict
    assert verdict.reason.startswith(
        "All 100 epochs asked for were made. The objective is 1.441e-08, 1.441e-08 above its least."
    )


def test_a_cycle_that_has_settled_after_all_has_converged() -> None:
    """1e-13 below the limit an error is down to 1e-12 of itself after 28/3 · 10^14 epochs."""
    run = fitted({"lr": 0.2142857142857, "epochs": 10**16})
    assert run.verdict.kind == "converged"
    half = fitted({"lr": 0.2142857142857, "epochs": 5 * 10**12}).verdict
    assert half.kind == "cycle"
    assert "changes sign every epoch and has 0.5" in half.reason
