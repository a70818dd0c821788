"""What watching a loop costs: time against the bare loop and wandb's offline watch, and memory.

Loops, warmed up, take short turns in a random order, with one thread of torch; they are made anew
some times, since two that do the same differ by some percent, by where their numbers lie. A turn is
compared with the bare loop's beside it, and the median counts; most turns hold no recorded step, so
the sums of all turns are compared too. Time is what the processor spent on this process; what
wandb's own process does beside it is not counted. All of it takes some three minutes.
"""

import gc
import os
import random
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import torch
from measure import options, report, verdict
from torch import Tensor, nn

import steepest

TARGET = 1.05
WARM, TURNS = 40, 40  # turns


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


class Transformer(nn.Module):
    """Two layers of attention over tokens, and a mean over them."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
        self.tokens = nn.Embedding(50, 32)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Any:
        """Scores (rows, 10) of tokens (rows, length)."""
        return self.head(self.encoder(self.tokens(x)).mean(1))


def small_transformer() -> tuple[nn.Module, Tensor, Tensor]:
    """19,178 parameters, batches of 16 texts of 16 tokens."""
    return Transformer(), torch.randint(0, 50, (16, 16)), torch.randint(0, 10, (16,))


# With so many steps in a turn.
MODELS = {
    "small MLP": (small_mlp, 20),
    "small convolutional net": (small_convolutional, 4),
    "small transformer": (small_transformer, 4),
}


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.set_defaults(rounds=6)
    parser.add_argument("--memory-steps", type=int, default=100_000)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    wandb = imported()
    table: list[dict[str, object]] = []
    for name, (make, steps) in MODELS.items():
        bare = partial(Bare, make)
        watched, always = partial(Watched, make), partial(Watched, make, every=1)
        table += timed(name, [bare, watched], steps, chosen.rounds)
        table += timed(name, [bare, always], steps, -(-chosen.rounds // 3))[1:]
        if make is small_mlp:
            hand = [partial(ByHand, make), partial(WatchedByHand, make)]
            table += timed(f"{name}, by hand", hand, steps, chosen.rounds)
        if wandb is not None:
            with offline(wandb) as run:
                logged = partial(Logged, make, run)
                table += timed(name, [bare, logged], steps, -(-chosen.rounds // 3))[1:]
    if wandb is None:
        table.append({"way": "wandb offline", "target": "not installed"})
    table.append(memory(chosen.memory_steps))
    report("watch", table, as_json=chosen.json)


def imported() -> Any:
    """wandb, where it is installed."""
    try:
        import wandb
    except ImportError:
        return None
    return wandb


class Bare:
    """A loop from its start; `turn(steps)` goes on with it."""

    name = "bare"

    def __init__(self, make: Callable[[], tuple[nn.Module, Tensor, Tensor]]) -> None:
        torch.manual_seed(0)
        self.model, self.x, self.y = make()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)
        self.loss_fn = nn.CrossEntropyLoss()
        self.told: Callable[[float], object] | None = None
        self.recorded = 0

    def turn(self, steps: int) -> None:
        """So many more steps."""
        loop(self.model, self.optimizer, self.loss_fn, self.x, self.y, steps, self.told)

    def close(self) -> None:
        """After the last turn."""


class Watched(Bare):
    """The loop under `steepest.watch`."""

    def __init__(self, make: Any, every: Any = "auto") -> None:
        super().__init__(make)
        self.name = "steepest.watch" if every == "auto" else f"every={every}"
        self.opened = ExitStack()
        watch = steepest.watch(self.model, self.optimizer, self.loss_fn, every=every)
        self.opened.enter_context(watch).recorder.listeners.append(self.count)

    def count(self, _: object) -> None:
        """One more record."""
        self.recorded += 1

    def close(self) -> None:
        """After the last turn."""
        self.opened.close()


class ByHand(Bare):
    """The loop without an optimizer, as it is written to learn from."""

    def turn(self, steps: int) -> None:
        """So many more steps."""
        for _ in range(steps):
            self.loss_fn(self.model(self.x), self.y).backward()
            with torch.no_grad():
                for parameter in self.model.parameters():
                    assert parameter.grad is not None
                    parameter -= 0.01 * parameter.grad
                    parameter.grad = None


class WatchedByHand(ByHand):
    """The same under `steepest.watch`."""

    name = "steepest.watch"

    def __init__(self, make: Any) -> None:
        super().__init__(make)
        self.opened = ExitStack()
        self.opened.enter_context(steepest.watch(self.model))

    def close(self) -> None:
        """After the last turn."""
        self.opened.close()


class Logged(Bare):
    """The loop under wandb's `watch`, with a `log` at every step."""

    name = "wandb offline"

    def __init__(self, make: Any, run: Any) -> None:
        super().__init__(make)
        self.run = run
        run.watch(self.model, self.loss_fn)
        self.told = self.log

    def log(self, loss: float) -> None:
        """Tell it."""
        self.run.log({"loss": loss})

    def close(self) -> None:
        """After the last turn."""
        self.run.unwatch(self.model)


def timed(
    net: str, makers: list[Callable[[], Bare]], steps: int, rounds: int
) -> list[dict[str, object]]:
    """A row for the bare loop, which is the first, and one for the other."""
    seconds: tuple[list[float], list[float]] = ([], [])
    order = random.Random(0)
    recorded = 0
    for _ in range(rounds):
        made = {place: makers[place]() for place in order.sample((0, 1), 2)}
        for place in (0, 1):
            made[place].turn(WARM * steps)
        before = made[1].recorded
        for _ in range(TURNS):
            for place in order.sample((0, 1), 2):
                begin = process_time()
                made[place].turn(steps)
                seconds[place].append(process_time() - begin)
        recorded += made[1].recorded - before
        made[1].close()
    bare, other = seconds
    middle = statistics.median(b / a for a, b in zip(bare, other, strict=True))
    together = sum(other) / sum(bare)
    rows: list[dict[str, object]] = [
        {"net": net, "way": made[place].name,
         "microseconds a step": 1e6 * statistics.median(seconds[place]) / steps}
        for place in (0, 1)
    ]  # fmt: skip
    rows[1]["over the bare loop, %: median"] = 100.0 * (middle - 1.0)
    rows[1]["all turns"] = 100.0 * (together - 1.0)
    if recorded:
        rows[1]["recorded, %"] = 100.0 * recorded / (steps * TURNS * rounds)
    if made[1].name == "steepest.watch":
        rows[1]["target"] = verdict(middle, TARGET, at_least=False)
    return rows


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


def memory(steps: int) -> dict[str, object]:
    """What the process holds in memory after a tenth of the steps and after all."""
    torch.manual_seed(0)
    model, x, y = nn.Linear(8, 4), torch.randn(16, 8), torch.randint(0, 4, (16,))
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.01), nn.CrossEntropyLoss()
    held: list[int] = []
    with steepest.watch(model, optimizer, loss_fn):
        for part in (1, 9):
            loop(model, optimizer, loss_fn, x, y, part * steps // 10)
            gc.collect()
            held.append(resident())
    return {
        "net": "linear", "way": "steepest.watch", "steps": steps,
        "MB after a tenth": held[0] / 1e6, "MB more at the end": (held[1] - held[0]) / 1e6,
    }  # fmt: skip


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
