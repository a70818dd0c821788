"""The batches of someone's loader: of a DataLoader, of any iterable, or one batch alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from steepest.errors import InputError

if TYPE_CHECKING:
    import torch


@final
@dataclass(frozen=True, eq=False)
class Batches:
    """What a loader hands out, epoch by epoch.

    - `source`: begun anew for every epoch;   `once`: it can be gone through only once

    >>> import torch
    >>> x = torch.ones(3, 1)
    >>> len(list(Batches.of((x, x)).epoch())), len(list(Batches.of([(x, x), (x, x)]).epoch()))
    (1, 2)
    """

    source: Iterable[Any]
    once: bool

    @staticmethod
    def of(loader: Any) -> "Batches":
        """A pair (inputs, target), a tensor or a mapping is one batch. Raises InputError for what
        cannot be iterated over."""
        if is_batch(loader):
            return Batches((loader,), False)
        if isinstance(loader, str) or not hasattr(loader, "__iter__"):
            raise InputError(
                "loader must be a DataLoader, an iterable of (inputs, target), or one such pair, "
                f"not {loader!r}"
            )
        return Batches(loader, isinstance(loader, Iterator))

    def epoch(self) -> Iterator[Any]:
        """One epoch's batches. Raises InputError where there are none."""
        empty = True
        for batch in self.source:
            empty = False
            yield batch
        if empty:
            raise InputError("the loader is empty: it must hand out at least one batch")

    def endless(self, most: int) -> Iterator[Any]:
        """So many batches, epoch after epoch; what cannot be begun anew is kept and repeated."""
        kept: list[Any] = []
        place = 0
        while place < most:
            again = bool(kept)
            for batch in kept if again else self.epoch():
                if self.once and not again:
                    kept.append(batch)
                yield batch
                place += 1
                if place == most:
                    return

    def generators(self) -> "tuple[torch.Generator, ...]":
        """Random generators of its own that a DataLoader draws the order from."""
        import torch

        holders = [self.source, getattr(self.source, "sampler", None)]
        inner = getattr(self.source, "batch_sampler", None)
        holders += [inner, getattr(inner, "sampler", None)]
        found = [getattr(holder, "generator", None) for holder in holders]
        each = {id(one): one for one in found if isinstance(one, torch.Generator)}
        return tuple(each.values())


def is_batch(value: Any) -> bool:
    """Whether this is one batch: a tensor, a mapping, or a pair whose target is a tensor."""
    import torch

    if isinstance(value, tuple | list):
        return len(value) == 2 and isinstance(value[1], torch.Tensor)
    return isinstance(value, torch.Tensor | Mapping)
