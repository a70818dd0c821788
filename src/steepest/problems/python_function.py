"""A Python function of named tensors, for one point or for many."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

from steepest.errors import InputError
from steepest.problems.parameter_layout import Layout
from steepest.problems.signature import Signature, function_name

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
        except RuntimeError as error:
            if not self.copies and _IN_PLACE.search(str(error)):
                self.copies = True
                return self._called(arguments)
            # What a function of NumPy meets when it is given tensors that are differentiated.
            if not str(error).startswith("Can't call numpy()"):
                raise
            raise InputError(
                f"{function_name(self.signature.function)} computes with NumPy, which cannot be "
                "differentiated: use the functions of torch, such as torch.sin for np.sin."
            ) from error

    def _checked(self, result: Any, arguments: "Sequence[Tensor]") -> "Tensor":
        import torch

        if not isinstance(result, torch.Tensor):
            raise self._wrong(
                f"a {type(result).__name__}: compute with torch, and leave out float(), .item() "
                f"and numpy, so that it can be differentiated"
            )
        if result.layout != torch.strided or result.is_meta:
            raise self._wrong("a tensor that is sparse or holds no data: it must be a plain one")
        if not result.is_floating_point():
            raise self._wrong(f"{result.dtype}: it must be a real floating-point number")
        if result.numel() != 1:
            raise self._wrong(
                f"a tensor of shape {tuple(result.shape)}: it must be one number, for example its "
                f".sum() or .mean()"
            )
        if arguments[0].requires_grad and not result.requires_grad:
            raise self._wrong(
                "a number that does not depend on the parameters: leave out .detach(), .data, "
                "torch.no_grad() and torch.tensor() of a parameter"
            )
        return result

    def _wrong(self, what: str) -> InputError:
        name = function_name(self.signature.function)
        whose = "the function" if name == "function" else f"the function {name}"
        return InputError(f"{whose} returned {what}.")
