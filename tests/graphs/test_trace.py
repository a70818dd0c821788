"""Functions and modules as graphs: values and gradients are those of torch on the same call."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from steepest.api.graph import graph
from steepest.errors import InputError
from steepest.results.graph import Graph

GENERATOR = torch.Generator().manual_seed(0)


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=GENERATOR)


def repeated(x: Tensor, w: Tensor) -> Tensor:
    for _ in range(3):
        x = torch.tanh(w @ x)
    return x.sum()


def in_place(x: Tensor) -> Tensor:
    y = torch.zeros(3, dtype=torch.float64)
    y[0] += x
    y[1] = x * x
    y[2] = y[0].clone() * y[1].clone()
    y *= 2
    y.add_(x)
    return y.prod()


def branching(x: Tensor, y: Tensor) -> Tensor:
    return torch.sin(x) * y if x > y else torch.cos(y)


def without_gradient(x: Tensor) -> Tensor:
    with torch.no_grad():
        known = x * x
    return known * x + x * float(x.detach()) + x.data


FUNCTIONS: dict[str, tuple[Callable[..., Tensor], dict[str, Any]]] = {
    "lesson": (lambda a, b, c: 3 * (a + b * c), {"a": 5, "b": 3, "c": 2}),
    "used twice": (lambda x: x * x + x, {"x": 3}),
    "operators": (
        lambda x: 2**x + 1 / x - (3 - x) + x**2 + abs(-x) + x % 1.5 - x / 3,
        {"x": 1.7},
    ),
    "loop": (repeated, {"x": random(3), "w": random(3, 3)}),
    "in place": (in_place, {"x": 1.5}),
    "one branch": (branching, {"x": 2, "y": 1}),
    "other branch": (branching, {"x": 0, "y": 1}),
    "without gradient": (without_gradient, {"x": 2}),
    "log-softmax": (lambda z: -torch.log_softmax(z, 0)[1], {"z": random(4)}),
    "cross entropy": (
        lambda z, y: functional.cross_entropy(z, y),
        {"z": random(3, 4), "y": torch.tensor([0, 3, 1])},
    ),
    "matrix": (lambda x: (x.T @ x).trace() + (x @ x.mT).sum(), {"x": random(2, 3)}),
    "solve": (
        lambda A, b: torch.linalg.solve(A, b).norm(),
        {"A": random(3, 3), "b": random(3)},
    ),
    "where": (lambda x: torch.where(x > 0, x, 0.1 * x).sum(), {"x": random(6)}),
    "mask": (lambda x: x[x > 0].sum() + x[[0, 0, 1]].sum(), {"x": random(6)}),
    "several results": (
        lambda x: x.max(dim=0).values.sum() * x.max() + torch.stack(x.split(1)).prod(),
        {"x": random(3, 2)},
    ),
    "unpacked": (lambda x: sum(a * b for a, b in zip(x, x.flip(0), strict=True)), {"x": random(3)}),
    "joined": (
        lambda x, y: torch.stack([x, y, x]).prod() + torch.cat([x[None], y[None]]).norm(),
        {"x": 1.5, "y": 2},
    ),
    "einsum": (
        lambda x, y: torch.einsum("ij,kj->ik", x, y).square().mean(),
        {"x": random(2, 3), "y": random(4, 3)},
    ),
    "broadcast": (lambda x, b: ((x + b) * b[0]).sum(), {"x": random(2, 3), "b": random(3)}),
    "unused": (lambda x, y: x * x, {"x": 2, "y": 3}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_against_torch(name: str) -> None:
    function, values = FUNCTIONS[name]
    check(graph(function, **values), function, values, {})


class Supervised(nn.Module):
    """A network and its loss."""

    def __init__(self, network: nn.Module, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.network, self.loss = network, loss

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.loss(self.network(x), y)


class Shared(nn.Module):
    """One weight under two names, used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.into = nn.Embedding(4, 3)
        self.out = nn.Linear(3, 4, bias=False)
        self.out.weight = self.into.weight

    def forward(self, x: Tensor) -> Tensor:
        return functional.cross_entropy(self.out(self.into(x)), x)


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell, self.whole = nn.RNNCell(1, 3), nn.LSTM(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        state = torch.zeros(1, 3, dtype=torch.float64)
        states = []
        for step in range(x.shape[0]):
            state = self.cell(x[step : step + 1], state)
            states.append(state)
        out, (_, inner) = self.whole(torch.stack(states))
        return out.square().sum() + inner.sum()


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x).square().mean()


def mlp() -> nn.Module:
    layers = (nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
    return Supervised(nn.Sequential(*layers), functional.mse_loss)


def convolution() -> nn.Module:
    layers = (nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten())
    return Supervised(nn.Sequential(*layers, nn.Linear(2, 2)), functional.cross_entropy)


def normalised() -> nn.Module:
    layers = (nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.LayerNorm(3), nn.Linear(3, 1))
    return Supervised(nn.Sequential(*layers), nn.SmoothL1Loss())


MODULES: dict[str, tuple[Callable[[], nn.Module], dict[str, Tensor]]] = {
    "layers": (mlp, {"x": random(5, 3), "y": random(5, 1)}),
    "tiny image": (convolution, {"x": random(2, 1, 4, 4), "y": torch.tensor([0, 1])}),
    "normalised, dropout": (normalised, {"x": random(4, 2), "y": random(4, 1)}),
    "shared parameter": (Shared, {"x": torch.tensor([0, 2])}),
    "recurrent": (Recurrent, {"x": random(4, 1)}),
    "attention": (Attention, {"x": random(1, 3, 4)}),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules_against_torch(name: str) -> None:
    make, values = MODULES[name]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        module = make().double()
        state = {key: tensor.clone() for key, tensor in module.state_dict().items()}
        torch.manual_seed(2)
        walk = graph(module, **values)
        for key, tensor in module.state_dict().items():
            assert torch.equal(tensor, state[key]), f"the graph has changed {key}"
        torch.manual_seed(2)
        check(walk, module, values, dict(module.named_parameters()))


def check(
    walk: Graph,
    function: Callable[..., Tensor],
    values: dict[str, Any],
    parameters: dict[str, nn.Parameter],
) -> None:
    """Value and all gradients of the walk against torch's, of one run of the function."""
    leaves = {
        name: value.detach().clone()
        if isinstance(value, Tensor)
        else torch.tensor(value, dtype=torch.float64)
        for name, value in values.items()
    }
    smooth = {
        name: leaf.requires_grad_() for name, leaf in leaves.items() if leaf.is_floating_point()
    }
    result = function(**leaves)
    everything = {**smooth, **parameters}
    expected = torch.autograd.grad(result, [*everything.values()], allow_unused=True)
    assert walk.forward() == pytest.approx(result.item(), rel=1e-12)
    found = walk.backward()
    assert set(found) == {*leaves, *parameters}
    for (name, leaf), gradient in zip(everything.items(), expected, strict=True):
        wanted = torch.zeros_like(leaf) if gradient is None else gradient
        np.testing.assert_allclose(found[name], wanted.numpy(), rtol=1e-9, atol=1e-13, err_msg=name)  # type: ignore[arg-type]  # not None after the walk
    assert {name for name, gradient in found.items() if gradient is None} == {*leaves} - {*smooth}


def test_operations_have_their_names() -> None:
    walk = graph(mlp(), x=torch.ones(5, 3), y=torch.ones(5, 1))
    leaves = [node.name for node in walk.nodes if node.kind == "leaf"]
    assert leaves == [
        "x",
        "y",
        "network.0.weight",
        "network.0.bias",
        "network.2.weight",
        "network.2.bias",
        "network.4.weight",
        "network.4.bias",
    ]
    operations = [node.operation for node in walk.nodes if node.kind == "operation"]
    assert operations == ["linear", "relu", "linear", "tanh", "linear", "mse_loss"]
    first = next(node for node in walk.nodes if node.operation == "linear")
    assert first.expression == "linear(x, network.0.weight, network.0.bias)"


@pytest.mark.parametrize(
    ("function", "expression"),
    [
        (lambda x: x.sum(dim=0), "sum(x, dim=0)"),
        (lambda x: 1 - x, "1 - x"),
        (lambda x: x * 3, "3 · x"),
        (lambda x: 2 / x, "2 / x"),
        (lambda x: 2**x, "2 ^ x"),
        (lambda x: x @ x, "x @ x"),
        (lambda x: -x, "-x"),
        (lambda x: x[0, 1:], "x[0, 1:]"),
        (lambda x: x.T, "x.T"),
        (lambda x: functional.relu(x), "relu(x)"),
        (lambda x: functional.leaky_relu(x, 0.2), "leaky_relu(x, negative_slope=0.2)"),
        (lambda x: x.clone().add_(1), "u + 1"),
        (lambda x: torch.stack([x, x]), "stack([x, x])"),
    ],
)
def test_expressions(function: Callable[[Tensor], Tensor], expression: str) -> None:
    walk = graph(function, x=[[1.0, 2.0], [3.0, 4.0]])
    assert walk.nodes[walk.result].expression == expression


def test_local_derivatives_of_tensors() -> None:
    x, w = random(2, 3), random(4, 3)
    walk = graph(lambda x, w: torch.tanh(functional.linear(x, w)).sum(), x=x, w=w)
    walk.backward()
    into_linear, weight, into_tanh, into_sum = walk.edges
    derivatives = [edge.derivative for edge in (into_linear, weight, into_tanh, into_sum)]
    assert all(derivatives)
    forms = [one.form for one in derivatives if one]
    assert forms == ["jacobian", "jacobian", "elementwise", "jacobian"]
    jacobian = torch.autograd.functional.jacobian(functional.linear, (x, w))
    for found, wanted in zip(derivatives, jacobian, strict=False):
        assert found is not None
        np.testing.assert_allclose(found.values, wanted.numpy(), rtol=1e-12)  # type: ignore[arg-type]  # not None: it is small
    slope = 1.0 - torch.tanh(x @ w.T).square()
    assert derivatives[2] is not None
    np.testing.assert_allclose(np.array(derivatives[2].values), slope.numpy(), rtol=1e-12)
    assert str(derivatives[0]).startswith("2×4×2×3 Jacobian, norm ")
    assert str(derivatives[2]).startswith("2×4 tensor, norm ")


def test_a_jacobian_of_many_numbers_is_left_out_and_its_flow_is_right() -> None:
    w = random(40, 30)
    walk = graph(lambda w: (w @ w.T).sum(), w=w)
    found = walk.backward()["w"]
    assert str(walk.edges[0].derivative) == "30×40×40×30 Jacobian"
    np.testing.assert_allclose(found, 2 * w.sum(0).expand(40, 30), rtol=1e-10)  # type: ignore[arg-type]  # not None after the walk


def test_words_for_tensors() -> None:
    events = [str(event) for event in graph(lambda x: (x * x).sum(), x=[1.0, 2.0]).steps()]
    assert events == [
        "x = [1, 2]",
        "u = x · x = [1, 4]",
        "J = sum(u) = 5",
        "dJ/dJ = 1",
        "dJ/du = [1, 1]",
        "dJ/dx += dJ/du · du/dx (1 of 2) = [1, 2], now [1, 2]",
        "dJ/dx += dJ/du · du/dx (2 of 2) = [1, 2], now [2, 4]",
    ]


def test_a_leaf_that_the_result_does_not_depend_on() -> None:
    walk = graph(lambda x, y: x * x, x=2, y=3)
    events = [str(event) for event in walk.steps()]
    assert events[-1] == "dJ/dy = 0, since J does not depend on y"
    assert walk.gradients == {"x": 4.0, "y": 0.0}


def test_whole_numbers_have_no_gradient() -> None:
    walk = graph(lambda x, i: x[i].sum(), x=[1.0, 2.0, 3.0], i=torch.tensor([0, 2]))
    gradients = walk.backward()
    assert gradients["i"] is None
    np.testing.assert_array_equal(gradients["x"], [1.0, 0.0, 1.0])


def test_parameters_from_outside_are_leaves_with_their_names() -> None:
    model = nn.Linear(2, 1).double()
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    walk = graph(lambda x: (scale * model(x)).sum(), x=random(3, 2))
    assert set(walk.backward()) == {"x", "model.weight", "model.bias", "scale"}
    assert model.weight.grad is None and scale.grad is None


def test_numbers_take_the_type_of_the_module() -> None:
    walk = graph(nn.Linear(2, 1), input=[1.0, 2.0])
    assert set(walk.backward()) == {"input", "weight", "bias"}


def test_what_was_handed_in_stays_as_it_is() -> None:
    x = random(3).requires_grad_()
    before = x.detach().clone()

    def change(x: Tensor) -> Tensor:
        x *= 2
        return x.sum()

    walk = graph(change, x=x)
    np.testing.assert_array_equal(walk.backward()["x"], [2.0, 2.0, 2.0])
    assert torch.equal(x, before) and x.grad is None


def test_other_values_are_handed_on() -> None:
    walk = graph(
        lambda x, name, often: x * often if name == "times" else x,
        x=2.0,
        name="times",
        often=3,
    )
    assert walk.forward() == 6.0
    assert graph(lambda x, twice: x * 2 if twice is True else x, x=2.0, twice=True).forward() == 4.0


class Odd(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return gradient * 5


def through_a_view(x: Tensor) -> Tensor:
    y = torch.zeros(3, dtype=torch.float64)
    y[0:2][0] = x
    return y.sum()


OUTSIDE = torch.zeros(2, dtype=torch.float64)
LATER = torch.ones(2, requires_grad=True) * 2


def into_the_outside(x: Tensor) -> Tensor:
    OUTSIDE[0] = x
    return OUTSIDE.sum()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: math.sin(x) * x, r"math.sin\(\) .* takes numbers out of the graph.*torch.sin"),
        (lambda x: np.sin(x) * x, "NumPy takes numbers out of the graph"),
        (lambda x: x.item() * x, r"x\.item\(\) .*takes numbers out of the graph"),
        (lambda x: torch.tensor([x, x]).sum(), r"torch.tensor\(\) .*takes numbers.*torch.stack"),
        (lambda x: (x * x).backward(), "the function calls backward itself"),
        (lambda x: torch.autograd.grad(x * x, x)[0], "the function calls grad itself"),
        (lambda x: torch.func.grad(torch.sin)(x), "cannot look into torch.func"),
        (lambda x: Odd.apply(x) * x, "computed out of sight"),  # type: ignore[no-untyped-call]  # torch has no types here
        (lambda x: (LATER * x).sum(), "computed out of sight"),
        (through_a_view, "changed in place through a part or view"),
        (into_the_outside, "changes in place a tensor that was made outside"),
        (lambda x: torch.add(x, x, out=torch.zeros(())), r"add\(…, out=…\) cannot be shown"),
        (lambda x: torch.fft.fft(x[None]).abs().sum(), "a graph shows real numbers"),
        (lambda x: x.expand(2000, 1000), "holds 2000000 numbers"),
        (lambda x: 3.0, "returned 3.0, which is no tensor"),
        (lambda x: (x, x), "which is no tensor"),
        (lambda y: y, "no argument 'x'; it has y"),
        (lambda x, y: y, "needs a value for y: graph"),
    ],
)
def test_what_a_graph_cannot_show(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        graph(function, x=2.0)
    assert "\n" not in str(error.value)


def test_gradients_of_more_than_one_number() -> None:
    walk = graph(lambda x: x * 2, x=[1.0, 2.0])
    np.testing.assert_array_equal(walk.forward(), [2.0, 4.0])
    with pytest.raises(InputError, match=r"The result is a vector of 2.*\.sum\(\) or \.mean\(\)"):
        walk.backward()


def test_an_operation_without_derivative() -> None:
    walk = graph(lambda x: x // 1 * x, x=2.5)
    assert walk.forward() == 5.0
    with pytest.raises(InputError, match="torch cannot differentiate"):
        walk.backward()


def test_numbers_that_do_not_fit_together() -> None:
    with pytest.raises(InputError, match="x needs numbers in rows of one length"):
        graph(lambda x: x.sum(), x=[[1.0], [2.0, 3.0]])
    with pytest.raises(InputError, match="x needs numbers, not an array of"):
        graph(lambda x: x.sum(), x=np.array(["a"]))
