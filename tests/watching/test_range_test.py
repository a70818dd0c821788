"""The range test finds a rate that works, knows the bound, and leaves everything as it was."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import steepest
from steepest.errors import InputError
from steepest.pictures.range_test import RateTestView
from steepest.wording.fact import text_of


def network() -> nn.Module:
    torch.manual_seed(4)
    return nn.Sequential(
        nn.Linear(5, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1)
    )


def rows(count: int = 128) -> tuple[Tensor, Tensor]:
    torch.manual_seed(5)
    x = torch.randn(count, 5)
    return x, torch.sin(x[:, :1]) + 0.1 * torch.randn(count, 1)


def parts(values: Tensor) -> tuple[Tensor, ...]:
    return torch.split(values, 16)


def loader(**options: Any) -> DataLoader[tuple[Tensor, ...]]:
    return DataLoader(TensorDataset(*rows()), 16, shuffle=True, **options)


def quadratic(curvature: float = 4.0) -> tuple[nn.Linear, Tensor]:
    """J(w) = ½ λ (w − 1)²."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    return model, torch.full((1, 1), (0.5 * curvature) ** 0.5)


def state_of(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[Any]:
    held = [*model.state_dict().values(), *(p.grad for p in model.parameters())]
    held += [v for s in optimizer.state.values() for v in s.values() if isinstance(v, Tensor)]
    known = [None if value is None else value.clone() for value in held]
    return [
        *known,
        torch.get_rng_state(),
        torch.tensor(np.random.get_state(legacy=False)["state"]["key"]),
    ]


def same(before: list[Any], after: list[Any]) -> bool:
    return len(before) == len(after) and all(
        a is b or torch.equal(a, b) for a, b in zip(before, after, strict=True)
    )


def test_on_a_quadratic_each_loss_is_that_of_the_recursion() -> None:
    model, x = quadratic()
    found = steepest.find_lr(model, nn.MSELoss(), (x, x), low=1e-3, high=1.0, steps=20)
    w, losses = 0.0, []
    for rate in found.rates.tolist():
        losses.append(2.0 * (w - 1.0) ** 2)
        w -= rate * 4.0 * (w - 1.0)
    np.testing.assert_allclose(found.rates, np.geomspace(1e-3, 1.0, 20)[: len(losses)])
    np.testing.assert_allclose(found.losses, losses, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.before, 2.0, rtol=1e-6)
    assert found.sharpness == pytest.approx(4.0, rel=1e-4)
    assert found.stable_rate == pytest.approx(0.5, rel=1e-4)
    assert 0.01 < found.suggestion < 0.5


def test_it_stops_where_it_blows_up() -> None:
    model, x = quadratic(400.0)
    found = steepest.find_lr(model, nn.MSELoss(), (x, x))
    assert found.blew_up
    assert 2.0 / 400.0 < found.rates[-1] < 0.1
    assert len(found.losses) == len(found.rates) < 100
    gentle = steepest.find_lr(model, nn.MSELoss(), (x, x), high=1e-3, steps=30)
    assert not gentle.blew_up
    assert gentle.rates[-1] == pytest.approx(1e-3)


def test_the_suggestion_trains_well_and_a_hundred_times_more_does_not() -> None:
    x, y = rows()
    found = steepest.find_lr(network(), nn.MSELoss(), loader())

    def after_training(lr: float) -> float:
        model = network()
        optimizer = torch.optim.SGD(model.parameters(), lr=lr)
        for _ in range(40):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
        return float(loss.detach())

    assert after_training(found.suggestion) < 0.7 * float(y.var())
    assert not after_training(100.0 * found.suggestion) < 2.0 * float(y.var())


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("own", [True, False])
def test_everything_stays_as_it_was(training: bool, own: bool) -> None:
    generator = torch.Generator().manual_seed(3)
    model = network().train(training)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    nn.functional.mse_loss(model(rows()[0]), rows()[1]).backward()
    optimizer.step()
    before, order = state_of(model, optimizer), generator.get_state()
    objects = [(p, p._version, p.grad) for p in model.parameters()]
    batches = loader(generator=generator)
    first = steepest.find_lr(
        model, nn.MSELoss(), batches, optimizer=optimizer if own else None, steps=30
    )
    assert same(before, state_of(model, optimizer))
    assert torch.equal(order, generator.get_state())
    assert objects == [(p, p._version, p.grad) for p in model.parameters()]
    assert model.training == training
    assert optimizer.param_groups[0]["lr"] == 0.01
    again = steepest.find_lr(
        model, nn.MSELoss(), batches, optimizer=optimizer if own else None, steps=30
    )
    assert again.losses.tolist() == first.losses.tolist()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_everything_stays_as_it_was_after_an_error(error: type[BaseException]) -> None:
    model, batches = network(), loader()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = state_of(model, optimizer)
    calls = []

    def fails(output: Tensor, target: Tensor) -> Tensor:
        calls.append(torch.rand(1))
        if len(calls) == 12:
            raise error
        return nn.functional.mse_loss(output, target)

    with pytest.raises(error):
        steepest.find_lr(model, fails, batches, optimizer=optimizer)
    assert len(calls) == 12
    assert same(before, state_of(model, optimizer))


def test_a_watched_loop_does_not_notice() -> None:
    model, (x, y) = network(), rows()
    optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.01), nn.MSELoss()
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(3):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            steepest.find_lr(model, loss_fn, (x, y), optimizer=optimizer, steps=5)
            optimizer.step()
    assert run.path.epochs == 3
    assert run.path.edits == ()
    assert [record.losses for record in run.path.records[:3]] == [1, 1, 1]


def by_generator() -> Iterator[tuple[Tensor, Tensor]]:
    x, y = rows()
    yield from zip(parts(x), parts(y), strict=True)


@pytest.mark.parametrize(
    "made",
    [loader, by_generator, lambda: list(by_generator()), rows, lambda: [*rows()]],
    ids=["DataLoader", "generator", "list", "pair", "pair as a list"],
)
def test_loaders_of_every_kind(made: Callable[[], Any]) -> None:
    found = steepest.find_lr(network(), nn.MSELoss(), made(), steps=20, high=1e-2)
    assert len(found.rates) == 20
    assert found.before[0] == found.losses[0]


def test_losses_of_the_output_alone() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.zeros(()))

        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            return ((self.w * x - y) ** 2).mean()

    batch = {"x": torch.ones(4), "y": torch.ones(4)}
    found = steepest.find_lr(Own(), lambda loss: loss, batch)
    assert found.stable_rate == pytest.approx(1.0, rel=1e-4)


def test_the_optimizer_given_makes_the_updates() -> None:
    model, x = quadratic()
    groups = [{"params": [model.weight], "lr": 0.2}]
    momentum = torch.optim.SGD(groups, momentum=0.9)
    found = steepest.find_lr(model, nn.MSELoss(), (x, x), optimizer=momentum)
    assert (found.optimizer, found.momentum) == ("SGD", 0.9)
    assert found.stable_rate == pytest.approx(2.0 * 1.9 / 4.0, rel=1e-4)
    adam = steepest.find_lr(
        model, nn.MSELoss(), (x, x), optimizer=torch.optim.Adam(model.parameters()), steps=10
    )
    # Adam's first step is its rate, whatever the gradient.
    assert adam.losses[1] == pytest.approx(2.0 * (1.0 - adam.rates[0]) ** 2, rel=1e-4)
    assert "plain SGD, not Adam, is stable below 0.5" in repr(adam)


def test_groups_keep_the_ratio_of_their_rates() -> None:
    model = nn.Linear(1, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    groups = [{"params": [model.weight], "lr": 0.1}, {"params": [model.bias], "lr": 0.3}]
    x = torch.ones(1, 1)
    optimizer = torch.optim.SGD(groups)
    found = steepest.find_lr(
        model, nn.MSELoss(), (x, x), optimizer=optimizer, low=0.01, high=0.02, steps=2
    )
    # The gradient is −2 for both: one moves by 0.02, the other by 0.06.
    assert found.losses[1] == pytest.approx((1.0 - 0.08) ** 2, rel=1e-5)


def test_batches_of_different_size_do_not_hide_the_fall() -> None:
    x, y = rows()
    harder = [(a, b * k) for k, (a, b) in enumerate(zip(parts(x), parts(y), strict=True))]
    found = steepest.find_lr(nn.Linear(5, 1), nn.MSELoss(), harder)
    assert 1e-3 < found.suggestion < 1.0


def test_a_loss_that_does_not_fall_has_no_suggestion() -> None:
    model, x = quadratic()
    nn.init.ones_(model.weight)
    found = steepest.find_lr(model, nn.MSELoss(), (x, x), steps=10)
    assert np.isnan(found.suggestion)
    assert "No rate lowered the loss" in repr(found)


def test_what_cannot_be_tested_is_told() -> None:
    model, (x, y) = network(), rows()
    mse = nn.MSELoss()
    with pytest.raises(InputError, match="the loader is empty: it must hand out at least one"):
        steepest.find_lr(model, mse, [])
    with pytest.raises(InputError, match="loader must be a DataLoader, an iterable of"):
        steepest.find_lr(model, mse, 3)
    with pytest.raises(InputError, match="the loss of the first batch is nan before any step"):
        steepest.find_lr(model, mse, (x * torch.nan, y))
    with pytest.raises(InputError, match=r"loss_fn gave a tensor of shape \(128, 1\)"):
        steepest.find_lr(model, nn.MSELoss(reduction="none"), (x, y))
    with pytest.raises(InputError, match="the loss does not depend on any parameter"):
        steepest.find_lr(model, lambda out, _: out.detach().mean(), (x, y))
    with pytest.raises(InputError, match="the model is on the meta device and holds no numbers"):
        steepest.find_lr(nn.Linear(5, 1, device="meta"), mse, (x, y))
    with pytest.raises(InputError, match="the optimizer holds no parameter of this model"):
        steepest.find_lr(model, mse, (x, y), optimizer=torch.optim.SGD([torch.zeros(1)], lr=1.0))
    with pytest.raises(InputError, match="give 0 < low < high"):
        steepest.find_lr(model, mse, (x, y), low=1.0, high=0.1)
    with pytest.raises(InputError, match="steps is 1; give a whole number, 2 or more"):
        steepest.find_lr(model, mse, (x, y), steps=1)
    with pytest.raises(InputError, match="LBFGS searches along a line"):
        lbfgs = torch.optim.LBFGS(model.parameters())
        steepest.find_lr(model, mse, (x, y), optimizer=lbfgs)


def test_the_picture_marks_both_rates() -> None:
    model, x = quadratic()
    found = steepest.find_lr(model, nn.MSELoss(), (x, x))
    view = RateTestView.of(found)
    assert (view.suggestion, view.bound) == (found.suggestion, found.stable_rate)
    assert view.heights[0] < found.smoothed.min() < view.heights[1] < 100.0
    axes = found.plot()
    assert axes.get_xscale() == "log"
    places = {line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2}
    assert {found.suggestion, found.stable_rate} <= places
    assert "blew up" in text_of(view.notes)


def test_rates_that_grow_by_the_same_difference() -> None:
    model, x = quadratic()
    found = steepest.find_lr(
        model, nn.MSELoss(), (x, x), low=0.1, high=0.4, steps=4, mode="linear", curvature=False
    )
    assert found.rates == pytest.approx([0.1, 0.2, 0.3, 0.4], rel=1e-15)


@pytest.mark.parametrize("once", [False, True])
def test_held_out_batches_are_weighed_by_their_rows_in_eval_mode(once: bool) -> None:
    torch.manual_seed(3)
    linear = nn.Linear(3, 1, dtype=torch.float64)
    model = nn.Sequential(linear, nn.Dropout(0.5))
    x, u = torch.randn(8, 3, dtype=torch.float64), torch.randn(8, 3, dtype=torch.float64)
    y, v = 2.0 * x[:, :1], 2.0 * u[:, :1]
    held_out: Any = [(u[:6], v[:6]), (u[6:], v[6:])]
    before = [tensor.clone() for tensor in model.parameters()]
    found = steepest.find_lr(
        model, nn.MSELoss(), (x, y), steps=5, curvature=False,
        validation_loader=iter(held_out) if once else held_out,
    )  # fmt: skip
    assert same(before, list(model.parameters()))
    assert all(module.training for module in model.modules())
    with torch.no_grad():
        expected = float(((u @ linear.weight.T + linear.bias - v) ** 2).mean())
    assert found.losses[0] == pytest.approx(expected, rel=1e-14)
    assert found.before == pytest.approx([found.losses[0]] * 5, rel=1e-15)
    assert found.losses[1] != found.losses[0]


def test_the_rate_that_is_found_is_given_to_the_optimizer() -> None:
    model, x = quadratic()
    bias = nn.Parameter(torch.zeros(()))
    groups = [{"params": [model.weight], "lr": 0.1}, {"params": [bias], "lr": 0.3}]
    optimizer = torch.optim.SGD(groups)
    found = steepest.find_lr(model, nn.MSELoss(), (x, x), optimizer=optimizer, set_lr=True)
    rates = [group["lr"] for group in optimizer.param_groups]
    assert rates == pytest.approx([found.suggestion, 3.0 * found.suggestion], rel=1e-12)
    assert "SGD has it now." in repr(found)
    with pytest.raises(InputError, match="hand it in: optimizer="):
        steepest.find_lr(model, nn.MSELoss(), (x, x), set_lr=True)


def test_without_a_suggestion_the_rate_stays() -> None:
    model, x = quadratic()
    nn.init.ones_(model.weight)  # the minimum
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    found = steepest.find_lr(model, nn.MSELoss(), (x, x), optimizer=optimizer, set_lr=True)
    assert np.isnan(found.suggestion)
    assert (optimizer.param_groups[0]["lr"], found.rate_is_set) == (0.5, False)


def test_a_function_of_model_and_batch_is_a_loss() -> None:
    (x, y), model = rows(), network()
    weights = torch.ones(len(x))

    def of_batch(model: Any, batch: Any) -> Tensor:
        inputs, target, weight = batch
        return (weight.reshape(-1, 1) * (model(inputs) - target) ** 2).mean()

    loss_fn, triple = steepest.BatchLoss(of_batch), (x, y, weights)
    before = [tensor.clone() for tensor in model.state_dict().values()]
    own = steepest.find_lr(model, loss_fn, [triple], steps=10)
    pair = steepest.find_lr(model, nn.MSELoss(), [(x, y)], steps=10)
    assert own.losses == pytest.approx(pair.losses, rel=1e-6)
    assert own.stable_rate == pytest.approx(pair.stable_rate, rel=1e-3)
    model.eval()  # without dropout
    land = steepest.landscape(model, loss_fn, triple, points=(3, 3))
    with torch.no_grad():
        expected = float(nn.functional.mse_loss(model(x), y))
    assert land.at(np.zeros(2)) == pytest.approx(expected, rel=1e-6)
    ends = [
        steepest.compare(
            model, make_optimizer="sgd", lr=0.1, epochs=3, loss_fn=loss, loader=[batch]
        ).measured[0]
        for loss, batch in ((loss_fn, triple), (nn.MSELoss(), (x, y)))
    ]
    assert ends[0] == pytest.approx(ends[1], rel=1e-6)
    assert same(before, list(model.state_dict().values()))
