"""The page's arithmetic is the engine's: the committed bundle, run by Node, beside `minimize`."""

import random
from typing import Any

import numpy as np
import pytest
from tests.lab.bundle import answered, close

import steepest
from steepest.errors import InputError
from steepest.formula.parse import parse

FORMULAS = (
    "x^2 - 4x + 5",
    "14/3*(w - 2)^2",
    "x^4 - 3x^2 + x",
    "sin(3x) + x^2/8",
    "(1 - x)^2 + 100(y - x^2)^2",
    "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
    "x^2 - y^2 + y^4/4",
    "log(1 + x^2) + sqrt(y^2 + 1)",
    "sigmoid(3x) tanh(y) + (x^2 + y^2)/9",
    "softplus(x y) - relu(y) + x^2 + y^2",
    "erf(x) + erf(3y) + (x^2 + y^2)/5",
    "exp(-x^2 - y^2) + cosh(x/2) - cos(y)",
    "norm(x, y, 1) + max(x, 2y, 1) - min(x, y)/3",
    "abs(x - 0.3) + abs(y + 0.7)",
    "atan(x) - asin(y/20) + acos(x/20) + (x^2 + y^2)/4",
    "log2(x^2 + 1) + log10(y^2 + 3) + sinh(x/5)^2 + tan(y/9)^2",
    "(x^2 + 1)^(y/9) + e^(x/3) + pi y^2 + 2^x",
    "a^2 + 2b^2 + 3c^2 + a b c/50",
)
# As books, other keyboards and other scripts write them.
WRITTEN = (
    "x² − 4·x + 5", "2×x÷3", "x⁻¹ + 1", "（x＋1）＊２", "√x + √(y+1)", "πr²", "x–1", "x—1",
    "٣x + ۴", "x\u200b + 1", "x\u00a0+\u20091", "x\u2062y", "2π", "x₁·x₂",
    "ｘ＋１", "x∗y⁄2", "θ² + λ", "x ˆ2", "norm(x， y)",
)  # fmt: skip
OPTIMIZERS = ("SGD", "Adagrad", "RMSprop", "Adam")
REFUSED = (
    "", "x[0]", "1/2x", "x ^", "2 3", "sin x", "sinn(x)", "()", "sin()", "(x", "x)", "1,5", "min(x",
    "9^9^9^9", "x__y", "lambda", "nan", "1.2.3", "0x1f", "x=3", "a//b", "pi(3)", "e(2)", "pow(x,2)",
    "sin(x,y)", "x² ²", "'a'", "*x", "1e999", "1e-400", "5%", "x!", "|x|", "x² ^2", "min(1,)", "x$",
    "().__class__", "__import__('os')", "x;y", "x.y", "(" * 101 + "x", "if", "2^(3", "x^2000",
    "πr(2", "√", "√2x", "√2 x", "x\u00d7\u00f7y",
)  # fmt: skip


def cases() -> list[dict[str, Any]]:
    """Each formula from eight starts, the optimizers and momenta in turn."""
    draw = random.Random(5)
    made = []
    for formula in FORMULAS:
        for place in range(8):
            optimizer = OPTIMIZERS[max(0, place - 4)]
            momentum = draw.choice((0.0, 0.5, 0.9)) if optimizer == "SGD" else 0.0
            made.append(
                {
                    "formula": formula,
                    "start": [round(draw.uniform(-2, 2), 3) for _ in parse(formula).names],
                    "optimizer": optimizer,
                    "learningRate": draw.choice((1e-4, 1e-3, 3e-3)),
                    "momentum": momentum,
                    "nesterov": momentum > 0.0 and draw.random() < 0.5,
                    "steps": 40,
                }
            )
    return made


CASES = cases()


@pytest.fixture(scope="module")
def answers() -> list[dict[str, Any]]:
    """What the bundle makes of the cases, then of what is refused, then of formulas alone."""
    alone = [{"formula": formula} for formula in (*REFUSED, *FORMULAS, *WRITTEN)]
    return answered([*CASES, *alone])


@pytest.mark.parametrize("place", range(len(CASES)))
def test_a_run_is_the_engine_s(place: int, answers: list[dict[str, Any]]) -> None:
    case, answer = CASES[place], answers[place]
    run = engine_run(case)
    points = np.array([[step[name] for name in run.names] for step in run])
    gradients = np.array([step.gradient for step in run])
    close(answer["points"], points)
    close(answer["objectives"], np.array([step.objective for step in run]))
    close(answer["gradients"], gradients)


def engine_run(case: dict[str, Any]) -> steepest.Run:
    swings = case["momentum"] > 0.0
    return steepest.minimize(
        case["formula"],
        tuple(case["start"]),
        lr=case["learningRate"],
        optimizer=case["optimizer"].lower(),
        momentum=case["momentum"] if swings else None,
        nesterov=case["nesterov"] if swings else None,
        epochs=case["steps"],
    )


@pytest.mark.parametrize("place", range(0, len(CASES), 5))
def test_the_python_that_is_shown_gives_the_run(place: int, answers: list[dict[str, Any]]) -> None:
    names: dict[str, Any] = {}
    code = answers[place]["code"].replace("run.plot()", "")
    exec(code, names)  # our own text
    run = names["run"]
    close(answers[place]["objectives"], np.array([step.objective for step in run]))


@pytest.mark.parametrize("place", range(len(REFUSED)))
def test_what_is_refused_is_refused_in_the_same_words(
    place: int, answers: list[dict[str, Any]]
) -> None:
    with pytest.raises(InputError) as caught:
        parse(REFUSED[place])
    assert answers[len(CASES) + place] == {"error": str(caught.value)}


@pytest.mark.parametrize("place", range(len(FORMULAS + WRITTEN)))
def test_instructions_are_the_same(place: int, answers: list[dict[str, Any]]) -> None:
    given = answers[len(CASES) + len(REFUSED) + place]
    assert given == {"instructions": parse((*FORMULAS, *WRITTEN)[place]).instructions()}
