"""Runs of the model that are not part of the watched loop.

Random states are restored afterwards, and our hooks ignore what they see meanwhile.
"""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch

_ISOLATED = ContextVar("isolated", default=False)
# The processor's state is stored apart; the others have no state per device.
_STATELESS = ("cpu", "meta", "mps")


def is_isolated() -> bool:
    """Whether the model is now run by us, and not by the loop.

    >>> is_isolated()
    False
    >>> with isolated(torch.nn.Linear(1, 1)):
    ...     is_isolated()
    True
    """
    return _ISOLATED.get()


@contextmanager
def isolated(model: torch.nn.Module) -> Iterator[None]:
    """Within it the model may run; afterwards random states are restored."""
    before = RandomState.of(model)
    token = _ISOLATED.set(True)
    try:
        yield
    finally:
        _ISOLATED.reset(token)
        before.restore()


@final
@dataclass(frozen=True, eq=False)
class RandomState:
    """The states of Python's, NumPy's and torch's random numbers, and of generators of others."""

    python: Any
    numpy: Any
    cpu: torch.Tensor
    devices: tuple[tuple[torch.device, torch.Tensor], ...]
    generators: tuple[tuple[torch.Generator, torch.Tensor], ...]

    @staticmethod
    def of(model: torch.nn.Module, generators: Iterable[torch.Generator] = ()) -> "RandomState":
        """The states now, on the processor and on the devices that the model lies on."""
        tensors = (*model.parameters(), *model.buffers())
        devices = {tensor.device for tensor in tensors if tensor.device.type not in _STATELESS}
        return RandomState(
            python=random.getstate(),
            numpy=np.random.get_state(),
            cpu=torch.get_rng_state(),
            devices=tuple((device, _module(device).get_rng_state(device)) for device in devices),
            generators=tuple((each, each.get_state()) for each in generators),
        )

    def restore(self) -> None:
        """Restore all of them."""
        random.setstate(self.python)
        np.random.set_state(self.numpy)
        torch.set_rng_state(self.cpu)
        for device, state in self.devices:
            _module(device).set_rng_state(state, device)
        for generator, state in self.generators:
            generator.set_state(state)


def _module(device: torch.device) -> Any:
    return getattr(torch, device.type)
