"""Loops of many kinds in which nothing is wrong, some of them unusual: no mistake is named."""

import copy
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop
from torch.optim import lr_scheduler as schedules

import steepest
from steepest.results.watch import Watch

Loop = Callable[[], Watch]
SEEDS = range(2)
LOOPS: list[Loop] = []


def healthy(loop: Loop) -> Loop:
    LOOPS.append(loop)
    return loop


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_nothing_is_named(loop: Loop) -> None:
    for seed in SEEDS:
        torch.manual_seed(seed)
        run = loop()
        assert [str(finding) for finding in run.mistakes()] == [], seed
        assert run.verdict.kind not in ("diverged", "oscillating", "plateau"), seed


def rows(n: int = 64, d: int = 4) -> tuple[Tensor, Tensor]:
    x = torch.randn(n, d)
    return x, x @ torch.randn(d, 1) + 0.1 * torch.randn(n, 1)


def classes(n: int = 96, d: int = 4, k: int = 3) -> tuple[Tensor, Tensor]:
    x = torch.randn(n, d)
    return x, (x @ torch.randn(d, k)).argmax(1)


def net(d: int = 4, out: int = 1, *last: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(d, 16), nn.ReLU(), nn.Linear(16, out), *last)


def batches(x: Tensor, y: Tensor, *, size: int = 16, steps: int = 60) -> Iterator[Any]:
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
    steps: int = 60,
    between: Callable[[], Any] = nothing,
    after: Callable[[], Any] = nothing,
) -> Watch:
    """A loop, with what is done between backward pass and step, and after the step."""
    loss_fn = loss_fn or (nn.MSELoss() if y.is_floating_point() else nn.CrossEntropyLoss())
    optimizer = optimizer or SGD(model.parameters(), lr=lr)
    hooked = loss_fn if isinstance(loss_fn, nn.Module) else None
    with steepest.watch(model, optimizer, hooked) as run:
        for inputs, target in batches(x, y, steps=steps):
            optimizer.zero_grad()
            loss_fn(model(inputs), target).backward()
            between()
            optimizer.step()
            after()
    return run


# ---- schedules


@healthy
def cosine_to_0() -> Watch:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.05)
    schedule = schedules.CosineAnnealingLR(optimizer, 100)
    return train(model, *rows(), optimizer=optimizer, after=schedule.step, steps=100)


@healthy
def one_cycle() -> Watch:
    model = net(out=3)
    optimizer = AdamW(model.parameters(), lr=0.01)
    schedule = schedules.OneCycleLR(optimizer, 0.02, total_steps=101)
    return train(model, *classes(), optimizer=optimizer, after=schedule.step, steps=100)


@healthy
def step_schedule_in_each_epoch() -> Watch:
    model = net(out=3)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule = schedules.StepLR(optimizer, 30, 0.1)
    return train(model, *classes(), optimizer=optimizer, after=schedule.step, steps=100)


@healthy
def exponential_schedule_in_each_epoch() -> Watch:
    model = net()
    optimizer = Adam(model.parameters(), lr=0.01)
    schedule = schedules.ExponentialLR(optimizer, 0.96)
    return train(model, *rows(), optimizer=optimizer, after=schedule.step, steps=100)


@healthy
def warm_up_made_inside_the_block() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        schedule = schedules.LinearLR(optimizer, 0.1, total_iters=10)
        for inputs, target in batches(x, y):
            optimizer.zero_grad()
            loss_fn(model(inputs), target).backward()
            optimizer.step()
            schedule.step()
    return run


@healthy
def rate_that_falls_on_a_plateau() -> Watch:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.05)
    schedule = schedules.ReduceLROnPlateau(optimizer, patience=5)
    losses = iter([1.0] * 100)
    return train(
        model, *rows(), optimizer=optimizer, after=lambda: schedule.step(next(losses)), steps=20
    )


# ---- clips, decay, frozen parts


@healthy
def clipped_often() -> Watch:
    model = net()

    def clip() -> None:
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)

    return train(model, *rows(), between=clip, lr=0.1, steps=100)


@healthy
def usual_weight_decay() -> Watch:
    model = net(out=3)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
    return train(model, *classes(), optimizer=optimizer)


@healthy
def usual_weight_decay_of_adamw() -> Watch:
    model = net(out=3)
    return train(model, *classes(), optimizer=AdamW(model.parameters(), lr=0.01, weight_decay=0.1))


@healthy
def ridge_that_converges() -> Watch:
    model, (x, y) = nn.Linear(4, 1), rows(16)
    optimizer = SGD(model.parameters(), lr=0.1, weight_decay=0.1)
    return train(model, x, y, optimizer=optimizer, steps=100)


@healthy
def a_head_on_a_frozen_body() -> Watch:
    model = nn.Sequential(nn.Linear(4, 256), nn.ReLU(), nn.Linear(256, 3))
    model[0].requires_grad_(False)
    return train(model, *classes(), lr=0.1)


@healthy
def low_rank_addition_to_a_frozen_layer() -> Watch:
    class LowRank(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.base = nn.Linear(4, 3).requires_grad_(False)
            self.down, self.up = nn.Linear(4, 2, bias=False), nn.Linear(2, 3, bias=False)
            nn.init.zeros_(self.up.weight)

        def forward(self, x: Tensor) -> Tensor:
            return self.base(x) + self.up(self.down(x))

    return train(LowRank(), *classes(), lr=0.3)


# ---- starts


@healthy
def softmax_regression_from_0() -> Watch:
    model = nn.Linear(4, 3)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    return train(model, *classes(), lr=0.3)


@healthy
def last_layer_from_0() -> Watch:
    model = net(out=3)
    nn.init.zeros_(model[2].get_parameter("weight"))
    nn.init.zeros_(model[2].get_parameter("bias"))
    return train(model, *classes(), lr=0.1)


@healthy
def linear_regression_from_0_with_adam() -> Watch:
    model = nn.Linear(4, 1)
    nn.init.zeros_(model.weight)
    return train(model, *rows(), optimizer=Adam(model.parameters(), lr=0.05))


# ---- inputs


@healthy
def pixels_before_a_norm() -> Watch:
    x, y = classes()
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    return train(model, 128.0 + 60.0 * x, y, lr=0.1)


@healthy
def ages_and_shares() -> Watch:
    x, y = classes()
    x = torch.cat([40.0 + 10.0 * x[:, :1], x[:, 1:].sigmoid()], 1)
    model = net(out=3)
    return train(model, x, y, optimizer=Adam(model.parameters(), lr=0.003))


@healthy
def one_hot_words() -> Watch:
    words = torch.randint(0, 20, (96,))
    model = nn.Sequential(nn.Linear(20, 8, bias=False), nn.Tanh(), nn.Linear(8, 2))
    return train(model, functional.one_hot(words, 20).float(), (words > 9).long(), lr=0.3)


@healthy
def rare_class() -> Watch:
    x = torch.randn(128, 4)
    return train(net(out=2), x, (x[:, 0] > 0.8).long(), lr=0.1)


# ---- losses


@healthy
def flags_of_a_critic() -> Watch:
    x = torch.randn(96, 4)
    y = (x[:, :1] > 0).float()
    return train(net(), x, y, loss_fn=nn.BCEWithLogitsLoss(), lr=0.3)


@healthy
def momentum_contrast() -> Watch:
    model, x = nn.Linear(8, 4), torch.randn(96, 8)
    optimizer = SGD(model.parameters(), lr=0.05)
    loss_fn = nn.CrossEntropyLoss()
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, _ in batches(x, x):
            query = functional.normalize(model(inputs), dim=1)
            with torch.no_grad():
                key = functional.normalize(model(inputs + 0.1 * torch.randn_like(inputs)), dim=1)
            others = functional.normalize(torch.randn(32, 4), dim=1)
            near = (query * key).sum(1, keepdim=True)
            logits = torch.cat([near, query @ others.T], 1) / 0.2
            optimizer.zero_grad()
            loss_fn(logits, torch.zeros(len(inputs)).long()).backward()
            optimizer.step()
    return run


@healthy
def actor_and_critic_in_one_loss() -> Watch:
    body, actor, critic = nn.Linear(4, 16), nn.Linear(16, 2), nn.Linear(16, 1)
    model = nn.ModuleList([body, actor, critic])
    optimizer = Adam(model.parameters(), lr=0.003)
    with steepest.watch(model, optimizer) as run:
        for _ in range(60):
            seen = torch.randn(32, 4)
            hidden = body(seen).tanh()
            choice = torch.distributions.Categorical(logits=actor(hidden))
            taken, value = choice.sample(), critic(hidden)[:, 0]
            reward = (taken == (seen[:, 0] > 0)).float()
            gain = reward - value
            loss = -(choice.log_prob(taken) * gain.detach()).mean() + gain.square().mean()
            optimizer.zero_grad()
            run.loss(loss - 0.01 * choice.entropy().mean()).backward()
            optimizer.step()
    return run


@healthy
def an_actor_against_a_critic_that_is_not_watched() -> Watch:
    actor, critic = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)), net(5)
    one, other = Adam(actor.parameters(), lr=0.003), Adam(critic.parameters(), lr=0.003)
    with steepest.watch(actor, one) as run:
        for _ in range(60):
            seen, taken = torch.randn(32, 4), torch.randn(32, 1)
            reward = -(taken - seen[:, :1]).square()
            other.zero_grad()
            functional.mse_loss(critic(torch.cat([seen, taken], 1)), reward).backward()
            other.step()
            one.zero_grad()
            run.loss(-critic(torch.cat([seen, actor(seen)], 1)).mean()).backward()
            one.step()
    return run


@healthy
def variational_autoencoder() -> Watch:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.into, self.out = nn.Linear(6, 4), nn.Linear(2, 6)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            mean, log_variance = self.into(x).chunk(2, 1)
            drawn = mean + torch.randn_like(mean) * (log_variance / 2).exp()
            return self.out(drawn), mean, log_variance

    model, x = Net(), torch.randn(96, 2) @ torch.randn(2, 6)
    optimizer = Adam(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer) as run:
        for inputs, _ in batches(x, x, steps=80):
            again, mean, spread = model(inputs)
            divergence = -0.5 * (1 + spread - mean.square() - spread.exp()).sum(1).mean()
            optimizer.zero_grad()
            run.loss(functional.mse_loss(again, inputs) + 0.1 * divergence).backward()
            optimizer.step()
    return run


@healthy
def physics_with_inputs_that_ask_for_gradients() -> Watch:
    model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = Adam(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer) as run:
        for _ in range(60):
            x = torch.rand(32, 1, requires_grad=True)
            u = model(x)
            slope = torch.autograd.grad(u.sum(), x, create_graph=True)[0]
            start = model(torch.zeros(1, 1))
            loss = (slope + u).square().mean() + (start - 1.0).square().mean()
            optimizer.zero_grad()
            run.loss(loss).backward()
            optimizer.step()
    return run


@healthy
def student_of_a_teacher_kept_in_a_list() -> Watch:
    class Student(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Linear(4, 3)
            self.teacher = [nn.Linear(4, 3)]

        def forward(self, x: Tensor) -> Tensor:
            with torch.no_grad():
                wanted = self.teacher[0](x)
            return self.body(x) - wanted

    x = torch.randn(64, 4)
    return train(Student(), x, torch.zeros(64, 3), lr=0.1)


@healthy
def mean_teacher() -> Watch:
    model = net()
    teacher = copy.deepcopy(model).requires_grad_(False)

    def follow() -> None:
        with torch.no_grad():
            for slow, fast in zip(teacher.parameters(), model.parameters(), strict=True):
                slow.lerp_(fast, 0.1)

    return train(model, *rows(), after=follow)


# ---- gradients and steps


@healthy
def all_rows_accumulated_and_divided() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.1)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(30):
            optimizer.zero_grad()
            for part in torch.randperm(64).split(16):
                (loss_fn(model(x[part]), y[part]) / 4).backward()
            optimizer.step()
    return run


@healthy
def several_losses_with_a_pass_each() -> Watch:
    (x, y), body = rows(), net()
    optimizer = SGD(body.parameters(), lr=0.02)
    with steepest.watch(body, optimizer) as run:
        for _ in range(40):
            optimizer.zero_grad()
            functional.mse_loss(body(x[:32]), y[:32]).backward()
            functional.l1_loss(body(x[32:]), y[32:]).backward()
            optimizer.step()
    return run


@healthy
def scaled_as_for_half_precision() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for inputs, target in batches(x, y):
            optimizer.zero_grad()
            (loss_fn(model(inputs), target) * 65536.0).backward()
            for parameter in model.parameters():
                assert parameter.grad is not None
                parameter.grad.div_(65536.0)
            optimizer.step()
    return run


@healthy
def weights_kept_on_a_sphere() -> Watch:
    model = nn.Linear(4, 3, bias=False)

    def normalise() -> None:
        model.weight.data.div_(model.weight.data.norm(dim=1, keepdim=True))

    return train(model, *classes(), after=normalise, lr=0.1)


@healthy
def lasso_by_a_proximal_step() -> Watch:
    model = nn.Linear(4, 1)

    def shrink() -> None:
        model.weight.data = functional.softshrink(model.weight.data, 0.01)

    return train(model, *rows(), after=shrink, lr=0.1)


@healthy
def validation_without_no_grad() -> Watch:
    (x, y), model, loss_fn = rows(), net(), nn.MSELoss()
    optimizer = SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(10):
            for inputs, target in batches(x[:48], y[:48], steps=3):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                optimizer.step()
            loss_fn(model(x[48:]), y[48:]).item()
    return run


@healthy
def fine_tuning_near_the_minimum() -> Watch:
    x, y = rows(256)
    model = nn.Linear(4, 1)
    with torch.no_grad():
        model.weight.copy_(torch.linalg.lstsq(x, y).solution.T)
        model.bias.zero_()
    return train(model, x, y, lr=0.01)


@healthy
def dropout_alone() -> Watch:
    model = nn.Sequential(nn.Linear(4, 32), nn.Dropout(0.5), nn.ReLU(), nn.Linear(32, 3))
    return train(model, *classes(), lr=0.1)


@healthy
def gates_by_sigmoid() -> Watch:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.gate, self.head = nn.Linear(4, 8), nn.Linear(4, 8), nn.Linear(8, 1)
            self.sigmoid, self.tanh = nn.Sigmoid(), nn.Tanh()

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.tanh(self.body(x)) * self.sigmoid(self.gate(x)))

    model = Net()
    return train(model, *rows(), optimizer=RMSprop(model.parameters(), lr=0.01))


@healthy
def two_phases_with_two_optimizers() -> Watch:
    (x, y), model = rows(), net()
    first, second = Adam(model.parameters(), lr=0.01), SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, [first, second], nn.MSELoss()) as run:
        for optimizer in (first, second):
            for inputs, target in batches(x, y, steps=30):
                optimizer.zero_grad()
                functional.mse_loss(model(inputs), target).backward()
                optimizer.step()
    return run


@healthy
def labels_by_integers_and_smoothing() -> Watch:
    return train(net(out=3), *classes(), loss_fn=nn.CrossEntropyLoss(label_smoothing=0.1), lr=0.1)


@healthy
def stochastic_weight_averaging() -> Watch:
    model = net()
    averaged = torch.optim.swa_utils.AveragedModel(model)
    return train(model, *rows(), after=lambda: averaged.update_parameters(model))


@healthy
def schedule_that_torch_warns_of_nowhere() -> Watch:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.05)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schedule = schedules.PolynomialLR(optimizer, 60)
        return train(model, *rows(), optimizer=optimizer, after=schedule.step)


@healthy
def a_rollout_that_gets_longer() -> Watch:
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = Adam(model.parameters(), lr=1e-3)
    with steepest.watch(model, optimizer) as run:
        for horizon in range(1, 25):
            state, loss = torch.randn(16, 3), torch.zeros(())
            for _ in range(horizon):
                state = state + 0.1 * model(state)
                loss = loss + state.square().mean() / horizon
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return run


@healthy
def a_rollout_inside_the_model_that_gets_longer() -> Watch:
    class Rollout(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.step = nn.Linear(3, 3)

        def forward(self, state: Tensor, horizon: int) -> Tensor:
            for _ in range(horizon):
                state = torch.tanh(self.step(state))
            return state

    model = Rollout()
    optimizer = Adam(model.parameters(), lr=1e-3)
    with steepest.watch(model, optimizer) as run:
        for horizon in range(1, 25):
            optimizer.zero_grad()
            (model(torch.randn(16, 3), horizon) - 1.0).square().mean().backward()
            optimizer.step()
    return run


@healthy
def critic_with_a_penalty_on_its_gradient() -> Watch:
    model, generator = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1)), nn.Linear(4, 2)
    optimizer = Adam(model.parameters(), lr=1e-3, betas=(0.0, 0.9))
    with steepest.watch(model, optimizer) as run:
        for _ in range(40):
            real, made = torch.randn(32, 2) + 2.0, generator(torch.randn(32, 4)).detach()
            share = torch.rand(32, 1)
            middle = (share * real + (1 - share) * made).requires_grad_()
            (slope,) = torch.autograd.grad(model(middle).sum(), middle, create_graph=True)
            loss = model(made).mean() - model(real).mean()
            loss = loss + 10.0 * (slope.norm(dim=1) - 1.0).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return run


@healthy
def binary_units_with_a_slope_passed_through() -> Watch:
    class Sign(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, x: Tensor) -> Tensor:
            context.save_for_backward(x)
            return x.sign()

        @staticmethod
        def backward(context: Any, slope: Tensor) -> Tensor:
            (x,) = context.saved_tensors
            return slope * (x.abs() < 1.0)

    class Binary(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(4, 16), nn.Linear(16, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.last(Sign.apply(self.first(x)))  # type: ignore[no-untyped-call]

    model = Binary()
    return train(model, *classes(), optimizer=Adam(model.parameters(), lr=3e-3))


@healthy
def steps_towards_a_copy_that_learns() -> Watch:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.5)
    with steepest.watch(model, optimizer) as run:
        for _ in range(20):
            x, y = rows(16)
            inner = copy.deepcopy(model)
            own = SGD(inner.parameters(), lr=0.02)
            for _ in range(2):
                own.zero_grad()
                functional.mse_loss(inner(x), y).backward()
                own.step()
            for here, there in zip(model.parameters(), inner.parameters(), strict=True):
                here.grad = (here - there).detach()
            optimizer.step()
    return run


@healthy
def gradients_asked_for_and_handed_over() -> Watch:
    (x, y), model = rows(), net()
    optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)
    with steepest.watch(model, optimizer) as run:
        for part, target in batches(x, y, steps=30):
            loss = run.loss(functional.mse_loss(model(part), target))
            tensors = list(model.parameters())
            gradients = torch.autograd.grad(loss, tensors)
            for tensor, gradient in zip(tensors, gradients, strict=True):
                tensor.grad = gradient
            optimizer.step()
    return run


@healthy
def gradients_by_hand_written_in_place() -> Watch:
    (x, y), model = rows(), nn.Linear(4, 1)
    optimizer = SGD(model.parameters(), lr=0.05)
    model.weight.grad = torch.zeros_like(model.weight)
    model.bias.grad = torch.zeros_like(model.bias)
    with steepest.watch(model, optimizer) as run, torch.no_grad():
        for part, target in batches(x, y, steps=30):
            rest = model(part) - target
            run.loss(rest.square().mean())
            model.weight.grad.copy_(2.0 * rest.T @ part / len(part))
            model.bias.grad.copy_(2.0 * rest.mean(0))
            optimizer.step()
    return run


@healthy
def batches_without_a_number_left_out() -> Watch:
    (x, y), model = rows(), net()
    x[:: len(x) // 2] = torch.nan
    optimizer, loss_fn = Adam(model.parameters(), lr=0.01), nn.MSELoss()
    with steepest.watch(model, optimizer, loss_fn) as run:
        for part, target in batches(x, y, size=8):
            loss = loss_fn(model(part), target)
            if not torch.isnan(loss):
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return run


@healthy
def a_bandit_whose_inputs_are_all_the_same() -> Watch:
    model = nn.Linear(1, 3, bias=False)
    optimizer = Adam(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer) as run:
        for _ in range(200):
            choice = torch.distributions.Categorical(logits=model(torch.ones(16, 1)))
            arm = choice.sample()
            gain = (torch.rand(16) < torch.tensor([0.1, 0.5, 0.9])[arm]).float()
            optimizer.zero_grad()
            (-choice.log_prob(arm) * (gain - gain.mean())).mean().backward()
            optimizer.step()
    return run


@healthy
def best_parameters_loaded_at_the_end() -> Watch:
    (x, y), model = rows(), net()
    optimizer, loss_fn = Adam(model.parameters(), lr=0.01), nn.MSELoss()
    best = copy.deepcopy(model.state_dict())
    with steepest.watch(model, optimizer, loss_fn) as run:
        for step, (part, target) in enumerate(batches(x, y)):
            optimizer.zero_grad()
            loss_fn(model(part), target).backward()
            optimizer.step()
            if step == 40:
                best = copy.deepcopy(model.state_dict())
        model.load_state_dict(best)
    return run
