"""Powers on tensors, with the derivatives at the exponent 0 that torch leaves out."""

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

Slot: TypeAlias = Any  # a tensor, or a float where the value is constant


def power(base: Slot, exponent: Slot) -> "Tensor":
    """b^e of two tensors, or of a tensor and a float.

    ∂/∂e b^e = b^e log b, which at 0^0 is −∞: 0^e falls from 1 to 0 there. For torch it is 0, and so
    is ∂²/∂b∂e b^0 = 1/b.

    >>> import torch
    >>> x = torch.tensor([0.0, 2.0], requires_grad=True)
    >>> torch.autograd.grad(power(x, x).sum(), x)[0]
    tensor([  -inf, 6.7726])
    """
    import torch

    value: Tensor = torch.pow(base, exponent)
    if isinstance(exponent, float) or (isinstance(base, float) and base != 0.0):
        return value
    constant, corner = (exponent == 0.0) & (base > 0.0), (exponent == 0.0) & (base == 0.0)
    # What is not taken must be finite: its slope is multiplied by 0.
    smooth = torch.exp(
        torch.where(constant, exponent, 0.0) * torch.where(constant, base, 1.0).log()
    )
    falls = 1.0 - torch.where(corner, exponent, 1.0).sqrt()  # to 0, as steeply as 0^e
    return torch.where(constant, smooth, torch.where(corner, falls, value))
