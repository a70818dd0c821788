"""What is known of a descent in closed form."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from steepest.descent.closed_form import ClosedForm
from steepest.descent.stopping import Stop
from steepest.diagnosis.advice import table_remedy
from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.forecast import Forecast
from steepest.wording.fact import Fact


@final
@dataclass(frozen=True, eq=False)
class ClosedFormEvidence(Evidence):
    """Squared loss at a constant rate: every direction is known exactly."""

    closed: ClosedForm
    end: int
    ended_by: Stop
    forecast: Forecast

    @property
    def epoch(self) -> int:
        return self.end

    @property
    def stop(self) -> Stop:
        return self.ended_by

    @cached_property
    def initial(self) -> float:
        return self._objective(0)

    @cached_property
    def objective(self) -> float:
        return self._objective(self.end)

    @property
    def minimum(self) -> float:
        return self.closed.problem.minimum

    @property
    def convex(self) -> bool:
        return True

    @property
    def names(self) -> tuple[str, ...]:
        return self.closed.problem.names

    @property
    def lr(self) -> float:
        return self.closed.lr

    @cached_property
    def exact(self) -> Exact:
        return Exact.of_closed_form(self.closed, self.end)

    @property
    def settled_after(self) -> float:
        """The epoch since which every direction had settled."""
        return float(self.forecast.epochs_to_settle or 0)

    @property
    def help(self) -> Sequence[Fact]:
        return (table_remedy(self.forecast),)

    def _objective(self, epoch: int) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            return self.closed.problem.objective(self.closed.parameters(epoch))
