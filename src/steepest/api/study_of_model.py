"""Several runs of one model: the same start, the same batches, each run watched."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, final

import numpy as np

from steepest.api.watch import watch
from steepest.arrays import Floats
from steepest.descent.stopping import Epochs, check_walked
from steepest.errors import InputError
from steepest.number_checks import check_seed, given, is_whole
from steepest.path.run_labels import distinct
from steepest.results.study import Study
from steepest.translation import say
from steepest.watching.measure.given_optimizers import Given, Maker, label_of, makers_of
from steepest.watching.record.optimized_parameters import check_loss, check_numbers
from steepest.watching.watched_path import WatchedPath

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer

    from steepest.watching.measure.isolated import RandomState
    from steepest.watching.measure.loader_batches import Batches

EPOCHS = 10


def study_of_model(
    make_model: "Callable[[], Module] | Module",
    *,
    make_optimizer: Given | Sequence[Given] | Mapping[str, Given],
    loss_fn: "Callable[..., Tensor]",
    loader: Any,
    rates: Sequence[float | None] = (None,),
    sizes: Sequence[int | None] = (None,),
    seeds: Sequence[int] | None = None,
    epochs: int = EPOCHS,
    seed: int = 0,
) -> Study:
    """Train one model in every way: see `steepest.study`. `sizes`: None for the loader's own."""
    from torch.nn import Module

    from steepest.watching.measure.isolated import RandomState
    from steepest.watching.measure.loader_batches import Batches, in_batches_of

    if not is_whole(epochs, least=1):
        raise InputError("epochs is {epochs}; give a whole number, 1 or more", epochs=given(epochs))
    check_walked([Epochs(epochs)])
    for each in (seed, *(seeds or ())):
        check_seed(each)
    check_loss(loss_fn)
    loaders = [
        Batches.of(loader if size is None else in_batches_of(loader, size)) for size in sizes
    ]
    if any(batches.once for batches in loaders):
        raise InputError(
            "the loader can be gone through only once; give a DataLoader or a list of batches"
        )
    makers = makers_of(make_optimizer, rates)
    model = make_model if isinstance(make_model, Module) else None
    if model is not None and seeds is not None:
        raise InputError(
            "starts are seeds that a model is made under; give a function that makes it"
        )
    make = make_model if model is None else lambda: deepcopy(model)
    generators = [each for batches in loaders for each in batches.generators()]
    before = RandomState.of(model if model is not None else Module(), generators)
    runs: list[_Run] = []
    starts: dict[int, Floats] = {}
    try:
        for begin, maker, (size, batches) in product(
            seeds or [seed], makers, zip(sizes, loaders, strict=True)
        ):
            course = _Course(make, loss_fn, batches, int(epochs), begin, seed, before)
            run = course.run(maker, starts.get(begin))
            starts.setdefault(begin, run.start)
            words = [run.label, _size_words(size) if len(sizes) > 1 else ""]
            words.append(f"start {begin}" if len(seeds or ()) > 1 else "")
            runs.append(replace(run, label=", ".join(filter(None, words))))
            if run.interrupted:
                break
    finally:
        before.restore()
    return Study(
        tuple(run.path for run in runs),
        distinct([run.label for run in runs]),
        settings=tuple(run.settings for run in runs),
        measured=tuple(run.objectives for run in runs),
    )


def _size_words(size: int | None) -> str:
    return say("the loader's batches") if size is None else f"batch {size}"


@final
@dataclass(frozen=True, eq=False)
class _Run:
    path: WatchedPath
    label: str
    settings: dict[str, object]
    objectives: Floats
    start: Floats
    interrupted: bool


@final
@dataclass(frozen=True, eq=False)
class _Course:
    """How a run is made: `begin` seeds the model, `seed` the order of its batches."""

    make: "Callable[[], Module]"
    loss_fn: "Callable[..., Tensor]"
    batches: "Batches"
    epochs: int
    begin: int
    seed: int
    random: "RandomState"

    def run(self, maker: Maker, start: Floats | None) -> _Run:
        """One run; `start` is where it must begin."""
        self._seed(self.begin)
        model = self._model()
        here = _parameters(model)
        if start is not None and not np.array_equal(here, start, equal_nan=True):
            raise InputError(
                "make_model gave another start the second time; let it draw from torch's, "
                "NumPy's or Python's random numbers, which are seeded for each run"
            )
        optimizer = maker(model.parameters())
        label = maker.label or label_of(optimizer)
        settings: dict[str, object] = {
            "optimizer": {"name": type(optimizer).__name__},
            "lr": str(optimizer.param_groups[0].get("lr")),
        }
        self._seed(self.seed)
        objectives = [self._objective(model)]
        if not np.isfinite(objectives[0]):
            raise InputError(
                "the objective is {objectives} before any step; look for parameters, inputs "
                "or a target that are nan or infinite",
                objectives=objectives[0],
            )
        interrupted = False
        with watch(model, optimizer, self.loss_fn, every=1) as run:
            try:
                for _ in range(self.epochs):
                    went_on = self._epoch(model, optimizer, run.loss)
                    objectives.append(self._objective(model) if went_on else np.nan)
                    if not np.isfinite(objectives[-1]):
                        break
            except KeyboardInterrupt:
                interrupted = True
            run.loss(objectives[-1])
        return _Run(run.path, label, settings, np.array(objectives), here, interrupted)

    def _seed(self, seed: int) -> None:
        import torch

        self.random.restore()
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)

    def _model(self) -> "Module":
        from torch.nn import Module

        if not _needs_nothing(self.make):
            raise InputError(
                "make_model must take no arguments: write lambda: Net(…), with what Net needs in it"
            )
        model = self.make()
        if not isinstance(model, Module):
            raise InputError(
                "make_model gave {model!r}; it must give a torch.nn.Module", model=model
            )
        check_numbers(model)
        if not any(value.requires_grad for value in model.parameters()):
            raise InputError(
                "the model has no parameter that is trained: all have requires_grad=False"
            )
        return model

    def _epoch(self, model: "Module", optimizer: "Optimizer", record: Callable[[Any], Any]) -> bool:
        """Go through all batches; False where a loss was no finite number, and the rest is left."""
        return all(self._step(model, optimizer, batch, record) for batch in self._batches(model))

    def _step(
        self, model: "Module", optimizer: "Optimizer", batch: Any, record: Callable[[Any], Any]
    ) -> bool:
        from torch.nn import Module
        from torch.optim import LBFGS

        from steepest.watching.measure.batch_objective import loss_of

        def evaluate() -> "Tensor":
            optimizer.zero_grad()
            loss = loss_of(model, self.loss_fn, batch)
            # The values of a loss module are seen by the watch itself.
            if not isinstance(self.loss_fn, Module):
                record(loss)
            if not loss.requires_grad:
                raise InputError("the loss does not depend on any parameter of the model")
            loss.backward()
            return loss

        if isinstance(optimizer, LBFGS):
            loss: Any = optimizer.step(evaluate)
        else:
            loss = evaluate()
            optimizer.step()
        return bool(loss.detach().isfinite())

    def _objective(self, model: "Module") -> float:
        """The mean loss over all batches by their rows, in eval mode."""
        from steepest.watching.measure.batch_objective import loss_of
        from steepest.watching.measure.isolated import RandomState
        from steepest.watching.measure.mean_loss import mean_loss

        before = RandomState.of(model, self.batches.generators())
        try:
            return mean_loss(
                model, self._batches(model), lambda batch: loss_of(model, self.loss_fn, batch)
            )
        finally:
            before.restore()

    def _batches(self, model: "Module") -> Iterator[Any]:
        from steepest.watching.measure.batch_objective import on_device

        first = next(model.parameters(), None)
        for batch in self.batches.epoch():
            yield batch if first is None else on_device(batch, first.device)


def _needs_nothing(make: "Callable[[], Module]") -> bool:
    """Whether it can be called without arguments, or does not say."""
    from inspect import signature

    try:
        signature(make).bind()
    except TypeError:
        return False
    except ValueError:  # written in C
        return True
    return True


def _parameters(model: "Module") -> Floats:
    from steepest.watching.measure.batch_objective import flat

    values = list(model.parameters())
    if not values:
        raise InputError("the model has no parameters")
    return flat(values)
