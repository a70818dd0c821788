"""A learning-rate range test: which rate lowers a model's loss fastest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from torch import Tensor, optim
from torch.nn import Module
from torch.optim import Optimizer

from steepest.arrays import Floats
from steepest.curvature.rates import MomentumRule
from steepest.errors import InputError, printable
from steepest.number_checks import given, is_number, is_whole
from steepest.watching.measure.copied_model import CopiedModel, rate_shares, set_rate
from steepest.watching.measure.hessian import ModuleCurvature, largest_curvature
from steepest.watching.measure.isolated import RandomState, isolated
from steepest.watching.measure.loader_batches import Batches
from steepest.watching.record.optimized_parameters import check_loss, check_numbers
from steepest.wording.fact import Fact, fact, text_of

_SMOOTHING = 0.7
# It has blown up where the smoothed loss is above the least by so many times the first loss.
_BLOWN_UP = 2.0
# The slope is that of a line through so many decades of rates, and never through fewer points.
_DECADES, _POINTS = 0.5, 5
# A fall smaller than this share of the scatter about the smoothed loss may be chance.
_SEEN = 0.5
# Nor is one that takes less than this share of the loss worth a suggestion.
_LEAST = 1e-2


@dataclass(frozen=True, eq=False, repr=False)
class MeasuredRates:
    """What a learning-rate range test found.

    - `rates`, `losses`, `before` (n,): each step's rate, the loss of its batch before the update,
      and the loss of the same batch at the start
    - `smoothed` (n,): the mean of `before`, and what the losses have fallen below it: the mean of
      losses − before so far, in which a step back counts 0.7 times. That some batches are harder
      than others does not show in it
    - `suggestion`: where the smoothed loss falls fastest; nan where it does not fall
    - `blew_up`: whether the test ended since the loss rose far above its start
    - `curvature`: of the loss on the first batch, before any step; None: not measured
    - `optimizer`: whose rates these are;   `momentum`, `nesterov`: SGD's, which count for
      `stable_rate`;   `rate_is_set`: whether the optimizer has been given the suggestion
    """

    rates: Floats
    losses: Floats
    before: Floats
    smoothed: Floats
    suggestion: float
    blew_up: bool
    curvature: ModuleCurvature | None
    optimizer: str
    momentum: float = 0.0
    nesterov: bool = False
    rate_is_set: bool = False

    @classmethod
    def of(
        cls,
        model: Module,
        loss_fn: Callable[..., Tensor],
        loader: Any,
        *,
        optimizer: Optimizer | None = None,
        low: float = 1e-6,
        high: float = 10.0,
        steps: int = 100,
        mode: Literal["exponential", "linear"] = "exponential",
        validation_loader: Any = None,
        set_lr: bool = False,
        curvature: bool = True,
    ) -> Self:
        """A learning-rate range test (Smith, 2017), and the bound that the curvature sets, 2/λmax.

        A copy of the model makes `steps` updates while the rate grows from `low` to `high` by the
        same factor each time, until the loss blows up. The model, its buffers and gradients, the
        optimizer and all random states stay as they are, bit by bit, also after an error or Ctrl-C.

        - `loader`: a DataLoader, any iterable of batches, or one batch; begun anew where it is
          shorter than `steps`. A pair (x, y) is loss_fn(model(x), y), where x may be a tuple, that
          is model(*x), or a mapping, model(**x); any other batch is loss_fn(model(batch)), of a
          mapping loss_fn(model(**batch)), of three and more (a, b, c) loss_fn(model(a, b, c)). For
          a triple with a target in it and all else `loss_fn` is a `steepest.BatchLoss`, of a
          function from model and batch to loss
        - `optimizer`: a copy of it makes the updates, by default plain SGD; of several groups the
          rates keep their ratios, and the first group's is reported
        - `mode`: "linear" for rates that grow by the same difference
        - `validation_loader`: batches whose mean loss, in eval mode, is taken before each update
          in place of the loss of its own batch
        - `set_lr`: give the optimizer the suggested rate at the end, with the ratios of its groups;
          where there is no suggestion its rates stay. Of a rate schedule that was made before it
          knows nothing
        - `curvature`: measure λmax too: some dozens of gradients of the first batch

        The model runs in the mode it is in, training or eval.
        Raises InputError for a loader without batches, a loss that is no finite number, and
        `set_lr` without an optimizer.

        >>> import torch, steepest
        >>> x = torch.tensor([[1.0], [2.0], [3.0]])
        >>> model = torch.nn.Linear(1, 1, bias=False)
        >>> _ = torch.nn.init.zeros_(model.weight)
        >>> found = steepest.find_lr(model, torch.nn.MSELoss(), (x, 2 * x))
        >>> round(found.stable_rate, 4), found.blew_up           # 2/λmax = 3/14
        (0.2143, True)
        >>> 0.01 < found.suggestion < found.stable_rate
        True
        """
        rates = _rates(low, high, steps, mode)
        _check(model, loss_fn, optimizer)
        if set_lr and optimizer is None:
            raise InputError("set_lr=True gives the rate to an optimizer; hand it in: optimizer=…")
        batches = Batches.of(loader)
        held_out = None if validation_loader is None else Batches.repeated(validation_loader)
        generators = () if held_out is None else held_out.generators()
        before = RandomState.of(model, (*batches.generators(), *generators))
        try:
            with isolated(model):
                first, losses, at_start, blew_up = _descend(
                    model, loss_fn, batches, held_out, optimizer, rates
                )
        finally:
            before.restore()
        rates, changes = rates[: len(losses)], losses - at_start
        smoothed = float(at_start.mean()) + _smooth(changes)
        suggestion = _steepest(rates, changes, abs(float(at_start.mean())))
        group = {} if optimizer is None else optimizer.param_groups[0]
        found = cls(
            rates=rates,
            losses=losses,
            before=at_start,
            smoothed=smoothed,
            suggestion=suggestion,
            blew_up=blew_up,
            curvature=_curvature(model, loss_fn, first) if curvature else None,
            optimizer="SGD" if optimizer is None else type(optimizer).__name__,
            momentum=float(group.get("momentum", 0.0)),
            nesterov=bool(group.get("nesterov", False)),
            rate_is_set=set_lr and bool(np.isfinite(suggestion)),
        )
        if found.rate_is_set and optimizer is not None:
            set_rate(optimizer, found.suggestion, rate_shares(optimizer))
        return found

    @property
    def sharpness(self) -> float:
        """λmax, the largest eigenvalue of the second derivative; nan where not measured."""
        return np.nan if self.curvature is None else self.curvature.largest

    @property
    def stable_rate(self) -> float:
        """The largest rate at which SGD does not diverge on the first batch: 2/λmax without
        momentum, 2 (1 + m)/λmax with momentum m; nan where the curvature was not measured."""
        rule = MomentumRule(self.momentum, self.nesterov)
        return np.nan if self.curvature is None else rule.stable_rate(self.curvature.largest)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What the test found, and what it cost."""
        suggestion = None if np.isnan(self.suggestion) else self.suggestion
        tested = fact(
            "rates tested",
            highest=float(self.rates[-1]),
            blew_up=self.blew_up,
            steps=len(self.rates),
            optimizer=self.optimizer,
        )
        given = [fact("rate is set", optimizer=self.optimizer)] if self.rate_is_set else []
        return (fact("rate of fastest fall", lr=suggestion), *given, tested, *self._bound())

    def _bound(self) -> Iterator[Fact]:
        if self.curvature is None:
            return
        if not np.isfinite(self.stable_rate):
            yield fact("no bound of curvature")
            return
        yield fact(
            "bound of curvature",
            curvature=self.sharpness,
            stable=self.stable_rate,
            momentum=self.momentum,
            optimizer=self.optimizer,
            products=self.curvature.products,
        )
        if self.optimizer == "SGD" and self.suggestion > self.stable_rate:
            yield fact("suggestion above bound")

    def __repr__(self) -> str:
        return printable(text_of(self.facts))

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "suggestion": self.suggestion,
            "stable_rate": self.stable_rate,
            "sharpness": self.sharpness,
            "blew_up": self.blew_up,
            "optimizer": self.optimizer,
            "rate_is_set": self.rate_is_set,
            "facts": [each.to_dict() for each in self.facts],
            "rates": self.rates.tolist(),
            "losses": self.losses.tolist(),
            "before": self.before.tolist(),
            "smoothed": self.smoothed.tolist(),
        }


def _rates(low: float, high: float, steps: int, mode: str) -> Floats:
    if not is_whole(steps, least=2):
        raise InputError("steps is {steps}; give a whole number, 2 or more", steps=given(steps))
    if not (is_number(low) and is_number(high) and 0.0 < low < high):
        raise InputError(
            "the rates go from {low!r} to {high!r}; give 0 < low < high", low=low, high=high
        )
    if mode not in ("exponential", "linear"):
        raise InputError('mode is {mode!r}; rates grow "exponential" or "linear"', mode=mode)
    return (np.linspace if mode == "linear" else np.geomspace)(low, high, int(steps))


def _check(model: Any, loss_fn: Any, optimizer: Any) -> None:
    if not isinstance(model, Module):
        raise InputError("find_lr takes a torch.nn.Module, not {name}", name=type(model).__name__)
    check_loss(loss_fn)
    check_numbers(model)
    if optimizer is not None and not isinstance(optimizer, optim.Optimizer):
        raise InputError(
            "optimizer must be one of torch.optim, made of model.parameters(), not {optimizer!r}",
            optimizer=optimizer,
        )
    if isinstance(optimizer, optim.LBFGS):
        raise InputError("LBFGS searches along a line; a range test of its rate says nothing")


def _descend(
    model: Module,
    loss_fn: Callable[..., Tensor],
    batches: Batches,
    held_out: Batches | None,
    optimizer: Optimizer | None,
    rates: Floats,
) -> tuple[Any, Floats, Floats, bool]:
    """The first batch, the losses before each update and at the start, and whether it blew up."""
    copied = CopiedModel.of(model, optimizer)
    losses: list[tuple[float, float]] = []
    first, blew_up = None, False
    for rate, batch in zip(rates.tolist(), batches.endless(len(rates)), strict=False):
        first = batch if first is None else first
        copied.set_rate(rate)
        if held_out is not None:
            value = copied.held_out(loss_fn, held_out.epoch())
        of_batch = copied.step(loss_fn, batch)
        losses.append(of_batch if held_out is None else (value, losses[0][0] if losses else value))
        if len(losses) == 1 and not np.isfinite(losses[0][0]):
            raise InputError(
                "the loss of the first batch is {losses} before any step; look for "
                "parameters, inputs or a target that are nan or infinite",
                losses=losses[0][0],
            )
        blew_up = _has_blown_up(np.array(losses))
        if blew_up:
            break
    now, at_start = np.array(losses).T
    return first, now, at_start, blew_up


def _smooth(values: Floats) -> Floats:
    """Means in which a step back counts 0.7 times; the first ones of the values there are."""
    mean, smoothed = 0.0, []
    for place, value in enumerate(values.tolist(), 1):
        mean = _SMOOTHING * mean + (1.0 - _SMOOTHING) * value
        smoothed.append(mean / (1.0 - _SMOOTHING**place))
    return np.array(smoothed)


def _has_blown_up(losses: Floats) -> bool:
    now, at_start = losses.T
    if not np.isfinite(now[-1]):
        return True
    changes = _smooth(now - at_start)
    return bool(changes[-1] - changes.min() > _BLOWN_UP * abs(float(at_start.mean())))


def _steepest(rates: Floats, changes: Floats, start: float) -> float:
    """The rate at which the smoothed loss, `start` at first, falls fastest, before it is least."""
    finite = np.isfinite(changes)
    rates, changes = rates[finite], changes[finite]
    smoothed = _smooth(changes)
    least = int(smoothed.argmin())
    scatter = float(np.std(np.diff(changes[: least + 1]))) if least > 1 else 0.0
    if least == 0 or not -smoothed[least] > max(_SEEN * scatter, _LEAST * start):
        return np.nan
    decades = np.log10(rates[: least + 1])
    width = max(_POINTS, round(_DECADES * len(decades) / float(np.ptp(decades))))
    middles, slopes = _slopes(decades, smoothed[: least + 1], min(width, least + 1))
    return float(10.0 ** middles[slopes.argmin()])


def _slopes(x: Floats, y: Floats, width: int) -> tuple[Floats, Floats]:
    """The middle of every run of so many points, and the slope of the line through them."""
    from numpy.lib.stride_tricks import sliding_window_view

    a, b = sliding_window_view(x, width), sliding_window_view(y, width)
    a = a - a.mean(axis=1, keepdims=True)
    return sliding_window_view(x, width).mean(axis=1), (a * b).sum(axis=1) / (a * a).sum(axis=1)


def _curvature(model: Module, loss_fn: Callable[..., Tensor], batch: Any) -> ModuleCurvature | None:
    """None where the loss has no second derivative."""
    try:
        return largest_curvature(model, loss_fn, batch)
    except (InputError, RuntimeError):
        return None
