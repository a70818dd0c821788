"""A function without a minimum that way is not said to be near one: each Newton step is as long as
the one before, as calculus has it of exp (1), 1/x (3/2) and their kind, where x⁴ has 2/3.
"""

from typing import Any

import pytest

import steepest

RECEDES = "The minimum that the curvature promises recedes: from "


@pytest.mark.parametrize(
    ("formula", "start"),
    [
        ("exp(x)", 7.0),
        ("1/x", 1.0),
        ("log(1 + exp(x))", 3.0),
        ("atan(x)", 2.0),
        ("x/(1 + x^2)", 5.0),
        ("tanh(x)", 1.0),
        ("(x - 1)^2 + exp(y)", (3.0, 0.0)),
    ],
)
def test_it_recedes_where_there_is_none_that_way(formula: str, start: Any) -> None:
    verdict = steepest.minimize(formula, start=start, lr=0.1).verdict
    assert verdict.kind in ("flat", "max steps") and RECEDES in verdict.reason
    assert verdict.advice == "Set bounds, or start elsewhere."


def test_the_place_is_a_newton_step_away() -> None:
    verdict = steepest.minimize("exp(x)", start=7, lr=0.1).verdict
    assert verdict.kind == "flat"
    end = 7 - 0.1 * 2.718281828459045**7  # one step; Newton's is 1 long everywhere
    assert f"from x = {end - 1:.6g} it is as far off again" in verdict.reason


@pytest.mark.parametrize(
    ("formula", "start"),
    [
        ("x^4", 1.0),
        ("x^20", 1.2),
        ("abs(x)^3", 2.0),
        ("log(1 + x^2)", 0.5),
        ("sqrt(1 + x^2)", 9.0),
        ("x - log(x)", 3.0),
        ("x^4 + y^2", (1.0, 2.0)),
        ("exp(-x) + x/1000", 1.0),
    ],
)
@pytest.mark.parametrize("lr", [0.001, "auto"])
def test_a_minimum_that_is_there_does_not(formula: str, start: Any, lr: Any) -> None:
    assert RECEDES not in steepest.minimize(formula, start=start, lr=lr).verdict.reason
