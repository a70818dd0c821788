"""What a newcomer's loop is told: short loops seen to their end, words that are true of them."""

from itertools import pairwise
from math import log

import numpy as np
import pytest
import torch
from torch import nn

import steepest
from steepest.errors import InputError
from steepest.results.watch import Watch
from steepest.watching.record.pace import Pace


def line(steps: int = 30, every: int = 1) -> Watch:
    """y = 2 x + 1 by a linear layer."""
    torch.manual_seed(0)
    x = torch.linspace(-1.0, 1.0, 16)[:, None]
    model, loss_fn = nn.Linear(1, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with steepest.watch(model, optimizer, loss_fn, every=every) as run:
        for _ in range(steps):
            optimizer.zero_grad()
            loss_fn(model(x), 2 * x + 1).backward()
            optimizer.step()
    return run


def test_a_short_loop_is_seen_to_its_end_and_a_long_one_seldom() -> None:
    pace = Pace("auto")
    due = [step for step in range(100_000) if pace.next_is_due(step)]
    assert due[:54] == [*range(50), 50, 60, 72, 86]
    assert all(step - before <= max(before / 5, 1) for before, step in pairwise(due))
    assert max(step - before for before, step in pairwise(due)) == 400
    assert sum(50 < step < 1000 for step in due) < 1.1 * log(1000 / 50, 1.2)


def test_steps_are_not_called_epochs() -> None:
    run = line()
    words = f"{run.forecast} {run.verdict}"
    assert "needs the fewest steps" in words and "a step leaves" in words
    assert "epoch" not in words
    labels = run.plot("contour").get_legend_handles_labels()[1]
    assert "last, step 30" in labels


def test_the_objective_of_a_linear_module_is_told_to_the_last_point() -> None:
    run = line(every=20)
    last = run.path.last.objective
    assert f"to {last:.4g} at step 30" in run.verdict.reason


def test_nothing_is_said_of_a_fall_that_nobody_saw() -> None:
    w = torch.tensor([1.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.01)
    with steepest.watch({"w": w}, optimizer, every=1) as run:
        for step in range(40):
            optimizer.zero_grad()
            loss = (w**4).sum()
            (run.loss(loss) if step < 10 else loss * 1.0).backward()  # scaled: not taken
            optimizer.step()
    assert "Later ones did not come in." in run.verdict.reason
    assert run.verdict.advice.startswith("Hand it in with run.loss(loss)")


def test_a_misspelt_picture() -> None:
    with pytest.raises(
        InputError, match=r"curvature, histograms, landscape.*Did you mean 'landscape'"
    ):
        line(3).plot("landscpe")


class Careless(nn.Module):
    """Two layers that nobody calls."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.spare, self.other = nn.Linear(3, 1), nn.Linear(3, 1), nn.Linear(3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.used(x)
        return out


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_of_many_mistakes_the_verdict_tells_three_kinds() -> None:
    torch.manual_seed(0)
    x = torch.randn(8, 3)
    model, loss_fn = Careless(), nn.MSELoss(reduction="sum")
    held = [*model.used.parameters(), *model.spare.parameters()]
    optimizer = torch.optim.SGD(held, lr=1e-5)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(6):
            loss_fn(model(x), x[:, 0]).backward()
            optimizer.step()
    kinds = list(dict.fromkeys(finding.kind for finding in run.mistakes()))
    assert kinds[:3] == ["zero_grad forgotten", "not in the optimizer", "no gradient"]
    reason = run.verdict.reason
    assert "other.weight is a parameter of the model" in reason
    assert "So it is with other.bias." in reason and "other.bias is a parameter" not in reason
    assert reason.endswith(f"run.mistakes() also names: {', '.join(kinds[3:])}.")


def test_a_linear_module_that_has_arrived_is_not_sent_on() -> None:
    """The slow direction keeps 0.924 of its error a step: of float32 nothing is left to lose."""
    run = line(steps=400)
    assert (run.verdict.kind, run.verdict.advice) == ("converged", "")
    assert line(steps=20).verdict.advice == "It was still falling: give it more steps."


def test_steps_and_spectra_are_printed_in_a_line() -> None:
    run = line(3)
    assert repr(run.at(0)).startswith("Step(0: objective ")
    assert repr(run.spectrum()).startswith("Density(2 eigenvalues from ")


def test_a_schedule_that_ends_at_zero_is_drawn() -> None:
    torch.manual_seed(0)
    x = torch.randn(8, 2)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    loss_fn, optimizer = nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=4)
    with steepest.watch(model, optimizer, loss_fn, every=1, curvature_every=2) as run:
        for _ in range(4):
            optimizer.zero_grad()
            loss_fn(model(x), x[:, :1]).backward()
            optimizer.step()
            scheduler.step()
    rates = run.plot("curvature").get_lines()[1].get_ydata()
    assert rates[:4] == pytest.approx([0.1, 0.075, 0.05, 0.025])
    assert np.isnan(rates[4])
