"""A Python function of named tensors, for one point or for many."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np

from steepest.errors import InputError
from steepest.graphs.departures import Departures
from steepest.graphs.refused_operations import refusal
from steepest.problems.parameter_layout import Layout
from steepest.problems.signature import Signature, function_name
from steepest.translation import said_of, say
from steepest.wording.numbers import listed, with_article

if TYPE_CHECKING:
    from torch import Tensor

# Torch's words where what is differentiated would be changed.
_IN_PLACE = re.compile("in-?place")


@final
class PythonFunction:
    """Arguments → values in float64: of one point a number (), of b points (b,).

    A batch is one call by `torch.func.vmap`. A function that cannot be mapped (it asks for the
    value of a tensor: `if x > 0`, `.item()`, `float(x)`) is called once for each point; that is
    remembered after the first batch. So is a function that changes its arguments in place, which
    torch refuses for what is differentiated: it is given copies.
    """

    def __init__(self, signature: Signature, layout: Layout) -> None:
        self.signature = signature
        self.axes = len(next(iter(layout.shapes.values())))  # of the first argument
        self.mappable = True
        self.copies = False

    def __call__(self, arguments: "Sequence[Tensor]") -> "Tensor":
        return self._one(*arguments) if arguments[0].ndim == self.axes else self._many(arguments)

    def _many(self, arguments: "Sequence[Tensor]") -> "Tensor":
        import torch

        if len(arguments[0]) == 0:
            return arguments[0].flatten(1).sum(-1) if self.axes else arguments[0]
        if self.mappable:
            # Whatever keeps the function from being mapped, torch's reason or its own, is no fault
            # yet: the plain calls below raise it again if it is one.
            try:
                return torch.func.vmap(self._one)(*arguments)
            except Exception:
                pass
        values = torch.stack([self._one(*point) for point in zip(*arguments, strict=True)])
        self.mappable = False
        return values

    def _one(self, *arguments: "Tensor") -> "Tensor":
        import torch

        result = self._called(arguments)
        if (
            type(result) is torch.Tensor
            and result.dtype is torch.float64
            and result.ndim == 0
            and result.is_cpu
            and result.layout is torch.strided
            and result.requires_grad
        ):
            return result  # as nearly all are
        result = self._checked(result, arguments)
        if result.dtype != torch.float64 or result.device.type != "cpu":
            result = result.to("cpu", torch.float64)
        return result if result.ndim == 0 else result.reshape(())

    def _called(self, arguments: "Sequence[Tensor]") -> Any:
        given = [argument.clone() for argument in arguments] if self.copies else arguments
        try:
            return self.signature.call(given)
        except (TypeError, IndexError, RuntimeError) as error:
            if not self.copies and _IN_PLACE.search(str(error)):
                self.copies = True
                return self._called(arguments)
            refused = refusal(error, function_name(self.signature.function))
            if refused is None:
                raise
            raise refused from error

    def _checked(self, result: Any, arguments: "Sequence[Tensor]") -> "Tensor":
        import torch

        if not isinstance(result, torch.Tensor):
            what = "None" if result is None else with_article(type(result).__name__)
            raise self._wrong(said_of(what, self._departed(result, arguments)))
        if result.layout != torch.strided or result.is_meta:
            raise self._wrong(
                say("a tensor that is sparse or holds no data: it must be a plain one")
            )
        if not result.is_floating_point():
            raise self._wrong(
                say("{dtype}: it must be a real floating-point number", dtype=result.dtype)
            )
        if result.numel() != 1:
            raise self._wrong(
                say(
                    "a tensor of shape {shape}: it must be one number, for example its "
                    ".sum() or .mean()",
                    shape=tuple(result.shape),
                )
            )
        if arguments[0].requires_grad and not result.requires_grad:
            raise self._wrong(
                say(
                    "a number that does not depend on the parameters: leave out .detach(), "
                    ".data, torch.no_grad() and torch.tensor() of a parameter"
                )
            )
        return result

    def _departed(self, result: object, arguments: "Sequence[Tensor]") -> str:
        """What to write where what comes out is no tensor: by what has left torch on its way."""
        if not isinstance(result, int | float | np.ndarray | np.generic):
            return say("it must be one number, a tensor that is computed with torch")
        departures = Departures()
        with departures.watching():
            self._called(arguments)
        if not departures.seen:
            return say(
                "compute with torch, also in branches (0 * x for 0, torch.clamp(x, "
                "min=0) for max(x, 0)), so that it can be differentiated"
            )
        remedies = dict.fromkeys(departure.remedy for departure in departures.seen)
        calls = [departure.written for departure in departures.seen][:3]
        take = "takes" if len(calls) == 1 else "take"
        return say(
            "{calls} {take} numbers out of torch; {remedies}",
            calls=listed(calls),
            take=take,
            remedies=listed(list(remedies)[:3]),
        )

    def _wrong(self, what: str) -> InputError:
        name = function_name(self.signature.function)
        whose = say("the function") if name == "function" else say("the function {name}", name=name)
        return InputError("{whose} returned {what}.", whose=whose, what=what)
