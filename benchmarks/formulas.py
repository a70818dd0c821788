"""Descent on a formula and on a function, against loops in torch.

Both sides make the same updates in float64 from the same start and keep parameters, objective and
gradient of every step. The loop is written as people write it: `zero_grad`, `backward`, `step`.
"""

from functools import partial

import numpy as np
import torch
from measure import best_of, options, report, verdict

import steepest

STEPS = 1000
RATES = np.geomspace(1e-5, 1.2e-3, 64).tolist()
FORMULA = "(1 - x)^2 + 100(y - x^2)^2"
START = (-1.5, 2.0)

Step = tuple[list[float], float, list[float]]


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    one = best_of(
        chosen.rounds,
        {
            "torch loop": partial(torch_run, RATES[-1]),
            "formula": partial(steepest.minimize, FORMULA, START, lr=RATES[-1], epochs=STEPS),
            "function": partial(steepest.minimize, rosenbrock, START, lr=RATES[-1], epochs=STEPS),
        },
    )
    several = best_of(
        1,
        {
            "64 torch loops": lambda: [torch_run(rate) for rate in RATES],
            "study of 64": partial(steepest.study, FORMULA, START, lr=RATES, epochs=STEPS),
        },
    )
    rows = [
        _row("torch loop", one["torch loop"], one["torch loop"], None),
        _row("formula", one["formula"], one["torch loop"], 1.0),
        _row("function", one["function"], one["torch loop"], 1.0),
        _row("64 torch loops", several["64 torch loops"], several["64 torch loops"], None),
        _row("study of 64", several["study of 64"], several["64 torch loops"], 20.0),
    ]
    report("formulas", rows, as_json=chosen.json, steps=STEPS, difference=difference())


def _row(name: str, ours: float, theirs: float, target: float | None) -> dict[str, object]:
    told = "" if target is None else verdict(theirs / ours, target)
    return {"what": name, "seconds": ours, "times faster": theirs / ours, "target": told}


def rosenbrock(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The formula as a function of tensors."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def torch_run(rate: float) -> list[Step]:
    """One run in plain torch; every step is kept."""
    x, y = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in START)
    optimizer = torch.optim.SGD([x, y], lr=rate)
    steps = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        objective = rosenbrock(x, y)
        objective.backward()
        steps.append(([x.item(), y.item()], objective.item(), [x.grad.item(), y.grad.item()]))
        optimizer.step()
    steps.append(([x.item(), y.item()], rosenbrock(x, y).item(), []))
    return steps


def difference() -> float:
    """The largest difference between the last parameters of both, over all rates."""
    study = steepest.study(FORMULA, START, lr=RATES, epochs=STEPS)
    pairs = zip(RATES, study, strict=True)
    return max(float(np.abs(torch_run(r)[-1][0] - p.last.parameters).max()) for r, p in pairs)


if __name__ == "__main__":
    main()
