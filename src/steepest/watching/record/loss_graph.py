"""How a loss was computed, as its graph shows: a sum over rows, a target of another shape."""

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import torch
from torch import Tensor

Shape = tuple[int, ...]

# What begins a backward pass: `Tensor.backward` calls the first.
_BACKWARD, _GRAD = torch.autograd.backward.__code__, torch.autograd.grad.__code__
ENGINE = torch.autograd.graph._engine_run_backward.__code__
_SCALED = ("MulBackward0", "DivBackward0")
_SCALER_STEP = torch.amp.GradScaler.step.__code__
# Between a model's output and its loss there are seldom more operations.
_FAR = 40
_SUM = 2  # torch's number for reduction="sum"
_PICKS = ("IndexBackward0", "GatherBackward0")
_ENTRYWISE = ("SubBackward0", "AddBackward0", "MulBackward0", "PowBackward0", "AbsBackward0")


def is_summed(loss: Tensor) -> bool:
    """Whether a loss is a sum of losses over entries, and not divided by anything.

    >>> import torch
    >>> x = torch.ones(3, requires_grad=True)
    >>> is_summed(((x - 2) ** 2).sum()), is_summed(((x - 2) ** 2).sum() / 3)
    (True, False)
    """
    top: Any = loss.grad_fn
    if top is None:
        return False
    if getattr(top, "_saved_reduction", None) == _SUM:
        return True
    if top.name() == "NegBackward0":
        top = top.next_functions[0][0]
    return top.name() == "SumBackward0" and _is_loss_of_entries(top.next_functions[0][0])


def _is_loss_of_entries(node: Any) -> bool:
    """Whether a node is |r|, r², r·r, picked log probabilities, or an unreduced loss of torch's."""
    if node is None:
        return False
    below = [inner for inner, _ in node.next_functions]
    square = node.name() == "MulBackward0" and len(below) == 2 and below[0] is below[1]
    unreduced = getattr(node, "_saved_reduction", None) == 0
    picked = node.name() in _PICKS and any("LogSoftmax" in each.name() for each in _below(node))
    return square or unreduced or picked or node.name() in ("PowBackward0", "AbsBackward0")


def stretched(loss: Tensor, output: Tensor | None) -> tuple[Shape, Shape] | None:
    """Shapes (from, to) of an output that met a target of another shape, and became a square.

    (N, 1) against (N,) gives (N, N): each row's output is compared with every row's target.

    >>> import torch
    >>> output = torch.ones(3, 1, requires_grad=True) * 2
    >>> stretched((output - torch.ones(3)).square().mean(), output)
    ((3, 1), (3, 3))
    >>> stretched((output - torch.ones(3, 1)).square().mean(), output)
    """
    end = None if output is None else output.grad_fn
    for parent, node in nodes_below(loss.grad_fn, end):
        below = _below(node)
        if len(below) != 1 or not _compares(parent, node):
            continue
        narrow, wide = shape_of(below[0]), shape_of(node)
        if _is_square_of(narrow, wide):
            return narrow, wide
    return None


def _compares(parent: Any, node: Any) -> bool:
    """Whether a node meets a constant entry by entry, or is stretched for a loss of torch's."""
    if node.name() == "ExpandBackward0":
        return parent is not None and ("Loss" in parent.name() or _meets_a_constant(parent))
    return node.name() in _ENTRYWISE


def _meets_a_constant(node: Any) -> bool:
    return node.name() in _ENTRYWISE and len(_below(node)) == 1


def _below(node: Any) -> list[Any]:
    """The nodes that it was computed from."""
    return [inner for inner, _ in node.next_functions if inner is not None]


def _is_square_of(narrow: Shape, wide: Shape) -> bool:
    if len(wide) != 2 or wide[0] != wide[1] or wide[0] < 2:
        return False
    n = wide[0]
    return narrow in ((n,), (n, 1), (1, n))


def nodes_below(top: Any, end: Any) -> Iterator[tuple[Any, Any]]:
    """The nodes from a loss down to a model's output, each with the one it is used by."""
    waiting: list[tuple[Any, Any]] = [(None, top)]
    seen: set[Any] = set()
    while waiting and len(seen) < _FAR:
        parent, node = waiting.pop(0)
        if node is None or node is end or node in seen:
            continue
        seen.add(node)
        yield parent, node
        waiting += [(node, inner) for inner, _ in node.next_functions]


def shape_of(node: Any) -> Shape:
    """The shape of what a node gave; () where this torch does not say."""
    known = getattr(node, "_input_metadata", None)
    return tuple(int(size) for size in known[0].shape) if known else ()


def running_loss(*, accumulating: bool = False) -> Tensor | None:
    """The scalar whose backward pass is running, as the frames of the call show; else None.

    A gradient's hook is called by the engine, below `autograd.backward`: its frame holds the
    tensor. Nothing is replaced for it. On another device's thread there is no such frame.

    - `accumulating`: only of a pass that adds to `grad`, which `autograd.grad` does not
    """
    root = running_root(accumulating=accumulating)
    if isinstance(root, tuple | list) and len(root) == 1:
        root = root[0]
    return root if isinstance(root, Tensor) and root.numel() == 1 else None


def running_root(*, accumulating: bool = True) -> Any:
    """What the pass was begun from, one tensor or several."""
    frame: FrameType | None = sys._getframe(1)
    below = None
    while frame is not None:
        code = frame.f_code
        if code is _BACKWARD or (code is _GRAD and not accumulating):
            # Of the frame below the fewer names are read, which takes half the time.
            if below is not None and below.f_code is ENGINE:
                return below.f_locals["t_outputs"]
            return frame.f_locals["tensors" if code is _BACKWARD else "outputs"]
        below, frame = frame, frame.f_back
    return None


def adds_to_no_gradient() -> bool:
    """Whether the pass that is running was begun by `autograd.grad`."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is _BACKWARD or frame.f_code is _GRAD:
            return frame.f_code is _GRAD
        frame = frame.f_back
    return False


def is_scaled(loss: Tensor) -> bool:
    """Whether a loss was multiplied or divided last, as by a GradScaler or for accumulation."""
    node = loss.grad_fn
    return node is not None and node.name() in _SCALED


def is_unscaling() -> bool:
    """Whether the step that is being made is made by a GradScaler, which has scaled the loss."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is _SCALER_STEP:
            return bool(frame.f_locals["self"].is_enabled())
        frame = frame.f_back
    return False


def saved(node: Any, name: str) -> Any:
    """A tensor or number that a node has saved for its backward pass.

    None where it is gone already, or where a hook of someone else's would have to bring it back: a
    checkpointed part of a model would run again for it.
    """
    try:
        raw = getattr(node, f"_raw_saved_{name}", None)
        if raw is not None and raw.unpack_hook is not None:
            return None
        return getattr(node, f"_saved_{name}", None)
    except RuntimeError:
        return None
