"""A function that changes in steps says so: its gradient is true, and does not tell the jumps."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch

import steepest


def numbers_of(function: Callable[..., Any], start: Any, **options: Any) -> dict[str, Any] | None:
    """What is said of steps."""
    verdict = steepest.minimize(function, start=start, **options).verdict
    found = [each for each in verdict.reasons if each.kind == "objective in steps"]
    assert len(found) <= 1
    return dict(found[0].values) if found else None


def test_place_and_size_of_a_jump_are_said() -> None:
    said = numbers_of(lambda x: (x - 3) ** 2 + 5 * (x > 5.25), 7.3)
    assert said is not None and said["at"] == "x = 5.25"
    assert said["change"] == pytest.approx(5.0, rel=1e-6)
    run = steepest.minimize(lambda x: (x - 3) ** 2 + 5 * int(x), start=7.5, lr=0.1, epochs=100)
    assert "numbers of int() (test_objective_steps.py:" in run.verdict.reason
    assert re.search(r"at x = [34567] it jumps by 5\.", run.verdict.reason)


@pytest.mark.parametrize(
    ("function", "call"),
    [
        (lambda x: (x.round() - 3) ** 2, "x.round()"),
        (lambda x: (round(x.item()) - 3) ** 2 + 0 * x, "x.item()"),
        (lambda x: (int(x) - 3) ** 2 + 0 * x, "int()"),
        (lambda x: (x - 3) ** 2 + 5 * torch.round(x), "torch.round()"),
        (lambda x: (x - 3) ** 2 * (1 + torch.floor(x) % 2), "torch.floor()"),
        (lambda x: (x - 3) ** 2 + 3 * (x > 5), "gt()"),
        (lambda x: x**2 / 2 + torch.ceil(x * 2), "torch.ceil()"),
    ],
)
def test_the_call_is_named(function: Callable[..., Any], call: str) -> None:
    said = numbers_of(function, 7.3)
    assert said is not None and said["calls"][0].startswith(call)


def test_one_parameter_of_several() -> None:
    said = numbers_of(lambda x, y: (x - 3) ** 2 + (int(y) - 2) ** 2 + 0 * y, (7.0, 5.0))
    assert said is not None and said["at"] in ("x = 3, y = 3", "x = 3, y = 4", "x = 3, y = 7")


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x**2 if abs(x.item()) < 1 else 2 * abs(x) - 1,  # Huber's: a branch, no jump
        lambda x: torch.where(x > 1, (x - 1) ** 2, 0 * x),
        lambda x: x * torch.sign(x),  # |x|: the slope of sign(x) is truly 0 wherever there is one
        lambda x: torch.nn.functional.relu(x - 1) + (x - 1) ** 2 * (x > 1),
        lambda x: torch.sigmoid(2000 * (x - 1)) * (1 + 0.0 * torch.floor(x)) + x**2,
        lambda x: (x - 1) ** 2 + 0 * round(float(x), 2),  # does not depend on it
        lambda x: torch.sin(3 * x) * (1 + 0 * int(x)) + x**2 / 8,
    ],
)
def test_nothing_is_said_where_the_gradient_tells_all(function: Callable[..., Any]) -> None:
    assert numbers_of(function, 4.0) is None
