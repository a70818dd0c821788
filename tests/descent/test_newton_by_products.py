"""Newton's method beyond 2000 parameters, where the second derivative is not formed."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

import steepest
from steepest.curvature.newton_step import direction_by_products, newton_direction
from steepest.diagnosis.certificate import Certificate
from steepest.estimators import GradientDescentClassifier, GradientDescentRegressor
from steepest.losses import Huber, Logistic, Multinomial
from steepest.penalties.penalties import L2
from steepest.problems.linear import LinearProblem

ROWS, COLUMNS = 400, 2500
RIDGE = 0.01
NEWTON: dict[str, Any] = {"solver": "newton-cg", "tol": 1e-12, "max_iter": 1000}


def words() -> tuple[Any, Any]:
    """Counts of words, 1 % of which are not 0, and a score."""
    rng = np.random.default_rng(0)
    table = sparse.random(
        ROWS, COLUMNS, 0.01, "csr", rng=rng, data_rvs=lambda size: 1.0 + rng.poisson(1.0, size)
    )
    weights = rng.normal(size=COLUMNS) * (rng.random(COLUMNS) < 0.1)
    return table, table @ weights + rng.logistic(size=ROWS)


TABLE, SCORES = words()


@pytest.fixture(autouse=True)
def never_formed(monkeypatch: pytest.MonkeyPatch) -> None:
    def formed(self: LinearProblem, parameters: object) -> None:
        assert len(self.names) < COLUMNS

    monkeypatch.setattr(LinearProblem, "second_sums", formed)


def test_logistic_loss_of_words_is_scikit_learns() -> None:
    classes = (SCORES > 0.0).astype(int)
    ours = GradientDescentClassifier(ridge=RIDGE, standardize=False).fit(TABLE, classes)
    # Its penalty is |w|²/2 beside C times the sum of the losses.
    theirs = LogisticRegression(C=1.0 / (2.0 * RIDGE * ROWS), **NEWTON)
    theirs.fit(TABLE, classes)
    assert ours.coef_ == pytest.approx(theirs.coef_, abs=1e-7)
    assert ours.intercept_ == pytest.approx(theirs.intercept_, abs=1e-7)
    run = ours.path_
    assert run.verdict.kind == "converged"
    assert run.epochs < 12
    assert len(run.recorded) == run.epochs + 1
    assert "a second derivative of 2501 x 2501 numbers is not formed" in str(run.forecast)


def test_squared_loss_of_words_is_scikit_learns() -> None:
    ours = GradientDescentRegressor(ridge=RIDGE, standardize=False).fit(TABLE, SCORES)
    theirs = Ridge(alpha=RIDGE * ROWS, solver="lsqr", tol=1e-13).fit(TABLE.toarray(), SCORES)
    assert ours.coef_ == pytest.approx(theirs.coef_, abs=1e-8)
    assert ours.path_.verdict.kind == "converged"


def test_a_fit_of_many_columns() -> None:
    classes = (SCORES > 0.0).astype(int)
    dense = TABLE.toarray()
    dense = dense[:, dense.any(axis=0)]
    fit = steepest.fit(dense, classes, loss="logistic", ridge=RIDGE)
    theirs = LogisticRegression(C=1.0 / (2.0 * RIDGE * ROWS), **NEWTON)
    theirs.fit((dense - dense.mean(axis=0)) / dense.std(axis=0), classes)
    slopes = np.array([*fit.coefficients.values()])
    assert slopes == pytest.approx(theirs.coef_[0] / dense.std(axis=0), abs=1e-7)
    assert fit.verdict.kind == "converged"
    assert fit.inference is None
    assert fit.digits is None
    assert fit.distance is not None


def test_a_run_that_was_cut_off_keeps_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = direction_by_products
    calls = []

    def pressed(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return asked(*given)

    monkeypatch.setattr("steepest.descent.newton.direction_by_products", pressed)
    dense = TABLE.toarray()
    dense = dense[:, dense.any(axis=0)]
    fit = steepest.fit(dense, SCORES > 0.0, loss="logistic", ridge=RIDGE)
    assert fit.verdict.kind == "interrupted"
    assert len(fit.path) == 3


@pytest.mark.parametrize("loss", [Logistic(), Multinomial(), Huber(1.35)])
@pytest.mark.parametrize("weighed", [False, True])
def test_products_and_certificate_are_those_of_the_matrix(
    loss: Any, weighed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    rng = np.random.default_rng(1)
    rows = sparse.csr_array(rng.normal(size=(90, 5)) * (rng.random((90, 5)) < 0.5) + 0.0)
    target = rng.integers(0, 3 if loss.name == "multinomial" else 2, 90).astype(float)
    weights = rng.uniform(0.0, 2.0, 90) if weighed else None
    problem = LinearProblem.of(rows, target, loss=loss, weights=weights, penalty=L2(0.05))
    point = 0.1 * rng.normal(size=len(problem.names))
    known, found = problem.second_order(point), problem.second_order_products(point)
    vector = rng.normal(size=len(point))
    assert found.objective == pytest.approx(known.objective, rel=1e-13)
    assert found.gradient == pytest.approx(known.gradient, abs=1e-14)
    assert found.unit == pytest.approx(known.unit, rel=1e-12)
    assert found.product(vector) == pytest.approx(known.hessian @ vector, abs=1e-13)
    assert found.diagonal == pytest.approx(known.hessian.diagonal(), rel=1e-12)
    if loss.name != "multinomial":  # there intercepts have a level direction
        whole, part = Certificate.at(problem, point, None), Certificate.by_products(problem, point)
        step = newton_direction(known.gradient, known.hessian, convex=True)
        assert part.excess == pytest.approx(-0.5 * known.gradient @ step, rel=1e-7)
        assert part.gaps == pytest.approx(whole.gaps, rel=1e-6, abs=1e-9)
        assert part.decrement == pytest.approx(whole.decrement, rel=1e-7)


def test_more_columns_than_rows_separate_them() -> None:
    model = GradientDescentClassifier(standardize=False)
    with pytest.warns(ConvergenceWarning, match="There is no minimum"):
        model.fit(TABLE, (SCORES > 0.0).astype(int))
    assert model.path_.verdict.kind == "no minimum"
