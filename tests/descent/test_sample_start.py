"""Newton's method goes to the minimum of a sample first, where there are many rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import steepest
from steepest.descent import sample_start
from steepest.estimators import GradientDescentClassifier
from steepest.losses import Logistic
from steepest.problems import second_order_sums
from steepest.problems.linear import LinearProblem

ROWS = 4000


@pytest.fixture(autouse=True)
def _few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_order_sums, "LEAST_NUMBERS", 600)


def rows() -> tuple[Any, Any]:
    random = np.random.default_rng(2)
    features = random.normal(size=(ROWS, 3)).astype(np.float32)
    eta = features @ np.array([2.0, -1.0, 0.5]) - 0.4
    return features, (random.random(ROWS) < 1.0 / (1.0 + np.exp(-eta))).astype(np.float64)


def test_the_path_begins_at_the_start_and_ends_at_the_minimum() -> None:
    features, target = rows()
    fit = steepest.fit(features, target, loss="logistic")
    expected = LogisticRegression(C=np.inf, tol=1e-12, solver="newton-cholesky")
    expected.fit(features.astype(np.float64), target)
    share = target.mean()
    assert fit.path.at(0).parameters == pytest.approx([0.0, 0.0, 0.0, np.log(share / (1 - share))])
    assert fit.path.at(1).objective < fit.path.at(0).objective
    assert fit.verdict.kind == "converged"
    assert list(fit.coefficients.values()) == pytest.approx(expected.coef_[0], rel=1e-9)
    assert fit.intercept == pytest.approx(expected.intercept_[0], rel=1e-9)
    assert [note for note in fit.notes if note.endswith("from the minimum of 496 drawn at random")]


@pytest.mark.parametrize(
    "way",
    [
        {"optimizer": "newton"},
        {"start": [0.0, 0.0, 0.0, 0.0]},
        {"reduction": "sum"},
        {"validation": 0.2},
    ],
    ids=lambda way: next(iter(way)),
)
def test_a_way_that_is_prescribed_or_chosen_from_is_newtons_alone(way: dict[str, Any]) -> None:
    fit = steepest.fit(*rows(), loss="logistic", **way)
    assert fit.verdict.kind == "converged"
    assert not [note for note in fit.notes if "step 1" in note]


def test_separable_rows_are_soon_known_to_have_no_minimum() -> None:
    features, _ = rows()
    fit = steepest.fit(features, (features[:, 0] > 0.0) * 1.0, loss="logistic")
    assert fit.verdict.kind == "no minimum"
    assert fit.path.epochs < 60


def test_a_rule_that_ends_the_run_at_its_start_does() -> None:
    stopping = steepest.Stopping(gradient_tolerance=10.0)
    fit = steepest.fit(*rows(), loss="logistic", stopping=stopping)
    assert fit.path.epochs == 0


def test_a_sample_that_leads_higher_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_start.SampledRows, "minimum", lambda self, start: start + 50.0)
    fit = steepest.fit(*rows(), loss="logistic")
    assert fit.verdict.kind == "converged"
    assert not [note for note in fit.notes if "step 1" in note]


def test_estimators_go_to_the_sample_too() -> None:
    features, target = rows()
    model = GradientDescentClassifier().fit(features, target)
    expected = LogisticRegression(C=np.inf, tol=1e-12, solver="newton-cholesky")
    expected.fit(features.astype(np.float64), target)
    assert model.coef_[0] == pytest.approx(expected.coef_[0], rel=1e-9)


def test_the_sample_is_of_every_part_of_the_rows() -> None:
    values = np.arange(1000.0)
    chosen = sample_start._sampled(values)
    starts = chosen[:: sample_start.PIECE]
    assert len(chosen) == 7 * sample_start.PIECE
    assert (np.diff(chosen.reshape(-1, sample_start.PIECE)) == 1.0).all()
    assert np.floor(starts / 128).tolist() == list(range(7))


def test_a_sum_over_the_rows_has_no_sample() -> None:
    problem = LinearProblem.of(*rows(), loss=Logistic(), reduction="sum")
    assert sample_start.sampled_rows(problem) == 0


def test_the_step_from_the_sample_follows_its_bend() -> None:
    # With the third derivative of the sample it leaves a few per cent of what Newton's step leaves.
    features, target = rows()
    expected = LogisticRegression(C=np.inf, tol=1e-12, solver="newton-cholesky")
    expected.fit(features.astype(np.float64), target)
    problem = LinearProblem.of(features, target, loss=Logistic())
    end = problem.from_user(np.append(expected.coef_[0], expected.intercept_))
    sample = sample_start.SampledRows(problem, None)
    guess = sample.minimum(problem.start())
    near = sample._own_minimum(problem.start())
    known = problem.second_order(near)
    newton = near - np.linalg.solve(known.hessian, known.gradient)
    assert np.linalg.norm(guess - end) < 0.2 * np.linalg.norm(newton - end)


def test_rough_sums_have_six_digits_of_columns_far_from_zero() -> None:
    features, target = rows()
    features = (features.astype(np.float64) + 1e6) * 1e-3
    problem = LinearProblem.of(features, target, loss=Logistic())
    point = np.array([0.7, -0.2, 0.4, 0.1])
    exact, rough = (p.second_order(point) for p in (problem, replace(problem, rough=True)))
    size = np.abs(exact.hessian).max()
    assert rough.objective == pytest.approx(exact.objective, rel=1e-6)
    assert rough.gradient == pytest.approx(exact.gradient, abs=1e-6 * size)
    assert rough.hessian == pytest.approx(exact.hessian, abs=1e-6 * size)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("loss", ["logistic", "poisson"])
@pytest.mark.parametrize("weighted", [True, False])
def test_moments_tell_the_start_of_a_problem(loss: str, intercept: bool, weighted: bool) -> None:
    features, target = rows()
    weights = np.random.default_rng(3).uniform(0.0, 2.0, ROWS) if weighted else None
    features += np.float32(5.0)
    fit = steepest.fit(features, target, loss=loss, weights=weights, intercept=intercept)
    problem = fit.path.problem
    assert isinstance(problem, LinearProblem)
    start = problem.start()
    assert problem.is_known(start)
    looked_at = replace(problem)  # which does not know the moments
    assert not looked_at.is_known(start)
    known, expected = problem.second_order(start), looked_at.second_order(start)
    assert known.objective == pytest.approx(expected.objective, rel=1e-13)
    assert known.gradient == pytest.approx(expected.gradient, abs=1e-13)
    assert known.hessian == pytest.approx(expected.hessian, rel=1e-12, abs=1e-13)
    assert problem.largest_moment == pytest.approx(looked_at.largest_moment, rel=1e-12)
