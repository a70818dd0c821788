"""Loops that people have broken: the first mistake listed is what they did, or none is named."""

import copy
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim import lr_scheduler as schedules

import steepest
from steepest.results.watch import Watch

Loop = Callable[[], Watch]
SEEDS = range(2)


class Broken(NamedTuple):
    """A loop, and the kinds of mistake of which the first one named must be one.

    `named` is False where nothing that is recorded tells the cause: then none of them is as well.
    """

    loop: Loop
    kinds: tuple[str, ...]
    named: bool


LOOPS: dict[str, Broken] = {}


def broken(*kinds: str, named: bool = True) -> Callable[[Loop], Loop]:
    def add(loop: Loop) -> Loop:
        assert loop.__name__ not in LOOPS
        LOOPS[loop.__name__] = Broken(loop, kinds, named)
        return loop

    return add


@pytest.mark.parametrize("name", LOOPS)
def test_the_first_mistake_is_the_cause(name: str) -> None:
    loop, kinds, named = LOOPS[name]
    for seed in SEEDS:
        torch.manual_seed(seed)
        findings = loop().mistakes()
        assert findings or not named
        assert not findings or findings[0].kind in kinds, (seed, findings[0])
        assert not findings or findings[0].fix


def rows(n: int = 64, d: int = 4) -> tuple[Tensor, Tensor]:
    x = torch.randn(n, d)
    return x, x @ torch.randn(d, 1) + 0.1 * torch.randn(n, 1)


def classes(n: int = 96, d: int = 4, k: int = 3) -> tuple[Tensor, Tensor]:
    x = torch.randn(n, d)
    return x, (x @ torch.randn(d, k)).argmax(1)


def net(d: int = 4, out: int = 1, *last: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(d, 16), nn.ReLU(), nn.Linear(16, out), *last)


def batches(x: Tensor, y: Tensor, *, size: int = 16, steps: int = 24) -> Iterator[Any]:
    made = 0
    while True:
        for part in torch.randperm(len(x)).split(size):
            if made == steps:
                return
            made += 1
            yield x[part], y[part]


def nothing() -> None:
    pass


def train(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    loss_fn: Callable[[Tensor, Tensor], Tensor] | None = None,
    optimizer: Optimizer | None = None,
    lr: float = 0.05,
    steps: int = 24,
    before: Callable[[], Any] = nothing,
    between: Callable[[], Any] = nothing,
    after: Callable[[], Any] = nothing,
) -> Watch:
    """A loop without a mistake of its own, with what is done before the forward pass, between
    backward pass and step, and after the step.
    """
    loss_fn = loss_fn or (nn.MSELoss() if y.is_floating_point() else nn.CrossEntropyLoss())
    optimizer = optimizer or SGD(model.parameters(), lr=lr)
    hooked = loss_fn if isinstance(loss_fn, nn.Module) else None
    with steepest.watch(model, optimizer, hooked) as run:
        for inputs, target in batches(x, y, steps=steps):
            before()
            optimizer.zero_grad()
            loss_fn(model(inputs), target).backward()
            between()
            optimizer.step()
            after()
    return run


# ---- parameters that no optimizer holds


class ListOfLayers(nn.Module):
    """Layers in a Python list, which `parameters()` does not see."""

    def __init__(self, d: int = 4, out: int = 1) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(d, 8), nn.Linear(8, out)
        self.hidden = [nn.Linear(8, 8) for _ in range(2)]

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x).relu()
        for layer in self.hidden:
            x = layer(x).relu()
        return self.last(x)


@broken("parameters of no module")
def layers_in_a_list() -> Watch:
    return train(ListOfLayers(), *rows())


@broken("parameters of no module")
def classifier_with_layers_in_a_list() -> Watch:
    model = ListOfLayers(out=3)
    return train(model, *classes(), optimizer=Adam(model.parameters(), lr=0.01))


@broken("parameters of no module")
def layers_in_a_dict() -> Watch:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.heads = {"a": nn.Linear(8, 1)}
            self.body = nn.Linear(4, 8)

        def forward(self, x: Tensor) -> Tensor:
            return self.heads["a"](self.body(x).tanh())

    return train(Net(), *rows(), loss_fn=functional.mse_loss)


@broken("parameters of no module")
def a_tensor_that_asks_for_a_gradient_and_is_no_parameter() -> Watch:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Linear(4, 8)
            self.scale = torch.ones(8, 1, requires_grad=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.body(x).tanh() @ self.scale

    return train(Net(), *rows())


@broken("layer made in forward")
def a_layer_made_in_forward() -> Watch:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Linear(4, 8)

        def forward(self, x: Tensor) -> Tensor:
            return nn.Linear(8, 1)(self.body(x).relu())

    return train(Net(), *rows())


@broken("layer made in forward")
def a_convolution_made_in_forward() -> Watch:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(4 * 36, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(nn.Conv2d(1, 4, 3)(x).relu().flatten(1))

    model = Net()
    x, y = torch.randn(64, 1, 8, 8), torch.randint(0, 3, (64,))
    return train(model, x, y, optimizer=Adam(model.parameters(), lr=0.003))


@broken("not in the optimizer")
def a_head_added_after_the_optimizer() -> Watch:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.05)
    model.add_module("head", nn.Linear(1, 1))
    return train(model, *rows(), optimizer=optimizer)


@broken("not in the optimizer")
def a_last_layer_replaced_after_the_optimizer() -> Watch:
    model = net(out=3)
    optimizer = Adam(model.parameters(), lr=0.01)
    model[2] = nn.Linear(16, 3)
    return train(model, *classes(), optimizer=optimizer)


# ---- another model, another optimizer


@broken("another optimizer")
def optimizer_made_anew_at_each_step() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = Adam(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            optimizer = Adam(model.parameters(), lr=0.01)
            optimizer.zero_grad()
            loss_fn(model(inputs), target).backward()
            optimizer.step()
    return run


@broken("another optimizer")
def optimizer_made_anew_in_each_epoch() -> Watch:
    (x, y), model, loss_fn = classes(), net(out=3), nn.CrossEntropyLoss()
    optimizer: Optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    with steepest.watch(model, optimizer) as run:
        for _ in range(5):
            optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
            for inputs, target in batches(x, y, steps=6):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                optimizer.step()
    return run


@broken("another model")
def model_made_anew_at_each_step() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            model = net()
            optimizer.zero_grad()
            loss_fn(model(inputs), target).backward()
            optimizer.step()
    return run


@broken("another model")
def optimizer_of_a_copy() -> Watch:
    (x, y), model, loss_fn = classes(), net(out=3), nn.CrossEntropyLoss()
    best = copy.deepcopy(model)
    optimizer = Adam(best.parameters(), lr=0.01)
    with steepest.watch(best, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            optimizer.zero_grad()
            loss_fn(model(inputs), target).backward()
            optimizer.step()
    return run


@broken("another model", "another optimizer")
def model_and_optimizer_made_anew() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            model = net()
            optimizer = SGD(model.parameters(), lr=0.05)
            optimizer.zero_grad()
            loss_fn(model(inputs), target).backward()
            optimizer.step()
    return run


# ---- gradients that do not come


@broken("step without backward")
def loss_rebuilt_from_item() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            optimizer.zero_grad()
            loss = loss_fn(model(inputs), target)
            torch.tensor(loss.item(), requires_grad=True).backward()
            optimizer.step()
    return run


@broken("step without backward")
def output_wrapped_again_from_numpy() -> Watch:
    def loss_fn(output: Tensor, target: Tensor) -> Tensor:
        again = torch.tensor(output.detach().numpy() * 2.0, requires_grad=True)
        return functional.mse_loss(again, target)

    return train(net(), *rows(), loss_fn=loss_fn)


@broken("loss leads elsewhere")
def output_detached_and_asked_for_a_gradient() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            optimizer.zero_grad()
            loss_fn(model(inputs).detach().requires_grad_(), target).backward()
            optimizer.step()
    return run


@broken("loss leads elsewhere")
def argmax_before_the_loss() -> Watch:
    (x, y), model, loss_fn = classes(), net(out=3), nn.MSELoss()
    optimizer = Adam(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            optimizer.zero_grad()
            loss_fn(model(inputs).argmax(1).float().requires_grad_(), target.float()).backward()
            optimizer.step()
    return run


@broken("loss leads elsewhere")
def loss_without_a_graph_that_is_asked_for_one() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            optimizer.zero_grad()
            with torch.no_grad():
                loss = loss_fn(model(inputs), target)
            loss.requires_grad_().backward()
            optimizer.step()
    return run


@broken("step without backward")
def backward_forgotten() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            optimizer.zero_grad()
            loss_fn(model(inputs), target)
            optimizer.step()
    return run


@broken("backward without step")
def step_forgotten() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            optimizer.zero_grad()
            loss_fn(model(inputs), target).backward()
    return run


@broken("no gradient")
def detached_in_the_middle() -> Watch:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.body(x).relu().detach())

    return train(Net(), *rows())


@broken("no gradient")
def body_without_gradients() -> Watch:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            with torch.no_grad():
                x = self.body(x)
            return self.head(x.relu())

    model = Net()
    return train(model, *classes(), optimizer=Adam(model.parameters(), lr=0.01))


# ---- gradients that are cleared at the wrong time


@broken("zero_grad forgotten")
def zero_grad_forgotten() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            loss_fn(model(inputs), target).backward()
            optimizer.step()
    return run


@broken("zero_grad forgotten")
def zero_grad_once_in_each_epoch() -> Watch:
    (x, y), model, loss_fn = classes(), net(out=3), nn.CrossEntropyLoss()
    optimizer = Adam(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(6):
            optimizer.zero_grad()
            for inputs, target in batches(x, y, steps=6):
                loss_fn(model(inputs), target).backward()
                optimizer.step()
    return run


@broken("zero_grad forgotten")
def only_one_of_two_optimizers_is_cleared() -> Watch:
    x, y = rows()
    body, head, loss_fn = nn.Linear(4, 8), nn.Linear(8, 1), nn.MSELoss()
    model = nn.Sequential(body, nn.Tanh(), head)
    one, other = SGD(body.parameters(), lr=0.01), SGD(head.parameters(), lr=0.01)
    with steepest.watch(model, [one, other], loss_fn) as run:
        for inputs, target in batches(x, y):
            one.zero_grad()
            loss_fn(model(inputs), target).backward()
            one.step()
            other.step()
    return run


@broken("zero_grad forgotten")
def only_a_part_is_cleared() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            model[0].zero_grad()
            loss_fn(model(inputs), target).backward()
            optimizer.step()
    return run


@broken("gradients cleared before the step")
def cleared_between_backward_and_step() -> Watch:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.05)
    return train(model, *rows(), optimizer=optimizer, between=optimizer.zero_grad)


@broken("gradients cleared before the step")
def model_cleared_between_backward_and_step() -> Watch:
    model = net(out=3)
    return train(model, *classes(), between=model.zero_grad)


# ---- steps and schedules


@broken("gradients cleared before the step")
def cleared_before_each_part_of_a_step() -> Watch:
    x, y = classes()
    model = net(out=3)
    optimizer, loss_fn = Adam(model.parameters(), lr=5e-3), nn.CrossEntropyLoss()
    with steepest.watch(model, optimizer, loss_fn) as run:
        for made, (part, target) in enumerate(batches(x, y, size=8, steps=48), 1):
            optimizer.zero_grad()
            (loss_fn(model(part), target) / 4).backward()
            if made % 4 == 0:
                optimizer.step()
    return run


@broken("gradients cleared before the step")
def cleared_before_each_part_of_a_step_of_a_regression() -> Watch:
    (x, y), model = rows(), net()
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer) as run:
        for made, (part, target) in enumerate(batches(x, y, size=8, steps=48), 1):
            optimizer.zero_grad()
            loss = functional.mse_loss(model(part), target) / 3
            loss.backward()
            if made % 3 == 0:
                optimizer.step()
    return run


@broken("losses add up")
def losses_added_up_over_the_steps() -> Watch:
    (x, y), model = classes(), nn.Linear(4, 3)
    optimizer = SGD(model.parameters(), lr=0.05)
    total = torch.zeros(())
    with steepest.watch(model, optimizer) as run:
        for inputs, target in batches(x, y, steps=30):
            total = total + functional.cross_entropy(model(inputs), target)
            optimizer.zero_grad()
            total.backward(retain_graph=True)
            optimizer.step()
    return run


@broken("losses add up")
def a_running_mean_of_the_loss_is_descended() -> Watch:
    (x, y), model = rows(), nn.Linear(4, 1)
    optimizer = Adam(model.parameters(), lr=0.01)
    mean: Tensor | None = None
    with steepest.watch(model, optimizer) as run:
        for inputs, target in batches(x, y, steps=30):
            loss = functional.mse_loss(model(inputs), target)
            mean = loss if mean is None else 0.9 * mean + 0.1 * loss
            optimizer.zero_grad()
            mean.backward(retain_graph=True)
            optimizer.step()
    return run


@broken("step outside the batches")
def step_outside_the_batches() -> Watch:
    (x, y), model, loss_fn = rows(128), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(15):
            optimizer.zero_grad()
            for inputs, target in batches(x, y, steps=8):
                loss_fn(model(inputs), target).backward()
            optimizer.step()
    return run


@broken("step outside the batches")
def step_outside_the_batches_that_are_cleared() -> Watch:
    (x, y), model, loss_fn = classes(), net(out=3), nn.CrossEntropyLoss()
    optimizer = Adam(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer) as run:
        for _ in range(15):
            for inputs, target in batches(x, y, steps=6):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
            optimizer.step()
    return run


@broken("rate falls to nothing")
def exponential_schedule_at_each_batch() -> Watch:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.05)
    schedule = schedules.ExponentialLR(optimizer, 0.5)
    return train(model, *rows(), optimizer=optimizer, after=schedule.step, steps=40)


@broken("rate falls to nothing")
def step_schedule_at_each_batch() -> Watch:
    model = net(out=3)
    optimizer = Adam(model.parameters(), lr=0.01)
    schedule = schedules.StepLR(optimizer, 4, 0.1)
    return train(model, *classes(), optimizer=optimizer, after=schedule.step, steps=60)


@broken("rate falls to nothing")
def milestones_at_each_batch() -> Watch:
    model = net(out=3)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule = schedules.MultiStepLR(optimizer, [5, 10, 15, 20, 25], 0.1)
    return train(model, *classes(), optimizer=optimizer, after=schedule.step, steps=60)


@broken("schedule before the step")
def schedule_stepped_before_the_optimizer() -> Watch:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.05)
    schedule = schedules.ExponentialLR(optimizer, 0.99)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return train(model, *rows(), optimizer=optimizer, before=schedule.step)


@broken("schedule before the step")
def warm_up_stepped_before_the_optimizer() -> Watch:
    model = net(out=3)
    optimizer = Adam(model.parameters(), lr=0.01)
    schedule = schedules.LambdaLR(optimizer, lambda k: min(1.0, (k + 1) / 10))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return train(model, *classes(), optimizer=optimizer, between=schedule.step)


# ---- where it starts


def all_at(value: float, model: nn.Module) -> nn.Module:
    for parameter in model.parameters():
        nn.init.constant_(parameter, value)
    return model


@broken("identical units")
def constant_start() -> Watch:
    return train(all_at(0.1, net()), *rows())


@broken("identical units")
def constant_start_of_a_classifier() -> Watch:
    model = all_at(0.5, nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)))
    return train(model, *classes(), optimizer=Adam(model.parameters(), lr=0.01))


@broken("identical units")
def start_at_zero() -> Watch:
    return train(all_at(0.0, net()), *rows())


@broken("identical units")
def start_at_zero_with_tanh() -> Watch:
    model = all_at(0.0, nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)))
    return train(model, *classes(), optimizer=Adam(model.parameters(), lr=0.01))


@broken("identical units")
def convolutions_that_start_alike() -> Watch:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))
    all_at(0.02, model)
    return train(model, torch.randn(64, 1, 8, 8), torch.randint(0, 3, (64,)))


# ---- parameters that the loop changes


@broken("updates taken back")
def parameters_clamped_after_each_step() -> Watch:
    model = net()

    def clamp() -> None:
        for parameter in model.parameters():
            parameter.data.clamp_(-0.001, 0.001)

    return train(model, *rows(), after=clamp)


@broken("updates taken back", "edit")
def parameters_loaded_after_each_step() -> Watch:
    model = net(out=3)
    saved = copy.deepcopy(model.state_dict())
    optimizer = Adam(model.parameters(), lr=0.01)
    return train(model, *classes(), optimizer=optimizer, after=lambda: model.load_state_dict(saved))


@broken("updates taken back")
def parameters_rounded_after_each_step() -> Watch:
    model = net()

    def round_off() -> None:
        for parameter in model.parameters():
            parameter.data = (10.0 * parameter.data).round() / 10.0

    return train(model, *rows(), after=round_off, lr=0.001)


@broken("updates drowned")
def noise_added_after_each_step() -> Watch:
    model = net(out=3)

    def shake() -> None:
        for parameter in model.parameters():
            parameter.data.add_(torch.randn_like(parameter))

    return train(model, *classes(), after=shake)


# ---- scales


@broken("inputs not scaled")
def inputs_of_1000() -> Watch:
    x, y = rows()
    return train(net(), 1e3 * x, y)


@broken("inputs not scaled")
def one_column_of_1000() -> Watch:
    x, y = rows()
    return train(nn.Linear(4, 1), x * torch.tensor([1.0, 1.0, 1.0, 1e3]), y)


@broken("inputs not scaled")
def years_as_inputs() -> Watch:
    x, y = classes()
    return train(net(out=3), torch.cat([1900.0 + 20.0 * x[:, :1].abs(), x[:, 1:]], 1), y, lr=0.1)


@broken("targets not scaled")
def prices_as_targets() -> Watch:
    x, y = rows()
    model = net()
    return train(model, x, 2e5 + 5e4 * y, optimizer=Adam(model.parameters(), lr=1e-3), steps=60)


@broken("targets not scaled")
def years_as_targets() -> Watch:
    (x, y), model = rows(), nn.Linear(4, 1)
    optimizer = Adam(model.parameters(), lr=1e-3)
    return train(model, x, 1990.0 + y, optimizer=optimizer, loss_fn=nn.L1Loss(), steps=60)


# ---- updates that are too small


@broken("updates too small")
def tiny_rate() -> Watch:
    return train(net(out=3), *classes(), lr=1e-7, steps=60)


@broken("updates too small")
def tiny_rate_of_adam() -> Watch:
    model = net()
    return train(model, *rows(), optimizer=Adam(model.parameters(), lr=1e-9), steps=60)


@broken("updates too small")
def gradient_clipped_to_nothing() -> Watch:
    model = net()

    def clip() -> None:
        nn.utils.clip_grad_norm_(model.parameters(), 1e-6)

    return train(model, *rows(), between=clip, steps=60)


@broken("updates too small")
def gradient_clipped_by_value_to_nothing() -> Watch:
    model = net(out=3)

    def clip() -> None:
        nn.utils.clip_grad_value_(model.parameters(), 1e-7)

    return train(model, *classes(), between=clip, steps=60)


@broken("rate of 0")
def a_group_without_a_rate() -> Watch:
    model = net(out=3)
    groups: list[dict[str, Any]] = [
        {"params": model[0].parameters(), "lr": 0.0},
        {"params": model[2].parameters()},
    ]
    return train(model, *classes(), optimizer=SGD(groups, lr=0.1))


@broken("rate of 0")
def no_rate_at_all() -> Watch:
    model = net()
    return train(model, *rows(), optimizer=Adam(model.parameters(), lr=0.0), steps=40)


# ---- weight decay, frozen parts, modes


@broken("weight decay too strong")
def weight_decay_of_1() -> Watch:
    model = net(out=3)
    optimizer = SGD(model.parameters(), lr=0.1, weight_decay=1.0)
    return train(model, *classes(), optimizer=optimizer, steps=40)


@broken("weight decay too strong")
def weight_decay_in_adamw() -> Watch:
    model = net()
    optimizer = AdamW(model.parameters(), lr=0.01, weight_decay=10.0)
    return train(model, *rows(), optimizer=optimizer, steps=40)


@broken("nearly all frozen")
def frozen_but_for_a_bias() -> Watch:
    model = net(out=3)
    for parameter in list(model.parameters())[:-1]:
        parameter.requires_grad_(False)
    x, y = torch.randn(96, 4), torch.arange(96) % 3
    return train(model, x, y, steps=60)


@broken("nearly all frozen")
def frozen_but_for_a_norm() -> Watch:
    model = nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 1))
    model[1].requires_grad_(False)
    model[3].requires_grad_(False)
    x = torch.randn(64, 4)
    return train(model, x, torch.randn(64, 1), lr=0.01, steps=60)


@broken("eval mode")
def eval_after_the_first_epoch() -> Watch:
    (x, y), loss_fn = rows(), nn.MSELoss()
    model = nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.3), nn.ReLU(), nn.Linear(16, 1))
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(6):
            for inputs, target in batches(x, y, steps=4):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                optimizer.step()
            model.eval()
    return run


@broken("eval mode")
def batch_norm_in_eval() -> Watch:
    model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    model.eval()
    return train(model, *classes())


# ---- the wrong way


@broken("sign of the loss")
def negated_loss() -> Watch:
    return train(net(), *rows(), loss_fn=lambda out, y: -functional.mse_loss(out, y), lr=0.01)


@broken("sign of the loss")
def negated_cross_entropy() -> Watch:
    model, loss_fn = net(out=3), nn.CrossEntropyLoss()
    optimizer, (x, y) = Adam(model.parameters(), lr=0.01), classes()
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            optimizer.zero_grad()
            (-loss_fn(model(inputs), target)).backward()
            optimizer.step()
    return run


@broken("sign of the loss")
def log_likelihood_without_its_minus() -> Watch:
    def loss_fn(out: Tensor, y: Tensor) -> Tensor:
        return out.log_softmax(1)[torch.arange(len(y)), y].mean()

    return train(net(out=3), *classes(), loss_fn=loss_fn)


@broken("sign of the loss")
def maximised_by_mistake() -> Watch:
    model = net()
    return train(model, *rows(), optimizer=SGD(model.parameters(), lr=0.01, maximize=True))


# ---- too large


@broken("learning rate too high", "oscillation", "exploding gradient", "not finite")
def rate_far_too_high() -> Watch:
    return train(nn.Linear(4, 1), *rows(), lr=3.0)


@broken("learning rate too high")
def rate_of_adam_far_too_high() -> Watch:
    model, (x, y) = net(out=3), classes()
    y = y[torch.randperm(len(y))]
    return train(model, x, y, optimizer=Adam(model.parameters(), lr=10.0), steps=40)


@broken("learning rate too high")
def rate_of_adam_of_regression_far_too_high() -> Watch:
    model = net()
    return train(model, *rows(), optimizer=Adam(model.parameters(), lr=30.0), steps=40)


# ---- saturated


@broken("saturated units")
def saturated_hidden_sigmoid() -> Watch:
    model = nn.Sequential(nn.Linear(4, 16), nn.Sigmoid(), nn.Linear(16, 1))
    nn.init.normal_(model[0].get_parameter("weight"), std=300.0)
    return train(model, *rows())


@broken("saturated units")
def saturated_tanh() -> Watch:
    model = nn.Sequential(
        nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 3)
    )
    for layer in (model[0], model[2]):
        nn.init.normal_(layer.get_parameter("weight"), std=100.0)
    return train(model, *classes())


@broken("vanishing gradient")
def many_sigmoids() -> Watch:
    layers = [part for _ in range(10) for part in (nn.Linear(8, 8), nn.Sigmoid())]
    return train(nn.Sequential(nn.Linear(4, 8), nn.Sigmoid(), *layers, nn.Linear(8, 1)), *rows())


@broken("vanishing gradient")
def sigmoids_whose_last_layer_settles() -> Watch:
    layers = [part for _ in range(8) for part in (nn.Linear(16, 16), nn.Sigmoid())]
    x, y = classes(96, 16)
    run = train(nn.Sequential(*layers, nn.Linear(16, 3)), x, y, lr=0.5, steps=40)
    assert run.verdict.kind != "converged"
    return run


@broken("dead ReLU")
def dead_units() -> Watch:
    model = net()
    nn.init.constant_(model[0].get_parameter("bias"), -30.0)
    return train(model, *rows())


# ---- labels and batches


@broken("one label")
def all_labels_alike() -> Watch:
    x, _ = classes()
    return train(net(out=3), x, torch.zeros(96).long())


@broken("one label")
def labels_cast_to_nothing() -> Watch:
    x, y = classes()
    return train(net(out=3), x, (y / 3).long(), lr=0.1)  # 0/3, 1/3, 2/3 are all cut to 0


def sorted_classes(model: nn.Module, optimizer: Optimizer) -> Watch:
    (x, y), loss_fn = classes(192), nn.CrossEntropyLoss()
    order = y.argsort()
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(8):
            for part in order.split(16):
                optimizer.zero_grad()
                loss_fn(model(x[part]), y[part]).backward()
                optimizer.step()
    return run


@broken("sorted batches")
def sorted_batches() -> Watch:
    model = net(out=3)
    return sorted_classes(model, SGD(model.parameters(), lr=0.1))


@broken("sorted batches")
def sorted_batches_with_adam() -> Watch:
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    return sorted_classes(model, Adam(model.parameters(), lr=0.01))


@broken("targets no shares")
def flags_of_minus_1_and_1() -> Watch:
    x, y = classes(k=2)
    targets = 2.0 * y.float()[:, None] - 1.0
    return train(net(), x, targets, loss_fn=nn.BCEWithLogitsLoss(), lr=0.3)


@broken("targets no shares")
def classes_for_a_binary_cross_entropy() -> Watch:
    x, y = classes()
    model = net()
    optimizer = Adam(model.parameters(), lr=0.01)
    loss_fn = nn.BCEWithLogitsLoss()
    return train(model, x, y.float()[:, None], loss_fn=loss_fn, optimizer=optimizer)


@broken("targets out of reach")
def a_relu_that_comes_to_rest() -> Watch:
    x, y = rows()
    return train(net(4, 1, nn.ReLU()), x, y - 3.0)


@broken("step without backward")
def two_steps_for_each_backward() -> Watch:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.02)
    return train(model, *rows(), optimizer=optimizer, after=optimizer.step)


@broken("softmax over the batch")
def softmax_over_the_batch_of_pictures() -> Watch:
    x = torch.randn(64, 1, 6, 6)
    model = nn.Conv2d(1, 3, 3, padding=1)
    loss_fn = nn.NLLLoss()
    return train(
        model, x, (x[:, 0] > 0.0).long(), loss_fn=lambda o, y: loss_fn(o.log_softmax(0), y)
    )


def signs() -> tuple[Tensor, Tensor]:
    x = torch.randn(128, 2)
    return x, (x[:, 0] * x[:, 1] > 0.0).long()


@broken("no better than a constant")
def a_line_between_the_classes_of_xor() -> Watch:
    x, y = signs()
    return train(nn.Linear(2, 2), x, y, steps=160)


@broken("no better than a constant")
def layers_without_a_function_between() -> Watch:
    x, y = signs()
    model = nn.Sequential(nn.Linear(2, 8), nn.Linear(8, 1))
    return train(model, x, y[:, None].float(), loss_fn=nn.BCEWithLogitsLoss(), steps=160)


@broken("no better than a constant")
def targets_drawn_at_random() -> Watch:
    x, _ = rows(256)
    return train(net(), x, torch.randn(256, 1), lr=0.01, steps=160)


class Negated(torch.autograd.Function):
    """A square whose backward has the wrong sign."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        context.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> Tensor:
        (x,) = context.saved_tensors
        return -2.0 * x * slopes[0]


negated: Callable[[Tensor], Tensor] = Negated.apply


@broken("gradient and objective")
def a_backward_with_the_wrong_sign() -> Watch:
    x, y = rows()
    return train(
        nn.Linear(4, 1), x, y, loss_fn=lambda o, y: negated(o - y).mean(), lr=0.05, steps=80
    )


@broken("gradient and objective")
def gradients_turned_around_by_a_hook() -> Watch:
    x, y = rows()
    model = nn.Linear(4, 1)
    for w in model.parameters():
        w.register_hook(lambda gradient: -gradient)
    return train(model, x, y, steps=80)


@broken("no least value")
def a_divergence_with_the_wrong_sign() -> Watch:
    x, _ = rows(128)
    encoder, decoder = nn.Linear(4, 4), nn.Linear(2, 4)
    optimizer = Adam([*encoder.parameters(), *decoder.parameters()], lr=0.02)
    with steepest.watch(nn.ModuleList([encoder, decoder]), optimizer) as run:
        for part, _ in batches(x, x, size=32, steps=200):
            mean, log = encoder(part).chunk(2, 1)
            out = decoder(mean + (log / 2).exp() * torch.randn_like(mean))
            gap = (1 + log - mean**2 - log.exp()).mean() / 2
            optimizer.zero_grad()
            (functional.mse_loss(out, part) + gap).backward()
            optimizer.step()
    return run


@broken("updates too small")
def bfloat16_that_rounds_updates_off() -> Watch:
    x, y = classes()
    model = net(4, 3).bfloat16()
    return train(model, x.bfloat16(), y, lr=1e-4, steps=80)


@broken("step without backward")
def a_generator_whose_output_is_detached() -> Watch:
    maker, judge = net(4, 2), net(2, 1)
    own, other = Adam(maker.parameters(), lr=1e-3), Adam(judge.parameters(), lr=1e-3)
    loss_fn, ones = nn.BCEWithLogitsLoss(), torch.ones(16, 1)
    with steepest.watch(nn.ModuleList([maker, judge]), [own, other], loss_fn) as run:
        for _ in range(60):
            made = maker(torch.randn(16, 4)).detach()
            other.zero_grad()
            (loss_fn(judge(torch.randn(16, 2)), ones) + loss_fn(judge(made), 0 * ones)).backward()
            other.step()
            own.zero_grad()
            loss_fn(judge(made), ones).backward()
            own.step()
    return run


@broken("sign of the update")
def added_by_hand_until_no_number_is_left() -> Watch:
    x, y = rows()
    model = net()
    with steepest.watch(model) as run:
        for part, target in batches(x, y, steps=60):
            functional.mse_loss(model(part), target).backward()
            with torch.no_grad():
                for w in model.parameters():
                    assert w.grad is not None
                    w.add_(0.2 * w.grad)
                    w.grad = None
    return run


@broken(named=False)
def labels_shuffled_apart() -> Watch:
    x, y = classes()
    return train(net(out=3), x, y[torch.randperm(len(y))])


@broken(named=False)
def targets_shuffled_apart() -> Watch:
    (x, y), model = rows(), net()
    order = torch.randperm(len(y))
    return train(model, x, y[order], optimizer=Adam(model.parameters(), lr=0.01))


@broken("inputs alike")
def nothing_to_learn_from() -> Watch:
    return train(net(out=3), torch.zeros(96, 4), torch.arange(96) % 3)
