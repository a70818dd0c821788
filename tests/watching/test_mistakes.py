"""Each mistake made in a small loop, and named: its kind, its step, its tensor and what to do."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import steepest
from steepest.results.watch import Watch
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact


def rows(n: int = 32, d: int = 3) -> tuple[Tensor, Tensor]:
    x = torch.randn(n, d)
    return x, x @ torch.randn(d, 1) + 0.1 * torch.randn(n, 1)


def train(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    lr: float = 0.05,
    steps: int = 12,
    loss_fn: nn.Module | None = None,
    after: Callable[[int], Any] = lambda step: None,
) -> Watch:
    """A loop without a mistake of its own; `after` is called after each step."""
    loss_fn = nn.MSELoss() if loss_fn is None else loss_fn
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for step in range(steps):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            after(step)
    return run


def only(run: Watch) -> Finding:
    findings = run.mistakes()
    assert len(findings) == 1, findings
    return findings[0]


def test_zero_grad_forgotten() -> None:
    x, y = rows()
    model, loss_fn = nn.Linear(3, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(30):
            loss_fn(model(x), y).backward()
            optimizer.step()
    finding = only(run)
    assert finding == Finding(
        "zero_grad forgotten",
        1,
        fact("zero grad forgotten", step=1),
    )
    assert finding.text == (
        "The gradients of step 0 were not cleared before the backward pass of step 1: they add up "
        "over the steps, as with a momentum of 1."
    )
    assert finding.fix == "Call optimizer.zero_grad() once for each step, before the backward pass."
    assert finding.to_dict()["fact"] == {"kind": "zero grad forgotten", "step": 1}
    assert [each.kind for each in run.verdict.reasons][-1] == "zero grad forgotten"
    assert run.verdict.suggestions == (fact("remedy", of="zero_grad forgotten"),)


def test_gradients_cleared_between_backward_and_step() -> None:
    x, y = rows()
    model, loss_fn = nn.Linear(3, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(60):
            loss_fn(model(x), y).backward()
            optimizer.zero_grad()
            optimizer.step()
    finding = only(run)
    assert (finding.kind, finding.step) == ("gradients cleared before the step", 0)
    assert finding.fix == (
        "Call optimizer.zero_grad() before loss.backward() or after optimizer.step()."
    )


def test_step_without_backward() -> None:
    x, y = rows()
    model, loss_fn = nn.Linear(3, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(10):
            optimizer.zero_grad()
            loss_fn(model(x), y)
            optimizer.step()
    finding = only(run)
    assert (finding.kind, finding.step, finding.tensor) == ("step without backward", 0, "")
    assert finding.text.endswith("it changed nothing; so it was in 10 of 10 recorded steps.")
    assert finding.fix.startswith("Call loss.backward() before each optimizer.step(), of this loss")


def test_a_gradient_used_twice() -> None:
    x, y = rows()
    model, loss_fn = nn.Linear(3, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(10):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            optimizer.step()
    finding = only(run)
    assert (finding.kind, finding.step) == ("step without backward", 1)
    assert "it used the gradient of an earlier step again" in finding.text


def test_backward_without_step() -> None:
    x, y = rows()
    model, loss_fn = nn.Linear(3, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(10):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
    finding = only(run)
    assert (finding.kind, finding.step) == ("backward without step", 0)
    assert finding.text.startswith("10 backward passes came and no step of the optimizer")
    assert finding.fix == "Call optimizer.step() after loss.backward()."


class Parts(nn.Module):
    """A net with a part whose use is up to `how`."""

    def __init__(self, how: Callable[[nn.Linear, Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.second, self.how = nn.Linear(3, 3), nn.Linear(3, 1, bias=False), how

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.second(self.how(self.first, x))
        return result


@pytest.mark.parametrize(
    "how", [lambda part, x: x, lambda part, x: part(x).detach()], ids=["unused", "detached"]
)
def test_parameters_without_a_gradient(how: Callable[[nn.Linear, Tensor], Tensor]) -> None:
    findings = train(Parts(how), *rows()).mistakes()
    assert [(f.kind, f.step, f.tensor) for f in findings] == [
        ("no gradient", 0, "first.weight"),
        ("no gradient", 0, "first.bias"),
    ]
    assert findings[0].text == (
        "first.weight never got a gradient: the loss is computed without it."
    )
    assert findings[0].fix.startswith("Use it in forward without detach()")


def test_a_loss_that_does_not_depend_on_a_parameter() -> None:
    findings = train(Parts(lambda part, x: x + 0.0 * part(x)), *rows()).mistakes()
    assert [(f.kind, f.step, f.tensor) for f in findings] == [
        ("loss does not depend on it", 0, "first.weight"),
        ("loss does not depend on it", 0, "first.bias"),
    ]
    assert findings[0].fix == (
        "Look for a factor of 0, rounding, a comparison or a saturated unit between it and the "
        "loss."
    )


def test_a_parameter_that_no_optimizer_holds() -> None:
    x, y = rows()
    model, loss_fn = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)), nn.MSELoss()
    optimizer = torch.optim.SGD([*model[2].parameters(), model[0].get_parameter("weight")], lr=0.05)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(10):
            model.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    finding = only(run)
    assert (finding.kind, finding.step, finding.tensor) == ("not in the optimizer", 0, "0.bias")
    assert finding.fix == "Hand it to the optimizer, or freeze it by requires_grad_(False)."


def test_a_sum_instead_of_a_mean() -> None:
    finding = only(train(nn.Linear(3, 1), *rows(), lr=1e-3, loss_fn=nn.MSELoss(reduction="sum")))
    assert (finding.kind, finding.step) == ("sum instead of mean", 0)
    assert "with 32 rows its gradient is 32 times that of one row" in finding.text
    assert finding.fix == 'Use reduction="mean", or divide the loss by the number of rows.'


@pytest.mark.parametrize(
    ("summed", "named"),
    [
        (lambda z, y: ((z - y) ** 2).sum(), True),
        (lambda z, y: (z - y).abs().sum(), True),
        (lambda z, y: functional.huber_loss(z, y, reduction="sum"), True),
        (lambda z, y: -functional.log_softmax(z, 0)[y[:, 0] > 0].sum(), True),
        (lambda z, y: ((z - y) ** 2).sum() / len(y), False),
        (lambda z, y: ((z - y) ** 2).sum(dim=1).mean(), False),
        (lambda z, y: ((z - y) ** 2 / len(y)).sum(), False),
    ],
)  # fmt: skip
def test_a_sum_in_a_loss_that_no_module_computes(
    summed: Callable[[Tensor, Tensor], Tensor], named: bool
) -> None:
    x, y = rows()
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(8):
            optimizer.zero_grad()
            run.loss(summed(model(x), y)).backward()
            optimizer.step()
    kinds = [finding.kind for finding in run.mistakes()]
    assert kinds == (["sum instead of mean"] if named else [])


def test_a_learning_rate_above_what_the_curvature_allows() -> None:
    x, y = rows()
    # Of a linear model the curvature is that of 2/n XᵀX, with a column of ones.
    ones = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
    largest = float(torch.linalg.eigvalsh(2 / len(x) * ones.T @ ones)[-1])
    finding = only(train(nn.Linear(3, 1), x, y, lr=1.5 * 2 / largest))
    assert (finding.kind, finding.step) == ("learning rate too high", 0)
    assert "is 1.5 times the largest stable one" in finding.text
    assert "Hessian-vector products" in finding.text
    stable = float(finding.fix.removeprefix("Use a learning rate below ").removesuffix("."))
    assert stable == pytest.approx(2 / largest, rel=1e-4)


def test_vanishing_gradients() -> None:
    layers = [layer for _ in range(10) for layer in (nn.Linear(8, 8), nn.Sigmoid())]
    x = torch.randn(32, 8)
    model = nn.Sequential(*layers, nn.Linear(8, 1))
    finding = only(train(model, x, x[:, :1]))
    assert (finding.kind, finding.step, finding.tensor) == ("vanishing gradient", 0, "0.weight")
    assert "at 20.weight to" in finding.text
    assert "nn.init.kaiming_normal_" in finding.fix


def test_gradients_that_explode_through_the_layers() -> None:
    model = nn.Sequential(*(nn.Linear(8, 8, bias=False) for _ in range(6)))
    with torch.no_grad():
        for factor, layer in zip([1e-3, 1, 1, 1, 1, 1e3], model, strict=True):
            layer.get_parameter("weight").copy_(factor * torch.eye(8))
    x = torch.randn(32, 8)
    finding = only(train(model, x, x + 0.1, lr=1e-9))
    assert (finding.kind, finding.tensor) == ("exploding gradient", "0.weight")
    assert finding.text.startswith("The gradient explodes on its way back")


def test_gradients_that_explode_over_the_steps() -> None:
    x, y = rows()
    model = nn.Linear(3, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=3.0)
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(12):
            optimizer.zero_grad()
            run.loss((model(x) - y).square().mean()).backward()
            optimizer.step()
    finding = only(run)
    assert (finding.kind, finding.tensor) == ("exploding gradient", "weight")
    assert 1 <= finding.step <= 4
    assert finding.fix == "Lower the learning rate, or clip by torch.nn.utils.clip_grad_norm_."


def with_dead_units() -> nn.Sequential:
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
    with torch.no_grad():
        model[0].get_parameter("bias")[:7] = -100.0
    return model


def test_dead_units() -> None:
    finding = only(train(with_dead_units(), *rows()))
    assert (finding.kind, finding.tensor) == ("dead ReLU", "1")
    assert finding.text.startswith("7 of the 8 units of the ReLU 1 are 0 in every row")
    assert "nn.LeakyReLU" in finding.fix


def test_dead_units_without_a_module_of_their_own() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = with_dead_units()

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.parts[2](torch.relu(self.parts[0](x)))
            return result

    finding = only(train(Net(), *rows()))
    assert (finding.kind, finding.tensor) == ("dead ReLU", "parts.0")
    assert finding.text.startswith("7 of the 8 units of parts.0 got a gradient of exactly 0")


def squares(z: Tensor, y: Tensor) -> Tensor:
    return ((z - y) ** 2).mean()


def silently(z: Tensor, y: Tensor) -> Tensor:
    from warnings import catch_warnings, simplefilter

    with catch_warnings():
        simplefilter("ignore")  # torch warns of it once
        return functional.l1_loss(z, y)


@pytest.mark.parametrize("loss_fn", [squares, silently])
@pytest.mark.parametrize(
    ("output", "target"), [((32, 1), (32,)), ((32,), (32, 1))], ids=["N,1", "N"]
)
def test_a_target_that_is_broadcast(
    loss_fn: Callable[[Tensor, Tensor], Tensor], output: tuple[int, ...], target: tuple[int, ...]
) -> None:
    x, y = rows()
    model = nn.Sequential(nn.Linear(3, 1), nn.Unflatten(1, (1,)))
    if len(output) == 1:
        model = nn.Sequential(nn.Linear(3, 1), nn.Flatten(0))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(8):
            optimizer.zero_grad()
            run.loss(loss_fn(model(x), y.reshape(target))).backward()
            optimizer.step()
    finding = only(run)
    assert (finding.kind, finding.step) == ("target is broadcast", 0)
    assert f"An output of shape {output} met a target" in finding.text
    assert finding.fix == (
        f"Bring the target from {target} to the output's shape {output}, "
        "as by target.reshape(output.shape)."
    )


def test_a_model_left_in_eval_mode() -> None:
    x, y = rows()
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.1), nn.Linear(4, 1))

    def validate(step: int) -> None:
        if step == 4:
            model.eval()

    finding = only(train(model, x, y, after=validate))
    assert (finding.kind, finding.step) == ("eval mode", 5)
    assert finding.text == (
        "The model is in eval mode since step 5: its dropout and batch norm do not train."
    )
    assert finding.fix == "Call model.train() before training goes on."


def test_an_edit_of_the_state() -> None:
    model = nn.Linear(3, 1)

    def edit(step: int) -> None:
        if step == 5:
            model.state_dict()["weight"].data[0, 0] = 4.0

    finding = only(train(model, *rows(), after=edit))
    assert (finding.kind, finding.step, finding.tensor) == ("edit", 6, "weight")
    assert finding.text == (
        "weight was changed between two steps, not by the optimizer: the path jumps before step 6."
    )
    assert finding.fix.startswith("If it is meant, nothing")


def test_a_plateau() -> None:
    x, y = rows()
    layer = nn.Linear(3, 1)
    with torch.no_grad():
        layer.bias[:] = 15.0  # saturated: the slope is 3e-7

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x).sigmoid()

    finding = only(train(Net(), x, (y > 0).float(), steps=80))
    assert (finding.kind, finding.step) == ("plateau", 0)
    assert "for 79 steps" in finding.text
    assert "saturated units" in finding.fix


def test_an_oscillation() -> None:
    x = torch.tensor([[1.0], [2.0], [3.0]])
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight[:] = 1.0
    # At 3/14 the weight is 1, 3, 1, 3 for ever.
    finding = only(train(model, x, 2 * x, lr=3 / 14, steps=30))
    assert (finding.kind, finding.step, finding.tensor) == ("oscillation", 0, "weight")
    assert "swings across a valley, most of all in weight" in finding.text
    assert finding.fix == "Halve the learning rate."


def test_a_slow_direction() -> None:
    # Along the bias the curvature is 2, along the weight of a feature near 0 it is 2e-4.
    x = 0.01 * torch.tensor([[1.0], [-1.0], [1.0], [-1.0]])
    finding = only(train(nn.Linear(1, 1), x, 100 * x, lr=0.4, steps=150))
    assert (finding.kind, finding.tensor) == ("slow direction", "weight")
    # The error shrinks by 1 − 0.4·2e-4 a step: ln 1000 / 8e-5 steps for a factor of 1000.
    needed = int(
        finding.text.split("needs ")[1].split(" steps")[0].replace(" ", "").replace(",", "")
    )
    assert needed == pytest.approx(math.log(1000) / 8e-5, rel=0.01)
    assert "standardise the inputs" in finding.fix


def image_net() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(8 * 16, 3),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("left_out", "kind", "step"),
    [
        ("zero_grad", "zero_grad forgotten", 1),
        ("backward", "step without backward", 0),
        ("step", "backward without step", 0),
    ],
)
def test_what_is_left_out_of_a_loop_of_images_under_adam(
    left_out: str, kind: str, step: int
) -> None:
    x, y = torch.randn(16, 1, 8, 8), torch.randint(0, 3, (16,))
    model, loss_fn = image_net(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(12):
            if left_out != "zero_grad":
                optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            if left_out != "backward":
                loss.backward()
            if left_out != "step":
                optimizer.step()
    finding = only(run)
    assert (finding.kind, finding.step) == (kind, step)


def test_a_layer_replaced_after_the_optimizer_was_made() -> None:
    x, y = rows()
    model, loss_fn = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)), nn.L1Loss()
    optimizer = torch.optim.Adam(model.parameters())
    model[2] = nn.Linear(4, 1, bias=False)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(6):
            model.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    finding = only(run)
    assert (finding.kind, finding.tensor) == ("not in the optimizer", "2.weight")
    assert finding.fix.startswith("Make the optimizer when the model is complete")


def test_a_rounding_between_parameters_and_loss() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(3, 8), nn.Linear(8, 1)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.second((3 * self.first(x)).round())
            return result

    findings = train(Net(), *rows()).mistakes()
    assert [(f.kind, f.tensor) for f in findings] == [
        ("loss does not depend on it", "first.weight"),
        ("loss does not depend on it", "first.bias"),
    ]


def test_a_net_that_diverges_is_told_its_stable_rate_at_the_start() -> None:
    x, y = rows()
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    before = [parameter.detach().clone() for parameter in model.parameters()]
    finding = only(train(model, 10 * x, 10 * y, lr=1e4))
    assert (finding.kind, finding.step) == ("learning rate too high", 0)
    stable = float(finding.fix.removeprefix("Use a learning rate below ").removesuffix("."))

    def objective(*parts: Tensor) -> Tensor:
        hidden = torch.tanh(functional.linear(10 * x, parts[0], parts[1]))
        return functional.mse_loss(functional.linear(hidden, parts[2], parts[3]), 10 * y)

    blocks = torch.autograd.functional.hessian(objective, tuple(before))
    sizes = [part.numel() for part in before]
    whole = torch.cat(
        [
            torch.cat([b.reshape(n, m) for b, m in zip(line, sizes, strict=True)], dim=1)
            for line, n in zip(blocks, sizes, strict=True)
        ]
    )
    largest = float(torch.linalg.eigvalsh(whole.double())[-1])
    assert stable == pytest.approx(2 / largest, rel=1e-3)


def test_units_that_die_on_the_way() -> None:
    x, y = rows()
    model = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 1))

    def kill(step: int) -> None:
        if step == 3:
            with torch.no_grad():
                model[0].get_parameter("bias")[:20] -= 100.0

    findings = train(model, x, y, after=kill, lr=0.01, steps=20).mistakes()
    assert [f.kind for f in findings] == ["dead ReLU", "edit"]
    assert "of the 32 units of the ReLU 1" in findings[0].text


def test_the_dropout_of_a_recurrent_net_in_eval_mode() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cells = nn.LSTM(3, 8, 2, dropout=0.3, batch_first=True)
            self.head = nn.Linear(8, 1)

        def forward(self, x: Tensor) -> Tensor:
            head: Tensor = self.head(self.cells(x)[0][:, -1])
            return head

    x = torch.randn(32, 4, 3)
    finding = only(train(Net().eval(), x, x.sum(dim=(1, 2)).unsqueeze(1)))
    assert (finding.kind, finding.step) == ("eval mode", 0)
    assert "its dropout does not train" in finding.text


def test_parameters_that_are_put_back_after_every_step() -> None:
    model = nn.Linear(3, 1)
    saved = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    findings = train(model, *rows(), after=lambda step: model.load_state_dict(saved)).mistakes()
    assert [(f.kind, f.step) for f in findings] == [("updates taken back", 2)]


def test_mistakes_of_a_loop_that_has_not_stepped() -> None:
    model = nn.Linear(3, 1)
    with steepest.watch(model, torch.optim.SGD(model.parameters(), lr=0.1)) as run:
        assert run.mistakes() == []


def test_mistakes_are_told_while_the_loop_runs() -> None:
    model = nn.Linear(3, 1)
    x, y = rows()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(4):
            run.loss(squares(model(x), y)).backward()
            optimizer.step()
        assert only(run).kind == "zero_grad forgotten"
