"""A Python function of named tensors, as a function of one tensor of parameters."""

from typing import TYPE_CHECKING, Any, final

from steepest.errors import InputError
from steepest.problems.layout import Layout
from steepest.problems.signature import Signature, function_name

if TYPE_CHECKING:
    from torch import Tensor


@final
class Mapped:
    """Parameters (…, d) → values (…) in float64, by calling a function for one point or for many.

    A batch is one call by `torch.func.vmap`. A function that cannot be mapped (it asks for the
    value of a tensor: `if x > 0`, `.item()`, `float(x)`) is called once for each point; that is
    remembered after the first batch.
    """

    def __init__(self, signature: Signature, layout: Layout) -> None:
        self.signature = signature
        self.layout = layout
        self.mappable = True

    def __call__(self, parameters: "Tensor") -> "Tensor":
        if parameters.ndim == 1:
            return self._one(parameters)
        rows = parameters.reshape(-1, parameters.shape[-1])
        return self._rows(rows).reshape(parameters.shape[:-1])

    def _rows(self, rows: "Tensor") -> "Tensor":
        import torch

        if len(rows) == 0:
            return rows.sum(-1)
        if self.mappable:
            # Whatever keeps the function from being mapped, torch's reason or its own, is no fault
            # yet: the plain calls below raise it again if it is one.
            try:
                return torch.func.vmap(self._one)(rows)
            except Exception:
                pass
        values = torch.stack([self._one(row) for row in rows])
        self.mappable = False
        return values

    def _one(self, point: "Tensor") -> "Tensor":
        import torch

        result = self._checked(self._called(point), point)
        if result.dtype != torch.float64 or result.device.type != "cpu":
            result = result.to("cpu", torch.float64)
        return result if result.ndim == 0 else result.reshape(())

    def _called(self, point: "Tensor") -> Any:
        try:
            return self.signature.call(self._arguments(point))
        except RuntimeError as error:
            # What a function of NumPy meets when it is given tensors that are differentiated.
            if not str(error).startswith("Can't call numpy()"):
                raise
            raise InputError(
                f"{function_name(self.signature.function)} computes with NumPy, which cannot be "
                "differentiated: use the functions of torch, such as torch.sin for np.sin."
            ) from error

    def _arguments(self, point: "Tensor") -> "list[Tensor]":
        # A function may change what it is given: each argument is a copy.
        return [
            point[first:end].reshape(shape).clone() if shape else point[first].clone()
            for _, first, end, shape in self.layout.places
        ]

    def _checked(self, result: Any, point: "Tensor") -> "Tensor":
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
        if point.requires_grad and not result.requires_grad:
            raise self._wrong(
                "a number that does not depend on the parameters: leave out .detach(), .data, "
                "torch.no_grad() and torch.tensor() of a parameter"
            )
        return result

    def _wrong(self, what: str) -> InputError:
        name = function_name(self.signature.function)
        whose = "the function" if name == "function" else f"the function {name}"
        return InputError(f"{whose} returned {what}.")
