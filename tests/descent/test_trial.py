"""The first rate of mini-batches, tried on some rows."""

from dataclasses import replace

import numpy as np
import pytest

from steepest.descent.automatic_rate_of_rows import minibatch_schedule
from steepest.descent.automatic_rate_trial import TRIAL_ROWS, tried_rate, tried_schedule
from steepest.descent.minibatch import MinibatchState, visit, whole
from steepest.descent.minibatch_epochs import rows_of, settings_of
from steepest.descent.optimizers import SGD
from steepest.descent.plan import Plan
from steepest.descent.schedules import Constant
from steepest.losses import Absolute, Logistic, Loss
from steepest.penalties.penalties import L2
from steepest.problems.linear import LinearProblem


def posed(loss: Loss, rows: int) -> LinearProblem:
    """Six columns that nearly follow from three."""
    random = np.random.default_rng(5)
    three = random.normal(size=(rows, 3))
    features = np.hstack([three, three + 0.05 * random.normal(size=(rows, 3))])
    chance = 1.0 / (1.0 + np.exp(-3.0 * features @ [1, -1, 1, 0, 0, -1]))
    target = (random.random(rows) < chance).astype(float)
    return LinearProblem.of(features, target, loss=loss)


def plan_of(loss: Loss, batch: int) -> Plan:
    return Plan(loss, L2(0.0), False, SGD(), None, batch, 1, None, True, False)


def after_an_epoch(problem: LinearProblem, plan: Plan, lr: float) -> float:
    settings = settings_of(problem, plan, Constant(lr), 0)
    rows = rows_of(problem)
    start = MinibatchState.start(np.zeros(len(problem.names)), settings)
    return whole(rows, settings, visit(rows, settings, start).parameters)[0]


@pytest.mark.parametrize("batch", [1, 16, 128])
def test_its_neighbours_do_not_lead_lower(batch: int) -> None:
    problem, plan = posed(Logistic(), 1000), plan_of(Logistic(), batch)
    start = np.zeros(len(problem.names))
    bound = minibatch_schedule(problem, SGD(), batch)
    found = tried_schedule(problem, plan, start, 0)
    assert found == replace(bound, lr=found.lr)
    assert np.log(found.lr / bound.lr) / np.log(4.0) == pytest.approx(
        round(np.log(found.lr / bound.lr) / np.log(4.0))
    )
    here = after_an_epoch(problem, plan, found.lr)
    assert here <= after_an_epoch(problem, plan, bound.lr)
    assert here <= after_an_epoch(problem, plan, 4.0 * found.lr)


@pytest.mark.parametrize("first", [1e2, 1e6])
def test_a_rate_that_leads_up_is_lowered(first: float) -> None:
    problem, plan = posed(Logistic(), 1000), plan_of(Logistic(), 16)
    start = np.zeros(len(problem.names))
    settings = settings_of(problem, plan, Constant(first), 0)
    found = tried_rate(problem, settings, start, first)
    assert after_an_epoch(problem, plan, first) > np.log(2.0)
    assert after_an_epoch(problem, plan, found) < np.log(2.0)


def test_of_many_rows_some_are_tried() -> None:
    problem, plan = posed(Logistic(), 3 * TRIAL_ROWS), plan_of(Logistic(), 16)
    places = np.linspace(0, 3 * TRIAL_ROWS - 1, TRIAL_ROWS).round().astype(int)
    some = replace(problem, features=problem.features[places], target=problem.target[places])
    first = minibatch_schedule(problem, SGD(), 16)
    settings, start = settings_of(problem, plan, first, 0), np.zeros(len(problem.names))
    tried = tried_rate(some, settings, start, first.lr)
    assert tried_schedule(problem, plan, start, 0).lr == tried


def test_a_loss_with_kinks_keeps_its_rate() -> None:
    problem, plan = posed(Absolute(), 200), plan_of(Absolute(), 8)
    start = np.zeros(len(problem.names))
    assert tried_schedule(problem, plan, start, 0) == minibatch_schedule(problem, SGD(), 8)
