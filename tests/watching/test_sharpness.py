"""Curvature at intervals is that of its step, and the loop does not notice."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import steepest
from steepest.errors import InputError
from steepest.pictures.picture import LeftOut
from steepest.pictures.sharpness import SharpnessView
from steepest.pictures.spectrum import SpectrumView
from steepest.watching.measure.hessian import largest_curvature
from steepest.wording.fact import text_of


def network() -> nn.Module:
    torch.manual_seed(6)
    return nn.Sequential(
        nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 1)
    )


def rows() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(32, 3, generator=generator)
    return x, torch.sin(x[:, :1])


def train(model: nn.Module, steps: int = 25, lr: float = 0.05, **options: Any) -> Any:
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=lr), nn.MSELoss()
    x, y = rows()
    torch.manual_seed(2)
    with steepest.watch(model, optimizer, loss_fn, **{"every": 1, **options}) as run:
        for _ in range(steps):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    return run


def test_the_loop_does_not_notice() -> None:
    plain, measured = network(), network()
    first, second = train(plain), train(measured, curvature_every=5)
    random = torch.get_rng_state()
    train(network())
    assert torch.equal(random, torch.get_rng_state())
    pairs = zip(plain.state_dict().values(), measured.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert [s.objective for s in first.path][:-1] == [s.objective for s in second.path][:-1]
    assert second.path.edits == ()
    assert {record.backwards for record in second.path.records[1:-1]} == {1}
    assert [each.step for each in second.curvatures] == [1, 6, 11, 16, 21]
    assert first.curvatures == ()


def test_each_is_the_curvature_at_its_step() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 1))
    run = train(model, curvature_every=8)
    for each in run.path.curvatures:
        nn.utils.vector_to_parameters(
            torch.tensor(run.at(each.step).parameters, dtype=torch.float32), model.parameters()
        )
        exact = largest_curvature(model, nn.MSELoss(), rows(), dtype=torch.float64)
        assert each.largest == pytest.approx(exact.largest, rel=1e-2)
        assert each.stable_rate == 2.0 / each.largest
        assert each.share == pytest.approx(0.05 * each.largest / 2.0)
        assert each.products > 0
        assert each.seconds > 0.0
    assert run.rate_share == run.curvatures[-1].share


def test_momentum_counts_and_other_optimizers_are_held_against_plain_descent() -> None:
    x, y = rows()
    for make, factor in (
        (lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9), 3.8),
        (lambda p: torch.optim.Adam(p, lr=0.01), 2.0),
    ):
        model, loss_fn = nn.Linear(3, 1), nn.MSELoss()
        optimizer = make(model.parameters())
        with steepest.watch(model, optimizer, loss_fn, every=1, curvature_every=1) as run:
            loss_fn(model(x), y).backward()
            optimizer.step()
        assert run.curvatures[0].stable_rate == pytest.approx(factor / run.curvatures[0].largest)


def test_a_loss_without_second_derivative_warns_once_and_the_loop_goes_on() -> None:
    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x.square()

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx: Any, slope: Tensor) -> Tensor:
            first: Tensor = 2.0 * ctx.saved_tensors[0] * slope
            return first

    class Own(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            squared: Tensor = Once.apply(x)  # type: ignore[no-untyped-call]  # torch has no types here
            return squared

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 1), Own())
    with pytest.warns(UserWarning, match="the curvature cannot be measured") as told:
        run = train(model, curvature_every=1)
    assert len(told) == 1
    assert (run.path.epochs, run.curvatures) == (25, ())


def test_the_picture_shows_both_rates_and_the_cost() -> None:
    run = train(network(), curvature_every=5)
    view = SharpnessView.of(run.path.records, run.curvatures)
    assert view.stable.tolist() == [each.stable_rate for each in run.curvatures]
    assert set(view.rates.tolist()) == {0.05}
    products = sum(each.products for each in run.curvatures)
    assert f"5 measurements took {products} Hessian-vector products" in text_of(view.notes)
    axes = run.plot("curvature")
    assert axes.get_yscale() == "log"
    assert axes.lines[0].get_ydata().tolist() == view.stable.tolist()
    with pytest.raises(LeftOut, match="No curvature was measured: watch"):
        train(network(), 1).plot("curvature")


def test_the_spectrum_has_the_trace_and_a_picture() -> None:
    run = train(nn.Linear(3, 1))
    x, _ = rows()
    found = run.spectrum(probes=200, steps=4)
    design = torch.column_stack([x, torch.ones(len(x))]).double().numpy()
    hessian = 2.0 / len(x) * design.T @ design
    spread = (2.0 / 200) ** 0.5 * float(np.linalg.norm(hessian))
    assert found.moment(1) == pytest.approx(np.trace(hessian), abs=4.0 * spread)
    view = SpectrumView.of(found)
    area = float(np.sum(view.density) * (view.at[1] - view.at[0]))
    assert area == pytest.approx(1.0, rel=0.02)
    assert view.largest == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-4)
    assert "4 eigenvalues from" in text_of(view.notes)
    axes = found.plot()
    assert axes.get_xlabel() == "eigenvalue of the second derivative"


def test_what_cannot_be_measured_is_told_at_once() -> None:
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(InputError, match="curvature_every must be a whole number, 1 or more"):
        steepest.watch(model, optimizer, nn.MSELoss(), curvature_every=0)
    with pytest.raises(InputError, match="curvature_every needs a module and a loss module"):
        steepest.watch(model, optimizer, nn.functional.mse_loss, curvature_every=5)
