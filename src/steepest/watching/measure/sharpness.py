"""λmax of a watched loop, measured every so many steps, beside its learning rate."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, final

from torch.nn import Module
from torch.optim import SGD

from steepest.curvature.rates import MomentumRule
from steepest.errors import InputError
from steepest.number_checks import check_whole
from steepest.watching.measure.hessian import largest_curvature
from steepest.watching.record.optimized_parameters import inner_module
from steepest.watching.record.recorder import Recorder
from steepest.watching.record.step_record import Record
from steepest.wording.fact import fact

# ‖H v − λ v‖ is at most a hundredth of λ; the error of λ itself is about the square of that where
# the next eigenvalue is well apart.
_TOLERANCE, _MOST = 1e-2, 60
_KEPT = 2000


@final
@dataclass(frozen=True)
class MeasuredCurvature:
    """λmax on the batch of the step before, at the parameters of one step.

    - `step`: the step whose parameters these are
    - `largest`: λmax, within `error` of an eigenvalue
    - `learning_rate`: of the first group;   `stable_rate`: the largest stable one of SGD, 2/λmax
      without momentum (for another optimizer, that of plain SGD)
    - `products`: Hessian-vector products that it took, about two backward passes each, in `seconds`
    """

    step: int
    largest: float
    error: float
    learning_rate: float
    stable_rate: float
    products: int
    seconds: float

    @property
    def share(self) -> float:
        """The learning rate over the stable one: above 1, SGD on this batch alone diverges."""
        return self.learning_rate / self.stable_rate


@final
class Sharpness:
    """Measures at recorded steps that are at least `every` apart; `measured` grows.

    The model stays as it is, and so do random states. Where there is no second derivative, it warns
    once and measures no more.
    """

    def __init__(
        self,
        model: Any,
        loss_fn: Callable[..., Any] | None,
        recorder: Recorder,
        every: int,
    ) -> None:
        check_whole("curvature_every", every, 1)
        if not isinstance(model, Module) or not isinstance(loss_fn, Module):
            raise InputError(
                "curvature_every needs a module and a loss module such as nn.MSELoss(), "
                "whose batches are seen; elsewhere run.curvature((inputs, target)) measures."
            )
        self.model = model
        self.loss_fn, self.recorder, self.every = loss_fn, recorder, every
        self.measured: list[MeasuredCurvature] = []
        self._next = 0

    def take(self, record: Record) -> None:
        """A step was recorded: measure if it is time."""
        batch = self.recorder.inspector.batch
        if record.index < self._next or batch is None:
            return
        self._next = record.index + self.every
        try:
            self.measured.append(self._measure(record.index + 1, batch))
        except (InputError, RuntimeError) as error:
            self._next = 2**62
            missing = fact("curvature not measured", error=str(error))
            warnings.warn(str(missing), stacklevel=2)
        if len(self.measured) > _KEPT:
            # Every second measurement stays, and from now on half as many are made.
            self.measured, self.every = self.measured[::2], 2 * self.every

    def _measure(self, step: int, batch: Any) -> MeasuredCurvature:
        started = perf_counter()
        curvature = largest_curvature(
            inner_module(self.model), self.loss_fn, batch, tolerance=_TOLERANCE, most=_MOST
        )
        return MeasuredCurvature(
            step=step,
            largest=curvature.largest,
            error=curvature.largest_error,
            learning_rate=self.recorder.rates()[0],
            stable_rate=self._rule().stable_rate(curvature.largest),
            products=curvature.products,
            seconds=perf_counter() - started,
        )

    def _rule(self) -> MomentumRule:
        optimizer = self.recorder.optimizers[0]
        if type(optimizer) is not SGD:
            return MomentumRule(0.0, False)
        group = optimizer.param_groups[0]
        return MomentumRule(float(group["momentum"]), bool(group["nesterov"]))
