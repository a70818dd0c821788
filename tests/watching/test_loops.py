"""Loops of many kinds: what is recorded is what the loop itself saw, and the loop is the same.

Each loop notes its own parameters, gradient, losses and rates as it goes. It runs bare and watched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import steepest
from steepest.results.watch import Watch


class Bare:
    """What a loop that is not watched has in the place of a watch."""

    def __enter__(self) -> "Bare":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def loss(self, value: Tensor) -> Tensor:
        return value


@dataclass
class Notes:
    """What a loop saw at each call of `step()`, and where it ended."""

    watch: Callable[..., Any]
    tensors: list[Tensor] = field(default_factory=list)
    parameters: list[np.ndarray] = field(default_factory=list)
    gradients: list[np.ndarray] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    rates: list[tuple[float, ...]] = field(default_factory=list)
    optimizers: Sequence[torch.optim.Optimizer] = ()

    def watching(
        self,
        model: nn.Module | dict[str, Tensor],
        *optimizers: torch.optim.Optimizer,
        loss_fn: Any = None,
    ) -> Any:
        held = {id(p) for o in optimizers for group in o.param_groups for p in group["params"]}
        named = model.items() if isinstance(model, dict) else model.named_parameters()
        self.tensors = [p for _, p in named if id(p) in held]
        self.optimizers = optimizers
        return self.watch(model, list(optimizers), loss_fn, every=1)

    def note(self, *losses: Tensor) -> None:
        """To be called where the gradient is what `step()` will use."""
        self.parameters.append(flat(self.tensors))
        self.gradients.append(flat([p.grad for p in self.tensors], self.tensors))
        self.losses.append(float(np.mean([float(loss.detach()) for loss in losses])))
        groups = [group for o in self.optimizers for group in o.param_groups]
        self.rates.append(tuple(group["lr"] for group in groups))


def flat(values: Sequence[Tensor | None], like: Sequence[Tensor] = ()) -> np.ndarray:
    """Numbers in a row; nan where there is no tensor."""
    parts = [
        np.full(like[i].numel(), np.nan)
        if value is None
        else value.detach().double().reshape(-1).numpy().copy()
        for i, value in enumerate(values)
    ]
    return np.concatenate(parts)


Loop = Callable[[Notes], Any]
LOOPS: list[Loop] = []


def kind(loop: Loop) -> Loop:
    LOOPS.append(loop)
    return loop


def run(loop: Loop, *, watched: bool) -> tuple[Notes, Any, Tensor]:
    """A loop's notes, the watch if it is watched, and the random numbers that come next."""
    watches: list[Watch] = []

    def watch(*arguments: Any, **options: Any) -> Any:
        if not watched:
            return Bare()
        watches.append(steepest.watch(*arguments, **options))
        return watches[0]

    torch.manual_seed(5)
    notes = Notes(watch)
    loop(notes)
    return notes, watches[0] if watches else None, torch.rand(4)


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_loop(loop: Loop) -> None:
    bare, _, numbers = run(loop, watched=False)
    notes, watch, same_numbers = run(loop, watched=True)
    # Bit by bit the same loop, with the same random numbers.
    assert torch.equal(numbers, same_numbers)
    assert flat(bare.tensors).tobytes() == flat(notes.tensors).tobytes()
    for one, other in zip(bare.optimizers, notes.optimizers, strict=True):
        assert same(one.state_dict(), other.state_dict())
    # What was recorded is what the loop saw.
    records = watch.path.records
    assert len(records) == len(notes.losses) + 1
    for k, record in enumerate(records[:-1]):
        assert record.parameters.tobytes() == notes.parameters[k].tobytes()
        assert record.objective == pytest.approx(notes.losses[k], rel=1e-6)
        assert record.gradient == pytest.approx(notes.gradients[k], rel=1e-6, nan_ok=True)
        assert record.learning_rates == notes.rates[k]
        assert record.edited == ()
    assert records[-1].parameters.tobytes() == flat(notes.tensors).tobytes()
    assert watch.mistakes() == []


def same(one: Any, other: Any) -> bool:
    """Whether two states hold the same numbers."""
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Dropout(0.1), nn.Linear(6, 1))


def rows(n: int = 24) -> tuple[Tensor, Tensor]:
    x = torch.randn(n, 3)
    return x, x.sum(1, keepdim=True) + 0.1 * torch.randn(n, 1)


@kind
def functional_loss(notes: Notes) -> None:
    (x, y), model = rows(), net()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with notes.watching(model, optimizer) as run:
        for _ in range(8):
            optimizer.zero_grad()
            loss = run.loss(nn.functional.smooth_l1_loss(model(x), y))
            loss.backward()
            notes.note(loss)
            optimizer.step()


@kind
def closures(notes: Notes) -> None:
    (x, y), model, loss_fn = rows(), nn.Linear(3, 1), nn.MSELoss()
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=4)
    with notes.watching(model, optimizer, loss_fn=loss_fn):
        for _ in range(5):
            seen = len(notes.losses)

            def closure(seen: int = seen) -> Tensor:
                optimizer.zero_grad()
                loss = loss_fn(model(x), y)
                loss.backward()
                if len(notes.losses) == seen:  # the first evaluation is the step's own point
                    notes.note(loss)
                return loss

            optimizer.step(closure)


@kind
def closures_with_line_search_and_run_loss(notes: Notes) -> None:
    (x, y), model = rows(), nn.Linear(3, 1)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=2, line_search_fn="strong_wolfe")
    with notes.watching(model, optimizer) as run:
        for _ in range(3):
            seen = len(notes.losses)

            def closure(seen: int = seen) -> Tensor:
                optimizer.zero_grad()
                loss: Tensor = run.loss((model(x) - y).square().mean())
                loss.backward()
                if len(notes.losses) == seen:
                    notes.note(loss)
                return loss

            optimizer.step(closure)


@kind
def two_optimizers_in_turn(notes: Notes) -> None:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    first = torch.optim.SGD(model[0].parameters(), lr=0.05)
    second = torch.optim.Adam(model[3].parameters(), lr=0.01)
    with notes.watching(model, first, second, loss_fn=loss_fn):
        for _ in range(6):
            for optimizer in (first, second):
                first.zero_grad()
                second.zero_grad()
                loss = loss_fn(model(x), y)
                loss.backward()
                notes.note(loss)
                optimizer.step()


@kind
def two_optimizers_after_one_pass(notes: Notes) -> None:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    first = torch.optim.SGD(model[0].parameters(), lr=0.05)
    second = torch.optim.Adam(model[3].parameters(), lr=0.01)
    with notes.watching(model, first, second, loss_fn=loss_fn):
        for _ in range(6):
            first.zero_grad()
            second.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            for optimizer in (first, second):
                notes.note(loss)
                optimizer.step()


@kind
def groups_and_schedulers(notes: Notes) -> None:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    groups: list[dict[str, Any]] = [
        {"params": model[0].parameters()},
        {"params": model[3].parameters(), "lr": 0.01},
    ]
    optimizer = torch.optim.SGD(groups, lr=0.05, momentum=0.5, weight_decay=0.01)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=3)
    fall = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    with notes.watching(model, optimizer, loss_fn=loss_fn):
        for _ in range(8):
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            notes.note(loss)
            optimizer.step()
            warm.step()
            fall.step()


@kind
def rate_in_a_tensor(notes: Notes) -> None:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=torch.tensor(0.01), foreach=False)
    with notes.watching(model, optimizer, loss_fn=loss_fn):
        for _ in range(4):
            optimizer.zero_grad(set_to_none=False)
            loss = loss_fn(model(x), y)
            loss.backward()
            notes.note(loss)
            optimizer.step()


@kind
def accumulated_and_clipped(notes: Notes) -> None:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with notes.watching(model, optimizer, loss_fn=loss_fn):
        for _ in range(6):
            losses = []
            for inputs, target in zip(x.split(8), y.split(8), strict=True):
                losses.append(loss_fn(model(inputs), target))
                (losses[-1] / 3).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            notes.note(*losses)
            optimizer.step()
            optimizer.zero_grad()


class Tied(nn.Module):
    """The same weight twice, and one that is frozen."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen = nn.Linear(3, 4)
        self.frozen.requires_grad_(False)
        self.inward = nn.Linear(4, 4)
        self.outward = nn.Linear(4, 4)
        self.outward.weight = self.inward.weight

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.tanh(self.inward(self.frozen(x)))
        out: Tensor = self.outward(hidden)
        return out


@kind
def shared_and_frozen(notes: Notes) -> None:
    (x, _), model, loss_fn = rows(), Tied(), nn.MSELoss()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.05)
    with notes.watching(model, optimizer, loss_fn=loss_fn):
        for _ in range(6):
            optimizer.zero_grad()
            loss = loss_fn(model(x), x[:, [0, 1, 2, 0]])
            loss.backward()
            notes.note(loss)
            optimizer.step()


@kind
def frozen_in_the_optimizer(notes: Notes) -> None:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    model[0].requires_grad_(False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with notes.watching(model, optimizer, loss_fn=loss_fn):
        for _ in range(6):
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            notes.note(loss)
            optimizer.step()


@kind
def autocast(notes: Notes) -> None:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with notes.watching(model, optimizer, loss_fn=loss_fn):
        for _ in range(6):
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16):
                output = model(x)
                assert output.dtype == torch.bfloat16
                loss = loss_fn(output.float(), y)
            loss.backward()
            notes.note(loss)
            optimizer.step()


def scaled(notes: Notes, optimizer_of: Callable[..., Any], scaler: Any, unscale: bool) -> None:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = optimizer_of(model.parameters())
    with notes.watching(model, optimizer, loss_fn=loss_fn):
        for _ in range(6):
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            scaler.scale(loss).backward()
            if unscale:
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            notes.note(loss)
            if scaler.is_enabled() and not unscale:
                notes.gradients[-1] /= scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()


def sgd(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=0.05)


@kind
def scaler_that_is_off(notes: Notes) -> None:
    scaled(notes, sgd, torch.amp.GradScaler("cpu", enabled=False), unscale=False)


@kind
def scaler(notes: Notes) -> None:
    scaled(notes, sgd, torch.amp.GradScaler("cpu"), unscale=False)


@kind
def scaler_and_clipping(notes: Notes) -> None:
    scaled(notes, sgd, torch.amp.GradScaler("cpu"), unscale=True)


def fused(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=0.01, fused=True)


@kind
def scaler_and_an_optimizer_that_unscales_by_itself(notes: Notes) -> None:
    scaled(notes, fused, torch.amp.GradScaler("cpu"), unscale=False)


@kind
def scaler_clipping_and_an_optimizer_that_could_unscale(notes: Notes) -> None:
    scaled(notes, fused, torch.amp.GradScaler("cpu"), unscale=True)


@kind
def compiled(notes: Notes) -> None:
    (x, y), loss_fn = rows(), nn.MSELoss()
    model = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 1))
    torch.compiler.reset()
    fast: Any = torch.compile(model, backend="aot_eager")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with notes.watching(fast, optimizer, loss_fn=loss_fn):
        for _ in range(6):
            optimizer.zero_grad()
            loss = loss_fn(fast(x), y)
            loss.backward()
            notes.note(loss)
            optimizer.step()


def test_a_step_that_the_scaler_skips_is_none() -> None:
    torch.manual_seed(0)
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer, scaler = sgd(model.parameters()), torch.amp.GradScaler("cpu")
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for k in range(20):
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            factor = float("inf") if k in (0, 7) else 1.0
            (scaler.scale(loss) * factor).backward()
            scaler.step(optimizer)
            scaler.update()
    assert run.path.epochs == 18
    gradients = [record.gradient for record in run.path.records[:-1]]
    assert all(gradient is not None and np.isfinite(gradient).all() for gradient in gradients)
    assert run.mistakes() == []


def test_watching_makes_torch_compile_nothing_again() -> None:
    torch.manual_seed(0)
    (x, y), loss_fn = rows(), nn.MSELoss()
    graphs = []

    def count(graph: Any, inputs: Any) -> Any:
        graphs.append(graph)
        return graph.forward

    model = nn.Sequential(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 1))
    torch.compiler.reset()
    fast: Any = torch.compile(model, backend=count)
    optimizer = sgd(model.parameters())
    loss_fn(fast(x), y).backward()
    with steepest.watch(fast, optimizer, loss_fn, every=3) as run:
        for _ in range(12):
            optimizer.zero_grad()
            loss_fn(fast(x), y).backward()
            optimizer.step()
    loss_fn(fast(x), y)
    assert len(graphs) == 1
    assert run.path.recorded == (0, 3, 6, 9, 12)


def test_a_compiled_linear_module_is_seen_through() -> None:
    torch.manual_seed(0)
    (x, y), loss_fn = rows(), nn.MSELoss()
    model = nn.Linear(3, 1)
    torch.compiler.reset()
    graphs = []

    def count(graph: Any, inputs: Any) -> Any:
        graphs.append(graph)
        return graph.forward

    fast: Any = torch.compile(model, backend=count)
    optimizer = sgd(model.parameters())
    with steepest.watch(fast, optimizer, loss_fn, every=3) as run:
        for _ in range(12):
            optimizer.zero_grad()
            loss_fn(fast(x), y).backward()
            optimizer.step()
    design = np.column_stack([x.double().numpy(), np.ones(len(x))])
    largest = np.linalg.eigvalsh(2 * design.T @ design / len(x))[-1]
    assert len(graphs) <= 2
    assert run.forecast.stable_rate == pytest.approx(2 / largest, rel=1e-6)


def test_a_loss_inside_a_compiled_step_is_handed_in() -> None:
    torch.manual_seed(0)
    (x, y), loss_fn = rows(), nn.MSELoss()
    model = nn.Sequential(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 1))
    graphs: list[Any] = []
    seen: list[float] = []
    torch.compiler.reset()

    def count(graph: Any, inputs: Any) -> Any:
        graphs.append(graph)
        return graph.forward

    @torch.compile(backend=count)
    def objective(x: Tensor, y: Tensor) -> Tensor:
        value: Tensor = loss_fn(model(x), y)
        return value

    optimizer = sgd(model.parameters())
    with steepest.watch(model, optimizer, loss_fn, every=2) as run:
        for _ in range(12):
            optimizer.zero_grad()
            loss = run.loss(objective(x, y))
            loss.backward()
            seen.append(loss.item())
            optimizer.step()
    # Compiled at most with hooks and without; nothing of the hooks is in what was compiled.
    assert len(graphs) <= 2
    expected = ["input_1", "input_2", "input_3", "value"]
    for graph in graphs:
        calls = [node.name for node in graph.graph.nodes if node.op.startswith("call")]
        assert calls == expected
    assert [step.objective for step in run.path][:-1] == pytest.approx(seen[::2])
    assert [record.losses for record in run.path.records] == [1] * 6 + [0]


# Said by torch's own compiler when it is loaded.
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method:DeprecationWarning")
def test_a_compiled_optimizer() -> None:
    torch.manual_seed(0)
    (x, y), loss_fn = rows(), nn.MSELoss()
    model = nn.Linear(3, 1)
    optimizer = sgd(model.parameters())
    torch.compiler.reset()
    compiled_step = torch.compile(optimizer.step, backend="eager")
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(5):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            compiled_step()
    assert run.path.recorded == (0, 1, 2, 3, 4, 5)
    step = run.at(2)
    moved = step.parameters - 0.05 * step.gradient
    assert run.at(3).parameters == pytest.approx(moved, abs=1e-6)


def test_a_closure_may_set_the_mode_and_clip() -> None:
    torch.manual_seed(0)
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = sgd(model.parameters())

    def closure() -> Any:
        model.train()
        optimizer.zero_grad()
        for part in (slice(0, 12), slice(12, 24)):
            loss = loss_fn(model(x[part]), y[part]) / 2
            loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        return loss

    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(5):
            optimizer.step(closure)
            model.eval()
            with torch.no_grad():
                loss_fn(model(x), y)
    assert run.mistakes() == []
    for k in range(4):
        step = run.at(k)
        assert np.linalg.norm(step.gradient) == pytest.approx(0.1, rel=1e-4)
        moved = step.parameters - 0.05 * step.gradient
        assert run.at(k + 1).parameters == pytest.approx(moved, abs=1e-6)
        assert run.path.record(k).losses == 2
