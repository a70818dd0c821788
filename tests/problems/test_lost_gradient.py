"""Numbers that leave torch take their part of the gradient along; what is logged or chosen by them
does not.
"""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import special
from torch import Tensor

import steepest
from steepest.errors import InputError
from steepest.problems.function import FunctionProblem
from steepest.problems.lost_gradient import LostGradient

sine = math.sin


def found(function: Callable[..., Any], start: Any) -> LostGradient | None:
    """What is lost at the start."""
    with warnings.catch_warnings():  # torch's own about numbers that leave
        warnings.simplefilter("ignore", UserWarning)
        problem = FunctionProblem.of_callable(function, start, descended=False)
        begin = problem.start(start)
        return problem.lost_gradient(begin, begin)


def without_gradient(x: Tensor) -> Tensor:
    with torch.no_grad():
        part = torch.sin(3 * x)
    return x**2 + part


def in_a_loop(v: Tensor) -> Tensor:
    return (v**2).sum() + sum(math.exp(entry) for entry in v)


def numbers_first(x: Tensor, y: Tensor) -> Tensor:
    a, b = float(x), float(y)
    return x * y + a * b**2


def beside_a_steep_one(x: Tensor, y: Tensor) -> Tensor:
    return (x - 1) ** 2 * 1e6 + (y - 1) * float(y)


# Function, start, the parameter that is named, the whole slope along it, and what is to be read.
LOSING: list[tuple[Callable[..., Any], Any, str, float, str]] = [
    (lambda x: math.sin(x) + x**2, 1.0, "x", 2 + math.cos(1), "write torch.sin for math.sin"),
    (lambda x: sine(x) + x**2, 1.0, "x", 2 + math.cos(1), "write torch.sin for sine"),
    (lambda x: math.exp(2 * x) * x, 0.5, "x", 2 * math.e, "write torch.exp for math.exp"),
    (lambda x: math.log(x) + x, 2.0, "x", 1.5, "write torch.log for math.log"),
    (lambda x: math.sqrt(x) * x, 4.0, "x", 3.0, "write torch.sqrt for math.sqrt"),
    (lambda x: math.fabs(x) * x, 3.0, "x", 6.0, "write torch.abs for math.fabs"),
    (lambda x: math.erf(x) + x, 0.0, "x", 1 + 2 / math.sqrt(math.pi), "write torch.erf"),
    (lambda x: math.pow(x, 3) + x, 2.0, "x", 13.0, "write torch.pow for math.pow"),
    (lambda x: np.tanh(float(x)) + x, 1.0, "x", 2 - math.tanh(1) ** 2, "leave out float()"),
    (lambda x: special.expit(x.item()) + x, 0.0, "x", 1.25, "leave out x.item()"),
    (lambda x: x**2 + 3 * x.item(), 1.0, "x", 5.0, "leave out x.item()"),
    (lambda x: x**2 + float(3 * x), 1.0, "x", 5.0, "leave out float()"),
    (lambda x: x**2 + 3 * x.detach(), 1.0, "x", 5.0, "leave out x.detach()"),
    (lambda x: x**2 + 3 * x.data, 1.0, "x", 5.0, "leave out .data"),
    (lambda x: x**2 + torch.tensor(x), 1.0, "x", 3.0, "write torch.stack for torch.tensor"),
    (lambda x: x**2 + x.new_tensor([x, 1]).sum(), 1.0, "x", 3.0, "write torch.stack for x.new_"),
    (lambda x: x * torch.linspace(0, x, 3).sum(), 2.0, "x", 6.0, "instead of torch.linspace()"),
    (lambda x: x**2 + torch.Tensor([x, x]).sum().double(), 1.0, "x", 4.0, "torch.Tensor"),
    (without_gradient, 1.0, "x", 2 + 3 * math.cos(3), "leave out torch.no_grad()"),
    (lambda x: x**2 + np.cos(x.detach().numpy()).item(), 1.0, "x", 2 - math.sin(1), "x.detach()"),
    (lambda v: (v**2).sum() + np.prod(v.tolist()), [1, 2, 3], "v[0]", 8.0, "leave out v.tolist()"),
    (in_a_loop, [1.0, 2.0], "v[0]", 2 + math.e, "write torch.exp for math.exp"),
    (lambda x, y: x**2 + y**2 + math.sin(y), (1, 1), "y", 2 + math.cos(1), "torch.sin"),
    (beside_a_steep_one, (1, 3), "y", 5.0, "leave out float()"),
    (beside_a_steep_one, (2, 3), "y", 5.0, "leave out float()"),
    (numbers_first, {"x": 2.0, "y": 3.0}, "x", 12.0, "leave out float()"),
    (lambda A: (A**2).sum() + float(A[1, 0]), [[1, 2], [3, 4]], "A[1,0]", 7.0, "leave out float()"),
    (lambda x: 1e12 * (math.sin(x) + x**2), 1.0, "x", 1e12 * (2 + math.cos(1)), "torch.sin"),
    (lambda x: 1e-12 * (math.sin(x) + x**2), 1.0, "x", 1e-12 * (2 + math.cos(1)), "torch.sin"),
    (lambda x: (x / 1e-9) ** 2 + float(x) / 1e-9, 1e-9, "x", 3e9, "leave out float()"),
    (lambda x: (x.float() ** 2 + 3 * x.float().item()).double(), 1.0, "x", 5.0, ".item()"),
    (lambda x: x**2 + round(float(x), 9), 1.0, "x", 3.0, "leave out float()"),
]


@pytest.mark.parametrize(("function", "start", "name", "slope", "remedy"), LOSING)
def test_a_lost_part_is_found_and_its_call_named(
    function: Callable[..., Any], start: Any, name: str, slope: float, remedy: str
) -> None:
    lost = found(function, start)
    assert lost is not None
    assert lost.axis == name
    assert lost.slope == pytest.approx(slope, rel=1e-3)
    assert abs(lost.gradient - slope) > 0.01 * abs(slope)
    assert remedy.casefold() in str(lost.advice).casefold()
    assert "test_lost_gradient.py" in str(lost.fact)


HISTORY: list[float] = []
CALLS = [0]
TABLE = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0]
DRAWN = torch.randn(50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
LAYER = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))


def logs(x: Tensor) -> Tensor:
    HISTORY.append(float(x))
    return x**2


def prints(x: Tensor) -> Tensor:
    print(f"{x:.3f}", x.item(), x.tolist())
    return torch.exp(x)


def counts_its_calls(x: Tensor) -> Tensor:
    CALLS[0] += 1
    HISTORY.append(x.item())
    return torch.sin(x)


def checks(x: Tensor) -> Tensor:
    if not math.isfinite(x) or x.item() > 1e6:
        raise ValueError("x")
    return x**2


def drops_out(x: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(int(float(x) > 100))
    kept = torch.rand(20, generator=generator) > 0.5
    return (x * kept).sum() ** 2


def iterates(x: Tensor) -> Tensor:
    root = torch.ones((), dtype=torch.float64)
    for _ in range(50):
        step = (root * root - x) / (2 * root)
        root = root - step
        if abs(step.item()) < 1e-14:
            break
    return root


def stable_sum(v: Tensor) -> Tensor:
    largest = v.max().item()
    return largest + torch.log(torch.exp(v - largest).sum())


def scaled(v: Tensor) -> Tensor:
    size = float(v.detach().abs().max())
    return size**2 * ((v / size) ** 2).sum()


def single_precision(x: Tensor) -> Tensor:
    HISTORY.append(x.float().item())
    return torch.cos(x.float()) + 1e3


def half_precision(x: Tensor) -> Tensor:
    HISTORY.append(x.item())
    return (x.half() ** 2).double()


def network(v: Tensor) -> Tensor:
    loss = LAYER(v.float()).square().mean()
    HISTORY.append(loss.item())
    return loss


def steps(x: Tensor) -> Tensor:
    return torch.floor(x) + (2.0 if x.item() > 7 else 0.0) + x**2


def batches(x: Tensor) -> Tensor:
    rows = DRAWN[torch.randperm(50, generator=torch.Generator().manual_seed(1))[:10]]
    HISTORY.append(x.item())
    return ((x - rows) ** 2).mean()


def logged(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The function, which also writes down what it is asked for."""

    def writes(x: Tensor) -> Tensor:
        HISTORY.extend(x.detach().reshape(-1).tolist())
        return function(x)

    return writes


HEALTHY: list[tuple[Callable[..., Any], Any]] = [
    (lambda x: torch.sin(x) + x**2, 1.0),
    (logs, 1.0),
    (prints, 1.0),
    (counts_its_calls, 1.0),
    (checks, 3.0),
    (drops_out, 1.0),
    (iterates, 2.0),
    (stable_sum, [1.0, 2.0, 3.0]),
    (scaled, [1.0, -2.0]),
    (single_precision, 1.0),
    (half_precision, 1.0),
    (network, [0.5, -1.0, 2.0]),
    (steps, 7.0),
    (steps, 7.5),
    (batches, 0.3),
    (lambda x: x**2 if x.item() > 0 else x**4, 1.0),
    (lambda x: x**2 if x.item() > 0 else x**4, 0.0),
    (lambda x: 2 * x if float(x) > 0 else -x, 0.0),
    (lambda x: x**2 + int(x), 1.5),
    (lambda x: x**2 + int(x), 2.0),
    (lambda x: x**2 + round(x.item(), 2), 1.0),
    (lambda x: TABLE[int(x)] + (x - int(x)) * (TABLE[int(x) + 1] - TABLE[int(x)]), 2.5),
    (lambda x: TABLE[int(x)] + (x - int(x)) * (TABLE[int(x) + 1] - TABLE[int(x)]), 2.0),
    (lambda x: sum((x**k for k in range(int(x) + 2)), start=torch.zeros(())), 3.5),
    (logged(torch.abs), 0.0),
    (logged(torch.relu), 0.0),
    (logged(torch.sqrt), 0.0),
    (logged(torch.sqrt), 1e-20),
    (logged(torch.log), 1e-6),
    (logged(torch.round), 0.5),
    (logged(lambda x: torch.sin(1e8 * x)), 1.0),
    (logged(lambda x: torch.sin(1 / x)), 1e-7),
    (logged(lambda x: x**2 + 1e12), 1.0),
    (logged(lambda x: 1e12 * (x - 1) ** 4), 1.0),
    (logged(lambda x: 1e-12 * x**3), 1.0),
    (logged(lambda x: x * x.abs().pow(-0.5)), 1e-12),
    (logged(lambda x: torch.exp(-1 / x**2)), 0.01),
    (logged(lambda v: v.max() - v.min()), [1.0, 1.0]),
    (logged(lambda v: v.sort().values[1]), [1.0, 1.0, 2.0]),
    (logged(lambda v: (v[:, None] - v).abs().sum() + v.prod()), [3.0, 3.0, 1.0]),
    (logged(lambda x: x.clamp(0, 1) * 3 + 0.1 * x), 1.0),
    (logged(lambda A: torch.linalg.svdvals(A).sum()), [[1.0, 0.0], [0.0, 1.0]]),
]


@pytest.mark.parametrize(("function", "start"), HEALTHY)
def test_nothing_is_lost_of_a_healthy_function(function: Callable[..., Any], start: Any) -> None:
    assert found(function, start) is None
    FunctionProblem.of_callable(function, start)


def test_every_door_for_descents_refuses_and_a_search_needs_no_gradient() -> None:
    def lossy(x: Tensor) -> Tensor:
        return math.cos(x) + x**2

    message = r"Part of the gradient is lost: math.cos\(\) .*Write torch.cos for math.cos"
    with pytest.raises(InputError, match=message) as error:
        steepest.minimize(lossy, 1.0)
    assert "\n" not in str(error.value)
    assert "The slope along x is 1.159, and the gradient says 2." in str(error.value)
    with pytest.raises(InputError, match=message):
        steepest.study(lossy, start=1.0, lr=[0.1, 0.2])
    with pytest.raises(InputError, match=r"write torch\.cos for math\.cos"):
        steepest.graph(lossy, x=1.0)
    assert steepest.search(lossy, "x=-1:1:0.5").best == {"x": 0.0}


def test_what_is_meant_is_descended_and_said() -> None:
    verdict = steepest.minimize(lambda x: x**2 + 3 * x.detach(), 1.0, lr=0.5).verdict
    assert verdict.kind == "gradient lost"
    assert "The slope along x is 3, and the gradient says 0." in verdict.reason
    assert "where that is meant, this is a descent of the other part alone" in verdict.advice


def slope_within(x: Tensor) -> Tensor:
    z = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(z**3, z)
    return slope * x


def test_what_is_lost_at_the_start_is_said_where_the_numbers_end() -> None:
    verdict = steepest.minimize(slope_within, 2.0, lr=1.0, epochs=50).verdict
    assert verdict.kind == "gradient lost"
    assert "The slope along x is 36, and the gradient says 12." in verdict.reason  # of 3x³


def late(x: Tensor) -> Tensor:
    return x**2 if x > 2 else x**2 + math.exp(x)


@pytest.mark.filterwarnings("ignore:Converting a tensor")
def test_what_is_lost_at_the_end_only_is_said() -> None:
    for path in steepest.study(late, start=5.0, lr=[0.1, 0.3]).paths:
        assert path.verdict.kind == "gradient lost"
        assert "math.exp()" in path.verdict.reason


def test_steps_of_numbers_are_named_where_the_function_is_level() -> None:
    verdict = steepest.minimize(lambda x: 3 * round(float(x), 2) + x**2, 1.0).verdict
    assert verdict.kind == "flat"
    assert "float() (test_lost_gradient.py" in verdict.reason
    healthy = steepest.minimize(logged(lambda x: torch.exp(-1 / x**2)), 0.01, lr=1.0).verdict
    assert healthy.kind == "flat"
    assert "out of torch" not in healthy.reason


def test_how_often_a_function_is_called() -> None:
    # Where a number leaves, once for all of 6 points, which fails, and then for each.
    for lines, calls in (("", 2), ("HISTORY.append(x.item())", 2 + 7)):

        def counted(x: Tensor, lines: str = lines) -> Tensor:
            CALLS[0] += 1
            if lines:
                HISTORY.append(x.item())
            return x**2

        CALLS[0] = 0
        FunctionProblem.of_callable(counted, 1.0)
        assert CALLS[0] == calls


def test_a_graph_shows_a_function_that_logs_or_branches() -> None:
    graph = steepest.graph(lambda x: (HISTORY.append(x.item()), x**2)[1], x=3.0)
    graph.forward()
    assert graph.backward() == {"x": 6.0}
    graph = steepest.graph(lambda x: x**2 if x.item() > 0 else x, x=3.0)
    graph.forward()
    assert graph.backward() == {"x": 6.0}
