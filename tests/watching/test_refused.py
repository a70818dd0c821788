"""What a user hands in by mistake is told in one line; what their own code raises stays theirs."""

import io
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import steepest
from steepest.errors import InputError

X, Y = torch.linspace(-1.0, 1.0, 24).reshape(8, 3), torch.linspace(0.0, 1.0, 8)[:, None]
BATCH = (X, Y)
MSE = nn.MSELoss()


class Mine(nn.Module):
    """A model of a user's own, which raises what it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] != 3:
            raise RuntimeError("three columns, please")
        out: Tensor = self.line(x)
        return out


def model() -> nn.Linear:
    return nn.Linear(3, 1)


def find_lr(net: Any, loss_fn: Any, batch: Any) -> Any:
    return steepest.find_lr(net, loss_fn, [batch], steps=3, curvature=False)


def landscape(net: Any, loss_fn: Any, batch: Any) -> Any:
    return steepest.landscape(net, loss_fn, batch, points=(2, 2))


def compare(net: Any, loss_fn: Any, batch: Any) -> Any:
    return steepest.compare(
        net, make_optimizer=["sgd"], lr=0.1, loss_fn=loss_fn, loader=[batch], epochs=1
    )


ALL = pytest.mark.parametrize("ask", [find_lr, landscape, compare])


@ALL
@pytest.mark.parametrize(
    ("batch", "said"),
    [
        ((torch.ones(8, 4), Y), r"refuses the batch, \(\(8, 4\) of float32, .*: mat1 and mat2"),
        ((X.double(), Y), r"of float64, \(8, 1\) of float32\): mat1 and mat2 must have the same"),
        ({"x": X, "y": Y}, r"\{x: \(8, 3\) of float32, .*unexpected keyword argument 'x'"),
        ((X, Y, Y), "positional arguments"),
        ((X.numpy(), Y.numpy()), r"holds NumPy arrays; give tensors: torch.as_tensor\(array\)"),
        ((np.nan * X, Y), "look for"),
        (3, r"a batch is a pair \(inputs, target\) or what the model takes, not 3"),
    ],
)
def test_a_batch_that_does_not_fit(ask: Callable[..., Any], batch: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        ask(model(), MSE, batch)


@ALL
def test_what_the_users_own_code_raises_stays_theirs(ask: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match=r"^three columns, please$"):
        ask(Mine(), MSE, (torch.ones(8, 4), Y))
    with pytest.raises(ZeroDivisionError):
        ask(model(), lambda output, target: output.sum() / (1 // 0), BATCH)


@ALL
@pytest.mark.parametrize(
    ("net", "loss_fn", "said"),
    [
        (model(), nn.MSELoss, r"the class MSELoss; give one that is made of it: MSELoss\(\)"),
        (model(), None, "loss_fn must be a loss module or a function, not None"),
        (model(), nn.MSELoss(reduction="none"), r"gave a tensor of shape \(8, 1\)"),
        (nn.Linear(3, 1, device="meta"), MSE, "on the meta device"),
        (nn.LazyLinear(1), MSE, "sizes are not known yet; call it on a batch first"),
        (model().requires_grad_(False), MSE, "all have requires_grad=False"),
        (nn.Identity(), MSE, "no parameter that is trained"),
    ],
)
def test_models_and_losses(ask: Callable[..., Any], net: Any, loss_fn: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        ask(net, loss_fn, BATCH)


@pytest.mark.parametrize("ask", [find_lr, compare])
def test_a_loss_of_no_parameter(ask: Callable[..., Any]) -> None:
    with pytest.raises(InputError, match="does not depend on any parameter"):
        ask(model(), lambda output, target: torch.tensor(1.0), BATCH)


def test_a_loader_where_one_batch_is_meant() -> None:
    with pytest.raises(InputError, match=r"a DataLoader; give one batch .* next\(iter\(loader\)\)"):
        landscape(model(), MSE, DataLoader(TensorDataset(X, Y)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"span": "wide"}, "span is 'wide'; give a number above 0"),
        ({"span": 0.0}, "span is 0.0"),
        ({"seed": -1}, "seed is -1"),
        ({"path": [[0.0, "a"]]}, "no array"),
    ],
)
def test_options_of_a_landscape(options: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        steepest.landscape(model(), MSE, BATCH, **options)


def test_a_range_of_rates_in_words() -> None:
    with pytest.raises(InputError, match="give 0 < low < high"):
        steepest.find_lr(model(), MSE, BATCH, low="a")  # type: ignore[arg-type]  # a mistake


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"make_optimizer": 3}, "make_optimizer holds 3; give functions"),
        (
            {"make_optimizer": [torch.optim.SGD(model().parameters())]},
            "holds an SGD that is made already; give functions",
        ),
        ({"make_optimizer": ["sgd"], "seed": "a"}, "seed is 'a'"),
        ({"make_optimizer": ["sgd"], "source": nn.Linear}, "make_model must take no arguments"),
    ],
)
def test_arguments_of_a_comparison(options: Any, said: str) -> None:
    options = {"source": model, "loss_fn": MSE, "loader": BATCH, **options}
    with pytest.raises(InputError, match=said):
        steepest.compare(**options)


def test_models_that_cannot_be_watched() -> None:
    meta, other = nn.Linear(3, 1, device="meta"), torch.optim.SGD(model().parameters())
    with pytest.raises(InputError, match="on the meta device"):
        steepest.watch(meta, torch.optim.SGD(meta.parameters()), MSE)
    with pytest.raises(InputError, match="no parameters: Identity trains nothing"):
        steepest.watch(nn.Identity(), other, MSE)
    lazy = nn.LazyLinear(1)
    with pytest.raises(InputError, match="before its optimizer is made"):
        steepest.watch(lazy, torch.optim.SGD(lazy.parameters()), MSE)
    with pytest.raises(InputError, match="callbacks are a list"):
        steepest.watch(None, other, callbacks=print)  # type: ignore[arg-type]  # a mistake


@pytest.mark.parametrize("value", ["0.5", torch.ones(3), None])
def test_a_loss_handed_in_that_is_no_number(value: Any) -> None:
    net = model()
    watched = steepest.watch(net, torch.optim.SGD(net.parameters()))
    with watched as run, pytest.raises(InputError, match=r"run\.loss takes one number"):
        run.loss(value)


def test_copies_and_files_made_in_the_loop_leave_the_recorder_behind() -> None:
    net, loss_fn = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1)), nn.MSELoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train(one: nn.Module, by: torch.optim.Optimizer, loss: nn.Module) -> None:
        by.zero_grad()
        loss(one(X), Y).backward()
        by.step()

    with steepest.watch(net, optimizer, loss_fn, every=1) as run:
        train(net, optimizer, loss_fn)
        file = io.BytesIO()
        torch.save((net, loss_fn), file)
        assert b"steepest" not in file.getvalue()
        copied, loss_copied = deepcopy((net, loss_fn))
        train(copied, torch.optim.SGD(copied.parameters(), lr=0.1), loss_copied)
        train(net, optimizer, loss_fn)
    assert run.path.epochs == 2
    assert [record.losses for record in run.path.records] == [1, 1, 0]
    assert run.mistakes() == []
    file.seek(0)
    loaded, _ = torch.load(file, weights_only=False)
    assert loaded(X).shape == (8, 1)


def test_a_trained_model_gets_no_suggestion_from_rounding() -> None:
    net = model().double()
    y = X.sum(dim=1, keepdim=True) + 0.1 * torch.tensor([[1.0], [-1.0]] * 4)
    best = torch.linalg.lstsq(torch.cat([X, torch.ones(8, 1)], 1).double(), y.double()).solution
    with torch.no_grad():
        net.weight.copy_(best[:3].T)
        net.bias.copy_(best[3])
    found = steepest.find_lr(net, MSE, (X.double(), y.double()), curvature=False)
    assert np.isnan(found.suggestion)
    assert "No rate lowered the loss by more than 1 %" in repr(found)
    low, high = found.plot().get_ylim()
    assert high - low >= 0.009 * found.before[0]


def test_a_landscape_is_shown_in_a_line() -> None:
    shown = repr(steepest.landscape(model(), MSE, BATCH, points=(3, 2)))
    assert shown.startswith("Landscape(random plane, 3 × 2 points, objective ")
    assert "\n" not in shown
