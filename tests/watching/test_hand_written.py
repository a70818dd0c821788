"""Loops that move their parameters themselves are watched as they stand.

The numbers are those of the lesson of one weight, J(w) = 14/3 (w − 2)² from w = 1, and of a line
through 50 random points in float32.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import steepest
from steepest.errors import InputError
from steepest.path.step import Step
from steepest.pictures.objective import ObjectiveView
from steepest.pictures.subject import Subject
from steepest.results.watch import Watch
from steepest.watching.callbacks import Callback
from steepest.watching.record.hand_written import shortest_between

X = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
Y = 2.0 * X


def slope(w: Tensor) -> Tensor:
    assert w.grad is not None
    return w.grad


def subtract(w: Tensor, lr: float) -> None:
    with torch.no_grad():
        w -= lr * slope(w)
    w.grad = None


def assign_data(w: Tensor, lr: float) -> None:
    w.data = w.data - lr * slope(w).data
    slope(w).data.zero_()


def change_data(w: Tensor, lr: float) -> None:
    w.data -= lr * slope(w)
    slope(w).zero_()


def one_weight(
    lr: float, update: Callable[[Tensor, float], None] = subtract, epochs: int = 100
) -> Watch:
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    with steepest.watch({"w": w}) as run:
        for _ in range(epochs):
            ((w * X - Y) ** 2).mean().backward()
            update(w, lr)
    return run


@pytest.mark.parametrize("update", [subtract, assign_data, change_data])
def test_the_lesson_of_one_weight(update: Callable[[Tensor, float], None]) -> None:
    run = one_weight(0.01, update)
    first = run.at(0)
    assert (len(run.path.names), run.path.epochs) == (1, 100)
    assert first.objective == pytest.approx(4.666666666666667, rel=1e-14)
    assert first.gradient[0] == pytest.approx(-9.333333333333334, rel=1e-14)
    assert run.at(1)["w[0]"] == pytest.approx(2.0 - 0.9066666666666667, rel=1e-14)
    assert run.at(100)["w[0]"] == pytest.approx(1.9999444396553017, rel=1e-14)
    assert run.at(100).objective == pytest.approx(1.44057755e-08, rel=1e-6)
    assert {record.learning_rates for record in run.path.records} == {(0.01,)}
    assert run.forecast.stable_rate == pytest.approx(3 / 14, rel=1e-12)
    assert (run.verdict.kind, run.mistakes()) == ("max steps", [])


@pytest.mark.parametrize(
    ("lr", "kind"),
    [(0.2, "max steps"), (3 / 28, "converged"), (3 / 14, "cycle"), (0.22, "diverged")],
)
def test_what_each_rate_does_is_said_with_the_stable_one(lr: float, kind: str) -> None:
    run = one_weight(lr)
    assert (run.verdict.kind, run.mistakes()) == (kind, [])
    if kind in ("cycle", "diverged"):
        assert "Any rate below 0.214286 settles" in str(run.verdict)


def test_without_clearing_the_gradients_add_up() -> None:
    def keep(w: Tensor, lr: float) -> None:
        with torch.no_grad():
            w -= lr * slope(w)

    run = one_weight(0.01, keep)
    assert run.at(100)["w[0]"] == pytest.approx(1.160318, abs=1e-6)
    assert [finding.kind for finding in run.mistakes()] == ["zero_grad forgotten"]
    assert run.mistakes()[0].fix == "Set w.grad = None (or w.grad.zero_()) after each update."


def test_a_line_in_float32() -> None:
    torch.manual_seed(0)
    x = torch.rand(50)
    y = 3 * x + 0.8
    w, b = torch.rand(1, requires_grad=True), torch.rand(1, requires_grad=True)
    with steepest.watch({"w": w, "b": b}) as run:
        for _ in range(3000):
            loss = ((w * x + b - y) ** 2).mean()
            if w.grad is not None and b.grad is not None:
                w.grad.zero_()
                b.grad.zero_()
            loss.backward()
            with torch.no_grad():
                w.sub_(0.01 * slope(w))
                b.sub_(0.01 * slope(b))
    design = np.column_stack([x.double().numpy(), np.ones(50)])
    values = np.linalg.eigvalsh(2.0 * design.T @ design / 50)
    assert run.at(0).objective == pytest.approx(0.993850, abs=1e-6)
    assert run.at(3000).parameters == pytest.approx([2.961401, 0.818640], abs=1e-4)
    assert run.forecast.spectrum is not None
    assert run.forecast.spectrum.values == pytest.approx(values, rel=1e-3)
    assert run.forecast.learning_rate == 0.01
    assert (run.verdict.kind, run.mistakes()) == ("max steps", [])


def test_gradients_of_autograd_and_of_a_module() -> None:
    torch.manual_seed(0)
    model = nn.Linear(2, 1).double()
    x, y = torch.rand(20, 2).double(), torch.rand(20, 1).double()
    parameters = list(model.parameters())
    with steepest.watch(model) as run:
        for _ in range(30):
            gradients = torch.autograd.grad(nn.functional.mse_loss(model(x), y), parameters)
            with torch.no_grad():
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter.sub_(0.1 * gradient)
    design = np.column_stack([x.numpy(), np.ones(20)])
    largest = np.linalg.eigvalsh(2.0 * design.T @ design / 20)[-1]
    assert run.path.names == ("weight[0,0]", "weight[0,1]", "bias[0]")
    assert run.forecast.stable_rate == pytest.approx(2.0 / largest, rel=1e-6)
    assert run.at(29).learning_rate == 0.1
    assert run.mistakes() == []


def test_several_passes_before_an_update_are_one_step() -> None:
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    with steepest.watch({"w": w}) as run:
        for _ in range(10):
            for x, y in zip(X, Y, strict=True):
                ((w * x - y) ** 2).sum().backward()
            subtract(w, 0.01 / 3)
    assert run.path.epochs == 10
    assert run.at(0).gradient[0] == pytest.approx(-28.0, rel=1e-14)
    assert run.at(10)["w[0]"] == pytest.approx(2.0 - 0.9066666666666667**10, rel=1e-13)
    assert run.path.record(3).backwards == 3
    assert run.mistakes() == []


def test_a_sign_error_is_named() -> None:
    run = one_weight(-0.01)
    assert run.mistakes()[0].kind == "sign of the update"
    assert str(run.mistakes()[0].fix).startswith("Subtract the gradient: w -= lr * w.grad.")
    assert run.verdict.kind == "diverged"


def test_an_update_of_a_cleared_gradient_is_named() -> None:
    def early(w: Tensor, lr: float) -> None:
        slope(w).zero_()
        with torch.no_grad():
            w -= lr * slope(w)

    assert "no parameter changed" in one_weight(0.01, early).mistakes()[0].text


def test_momentum_by_hand_has_no_rate_but_its_curvature() -> None:
    velocity = torch.zeros(1, dtype=torch.float64)

    def update(w: Tensor, lr: float) -> None:
        velocity.mul_(0.9).add_(slope(w))
        with torch.no_grad():
            w -= lr * velocity
        w.grad = None

    run = one_weight(0.01, update)
    assert np.isnan(run.path.rate(50))
    assert run.forecast.learning_rate is None or np.isnan(run.forecast.learning_rate)
    assert run.mistakes() == []


def test_new_tensors_leave_nothing_to_watch_and_that_is_said() -> None:
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    with steepest.watch({"w": w}) as run:
        for _ in range(5):
            ((w * X - Y) ** 2).mean().backward()
            w = (w - 0.01 * slope(w)).detach().requires_grad_()
    assert [finding.kind for finding in run.mistakes()] == ["no step seen"]
    assert "run.step({'w': w}, loss)" in run.mistakes()[0].fix


def by_numpy(factors: tuple[float, float], lr: float = 0.01) -> Watch:
    x = np.array([1.0, 2.0, 3.0, 4.0])
    y = 2.0 * x + 1.0
    w, b = 0.0, 0.0
    with steepest.watch({"w": w, "b": b}) as run:
        for _ in range(50):
            residual = w * x + b - y
            means = float(np.mean(residual * x)), float(np.mean(residual))
            slopes = factors[0] * 2 * means[0], factors[1] * 2 * means[1]
            point = {"w": w, "b": b}
            run.step(point, np.mean(residual**2), {"w": slopes[0], "b": slopes[1]})
            w, b = w - lr * slopes[0], b - lr * slopes[1]
    return run


def test_a_numpy_loop() -> None:
    run = by_numpy((1.0, 1.0))
    design = np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0], [4.0, 1.0]])
    largest = np.linalg.eigvalsh(design.T @ design / 2.0)[-1]
    assert run.path.epochs == 49
    assert run.at(1).parameters == pytest.approx([0.35, 0.12], rel=1e-14)
    assert run.forecast.stable_rate == pytest.approx(2.0 / largest, rel=1e-9)
    assert run.at(5).learning_rate == 0.01
    assert (run.verdict.kind, run.mistakes()) == ("max steps", [])


@pytest.mark.parametrize(
    ("factors", "lr", "expected"),
    [
        ((0.5, 1.0), 0.01, {"w": 2.0}),
        ((4.0, 4.0), 0.001, {"w": 0.25, "b": 0.25}),
        ((-1.0, -1.0), 0.001, {"w": -1.0, "b": -1.0}),
        ((1.0, -1.0), 0.001, {"b": -1.0}),
    ],
)
def test_a_gradient_that_is_not_the_objectives_is_named(
    factors: tuple[float, float], lr: float, expected: dict[str, float]
) -> None:
    findings = by_numpy(factors, lr).mistakes()
    named = {finding.tensor: finding.fact.values["factor"] for finding in findings}
    assert {finding.kind for finding in findings} == {"gradient and objective"}
    assert named == pytest.approx(expected, rel=1e-6)


def test_points_without_gradients_are_a_path() -> None:
    w = 1.0
    with steepest.watch({"w": w}) as run:
        for _ in range(20):
            run.step({"w": w}, 14 / 3 * (w - 2.0) ** 2)
            w -= 0.01 * 28 / 3 * (w - 2.0)
        run.step({"w": w}, 14 / 3 * (w - 2.0) ** 2)
    assert run.path.epochs == 20
    assert run.at(20)["w"] == pytest.approx(2.0 - 0.9066666666666667**20, rel=1e-14)
    assert (run.verdict.kind, run.mistakes()) == ("max steps", [])


def test_the_loop_is_the_same_bit_by_bit() -> None:
    def trained(watched: bool) -> bytes:
        torch.manual_seed(1)
        w = torch.randn(5, requires_grad=True)
        x, y = torch.randn(30, 5), torch.randn(30)

        def loop() -> None:
            for _ in range(40):
                ((x @ w - y) ** 2).mean().backward()
                subtract(w, 0.05)

        if watched:
            with steepest.watch({"w": w}):
                loop()
            assert not w._backward_hooks
        else:
            loop()
        return w.detach().numpy().tobytes()

    assert trained(watched=True) == trained(watched=False)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run: run.step({"v": 1.0}, 1.0), "by name, those that watch was given: w"),
        (lambda run: run.step({"w": [1.0, 2.0]}, 1.0), "has shape (2,), not ()"),
        (lambda run: run.step({"w": 1.0}, 1.0, {"b": 1.0}), "the gradient by name"),
    ],
)
def test_a_wrong_point_is_refused(call: Callable[[Watch], Any], message: str) -> None:
    with steepest.watch({"w": 1.0}) as run, pytest.raises(InputError) as error:
        call(run)
    assert message in str(error.value)


def test_watch_needs_something_to_watch() -> None:
    with pytest.raises(InputError, match="needs an optimizer, or of a loop"):
        steepest.watch(None)
    with pytest.raises(InputError, match="tensors or numbers by name; 'w' is 'one'"):
        steepest.watch({"w": "one"})  # type: ignore[dict-item]


def test_gradients_cleared_through_data_are_cleared() -> None:
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.01)
    with steepest.watch({"w": w}, optimizer, every=1) as run:
        for _ in range(30):
            ((w * X - Y) ** 2).mean().backward()
            optimizer.step()
            slope(w).data.zero_()
    assert run.mistakes() == []


@pytest.mark.parametrize(
    ("low", "high", "number"),
    [(0.0099999, 0.0100002, 0.01), (1 / 3, 1 / 3, 1 / 3), (-0.2, -0.1, -0.2)],
)
def test_the_shortest_number_of_an_interval(low: float, high: float, number: float) -> None:
    assert low <= shortest_between(low, high) <= high
    assert shortest_between(low, high) == pytest.approx(number, rel=0.3)


def test_its_report_names_the_loop_itself(tmp_path: Path) -> None:
    one_weight(0.01).report(tmp_path / "loop.html")
    page = (tmp_path / "loop.html").read_text(encoding="utf-8")
    assert "moved by the loop itself" in page
    assert "HandWritten" not in page


KINDS = ["every pass a step", "two passes a step", "first layer frozen", "last layer frozen",
         "at rest", "path looked at"]  # fmt: skip


@pytest.mark.parametrize("every", ["auto", 40])
@pytest.mark.parametrize("kind", KINDS)
def test_steps_that_are_only_counted_are_counted_rightly(kind: str, every: Any) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 2))
    x, y = torch.randn(8, 3), torch.randint(0, 2, (8,))
    points: list[tuple[float, list[float]]] = []
    with steepest.watch(model, every=every) as run:
        for step in range(160):
            for _ in range(1 + (kind == "two passes a step")):
                loss = nn.functional.cross_entropy(model(x), y)
                loss.backward()
            points.append((loss.item(), flat(model)))
            if kind.endswith("frozen") and step == 120:
                model[0 if kind.startswith("first") else 2].requires_grad_(False)
            with torch.no_grad():
                for w in model.parameters():
                    if w.requires_grad:
                        w.sub_(0.05 * slope(w) * (kind != "at rest" or step < 120))
                        w.grad = None
            if kind == "path looked at" and step % 37 == 0:
                assert run.path.epochs in (step, step + 1)
    curve = run.recorder.history[0].curve()
    if kind != "two passes a step":
        assert curve.values.tolist() == [points[index][0] for index in curve.steps]
        assert len(curve.steps) >= 158
    # The last update of a loop at rest changes nothing, and is none.
    assert run.path.epochs == 160 - (kind == "at rest")
    assert run.recorder.faults == []
    assert run.path.edits == ()
    for record in run.path.records[:-1]:
        assert record.parameters is not None
        assert (record.objective, record.parameters.tolist()) == points[record.index]
    last = run.path.records[-1].parameters
    assert last is not None
    assert last.tolist() == flat(model)


def flat(model: nn.Module) -> list[float]:
    return [number for w in model.parameters() for number in w.detach().reshape(-1).tolist()]


class Stopping(Callback):
    """Raises at step 12, as a callback that ends a loop early does."""

    def on_step(self, run: Watch, step: Step) -> None:
        if step.index == 12:
            raise LookupError("far enough")


@pytest.mark.parametrize("catching", [False, True])
def test_an_error_of_a_callback_reaches_the_loop(catching: bool) -> None:
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    caught = []
    run = steepest.watch({"w": w}, every=1, callbacks=[Stopping()])
    with suppress(LookupError), run:
        for _ in range(20):
            try:
                ((w * X - Y) ** 2).mean().backward()
            except LookupError as error:
                caught.append(str(error))
                if not catching:
                    raise
                continue
            subtract(w, 0.01)
    assert caught == ["far enough"]
    assert run.recorder.faults == []
    assert run.path.epochs == (19 if catching else 13)
    assert run.verdict.kind == ("max steps" if catching else "interrupted")
    assert not w._backward_hooks


def test_an_error_of_a_callback_at_the_last_step_leaves_no_hook() -> None:
    with pytest.raises(LookupError, match="far enough"):
        w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
        run = steepest.watch({"w": w}, every=1, callbacks=[Stopping()])
        with run:
            for _ in range(13):
                ((w * X - Y) ** 2).mean().backward()
                subtract(w, 0.01)
    assert run.path.epochs == 13
    assert not w._backward_hooks


@pytest.mark.parametrize(("noise", "is_marked"), [(0.0, False), (0.1, True)])
def test_rounding_is_no_least_value(noise: float, is_marked: bool) -> None:
    """Of points on a line the least value is 0, and what float32 leaves of it is no number."""
    torch.manual_seed(0)
    x = torch.rand(50)
    y = 3 * x + 0.8 + noise * torch.randn(50)
    w, b = torch.rand(1, requires_grad=True), torch.rand(1, requires_grad=True)
    with steepest.watch({"w": w, "b": b}) as run:
        for _ in range(1000):
            ((w * x + b - y) ** 2).mean().backward()
            subtract(w, 0.03)
            subtract(b, 0.03)
    assert run.path.problem.is_quadratic
    least = np.linalg.lstsq(np.column_stack([x.double(), np.ones(50)]), y.double().numpy())[1] / 50
    assert run.path.minimum == (pytest.approx(least[0], rel=1e-4) if is_marked else None)
    view = ObjectiveView.of(Subject.of(run.path))
    assert view.shows_minimum == is_marked


@pytest.mark.parametrize("by_data", [False, True])
@pytest.mark.parametrize("steps", [400, 401])
def test_steps_that_leave_the_first_numbers_are_counted(steps: int, by_data: bool) -> None:
    torch.manual_seed(0)
    x, y = torch.randn(20, 150), torch.randn(20, 3)
    x[:, :120] = 0.0
    w = torch.zeros(3, 150, requires_grad=True)
    with steepest.watch({"w": w}) as run:
        for _ in range(steps):
            w.grad = None
            (x @ w.T - y).square().mean().backward()
            assert w.grad is not None
            with torch.no_grad():
                if by_data:
                    w.data -= 0.01 * w.grad
                else:
                    w -= 0.01 * w.grad
    assert run.recorder.steps == steps


def test_a_loss_that_moves_by_its_rounding_is_not_said_to_fall_still() -> None:
    torch.manual_seed(0)
    x = torch.rand(100, 1)
    y = 1 + 2 * x + 0.1 * torch.randn(100, 1)
    a, b = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    with steepest.watch({"a": a, "b": b}) as run:
        for _ in range(1000):
            (y - (a + b * x)).square().mean().backward()
            assert a.grad is not None
            assert b.grad is not None
            with torch.no_grad():
                a -= 0.1 * a.grad
                b -= 0.1 * b.grad
            a.grad.zero_()
            b.grad.zero_()
    assert run.verdict.kind in ("max steps", "converged")
    assert "still falling" not in str(run.verdict)
