"""How much work a run of a model is: counted, so that it is the same on a busy machine."""

from collections.abc import Mapping, Sequence
from typing import Any, final

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

# What calling a function of torch costs by itself, in the operations that could be made meanwhile:
# about 10 µs at 10 billion a second.
_CALL = 100_000


@final
class ModelWork(TorchDispatchMode):
    """Counts the operations on numbers that torch makes inside it.

    Of matrix products and convolutions they are multiplications and additions; of other functions
    one for each number that comes out.

    >>> with ModelWork() as work:
    ...     _ = torch.ones(10, 20) @ torch.ones(20, 30)
    >>> work.operations - 3 * 100_000  # three calls; 200 and 600 ones
    12800
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # nor here
        self.operations = 0

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call `func`, and count what it does."""
        options = {**(kwargs or {})}
        out = func(*args, **options)
        self.operations += _CALL + _operations(func, args, options, out)
        return out


def _operations(func: Any, args: Sequence[Any], options: Mapping[str, Any], out: Any) -> int:
    known = flop_registry.get(func.overloadpacket)
    if known is not None:
        return int(known(*args, **options, out_val=out))
    return out.numel() if isinstance(out, torch.Tensor) else 0
