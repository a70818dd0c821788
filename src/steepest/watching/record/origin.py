"""Where a number that is not finite is born: the calls of a tape, computed once more and looked at.

Forward it is the first call that gives one from inputs that are finite; backward the first node of
the graph that does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import isinf, isnan
from typing import Any, final
from warnings import catch_warnings

import torch
from torch import Tensor
from torch.nn import Parameter

from steepest.graphs.nested import instances, replaced
from steepest.graphs.user_line import Line
from steepest.watching.record.tape import Call, Place, Tape, substituted

_FINITE, _INFINITE, _NAN = 0, 1, 2
_NEAR = 4
_OPERATORS = ("add", "sub", "mul", "div", "pow")


@final
@dataclass(frozen=True)
class Origin:
    """The call that gives the first number that is not finite, though its inputs are finite.

    - `operation`: its name, such as "log";   `line`, `module`: where it is called
    - `backward`: whether it was its backward pass;   `value`: "nan", "inf" or "-inf"
    - `given`: the number, or numbers, that it was given there; () where that is not known
    - `count`, `size`: how many of how many numbers of the first tensor that is not finite are not
    - `unused`: of a backward pass, whether the result there counts nothing: its gradient is 0
    - `is_outside`: whether it only takes a tensor from outside that is not finite, in its `row`
    - `after`: the names of the calls that its inputs come from;   `kind`: the type of its numbers
    """

    operation: str
    line: Line
    module: str
    backward: bool
    value: str
    given: tuple[float, ...] = ()
    count: int = 0
    size: int = 0
    unused: bool = False
    after: tuple[str, ...] = ()
    kind: str = ""
    is_outside: bool = False
    row: int | None = None


def origin_of(tape: Tape, values: Mapping[int, Tensor], *, backward: bool = True) -> Origin | None:
    """The origin in the calls of a tape, computed again; None where none shows, or none can.

    - `values`: what stands in the place of tensors from outside, by `id`, such as parameters
      before a step
    - `backward`: whether the backward pass of what is finite runs, too

    >>> w = torch.tensor([1.0, 0.0], requires_grad=True)
    >>> with Tape(None, [], by_us=True) as tape:
    ...     loss = w.sqrt().sum()
    >>> origin = origin_of(tape, {})
    >>> origin.operation, origin.backward, origin.value, origin.given
    ('sqrt', True, 'inf', (0.0,))
    """
    try:
        with catch_warnings(action="ignore"):
            return _Again(tape, values, backward).run(tape.calls)
    except Exception:  # a call that cannot be made twice is no fault of the loop
        return None


@final
@dataclass(eq=False)
class _Step:
    """A call that was computed again: what it was given, how finite that was and its results."""

    call: Call
    given: list[Tensor | float]
    before: int
    after: int
    broken: "tuple[Tensor, Tensor] | None" = None  # a result, and where it is not finite


@final
@dataclass(eq=False)
class _Again:
    """The calls of a tape, computed again: see `origin_of`."""

    tape: Tape
    values: Mapping[int, Tensor]
    backward: bool
    steps: list[_Step] = field(default_factory=list)
    leaves: dict[int, Tensor] = field(default_factory=dict)
    outside: list[Tensor] = field(default_factory=list)
    made: dict[int, Tensor] = field(default_factory=dict)
    makers: dict[int, int] = field(default_factory=dict)
    nodes: dict[Any, int] = field(default_factory=dict)
    source: Origin | None = None

    def run(self, calls: Sequence[Call]) -> Origin | None:
        """The origin of the first loss, or of its gradient, that is not finite."""
        for call in calls:
            if call.name == "backward":
                found = self._loss(next(iter(call.places), None))
                if found is not None:
                    return found
            else:
                self._step(call)
        if not any(call.name == "backward" for call in calls):
            return self._loss(self._last())
        return None

    def _last(self) -> int | None:
        """The last result that a gradient flows through, if no backward pass was seen."""
        return next((n for n in reversed(self.made) if self.made[n].grad_fn is not None), None)

    def _value(self, tensor: Tensor) -> Tensor:
        if id(tensor) not in self.leaves:
            self.leaves[id(tensor)] = substituted(self.values, tensor)
        return self.leaves[id(tensor)]

    def _step(self, call: Call) -> None:
        known = replaced((call.args, call.kwargs), Tensor, self._value)
        args, kwargs = replaced(known, Place, lambda place: self.made[place.number])
        given = list(instances((args, kwargs), Tensor))
        numbers = list(instances((args, kwargs), float))
        before = max([*map(_state, given), *map(_state_of_number, numbers)], default=_FINITE)
        result = call.run(args, kwargs)
        results = [args[0]] if call.name == "setitem" else list(instances(result, Tensor))
        after = max(map(_state, results), default=_FINITE)
        step = _Step(call, _written(call, args, given), before, after)
        if after > before:
            worst = max(results, key=_state)
            step.broken = worst.detach().clone(), ~worst.detach().isfinite()
        self.steps.append(step)
        for number, tensor in zip(call.made, results, strict=True):
            self.made[number], self.makers[number] = tensor, len(self.steps) - 1
        self._follow(results)

    def _follow(self, results: Iterable[Tensor]) -> None:
        """The nodes of the graph that this call has added."""
        waiting: list[Any] = [tensor.grad_fn for tensor in results]
        while waiting:
            node = waiting.pop()
            if node is None or node in self.nodes or node.name().endswith("AccumulateGrad"):
                continue
            self.nodes[node] = len(self.steps) - 1
            node.register_hook(partial(self._passed, node))
            waiting += [inner for inner, _ in node.next_functions]

    def _loss(self, place: int | None) -> Origin | None:
        if place is None or place not in self.made:
            return None
        loss = self.made[place]
        needed = self._needed(place)
        if _state(loss):
            return self._forward(needed, _state(loss))
        if loss.requires_grad and self.backward:
            torch.autograd.backward(loss, torch.ones_like(loss), retain_graph=True)
        return self.source

    def _needed(self, place: int) -> list[_Step]:
        """The steps that a result is made of."""
        needed, waiting = set[int](), [place]
        while waiting:
            i = self.makers.get(waiting.pop())
            if i is not None and i not in needed:
                needed.add(i)
                waiting += self.steps[i].call.places
        return [self.steps[i] for i in sorted(needed)]

    def _forward(self, needed: list[_Step], state: int) -> Origin | None:
        """The first call that gives what its inputs are not: nan from infinite ones, such as a
        product of inf and 0, comes from the call that gave the inf, unless that was written down.
        """
        first = next((s for s in needed if s.after >= state > s.before), None)
        if first is None:
            return self._outside(next(s for s in needed if s.before >= state))
        if first.before == _INFINITE:
            earlier = needed[: needed.index(first)]
            first = next((s for s in earlier if s.after == _INFINITE and not s.before), first)
        return self._origin_forward(first)

    def _origin_forward(self, step: _Step) -> Origin:
        assert step.broken is not None
        result, broken = step.broken
        place = _first(broken)
        given = _at(step.given, result.shape, place)
        return self._origin(step, result, broken, given=given)

    def _origin(self, step: _Step, tensor: Tensor, broken: Tensor, **more: Any) -> Origin:
        """What is known of a call: a tensor there, and where it is not finite."""
        return Origin(
            step.call.name,
            step.call.line,
            step.call.module,
            value=str(float(tensor.detach()[_first(broken)].real)),
            count=int(broken.sum()),
            size=broken.numel(),
            **{"backward": False, "after": self._after(step), "kind": _kind(tensor), **more},
        )

    def _outside(self, step: _Step) -> Origin | None:
        """Data from outside that go into a call; no state that has taken what a step has broken."""
        for tensor in instances((step.call.args, step.call.kwargs), Tensor):
            if _state(tensor) and self._are_data(tensor):
                broken = ~tensor.detach().isfinite()
                row = next(iter(_first(broken)), None)
                return self._origin(
                    step, tensor, broken, row=row, is_outside=True, after=(), kind=""
                )
        return None

    def _are_data(self, tensor: Tensor) -> bool:
        computed = tensor.grad_fn is not None or isinstance(tensor, Parameter)
        if computed or tensor.is_inference():
            return False
        return self.tape.versions.get(id(tensor)) == tensor._version

    def _after(self, step: _Step) -> tuple[str, ...]:
        """The names of the few calls that its inputs come from, the nearest first."""
        names, level = list[str](), [step]
        for _ in range(_NEAR):
            places = [place for each in level for place in each.call.places]
            level = [self.steps[self.makers[place]] for place in places if place in self.makers]
            names += [each.call.name for each in level]
        return tuple(names)

    def _passed(self, node: Any, back: Sequence[Any], came: Sequence[Any]) -> None:
        """A node's backward pass has run: it `came` as `came`, and goes `back`."""
        if self.source is not None:
            return
        arrived = [each for each in came if isinstance(each, Tensor)]
        left = [each for each in back if isinstance(each, Tensor)]
        before, after = (max(map(_state, each), default=_FINITE) for each in (arrived, left))
        if before or not after:
            return
        worst = max(left, key=_state)
        broken = ~worst.isfinite()
        step = self.steps[self.nodes[node]]
        same = [each for each in arrived if each.shape == worst.shape]
        self.source = self._origin(
            step,
            worst,
            broken,
            backward=True,
            given=_at(step.given, worst.shape, _first(broken)),
            unused=bool(same) and not bool(same[0][broken].any()),
        )


def _first(broken: Tensor) -> tuple[int, ...]:
    """The place of the first entry that holds."""
    return tuple(broken.nonzero()[0].tolist())


def _state(tensor: Tensor) -> int:
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return _FINITE
    numbers = tensor.detach()
    if numbers.is_sparse:
        numbers = numbers._values()
    if bool(numbers.isfinite().all()):
        return _FINITE
    return _NAN if bool(numbers.isnan().any()) else _INFINITE


def _state_of_number(number: float) -> int:
    return _NAN if isnan(number) else _INFINITE if isinf(number) else _FINITE


def _written(call: Call, args: Sequence[Any], given: list[Tensor]) -> list[Tensor | float]:
    """What stands on both sides of an operator, numbers too; of other calls the tensors."""
    if call.name not in _OPERATORS or len(args) < 2:
        return [*given]
    sides = [each for each in args[:2] if isinstance(each, Tensor | float | int)]
    return sides[::-1] if call.reflected else sides


def _at(
    given: Iterable[Tensor | float], shape: torch.Size, place: tuple[int, ...]
) -> tuple[float, ...]:
    """Numbers, and those of tensors of that shape, or stretched to it, at a place."""
    values = []
    for tensor in given:
        if not isinstance(tensor, Tensor):
            values.append(float(tensor))
            continue
        if tensor.is_complex() or tensor.dtype == torch.bool or tensor.ndim > len(shape):
            return ()
        try:
            values.append(float(tensor.detach().expand(shape)[place]) + 0.0)  # no -0
        except RuntimeError:
            return ()
    return tuple(values)


def _kind(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
