"""What a fit is asked for, wherever its rows are."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

from steepest.models.fit_progress import FitProgress
from steepest.models.labels import Labels
from steepest.models.metrics import MetricsRun
from steepest.models.options import Settings
from steepest.tables.column_encoding import Encoding
from steepest.wording.fact import Fact

if TYPE_CHECKING:
    from steepest.descent.checkpoint import Checkpoint
    from steepest.problems.row_stream import StreamPace


@final
@dataclass(frozen=True, eq=False)
class FitRequest:
    """All that is asked of a fit, beside its rows.

    - `description`: what the rows are;   `encoding`: how their columns become float columns
    - `labels`: of a target of classes, where they are known before the rows are read
    - `notes`: what was done to the rows so far
    - `progress`: is told how far the fit is;   `checkpoint`: of mini-batches
    """

    description: str
    encoding: Encoding
    settings: Settings
    labels: Labels | None = None
    notes: tuple[Fact, ...] = ()
    progress: FitProgress | None = None
    checkpoint: "Checkpoint | None" = None

    def noting(self, *notes: Fact) -> "FitRequest":
        """The request with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the float columns."""
        return self.encoding.names

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The labels in words."""
        return None if self.labels is None else self.labels.names

    @property
    def posed(self) -> dict[str, Any]:
        """How a problem of rows is posed, beside its loss."""
        settings = self.settings
        return {
            "penalty": settings.plan.penalty,
            "standardize": settings.standardize,
            "intercept": settings.intercept,
            "reduction": settings.reduction,
        }

    def metrics_run(self) -> MetricsRun:
        """Metrics of no rows yet."""
        return MetricsRun(self.settings.loss, self.classes)

    @property
    def on_rows(self) -> Callable[[int, int | None], object] | None:
        """Is told how many rows have been read."""
        return None if self.progress is None else self.progress.rows

    @property
    def on_epoch(self) -> Callable[[int, float], object] | None:
        """Is told of each epoch."""
        return None if self.progress is None else self.progress.epochs

    @property
    def on_pace(self) -> "Callable[[StreamPace], object] | None":
        """Is told how far a pass over rows that are not in memory is."""
        return None if self.progress is None else self.progress.pace
