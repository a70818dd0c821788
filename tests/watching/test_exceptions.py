"""An error that ends a watched loop goes on unchanged; the verdict says what it means."""

import re
from collections.abc import Callable
from functools import partial
from string import Formatter
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

import steepest
from steepest.results.watch import Watch
from steepest.watching.ending import ending_of
from steepest.wording.error_kinds import PATTERNS
from steepest.wording.exceptions import MEANINGS, WAYS_OUT, way_out

X = torch.linspace(-1.0, 1.0, 64).reshape(16, 4)
Y = X.sum(1, keepdim=True)
LABELS = torch.arange(16) % 3

Step = Callable[[nn.Module, int], Tensor]


def watched(step: Step, model: nn.Module | None = None) -> tuple[Watch, BaseException]:
    """The run of a loop whose third step fails, or an earlier one, and the error that came out."""
    torch.manual_seed(0)
    model = nn.Linear(4, 3) if model is None else model
    optimizer = torch.optim.SGD([*model.parameters()], lr=0.01)
    run = steepest.watch(model, optimizer)
    error: BaseException | None = None
    try:
        with run:
            for k in range(3):
                optimizer.zero_grad()
                step(model, k).backward()
                optimizer.step()
    except BaseException as caught:
        error = caught
    assert error is not None
    assert run.recorder.faults == []
    return run, error


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell, self.state = nn.GRUCell(4, 3), torch.zeros(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        self.state = self.cell(x, self.state)
        return self.state


class Computed:
    """A loss that was computed once, before the loop."""

    def __init__(self) -> None:
        self.loss: Tensor | None = None

    def __call__(self, model: nn.Module, _: int) -> Tensor:
        if self.loss is None:
            self.loss = model(X).square().mean()
        return self.loss


def in_place(model: nn.Module, _: int) -> Tensor:
    z = model(X).sigmoid()
    z += 1.0
    return z.mean()


def exponential_in_place(model: nn.Module, _: int) -> Tensor:
    z = model(X).exp()
    z[:, 0] = 0.0
    return z.mean()


def twice_in_a_step(model: nn.Module, _: int) -> Tensor:
    loss = model(X).square().mean()
    loss.backward()
    return loss


def frozen() -> nn.Module:
    return nn.Linear(4, 3).requires_grad_(False)


def normed() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))


def deep() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(4, 8), nn.Linear(9, 3)))


def empty(model: nn.Module, _: int) -> Tensor:
    layers: list[nn.Module] = [nn.Linear(4, 1)]
    torch.optim.SGD(nn.ModuleList().parameters(), lr=0.1)
    return layers[0](X).mean()


def used_up(model: nn.Module, _: int) -> Tensor:
    parameters = iter(model.parameters())
    list(parameters)
    torch.optim.Adam(parameters)
    return model(X).mean()


class Ragged(Dataset[Tensor]):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, i: int) -> Tensor:
        return torch.ones(3 + i % 2)


def leaf(model: nn.Module, _: int) -> Tensor:
    next(model.parameters()).mul_(2.0)
    return model(X).mean()


def ragged(model: nn.Module, _: int) -> Tensor:
    return model(next(iter(DataLoader(Ragged(), batch_size=2)))).mean()


def anomalous(model: nn.Module, _: int) -> Tensor:
    z = model(X)
    with torch.autograd.detect_anomaly(check_nan=True):
        (z - z.detach()).square().sum().sqrt().backward()
    return z.mean()


def anomalous_root(model: nn.Module, _: int) -> Tensor:
    z = model(X)
    with torch.autograd.detect_anomaly(check_nan=True):
        ((z - z).sqrt() * 0.0).sum().backward()
    return z.mean()


def bias_set(model: nn.Module, _: int) -> Tensor:
    model.get_parameter("bias")[0] = 1.0
    return model(X).mean()


def added_to_labels(model: nn.Module, _: int) -> Tensor:
    total = LABELS.clone()
    total += model(X)[:, 0]
    return total.float().mean()


def two_parts_of_a_step(model: nn.Module, _: int) -> Tensor:
    z = model(X).exp()
    z.sum().backward()
    return z.mean()


def frozen_net() -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    for parameter in model.parameters():
        parameter.requires_grad = False
    return model


def without_closure(model: nn.Module, _: int) -> Tensor:
    torch.optim.LBFGS(model.parameters()).step()  # type: ignore[call-arg]
    return model(X).mean()


def plateau_without_loss(model: nn.Module, _: int) -> Tensor:
    torch.optim.lr_scheduler.ReduceLROnPlateau(torch.optim.SGD(model.parameters())).step()  # type: ignore[call-arg]
    return X


def cycle_that_is_over(model: nn.Module, _: int) -> Tensor:
    optimizer = torch.optim.SGD(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=2)
    for _ in range(3):
        schedule.step()
    return X


def unscaled(model: nn.Module, _: int, times: int) -> Tensor:
    optimizer, scaler = torch.optim.SGD(model.parameters(), lr=0.1), torch.amp.GradScaler("cpu")
    loss = scaler.scale(model(X).mean())
    if times:
        loss.backward()
    for _ in range(times):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    return loss


def scaled_elsewhere(model: nn.Module, _: int) -> Tensor:
    optimizer = torch.optim.SGD(nn.Linear(4, 3).parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(model(X).mean()).backward()
    scaler.step(optimizer)
    return model(X).mean()


Case = tuple[str, Step, Callable[[], nn.Module] | None, str, str]
CASES: list[Case] = [
    (
        "state",
        lambda m, _: m(X).mean(),
        Recurrent,
        "an earlier backward pass has used up",
        "state.detach()",
    ),
    ("computed once", Computed(), None, "computed once, before the loop", "anew for each"),
    ("same step", twice_in_a_step, None, "an earlier one of the same step", "add them up"),
    (
        "frozen",
        lambda m, _: m(X).mean(),
        frozen,
        "No parameter of the model learns",
        "requires_grad_(True)",
    ),
    ("detached", lambda m, _: m(X).detach().mean(), None, "No gradient can come", "no_grad()"),
    ("argmax", lambda m, _: m(X).argmax(1).float().mean(), None, "No gradient can come", "argmax"),
    ("unreduced", lambda m, _: m(X).square(), None, "several numbers", "loss.mean()"),
    (
        "each row",
        lambda m, _: functional.cross_entropy(m(X), LABELS, reduction="none"),
        None,
        "several numbers",
        "loss.mean()",
    ),
    (
        "one row",
        lambda m, _: m(X[:1]).mean(),
        normed,
        "a batch of shape (1, 3) has one",
        "drop_last=True",
    ),
    (
        "last batch",
        lambda m, k: m(X[: 16 if k < 2 else 1]).mean(),
        normed,
        "(1, 3) has one",
        "drop_last",
    ),
    (
        "sigmoid in place",
        in_place,
        None,
        "the result of Sigmoid, was changed in place",
        "x = x + 1",
    ),
    (
        "exp in place",
        exponential_in_place,
        None,
        "of shape (16, 3), the result of Exp",
        "new tensor",
    ),
    ("leaf", leaf, None, "A parameter was changed in place", "torch.no_grad()"),
    ("features", lambda m, _: m(X[:, :3]).mean(), None, "16 x 3 and 4 x 3", "nn.Linear(3"),
    (
        "layers",
        lambda m, _: m(X).mean(),
        deep,
        "a row has 8 numbers, and 9 are taken",
        "nn.Linear(8",
    ),
    (
        "channels",
        lambda m, _: m(torch.ones(2, 8, 8, 3)).mean(),
        lambda: nn.Conv2d(3, 4, 3),
        "has 8 channels, and the layer takes 3",
        "permute",
    ),
    (
        "grey",
        lambda m, _: m(torch.ones(2, 1, 8, 8)).mean(),
        lambda: nn.Conv2d(3, 4, 3),
        "has 1 channels",
        "Give the layer 1",
    ),
    (
        "rows",
        lambda m, _: functional.cross_entropy(m(X), LABELS[:8]),
        None,
        "16 rows of output and 8 targets",
        "x.flatten(1)",
    ),
    (
        "mixed rows",
        lambda m, _: functional.cross_entropy(m(X).reshape(-1, 6), LABELS),
        None,
        "8 rows of output and 16 targets",
        "mixes rows",
    ),
    (
        "target",
        lambda m, _: functional.binary_cross_entropy_with_logits(m(X)[:, :1], LABELS.float()),
        None,
        "shape (16) and the output (16, 1)",
        "target.reshape",
    ),
    (
        "probabilities",
        lambda m, _: functional.binary_cross_entropy(m(X)[:, :1].sigmoid(), LABELS.float()),
        None,
        "shape (16) and the output (16, 1)",
        "target.reshape",
    ),
    (
        "entries",
        lambda m, _: (m(X) - Y[:8]).mean(),
        None,
        "in dimension 0: 16 and 8",
        "shape of both",
    ),
    (
        "view",
        lambda m, _: m(X).view(-1, 5).mean(),
        None,
        "48 numbers cannot be laid out as (-1, 5)",
        "x.reshape",
    ),
    (
        "one hot",
        lambda m, _: functional.cross_entropy(m(X), functional.one_hot(LABELS)),
        None,
        "and holds whole numbers",
        "target.argmax(1)",
    ),
    (
        "column",
        lambda m, _: functional.cross_entropy(m(X), LABELS[:, None]),
        None,
        "one class a row",
        "squeeze(1)",
    ),
    (
        "class",
        lambda m, _: functional.cross_entropy(m(X), LABELS + 1),
        None,
        "holds class 3",
        "count from 0",
    ),
    (
        "minus one",
        lambda m, _: functional.nll_loss(m(X).log_softmax(1), LABELS - 1),
        None,
        "holds class -1",
        "count from 0",
    ),
    (
        "index",
        lambda m, _: m(torch.tensor([7])).mean(),
        lambda: nn.Embedding(5, 2),
        "not below the number of rows",
        "num_embeddings",
    ),
    ("double", lambda m, _: m(X.double()).mean(), None, "float64 and float32", "x.float()"),
    (
        "half model",
        lambda m, _: m(X).mean(),
        lambda: nn.Linear(4, 3).double(),
        "float32 and float64",
        "x.float()",
    ),
    (
        "double picture",
        lambda m, _: m(torch.ones(2, 3, 8, 8).double()).mean(),
        lambda: nn.Conv2d(3, 4, 3),
        "float64 and float32",
        "x.float()",
    ),
    (
        "float labels",
        lambda m, _: functional.cross_entropy(m(X), LABELS.float()),
        None,
        "not take targets of type float32",
        "target.long()",
    ),
    (
        "int32 labels",
        lambda m, _: functional.cross_entropy(m(X), LABELS.int()),
        None,
        "not take targets of type int",
        "target.long()",
    ),
    (
        "whole labels",
        lambda m, _: functional.binary_cross_entropy_with_logits(m(X)[:, 0], LABELS),
        None,
        "of type float32 cannot be put into a tensor of type int64",
        "target.float()",
    ),
    (
        "a further index",
        lambda m, _: m(torch.tensor([[1, 5]])).mean(),
        lambda: nn.Embedding(5, 2),
        "not below the number of rows",
        "num_embeddings",
    ),
    (
        "view of sevens",
        lambda m, _: m(X).view(7, 7).mean(),
        None,
        "48 numbers cannot be laid out as (7, 7)",
        "x.reshape",
    ),
    (
        "columns",
        lambda m, _: (m(X) - X).square().mean(),
        None,
        "in dimension 1: 3 and 4",
        "shape of both",
    ),
    (
        "column of classes",
        lambda m, _: functional.nll_loss(m(X).log_softmax(1), LABELS[:, None]),
        None,
        "one class a row",
        "squeeze(1)",
    ),
    (
        "mean by numpy",
        lambda m, _: torch.tensor(m(X)[:, 0].numpy().mean()),
        None,
        "NumPy cannot hold",
        "x.detach().numpy()",
    ),
    ("no parameters", empty, None, "made of no parameters", "nn.ModuleList"),
    ("used up", used_up, None, "made of no parameters", "empty after its first use"),
    ("sizes", ragged, None, "shape (3) and (4)", "pad_sequence"),
    (
        "numpy",
        lambda m, _: torch.from_numpy(m(X).numpy()).mean(),
        None,
        "NumPy cannot hold",
        "x.detach().numpy()",
    ),
    ("anomaly", anomalous, None, "backward pass of Pow gave nan", "away from 0"),
    ("anomaly of a root", anomalous_root, None, "backward pass of Sqrt gave nan", "away from 0"),
    ("bias", bias_set, None, "A parameter was changed in place", "torch.no_grad()"),
    (
        "multiple labels",
        lambda m, _: functional.cross_entropy(m(X), (X[:, :3] > 0.0).long()),
        None,
        "and holds whole numbers",
        "target.float()",
    ),
    ("added to whole numbers", added_to_labels, None, "of type float32 cannot be put", "x + 0.5"),
    (
        "stack",
        lambda m, _: m(torch.stack([X[0], X[1, :3]])).mean(),
        None,
        "shape (4) and (3)",
        "pad_sequence",
    ),
    ("sum of passes", two_parts_of_a_step, None, "an earlier one of the same step", "add them up"),
    ("all frozen", lambda m, _: m(X).square().mean(), frozen_net, "No parameter of", "True"),
    ("no closure", without_closure, None, "was handed no function", "optimizer.step(closure)"),
    (
        "no closure, searched",
        lambda m, _: torch.optim.LBFGS(m.parameters(), line_search_fn="strong_wolfe").step(),  # type: ignore[call-arg]
        None,
        "was handed no function",
        "optimizer.step(closure)",
    ),
    ("unscaled for a clip", partial(unscaled, times=2), None, "unscaled twice", "scaler.update()"),
    ("unscaled thrice", partial(unscaled, times=3), None, "unscaled twice", "scaler.update()"),
    ("scaler, no backward", partial(unscaled, times=0), None, "scaler found no gradient", ""),
    ("joined", lambda m, _: torch.cat([m(X), m(X).T]).mean(), None, "differ in another: 3", "one"),
    ("transposed", lambda m, _: m(X).t().view(-1).mean(), None, "order, as after", "x.reshape"),
    (
        "large kernel",
        lambda m, _: m(torch.ones(2, 1, 8, 8)).mean(),
        lambda: nn.Conv2d(1, 4, 9),
        "kernel of 9 x 9 is larger than its input, which has 8 x 8",
        "padding",
    ),
    (
        "scores for probabilities",
        lambda m, _: functional.binary_cross_entropy(9.0 * m(X), torch.ones(16, 3)),
        None,
        "and its input holds others",
        "BCEWithLogitsLoss",
    ),
    ("item", lambda m, _: m(X).mean().item(), None, "out of its graph", "on the tensor"),
    ("condition", lambda m, _: m(X) if m(X) > 0 else X, None, "of several numbers", ".any()"),
    (
        "state and output",
        lambda m, _: functional.cross_entropy(m(X), LABELS),
        lambda: nn.LSTM(4, 3),
        "given on as one",
        "output, state",
    ),
    ("no metric", plateau_without_loss, None, "was handed none", "validation_loss"),
    ("over", cycle_that_is_over, None, "made for 2 steps", "total_steps"),
    (
        "distribution of nan",
        lambda m, _: torch.distributions.Normal(m(X) * float("nan"), 1.0).sample(),
        None,
        "distribution Normal does not take what loc holds",
        "every=1",
    ),
    ("scaler, another model", scaled_elsewhere, None, "scaler found no gradient", ""),
]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_what_an_error_means(case: Case) -> None:
    _, step, model, said, fix = case
    run, error = watched(step, model and model())
    verdict = run.verdict
    assert verdict.kind == "interrupted"
    assert verdict.reason.startswith(f"{type(error).__name__} ended the block at step ")
    assert "at test_exceptions.py:" in verdict.reason
    assert said in verdict.reason
    assert fix in verdict.advice
    assert "The path up to step" in verdict.advice
    assert said in str(verdict)


def test_the_module_in_which_it_was_raised() -> None:
    run, _ = watched(lambda m, _: m(X).mean(), deep())
    assert "in 1.1 (Linear), at test_exceptions.py:" in run.verdict.reason
    run, _ = watched(lambda m, _: m(X[:1]).mean(), normed())
    assert "in 1 (BatchNorm1d), at test_exceptions.py:" in run.verdict.reason


# What needs another machine, or processes: in torch's own words.
@pytest.mark.parametrize(
    ("words", "said", "fix"),
    [
        (
            "Expected all tensors to be on the same device, but found at least two devices, cuda:0 "
            "and cpu!",
            "Tensors of two devices meet: cuda:0 and cpu.",
            "to(device)",
        ),
        (
            "Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the "
            "same",
            "Tensors of two devices meet: FloatTensor and cuda.FloatTensor.",
            "to(device)",
        ),
        ("CUDA out of memory. Tried to allocate 2.00 GiB.", "The memory is used up.", "smaller"),
        (
            "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate "
            "memory: you tried to allocate 8000000000000 bytes.",
            "The memory is used up.",
            "loss.item()",
        ),
        (
            "DataLoader worker (pid(s) 123, 124) exited unexpectedly",
            "A process that loads batches has ended.",
            "num_workers=0",
        ),
        (
            'Caught KeyError in DataLoader worker process 0.\nOriginal Traceback:\n  File "a.py", '
            "line 3, in f\nKeyError: 'label'",
            "raised an error in a process that loads batches: KeyError: 'label'.",
            "num_workers=0",
        ),
        (
            "Found no NVIDIA driver on your system.",
            "This torch sees no graphics processor.",
            "torch.cuda.is_available()",
        ),
        (
            "CUDA error: device-side assert triggered",
            "A label or an index was out of range",
            "on the processor",
        ),
    ],
)
def test_errors_of_other_machines(words: str, said: str, fix: str) -> None:
    ending = ending_of(RuntimeError(words), None, [], 3, 0)
    assert said in str(ending.reasons[0])
    assert fix in str(ending.remedies[0])


def test_an_error_without_words_of_ours_keeps_its_own() -> None:
    def asserted(model: nn.Module, k: int) -> Tensor:
        loss = model(X).mean()
        assert k < 2, "loss is odd"
        return loss

    def raised(model: nn.Module, _: int) -> Tensor:
        raise LookupError(f"no rows\n\x1b[31m in {type(model).__name__}")

    run, _ = watched(asserted)
    assert re.search(
        r"^AssertionError ended the block at step 2, at test_exceptions.py:\d+: assert k < 2, "
        r'"loss is odd"\. It says: loss is odd',
        run.verdict.reason,
    )
    assert run.verdict.advice == "The path up to step 2 is kept."
    run, _ = watched(raised)
    assert run.verdict.reason.endswith("It says: no rows")


class Cam:
    gradients: Any = None
    grad: Any = None


def raising(error: Exception) -> Step:
    def step(model: nn.Module, _: int) -> Tensor:
        raise error

    return step


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (lambda m, _: m(X).mean() + Cam().gradients.mean(), "has no attribute 'mean'"),
        (raising(ValueError("The shop is out of memory cards")), "out of memory cards"),
        (raising(RuntimeError("out of memory cards")), "out of memory cards"),
        (raising(OSError("sensor index out of range in self-test")), "in self-test"),
        (raising(IndexError("index out of range in self")), "index out of range in self"),
        (lambda m, _: m(X).mean() + int("out of memory"), "invalid literal"),
        (lambda m, _: m(X).mean() + dict[str, Tensor]()["out of memory"], "out of memory"),
    ],
)
def test_words_like_those_of_torch_are_only_quoted(step: Step, words: str) -> None:
    run, _ = watched(step)
    assert re.search(rf"test_exceptions.py:\d+: [^.].*\. It says: .*{words}", run.verdict.reason)
    assert not any(way.split("{")[0][:30] in run.verdict.advice for way in WAYS_OUT.values())
    assert not any(reason.kind == "error means" for reason in run._ending.reasons)


def test_the_words_of_torch_are_quoted_beside_what_they_mean() -> None:
    run, error = watched(lambda m, _: m(X[:, :3]).mean())
    assert f"It says: {error}" in run.verdict.reason


def test_an_error_of_torch_that_the_loop_raises_again_is_understood() -> None:
    def again(model: nn.Module, _: int) -> Tensor:
        try:
            return model(X[:, :3]).mean()
        except RuntimeError as error:
            print("a bad batch")
            raise error

    assert "cannot be multiplied" in watched(again)[0].verdict.reason


def test_each_kind_has_a_meaning_and_a_way_out() -> None:
    kinds = {kind for _, kind in PATTERNS}
    assert set(MEANINGS) - kinds == {"graph used twice in a step", "all frozen", "gradient is None"}
    assert all(way_out(kind) for kind in MEANINGS)
    for pattern, kind in PATTERNS:
        names = {name for _, name, _, _ in Formatter().parse(MEANINGS[kind]) if name}
        assert names <= {*re.compile(pattern).groupindex, "words"}


@pytest.mark.parametrize("every", ["auto", 1])
def test_an_assertion_that_a_loss_is_finite_is_answered_with_its_origin(every: Any) -> None:
    model, loss_fn = nn.Sequential(nn.Linear(4, 1), nn.Linear(1, 1)), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with (
        pytest.raises(AssertionError, match="not finite"),
        steepest.watch(model, optimizer, loss_fn, every=every) as run,
    ):
        for k in range(8):
            optimizer.zero_grad()
            loss = loss_fn((model(X) - 10.0 * (k == 5)).log() if k > 4 else model(X), Y)
            assert loss.isfinite(), "not finite"
            loss.backward()
            optimizer.step()
    reason = run.verdict.reason
    assert "AssertionError ended the block at step 5, at test_exceptions.py:" in reason
    assert "The loss is not finite at step 5" in reason


@pytest.mark.filterwarnings("ignore:The .grad attribute")
def test_a_gradient_that_is_none_in_a_loop_by_hand() -> None:
    w = torch.tensor([1.0], requires_grad=True)
    with pytest.raises(TypeError), steepest.watch({"w": w}) as run:
        for _ in range(3):
            (w**2).sum().backward()
            w = w - 0.1 * w.grad  # type: ignore[operator]  # the mistake that is watched
    assert "A gradient is None" in run.verdict.reason
    assert "w -= …" in run.verdict.advice


def test_keyboard_interrupts_are_as_before() -> None:
    def interrupted(model: nn.Module, k: int) -> Tensor:
        if k == 1:
            raise KeyboardInterrupt
        return model(X).mean()

    run, error = watched(interrupted)
    assert isinstance(error, KeyboardInterrupt)
    assert run.verdict.reason == "Ctrl-C ended the block."
