"""One update of the parameters, as machine code. Importing this imports numba: do so where it is
used.

The rules are those of `optimizers.py` and the proximal step that of `penalties.py`, compiled and
not written again. Each is called on one parameter at a time.

Where the descent stands is one array `walk` (6, k, d), whose layers are named below; the width d is
that of a tile, of which `used` columns are parameters. What is added to the mean loss is another,
`costs` (4, k, d). (A tuple of arrays would be counted in and out at every update of one row, which
takes longer than the update.)

numba notices changes of the file that holds a compiled function, not of files that it calls: after
a change of the rules, delete `__pycache__` beside this file.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import register_jitable

from steepest.arrays import Floats, Integers
from steepest.descent.update_rules import (
    adagrad_reach,
    adagrad_rule,
    adam_reach,
    adam_rule,
    geometric,
    momentum_reach,
    momentum_rule,
    rmsprop_reach,
    rmsprop_rule,
)
from steepest.losses.kernel import UNWRAPPED, proximal

# The layers of `walk`: the parameters; the sum of the gradients of the batch so far; the sum of the
# parameters after every update that counts for their average; what the optimizer remembers, in the
# order of its state.
THETA, GRADIENT, TOTAL, MEMORY = 0, 1, 2, 3
LAYERS = 6
# The places of `counts`: updates made; rows in the batch so far; updates in TOTAL.
UPDATES, PENDING, AVERAGED = 0, 1, 2
# The layers of `costs`: 2b of the smooth part Σ b θ²; a of Σ a|θ|; bounds.
CURVATURE, STRENGTH, LOWER, UPPER = 0, 1, 2, 3

PLAIN, MOMENTUM, ADAGRAD, RMSPROP, ADAM = 0, 1, 2, 3, 4

_REACHES = (momentum_reach, adagrad_reach, rmsprop_reach, adam_reach)
for _rule in (momentum_rule, adagrad_rule, rmsprop_rule, adam_rule, geometric, *_REACHES):
    register_jitable(_rule)

# Sums may be reordered; NaN and infinity must stay what they are. Compiled into whatever calls it:
# with a batch of one row the call would take longer than the update.
_fast = {"reassoc", "contract", "nsz"}
inline = njit(forceinline=True, error_model="numpy", fastmath=_fast, **UNWRAPPED)
_proximal = njit(forceinline=True, error_model="numpy", **UNWRAPPED)(proximal.py_func)


class Rule(NamedTuple):
    """What is done at an update.

    - `code`, `a`, `b`, `c`, `flag`: the optimizer, and what its rule takes, in that order
    - `decay`, `decoupled`: weight decay, beside the update (AdamW) or within the gradient
    - `smooth`, `proximal`: whether `costs` has anything for the gradient, or for a proximal step
    - `spared`: updates before the first that counts for the average; −1 for no average
    """

    code: int
    a: float
    b: float
    c: float
    flag: bool
    decay: float
    decoupled: bool
    smooth: bool
    proximal: bool
    spared: int


@inline
def update(walk: Floats, counts: Integers, lr: float, rule: Rule, costs: Floats, used: int) -> None:
    """One update from the mean gradient of the batch, whose sum is then 0 again."""
    share = 1.0 / np.float64(counts[PENDING])
    count = np.float64(counts[UPDATES])
    for k in range(walk.shape[1]):
        for j in range(used):
            walk[GRADIENT, k, j] *= share
        if rule.smooth:
            for j in range(used):
                walk[GRADIENT, k, j] += costs[CURVATURE, k, j] * walk[THETA, k, j]
        if rule.decay != 0.0:
            _decay(walk, k, lr, rule, used)
        _move(walk, k, count, lr, rule, used)
        if rule.proximal:
            for j in range(used):
                lower, upper = costs[LOWER, k, j], costs[UPPER, k, j]
                reach = _reach(walk, count + 1.0, k, j, rule)
                threshold = lr * costs[STRENGTH, k, j] * reach
                walk[THETA, k, j] = _proximal(walk[THETA, k, j], threshold, lower, upper)
        for j in range(used):
            walk[GRADIENT, k, j] = 0.0
    finish(walk, counts, rule, used)


@inline
def finish(walk: Floats, counts: Integers, rule: Rule, used: int) -> None:
    """The batch is done; its parameters may count for the average."""
    counts[PENDING] = 0
    counts[UPDATES] += 1
    if 0 <= rule.spared < counts[UPDATES]:
        counts[AVERAGED] += 1
        for k in range(walk.shape[1]):
            for j in range(used):
                walk[TOTAL, k, j] += walk[THETA, k, j]


@inline
def move(
    walk: Floats, counts: Integers, k: int, j: int, share: float, lr: float, rule: Rule
) -> None:
    """Update one parameter by plain SGD or Adagrad; its gradient is then 0."""
    g = walk[GRADIENT, k, j] * share
    walk[GRADIENT, k, j] = 0.0
    if rule.code == ADAGRAD:
        state = np.float64(counts[UPDATES]), walk[MEMORY, k, j]
        g, (_, walk[MEMORY, k, j]) = adagrad_rule(g, state, rule.a, rule.b, np)
    walk[THETA, k, j] -= lr * g


@inline
def _decay(walk: Floats, k: int, lr: float, rule: Rule, used: int) -> None:
    if rule.decoupled:
        for j in range(used):
            walk[THETA, k, j] *= 1.0 - lr * rule.decay
    else:
        for j in range(used):
            walk[GRADIENT, k, j] += rule.decay * walk[THETA, k, j]


@inline
def _move(walk: Floats, k: int, count: Any, lr: float, rule: Rule, used: int) -> None:
    """θ ← θ − lr·d, and what the rule remembers. The count is a float: powers of it are hoisted."""
    a, b, c, flag = rule.a, rule.b, rule.c, rule.flag
    if rule.code == PLAIN:
        for j in range(used):
            walk[THETA, k, j] -= lr * walk[GRADIENT, k, j]
    elif rule.code == MOMENTUM:
        for j in range(used):
            g, buffer = walk[GRADIENT, k, j], walk[MEMORY, k, j]
            d, (_, walk[MEMORY, k, j]) = momentum_rule(g, (count, buffer), a, b, flag)
            walk[THETA, k, j] -= lr * d
    elif rule.code == ADAGRAD:
        for j in range(used):
            g, total = walk[GRADIENT, k, j], walk[MEMORY, k, j]
            d, (_, walk[MEMORY, k, j]) = adagrad_rule(g, (count, total), a, b, np)
            walk[THETA, k, j] -= lr * d
    elif rule.code == RMSPROP:
        for j in range(used):
            g, state = walk[GRADIENT, k, j], _state(walk, count, k, j)
            d, state = rmsprop_rule(g, state, a, b, c, flag, np)
            _remember(walk, state, k, j)
            walk[THETA, k, j] -= lr * d
    else:
        for j in range(used):
            g, state = walk[GRADIENT, k, j], _state(walk, count, k, j)
            d, state = adam_rule(g, state, (a, b), c, flag, np)
            _remember(walk, state, k, j)
            walk[THETA, k, j] -= lr * d


@inline
def _reach(walk: Floats, count: Any, k: int, j: int, rule: Rule) -> Any:
    """What a proximal step is scaled by, after so many updates: see `proximal.py`."""
    a, b, c, flag = rule.a, rule.b, rule.c, rule.flag
    if rule.code == PLAIN:
        return 1.0
    if rule.code == MOMENTUM:
        return momentum_reach((count, 0.0), a, b, flag)
    if rule.code == ADAGRAD:
        return adagrad_reach((count, walk[MEMORY, k, j]), a, b, np)
    if rule.code == RMSPROP:
        return rmsprop_reach(_state(walk, count, k, j), b, c, flag, np)
    return adam_reach(_state(walk, count, k, j), (a, b), c, flag, np)


@inline
def _state(walk: Floats, count: Any, k: int, j: int) -> Any:
    return count, walk[MEMORY, k, j], walk[MEMORY + 1, k, j], walk[MEMORY + 2, k, j]


@inline
def _remember(walk: Floats, state: Any, k: int, j: int) -> None:
    _, walk[MEMORY, k, j], walk[MEMORY + 1, k, j], walk[MEMORY + 2, k, j] = state
