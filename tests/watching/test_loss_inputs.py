"""Outputs that do not fit the loss are named, and those that fit are not."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import steepest
from steepest.results.watch import Watch

Loss = Callable[[Tensor, Tensor], Tensor]


def trained(model: nn.Module, loss: Loss, x: Tensor, y: Tensor) -> Watch:
    """Twenty steps; a loss module is handed to watch, a function is not."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    handed = loss if isinstance(loss, nn.Module) else None
    with steepest.watch(model, optimizer, handed) as run:
        for _ in range(20):
            optimizer.zero_grad()
            loss(model(x), y).backward()
            optimizer.step()
    return run


def net(*last: nn.Module, outputs: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, outputs), *last)


torch.manual_seed(1)
X = torch.randn(32, 4)
LABELS = X[:, :3].argmax(1)
FLAGS = (X[:, :3] > 0.0).float()
SPREAD = 50.0 * X[:, :3]
TARGETS = 0.05 + 0.85 * functional.one_hot(LABELS, 3)

BROKEN: dict[str, tuple[nn.Module, Loss, Tensor, str]] = {
    "softmax, CrossEntropyLoss": (
        *(net(nn.Softmax(dim=1)), nn.CrossEntropyLoss(), LABELS),
        "pass through softmax before cross entropy",
    ),
    "softmax, a function": (
        *(net(), lambda out, y: functional.cross_entropy(out.softmax(-1), y), LABELS),
        "pass through softmax before cross entropy",
    ),
    "softmax, smoothed labels": (
        *(net(nn.Softmax(dim=1)), nn.CrossEntropyLoss(label_smoothing=0.1), LABELS),
        "pass through softmax before cross entropy",
    ),
    "sigmoid, CrossEntropyLoss": (
        *(net(nn.Sigmoid()), nn.CrossEntropyLoss(), LABELS),
        "pass through sigmoid before cross entropy",
    ),
    "ReLU, CrossEntropyLoss": (
        *(net(nn.ReLU()), nn.CrossEntropyLoss(), LABELS),
        "pass through ReLU before cross entropy",
    ),
    "sigmoid, BCEWithLogitsLoss": (
        *(net(nn.Sigmoid()), nn.BCEWithLogitsLoss(), FLAGS),
        "pass through sigmoid before BCEWithLogitsLoss",
    ),
    "sigmoid and reshape, a function": (
        net(),
        lambda out, y: functional.binary_cross_entropy_with_logits(
            out.sigmoid().reshape(-1), y.reshape(-1)
        ),
        FLAGS,
        "pass through sigmoid before BCEWithLogitsLoss",
    ),
    "NLLLoss of probabilities": (
        *(net(nn.Softmax(dim=1)), nn.NLLLoss(), LABELS),
        "NLLLoss is given probabilities",
    ),
    "NLLLoss of logits": (*(net(), nn.NLLLoss(), LABELS), "NLLLoss is given scores"),
    "nll_loss of probabilities": (
        *(net(), lambda out, y: functional.nll_loss(out.softmax(1), y), LABELS),
        "NLLLoss is given probabilities",
    ),
    "nll_loss of scores": (
        *(net(), lambda out, y: functional.nll_loss(out, y) / 2, LABELS),
        "NLLLoss is given scores",
    ),
    "kl_div of probabilities": (
        net(),
        lambda out, y: functional.kl_div(out.softmax(1), y, reduction="batchmean"),
        TARGETS,
        "KLDivLoss is given probabilities",
    ),
    "KLDivLoss of probabilities": (
        *(net(nn.Softmax(dim=1)), nn.KLDivLoss(reduction="batchmean"), TARGETS),
        "KLDivLoss is given probabilities",
    ),
    "classes that do not sum to 1": (
        *(net(), lambda out, y: -(y * out.sigmoid().log()).sum(1).mean(), TARGETS),
        "is least where every p is 1, whatever y is",
    ),
    "half of a binary cross entropy": (
        *(net(nn.Sigmoid()), lambda out, y: -(y * torch.log(out + 1e-8)).mean() / 2, FLAGS),
        "is least where every p is 1, whatever y is",
    ),
    "softmax over the batch": (
        *(net(nn.LogSoftmax(dim=0)), nn.NLLLoss(), LABELS),
        "Softmax is taken over the 32 rows of the batch",
    ),
    "tanh, far targets": (
        *(net(nn.Tanh()), nn.MSELoss(), SPREAD),
        "The last layer's tanh cannot give",
    ),
    "sigmoid, far targets": (
        *(net(nn.Sigmoid()), nn.SmoothL1Loss(), SPREAD),
        "The last layer's sigmoid cannot give",
    ),
    "ReLU, negative targets": (
        *(net(nn.ReLU()), nn.MSELoss(), SPREAD),
        "The last layer's ReLU cannot give",
    ),
}

HEALTHY: dict[str, tuple[nn.Module, Loss, Tensor]] = {
    "logits": (net(), nn.CrossEntropyLoss(), LABELS),
    "log softmax": (net(nn.LogSoftmax(dim=1)), nn.NLLLoss(), LABELS),
    "log of softmax": (
        *(net(nn.Softmax(dim=1)), lambda out, y: functional.nll_loss(out.log(), y), LABELS),
    ),
    "log softmax twice": (net(nn.LogSoftmax(dim=1)), nn.CrossEntropyLoss(), LABELS),
    "flags": (net(), nn.BCEWithLogitsLoss(), FLAGS),
    "sigmoid and BCELoss": (net(nn.Sigmoid()), nn.BCELoss(), FLAGS),
    "tanh within": (net(nn.Tanh()), nn.MSELoss(), 2.0 * FLAGS - 1.0),
    "sigmoid within": (net(nn.Sigmoid()), nn.MSELoss(), FLAGS),
    "ReLU within": (net(nn.ReLU()), nn.MSELoss(), FLAGS + 1.0),
    "kl_div of log probabilities": (
        net(),
        lambda out, y: functional.kl_div(out.log_softmax(1), y, reduction="batchmean"),
        TARGETS,
    ),
    "soft labels": (*(net(), lambda out, y: -(y * out.softmax(1).log()).sum(1).mean(), TARGETS),),
    "binary cross entropy by hand": (
        net(nn.Sigmoid()),
        lambda out, y: -(y * out.log() + (1.0 - y) * (1.0 - out).log()).mean(),
        FLAGS,
    ),
    "regret": (*(net(), lambda out, y: (1.0 - out.softmax(1) * y).sum(1).mean(), TARGETS),),
    "contrast": (
        net(),
        lambda out, y: functional.cross_entropy(out @ out.detach().T, torch.arange(32)),
        LABELS,
    ),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_a_misfit_is_named_first(case: tuple[nn.Module, Loss, Tensor, str]) -> None:
    model, loss, y, words = case
    run = trained(model, loss, X, y)
    first = run.mistakes()[0]
    assert words in first.text
    assert first.fix
    assert words in run.verdict.reason


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss()])
def test_swapped_arguments_are_named_first(loss: nn.Module) -> None:
    model = net()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with steepest.watch(model, optimizer, loss) as run:
        for _ in range(20):
            optimizer.zero_grad()
            loss(functional.one_hot(LABELS, 3).float(), model(X)).backward()
            optimizer.step()
    assert run.mistakes()[0].kind == "loss arguments swapped"


def test_a_distance_is_the_same_with_swapped_arguments() -> None:
    swapped = trained(net(), lambda out, y: nn.functional.mse_loss(y, out), X, FLAGS)
    assert swapped.mistakes() == []


@pytest.mark.parametrize("case", HEALTHY.values(), ids=HEALTHY)
def test_what_fits_is_not_blamed(case: tuple[nn.Module, Loss, Tensor]) -> None:
    assert trained(*case[:2], X, case[2]).mistakes() == []
