"""Whether outputs and loss fit each other, as the loss's graph and its saved numbers show."""

from collections.abc import Iterator
from typing import Any

from torch import Tensor, finfo
from torch.nn import Module

from steepest.watching.record.loss_graph import Shape, nodes_below, saved, shape_of
from steepest.wording.fact import Fact, fact

# Operations that change neither numbers nor their meaning.
SAME_NUMBERS = (
    *("ViewBackward0", "UnsafeViewBackward0", "ReshapeAliasBackward0", "AliasBackward0"),
    *("SqueezeBackward0", "SqueezeBackward1", "UnsqueezeBackward0", "ToCopyBackward0"),
    *("TransposeBackward0", "PermuteBackward0", "TBackward0", "CloneBackward0"),
)
_FAR = 8
_OUTPUTS = {
    "SoftmaxBackward0": "softmax",
    "SigmoidBackward0": "sigmoid",
    "TanhBackward0": "tanh",
    "ReluBackward0": "ReLU",
}
_RANGES = {"softmax": (0.0, 1.0), "sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "ReLU": (0.0, None)}
_GIVES = {
    **{"SoftmaxBackward0": "probabilities", "SigmoidBackward0": "probabilities"},
    **{"AddmmBackward0": "scores", "MmBackward0": "scores", "ReluBackward0": "scores"},
}
# Below a logarithm, what keeps its argument from 0.
_KEEPS_POSITIVE = (*("LogBackward0", "AddBackward0"), *("ClampBackward1", "ClampMinBackward0"))
_SIGN_AND_MEAN = (
    *("NegBackward0", "MeanBackward0", "MeanBackward1", "SumBackward0", "SumBackward1"),
    *("MulBackward0", "DivBackward0"),
)
_DISTANCES = ("MseLossBackward0", "SmoothL1LossBackward0", "HuberLossBackward0")
_NEGATIVE_LIKELIHOODS = ("NllLossBackward0", "NllLoss2DBackward0")
# Of these the first argument is the output: divergences are taken both ways.
_ORDERED = ("CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss", "MultiMarginLoss")
_CLOSE = 1e-3  # to 1, the sum of probabilities in single precision and less
_FAR_OFF = 0.1
_SOME = 0.05  # the share of targets out of reach that is no rounding of labels


def misfits(loss: Tensor, given: tuple[Any, ...], module: Module | None = None) -> Iterator[Fact]:
    """What does not fit; `given` is what the loss's `module` was called with.

    >>> import torch
    >>> scores, label = torch.ones(2, 3, requires_grad=True), torch.tensor([0, 2])
    >>> [each.kind for each in misfits(torch.nn.functional.cross_entropy(scores, label), ())]
    []
    >>> loss = torch.nn.functional.cross_entropy(scores.softmax(1), label)
    >>> [each.kind for each in misfits(loss, ())]
    ['loss of logits']
    """
    chain = list(_chain(loss.grad_fn))
    names = [node.name() for node in chain]
    if type(module).__name__ in _ORDERED and _is_swapped(given):
        yield fact("loss arguments swapped")
        return
    structure = list(_over_the_batch(chain)) or list(_without_slope(chain))
    if structure:
        yield from structure
        return
    for place, name in enumerate(names):
        activation = _OUTPUTS.get(names[place + 1]) if place + 1 < len(names) else None
        if name in ("LogSoftmaxBackward0", "BinaryCrossEntropyWithLogitsBackward0"):
            loss_name = "cross entropy" if name[0] == "L" else "BCEWithLogitsLoss"
            if activation in ("softmax", "sigmoid", "ReLU"):
                yield fact("loss of logits", activation=activation, loss=loss_name)
            yield from _no_shares(chain[place])
        elif name == "BinaryCrossEntropyBackward0":
            yield from _no_shares(chain[place])
        elif name == "MulBackward0":
            yield from _of_a_product(chain[:place], chain[place:], float(loss.detach()))
        elif name in _NEGATIVE_LIKELIHOODS and _log_softmax_below(chain[place]) is None:
            yield from _not_log_probabilities(chain[place])
        elif name in _DISTANCES and activation is not None:
            yield from _out_of_reach(chain[place], activation)


def _chain(node: Any) -> Iterator[Any]:
    """The nodes from a loss towards the parameters, while one thing alone is computed from one.

    A sum of two, or a product of matrices, belongs to more than the loss of the outputs.
    """
    passed = 0
    while node is not None and passed < _FAR:
        if node.name() not in SAME_NUMBERS:
            passed += 1
            yield node
        below = [inner for inner, _ in node.next_functions if inner is not None]
        if len(below) > 1 and not _smooths_labels(node, below):
            return
        node = below[0] if below else None


def _smooths_labels(node: Any, below: list[Any]) -> bool:
    """Whether it adds the two terms of a cross entropy with smoothed labels, both of one output."""
    if node.name() != "AddBackward0":
        return False
    outputs = [_log_softmax_below(each) for each in below]
    return outputs[0] is not None and all(output is outputs[0] for output in outputs)


def _log_softmax_below(node: Any) -> Any:
    """The first logarithm of softmax that a node was computed from; None where there is none."""
    below = (inner for _, inner in nodes_below(node, None))
    return next((inner for inner in below if inner.name() == "LogSoftmaxBackward0"), None)


def _is_swapped(given: tuple[Any, ...]) -> bool:
    if len(given) != 2 or not all(isinstance(each, Tensor) for each in given):
        return False
    return bool(given[1].requires_grad and not given[0].requires_grad)


def _of_a_product(above: list[Any], chain: list[Any], value: float) -> Iterator[Fact]:
    """A divergence Σ y (log y − q) of probabilities q, which is never above 0; or −Σ y·log p of p
    that nothing holds together.
    """
    names = [node.name() for node in above]
    factor = next((node for node in chain[1:] if node.name() not in _KEEPS_POSITIVE), None)
    activation = "" if factor is None else _OUTPUTS.get(factor.name(), "")
    if names[-1:] == ["SubBackward0"] and above[-1].next_functions[0][0] is None:
        if activation in ("softmax", "sigmoid") and factor is chain[1] and value < 0.0:
            yield fact("not log probabilities", what="probabilities", loss="KLDivLoss")
    elif chain[1:] and chain[1].name() == "LogBackward0" and value > 0.0:
        is_negated = names.count("NegBackward0") % 2 == 1
        only_reduced = all(name in _SIGN_AND_MEAN for name in names)
        if is_negated and only_reduced and activation in ("sigmoid", "ReLU"):
            yield fact("one side of cross entropy", activation=activation)


def _not_log_probabilities(node: Any) -> Iterator[Fact]:
    scores = saved(node, "self")
    if scores is None:  # gone: then what it was computed by tells
        below = next(
            (
                each
                for _, each in nodes_below(node, None)
                if each is not node and each.name() not in SAME_NUMBERS
            ),
            None,
        )
        what = "" if below is None else _GIVES.get(below.name(), "")
        if what:
            yield fact("not log probabilities", what=what, loss="NLLLoss")
        return
    if scores.ndim < 2:
        return
    eps = finfo(scores.dtype).eps
    scores = scores.detach().double()
    close = max(_CLOSE, 8.0 * eps * float(scores.abs().max()))
    if bool((scores.logsumexp(1).abs() < close).all()):
        return
    sums = scores.sum(1)
    are_probabilities = bool((scores >= 0.0).all() and ((sums - 1.0).abs() < _CLOSE).all())
    what = "probabilities" if are_probabilities else "scores"
    yield fact("not log probabilities", what=what, loss="NLLLoss")


def _no_shares(node: Any) -> Iterator[Fact]:
    """Targets of a binary cross entropy that are no shares of 1: it has no least value then."""
    target = saved(node, "target") if node.name().startswith("Binary") else None
    if target is not None and target.numel():
        low, high = (float(each) for each in target.detach().aminmax())
        if low < 0.0 or high > 1.0:
            yield fact("targets no shares", low=low, high=high)


def _out_of_reach(node: Any, activation: str) -> Iterator[Fact]:
    target = saved(node, "target")
    if target is None or not target.numel():
        return
    low, high = _RANGES[activation]
    target = target.detach()
    margin = _FAR_OFF * float(target.max() - target.min())  # noise of targets goes some way beyond
    outside = target < low - margin
    if high is not None:
        outside = outside | (target > high + margin)
    share = float(outside.double().mean())
    if share > _SOME:
        low, high = float(target.min()), float(target.max())
        yield fact("targets out of reach", activation=activation, share=share, low=low, high=high)


def _without_slope(chain: list[Any]) -> Iterator[Fact]:
    """What lets no gradient through: softmax of one number, a ReLU or clamp that rests."""
    for node in chain:
        result = saved(node, "result")
        if "Softmax" in node.name() and result is not None and result.ndim == 2:
            if result.shape[1] == 1 and saved(node, "dim") in (1, (1 << 64) - 1):
                yield fact("one class")
                return
        elif node.name() == "ReluBackward0" and result is not None and not bool(result.any()):
            yield fact("output at rest", activation="ReLU")
            return
        elif node.name().startswith("ClampBackward") and _is_clamped(node):
            yield fact("output at rest", activation="clamp")
            return


def _is_clamped(node: Any) -> bool:
    """Whether every number that came into a clamp is outside of it."""
    given, low, high = (saved(node, name) for name in ("self", "min", "max"))
    if given is None or not given.numel():
        return False
    inside = given.detach() == given.detach()
    if low is not None:
        inside = inside & (given.detach() > low)
    if high is not None:
        inside = inside & (given.detach() < high)
    return not bool(inside.any())


def _over_the_batch(chain: list[Any]) -> Iterator[Fact]:
    above = ""
    for node in chain:
        shape = shape_of(node) if "Softmax" in node.name() else ()
        # One column is a choice among rows, as in ranking; of more sizes the loss says what is one.
        are_rows = len(shape) == 2 or (len(shape) > 2 and above.startswith("NllLoss"))
        above = node.name()
        if are_rows and min(shape) > 1 and _is_first(saved(node, "dim"), shape):
            yield fact("softmax over the batch", rows=shape[0])
            return


def _is_first(dim: int, shape: Shape) -> bool:
    """Whether it is the first size; −2 is saved as a number without sign."""
    return dim in (0, (1 << 64) - len(shape))
