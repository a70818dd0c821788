"""The curvature of modules by products alone agrees with the dense second derivative."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from steepest.errors import InputError
from steepest.watching.measure.batch_objective import ModuleObjective
from steepest.watching.measure.hessian import curvature_density, largest_curvature
from steepest.watching.measure.isolated import is_isolated

Case = tuple[nn.Module, Callable[..., Tensor], Any]


class Tied(nn.Module):
    """One matrix used twice, and once more under another name."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.second(torch.tanh(self.first(x)))


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x, x, x, need_weights=False)[0]


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(2, 3, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.gru(x)[0][:, -1]


def mlp() -> Case:
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
    return model, nn.MSELoss(), (torch.randn(20, 3), torch.randn(20, 2))


def classifier() -> Case:
    model = nn.Sequential(nn.Linear(4, 6), nn.GELU(), nn.Linear(6, 3))
    return model, nn.CrossEntropyLoss(), (torch.randn(30, 4), torch.randint(0, 3, (30,)))


def convolutional() -> Case:
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.Softplus(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(8, 3)
    )
    return model, nn.CrossEntropyLoss(), (torch.randn(12, 1, 6, 6), torch.randint(0, 3, (12,)))


def normalised() -> Case:
    model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 1))
    return model, nn.MSELoss(), (torch.randn(16, 3), torch.randn(16, 1))


def tied() -> Case:
    return Tied(), nn.MSELoss(), (torch.randn(10, 3), torch.randn(10, 3))


def frozen() -> Case:
    model, loss_fn, batch = mlp()
    next(model.parameters()).requires_grad_(False)
    return model, loss_fn, batch


def attending() -> Case:
    return Attending(), nn.MSELoss(), (torch.randn(5, 6, 4), torch.randn(5, 6, 4))


def recurrent() -> Case:
    return Recurrent(), nn.MSELoss(), (torch.randn(5, 4, 2), torch.randn(5, 3))


CASES = [mlp, classifier, convolutional, normalised, tied, frozen, attending, recurrent]


def made(make: Callable[[], Case]) -> Case:
    torch.manual_seed(7)
    model, loss_fn, (x, y) = make()
    return model.double(), loss_fn, (x.double(), y.double() if y.is_floating_point() else y)


def dense(model: nn.Module, loss_fn: Callable[..., Tensor], batch: Any) -> np.ndarray:
    """The second derivative, row by row, by autograd through a copy of the module."""
    model = deepcopy(model)
    points = [value for value in model.parameters() if value.requires_grad]
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        loss = loss_fn(model(batch[0]), batch[1])
        slopes = torch.autograd.grad(loss, points, create_graph=True)
        slope = torch.cat([each.reshape(-1) for each in slopes])
        rows = [
            torch.autograd.grad(each, points, retain_graph=True, materialize_grads=True)
            for each in slope
        ]
    return np.array([torch.cat([part.reshape(-1) for part in row]).numpy() for row in rows])


@pytest.mark.parametrize("make", CASES)
def test_both_ends_are_those_of_the_dense_second_derivative(make: Callable[[], Case]) -> None:
    model, loss_fn, batch = made(make)
    eigenvalues = np.linalg.eigvalsh(dense(model, loss_fn, batch))
    found = largest_curvature(model, loss_fn, batch, ends="both")
    assert found.settled
    assert found.largest == pytest.approx(eigenvalues[-1], rel=1e-6)
    assert found.smallest == pytest.approx(eigenvalues[0], rel=1e-6, abs=1e-7 * eigenvalues[-1])
    assert found.stable_rate() == pytest.approx(2.0 / eigenvalues[-1], rel=1e-6)
    assert sum(found.shares.values()) == pytest.approx(1.0)


# torch's own code of forward derivatives warns of torch's own scripts.
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_the_dense_one_by_torch_func() -> None:
    model, loss_fn, (x, y) = made(mlp)
    named = dict(model.named_parameters())
    sizes = [value.numel() for value in named.values()]

    def loss(row: Tensor) -> Tensor:
        parts = zip(named.items(), row.split(sizes), strict=True)
        state = {name: part.reshape(value.shape) for (name, value), part in parts}
        return loss_fn(torch.func.functional_call(model, state, (x,)), y)

    row = torch.cat([value.detach().reshape(-1) for value in named.values()])
    hessian = torch.func.hessian(loss)(row).numpy()
    found = largest_curvature(model, loss_fn, (x, y))
    assert found.largest == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-6)
    product = ModuleObjective.of(model, loss_fn, (x, y)).product(row.numpy())
    vector = np.random.default_rng(1).standard_normal(len(row))
    np.testing.assert_allclose(product(vector), hessian @ vector, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("bias", [True, False])
def test_a_linear_module_has_the_curvature_of_its_rows(bias: bool) -> None:
    torch.manual_seed(1)
    x, y = torch.randn(50, 4), torch.randn(50, 1)
    model = nn.Linear(4, 1, bias=bias)
    rows = np.column_stack([x.double().numpy(), np.ones(50)])[:, : 4 + bias]
    eigenvalues = np.linalg.eigvalsh(2.0 / 50.0 * rows.T @ rows)
    found = largest_curvature(model, nn.MSELoss(), (x, y), ends="both", dtype=torch.float64)
    assert [found.smallest, found.largest] == pytest.approx(eigenvalues[[0, -1]].tolist(), rel=1e-9)
    single = largest_curvature(model, nn.MSELoss(), (x, y))
    assert single.largest == pytest.approx(eigenvalues[-1], rel=1e-5)
    assert single.settled


def test_density_has_the_traces_of_the_dense_one() -> None:
    model, loss_fn, batch = made(classifier)
    hessian = dense(model, loss_fn, batch)
    density = curvature_density(model, loss_fn, batch, steps=5, probes=100)
    size = np.linalg.norm(hessian)
    # Random signs: the variance of vᵀHv is 2 (‖H‖² − Σ Hᵢᵢ²).
    assert density.moment(1) == pytest.approx(np.trace(hessian), abs=4 * size * (2 / 100) ** 0.5)
    square = hessian @ hessian
    deviation = (2 / 100) ** 0.5 * np.linalg.norm(square)
    assert density.moment(2) == pytest.approx(np.trace(square), abs=4 * deviation)
    assert density.dimension == len(hessian)


def state_of(model: nn.Module) -> list[Any]:
    everything = [*model.state_dict().values(), *(p.grad for p in model.parameters())]
    return [value.clone() for value in everything] + [torch.get_rng_state()]


@pytest.mark.parametrize("training", [True, False])
def test_the_model_stays_as_it_is(training: bool) -> None:
    torch.manual_seed(2)
    model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Dropout(), nn.Linear(5, 1))
    model.train(training)
    x, y = torch.randn(16, 3), torch.randn(16, 1)
    nn.functional.mse_loss(model(x), y).backward()
    before = state_of(model)
    first = largest_curvature(model, nn.MSELoss(), (x, y))
    curvature_density(model, nn.MSELoss(), (x, y), steps=5)
    ModuleObjective.of(model, nn.MSELoss(), (x, y)).value(np.zeros(36))
    assert all(torch.equal(a, b) for a, b in zip(before, state_of(model), strict=True))
    assert model.training == training
    assert largest_curvature(model, nn.MSELoss(), (x, y)).largest == first.largest


def test_hooks_can_tell_that_the_loop_is_not_running() -> None:
    model = nn.Linear(1, 1)
    seen = []
    model.register_forward_hook(lambda *_: seen.append(is_isolated()))
    x = torch.ones(2, 1)
    model(x)
    with torch.no_grad():
        largest_curvature(model, nn.MSELoss(), (x, x))
    model(x)
    assert seen == [False, True, False]


def test_wrapped_models_are_unwrapped() -> None:
    model, loss_fn, batch = made(mlp)
    plain = largest_curvature(model, loss_fn, batch)
    compiled: Any = torch.compile(model, backend="eager")
    assert largest_curvature(compiled, loss_fn, batch).largest == plain.largest
    assert largest_curvature(nn.DataParallel(model), loss_fn, batch).largest == plain.largest
    assert isinstance(model, nn.Sequential)
    first: Any = torch.compile(model[0], backend="eager")
    inside = nn.Sequential(first, *list(model)[1:])
    assert largest_curvature(inside, loss_fn, batch).largest == plain.largest


def test_inputs_by_name_and_losses_of_the_output_alone() -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.tensor(2.0))

        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            return ((self.w * x - y) ** 2).mean()

    batch = {"x": torch.tensor([1.0, 3.0]), "y": torch.tensor([1.0, 1.0])}
    found = largest_curvature(Named(), lambda loss: loss, batch)
    assert found.largest == pytest.approx(10.0)
    assert dict(found.shares) == {"w": pytest.approx(1.0)}


def test_a_loss_without_curvature() -> None:
    model = nn.Linear(2, 1)
    found = largest_curvature(model, lambda out: out.mean(), torch.ones(3, 2))
    assert (found.largest, found.stable_rate()) == (0.0, np.inf)


def test_what_cannot_be_measured_is_told() -> None:
    model, x = nn.Linear(2, 2), torch.ones(3, 2)
    with pytest.raises(InputError, match=r"loss_fn gave a tensor of shape \(3, 2\); it must give"):
        largest_curvature(model, nn.MSELoss(reduction="none"), (x, x))
    with pytest.raises(InputError, match="the loss does not depend on any parameter"):
        largest_curvature(model, lambda out: out.detach().mean(), x)
    with pytest.raises(InputError, match="the second derivative of the loss is not finite"):
        largest_curvature(model, nn.MSELoss(), (x * torch.nan, x))
    with pytest.raises(InputError, match="no parameter that is trained"):
        largest_curvature(model.requires_grad_(False), nn.MSELoss(), (x, x))
    with pytest.raises(InputError, match=r"no parameter 'weigth'\. Did you mean 'weight'"):
        ModuleObjective.of(model, nn.MSELoss(), (x, x), tensors=["weigth"])
