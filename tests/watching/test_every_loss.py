"""The loss of every step is kept, however few of the steps are recorded, and all that speaks of the
last objective speaks of the same number.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import steepest
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.subject import Subject
from steepest.results.watch import Watch

STEPS = 400
MSE = nn.MSELoss()
Way = Callable[[Watch, nn.Module, Tensor, Tensor], Tensor]


def by_module(run: Watch, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    loss: Tensor = run.loss_fn(model(x), y)  # type: ignore[misc]  # there is one
    loss.backward()
    return loss


def handed_in(run: Watch, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    loss = run.loss(functional.mse_loss(model(x), y))
    loss.backward()
    return loss


def by_its_backward_pass(run: Watch, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    loss = functional.mse_loss(model(x), y)
    loss.backward()
    return loss


def divided_in_place(run: Watch, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """As for accumulation: the loss that came in is the whole."""
    loss: Tensor = run.loss_fn(model(x), y)  # type: ignore[misc]  # there is one
    before = loss.detach().clone()
    loss /= 4
    loss.backward()
    return before


def accumulated(run: Watch, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Parts of a batch, each scaled by its share of the rows: the loss is their sum."""
    total = 0.0
    for inputs, targets in zip(x.split(4), y.split(4), strict=True):
        loss = functional.mse_loss(model(inputs), targets) * (len(inputs) / len(x))
        loss.backward()
        total += loss.item()
    return torch.tensor(total, dtype=torch.float64)


@cache
def train(way: Way, loss_fn: nn.Module | None, every: Any) -> tuple[Watch, list[float]]:
    """Batches of 16 rows and of 5, without an end to what there is to learn."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    noted = []
    with steepest.watch(model, optimizer, loss_fn, every=every) as run:
        for step in range(STEPS):
            x = torch.randn(5 if step % 10 == 9 else 16, 3)
            optimizer.zero_grad()
            noted.append(way(run, model, x, x.sum(1, keepdim=True)).item())
            optimizer.step()
    return run, noted


def halved(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    loss = functional.mse_loss(model(x), y) / 2
    loss.backward()
    return loss.detach()


@pytest.mark.parametrize("every", ["auto", 50])
@pytest.mark.parametrize(
    ("way", "loss_fn"),
    [
        (by_module, MSE),
        (handed_in, None),
        (by_its_backward_pass, None),
        (accumulated, None),
        (divided_in_place, MSE),
    ],
)
def test_every_loss_is_there_with_its_rows(
    way: Way, loss_fn: nn.Module | None, every: object
) -> None:
    run, noted = train(way, loss_fn, every)
    assert run.losses["index"].tolist() == list(range(STEPS))
    assert run.objective.tolist() == noted
    assert run.losses["rows"].tolist() == [5 if step % 10 == 9 else 16 for step in range(STEPS)]


def test_a_loss_that_the_loop_has_scaled_is_said_to_be_so_once() -> None:
    once, _ = train(lambda run, model, x, y: halved(model, x, y), None, "auto")
    assert "(as in loss / 4)." in once.verdict.reason
    added_up = train(accumulated, None, "auto")[0].verdict.reason
    assert "(as in loss / 4), and added up" in added_up
    assert added_up.count("(as in loss / 4)") == 1
    assert "loss / 4" not in train(by_its_backward_pass, None, "auto")[0].verdict.reason


@pytest.mark.parametrize("handed_in", [True, False])
def test_what_a_grad_scaler_has_scaled_is_no_loss(handed_in: bool) -> None:
    torch.manual_seed(0)
    model, scaler, noted = nn.Linear(3, 1), torch.amp.GradScaler("cpu"), []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer) as run:
        for _ in range(8):
            optimizer.zero_grad()
            loss = model(torch.randn(4, 3)).square().mean()
            noted.append(loss.item())
            scaler.scale(run.loss(loss) if handed_in else loss).backward()
            scaler.step(optimizer)
            scaler.update()
    assert run.objective.tolist() == (noted if handed_in else [])
    assert ("no loss came in. A GradScaler had" in run.verdict.reason) is not handed_in


def test_the_last_objective_is_one_number() -> None:
    run, noted = train(by_module, MSE, "auto")
    last = noted[-1]
    assert run.objective[-1] == last
    assert f"→ {last:.6g}" in repr(run)
    assert f"That of step {STEPS - 1} was {last:.4g}." in run.verdict.reason
    view = ObjectiveView.of(Subject.of(run.path))
    assert (view.epochs[-1], view.training[-1]) == (STEPS - 1, last)
    assert (view.chosen, view.chosen_objective) == (STEPS - 1, last)


def test_levels_are_said_with_their_noise_and_not_one_batch() -> None:
    """The last batch has 5 rows: its loss alone says nothing of how far the loop has come."""
    run, noted = train(by_module, MSE, "auto")
    fact = next(fact for fact in run.verdict.reasons if fact.kind == "level moved")
    rows = [5 if step % 10 == 9 else 16 for step in range(STEPS)]
    late = slice(3 * STEPS // 4, STEPS)
    mean = sum(n * loss for n, loss in zip(rows[late], noted[late], strict=True)) / sum(rows[late])
    assert fact.values["end"] == pytest.approx(mean, rel=1e-12)
    assert fact.values["weighted"]
    assert " ± " in run.verdict.reason


def test_losses_are_written_to_files(tmp_path: Any) -> None:
    run, noted = train(by_module, MSE, "auto")
    run.losses.to_csv(tmp_path / "losses.csv")
    lines = (tmp_path / "losses.csv").read_text().splitlines()
    assert lines[0] == "index,objective,rows"
    assert [float(line.split(",")[1]) for line in lines[1:]] == noted


def test_the_first_evaluation_of_a_closure_counts() -> None:
    torch.manual_seed(0)
    model, loss_fn = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)), nn.MSELoss()
    x = torch.randn(32, 3)
    y = x.prod(1, keepdim=True)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=3)
    firsts: list[list[float]] = []

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss: Tensor = loss_fn(model(x), y)
        loss.backward()
        firsts[-1].append(loss.item())
        return loss

    with steepest.watch(model, optimizer, loss_fn, every=10) as run:
        for _ in range(25):
            firsts.append([])
            optimizer.step(closure)
    assert run.objective.tolist() == [each[0] for each in firsts]


@pytest.mark.parametrize("skipping", [False, True])
def test_a_batch_that_is_left_out_is_no_divergence(skipping: bool) -> None:
    torch.manual_seed(0)
    model, loss_fn = nn.Linear(3, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for step in range(60):
            x = torch.randn(16, 3)
            y = x.sum(1, keepdim=True) + 0.1 * torch.randn(16, 1)
            loss = loss_fn(model(x), y * (torch.nan if step == 20 else 1.0))
            if loss.isfinite() or not skipping:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    assert run.verdict.kind == ("max steps" if skipping else "diverged")


class Landscape(nn.Module):
    """An objective of some numbers, which is added to what goes in."""

    def __init__(self, objective: Callable[[Tensor], Tensor], start: list[float]) -> None:
        super().__init__()
        self.objective, self.w = objective, nn.Parameter(torch.tensor(start, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.objective(self.w)


def descend(objective: Callable[[Tensor], Tensor], start: list[float], lr: float) -> Watch:
    model = Landscape(objective, start)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(300):
            optimizer.zero_grad()
            run.loss(model(torch.zeros(1)).sum()).backward()
            optimizer.step()
    return run


def test_what_crawls_has_not_converged() -> None:
    """Along the second direction the curvature is 1e-5: it needs ln(1000)/(lr·1e-5) steps."""
    run = descend(lambda w: (1.0 + w[0] ** 2).sqrt() + 5e-6 * w[1] ** 2, [1.0, 100.0], lr=0.5)
    assert [finding.kind for finding in run.mistakes()] == ["slow direction"]
    assert run.verdict.kind == "max steps"


def test_what_rose_has_not_converged() -> None:
    """One step leads to where the objective is high and level, and no gradient is left."""
    run = descend(lambda w: 1e4 + 1e12 * w[0] ** 2 / (1e8 + w[0] ** 2), [1.0], lr=1e6)
    assert run.objective[[0, -1]] == pytest.approx([2e4, 1e12], rel=1e-3)
    assert run.verdict.kind == "diverged"


@pytest.mark.parametrize("seed", range(2))
def test_harder_and_harder_data_are_no_divergence(seed: int) -> None:
    torch.manual_seed(seed)
    model, loss_fn = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 1)), nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for step in range(240):
            x = torch.randn(32, 4) * (0.3 + step / 80)
            optimizer.zero_grad()
            loss_fn(model(x), x[:, :1] * x[:, 1:2]).backward()
            optimizer.step()
    assert (run.verdict.kind, run.mistakes()) == ("max steps", [])
    assert "rose from" in run.verdict.reason


@pytest.mark.parametrize("seed", range(2))
def test_losses_of_policies_and_critics_need_not_fall(seed: int) -> None:
    torch.manual_seed(seed)
    policy = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer, reward = torch.optim.Adam(policy.parameters(), lr=0.01), torch.randn(4, 3)
    with steepest.watch(policy, optimizer) as run:
        for _ in range(200):
            state = torch.randn(16, 4)
            choice = torch.distributions.Categorical(logits=policy(state))
            taken = choice.sample()
            gain = (state @ reward).gather(1, taken[:, None])[:, 0]
            gain = (gain - gain.mean()) / gain.std()
            optimizer.zero_grad()
            run.loss(-(choice.log_prob(taken) * gain).mean()).backward()
            optimizer.step()
    assert (run.verdict.kind, run.mistakes()) == ("max steps", [])
