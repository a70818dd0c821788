"""The batches of a DataLoader, of any iterable, or one batch alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from steepest.errors import InputError
from steepest.number_checks import is_whole


@final
@dataclass(frozen=True, eq=False)
class Batches:
    """The batches of a loader, epoch by epoch.

    - `source`: iterated anew for every epoch;   `once`: whether it can be iterated only once

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
                "loader must be a DataLoader, an iterable of (inputs, target), or one such "
                "pair, not {loader!r}",
                loader=loader,
            )
        return Batches(loader, isinstance(loader, Iterator))

    @staticmethod
    def repeated(loader: Any) -> "Batches":
        """Batches that are gone through several times: those of a source of one epoch are kept."""
        batches = Batches.of(loader)
        return Batches(list(batches.epoch()), False) if batches.once else batches

    def epoch(self) -> Iterator[Any]:
        """One epoch's batches. Raises InputError where there are none."""
        empty = True
        for batch in self.source:
            empty = False
            yield batch
        if empty:
            raise InputError("the loader is empty: it must hand out at least one batch")

    def endless(self, most: int) -> Iterator[Any]:
        """So many batches, epoch after epoch; those of a source of one epoch are repeated."""
        stored: list[Any] = []
        place = 0
        while place < most:
            again = bool(stored)
            for batch in stored if again else self.epoch():
                if self.once and not again:
                    stored.append(batch)
                yield batch
                place += 1
                if place == most:
                    return

    def generators(self) -> tuple[torch.Generator, ...]:
        """The random generators that a DataLoader draws its order from."""
        holders = [self.source, getattr(self.source, "sampler", None)]
        inner = getattr(self.source, "batch_sampler", None)
        holders += [inner, getattr(inner, "sampler", None)]
        generators = [getattr(holder, "generator", None) for holder in holders]
        return tuple({id(g): g for g in generators if isinstance(g, torch.Generator)}.values())


def in_batches_of(loader: Any, size: Any) -> Any:
    """A DataLoader of the same rows in batches of another size: in the order of its own sampler,
    or of one pair of tensors in random order. Raises InputError for other loaders.

    >>> import torch
    >>> x = torch.ones(5, 1)
    >>> [len(inputs) for inputs, _ in in_batches_of((x, x), 2)]
    [2, 2, 1]
    """
    if not is_whole(size, least=1):
        raise InputError(
            "batch_size holds {size!r}; give whole numbers above 0, and None for the loader's own",
            size=size,
        )
    if isinstance(loader, tuple | list) and is_batch(loader) and isinstance(loader[0], Tensor):
        return DataLoader(TensorDataset(*loader), int(size), shuffle=True)
    whole = isinstance(loader, DataLoader) and loader.batch_size is not None
    if not whole or isinstance(loader.dataset, IterableDataset):
        raise InputError(
            "batch_size takes the rows of a DataLoader or of one pair of tensors in other "
            "batches; this loader has its own, leave batch_size out"
        )
    return DataLoader(
        loader.dataset,
        int(size),
        sampler=loader.sampler,
        collate_fn=loader.collate_fn,
        drop_last=loader.drop_last,
        generator=loader.generator,
    )


def is_batch(value: Any) -> bool:
    """Whether this is one batch: a tensor, a mapping, or a pair whose target is a tensor."""
    if isinstance(value, tuple | list):
        return len(value) == 2 and isinstance(value[1], torch.Tensor)
    return isinstance(value, torch.Tensor | Mapping)
