"""Stable and best rates and factors, against runs of torch's update rule."""

import numpy as np
import pytest

from steepest.curvature.rates import MomentumRule, best_momentum, condition_number, epochs_for

RULES = [
    MomentumRule(),
    MomentumRule(0.5),
    MomentumRule(0.9),
    MomentumRule(0.99),
    MomentumRule(0.5, nesterov=True),
    MomentumRule(0.9, nesterov=True),
    MomentumRule(0.99, nesterov=True),
]
rules = pytest.mark.parametrize("rule", RULES, ids=str)


def run(rule: MomentumRule, lr: float, curvature: float, epochs: int) -> np.ndarray:
    """|error| by epoch along one direction, from 1; the rule of torch.optim.SGD."""
    error, buffer, seen = 1.0, 0.0, [1.0]
    for k in range(epochs):
        gradient = curvature * error
        buffer = gradient if k == 0 else rule.momentum * buffer + gradient
        step = gradient + rule.momentum * buffer if rule.nesterov else buffer
        error -= lr * (step if rule.momentum else gradient)
        seen.append(abs(error))
    return np.array(seen)


@rules
@pytest.mark.parametrize("curvature", [1e-6, 0.3, 4.0, 1e8])
def test_below_the_stable_rate_it_settles_and_above_it_does_not(
    rule: MomentumRule, curvature: float
) -> None:
    limit = rule.stable_rate(curvature)
    inside = run(rule, 0.98 * limit, curvature, 20_000)
    outside = run(rule, 1.02 * limit, curvature, 20_000 if rule.momentum > 0.95 else 2_000)
    assert inside[-1] < 1e-10
    assert not outside[-1] < 10.0


@rules
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 0.99, 1.05])
def test_factors_are_what_an_epoch_does_in_the_long_run(rule: MomentumRule, share: float) -> None:
    lr = share * rule.stable_rate(2.0)
    (factor,) = rule.factors(lr, np.array([2.0]))
    # Envelopes of two stretches: complex factors swing within them.
    seen = run(rule, lr, 2.0, 400)
    first, second = seen[100:200].max(), seen[200:300].max()
    if first > 1e-250:
        assert (second / first) ** 0.01 == pytest.approx(factor, rel=0.02)


def test_hand_worked_rates() -> None:
    assert MomentumRule().stable_rate(14.0 / 3.0 * 2.0) == pytest.approx(3.0 / 14.0, rel=1e-15)
    assert MomentumRule(0.9).stable_rate(1.0) == pytest.approx(3.8, rel=1e-15)
    assert MomentumRule(0.9, nesterov=True).stable_rate(1.0) == pytest.approx(3.8 / 2.8, rel=1e-15)
    assert MomentumRule().stable_rate(0.0) == np.inf


@rules
@pytest.mark.parametrize("condition", [1.0, 3.0, 100.0, 1e5])
def test_no_rate_on_a_grid_beats_the_best(rule: MomentumRule, condition: float) -> None:
    values = np.array([1.0, np.sqrt(condition), condition])
    best = rule.best_rate(values)
    assert 0.0 < best < rule.stable_rate(condition)
    reached = rule.factors(best, values).max()
    near, far = best * np.linspace(0.9, 1.1, 200), np.geomspace(1e-7, 1.0, 300)
    grid = [*near[near < rule.stable_rate(condition)], *rule.stable_rate(condition) * far]
    least = min(rule.factors(lr, values).max() for lr in grid)
    assert reached <= least + 1e-9


@pytest.mark.parametrize("condition", [1.0, 1e3, 1e9, 1e15, 1e16, 1e18, 1e22])
def test_the_best_rate_is_stable_at_any_condition_number(condition: float) -> None:
    """2 / (λmin + λmax) rounds to the stable limit 2 / λmax beyond 1e16."""
    values = np.array([1.0, condition])
    rule = MomentumRule()
    best = rule.best_rate(values)
    assert best < rule.stable_rate(condition)
    # Nor may it cost a thousandth more epochs than the best there is.
    assert best >= 0.999 * 2.0 / (1.0 + condition)
    assert rule.factors(best, values)[1] < 1.0


def test_flat_directions_do_not_count() -> None:
    values = np.array([0.0, 1.0, 3.0])
    assert MomentumRule().best_rate(values) == 0.5
    assert condition_number(values) == 3.0
    assert condition_number(np.zeros(2)) == 1.0
    assert MomentumRule().best_rate(np.zeros(2)) == 1.0


def test_polyak_s_momentum_is_the_fastest() -> None:
    low, high = 1.0, 100.0
    mu = best_momentum(high / low)
    rate = (2.0 / (np.sqrt(low) + np.sqrt(high))) ** 2
    reached = MomentumRule(mu).factors(rate, np.array([low, high])).max()
    assert reached == pytest.approx(np.sqrt(mu), rel=1e-6)
    for other in (0.5 * mu, 0.9 * mu, 1.05 * mu):
        rule = MomentumRule(other)
        assert rule.factors(rule.best_rate(np.array([low, high])), np.array([low, high])).max() > (
            reached
        )


def test_directions_that_overshoot() -> None:
    values = np.array([1.0, 10.0])
    assert MomentumRule().overshoots(0.15, values).tolist() == [False, True]
    assert MomentumRule().overshoots(0.05, values).tolist() == [False, False]
    assert MomentumRule(0.5).overshoots(0.298, values).tolist() == [False, True]


def test_epochs_for_a_shrinking() -> None:
    plain = MomentumRule()
    assert epochs_for(plain, 0.01, 28.0 / 3.0, 1e-6) == 142
    assert epochs_for(plain, 1e-4, 0.0754774, 1e-3) == pytest.approx(915205, abs=1)
    assert epochs_for(plain, 1e-20, 1.0, 1e-3) == pytest.approx(np.log(1e3) * 1e20, rel=1e-12)
    assert epochs_for(plain, 2.0, 1.0, 0.5) == np.inf
    assert epochs_for(plain, 2.2, 1.0, 0.5) == np.inf
    assert epochs_for(plain, 1.0, 1.0, 1e-12) == 1.0
    # Heavy ball in its swinging range shrinks by the root of its momentum.
    assert epochs_for(MomentumRule(0.81), 0.1, 1.0, 0.9**7) == 7.0


@rules
@pytest.mark.parametrize("condition", [1.0, 1.5, 9.0, 300.0, 1e5])
def test_no_rate_is_better_and_rounding_does_not_move_it(
    rule: MomentumRule, condition: float
) -> None:
    ends = np.array([0.7, 0.7 * condition])
    best = rule.best_rate(ends)

    def factor(lr: float) -> float:
        return float(rule.factors(lr, ends).max())

    near, far = best * np.linspace(0.9, 1.1, 200), np.geomspace(1e-3, 1.0, 300)
    grid = [*near, *far * rule.stable_rate(float(ends[1]))]
    assert factor(best) <= min(map(factor, grid)) + 1e-7
    for i in range(8):
        moved = ends * (1.0 + 1e-12 * np.random.default_rng(i).normal(size=2))
        assert rule.best_rate(moved) == pytest.approx(best, rel=1e-7)
        # Curvature that is taken for more than it is still gives a rate that settles.
        assert factor(rule.best_rate(ends * [1.0, 1.0 + i])) < 1.0
