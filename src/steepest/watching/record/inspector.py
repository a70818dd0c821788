"""Inspects some of the recorded steps: shapes, units at rest, how outputs and loss fit.

Hooks are on the modules during those steps only, and change nothing; that which keeps what the
model was called with may stay longer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, is_grad_enabled
from torch.nn import Module
from torch.utils.hooks import RemovableHandle

from steepest.watching.measure.isolated import is_isolated
from steepest.watching.record.batch_numbers import BatchNumbers, numbers_of
from steepest.watching.record.graph_leaves import GraphLeaves
from steepest.watching.record.hook import Hook, is_plain_tensor
from steepest.watching.record.loss_factor import factor_of, factor_shown
from steepest.watching.record.loss_graph import Shape, is_summed, stretched
from steepest.watching.record.loss_inputs import misfits
from steepest.watching.record.loss_sign import sign_of
from steepest.watching.record.not_finite_source import tensors_in
from steepest.watching.record.optimized_parameters import inner_module
from steepest.watching.record.targets import targets_shown
from steepest.wording.fact import Fact

# The first steps are inspected, then ever rarer ones, by this factor; the latest are kept.
_FIRST = 4
_RARER = 1.25
_KEPT = 24
_SAME = 1e-12  # by this share the sums of the same rows in another order may differ
_ONE = 1e-3  # by this a factor of 1 may differ, by rounding
_AT_BOUND = 1e-3  # there the slope of a sigmoid is below 0.001


@final
@dataclass(frozen=True, eq=False)
class Look:
    """What was seen of the forward and backward passes of one inspected step.

    - `index`: the step;   `rows`: the batch's rows, the first size of its first tensor; 0: unknown
    - `mark`: a number that is the same for the same batch; nan: unknown
    - `calls`: the marks of every call of the model, with gradients;   `scaled`: whether a loss was
      multiplied or divided last
    - `summed`: whether the loss is a sum over all its entries, and nothing divides it
    - `spread`: shapes (from, to) of an output that was stretched to a square to meet its target
    - `resting`: by ReLU, which units (u,) were 0 in every row
    - `misfits`: how outputs and loss do not fit each other
    - `leaves`: where the graph of the loss begins;   `gone`: shapes of parameters among those of
      the look before that no optimizer held and that are no more
    - `numbers` of its batch;   `sign`: see `sign_of`, of the loss whose backward pass ran
    - `factor`: what the loss, a "squared error" or the like, or else a loss module's value, is
      multiplied by before the backward pass
    - `saturated`: by sigmoid and tanh, the share of its outputs that stand at a bound
    - `severed`: where a loss has no graph: "no_grad", the model was run without gradients; "inside"
      the model; "after" it, before the loss; else ""
    """

    index: int
    rows: int
    mark: float
    summed: bool
    spread: tuple[Shape, Shape] | None
    resting: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    misfits: tuple[Fact, ...] = ()
    leaves: GraphLeaves | None = None
    calls: tuple[float, ...] = ()
    scaled: bool = False
    severed: str = ""
    gone: tuple[Shape, ...] = ()
    numbers: BatchNumbers | None = None
    sign: tuple[str, bool] | None = None
    saturated: Mapping[str, float] = field(default_factory=dict)
    factor: tuple[str, float] | None = None


@final
class Inspector:
    """Call `wake(index)` before a step, `loss(value)` for its losses, `stepped(index)` after it.

    `inputs` are what the model was called with last; `batch` is the last (inputs, target) of a loss
    module. `held` gives the `id`s of what the optimizers hold.
    """

    def __init__(
        self, model: Module | None, faults: list[str], held: Callable[[], frozenset[int]]
    ) -> None:
        self.model, self.faults, self.held = model, faults, held
        self._looks: list[Look] = []
        self.batch: tuple[Any, Any] | None = None
        self.inputs: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        self._output: Tensor | None = None
        self._resting: dict[str, NDArray[np.bool_]] = {}
        self._summed = False
        self._spread: tuple[Shape, Shape] | None = None
        self._misfits: tuple[Fact, ...] = ()
        self._leaves: GraphLeaves | None = None
        self._calls: list[float] = []
        self._scaled = False
        self._severed = ""
        self._numbers: BatchNumbers | None = None
        self._sign: tuple[str, bool] | None = None
        self._inner: tuple[Any, float] | None = None  # the node and the number of a loss module
        self._factor: tuple[str, float] | None = None
        self._output_gradient: Tensor | None = None
        self._saturated: dict[str, float] = {}
        self._next = 0
        self._step = 0
        self._awake = False
        self._stays: RemovableHandle | None = None
        self._handles: list[RemovableHandle] = []

    @property
    def looks(self) -> list[Look]:
        """The latest; where no step was made, what came so far."""
        return self._looks or ([self._look(0)] if self._leaves or self._severed else [])

    @property
    def same_rows(self) -> bool:
        """Whether the model was called on the same rows in all looks, in whatever order."""
        marks = np.array([mark for look in self._looks for mark in look.calls or (look.mark,)])
        same = len(marks) >= _FIRST and np.ptp(marks) <= _SAME * np.abs(marks).max()
        return bool(same) and len({look.rows for look in self._looks}) == 1

    @property
    def operations(self) -> int:
        """How many the graph of a loss had at the last look that saw one."""
        return next((each.leaves.nodes for each in reversed(self._looks) if each.leaves), 0)

    @property
    def places(self) -> int:
        """Rows of the last batch, times the pixels or moments of each; 1 where none was seen."""
        first = None if self.inputs is None else _first_tensor(self.inputs)
        if first is None or not first.numel():
            return 1
        features = first.shape[-1 if first.ndim < 4 else 1] if first.is_floating_point() else 1
        return first.numel() // features

    def keep_inputs(self) -> None:
        """Keep from now on what the model is called with, if it is not kept already."""
        if self.model is not None and self._stays is None:
            self._stays = self.model.register_forward_pre_hook(
                Hook(self._called, self.faults), with_kwargs=True
            )

    def keep_no_inputs(self) -> None:
        """Keep no more what it is called with."""
        if self._stays is not None:
            self._stays.remove()
            self._stays = None

    def wake(self, index: int) -> None:
        """The next step, number `index`, is recorded: add hooks, all of them if it is inspected."""
        self._step = index
        if self.model is None or self._awake:
            return
        self._awake = True
        self.keep_inputs()
        if index < self._next:
            return
        self._handles.append(self.model.register_forward_hook(Hook(self._gave, self.faults)))
        if hasattr(self.model, "_orig_mod"):
            return  # a hook inside a compiled module would have it compiled again
        self._handles += [
            module.register_forward_hook(Hook(partial(self._rested, name), self.faults))
            for name, module in inner_module(self.model).named_modules()
            if type(module).__name__ in ("ReLU", "ReLU6")
        ]
        self._handles += [
            module.register_forward_hook(Hook(partial(self._bounded, name), self.faults))
            for name, module in inner_module(self.model).named_modules()
            if type(module).__name__ in ("Sigmoid", "Tanh")
        ]

    def sleep(self) -> None:
        """Remove the hooks of an inspected step."""
        self._awake = False
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def loss(self, value: Any, given: tuple[Any, ...] = (), module: Module | None = None) -> None:
        """Take a loss before its backward pass; `given` is what its `module` was called with."""
        if not self._awake or not hasattr(value, "grad_fn"):
            return
        if self.inputs is not None and len(given) == 2:
            self.batch = self.inputs[0], given[1]
        if self._step >= self._next and value.grad_fn is not None and value.requires_grad:
            self._inner = None if module is None else (value.grad_fn, float(value.detach()))
            self._spread = self._spread or stretched(value, self._output)
            self._misfits = self._misfits or tuple(misfits(value, given, module))
            leaves = GraphLeaves.of(value, self.held())
            if self._leaves is None or leaves.held > self._leaves.held:
                self._leaves = leaves
            if self._numbers is None:
                batch = None if self.inputs is None else _first_tensor(self.inputs)
                self._numbers = self._with_targets(numbers_of(batch, value, given))
            if is_summed(value):
                value.register_hook(self._gradient_came)

    def pass_began(self, loss: Tensor | None, *, scaled: bool) -> None:
        """The backward pass of a loss begins, that was or was not scaled last."""
        self._scaled |= scaled
        if loss is not None and self._handles and self._step >= self._next:
            self._sign = sign_of(loss)
            self._factor = self._factor_of(loss)

    def _factor_of(self, loss: Tensor) -> tuple[str, float] | None:
        if self._inner is not None:
            factor = factor_of(loss, self._inner)
            return None if factor is None else ("", factor)
        output, gradient = self._output, self._output_gradient
        if output is None or gradient is None:
            return None
        return factor_shown(loss, output, gradient)

    def _with_targets(self, numbers: BatchNumbers) -> BatchNumbers:
        """With the targets that the output's gradient shows, where the graph tells none."""
        what, factor = self._factor or ("", 0.0)
        output, gradient = self._output, self._output_gradient
        if numbers.targets is not None or not what or abs(factor - 1.0) > _ONE:
            return numbers
        assert output is not None
        assert gradient is not None
        return replace(numbers, targets=targets_shown(what, output, gradient))

    def loss_without_graph(self) -> None:
        """A loss came that no gradient can come from: of held-out rows, or by mistake."""
        if self._step < self._next or not self._handles:
            return
        if self._output is None or not is_grad_enabled():
            self._severed = "no_grad"
        else:
            self._severed = "after" if self._output.requires_grad else "inside"

    def stepped(self, index: int) -> None:
        """Step `index` was made and recorded: keep the look at it."""
        if index >= self._next:
            self._looks.append(self._look(index))
            del self._looks[:-_KEPT]
            self._next = index + 1 if index < _FIRST else int(index * _RARER) + 1
            self.sleep()
        elif index + 1 >= self._next:
            self.sleep()  # the next step is inspected
        self._resting, self._summed, self._spread, self._misfits = {}, False, None, ()
        self._output, self._leaves, self._severed = None, None, ""
        self._calls, self._scaled = [], False
        self._numbers, self._sign, self._saturated = None, None, {}
        self._inner = self._factor = self._output_gradient = None
        self.wake(index + 1)

    def _look(self, index: int) -> Look:
        first = None if self.inputs is None else _first_tensor(self.inputs)
        return Look(
            index,
            0 if first is None else int(first.shape[0]),
            self._calls[-1] if self._calls else _mark(first),
            self._summed,
            self._spread,
            dict(self._resting),
            self._misfits,
            self._leaves,
            tuple(self._calls),
            self._scaled,
            self._severed,
            self._gone(),
            self._numbers,
            self._sign,
            dict(self._saturated),
            self._factor,
        )

    def _gone(self) -> tuple[Shape, ...]:
        before = self._looks[-1].leaves if self._looks else None
        others = () if before is None else before.others
        return tuple(leaf.shape for leaf in others if leaf.now() is None)

    def _is_training(self) -> bool:
        return is_grad_enabled() and not is_isolated()

    def _called(self, _: Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        if not self._is_training():
            return
        is_one = len(given) == 1 and not named and is_plain_tensor(given[0])
        if is_one or all(map(is_plain_tensor, tensors_in((given, named)))):
            self.inputs = given, named
            if self._awake and self._step >= self._next:
                self._calls.append(_mark(_first_tensor(self.inputs)))

    def _gave(self, _: Module, given: Any, output: Any) -> None:
        if self._is_training() and is_plain_tensor(output):
            self._output = output
            if output.requires_grad and not output.is_leaf:
                output.register_hook(Hook(self._gradient_reached_output, self.faults))

    def _gradient_reached_output(self, gradient: Tensor) -> None:
        self._output_gradient = gradient if is_plain_tensor(gradient) else None

    def _rested(self, name: str, _: Module, given: Any, output: Tensor) -> None:
        if self._is_training() and is_plain_tensor(output):
            units = 1 if output.ndim > 3 else output.ndim - 1
            others = [size for size in range(output.ndim) if size != units]
            idle = output.detach() == 0
            resting = (idle.all(dim=others) if others else idle).cpu().numpy()
            before = self._resting.get(name)
            self._resting[name] = resting if before is None else before & resting

    def _bounded(self, name: str, module: Module, given: Any, output: Tensor) -> None:
        if self._is_training() and is_plain_tensor(output) and output.numel():
            low = 0.0 if type(module).__name__ == "Sigmoid" else -1.0
            numbers = output.detach()
            at_bound = (numbers < low + _AT_BOUND) | (numbers > 1.0 - _AT_BOUND)
            self._saturated[name] = float(at_bound.double().mean())

    def _gradient_came(self, gradient: Tensor) -> None:
        # A loss divided after it was summed sends back less than 1; a scaled one sends more.
        self._summed = bool(gradient >= 1.0)


def _first_tensor(inputs: tuple[tuple[Any, ...], dict[str, Any]]) -> Tensor | None:
    return next((tensor for tensor in tensors_in(inputs) if tensor.ndim), None)


def _mark(batch: Tensor | None) -> float:
    if batch is None or batch.is_complex():
        return float("nan")
    return float(batch.detach().double().sum())
