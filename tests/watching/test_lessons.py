"""Lessons 3 and 4 as loops of torch's own, watched."""

import numpy as np
import pytest
import torch
from torch import nn

import steepest
from steepest.results.watch import Watch


def lesson_3(*, zero_grad: bool = True) -> Watch:
    torch.manual_seed(0)
    x = torch.rand(50)
    y = 3 * x + 0.8
    w = torch.rand(1, requires_grad=True)
    b = torch.rand(1, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=0.01)
    with steepest.watch({"w": w, "b": b}, optimizer, every=1, keep=3001) as run:
        for _ in range(3000):
            loss = run.loss(nn.functional.mse_loss(w * x + b, y))
            if zero_grad:
                optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return run


def test_lesson_3() -> None:
    run = lesson_3()
    assert len(run) == 3001
    assert run.at(0)["w[0]"] == pytest.approx(0.819780, abs=1e-6)
    assert run.at(0)["b[0]"] == pytest.approx(0.997067, abs=1e-6)
    losses = [run.at(epoch).objective for epoch in range(0, 3000, 500)]
    expected = [0.993850, 0.0745094, 0.0205301, 0.00565686, 0.00155866, 0.00042948]
    assert losses == pytest.approx(expected, rel=1e-4)
    assert run.path.last["w[0]"] == pytest.approx(2.961401, abs=1e-4)
    assert run.path.last["b[0]"] == pytest.approx(0.818640, abs=1e-4)
    assert run.path.edits == ()
    assert run.verdict.kind == "max steps"
    assert run.verdict.advice == "It was still falling: give it more steps."
    assert run.mistakes() == []


def test_lesson_3_without_zero_grad() -> None:
    run = lesson_3(zero_grad=False)
    assert run.path.last["w[0]"] == pytest.approx(2.0821, abs=1e-4)
    assert run.path.last["b[0]"] == pytest.approx(1.8871, abs=1e-4)
    assert run.verdict.kind == "oscillating"
    assert "momentum 1" in run.verdict.reason
    assert "zero" in run.verdict.advice
    assert run.path.record(5).cleared is False
    assert [(found.kind, found.step) for found in run.mistakes()] == [("zero_grad forgotten", 1)]


X = torch.arange(-3, 3, 0.1).reshape(-1, 1)


class Line(nn.Module):
    """A module written by hand, as in the lesson."""

    def __init__(self, w: float, b: float | None) -> None:
        super().__init__()
        self.linear = nn.Linear(1, 1, bias=b is not None)
        with torch.no_grad():
            self.linear.weight.fill_(w)
            if b is not None:
                self.linear.bias.fill_(b)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x)


def lesson_4(
    model: nn.Module, y: torch.Tensor, epochs: int, edit_at: int | None = None, lr: float = 0.1
) -> Watch:
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=lr), nn.MSELoss()
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for epoch in range(epochs):
            if epoch == edit_at:
                model.state_dict()["linear.weight"].data[0] = 3.0
            loss = loss_fn(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return run


def test_lesson_4_slope_only() -> None:
    run = lesson_4(Line(-10.0, None), -3 * X, 4)
    weights = [step["linear.weight[0,0]"] for step in run]
    assert weights == pytest.approx([-10, -5.797667, -4.118134, -3.446881, -3.178603], abs=1e-5)


def test_lesson_4_slope_and_bias() -> None:
    run = lesson_4(Line(-15.0, -10.0), X - 1, 15)
    assert run.path.names == ("linear.weight[0,0]", "linear.bias[0]")
    assert run.path.last.parameters == pytest.approx([0.991694, -1.332057], abs=1e-5)
    assert run.forecast.eigenvalues == pytest.approx((1.99750, 6.00583), abs=1e-5)
    assert run.forecast.stable_rate == pytest.approx(0.33301, abs=1e-5)
    assert run.rate_share == pytest.approx(0.1 * 6.00583 / 2, rel=1e-5)


def test_lesson_4_is_seen_through_to_the_last_point() -> None:
    last = lesson_4(Line(-15.0, -10.0), X - 1, 15).path.last
    w, b = last.parameters
    x = X[:, 0].double().numpy()
    residuals = w * x + b - (X - 1)[:, 0].double().numpy()
    assert last.objective == pytest.approx(np.mean(residuals**2), rel=1e-12)
    slopes = 2 * np.mean(residuals * x), 2 * np.mean(residuals)
    assert last.gradient == pytest.approx(slopes, rel=1e-9)


def test_an_edit_of_the_state_is_a_jump_and_no_update() -> None:
    run = lesson_4(Line(-15.0, -10.0), X - 1, 15, edit_at=7)
    assert run.path.edits == (7,)
    record = run.path.record(7)
    assert record.edited == ("linear.weight",)
    assert run.at(7)["linear.weight[0,0]"] == 3.0
    # The update before went to another place.
    before = run.at(6)
    arrived = before.parameters[0] - before.learning_rate * before.gradient[0]
    assert run.path.record(6).update_norms[0] == pytest.approx(
        abs(arrived - before.parameters[0]), rel=1e-5
    )
    assert abs(arrived - 3.0) > 1.0


def test_a_rate_above_the_stable_one_is_named() -> None:
    run = lesson_4(Line(-15.0, -10.0), X - 1, 20, lr=0.34)
    assert run.verdict.kind == "diverged"
    assert (
        "because learning rate 0.34 is above the largest stable rate 0.3330" in run.verdict.reason
    )
    assert str(run.verdict).startswith("Diverged at step 20:")
    assert run.rate_share > 1.0
