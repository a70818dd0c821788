"""A Python function, watched while it runs: every torch operation becomes a cell of a tape.

Each operation runs on copies of its own, so that torch can differentiate it by itself, and so that
what is changed in place later does not reach it. The function holds plain tensors.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from steepest.errors import InputError
from steepest.graphs.calls import QUESTIONS, TAKES_NUMBERS, Called, Slot
from steepest.graphs.departures import Departures, leaves_torch, matters
from steepest.graphs.nested import instances, replaced
from steepest.graphs.phrase import option
from steepest.graphs.refused_operations import refusal
from steepest.graphs.tape import Cell, Tape, check_room, constant, leaf
from steepest.translation import say

if TYPE_CHECKING:
    from torch import Tensor
    from torch.overrides import TorchFunctionMode


def function_tape(
    function: Callable[..., object],
    leaves: Mapping[str, "Tensor"],
    options: Mapping[str, object],
    outside: Mapping[int, str],
) -> Tape:
    """The tape of the call `function(**leaves, **options)`, which must return a tensor.

    `outside` names tensors that the function finds by itself, by their `id`. Raises InputError
    for what a graph cannot show; errors of the function are passed on.
    """
    import torch

    recorder = Recorder(outside)
    with torch.enable_grad():
        handed = {name: recorder.leaf(name, value) for name, value in leaves.items()}
        with _mode(recorder):
            try:
                result = function(**handed, **options)
            except (TypeError, IndexError, RuntimeError) as error:
                refused = refusal(error, say("the function"))
                if refused is None:
                    raise
                raise refused from error
        tape = recorder.tape(result, len(leaves))
        if recorder.departed:
            _check_departures(lambda: function(**_copies(leaves), **options))
    return tape


def _check_departures(call: Callable[[], Any]) -> None:
    """InputError where the result depends on numbers that left torch, unless it says that they
    shall. The function is called once more, and once for each of the calls by which they left.
    """

    def value(departures: Departures) -> float:
        with departures.watching():
            result = call()
        return float(result.detach().sum())

    departures = Departures()
    first = value(departures)
    for departure in departures.seen:
        if not departure.meant and matters(departure, first, value):
            raise InputError(
                "{written} takes numbers out of the graph, and no gradient flows back "
                "through it: {remedy}, or use .detach() where a constant is meant.",
                written=departure.written,
                remedy=departure.remedy,
            )


def _copies(leaves: Mapping[str, "Tensor"]) -> dict[str, "Tensor"]:
    return {
        name: value.detach().clone().requires_grad_(value.is_floating_point())
        for name, value in leaves.items()
    }


def _mode(recorder: "Recorder") -> "TorchFunctionMode":
    from torch.overrides import TorchFunctionMode

    class Mode(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            return recorder.call(func, args, kwargs or {})

    return Mode()


class Recorder:
    """Writes the cells of a tape while a function runs."""

    def __init__(self, outside: Mapping[int, str]) -> None:
        self._outside = outside
        self.departed = False  # whether numbers that depend on leaves left torch
        self._cells: list[Cell] = []
        self._places: dict[int, int] = {}  # id of a tensor that the function holds: its cell
        self._kept: list[Tensor] = []  # keeps the ids theirs
        self._given: set[int] = set()  # ids of tensors that were made here
        self._aliases: dict[int, set[int]] = {}  # ids of tensors that share storage
        self._stale: dict[int, int] = {}  # id of a tensor that was changed through another: that
        self._parts: dict[int, tuple[int, object]] = {}  # id of x[i]: id of x, and i

    def leaf(self, name: str, value: "Tensor") -> "Tensor":
        """A tensor for the function, which is a leaf of the graph."""
        _check_kind(value)
        return self.give(leaf(name, value, value.is_floating_point()))

    def tape(self, result: object, inputs: int) -> Tape:
        """The tape, once the function has returned."""
        import torch

        if not isinstance(result, torch.Tensor):
            raise InputError(
                "The function returned {result}, which is no tensor. Return one tensor, "
                "computed by torch operations.",
                result=option(result),
            )
        place = self.place(result)
        return Tape.of(_folded(self._cells), place, inputs)

    def call(self, function: Any, args: Any, kwargs: Any) -> Any:
        """Run one torch function, record what it gives, and hand it on."""
        import torch

        called = Called.of(function)
        if called.name in QUESTIONS and called.accessor == "get":
            return function(*args, **kwargs)
        if torch.is_inference_mode_enabled():
            raise InputError("torch's inference mode keeps no graph: leave it out")
        if called.name == "setitem":
            self._accept_update(*args)
        smooth = any(
            self.cell(tensor).needs_gradient for tensor in instances((args, kwargs), torch.Tensor)
        )
        called.check(kwargs, smooth)
        result = _Operation(self, called).run(function, args, kwargs)
        self.departed = self.departed or (smooth and leaves_torch(called, result))
        return result

    def cell(self, tensor: "Tensor") -> Cell:
        """The cell of a tensor that the function holds."""
        return self._cells[self.place(tensor)]

    def place(self, tensor: "Tensor") -> int:
        """The place of that cell. A tensor that comes from outside gets its cell now."""
        if id(tensor) in self._stale:
            raise InputError(
                "a tensor was changed in place through a part or view of it, and is used "
                "again. Change it directly (x[0] = …), or compute a new one."
            )
        _check_origin(tensor)
        if id(tensor) not in self._places:
            self._append(self._from_outside(tensor))
            self._hold(tensor)
        return self._places[id(tensor)]

    def constant(self, number: float) -> int:
        """The place of a Python number's own cell."""
        import torch

        return self._append(constant("", torch.tensor(number)))

    def give(self, cell: Cell) -> "Tensor":
        """A tensor for the function to hold, with nothing of torch's graph behind it."""
        self._append(cell)
        seen = cell.output.detach().clone().requires_grad_(cell.needs_gradient)
        self._hold(seen)
        self._given.add(id(seen))
        return seen

    def change(self, tensor: "Tensor", cell: Cell) -> None:
        """A tensor that the function holds was changed in place, and has a new cell."""
        self._append(cell)
        if id(tensor) in self._given:
            tensor.data = cell.output.detach().clone()
            tensor.requires_grad_(cell.needs_gradient)
        elif cell.needs_gradient or tensor.requires_grad:
            raise InputError(
                "the function changes in place a tensor that was made outside of it. Make it "
                "inside, or compute a new one."
            )
        else:
            tensor.copy_(cell.output)
        self._places[id(tensor)] = len(self._cells) - 1
        for other in self._aliases.get(id(tensor), set()) - {id(tensor)}:
            self._stale[other] = id(tensor)

    def share(self, whole: "Tensor", view: "Tensor", index: object) -> None:
        """One tensor is a view of another; `index` where it is x[index]."""
        group = self._aliases.setdefault(id(whole), {id(whole)})
        group.add(id(view))
        self._aliases[id(view)] = group
        self._parts[id(view)] = (id(whole), index)

    def _accept_update(self, whole: "Tensor", index: object, value: object) -> None:
        """The end of `x[i] += …`: x takes back the part that Python changed in place."""
        source, part = self._parts.get(id(value), (0, None))
        mine = self._stale.get(id(whole)) == id(value)
        if mine and source == id(whole) and part is index:
            del self._stale[id(whole)]

    def _append(self, cell: Cell) -> int:
        check_room(len(self._cells), cell.output, cell.name or cell.operation)
        self._cells.append(cell)
        return len(self._cells) - 1

    def _hold(self, tensor: "Tensor") -> None:
        self._places[id(tensor)] = len(self._cells) - 1
        self._kept.append(tensor)

    def _from_outside(self, tensor: "Tensor") -> Cell:
        _check_kind(tensor)
        name = self._outside.get(id(tensor), "")
        if not tensor.requires_grad:
            return constant(name, tensor)
        taken = {cell.name for cell in self._cells}
        count = 1
        while not name or name in taken:
            name, count = f"p{count}", count + 1
        return leaf(name, tensor, True)


class _Operation:
    """One torch function, run on copies of the tensors it is called with."""

    def __init__(self, recorder: Recorder, called: Called) -> None:
        self._recorder = recorder
        self._called = called
        self._parents: list[int] = []
        self._inputs: list[Tensor | None] = []
        self._originals: list[Any] = []
        self._copies: list[Any] = []
        self._phrase: tuple[str | int, ...] = ()

    def run(self, function: Any, args: Any, kwargs: Any) -> Any:
        """What the function gives, as tensors for the caller to hold."""
        import torch

        marked, options = replaced((tuple(args), dict(kwargs)), torch.Tensor, self._mark)
        if self._called.name in TAKES_NUMBERS:
            marked = tuple(self._mark_number(number) for number in marked)
        turned = self._called.name == "mul" and self._originals[-1] is None
        self._phrase = self._called.phrase(function, marked[::-1] if turned else marked, options)
        copies, keywords = replaced((marked, options), Slot, lambda slot: self._copies[slot.place])
        with warnings.catch_warnings():
            # Of a number that leaves torch, which is told by `matters` where it does harm.
            warnings.filterwarnings("ignore", "Converting a tensor with requires_grad=True")
            result = function(*copies, **keywords)
        self._record_changes()
        return self._recorded(result, args)

    def _mark(self, tensor: "Tensor") -> Slot:
        import torch

        place = self._recorder.place(tensor)
        smooth = torch.is_grad_enabled() and self._recorder.cell(tensor).needs_gradient
        own = tensor.detach().clone().requires_grad_(smooth)
        # What requires a gradient may not be changed in place; a copy of it may.
        return self._slot(place, own if smooth else None, tensor, own.clone())

    def _mark_number(self, value: Any) -> Any:
        if not isinstance(value, int | float):
            return value
        return self._slot(self._recorder.constant(value), None, None, value)

    def _slot(self, place: int, own: "Tensor | None", original: Any, copy: Any) -> Slot:
        self._parents.append(place)
        self._inputs.append(own)
        self._originals.append(original)
        self._copies.append(copy)
        return Slot(len(self._parents) - 1)

    def _record_changes(self) -> None:
        for original, copy in zip(self._originals, self._copies, strict=True):
            if original is not None and copy._version:
                self._recorder.change(original, self._cell(copy, self._phrase))

    def _recorded(self, result: Any, args: Any) -> Any:
        import torch

        several = not isinstance(result, torch.Tensor)
        count = 0

        def record(output: "Tensor") -> "Tensor":
            nonlocal count
            for original, copy in zip(self._originals, self._copies, strict=True):
                if output is copy:
                    return original  # type: ignore[no-any-return]  # the caller's own tensor
            phrase = (*self._phrase, f"[{count}]") if several else self._phrase
            count += 1
            _check_kind(output)
            seen = self._recorder.give(self._cell(output, phrase))
            self._share(seen, output, args)
            return seen

        return replaced(result, torch.Tensor, record)

    def _share(self, seen: "Tensor", output: "Tensor", args: Any) -> None:
        index = args[1] if self._called.name == "getitem" else None
        for original, copy in zip(self._originals, self._copies, strict=True):
            if original is not None and _same_storage(output, copy):
                self._recorder.share(original, seen, index)

    def _cell(self, output: "Tensor", phrase: tuple[str | int, ...]) -> Cell:
        return Cell(
            "operation",
            "",
            self._called.name,
            phrase,
            tuple(self._parents),
            tuple(self._inputs),
            output,
        )


def _same_storage(first: "Tensor", second: "Tensor") -> bool:
    pointer = first.untyped_storage().data_ptr()
    return pointer != 0 and pointer == second.untyped_storage().data_ptr()


def _check_kind(tensor: "Tensor") -> None:
    import torch

    if tensor.is_complex():
        raise InputError("a graph shows real numbers; this function computes complex ones")
    if tensor.layout != torch.strided:
        raise InputError("a graph shows ordinary tensors, not sparse ones: use x.to_dense()")


def _check_origin(tensor: "Tensor") -> None:
    """InputError for a tensor that torch has computed where no operation could be seen."""
    import torch

    # torch has no public name for this question.
    if torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        raise InputError("a graph cannot look into torch.func (vmap, grad, …): write it without")
    if tensor.grad_fn is not None:
        raise InputError(
            "a tensor was computed out of sight: before the call (hand it in as an "
            "argument), or by compiled code or a custom autograd function, which a graph "
            "cannot look into"
        )


def _folded(cells: list[Cell]) -> list[Cell]:
    """The cells, with what depends on no leaf as constants."""
    kept: list[Cell] = []
    fixed: list[bool] = []
    for cell in cells:
        fixed.append(cell.kind != "leaf" and all(fixed[parent] for parent in cell.parents))
        folds = fixed[-1] and cell.kind == "operation"
        kept.append(constant("", cell.output) if folds else cell)
    return kept
