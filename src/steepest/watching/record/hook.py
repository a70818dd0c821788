"""Hooks that stay behind when what they hang on is copied, saved or compiled."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, final

from torch import Tensor, sparse_coo, strided
from torch._C import _is_tracing
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.compiler import is_compiling

_MARK = "_ends_the_loop"
_nothing = nullcontext().__exit__  # takes anything and gives None, and every Python can load it


@final
class recording:  # used by `with`, as contextlib.suppress is
    """Take down what our own code raises: the loop that is watched must not end of it."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults

    def __enter__(self) -> None:
        """Nothing is to be done."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> bool:
        if not isinstance(error, Exception) or is_let_through(error):
            return False
        self.faults.append(_line(error))
        return True


def let_through(error: Exception) -> None:
    """Mark an error as the user's own, which ends the loop and not the recording."""
    error.__dict__[_MARK] = True


def is_let_through(error: Exception) -> bool:
    """Whether an error is the user's own."""
    return _MARK in error.__dict__


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


@final
class Hook:
    """Calls a function; a copy of it, or what is loaded from a file, does nothing.

    A model that is copied in the middle of a loop would else take the recorder along, and a file of
    it would need this package. While `torch.compile` traces the model it does nothing either, so
    that it leaves no trace in what is compiled.

    - `faults`: where what the function raises is taken down; after the first it is not called again

    >>> from copy import deepcopy
    >>> hook = Hook(lambda *given: len(given), [])
    >>> hook(1, 2), deepcopy(hook)(1, 2)
    (2, None)
    """

    def __init__(self, call: Callable[..., Any], faults: list[str]) -> None:
        self.call, self.faults = call, faults

    def __call__(self, *given: Any) -> Any:
        if is_compiling() or _is_tracing():
            return None
        if self.faults:  # the recording has ended
            return None
        try:  # as `recording` does, at half its cost
            return self.call(*given)
        except Exception as error:
            if is_let_through(error):
                raise
            self.faults.append(_line(error))

    def __deepcopy__(self, memo: dict[int, Any]) -> Callable[..., Any]:
        return _nothing

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (nullcontext(), "__exit__")


def delete_empty_hooks(tensor: Tensor) -> None:
    """Delete a tensor's dictionaries of hooks that hold none any more: those that are left behind
    cost torch some microseconds each at every pass.
    """
    if not tensor._backward_hooks:
        tensor._backward_hooks = None
    if not tensor._post_accumulate_grad_hooks:
        tensor._post_accumulate_grad_hooks = None  # type: ignore[assignment]


def is_plain_tensor(value: object) -> bool:
    """Whether it is a tensor with numbers of its own: none of torch.func's, nested or on meta."""
    return (
        isinstance(value, Tensor)
        and not is_functorch_wrapped_tensor(value)
        and not value.is_nested
        and not value.is_meta
        and value.layout in (strided, sparse_coo)
    )
