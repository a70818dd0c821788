"""A computational graph on its walk: values forward, then gradients backward, edge by edge."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, final

from steepest.errors import InputError
from steepest.graphs.local_derivatives import Derivative, derivative, flow
from steepest.graphs.names import derivative_name, short_names
from steepest.graphs.phrase import fill, fill_in, in_brackets
from steepest.graphs.tape import Cell, Kind, Tape
from steepest.graphs.values import Value, plain, tensor_of, written
from steepest.translation import counted, say
from steepest.wording.fact import fact

if TYPE_CHECKING:
    from torch import Tensor


@final
@dataclass(frozen=True, eq=False)
class Node:
    """One value of the graph.

    - `name`: as it was given, or u, v, … for what lies between, J for the result; of a constant,
      the number itself unless it is `named`
    - `operation`: "mul", "sin", …; "leaf" or "constant"
    - `expression`: the operation with the names of its parents, "a + u"; "" for a leaf
    - `value`, `gradient` (of the result by this value): None where the walk has not been yet;
      a constant has its value from the start, and never a gradient
    - `parents`: ids, one for each argument
    """

    id: int
    name: str
    named: bool
    kind: Kind
    operation: str
    expression: str
    value: Value | None
    gradient: Value | None
    parents: tuple[int, ...]


@final
@dataclass(frozen=True, eq=False)
class Edge:
    """From a node to an operation that uses it, as its argument number `slot` (from 0).

    - `carries`: whether a gradient flows back along it
    - `derivative`: of the operation by this argument; None before the walk has come back along it
    - `gradient`: what flowed back: the gradient of `target` times the derivative
    """

    source: int
    target: int
    slot: int
    carries: bool
    derivative: Derivative | None
    gradient: Value | None


@final
@dataclass(frozen=True, eq=False)
class Event:
    """One step of the walk, in words.

    - `kind`: "value", a node got its value; "gradient", one edge was gone back along, or (`edge` is
      None) a gradient was known without one: that of the result by itself, 1, and of a leaf that
      the result does not depend on, 0
    - `node`: whose value or gradient changed; `edge`: its place in `Graph.edges`
    """

    kind: Literal["value", "gradient"]
    node: int
    edge: int | None
    text: str

    def __str__(self) -> str:
        return self.text


_Plan: TypeAlias = tuple[Literal["value", "seed", "edge", "nothing"], int]


class ComputationalGraph:
    """The graph of one computation and how far the walk through it has come.

    `next` takes one step: the value of one node; when all values are there, the gradient along one
    edge. `forward` and `backward` take all that remain. Made by `steepest.graph`.
    """

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._names = short_names(tape)
        self._edges = [
            (parent, target, slot)
            for target, cell in enumerate(tape.cells)
            for slot, parent in enumerate(cell.parents)
        ]
        self._carrying = _carrying(tape, self._edges)
        self._uses = [0] * len(tape.cells)
        for place in self._carrying:
            self._uses[self._edges[place][0]] += 1
        self._plan = self._planned()
        self.reset()

    def reset(self) -> None:
        """Go back to the start."""
        self._taken = 0
        self._last: Event | None = None
        self._valued = [cell.kind == "constant" for cell in self._tape.cells]
        self._gradients: list[Tensor | None] = [None] * len(self._tape.cells)
        self._flows: dict[int, tuple[Derivative, Value]] = {}

    @property
    def done(self) -> bool:
        """Whether all values and all gradients are there."""
        return self._taken == len(self._plan)

    @property
    def last(self) -> Event | None:
        """The step that was taken last."""
        return self._last

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, parents before what uses them."""
        return tuple(map(self._node, range(len(self._tape.cells))))

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges, in the order of their targets and of the arguments of these."""
        return tuple(map(self._edge, range(len(self._edges))))

    @property
    def result(self) -> int:
        """The id of the node that all is computed for."""
        return self._tape.result

    @property
    def value(self) -> Value | None:
        """The value of the result; None before the walk has come there."""
        return self._node(self.result).value

    @property
    def gradients(self) -> dict[str, Value | None]:
        """Of each leaf, by name: the gradient of the result, None where it is not there (yet).

        A leaf of whole numbers has none.
        """
        return {node.name: node.gradient for node in self.nodes if node.kind == "leaf"}

    def next(self) -> Event:
        """Take one step: one node's value, or one edge's part of a gradient.

        Raises InputError after the end, and where a gradient is asked of more than one number.

        >>> from steepest.api.graph import graph
        >>> walk = graph("x*x + x", x=3)
        >>> for event in walk.steps():
        ...     print(event)
        x = 3
        u = x · x = 3 · 3 = 9
        J = u + x = 9 + 3 = 12
        dJ/dJ = 1
        dJ/du = 1 · 1 = 1
        dJ/dx += 1 · 1 = 1, now 1
        dJ/dx += dJ/du · du/dx (1 of 2) = 1 · 3 = 3, now 4
        dJ/dx += dJ/du · du/dx (2 of 2) = 1 · 3 = 3, now 7
        """
        if self.done:
            raise InputError("the walk is at its end: every value and gradient is there")
        step, place = self._plan[self._taken]
        if step == "seed":
            self._check_scalar()
        event = {
            "value": self._reveal,
            "seed": self._seed,
            "edge": self._go_back,
            "nothing": self._nothing,
        }[step](place)
        self._taken += 1
        self._last = event
        return event

    def steps(self) -> Iterator[Event]:
        """The steps that remain, each taken when it is asked for."""
        while not self.done:
            yield self.next()

    def forward(self) -> Value:
        """Compute all values that remain; the result's value."""
        while not self.done and self._plan[self._taken][0] == "value":
            self.next()
        value = self.value
        assert value is not None
        return value

    def backward(self) -> dict[str, Value | None]:
        """Compute all that remains; the gradients of the leaves, by name.

        Raises InputError where the result is more than one number.
        """
        self.forward()
        for _ in self.steps():
            pass
        return self.gradients

    def finished(self) -> Self:
        """The same graph at the end of its walk, or as far as a walk can go."""
        other = type(self)(self._tape)
        with suppress(InputError):
            other.backward()
        return other

    def __repr__(self) -> str:
        return (
            f"Graph({counted(len(self._tape.cells), 'node')}, {counted(len(self._edges), 'edge')}, "
            f"step {self._taken} of {len(self._plan)})"
        )

    def _node(self, place: int) -> Node:
        cell = self._tape.cells[place]
        gradient = self._gradients[place]
        return Node(
            place,
            self._names[place],
            cell.kind != "constant" or bool(cell.name),
            cell.kind,
            cell.operation,
            self._expression(cell),
            plain(cell.output) if self._valued[place] else None,
            None if gradient is None else plain(gradient),
            cell.parents,
        )

    def _edge(self, place: int) -> Edge:
        local, back = self._flows.get(place, (None, None))
        return Edge(*self._edges[place], place in self._carrying, local, back)

    def _expression(self, cell: Cell) -> str:
        return fill(cell.phrase, [self._names[parent] for parent in cell.parents])

    def _planned(self) -> list[_Plan]:
        cells = self._tape.cells
        plan: list[_Plan] = [
            ("value", i) for i, cell in enumerate(cells) if cell.kind != "constant"
        ]
        leaves = [i for i, cell in enumerate(cells) if cell.kind == "leaf" and cell.needs_gradient]
        if not leaves:
            return plan
        plan.append(("seed", self.result))
        # Later targets first: what flows to a node is complete before it flows on.
        plan += [("edge", i) for i in sorted(self._carrying, key=self._backward_order)]
        plan += [("nothing", i) for i in leaves if not self._uses[i] and i != self.result]
        return plan

    def _backward_order(self, place: int) -> tuple[int, int]:
        _, target, slot = self._edges[place]
        return -target, slot

    def _check_scalar(self) -> None:
        output = self._tape.cells[self.result].output
        if output.numel() != 1:
            raise InputError(
                "The result is a {shape}, and gradients are of one number: end the function "
                "with .sum() or .mean().",
                shape=tensor_of(tuple(output.shape)),
            )

    def _reveal(self, place: int) -> Event:
        self._valued[place] = True
        cell = self._tape.cells[place]
        name, value = self._names[place], plain(cell.output)
        parts = [name, self._expression(cell), self._substituted(cell), written(value)]
        return Event("value", place, None, " = ".join(_without_repeats(parts)))

    def _substituted(self, cell: Cell) -> str:
        """The expression with numbers in it, where all are plain numbers."""
        values = [plain(self._tape.cells[parent].output) for parent in cell.parents]
        if not all(isinstance(value, float) for value in values):
            return ""
        return fill_in(cell.phrase, [written(value) for value in values])

    def _seed(self, place: int) -> Event:
        import torch

        self._gradients[place] = torch.ones_like(self._tape.cells[place].output)
        return Event("gradient", place, None, f"{self._by(place)} = 1")

    def _nothing(self, place: int) -> Event:
        import torch

        self._gradients[place] = torch.zeros_like(self._tape.cells[place].output)
        result, name = self._names[self.result], self._names[place]
        why = fact("no dependence", gradient=self._by(place), result=result, on=name)
        return Event("gradient", place, None, str(why))

    def _go_back(self, place: int) -> Event:
        source, target, slot = self._edges[place]
        cell, gradient = self._tape.cells[target], self._gradients[target]
        assert gradient is not None
        back, before = flow(cell, slot, gradient), self._gradients[source]
        now = back if before is None else before + back
        self._gradients[source] = now
        local = derivative(cell, slot)
        self._flows[place] = local, plain(back)
        shared = self._uses[source] > 1
        parts = [
            "" if target == self.result else self._chain(source, target, slot),
            self._product(plain(gradient), local),
            written(plain(back)),
        ]
        text = f"{self._by(source)} {'+=' if shared else '='} {' = '.join(filter(None, parts))}"
        text += say(", now {now}", now=written(plain(now))) if shared else ""
        return Event("gradient", source, place, text)

    def _by(self, place: int) -> str:
        return derivative_name(self._names[self.result], self._names[place])

    def _chain(self, source: int, target: int, slot: int) -> str:
        local = derivative_name(self._names[target], self._names[source])
        places = [
            i for i, parent in enumerate(self._tape.cells[target].parents) if parent == source
        ]
        which = (
            say(" ({slot} of {count})", slot=places.index(slot) + 1, count=len(places))
            if len(places) > 1
            else ""
        )
        return f"{self._by(target)} · {local}{which}"

    def _product(self, gradient: Value, local: Derivative) -> str:
        if local.form != "number" or not isinstance(gradient, float):
            return ""
        return f"{written(gradient)} · {in_brackets(str(local))}"


def _carrying(tape: Tape, edges: Sequence[tuple[int, int, int]]) -> set[int]:
    """The edges that a gradient flows back along: those of smooth arguments, on a way from the
    result.
    """
    reached = {tape.result}
    carrying = set()
    for place in range(len(edges) - 1, -1, -1):
        source, target, slot = edges[place]
        if target in reached and tape.cells[target].inputs[slot] is not None:
            carrying.add(place)
            reached.add(source)
    return carrying


def _without_repeats(parts: Sequence[str]) -> Iterator[str]:
    return filter(None, dict.fromkeys(parts))
