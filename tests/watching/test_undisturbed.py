"""Loops that do unusual things go on bit by bit as without us, and are not blamed for them."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import steepest
from steepest.errors import InputError
from steepest.results.watch import Watch
from steepest.watching.record.hook import Hook

Loop = Callable[[bool], tuple[list[Tensor], Watch | None]]


class Bare:
    """What a loop that is not watched has in the place of a watch."""

    def __enter__(self) -> "Bare":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def loss(self, value: Tensor) -> Tensor:
        return value


def watching(watched: bool, *given: Any) -> Any:
    return steepest.watch(*given, every=1) if watched else Bare()


X, Y = torch.linspace(-1.0, 1.0, 64).reshape(16, 4), torch.linspace(-2.0, 2.0, 16).reshape(16, 1)


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))


def checkpointed(watched: bool) -> tuple[list[Tensor], Any]:
    body = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.ReLU())
    head = nn.Linear(8, 1, bias=False)
    model, loss_fn = nn.Sequential(body, head), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with watching(watched, model, optimizer, loss_fn) as run:
        for _ in range(5):
            optimizer.zero_grad()
            run.loss(loss_fn(head(checkpoint(body, X, use_reentrant=False)), Y)).backward()
            optimizer.step()
    return [*model.state_dict().values()], run


def gradients_of_each_row(watched: bool) -> tuple[list[Tensor], Any]:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)

    def loss_of(parameters: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return functional.mse_loss(functional_call(model, parameters, (x[None],))[0], y)

    with watching(watched, model, optimizer) as run:
        for _ in range(5):
            held = {name: p.detach() for name, p in model.named_parameters()}
            rows = vmap(grad(loss_of), in_dims=(None, 0, 0))(held, X, Y)
            optimizer.zero_grad()
            functional.mse_loss(model(X), Y).backward()
            for name, parameter in model.named_parameters():
                assert parameter.grad is not None
                parameter.grad.copy_(rows[name].mean(0))
            optimizer.step()
    return list(model.parameters()), run


def batched_backward(watched: bool) -> tuple[list[Tensor], Any]:
    w = torch.ones(3, requires_grad=True)
    rows = torch.linspace(0.0, 1.0, 12).reshape(4, 3)
    with watching(watched, {"w": w}) as run:
        for _ in range(3):
            residuals = rows @ w - 2.0
            slopes = torch.autograd.grad(
                residuals, [w], torch.eye(4), is_grads_batched=True, retain_graph=True
            )[0]
            with torch.no_grad():
                w -= 0.1 * slopes.T @ residuals
    return [w], run


def sparse_by_hand(watched: bool) -> tuple[list[Tensor], Any]:
    table, words = torch.ones(6, 2, requires_grad=True), torch.tensor([0, 2, 2])
    with watching(watched, {"table": table}) as run:
        for _ in range(4):
            functional.embedding(words, table, sparse=True).square().sum().backward()
            assert table.grad is not None
            with torch.no_grad():
                table -= 0.1 * table.grad.to_dense()
            table.grad = None
    return [table], run


def another_type(watched: bool) -> tuple[list[Tensor], Any]:
    w = torch.ones(3, requires_grad=True)
    with watching(watched, {"w": w}) as run:
        for step in range(4):
            w.square().sum().backward()
            assert w.grad is not None
            w.data -= 0.1 * w.grad
            w.grad = None
            if step == 1:
                w.data = w.data.double()
    return [w], run


def another_shape(watched: bool) -> tuple[list[Tensor], Any]:
    model, x = nn.Linear(4, 1), X
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with watching(watched, model, optimizer, nn.MSELoss()) as run:
        for step in range(6):
            optimizer.zero_grad()
            functional.mse_loss(model(x), Y).backward()
            optimizer.step()
            if step == 2:
                optimizer.zero_grad()
                model.weight.data, x = model.weight.data[:, :3].clone(), X[:, :3]
    return list(model.parameters()), run


def loss_after_its_pass(watched: bool) -> tuple[list[Tensor], Any]:
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with watching(watched, model, optimizer) as run:
        for _ in range(4):
            optimizer.zero_grad()
            loss = functional.mse_loss(model(X), Y)
            loss.backward()
            run.loss(loss)
            optimizer.step()
    return list(model.parameters()), run


def traced(watched: bool) -> tuple[list[Tensor], Any]:
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    loss_fn = nn.MSELoss()
    with watching(watched, model, optimizer, loss_fn) as run:
        for _ in range(4):
            with torch.no_grad():
                vmap(model)(X)
            optimizer.zero_grad()
            loss_fn(model(X), Y).backward()
            optimizer.step()
    return list(model.parameters()), run


LOOPS: tuple[Loop, ...] = (
    checkpointed,
    gradients_of_each_row,
    batched_backward,
    sparse_by_hand,
    another_type,
    another_shape,
    loss_after_its_pass,
    traced,
)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_the_loop_goes_on_as_without_us(loop: Loop) -> None:
    ends = []
    for watched in (False, True):
        torch.manual_seed(0)
        end, run = loop(watched)
        ends.append([tensor.detach().clone() for tensor in end])
    assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))
    assert isinstance(run, Watch)
    assert str(run.verdict)
    assert {finding.kind for finding in run.mistakes()} <= {"recording ended", "no step seen"}


def test_what_cannot_be_read_is_said_and_ends_the_recording() -> None:
    _, run = another_shape(watched=True)
    assert run is not None
    findings = run.mistakes()
    assert [finding.kind for finding in findings] == ["recording ended"]
    assert "could not be read" in findings[0].text


def test_an_error_of_the_block_stays_the_error() -> None:
    w = torch.ones(3, requires_grad=True)
    with pytest.raises(KeyError, match="mine"), steepest.watch({"w": w}):
        w.square().sum().backward()
        w.data = w.data[:2].clone()
        raise KeyError("mine")


def test_numbers_that_do_not_train_are_refused() -> None:
    with pytest.raises(InputError, match=r"real numbers; 'k' is torch\.int64"):
        steepest.watch({"k": torch.tensor([1, 2])})


LABELS = torch.arange(16) % 3


def focal(scores: Tensor) -> Tensor:
    logs = scores.log_softmax(1)
    return functional.nll_loss((1.0 - logs.exp()) ** 2 * logs, LABELS)


def in_bfloat16(scores: Tensor) -> Tensor:
    return functional.cross_entropy(20.0 * scores.bfloat16(), LABELS)


def pairs(scores: Tensor) -> Tensor:
    alike = scores @ scores.detach().T
    return -(alike.log_softmax(0).diag().mean() + alike.log_softmax(1).diag().mean()) / 2.0


def with_free_bits(scores: Tensor) -> Tensor:
    return scores.square().mean(0).clamp(min=50.0).sum() + functional.cross_entropy(scores, LABELS)


def with_a_constraint(scores: Tensor) -> Tensor:
    return 10.0 * functional.relu(scores.norm() - 1e3) + functional.cross_entropy(scores, LABELS)


def distilled(scores: Tensor) -> Tensor:
    teacher = torch.full((16, 3), 1 / 3).log()
    return functional.kl_div(scores.log_softmax(1), teacher, reduction="batchmean", log_target=True)


@pytest.mark.parametrize(
    "loss", [focal, in_bfloat16, pairs, with_free_bits, with_a_constraint, distilled]
)
def test_losses_of_every_kind_are_not_blamed(loss: Callable[[Tensor], Tensor]) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(20):
            optimizer.zero_grad()
            run.loss(loss(model(X))).backward()
            optimizer.step()
    assert run.mistakes() == []


def test_reverse_divergence_is_no_swap() -> None:
    torch.manual_seed(0)
    model, loss_fn = nn.Linear(4, 3), nn.KLDivLoss(reduction="batchmean", log_target=True)
    optimizer, teacher = torch.optim.Adam(model.parameters(), lr=0.01), torch.full((16, 3), -1.0986)
    with steepest.watch(model, optimizer, loss_fn) as run:
        for _ in range(20):
            optimizer.zero_grad()
            loss_fn(teacher, model(X).log_softmax(1)).backward()
            optimizer.step()
    assert run.mistakes() == []


def test_a_part_that_is_thawed_later_has_its_backward_passes() -> None:
    torch.manual_seed(0)
    model, loss_fn = net(), nn.MSELoss()
    model[0].requires_grad_(False)
    optimizers = [torch.optim.SGD(model[i].parameters(), lr=0.05) for i in (0, 2)]
    with steepest.watch(model, optimizers, loss_fn, every=1) as run:
        for step in range(12):
            if step == 5:
                model[0].requires_grad_(True)
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss_fn(model(X), Y).backward()
            if step >= 5:
                optimizers[0].step()
            optimizers[1].step()
    assert run.mistakes() == []


def test_rounding_of_bfloat16_is_no_convergence() -> None:
    w = torch.tensor([40.0, 1.0], dtype=torch.bfloat16, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.3)
    with steepest.watch({"w": w}, optimizer) as run:
        for _ in range(40):
            optimizer.zero_grad()
            run.loss((torch.tensor([2.5, 0.01], dtype=torch.bfloat16) * w**2).sum()).backward()
            optimizer.step()
    assert run.verdict.kind != "converged"


def test_a_gradient_penalty_has_the_loss_of_its_step() -> None:
    model = nn.Linear(4, 1)
    optimizer, expected = torch.optim.SGD(model.parameters(), lr=0.01), []
    with steepest.watch(model, optimizer, every=1) as run:
        for _ in range(3):
            optimizer.zero_grad()
            inner = functional.mse_loss(model(X), Y)
            slopes = torch.autograd.grad(inner, list(model.parameters()), create_graph=True)
            total = inner + sum(slope.square().sum() for slope in slopes)
            total.backward()
            expected.append(float(total.detach()))
            optimizer.step()
    found = [record.objective for record in run.path.records[:-1]]
    assert found == pytest.approx(expected, rel=1e-6)


def test_an_error_without_words_of_our_own_code_is_no_error_of_the_loop() -> None:
    faults: list[str] = []

    def fails() -> None:
        raise ValueError

    hook = Hook(fails, faults)
    hook()
    hook()
    assert faults == ["ValueError: "]  # the first has ended the recording
