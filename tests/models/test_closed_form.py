"""Any epoch in closed form, against plain steps of torch and against arithmetic of 60 digits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import chain
from typing import Any

import numpy as np
import pytest
import torch

from steepest.api.fit import fit

STEPS = 5000
LOOKED_AT = (1, 2, 10, 100, 1000, STEPS)


def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    features = rng.standard_normal((40, 3)) * [1.0, 0.6, 1.7] + [0.3, -0.2, 0.1]
    return features, features @ [1.5, -2.0, 0.7] + 0.4 + 0.3 * rng.standard_normal(40)


@dataclass(frozen=True)
class Variant:
    """One way to pose the problem."""

    intercept: bool = True
    standardize: bool = True
    ridge: float = 0.0


VARIANTS = [
    Variant(intercept, standardize, ridge)
    for intercept in (True, False)
    for standardize in (True, False)
    for ridge in (0.0, 0.05)
]


Options = Mapping[str, Any]


def torch_paths(
    variants: Sequence[Variant], steps: int, looked_at: Sequence[int], options: Sequence[Options]
) -> list[dict[tuple[int, Variant], np.ndarray]]:
    """What plain torch loops hold after the epochs looked at, in the user's units, for each options
    of SGD.

    The loops run side by side: their losses are added, so that each parameter has the gradient of
    its own; each options have their group of parameters, of which SGD moves each number by itself.
    """
    features, target = table()
    zero, one = np.zeros(3), np.ones(3)
    centre = [features.mean(axis=0) if v.standardize and v.intercept else zero for v in variants]
    spread = [
        np.sqrt(np.square(features - m).mean(axis=0)) if v.standardize else one
        for v, m in zip(variants, centre, strict=True)
    ]
    x = torch.tensor(np.array([(features - m) / s for m, s in zip(centre, spread, strict=True)]))
    y = torch.tensor(target)
    ridge = torch.tensor([[v.ridge] for v in variants], dtype=torch.float64)
    used = torch.tensor([[v.intercept] for v in variants], dtype=torch.float64)
    groups = [
        [torch.zeros((len(variants), *shape), dtype=torch.float64) for shape in ((3, 1), (1,))]
        for _ in options
    ]
    for parameter in chain(*groups):
        parameter.requires_grad_()
    optimizer = torch.optim.SGD(
        [{"params": group, **own} for group, own in zip(groups, options, strict=True)]
    )
    found: list[dict[tuple[int, Variant], np.ndarray]] = [{} for _ in options]
    for k in range(1, steps + 1):
        optimizer.zero_grad()
        w, c = (torch.stack(parts) for parts in zip(*groups, strict=True))
        error = torch.matmul(x, w)[..., 0] + used * c - y
        loss = error.square().mean(dim=-1).sum() + (ridge * w[..., 0].square()).sum()
        loss.backward()
        optimizer.step()
        if k in looked_at:
            for (slopes, offsets), here in zip(groups, found, strict=True):
                for i, variant in enumerate(variants):
                    user = slopes[i, :, 0].detach().numpy() / spread[i]
                    offset = offsets[i].item() - centre[i] @ user
                    here[k, variant] = np.append(user, offset) if variant.intercept else user.copy()
    return found


def test_five_thousand_plain_steps_of_torch() -> None:
    momenta: list[Options] = [
        {"lr": 0.004, "momentum": momentum, "nesterov": nesterov}
        for momentum, nesterov in ((0.0, False), (0.9, False), (0.9, True))
    ]
    found = torch_paths(VARIANTS, STEPS, LOOKED_AT, momenta)
    for options, expected in zip(momenta, found, strict=True):
        agree_with_torch(options, expected)


def agree_with_torch(options: Options, torchs: Mapping[tuple[int, Variant], np.ndarray]) -> None:
    features, target = table()
    paths = {v: fit(features, target, epochs=STEPS, **vars(v), **options).path for v in VARIANTS}
    for (k, variant), expected in torchs.items():
        gap = np.abs(paths[variant].at(k).parameters - expected).max()
        assert gap <= 1e-12 * np.abs(expected).max(), (k, variant, options)


def test_near_the_stable_limit_of_torch() -> None:
    """A direction that swings, close to the largest stable rate."""
    features, target = table()
    momenta: list[dict[str, Any]] = [
        {"momentum": momentum, "nesterov": nesterov}
        for momentum, nesterov in (
            (0.0, False),
            (0.5, False),
            (0.5, True),
            (0.99, False),
            (0.99, True),
        )
    ]
    for options in momenta:
        stable = fit(features, target, lr=1e-3, epochs=1, **options).forecast.stable_rate
        options["lr"] = 0.98 * stable
    found = torch_paths([Variant()], 1000, (1, 2, 100, 1000), momenta)
    for options, torchs in zip(momenta, found, strict=True):
        path = fit(features, target, epochs=1000, **options).path
        for (k, _), expected in torchs.items():
            gap = np.abs(path.at(k).parameters - expected).max()
            assert gap <= 1e-11 * np.abs(expected).max(), (k, options)


def power(lr: float, curvature: Fraction, momentum: float, nesterov: bool, k: int) -> float:
    """The factor left of an error after k epochs: a 2 × 2 matrix to the k-th, with 60 digits."""
    with localcontext() as context:
        context.prec = 60
        a = Decimal(lr) * Decimal(curvature.numerator) / Decimal(curvature.denominator)
        mu, one = Decimal(momentum), Decimal(1)
        if momentum == 0.0:
            return float((one - a) ** k)
        first = (one - a * (1 + mu), -mu * mu) if nesterov else (one - a, -mu)
        square: tuple[Decimal, ...] = (*first, a, mu)
        result: tuple[Decimal, ...] = (one, Decimal(0), Decimal(0), one)
        while k:
            if k & 1:
                result = multiply(result, square)
            square = multiply(square, square)
            k >>= 1
        return float(result[0])


def multiply(a: tuple[Decimal, ...], b: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
    )


# On (±1, y) without an intercept the curvature is 2 exactly and least squares is mean(x y) = 3.
X, Y = [-1.0, 1.0], [-3.0, 3.0]
CURVATURE, LEAST = Fraction(2), 3.0


@pytest.mark.parametrize("k", [1, 10, 12345, 10**9, 10**9 + 1, 10**18, 10**18 + 1])
@pytest.mark.parametrize(
    "lr", [1e-25, 1e-20, 1e-18, 1e-12, 1e-9, 1e-3, 0.3, 0.75, 0.9, 1.0 - 1e-9, 1.0 - 1e-14]
)
def test_plain_steps_to_sixty_digits(lr: float, k: int) -> None:
    path = fit(X, Y, intercept=False, standardize=False, lr=lr, epochs=k).path
    left = power(lr, CURVATURE, 0.0, False, k)
    # An eigenvalue is known to some 1e-15 of itself; k epochs multiply that by k.
    assert path.at(k)["x"] - LEAST == pytest.approx(-LEAST * left, rel=1e-9 + 4e-15 * k, abs=4e-15)
    if lr * k < 1e-6:
        assert path.at(k)["x"] == pytest.approx(2.0 * LEAST * lr * k, rel=3e-6)


@pytest.mark.parametrize("k", [1, 12345, 10**9, 10**18])
@pytest.mark.parametrize("lr", [1e-18, 1e-12, 1e-3, 0.3, 0.6])
@pytest.mark.parametrize("momentum", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_to_sixty_digits(lr: float, momentum: float, nesterov: bool, k: int) -> None:
    found = fit(
        X,
        Y,
        intercept=False,
        standardize=False,
        lr=lr,
        momentum=momentum,
        nesterov=nesterov,
        epochs=k,
    )
    left = power(lr, CURVATURE, momentum, nesterov, k)
    assert found.path.at(k)["x"] - LEAST == pytest.approx(-LEAST * left, rel=1e-9, abs=1e-13)
    if 1.0 - left > 1e-3:
        assert found.path.at(k)["x"] == pytest.approx(LEAST * (1.0 - left), rel=1e-9, abs=1e-15)


def test_the_smallest_movement_is_exact() -> None:
    """What is 3e-24 from the start is known to every digit, though 1 − 1e-24 is 1."""
    path = fit(X, Y, intercept=False, standardize=False, lr=5e-25, epochs=10).path
    assert path.at(1)["x"] == pytest.approx(3e-24, rel=1e-15)
    assert path.at(10)["x"] == pytest.approx(3e-23, rel=1e-15)


def test_steps_may_be_asked_in_any_order_and_beyond_the_end() -> None:
    features, target = table()
    path = fit(features, target, lr=0.01, epochs=100).path
    late = path.at(10**18).parameters
    assert path.at(5).parameters.tolist() == path.at(5).parameters.tolist()
    longer = fit(features, target, lr=0.01, epochs=10**18).path
    assert longer.at(10**18).parameters.tolist() == late.tolist()
    assert longer.at(100).parameters.tolist() == path.last.parameters.tolist()


def test_one_step_is_the_gradient_times_the_rate() -> None:
    features, target = table()
    path = fit(features, target, standardize=False, lr=0.01, epochs=3).path
    for k in range(3):
        step, after = path.at(k), path.at(k + 1)
        assert after.parameters == pytest.approx(
            step.parameters - step.learning_rate * step.gradient, rel=1e-13
        )


def test_objective_and_gradient_belong_to_the_step(exactly: Callable[..., Any]) -> None:
    features, target = table()
    path = fit(features, target, lr=0.05, epochs=200, ridge=0.1, standardize=False).path
    for k in (0, 1, 7, 200):
        step = path.at(k)
        w, c = step.parameters[:-1], step.parameters[-1]
        residual = features @ w + c - target
        assert step.objective == pytest.approx(np.mean(residual**2) + 0.1 * w @ w, rel=1e-13)
        slope = 2.0 * np.mean(residual[:, None] * features, axis=0) + 0.2 * w
        expected = np.append(slope, 2.0 * residual.mean())
        assert step.gradient == pytest.approx(expected, rel=1e-10, abs=1e-13)


def test_divergence_beyond_float64_is_infinite_and_not_nan() -> None:
    path = fit(X, Y, intercept=False, standardize=False, lr=5.0, epochs=10**18).path
    step = path.at(10**18)
    assert np.isinf(step["x"])
    assert np.isinf(step.objective)
