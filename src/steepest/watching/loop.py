"""A PyTorch loop, while it is watched and after it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from sys import exc_info
from types import TracebackType
from typing import Any, Self, SupportsFloat, TypeVar

import numpy as np
from torch import Tensor, distributed
from torch.nn import Module
from torch.optim import Optimizer

from steepest.arrays import Floats
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.verdict import Verdict
from steepest.errors import InputError
from steepest.path.objective_curve import ObjectiveCurve
from steepest.path.step import Step
from steepest.path.step_table import StepTable
from steepest.watching.callbacks import Callback
from steepest.watching.ending import Ending, ending_of
from steepest.watching.loop_evidence import loop_end
from steepest.watching.loop_judge import LoopJudge, find_mistakes
from steepest.watching.measure.hessian import ModuleCurvature, largest_curvature
from steepest.watching.measure.landscape import MeasuredLandscape
from steepest.watching.measure.noise_scale import NoiseScale
from steepest.watching.measure.sharpness import MeasuredCurvature, Sharpness
from steepest.watching.minimised_problem import MinimisedProblem, rounding_of
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.hand_written import HandWritten
from steepest.watching.record.hook import let_through, recording
from steepest.watching.record.optimized_parameters import (
    Model,
    OptimizedParameters,
    inner_module,
    named_parameters,
)
from steepest.watching.record.pace import Every
from steepest.watching.record.recorder import Recorder
from steepest.watching.record.step_record import Record
from steepest.watching.watched_path import RecordedProblem, WatchedPath, coordinate_names, step_of

Value = TypeVar("Value", bound="Tensor | float")


class WatchedLoop:
    """A loop that is or was watched, used by `with`.

    `path` is the path so far, with its `verdict` and `forecast`; `loss` hands in the objective.
    """

    def __init__(
        self,
        model: Model,
        optimizers: Sequence[Optimizer],
        loss_fn: Callable[..., Any] | None,
        every: Every,
        keep: int | None,
        callbacks: Sequence[Callback] = (),
        curvature_every: int | None = None,
        histograms: bool = False,
    ) -> None:
        self.model, self.optimizers, self.loss_fn = model, tuple(optimizers), loss_fn
        self.named = named_parameters(model)
        self.hand_written: HandWritten | None = None
        if not optimizers:
            self.hand_written = HandWritten([tensor for _, tensor in self.named])
            self.optimizers = (self.hand_written,)
            names = (name for name, _ in self.named)
            self.named = list(zip(names, self.hand_written.copies, strict=True))
        held = dict(self.named) if self.hand_written else model
        self.parameters = OptimizedParameters.of(held, self.optimizers)
        hooked = loss_fn if isinstance(loss_fn, Module) else None
        watched = model if isinstance(model, Module) else None
        self.recorder = Recorder(
            watched,
            self.parameters,
            self.optimizers,
            hooked,
            every,
            keep,
            histograms=histograms,
        )
        self.callbacks = tuple(callbacks)
        self._sharpness: Sharpness | None = None
        if curvature_every is not None:
            self._sharpness = Sharpness(model, loss_fn, self.recorder, curvature_every)
            self.recorder.listeners.append(self._sharpness.take)
        self._coordinates: tuple[str, ...] | None = None
        self._started: list[Callback] = []
        self._ending = Ending()
        self._state = "new"

    @property
    def records_here(self) -> bool:
        """Whether this process records: of several that train together only the first does."""
        together = distributed.is_available() and distributed.is_initialized()
        return not together or distributed.get_rank() == 0

    def __enter__(self) -> Self:
        if self._state != "new":
            raise InputError("this watch has been used; call steepest.watch again for another.")
        self._state = "running"
        self._records = self.records_here
        if self._records:
            self._begin()
        return self

    @property
    def is_running(self) -> bool:
        """Whether the block has begun and not ended."""
        return self._state == "running"

    def _begin(self) -> None:
        if self.callbacks:
            self.recorder.listeners.append(self._notify)
        self.recorder.start()
        if self.hand_written is not None:
            self.hand_written.begin(self.recorder)
        try:
            for callback in self.callbacks:
                callback.on_start(self)
                self._started.append(callback)
        except BaseException:
            self.__exit__(*exc_info())
            raise

    def _notify(self, record: Record) -> None:
        step = step_of(record, self._names(record))
        try:
            for callback in self.callbacks:
                callback.on_step(self, step)
        except Exception as error:
            let_through(error)
            raise

    def _names(self, record: Record) -> tuple[str, ...]:
        if self._coordinates is None:
            self._coordinates = coordinate_names(self.parameters.layout, record)
        return self._coordinates

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None and self._records:
            with recording(self.recorder.faults):
                self._ending = self._ending_by(error)
        self._state = "done"
        # Each is called, even if another fails: the last one first.
        with ExitStack() as stack:
            for callback in reversed(self._started):
                stack.callback(callback.on_end, self)
            if self._records:
                stack.callback(self.recorder.stop)
            if self._records and self.hand_written is not None:
                stack.callback(self.hand_written.end)

    def loss(self, value: Value) -> Value:
        """Hand in the objective, and get it back: `run.loss(loss).backward()`.

        For losses that no module computes. Call it once for each value, before the step that it
        belongs to, or after the last one.
        """
        _check_value(value)
        if self._state == "running" and self._records:
            self.recorder.take_loss(value)
        return value

    def step(
        self,
        parameters: Mapping[str, Any],
        loss: SupportsFloat,
        gradient: Mapping[str, Any] | None = None,
    ) -> None:
        """Hand in the point that a loop without torch stands at, before its update.

        - `parameters`: numbers or arrays, by the names that `watch` was given
        - `loss`: the objective there;   `gradient`: there, by the same names, where it is known

        Raises InputError where an optimizer or torch makes the steps, and for other names.

        >>> import numpy as np, steepest
        >>> x, y, w = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]), 1.0
        >>> with steepest.watch({"w": w}) as run:
        ...     for epoch in range(100):
        ...         gradient = 2.0 * np.mean(x * (w * x - y))
        ...         run.step({"w": w}, np.mean((w * x - y) ** 2), {"w": gradient})
        ...         w -= 0.01 * gradient
        ...     run.step({"w": w}, np.mean((w * x - y) ** 2))
        >>> round(run.at(100)["w"], 6), round(run.forecast.stable_rate, 6)
        (1.999944, 0.214286)
        """
        if self.hand_written is None:
            raise InputError("the optimizer makes the steps of this loop; run.loss takes its loss.")
        if self._state == "running" and self._records:
            self.hand_written.take_point(parameters, float(loss), gradient)

    @property
    def path(self) -> WatchedPath:
        """The path so far. Raises InputError before the block and where nothing is recorded."""
        self._check()
        if self._state != "running":
            return self._whole_path
        if self.hand_written is not None:
            self.hand_written.catch_up()
        records = self.recorder.records.thinned()
        return self._path((*records, self.recorder.standing()))

    @cached_property
    def _whole_path(self) -> WatchedPath:
        """The path of a loop that has ended."""
        return self._path(self.recorder.records.thinned())

    def _check(self) -> None:
        if self._state == "new":
            raise InputError(
                "nothing has been recorded: put the loop into `with watch(…) as run:`."
            )
        if not self._records:
            raise InputError("the first of several processes (rank 0) records; this one does not.")

    def _path(self, records: tuple[Record, ...]) -> WatchedPath:
        names = self._names(records[0])
        minimised = MinimisedProblem.of(records, names, self.recorder)
        path: WatchedPath
        path = WatchedPath(
            minimised.exactly or RecordedProblem(names),
            minimised.forecast,
            lambda: self._judge(path, exact=minimised.exactly is not None).verdict(),
            None,
            loop_end(self._ending),
            records,
            self.parameters.layout,
            self._losses(),
            self.curvatures,
        )
        return path

    def _losses(self) -> tuple[ObjectiveCurve, ...]:
        """The loss of every step so far, of each optimizer."""
        names = self.parameters.labels(self.optimizers)
        self.recorder.take_log()
        pairs = zip(self.recorder.history, names, strict=True)
        return tuple(history.curve(name) for history, name in pairs)

    def _judge(self, path: WatchedPath, *, exact: bool) -> LoopJudge:
        return LoopJudge(
            path,
            exact,
            self.optimizers,
            self.recorder,
            self._ending,
            rounding_of(self.parameters),
            self.mistakes,
        )

    def _ending_by(self, error: BaseException) -> Ending:
        model = inner_module(self.model) if isinstance(self.model, Module) else None
        passes = max(self.recorder.passes.seen(i)[0] or 0 for i in range(len(self.optimizers)))
        return ending_of(error, model, self.named, self.recorder.steps, passes)

    @property
    def verdict(self) -> Verdict:
        """How the loop went, why, and what would have helped."""
        return self.path.verdict

    @property
    def objective(self) -> Floats:
        """The objective of every step at which it is known, (m,), also of steps of which nothing
        else was recorded: the loss on the step's batch, and last the objective where the loop
        ended, where that is known. `run.losses` has the steps' indices.
        """
        return np.asarray(self.losses["objective"], dtype=np.float64)

    @property
    def losses(self) -> StepTable:
        """The objective of every step as a table: its columns are "index", "objective", "rows" of
        the batch (nan where that is not known), and of several optimizers "optimizer", from 0.

        Of more than two million steps of an optimizer every second is kept, and so on. The table
        can be saved: `run.losses.to_csv("losses.csv")`.
        """
        return self.path.losses

    @property
    def forecast(self) -> Forecast:
        """What curvature says: of a linear module under squared loss on the batch seen last."""
        return self.path.forecast

    @property
    def rate_share(self) -> float:
        """The learning rate now over the largest stable one, 2/λmax for plain SGD: above 1 a
        descent on this batch diverges. λmax is that of a linear module, or else the one that
        `curvature_every` measured last; nan where there is neither.
        """
        measured = self.curvatures
        stable = measured[-1].stable_rate if measured else self.forecast.stable_rate
        return self.recorder.rates()[0] / stable

    @property
    def curvatures(self) -> "tuple[MeasuredCurvature, ...]":
        """What `curvature_every` has measured so far: λmax, the stable rate, and what it cost."""
        return () if self._sharpness is None else tuple(self._sharpness.measured)

    def mistakes(self) -> list[Finding]:
        """The mistakes that show so far, the gravest first; [] where none does.

        Where plain SGD's objective rises or swings under a loss module, the curvature is measured
        on the batch seen last, to compare the learning rate with: the finding says at what cost.
        """
        return list(self._all_mistakes) if self._state == "done" else self._look_for_mistakes()

    @cached_property
    def _all_mistakes(self) -> list[Finding]:
        """Those of a loop that has ended."""
        return self._look_for_mistakes()

    def _look_for_mistakes(self) -> list[Finding]:
        return find_mistakes(self.path, self.recorder, self.named, self.loss_fn)

    def curvature(self, batch: Any = None, **options: Any) -> ModuleCurvature:
        """λmax of the loss on a batch (inputs, target), by default the one seen last.

        The options are those of `largest_curvature` in `steepest.watching.measure.hessian`. It
        costs some dozens of gradients. Raises InputError without a module, loss_fn or batch.
        """
        return largest_curvature(*self._known("curvature", batch), **options)

    def noise_scale(self, batches: Any, *, most: int = 64) -> NoiseScale:
        """The gradient noise scale at the present parameters, in rows, and with it the batch size
        that it suggests: tr(Σ)/|G|² (McCandlish et al., 2018), Σ the covariance of the gradients of
        single rows and G their mean, from the spread of the gradients of several batches.

        - `batches`: a DataLoader or a list of batches as `steepest.find_lr` takes them, at least 4
        - `most`: no more batches are looked at; each costs two gradients

        `NoiseScale` has the estimators and their errors. Where |G|² is not above its error `scale`
        is nan, and `at_least` a bound. Raises InputError without module and loss_fn,
        for fewer batches, and for a loss that adds its rows up.
        """
        model, loss_fn, _ = self._known("noise scale", ())
        return NoiseScale.of(model, loss_fn, batches, most=most)

    def measured_landscape(self, batch: Any = None, **options: Any) -> MeasuredLandscape:
        """The data of `run.landscape`."""
        model, loss_fn, batch = self._known("landscape", batch)
        path = self.path
        known = path.records[0].parameters is not None
        return MeasuredLandscape.of(model, loss_fn, batch, path if known else None, **options)

    def at(self, k: int) -> Step:
        """Step k of the path."""
        return self.path.at(k)

    def _known(self, what: str, batch: Any) -> tuple[Module, Callable[..., Any], Any]:
        """The module, its loss and a batch. Raises InputError where one lacks."""
        batch = self.recorder.inspector.batch if batch is None else batch
        if not isinstance(self.model, Module) or self.loss_fn is None:
            raise InputError(
                "the {what} needs the module and its loss_fn: give watch both.", what=what
            )
        if batch is None:
            raise InputError(
                "no batch was seen: give one, run.{what}((inputs, target)).", what=what
            )
        return inner_module(self.model), self.loss_fn, batch

    def table(self, steps: Sequence[int] | None = None) -> Any:
        """The recorded steps as a table, a row each."""
        return self.path.table(steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.path)

    def __len__(self) -> int:
        return len(self.path)

    def __getitem__(self, place: int) -> Step:
        """The recorded steps by their place: `run[-1]` is the last."""
        return self.path[place]

    def __repr__(self) -> str:
        if self._state == "new" or not self._records:
            return f"Watch({len(self.parameters.names)} tensors; nothing recorded)"
        return f"Watch({self.path!r})"


def _check_value(value: object) -> None:
    """Raise InputError for a loss that is not one number."""
    one = value.numel() == 1 if isinstance(value, Tensor) else isinstance(value, int | float)
    if not one:
        what = f"a tensor {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
        raise InputError(
            "run.loss takes one number, such as the mean of the losses, not {what}.", what=what
        )
