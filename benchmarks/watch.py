"""What watching a loop costs: time against the bare loop and wandb's offline watch, and memory.

The loops take turns, and the median counts of what a turn takes longer than the bare one before it.
Time is what the processor spent on this process, with one thread of torch: waiting for a core that
others hold counts for nobody. What wandb's own process does beside it is not counted.
"""

import gc
import os
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from measure import options, report, verdict
from torch import Tensor, nn

import steepest

TARGET = 1.05


def small_mlp() -> tuple[nn.Module, Tensor, Tensor]:
    """8,970 parameters, batches of 64."""
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(),
                          nn.Linear(64, 10))  # fmt: skip
    return model, torch.randn(64, 64), torch.randint(0, 10, (64,))


def small_convolutional() -> tuple[nn.Module, Tensor, Tensor]:
    """9,098 parameters, batches of 32 pictures of 16 x 16."""
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 30), nn.ReLU(), nn.Linear(30, 10),
    )  # fmt: skip
    return model, torch.randn(32, 1, 16, 16), torch.randint(0, 10, (32,))


MODELS = {"small MLP": (small_mlp, 2000), "small convolutional net": (small_convolutional, 500)}
WAYS = ("bare", "steepest.watch", "every=1", "wandb offline")


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--steps", type=float, default=1.0, help="of each turn, times the usual")
    parser.set_defaults(rounds=15)
    parser.add_argument("--memory-steps", type=int, default=100_000)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    wandb = imported()
    table: list[dict[str, object]] = []
    for name, (make, steps) in MODELS.items():
        table += timed(name, make, int(chosen.steps * steps), chosen.rounds, wandb)
    if wandb is None:
        table.append({"way": "wandb offline", "target": "not installed"})
    table += [memory(chosen.memory_steps, "auto"), memory(chosen.memory_steps, 1)]
    report("watch", table, as_json=chosen.json)


def imported() -> Any:
    """wandb, where it is installed."""
    try:
        import wandb
    except ImportError:
        return None
    return wandb


def timed(name: str, make: Any, steps: int, rounds: int, wandb: Any) -> list[dict[str, object]]:
    """A row for every way."""
    ways = [way for way in WAYS if way != "wandb offline" or wandb is not None]
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    records = 0
    for turn in range(rounds + 1):
        for way in ways:
            spent, recorded = one_turn(make, way, steps, wandb)
            if turn:
                seconds[way].append(spent)
            records = recorded if way == "steepest.watch" else records
    table: list[dict[str, object]] = []
    for way in ways:
        ratios = [a / b for a, b in zip(seconds[way], seconds["bare"], strict=True)]
        middle = statistics.median(ratios)
        row: dict[str, object] = {"net": name, "way": way, "steps": steps}
        row["microseconds a step"] = 1e6 * statistics.median(seconds[way]) / steps
        if way != "bare":
            row["over the bare loop, %"] = 100.0 * (middle - 1.0)
            row["lowest"], row["highest"] = (100.0 * (f(ratios) - 1.0) for f in (min, max))
        if way == "steepest.watch":
            row["recorded"] = records
            row["target"] = verdict(middle, TARGET, at_least=False)
        table.append(row)
    return table


def one_turn(make: Any, way: str, steps: int, wandb: Any) -> tuple[float, int]:
    """Seconds for so many steps from the same start, and how many were recorded."""
    torch.manual_seed(0)
    model, x, y = make()
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.01), nn.CrossEntropyLoss()
    gc.collect()
    if way == "wandb offline":
        with offline(wandb) as run:
            run.watch(model, loss_fn)
            begin = time.process_time()
            loop(model, optimizer, loss_fn, x, y, steps, lambda loss: run.log({"loss": loss}))
            return time.process_time() - begin, 0
    begin = time.process_time()
    if way == "bare":
        loop(model, optimizer, loss_fn, x, y, steps)
        return time.process_time() - begin, 0
    with steepest.watch(model, optimizer, loss_fn, every=1 if way == "every=1" else "auto") as run:
        loop(model, optimizer, loss_fn, x, y, steps)
    spent = time.process_time() - begin
    return spent, len(run.recorder.kept)


def loop(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss_fn: nn.Module,
    x: Tensor,
    y: Tensor,
    steps: int,
    told: Callable[[float], object] | None = None,
) -> None:
    """The loop that everyone writes."""
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        if told is not None:
            told(loss.item())


@contextmanager
def offline(wandb: Any) -> Iterator[Any]:
    """A run of wandb that reaches nothing."""
    with tempfile.TemporaryDirectory() as folder:
        settings = wandb.Settings(silent=True, console="off", x_disable_stats=True)
        with wandb.init(mode="offline", dir=folder, settings=settings) as run:
            yield run


def memory(steps: int, every: Any) -> dict[str, object]:
    """What is held after a tenth of the steps and after all, by Python's count and the system's."""
    torch.manual_seed(0)
    model, x, y = nn.Linear(8, 4), torch.randn(16, 8), torch.randint(0, 4, (16,))
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.01), nn.CrossEntropyLoss()
    tracemalloc.start()
    held: list[tuple[int, int]] = []
    with steepest.watch(model, optimizer, loss_fn, every=every):
        for part in (1, 9):
            loop(model, optimizer, loss_fn, x, y, part * steps // 10)
            gc.collect()
            held.append((tracemalloc.get_traced_memory()[0], resident()))
    tracemalloc.stop()
    (early, before), (late, after) = held
    return {
        "net": "linear", "way": f"every={every!r}", "steps": steps,
        "MB after a tenth": early / 1e6, "MB at the end": late / 1e6,
        "resident, MB more": (after - before) / 1e6,
    }  # fmt: skip


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
