"""Loops in which nothing is wrong: no mistake is named in any of them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import steepest
from steepest.results.watch import Watch

Loop = Callable[[], Watch]
LOOPS: list[Loop] = []


def healthy(loop: Loop) -> Loop:
    LOOPS.append(loop)
    return loop


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_nothing_is_named(loop: Loop) -> None:
    run = loop()
    assert [str(finding) for finding in run.mistakes()] == []
    assert run.verdict.kind not in ("diverged", "oscillating", "plateau")
    assert len(run) > 5


def rows(n: int = 64, d: int = 4) -> tuple[Tensor, Tensor]:
    x = torch.randn(n, d)
    return x, x @ torch.randn(d, 1) + 0.1 * torch.randn(n, 1)


def batches(*tensors: Tensor, size: int = 16) -> Iterator[tuple[Tensor, ...]]:
    order = torch.randperm(len(tensors[0]))
    for part in order.split(size):
        yield tuple(tensor[part] for tensor in tensors)


@healthy
def full_batch_regression() -> Watch:
    x, y = rows()
    model, loss_fn = nn.Linear(4, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(150):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    return run


@healthy
def regression_that_overshoots_and_converges() -> Watch:
    x = torch.tensor([[1.0], [2.0], [3.0]])
    model, loss_fn = nn.Linear(1, 1, bias=False), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.17)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(60):
            optimizer.zero_grad()
            loss_fn(model(x), 2 * x).backward()
            optimizer.step()
    return run


@healthy
def hand_written_descent() -> Watch:
    x, y = rows()
    w, b = torch.zeros(4, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=0.1)
    with steepest.watch({"w": w, "b": b}, optimizer, every=1) as run:
        for _ in range(40):
            loss = run.loss(((x @ w + b - y) ** 2).mean())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return run


@healthy
def classifier_with_adam() -> Watch:
    x, loss_fn = torch.randn(128, 8), nn.CrossEntropyLoss()
    y = (x[:, 0] + x[:, 1] > 0).long()
    model = nn.Sequential(
        nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(12):
            for inputs, target in batches(x, y):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                optimizer.step()
    return run


@healthy
def convolutions_on_noise_with_momentum() -> Watch:
    x, y, loss_fn = torch.randn(64, 1, 8, 8), torch.randint(0, 3, (64,)), nn.CrossEntropyLoss()
    model = nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(8, 3),
    )  # fmt: skip
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, nesterov=True)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(20):
            for inputs, target in batches(x, y):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                optimizer.step()
    return run


@healthy
def batch_norm_and_dropout_with_validation() -> Watch:
    x, y = rows()
    loss_fn = nn.MSELoss()
    model = nn.Sequential(
        nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(10):
            model.train()
            for inputs, target in batches(x[:48], y[:48]):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                loss_fn(model(x[48:]), y[48:]).item()
    return run


@healthy
def gradients_accumulated_on_purpose() -> Watch:
    x, y = rows()
    model, loss_fn = nn.Linear(4, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(10):
            for number, (inputs, target) in enumerate(batches(x, y, size=8)):
                (loss_fn(model(inputs), target) / 4).backward()
                if number % 4 == 3:
                    optimizer.step()
                    optimizer.zero_grad(set_to_none=False)
    return run


@healthy
def clipped_recurrent_net() -> Watch:
    x = torch.randn(32, 6, 3)
    y, loss_fn = x.sum(dim=(1, 2)).unsqueeze(1), nn.SmoothL1Loss()

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cells, self.head = nn.GRU(3, 8, batch_first=True), nn.Linear(8, 1)

        def forward(self, inputs: Tensor) -> Tensor:
            head: Tensor = self.head(self.cells(inputs)[0][:, -1])
            return head

    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(40):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
    return run


@healthy
def lbfgs_with_a_closure() -> Watch:
    x, y = rows()
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    loss_fn = nn.MSELoss()
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=4)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss: Tensor = loss_fn(model(x), y)
        loss.backward()
        return loss

    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(15):
            optimizer.step(closure)
    return run


@healthy
def warm_up_and_decay() -> Watch:
    x, y = rows()
    model = nn.Sequential(nn.Linear(4, 16), nn.GELU(), nn.Linear(16, 1))
    loss_fn = nn.MSELoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda k: min(1.0, (k + 1) / 10) * 0.99**k
    )
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(15):
            for inputs, target in batches(x, y):
                loss = loss_fn(model(inputs), target)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    return run


@healthy
def frozen_backbone_and_groups() -> Watch:
    x, y = rows()
    backbone = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU())
    model = nn.Sequential(backbone, nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
    backbone.requires_grad_(False)
    groups: list[dict[str, Any]] = [
        {"params": model[1].parameters(), "lr": 0.01},
        {"params": model[3].parameters()},
    ]
    loss_fn, optimizer = nn.MSELoss(), torch.optim.SGD(groups, lr=0.05, momentum=0.9)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(15):
            backbone.eval()
            for inputs, target in batches(x, y):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                optimizer.step()
    return run


@healthy
def frozen_parameters_in_the_optimizer() -> Watch:
    x, y = rows()
    model, loss_fn = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1)), nn.MSELoss()
    model[0].requires_grad_(False)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(30):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    return run


@healthy
def autoencoder_of_a_sum_divided_by_rows() -> Watch:
    x = torch.randn(64, 3) @ torch.randn(3, 8)
    model = nn.Sequential(nn.Linear(8, 3), nn.Linear(3, 8))
    loss_fn = nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.005)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(20):
            for (inputs,) in batches(x):
                optimizer.zero_grad()
                (loss_fn(model(inputs), inputs) / len(inputs)).backward()
                optimizer.step()
    return run


@healthy
def half_precision_by_autocast() -> Watch:
    x, y = rows()
    model, loss_fn = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1)), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(15):
            for inputs, target in batches(x, y):
                optimizer.zero_grad()
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    loss = loss_fn(model(inputs), target)
                loss.backward()
                optimizer.step()
    return run


@healthy
def embeddings_of_which_some_never_come() -> Watch:
    words = torch.randint(0, 12, (64, 5))
    y, loss_fn = (words[:, 0] > 5).long(), nn.CrossEntropyLoss()
    model = nn.Sequential(
        nn.Embedding(200, 6), nn.Flatten(), nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 2)
    )
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(15):
            for inputs, target in batches(words, y):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                optimizer.step()
    return run


@healthy
def two_optimizers_against_each_other() -> Watch:
    generator = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    loss_fn = nn.BCEWithLogitsLoss()
    made = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    judged = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.999))
    model = nn.ModuleDict({"generator": generator, "critic": critic})
    true, false = torch.ones(32, 1), torch.zeros(32, 1)
    with steepest.watch(model, [made, judged], loss_fn, every=1) as run:
        for _ in range(30):
            real, fake = torch.randn(32, 2) + 2, generator(torch.randn(32, 2))
            judged.zero_grad()
            (loss_fn(critic(real), true) + loss_fn(critic(fake.detach()), false)).backward()
            judged.step()
            made.zero_grad()
            loss_fn(critic(fake), true).backward()  # leaves a gradient in the critic, too
            made.step()
    return run


@healthy
def critic_alone_whose_gradient_is_soiled_by_others() -> Watch:
    critic, loss_fn = nn.Linear(2, 1), nn.BCEWithLogitsLoss()
    optimizer = torch.optim.SGD(critic.parameters(), lr=0.1)
    with steepest.watch(critic, optimizer, loss_fn, every=1) as run:
        for _ in range(20):
            fake = torch.randn(16, 2, requires_grad=True)
            critic(fake).mean().backward()
            optimizer.zero_grad()
            loss_fn(critic(torch.randn(16, 2) + 1), torch.ones(16, 1)).backward()
            optimizer.step()
    return run


@healthy
def pairs_of_all_with_all() -> Watch:
    x, y = rows(12)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    truth = (y - y.T).sign()
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(20):
            score = model(x)
            loss = functional.softplus(-truth * (score - score.T)).mean()
            optimizer.zero_grad()
            run.loss(loss).backward()
            optimizer.step()
    return run


@healthy
def loss_that_arrives_at_zero() -> Watch:
    x = torch.randn(32, 2)
    y = torch.where(x[:, :1] > 0, 1.0, -1.0)
    x = x + y
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(120):
            loss = (1.0 - y * model(x)).clamp(min=0.0).mean()
            optimizer.zero_grad()
            run.loss(loss).backward()
            optimizer.step()
    return run


@healthy
def recorded_now_and_then() -> Watch:
    x, y = rows()
    model, loss_fn = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1)), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(60):
            for inputs, target in batches(x, y):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                optimizer.step()
    return run


@healthy
def sparse_embeddings() -> Watch:
    words, y, loss_fn = torch.randint(0, 50, (64, 5)), torch.randn(64, 6), nn.MSELoss()
    model = nn.Sequential(nn.EmbeddingBag(50, 6, sparse=True))
    optimizer = torch.optim.SparseAdam(model.parameters(), lr=0.02)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(10):
            for inputs, target in batches(words, y):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                optimizer.step()
    return run


@healthy
def transformer_with_smoothed_labels() -> Watch:
    words = torch.randint(0, 30, (32, 6))
    y, loss_fn = (words[:, 0] > 15).long(), nn.CrossEntropyLoss(label_smoothing=0.1)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.places = nn.Embedding(30, 16), nn.Parameter(torch.zeros(64, 16))
            self.layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
            self.head = nn.Linear(16, 2)

        def forward(self, x: Tensor) -> Tensor:
            head: Tensor = self.head(self.layer(self.words(x) + self.places[: x.shape[1]])[:, 0])
            return head

    model = Net()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(30):
            optimizer.zero_grad()
            loss_fn(model(words), y).backward()
            optimizer.step()
    return run


@healthy
def small_convolutional_autoencoder() -> Watch:
    x, loss_fn = torch.rand(32, 1, 8, 8), nn.BCELoss()
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, 2, 1), nn.ReLU(), nn.ConvTranspose2d(4, 4, 2, 2), nn.ReLU(),
        nn.Conv2d(4, 1, 3, padding=1), nn.Sigmoid(),
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(40):
            optimizer.zero_grad()
            loss_fn(model(x), x).backward()
            optimizer.step()
    return run


@healthy
def deep_net_of_which_half_the_units_rest() -> Watch:
    x, loss_fn = torch.randn(64, 32), nn.CrossEntropyLoss()
    layers = [layer for _ in range(8) for layer in (nn.Linear(32, 32), nn.ReLU())]
    model = nn.Sequential(*layers, nn.Linear(32, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(10):
            for inputs, target in batches(x, (x[:, 0] > 0).long()):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                optimizer.step()
    return run


@healthy
def head_on_a_backbone_in_eval_mode() -> Watch:
    x, y = rows()
    backbone = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1))
    model, loss_fn = nn.Sequential(backbone, nn.Linear(16, 1)), nn.MSELoss()
    backbone.requires_grad_(False)
    model.eval()
    optimizer = torch.optim.Adam(model[1].parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(30):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    return run


@healthy
def critic_with_clipped_weights() -> Watch:
    made, critic = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
    makes = torch.optim.RMSprop(made.parameters(), lr=1e-3)
    judges = torch.optim.RMSprop(critic.parameters(), lr=1e-3)
    model = nn.ModuleDict({"made": made, "critic": critic})
    with steepest.watch(model, [makes, judges], every=1) as run:
        for _ in range(10):
            for _ in range(3):
                judges.zero_grad()
                false = critic(made(torch.randn(32, 2)).detach())
                run.loss(false.mean() - critic(torch.randn(32, 2) + 2).mean()).backward()
                judges.step()
                for parameter in critic.parameters():
                    parameter.data.clamp_(-0.2, 0.2)
            makes.zero_grad()
            (-critic(made(torch.randn(32, 2))).mean()).backward()
            makes.step()
    return run


@healthy
def sharpness_aware_there_and_back() -> Watch:
    x, y = rows()
    model, loss_fn = nn.Linear(4, 1), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for _ in range(20):
            for inputs, target in batches(x, y):
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                with torch.no_grad():
                    gradients = [p.grad for p in model.parameters() if p.grad is not None]
                    moves = [0.01 * gradient / gradient.norm() for gradient in gradients]
                    for parameter, move in zip(model.parameters(), moves, strict=True):
                        parameter.add_(move)
                optimizer.zero_grad()
                loss_fn(model(inputs), target).backward()
                with torch.no_grad():
                    for parameter, move in zip(model.parameters(), moves, strict=True):
                        parameter.sub_(move)
                optimizer.step()
    return run


@healthy
def policy_gradient() -> Watch:
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(40):
            seen = torch.randn(20, 4)
            choice = torch.distributions.Categorical(logits=model(seen))
            taken = choice.sample()
            reward = (taken == (seen[:, 0] > 0)).float()
            optimizer.zero_grad()
            run.loss(-(choice.log_prob(taken) * (reward - reward.mean())).sum()).backward()
            optimizer.step()
    return run


@healthy
def contrastive_pairs() -> Watch:
    x = torch.randn(64, 8)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(15):
            for (inputs,) in batches(x):
                one, other = (
                    functional.normalize(model(inputs + 0.1 * torch.randn_like(inputs)), dim=1)
                    for _ in range(2)
                )
                optimizer.zero_grad()
                match = torch.arange(len(inputs))
                run.loss(functional.cross_entropy(one @ other.T / 0.1, match)).backward()
                optimizer.step()
    return run


@healthy
def parameters_loaded_before_the_first_step() -> Watch:
    x, y = rows()
    model, loss_fn = nn.Linear(4, 1), nn.MSELoss()
    saved = {name: 2 * tensor for name, tensor in model.state_dict().items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        model.load_state_dict(saved)
        for _ in range(20):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    return run


@healthy
def backbone_unfrozen_on_the_way() -> Watch:
    x, y = rows()
    model, loss_fn = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1)), nn.MSELoss()
    model[0].requires_grad_(False)
    optimizer = torch.optim.SGD(model[2].parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss_fn, every=1) as run:
        for step in range(40):
            if step == 20:
                model[0].requires_grad_(True)
                optimizer.add_param_group({"params": model[0].parameters()})
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
    return run


@healthy
def a_score_that_is_maximised() -> Watch:
    x, y = rows()
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, maximize=True)
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(40):
            optimizer.zero_grad()
            run.loss(-functional.mse_loss(model(x), y)).backward()
            optimizer.step()
    return run
