"""Where the graph of a loss begins: at parameters that learn, at others, or at no parameter."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, final
from weakref import ref

from torch import Tensor
from torch.nn import Module, Parameter

from steepest.watching.record.loss_graph import Shape

# Of a graph of more nodes no more is looked at.
_MOST = 20_000
_OF_TORCH = frozenset(vars(Module()))  # the attributes that every module has


class Leaf(NamedTuple):
    """A leaf: its `shape`, and `now()`, the tensor while there is one."""

    shape: Shape
    now: Callable[[], Tensor | None]

    @staticmethod
    def of(tensor: Tensor) -> "Leaf":
        """The leaf that a tensor is."""
        return Leaf(tuple(tensor.shape), ref(tensor))


@final
@dataclass(frozen=True, eq=False)
class GraphLeaves:
    """The leaves of a loss's graph.

    - `held`: how many of them an optimizer holds
    - `others`: parameters that none holds;   `starts`: leaves that are no parameters
    - `whole`: whether the whole graph was looked at;   `nodes`: how many those were
    """

    held: int
    others: tuple["Leaf", ...]
    starts: tuple["Leaf", ...]
    whole: bool
    nodes: int = 0

    @staticmethod
    def of(loss: Tensor, held: frozenset[int]) -> "GraphLeaves":
        """The leaves of a loss; `held` are the `id`s of tensors that some optimizer holds.

        >>> import torch
        >>> layer = torch.nn.Linear(2, 1)
        >>> leaves = GraphLeaves.of(layer(torch.ones(3, 2)).sum(), frozenset([id(layer.weight)]))
        >>> leaves.held, [leaf.shape for leaf in leaves.others], leaves.starts
        (1, [(1,)], ())
        """
        tensors, nodes = _leaves(loss)
        free = [tensor for tensor in tensors if id(tensor) not in held]
        return GraphLeaves(
            len(tensors) - len(free),
            tuple(Leaf.of(tensor) for tensor in free if isinstance(tensor, Parameter)),
            tuple(Leaf.of(tensor) for tensor in free if not isinstance(tensor, Parameter)),
            nodes <= _MOST,
            nodes,
        )


def _leaves(loss: Tensor) -> tuple[list[Tensor], int]:
    """Every leaf once, and the number of nodes that were looked at."""
    if loss.grad_fn is None:
        return [loss], 0
    waiting: list[Any] = [loss.grad_fn]
    seen: set[Any] = set(waiting)
    leaves: list[Tensor] = []
    while waiting and len(seen) <= _MOST:
        node = waiting.pop()
        variable = getattr(node, "variable", None)
        if isinstance(variable, Tensor):
            leaves.append(variable)
        fresh = {inner for inner, _ in node.next_functions if inner is not None} - seen
        seen |= fresh
        waiting += fresh
    return leaves, len(seen)


def hidden_parameters(model: Module) -> Iterator[tuple[str, Tensor]]:
    """Tensors that ask for a gradient and that a module has in lists, tuples, dicts or as plain
    attributes, where `parameters()` does not see them.

    >>> import torch
    >>> model = torch.nn.Linear(1, 1)
    >>> model.parts = [torch.nn.Linear(1, 1, bias=False)]
    >>> [name for name, _ in hidden_parameters(model)]
    ['parts[0].weight']
    """
    known = {id(module) for module in model.modules()}
    own = {id(tensor) for tensor in model.parameters()}
    for prefix, module in model.named_modules():
        for name, value in vars(module).items():
            if name not in _OF_TORCH:
                place = f"{prefix}.{name}" if prefix else name
                for inner, tensor in _tensors(place, value, known):
                    if tensor.requires_grad and tensor.is_leaf and id(tensor) not in own:
                        yield inner, tensor


def _tensors(name: str, value: Any, known: set[int]) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, Module):
        if id(value) not in known:
            yield from ((f"{name}.{inner}", each) for inner, each in value.named_parameters())
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _tensors(f"{name}[{place}]", each, known)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _tensors(f"{name}[{key!r}]", each, known)
