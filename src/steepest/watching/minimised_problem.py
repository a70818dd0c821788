"""What a loop minimises, where its records tell that it is a quadratic."""

from dataclasses import dataclass
from typing import Self, final

from torch import finfo

from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.forecast_local import forecast_from
from steepest.diagnosis.local_spectrum import Spectrum
from steepest.problems.problem import Problem
from steepest.watching.measure.equivalent_optimizer import equivalent_optimizer, schedule_of
from steepest.watching.measure.recorded_quadratic import RecordedQuadratic
from steepest.watching.record.optimized_parameters import OptimizedParameters
from steepest.watching.record.recorder import Recorder
from steepest.watching.record.step_record import Record


@final
@dataclass(frozen=True, eq=False)
class MinimisedProblem:
    """The quadratic whose curvature is known; None for both where it is none.

    - `seen`: that of the batch seen last;   `exactly`: where it is so at every step
    """

    seen: Problem | None
    exactly: Problem | None
    records: tuple[Record, ...]
    names: tuple[str, ...]
    recorder: Recorder

    @classmethod
    def of(cls, records: tuple[Record, ...], names: tuple[str, ...], recorder: Recorder) -> Self:
        """By the linear module that the recorder saw, or by gradients and parameters alone."""
        seen: Problem | None = None
        is_exact = alone = len(recorder.optimizers) == 1
        if records[0].parameters is not None:
            seen = recorder.linear_module.problem()
            if seen is not None:
                is_exact = alone and not recorder.linear_module.several
            elif alone:
                rounding = rounding_of(recorder.parameters)
                seen = RecordedQuadratic.of_records(names, records, rounding)
        return cls(seen, seen if is_exact else None, records, names, recorder)

    def forecast(self) -> Forecast:
        """What its curvature says of the first optimizer."""
        start = self.records[0].parameters
        return forecast_from(
            None if self.seen is None or start is None else Spectrum.at(self.seen, start),
            self.names,
            equivalent_optimizer(self.recorder.optimizers[0]),
            schedule_of([record.learning_rates[0] for record in self.records]),
            quadratic=self.seen is not None,
            bounded=False,
            unit="step",
        )


def rounding_of(parameters: OptimizedParameters) -> float:
    """A share of a number that rounding of the parameters may change it by."""
    kinds = {tensor.dtype for tensor in parameters.tensors}
    return 16.0 * max((finfo(kind).eps for kind in kinds), default=0.0)
