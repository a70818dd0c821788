"""A batch that does not fit a model or its loss: an error in one line, unless user code raised."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from steepest.errors import InputError

_OURS = (str(Path(torch.__file__).parent), str(Path(__file__).parent))
_MEANT = (RuntimeError, TypeError, ValueError, IndexError)


@contextmanager
def refusing(batch: Any) -> Iterator[None]:
    """Raise InputError for what is no batch, and in place of torch's errors about its shapes.

    An error raised in the user's own code, in a module or a loss, passes unchanged.

    >>> with refusing(torch.ones(2, 3)):
    ...     torch.nn.Linear(4, 1)(torch.ones(2, 3))
    Traceback (most recent call last):
    steepest.errors.InputError: the model or loss refuses the batch, ...
    """
    _check(batch)
    try:
        yield
    except _MEANT as error:
        spared = isinstance(error, InputError | NotImplementedError | torch.OutOfMemoryError)
        if spared or not _by_torch_alone(error.__traceback__):
            raise
        message = str(error).strip().split("\n")[0]
        raise InputError(
            "the model or loss refuses the batch, {batch}: {message}",
            batch=_shown(batch),
            message=message,
        ) from None


def _check(batch: Any) -> None:
    if isinstance(batch, DataLoader | Dataset):
        kind = type(batch).__name__
        raise InputError(
            "the batch is a {kind}; give one batch of it, such as next(iter(loader))", kind=kind
        )
    parts = batch if isinstance(batch, tuple | list) else [batch]
    if any(isinstance(part, np.ndarray) for part in parts):
        raise InputError("the batch holds NumPy arrays; give tensors: torch.as_tensor(array)")
    if batch is None or isinstance(batch, int | float):
        raise InputError(
            "a batch is a pair (inputs, target) or what the model takes, not {batch!r}", batch=batch
        )


def _by_torch_alone(trace: TracebackType | None) -> bool:
    """Whether all that ran between the call and the error belongs to torch or to us."""
    for _ in range(2):  # this file's, and the one that the call stands in
        trace = None if trace is None else trace.tb_next
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith(_OURS):
            return False
        trace = trace.tb_next
    return True


def _shown(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"{tuple(value.shape)} of {str(value.dtype).removeprefix('torch.')}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_shown(each)}" for name, each in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(_shown, value)) + ")"
    return type(value).__name__
