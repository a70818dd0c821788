"""Hooks that stay behind when what they hang on is copied, saved or compiled."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, final

from torch.compiler import is_compiling

_nothing = nullcontext().__exit__  # takes anything and gives None, and every Python can load it


@final
class Hook:
    """Calls a function; a copy of it, or what is loaded from a file, does nothing.

    A model that is copied in the middle of a loop would else take the recorder along, and a file of
    it would need this package. While `torch.compile` traces the model it does nothing either, so
    that it leaves no trace in what is compiled.

    >>> from copy import deepcopy
    >>> hook = Hook(lambda *given: len(given))
    >>> hook(1, 2), deepcopy(hook)(1, 2)
    (2, None)
    """

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call

    def __call__(self, *given: Any) -> Any:
        return None if is_compiling() else self.call(*given)

    def __deepcopy__(self, memo: dict[int, Any]) -> Callable[..., Any]:
        return _nothing

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (nullcontext(), "__exit__")
