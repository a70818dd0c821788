"""1,000 epochs of full-batch descent against the plain torch loop.

The loop is `nn.Linear`, `MSELoss` and `SGD`. It is measured over a few epochs and scaled (every
epoch is the same work); the parameters are compared after those few epochs, or after all of them
with --all. steepest's time is that of the whole `fit`: the pass over the rows and the path.
"""

import numpy as np
import torch
from measure import best_of, linear_rows, options, report, verdict
from numpy.typing import NDArray

import steepest

EPOCHS = 1000


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--measured", type=int, default=5, help="epochs of torch's loop a turn")
    parser.add_argument("--all", action="store_true", help="run torch's 1,000 epochs once, as well")
    chosen = parser.parse_args()
    features, target = linear_rows(chosen.rows, chosen.columns)
    start = np.linspace(-1.0, 1.0, chosen.columns + 1)
    rate = 0.1

    def descend() -> steepest.Fit:
        return steepest.fit(
            features, target, standardize=False, lr=rate, epochs=EPOCHS, start=start
        )

    def loop(epochs: int = chosen.measured) -> NDArray[np.float32]:
        return torch_loop(features, target, start, rate, epochs)

    best = best_of(chosen.rounds, {"steepest": descend, "torch": loop})
    compared = EPOCHS if chosen.all else chosen.measured
    ours, theirs = descend().path.at(compared).parameters, loop(compared)
    scaled = best["torch"] / chosen.measured * EPOCHS
    ratio = scaled / best["steepest"]
    rows = [
        {"way": "steepest.fit", "seconds for 1,000 epochs": best["steepest"]},
        {"way": "torch loop, scaled", "seconds for 1,000 epochs": scaled},
        {"way": "torch / steepest", "seconds for 1,000 epochs": ratio, "": verdict(ratio, 1000.0)},
    ]
    report(
        "epochs",
        rows,
        as_json=chosen.json,
        shape=f"{chosen.rows} x {chosen.columns} float32",
        compared_after=compared,
        largest_relative_difference=float(np.abs(theirs - ours).max() / np.abs(ours).max()),
    )


def torch_loop(
    features: NDArray[np.float32],
    target: NDArray[np.float32],
    start: NDArray[np.float64],
    rate: float,
    epochs: int,
) -> NDArray[np.float32]:
    """Parameters after `epochs` full-batch updates from `start`, features first."""
    x, y = torch.from_numpy(features), torch.from_numpy(target)[:, None]
    model = torch.nn.Linear(x.shape[1], 1)
    with torch.no_grad():
        model.weight[:] = torch.from_numpy(start[:-1])
        model.bias[:] = float(start[-1])
    loss, optimizer = torch.nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=rate)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()
    parameters = torch.cat([model.weight.detach().flatten(), model.bias.detach()])
    return np.asarray(parameters.numpy())


if __name__ == "__main__":
    main()
