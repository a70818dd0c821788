"""One shuffled epoch of mini-batch descent against scikit-learn, a torch DataLoader loop and river.

10^6 x 20 float32 rows, squared and logistic loss. scikit-learn makes its epoch one row at a time,
with its own schedule; the objective is the mean loss over all rows after the epoch. torch's loop is
timed over a few batches and scaled. river learns 10^4 rows one by one.

Whole calls of the estimators, set-up and choice of the rate included, are for half of the rows.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from measure import best_of, linear_rows, options, report, verdict
from numpy.typing import NDArray
from river import linear_model, optim
from sklearn.linear_model import SGDClassifier, SGDRegressor
from torch.utils.data import DataLoader, TensorDataset

from steepest.descent.minibatch import MinibatchState, Settings, visit, whole
from steepest.descent.optimizers import SGD
from steepest.descent.row_block import RowBlock
from steepest.descent.schedules import InverseTime
from steepest.estimators import GradientDescentClassifier, GradientDescentRegressor
from steepest.losses import Logistic, Loss, Squared

TORCH_BATCHES = 60
RIVER_ROWS = 10_000
BATCH = 256
# Rates that fall: what an epoch ends with is then near the minimum, not the noise around it.
RATES = {
    ("squared", 1): InverseTime(3e-3, decay=1e-4),
    ("squared", BATCH): InverseTime(0.1, decay=1e-2),
    ("logistic", 1): InverseTime(0.3, decay=3e-4),
    ("logistic", BATCH): InverseTime(8.0, decay=1e-2),
}

Epoch = Callable[[], NDArray[np.float64]]


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    chosen = parser.parse_args()
    features, target = linear_rows(chosen.rows, chosen.columns)
    noise = np.random.default_rng(1).logistic(size=chosen.rows)
    classes = (target - 3.0 + noise > 0.0).astype(np.float32)
    rows = [
        *against_scikit_learn(Squared(), features, target, chosen.rounds),
        *against_scikit_learn(Logistic(), features, classes, chosen.rounds),
        *whole_calls(features[: chosen.rows // 2], target[: chosen.rows // 2], chosen.rounds),
        *whole_calls(features[: chosen.rows // 2], classes[: chosen.rows // 2], chosen.rounds),
        *against_torch(features, target, chosen.rounds),
        *against_river(features, target, chosen.rounds),
    ]
    shape = f"{chosen.rows} x {chosen.columns} float32"
    report("minibatch", rows, as_json=chosen.json, shape=shape)


def against_scikit_learn(
    loss: Loss, features: Any, target: Any, rounds: int
) -> Iterator[dict[str, object]]:
    """A row for one epoch of each side."""
    block, one = RowBlock.of(features, target), {"max_iter": 1, "tol": None, "penalty": None}

    def theirs() -> NDArray[np.float64]:
        if loss.name == "squared":
            model = SGDRegressor(**one).fit(features, target)
        else:
            model = SGDClassifier(loss="log_loss", **one).fit(features, target)
        return np.append(model.coef_, model.intercept_)

    peer = "SGDRegressor" if loss.name == "squared" else "SGDClassifier"
    ways: dict[str, Epoch] = {f"batch {b}": epoch_of(block, loss, b) for b in (1, BATCH)}
    ways[peer] = theirs
    best = best_of(rounds, ways)
    settings = settings_of(loss, 1)
    for name, way in ways.items():
        ratio = best[peer] / best[name]
        yield {
            "way": f"{loss.name}, {name}",
            "ms": 1e3 * best[name],
            "times faster": ratio,
            "objective": whole(block, settings, way())[0],
            "target": "" if name == peer else verdict(ratio, 20.0),
        }


def whole_calls(features: Any, target: Any, rounds: int) -> Iterator[dict[str, object]]:
    """A row for one epoch and for ten of each estimator, from the call to the coefficients."""
    if len(np.unique(target)) > 2:
        name, ours, theirs = "squared", GradientDescentRegressor, SGDRegressor
        loss: dict[str, str] = {}
    else:
        name, ours, theirs = "logistic", GradientDescentClassifier, SGDClassifier
        loss = {"loss": "log_loss"}
    for epochs, factor in ((1, 4.0), (10, 6.0)):
        mine = ours(batch_size=32, max_iter=epochs, tol=None)
        peer = theirs(max_iter=epochs, tol=None, penalty=None, **loss)
        ways = {
            "ours": partial(mine.fit, features, target),
            "peer": partial(peer.fit, features, target),
        }
        best = best_of(rounds, ways)
        ratio = best["peer"] / best["ours"]
        what = f"{name}, call of {epochs} epochs, {len(features)} rows"
        yield {"way": f"{what}, batch 32", "ms": 1e3 * best["ours"], "times faster": ratio,
               "target": verdict(ratio, factor)}  # fmt: skip
        yield {"way": f"{what}, {theirs.__name__}", "ms": 1e3 * best["peer"], "times faster": 1.0}


def against_torch(features: Any, target: Any, rounds: int) -> Iterator[dict[str, object]]:
    """A row for the loop that torch's own lessons teach."""
    block, batches = RowBlock.of(features, target), -(-len(features) // BATCH)
    data = TensorDataset(torch.from_numpy(features), torch.from_numpy(target)[:, None])

    def loop() -> None:
        model = torch.nn.Linear(features.shape[1], 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        loader = iter(DataLoader(data, batch_size=BATCH, shuffle=True))
        for _ in range(TORCH_BATCHES):
            x, y = next(loader)
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()

    def shuffle_alone() -> None:
        next(iter(DataLoader(data, batch_size=1, shuffle=True)))

    ours = epoch_of(block, Squared(), BATCH)
    best = best_of(rounds, {"ours": ours, "loop": loop, "shuffle": shuffle_alone})
    # The shuffle of all rows is made once an epoch, however few batches follow.
    epoch = best["shuffle"] + (best["loop"] - best["shuffle"]) * batches / TORCH_BATCHES
    ratio = epoch / best["ours"]
    yield {"way": f"squared, batch {BATCH}", "ms": 1e3 * best["ours"], "times faster": ratio,
           "target": verdict(ratio, 300.0)}  # fmt: skip
    yield {"way": f"torch DataLoader, batch {BATCH}", "ms": 1e3 * epoch, "times faster": 1.0}


def against_river(features: Any, target: Any, rounds: int) -> Iterator[dict[str, object]]:
    """A row for learning row by row."""
    x, y = features[:RIVER_ROWS], target[:RIVER_ROWS]
    names = [f"x{j}" for j in range(x.shape[1])]
    stream = [
        (dict(zip(names, row, strict=True)), value)
        for row, value in zip(x.tolist(), y.tolist(), strict=True)
    ]

    def theirs() -> None:
        model = linear_model.LinearRegression(optimizer=optim.SGD(0.01), intercept_lr=0.01)
        for row, value in stream:
            model.learn_one(row, value)

    ours = epoch_of(RowBlock.of(x, y), Squared(), 1)
    best = best_of(rounds, {"ours": ours, "river": theirs})
    ratio = best["river"] / best["ours"]
    yield {"way": f"squared, batch 1, {RIVER_ROWS} rows", "ms": 1e3 * best["ours"],
           "times faster": ratio}  # fmt: skip
    yield {"way": f"river, {RIVER_ROWS} rows", "ms": 1e3 * best["river"], "times faster": 1.0}


def epoch_of(block: RowBlock, loss: Loss, batch: int) -> Epoch:
    """One shuffled epoch from zeros."""
    settings = settings_of(loss, batch)
    start = MinibatchState.start(np.zeros(block.columns + 1), settings)
    return lambda: visit(block, settings, start).parameters


def settings_of(loss: Loss, batch: int) -> Settings:
    """Plain SGD at that batch size."""
    return Settings(loss, SGD(), RATES[loss.name, batch], batch=batch)


if __name__ == "__main__":
    main()
