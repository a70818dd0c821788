"""The update rules, each written once as a pure function of arrays.

Every rule has the form

    θ ← θ·(1 − lr·δ) − lr·d,    (d, state) = rule(g, state)

where d, the direction, depends on the gradients seen so far and not on the rate. Beside each rule
stands its reach: the direction that a steady gradient of 1 would have led to, as the state after
the step scales it.

The rules use operators and two functions, `sqrt` and `maximum`, of the namespace `xp` that is
passed in: NumPy, torch, or, inside a function compiled by numba, NumPy again.
"""

import math
from typing import Any, TypeAlias

Array: TypeAlias = Any  # a NumPy array or a torch tensor of floats
Namespace: TypeAlias = Any  # numpy or torch: sqrt, maximum
State: TypeAlias = tuple[Any, ...]  # the number of steps taken, then arrays shaped as θ


def geometric(ratio: float, terms: float) -> float:
    """1 + ratio + ratio² + …, so many terms."""
    return float(terms) if ratio == 1.0 else (1.0 - ratio**terms) / (1.0 - ratio)


def momentum_rule(
    g: Array, state: State, momentum: float, dampening: float, nesterov: bool
) -> tuple[Array, State]:
    """b ← μb + (1 − dampening)g, at the first step b ← g; d = b, with Nesterov g + μb."""
    count, buffer = state
    # torch starts the buffer at the bare first gradient, whatever the dampening.
    buffer = momentum * buffer + (1.0 - dampening) * g if count > 0 else 1.0 * g
    return (g + momentum * buffer if nesterov else buffer), (count + 1, buffer)


def momentum_reach(state: State, momentum: float, dampening: float, nesterov: bool) -> Array:
    """The buffer of a steady gradient of 1."""
    rest = state[0] - 1
    buffer = momentum**rest + (1.0 - dampening) * geometric(momentum, rest)
    return 1.0 + momentum * buffer if nesterov else buffer


def adagrad_rule(
    g: Array, state: State, lr_decay: float, eps: float, xp: Namespace
) -> tuple[Array, State]:
    """s ← s + g²; d = g / (√s + ε) / (1 + t·lr_decay), t counting from 0."""
    count, total = state
    total = total + g * g
    return g / ((xp.sqrt(total) + eps) * (1.0 + count * lr_decay)), (count + 1, total)


def adagrad_reach(state: State, lr_decay: float, eps: float, xp: Namespace) -> Array:
    """1 / (√s + ε) / (1 + t·lr_decay)."""
    count, total = state
    return 1.0 / ((xp.sqrt(total) + eps) * (1.0 + (count - 1) * lr_decay))


def rmsprop_rule(
    g: Array,
    state: State,
    alpha: float,
    eps: float,
    momentum: float,
    centered: bool,
    xp: Namespace,
) -> tuple[Array, State]:
    """v ← αv + (1 − α)g²; centered: m ← αm + (1 − α)g, v − m² in place of v.

    d = g / (√v + ε); with momentum b ← μb + d and b in place of d.
    """
    count, square, mean, buffer = state
    square = alpha * square + (1.0 - alpha) * (g * g)
    spread = square
    if centered:
        mean = mean + (1.0 - alpha) * (g - mean)
        spread = square - mean * mean
    direction = g / (xp.sqrt(spread) + eps)
    if momentum > 0.0:
        direction = momentum * buffer + direction
        buffer = direction
    return direction, (count + 1, square, mean, buffer)


def rmsprop_reach(
    state: State, eps: float, momentum: float, centered: bool, xp: Namespace
) -> Array:
    """1 / (√v + ε), times what momentum makes of it."""
    count, square, mean, _ = state
    spread = square - mean * mean if centered else square
    return geometric(momentum, count) / (xp.sqrt(spread) + eps)


def adam_rule(
    g: Array, state: State, betas: tuple[float, float], eps: float, amsgrad: bool, xp: Namespace
) -> tuple[Array, State]:
    """m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; d = m̂ / (√v̂ + ε).

    m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ), t counting from 1; AMSGrad: the largest v so far.
    """
    count, mean, square, largest = state
    beta1, beta2 = betas
    count = count + 1
    mean = mean + (1.0 - beta1) * (g - mean)
    square = beta2 * square + (1.0 - beta2) * (g * g)
    scale = square
    if amsgrad:
        largest = xp.maximum(largest, square)
        scale = largest
    root = xp.sqrt(scale) / math.sqrt(1.0 - beta2**count) + eps
    return mean / (root * (1.0 - beta1**count)), (count, mean, square, largest)


def adam_reach(
    state: State, betas: tuple[float, float], eps: float, amsgrad: bool, xp: Namespace
) -> Array:
    """1 / (√v̂ + ε)."""
    count, _, square, largest = state
    root = xp.sqrt(largest if amsgrad else square)
    return 1.0 / (root / math.sqrt(1.0 - betas[1] ** count) + eps)
