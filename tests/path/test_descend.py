"""One door to every descent: it chooses how the steps are computed, and nothing else does."""

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.descent.optimizers import SGD, Adam
from steepest.descent.plan import Plan, penalty_of
from steepest.descent.schedules import Constant, parse_schedule
from steepest.losses import Squared
from steepest.moments.qr_factor import factor_moments
from steepest.path.descend import descend
from steepest.path.minibatch_path import MinibatchPath
from steepest.path.path import ClosedFormPath, StepwisePath
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.linear_on_moments import MomentsProblem
from steepest.problems.linear_streamed import StreamedProblem
from steepest.problems.row_stream import ArrayStream
from steepest.problems.squared_loss import Quadratic
from steepest.results.moments import Moments

X, Y = np.array([[1.0], [2.0], [3.0]]), np.array([2.0, 4.0, 6.0])
RAW: dict[str, Any] = {"standardize": False, "intercept": False}
MOMENTS = Moments.of(X, Y)
PROBLEMS: dict[str, LinearModel | Quadratic] = {
    "quadratic": Quadratic.of(factor_moments(MOMENTS), **RAW),
    "rows": LinearProblem.of(X, Y, loss=Squared(), **RAW),
    "moments": MomentsProblem.of(MOMENTS, **RAW),
    "stream": StreamedProblem.of(ArrayStream.of(X, Y, block_rows=2), loss=Squared(), **RAW),
}
WAYS = {"descend_fully", "descend_in_batches", "descend_stream", "descend_quadratic", "ClosedForm"}


def plan(**options: Any) -> Plan:
    settings: dict[str, Any] = {
        "loss": Squared(),
        "penalty": penalty_of(0.0, 0.0),
        "positive": False,
        "optimizer": SGD(),
        "schedule": Constant(0.01),
        "batch_size": None,
        "epochs": 100,
        "tolerance": None,
        "shuffle": True,
        "average": False,
    }
    return Plan(**settings | options)


@pytest.mark.parametrize(
    ("problem", "options", "kind"),
    [
        ("quadratic", {}, ClosedFormPath),
        ("quadratic", {"optimizer": Adam()}, StepwisePath),
        ("quadratic", {"schedule": parse_schedule("step:0.01,step_size=9")}, StepwisePath),
        ("rows", {}, StepwisePath),
        ("moments", {}, StepwisePath),
        ("stream", {}, StepwisePath),
        ("rows", {"batch_size": 2}, MinibatchPath),
        ("stream", {"batch_size": 2}, MinibatchPath),
    ],
)
def test_the_way_follows_from_problem_and_plan(
    problem: str, options: dict[str, Any], kind: type
) -> None:
    path = descend(PROBLEMS[problem], plan(**options), np.array([1.0]))
    assert type(path) is kind
    assert path.at(0)["x"] == 1.0


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_way_walks_the_same_steps(problem: str) -> None:
    path = descend(PROBLEMS[problem], plan(), np.array([1.0]))
    assert path.last["x"] == pytest.approx(1.99994443965530, abs=1e-13)
    if problem != "quadratic":
        end, stop, looks = path.descent_end, path.stop, path.looks
        assert (end.tolist(), stop.rule, looks) == ([path.last["x"]], "epochs", 100)


@pytest.mark.parametrize("problem", ["rows", "stream"])
def test_a_batch_of_all_rows_walks_them_too(problem: str) -> None:
    path = descend(PROBLEMS[problem], plan(batch_size=3), np.array([1.0]))
    assert path.last["x"] == pytest.approx(1.99994443965530, abs=1e-12)


def test_the_start_is_the_best_constant_where_none_is_given() -> None:
    problem = LinearProblem.of(X, Y, loss=Squared())
    assert descend(problem, plan()).at(0)["intercept"] == pytest.approx(4.0)


def test_nothing_else_chooses_a_way() -> None:
    package = Path(steepest.__file__).parent
    for file in package.rglob("*.py"):
        room = file.relative_to(package).parts[0]
        if room in ("path", "descent", "diagnosis"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert WAYS.isdisjoint(alias.name for alias in node.names), file
