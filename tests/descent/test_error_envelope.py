"""From which epoch on an error that swings is below a bound, against every epoch replayed."""

import numpy as np
import pytest

from steepest.api.fit import fit
from steepest.curvature.rates import MomentumRule
from steepest.descent.error_envelope import Envelope, Measure


def replayed(rule: MomentumRule, a: np.ndarray, epochs: int) -> np.ndarray:
    """The share of each direction's error at every epoch, (epochs, d), as torch's SGD goes."""
    error, velocity, shares = np.ones(len(a)), np.zeros(len(a)), []
    for _ in range(epochs):
        shares.append(error)
        velocity = rule.momentum * velocity + a * error
        error = error - (a * error + rule.momentum * velocity if rule.nesterov else velocity)
    return np.array(shares)


def directions(number: int) -> tuple[MomentumRule, np.ndarray]:
    """Stable directions, of which every third problem has a double root."""
    rng = np.random.default_rng(number)
    rule = MomentumRule(float(rng.choice([0.3, 0.5, 0.9, 0.99])), nesterov=number % 2 == 1)
    a = 10.0 ** rng.uniform(-3.0, 0.0, int(rng.integers(1, 5)))
    a = a / a.max() * rng.uniform(0.05, 0.97) * rule.stable_rate(1.0)
    if number % 3 == 0:
        a[0] = (1.0 - np.sqrt(rule.momentum)) ** 2 * (1.0 + rng.choice([0.0, 1e-9]))
    return rule, a


@pytest.mark.parametrize("number", range(40))
def test_below_for_good(number: int) -> None:
    rule, a = directions(number)
    parts = np.random.default_rng(number).random(len(a))
    measures: list[tuple[Measure, float]] = [
        (lambda f: np.abs(f).max(axis=-1), 1e-10),
        (lambda f: np.square(f) @ parts, 1e-6 * parts.sum()),
    ]
    for measure, limit in measures:
        found = Envelope(rule, a).first_below(measure, limit)
        sizes = measure(replayed(rule, a, 2 * found + 1000))
        assert found == np.flatnonzero(sizes > limit)[-1] + 1


def test_heavy_ball_on_two_rows() -> None:
    """Below a millionth at 125 in passing, above it again, and below for good from 141."""
    found = fit(
        np.array([[1.0, 0.0], [0.0, 0.5]]),
        np.array([1.0, 0.5]),
        intercept=False,
        standardize=False,
        momentum=0.9,
    )
    lr, values = found.learning_rate, np.array([1.0, 0.25])
    parts = values * np.array([1.0, 1.0])
    sizes = np.square(replayed(MomentumRule(0.9), lr * values, 400)) @ parts / parts.sum()
    assert np.flatnonzero(sizes <= 1e-6)[0] == 125
    assert found.forecast.epochs_to_tolerance == np.flatnonzero(sizes > 1e-6)[-1] + 1 == 141


def test_next_to_the_stable_rate_and_for_slow_directions() -> None:
    """Of a direction whose factor is 1 − s, the epochs to 1e-12 are log(1e12)/s."""
    envelope = Envelope(MomentumRule(0.9), np.array([1e-14, 3.0]))
    found = envelope.first_below(lambda f: np.abs(f).max(axis=-1), 1e-12)
    assert found == pytest.approx(np.log(1e12) / (1e-14 / 0.1), rel=1e-9)


@pytest.mark.parametrize("a", [1.0 - 2.0**-53, 1.0, 1.0 + 2.0**-52])
def test_a_mode_that_one_step_settles(a: float) -> None:
    """Nesterov's descent at lr·λ = 1, as of one standardised column at its best rate: one of the
    bounds is beyond float64, and says nothing.
    """
    envelope = Envelope(MomentumRule(0.9, nesterov=True), np.array([a]))
    shares = replayed(envelope.rule, envelope.a, 400)[:, 0]
    last = int(np.flatnonzero(np.square(shares) > 1e-6)[-1])
    assert envelope.first_below(lambda f: np.square(f).sum(axis=-1), 1e-6) == last + 1
