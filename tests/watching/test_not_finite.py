"""The first number that is not finite: which operation gave it, in which module and line, and why.

Each kind is provoked in a loss that the loop writes itself, watched without it, at a step that is
not recorded; and in a module under a loss module, at the first step. Of a few it is the other way.
"""

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from inspect import getsource
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import steepest
from steepest.results.watch import Watch
from steepest.watching.mistakes.finding import Finding

X = torch.linspace(-1.0, 1.0, 64).reshape(16, 4)
Y = X.sum(1, keepdim=True)
UNRECORDED = 13  # every="auto" records the first ten steps, and then the 17th


def only(run: Watch) -> Finding:
    findings = run.mistakes()
    assert len(findings) == 1, findings
    assert run.recorder.faults == []
    return findings[0]


def root_at_zero(z: Tensor) -> Tensor:
    return (z - z.detach()).square().mean(1, keepdim=True).sqrt()


def power_at_zero(z: Tensor) -> Tensor:
    return (z - z.detach()).square().mean(1, keepdim=True) ** 0.25


def hypotenuse_at_zero(z: Tensor) -> Tensor:
    return torch.hypot(z - z.detach(), 0.0 * z)


def arc_at_one(z: Tensor) -> Tensor:
    return torch.acos(z / z.detach())


def chosen_root(z: Tensor) -> Tensor:
    zero = z - z.detach()
    return torch.where(zero > 0, zero.sqrt(), zero)


def chosen_logarithm(z: Tensor) -> Tensor:
    zero = z - z.detach()
    return torch.where(zero > 0, zero.log(), zero)


def masked_root(z: Tensor) -> Tensor:
    zero = z - z.detach()
    return zero.sqrt() * 0.0 + z


def quotient_of_zeros(z: Tensor) -> Tensor:
    zero = z - z.detach()
    return zero / zero.abs()


def divided_by_zero(z: Tensor) -> Tensor:
    return 1.0 / (z - z.detach())


def root_below_zero(z: Tensor) -> Tensor:
    return (0.0 * z - 2.0).sqrt()


def logarithm_of_zero(z: Tensor) -> Tensor:
    return (0.0 * z).log()


def logarithm_of_softmax(z: Tensor) -> Tensor:
    return torch.cat([0.0 * z, 0.0 * z + 200.0], 1).softmax(1).log()[:, :1]


def logarithm_of_sigmoid(z: Tensor) -> Tensor:
    return (0.0 * z - 200.0).sigmoid().log()


def too_large(z: Tensor) -> Tensor:
    return (0.0 * z + 200.0).exp()


def infinite_times_zero(z: Tensor) -> Tensor:
    return (0.0 * z + 200.0).exp() * 0.0


def power_too_large(z: Tensor) -> Tensor:
    return (0.0 * z - 7e24) ** 2


def norm_too_large(z: Tensor) -> Tensor:
    return torch.linalg.vector_norm(0.0 * z + 1e38) * torch.ones_like(z)


def quotient_too_large(z: Tensor) -> Tensor:
    return (0.0 * z + 9.6e29) / 1e-12


def everything_masked(z: Tensor) -> Tensor:
    scores = torch.cat([z, z], 1).masked_fill(torch.ones(16, 2, dtype=torch.bool), -math.inf)
    return scores.softmax(1)[:, :1] * z


@dataclass(frozen=True)
class Case:
    """What is written, the operation that is to be named, and words of sentence and remedy."""

    write: Callable[[Tensor], Tensor]
    operation: str
    said: str
    fix: str
    backward: bool = False


CASES = (
    Case(root_at_zero, "sqrt", "pass of sqrt of 0", "torch.sqrt(x + 1e-12)", backward=True),
    Case(power_at_zero, "pow", "pass of 0 to the power 0.25", "base above 0", backward=True),
    Case(hypotenuse_at_zero, "hypot", "pass of hypot of 0 and 0", "above 0", backward=True),
    Case(arc_at_one, "acos", "pass of acos of 1", "clamp(-1 + 1e-6, 1 - 1e-6)", backward=True),
    Case(chosen_root, "sqrt", "the result there is not used", "where inside", backward=True),
    Case(chosen_logarithm, "log", "the result there is not used", "where inside", backward=True),
    Case(masked_root, "sqrt", "the result there is not used", "where inside", backward=True),
    Case(quotient_of_zeros, "div", "0 / 0 is nan", "to the divisor"),
    Case(divided_by_zero, "div", "1 / 0 is inf", "to the divisor"),
    Case(root_below_zero, "sqrt", "sqrt of -2 is nan", "x.clamp(min=1e-12)"),
    Case(logarithm_of_zero, "log", "log of 0 is -inf", "torch.log(x + 1e-8)"),
    Case(logarithm_of_softmax, "log", "log of 0 is -inf", "log_softmax"),
    Case(logarithm_of_sigmoid, "log", "log of 0 is -inf", "logsigmoid"),
    Case(too_large, "exp", "exp of 200 is inf, too large for float32", "logsumexp"),
    Case(infinite_times_zero, "exp", "exp of 200 is inf, too large for float32", "logsumexp"),
    Case(everything_masked, "softmax", "softmax of -inf is nan", "masked"),
)


def written_in_the_loop(case: Case, spoilt: int) -> Watch:
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer) as run:
        for step in range(spoilt + 6):
            optimizer.zero_grad()
            output = model(X)
            loss = functional.mse_loss(output, Y)
            if step >= spoilt:
                loss = loss + case.write(output).mean()
            loss.backward()
            optimizer.step()
    return run


class Last(nn.Module):
    """Writes it in its forward, from some call on."""

    def __init__(self, case: Case, spoilt: int) -> None:
        super().__init__()
        self.case, self.spoilt, self.calls = case, spoilt, 0

    def forward(self, z: Tensor) -> Tensor:
        self.calls += 1
        return z + self.case.write(z) if self.calls > self.spoilt else z


def written_in_a_module(case: Case, spoilt: int) -> Watch:
    model, loss_fn = nn.Sequential(nn.Linear(4, 1), Last(case, spoilt)), nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(spoilt + 6):
            optimizer.zero_grad()
            loss_fn(model(X), Y).backward()
            optimizer.step()
    return run


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.write.__name__)
@pytest.mark.parametrize(
    ("loop", "spoilt"), [(written_in_the_loop, UNRECORDED), (written_in_a_module, 0)]
)
def test_the_operation_its_module_and_its_line(
    loop: Callable[[Case, int], Watch], spoilt: int, case: Case
) -> None:
    torch.manual_seed(0)
    finding = only(loop(case, spoilt))
    assert (finding.kind, finding.step) == ("not finite", spoilt)
    assert finding.tensor == ("1" if loop is written_in_a_module else "")
    known = finding.fact.values
    line = known["text"]
    assert known["operation"] == case.operation
    assert line in code_of(case.write)
    assert str(known["place"]).startswith("test_not_finite.py:")
    assert case.said in finding.text
    assert case.fix in finding.fix
    kind = "The gradient is not finite at step {}, though" if case.backward else "The loss is not"
    assert finding.text.startswith(kind.format(spoilt))


@pytest.mark.parametrize("case", CASES[::5], ids=lambda case: case.write.__name__)
@pytest.mark.parametrize(
    ("loop", "spoilt"), [(written_in_the_loop, 0), (written_in_a_module, UNRECORDED)]
)
def test_so_it_is_at_other_steps(
    loop: Callable[[Case, int], Watch], spoilt: int, case: Case
) -> None:
    test_the_operation_its_module_and_its_line(loop, spoilt, case)


OVERFLOWS = (
    Case(power_too_large, "pow", "to the power 2 is inf, too large for float32", "in float64"),
    Case(norm_too_large, "vector_norm", " is inf", "in float64"),
    Case(quotient_too_large, "div", "is inf, too large for float32", "Scale down"),
)


@pytest.mark.parametrize("case", OVERFLOWS, ids=lambda case: case.write.__name__)
@pytest.mark.parametrize("loop", [written_in_the_loop, written_in_a_module])
def test_what_is_too_large_for_its_type_has_no_pole(
    loop: Callable[[Case, int], Watch], case: Case
) -> None:
    test_the_operation_its_module_and_its_line(loop, 0, case)


def code_of(function: Callable[..., Any]) -> list[str]:
    return [line.strip() for line in getsource(function).splitlines()]


@pytest.mark.parametrize(
    ("spoilt", "text", "fix"),
    [
        ("input", "the data: row 5 of the model's input holds nan.", "before they reach the model"),
        ("target", "the data: row 7 of the target holds inf.", "before they reach the loss"),
    ],
)
@pytest.mark.parametrize("step", [4, UNRECORDED])
def test_data_that_are_not_finite(step: int, spoilt: str, text: str, fix: str) -> None:
    x, y = X.clone(), Y.clone()
    model, loss_fn = nn.Linear(4, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn, every=1 if spoilt == "target" else "auto") as r:
        for k in range(step + 4):
            if k == step:
                x[5, 1] = math.nan if spoilt == "input" else 0.0
                y[7, 0] = math.inf if spoilt == "target" else 0.0
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    finding = only(r)
    assert (finding.kind, finding.step, finding.tensor) == ("not finite", step, "")
    assert finding.text == f"The loss is not finite at step {step}; it comes from {text}"
    assert fix in finding.fix


@pytest.mark.parametrize("step", [0, UNRECORDED])
def test_a_target_that_goes_into_a_loss_of_the_loops_own(step: int) -> None:
    y, model = Y.clone(), nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer) as run:
        for k in range(step + 3):
            if k == step:
                y[7, 0] = math.nan
            optimizer.zero_grad()
            ((model(X) - y) ** 2).mean().backward()
            optimizer.step()
    finding = only(run)
    assert (finding.kind, finding.step) == ("not finite", step)
    assert "a tensor that goes into sub holds nan, first in row 7 (in 1 of 16 num" in finding.text
    assert "((model(X) - y) ** 2).mean().backward()" in finding.text
    assert "Drop or fill" in finding.fix


def test_a_module_that_gives_what_is_not_finite_takes_no_random_numbers() -> None:
    def loop(*, watched: bool) -> Tensor:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 1), Last(CASES[9], 2), nn.Dropout(0.1))
        optimizer, loss_fn = torch.optim.SGD(model.parameters(), lr=0.01), nn.MSELoss()
        with steepest.watch(model, optimizer, loss_fn) if watched else nullcontext():
            for _ in range(6):
                optimizer.zero_grad()
                loss_fn(model(X), Y).backward()
                optimizer.step()
        return torch.get_rng_state()

    assert torch.equal(loop(watched=True), loop(watched=False))


def test_what_happens_once_in_the_loops_own_loss_is_told_as_far_as_it_is_known() -> None:
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, every=1) as run:
        for step in range(6):
            loss = (model(X) - Y).square().mean()
            if step == 3:
                loss = loss + (0.0 * model.weight).norm(dim=1).sqrt().sum()  # its slope is inf · 0
            optimizer.zero_grad()
            run.loss(loss).backward()
            optimizer.step()
    finding = only(run)
    assert (finding.kind, finding.step, finding.tensor) == ("not finite", 3, "weight")
    assert finding.text.startswith("The gradient of weight is not finite at step 3, though the")
    assert finding.text.endswith("In which operation it became so did not show again.")
    assert "clip" not in finding.fix


@pytest.mark.parametrize(
    ("optimizer", "text", "fix"),
    [
        (partial(torch.optim.Adam, lr=1e-3), "Adam's eps 1e-08 is 0 in float16", "eps=1e-4"),
        (partial(torch.optim.RMSprop, lr=1e-3), "RMSprop's eps 1e-08 is 0 in float16", "float32"),
        (partial(torch.optim.AdamW, lr=1e-3, eps=0.0), "AdamW's eps is 0: where", "such as 1e-8"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_an_update_divides_by_zero(
    optimizer: Callable[..., torch.optim.Optimizer], text: str, fix: str, at_once: bool
) -> None:
    torch.manual_seed(0)
    kind = torch.float16 if "float16" in text else torch.float32
    x, y = X.to(kind).clone(), Y.to(kind)
    x[:, 2] = 0.0  # the weight of this input has no gradient
    model = nn.Linear(4, 1).to(kind) if at_once else nn.Sequential(nn.Linear(4, 1)).to(kind)
    one = optimizer(model.parameters())
    with steepest.watch(model, one, nn.MSELoss(), every=1 if at_once else "auto") as run:
        for _ in range(4):
            one.zero_grad()
            functional.mse_loss(model(x), y).backward()
            one.step()
    finding = only(run)
    name = "weight" if at_once else "0.weight"
    assert (finding.kind, finding.step, finding.tensor) == ("not finite", 0, name)
    assert finding.text.startswith(f"{name} is not finite after step 0, though its gradient was:")
    assert text in finding.text
    assert fix in finding.fix


def test_half_precision_ends_early() -> None:
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    with steepest.watch(model, optimizer) as run:
        for step in range(UNRECORDED + 3):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.float16):
                loss = (1e5 * model(X) if step >= UNRECORDED else model(X)).square().mean()
            loss.backward()
            optimizer.step()
    finding = only(run)
    assert (finding.kind, finding.step) == ("not finite", UNRECORDED)
    assert "too large for float16" in finding.text
    assert "65504" in finding.fix


def test_a_loop_that_diverges_is_not_told_to_mend_its_square() -> None:
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=20.0)
    with steepest.watch(model, optimizer) as run:
        for _ in range(60):
            optimizer.zero_grad()
            (model(X) - Y).square().mean().backward()
            optimizer.step()
    kinds = [finding.kind for finding in run.mistakes()]
    assert "not finite" not in kinds
    assert run.verdict.kind == "diverged"


def test_a_quick_loop_knows_by_its_losses_when_a_number_was_lost() -> None:
    model, loss_fn, y = nn.Sequential(nn.Linear(4, 1)), nn.MSELoss(), Y.clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for step in range(400):
            y[7, 0] = math.nan if step == 240 else Y[7, 0]
            optimizer.zero_grad()
            loss_fn(model(X), y).backward()
            optimizer.step()
    assert 240 not in run.path.recorded
    finding = only(run)
    assert (finding.kind, finding.step, finding.tensor) == ("not finite", 240, "0.weight")
    assert finding.text.startswith("The loss became not finite at step 240, and 0.weight is not f")
    assert "every=1" in finding.fix


def test_a_mode_of_the_users_own_comes_and_goes() -> None:
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer) as run:
        for _ in range(4):
            with torch.device("cpu"):  # a mode of torch's, entered before the step and left after
                optimizer.zero_grad()
                root_at_zero(model(X)).mean().backward()
                optimizer.step()
    assert only(run).kind == "not finite"
    assert torch.overrides._get_current_function_mode_stack() == []


def test_a_loss_that_never_was_finite_has_come_in() -> None:
    model, x = nn.Linear(2, 1), torch.ones(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with steepest.watch(model, optimizer) as run:
        for _ in range(3):
            optimizer.zero_grad()
            (model(x) * 0.0).log().mean().backward()
            optimizer.step()
    assert "3 steps were made, and no loss of theirs was a finite number." in run.verdict.reason


@pytest.mark.filterwarnings("ignore:.*degrees of freedom")
def test_the_spread_of_one_number_is_no_root_of_zero() -> None:
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer) as run:
        for _ in range(3):
            output = model(torch.randn(1, 3))
            optimizer.zero_grad()
            (output.square().mean() + output.std()).backward()
            optimizer.step()
    (finding,) = run.mistakes()
    assert finding.kind == "not finite"
    assert "the result of std is nan" in str(finding)
    assert finding.fix.startswith("One number alone has no spread")
