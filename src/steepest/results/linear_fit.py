"""A fitted linear model of any loss: coefficients in the user's units, and the path to them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np

from steepest.arrays import Floats
from steepest.descent.plan import Plan
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.verdict import Verdict
from steepest.keywords import answer_wrong_keywords
from steepest.losses import Logistic, Loss, Multinomial
from steepest.models.labels import Labels
from steepest.models.linear_options import LinearSettings
from steepest.models.linear_training import HeldOut, LinearSample, Trained
from steepest.models.metrics import Metrics
from steepest.path.path import DescentPath
from steepest.path.step import Step
from steepest.tables.column_encoding import Encoding

if TYPE_CHECKING:
    from torch.nn import Linear


@final
@dataclass(frozen=True, eq=False)
class LinearFit:
    """What `steepest.fit` returns for another loss than squared, an L1 penalty or mini-batches.

    - `path`: the descent; `step`: where its parameters are the fit's: the last, or the one that
      held-out rows prefer, or the mean of the later ones; `epochs`: looks at the rows until there
    - `labels`: of the classes, None for losses of a number;   `rows`: used, training and held out
    - `metrics`, `validation_metrics`: of training rows and of held-out ones
    - `sample`: some of the training rows, for pictures
    - `notes`: what was done to the rows;   `description`: what they are

    >>> import steepest
    >>> fit = steepest.fit([1, 2, 3, 4], ["dry", "wet", "dry", "wet"], loss="logistic")
    >>> fit.classes, fit.predict([0, 5]).tolist()
    (('dry', 'wet'), ['dry', 'wet'])
    """

    encoding: Encoding
    settings: LinearSettings
    labels: Labels | None
    path: DescentPath
    step: Step
    epochs: int
    rows: int
    held_out: HeldOut | None
    metrics: Metrics
    validation_metrics: Metrics | None
    sample: LinearSample | None
    description: str
    notes: tuple[str, ...]

    @staticmethod
    def of(
        trained: Trained,
        encoding: Encoding,
        settings: LinearSettings,
        labels: Labels | None,
        rows: int,
        description: str,
        notes: list[str],
    ) -> "LinearFit":
        """The fit that a descent left."""
        return LinearFit(
            encoding,
            settings,
            labels,
            trained.path,
            trained.step,
            trained.epochs,
            rows,
            trained.held_out,
            trained.metrics,
            trained.validation_metrics,
            trained.sample,
            description,
            tuple(notes),
        )

    @property
    def plan(self) -> Plan:
        """How it descended."""
        return self.settings.plan

    @property
    def loss(self) -> Loss:
        """The loss of a row."""
        return self.settings.loss

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The labels in order, of two the second counts as 1; None for losses of a number."""
        return None if self.labels is None else self.labels.names

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.path.names

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the float columns."""
        return self.encoding.names

    @property
    def target(self) -> str:
        """Name of the target."""
        return self.encoding.target or "y"

    @cached_property
    def lines(self) -> Floats:
        """Coefficients, then the intercept if there is one, of each linear predictor (k, p + 1)."""
        width = len(self.features) + self.settings.shared.intercept
        return self.step.parameters.reshape(-1, width)

    @cached_property
    def coefficients(self) -> dict[str, Any]:
        """Coefficient of every feature in the user's units; of the multinomial loss by class."""
        rows = [dict(zip(self.features, line.tolist(), strict=False)) for line in self.lines]
        return rows[0] if not self.is_multinomial else dict(zip(self._labelled, rows, strict=True))

    @property
    def intercept(self) -> Any:
        """The intercept, of the multinomial loss by class; None where there is none."""
        if not self.settings.shared.intercept:
            return None
        values = self.lines[:, -1].tolist()
        if not self.is_multinomial:
            return values[0]
        return dict(zip(self._labelled, values, strict=True))

    @property
    def is_multinomial(self) -> bool:
        """Whether there is a linear predictor for each class."""
        return isinstance(self.loss, Multinomial)

    @property
    def has_probabilities(self) -> bool:
        """Whether the loss is of classes and gives the probability of each."""
        return isinstance(self.loss, Logistic | Multinomial)

    @property
    def forecast(self) -> Forecast:
        """What curvature said before the run."""
        return self.path.forecast

    @property
    def verdict(self) -> Verdict:
        """How the run ended, and why."""
        return self.path.verdict

    @property
    def objective(self) -> float:
        """The objective of the fit's parameters, on the training rows, with its penalty."""
        return self.step.objective

    @property
    def initial_objective(self) -> float:
        """The objective at the start."""
        return self.path.at(0).objective

    @property
    def learning_rate(self) -> float:
        """The rate of the first update."""
        return self.path.rate(0)

    @cached_property
    def zeros(self) -> int:
        """How many coefficients are exactly 0."""
        return int(np.count_nonzero(self.lines[:, : len(self.features)] == 0.0))

    @answer_wrong_keywords
    def predict(self, source: object) -> Any:
        """Predictions for new rows (n,): the labels of classes, else means on the target's scale.

        `source` is what `steepest.fit` takes; the target need not be there, and columns may come in
        any order. Rows that are dropped get nan, or None for a label. Raises InputError for a
        missing column, a wrong type, or a level that was not seen.
        """
        from steepest.models.linear_prediction import predict

        return predict(self, source)

    @answer_wrong_keywords
    def predict_proba(self, source: object) -> Floats:
        """The probability of each class, (n, k), in the order of `classes`.

        Raises InputError for losses without probabilities, and as `predict` does.
        """
        from steepest.models.linear_prediction import predict_proba

        return predict_proba(self, source)

    def to_torch(self) -> "Linear":
        """A `torch.nn.Linear(features, k)` in float64 that gives the linear predictors."""
        import torch

        features = len(self.features)
        has = self.settings.shared.intercept
        linear = torch.nn.Linear(features, len(self.lines), bias=has, dtype=torch.float64)
        with torch.no_grad():
            linear.weight[:] = torch.tensor(self.lines[:, :features])
            if has:
                linear.bias[:] = torch.tensor(self.lines[:, -1])
        return linear

    def summary(self) -> str:
        """The fit in words and a table, as the command line prints it."""
        from steepest.models.linear_summary import summarize

        return summarize(self)

    def to_dict(self) -> dict[str, object]:
        """Plain data under the keys documented in docs/json.md; no NaN or infinity in it."""
        from steepest.models.linear_summary import to_dict

        return to_dict(self)

    def save(self, path: str | Path) -> None:
        """Write the model to a `.steepest` file (temporary name, then renamed)."""
        from steepest.models.linear_model_file import save

        save(self, path)

    def report(self, path: str | Path, parameters: tuple[str, str] | None = None) -> None:
        """Write the report: one HTML file that needs no network.

        `parameters` are the two that the contour is drawn over; by default the two that moved most.
        """
        from steepest.web.linear_report import write_linear_report

        write_linear_report(self, path, parameters)

    def plot(
        self,
        view: str = "objective",
        ax: Any = None,
        *,
        parameters: tuple[str, str] | None = None,
    ) -> Any:
        """Draw one of the report's pictures on matplotlib axes, and return the axes.

        `view`: "objective", "coefficients", "contour" (over the two `parameters` named, by default
        those that moved most); of classes "calibration", "roc", "confusion"; of numbers
        "predicted", "residuals".
        """
        from steepest.plots.linear import draw_linear

        return draw_linear(self, view, ax, parameters)

    def __repr__(self) -> str:
        shown = f"{len(self.lines)} classes" if self.is_multinomial else _terms(self)
        return (
            f"LinearFit({self.target} ~ {shown}; {self.loss} loss, {self.rows} rows, "
            f"{self.verdict.kind})"
        )

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self.summary())}</pre>"

    @property
    def _labelled(self) -> tuple[str, ...]:
        assert self.classes is not None
        return self.classes


def _terms(fit: LinearFit) -> str:
    terms = ", ".join(f"{name}: {value:.6g}" for name, value in fit.coefficients.items())
    return terms if fit.intercept is None else f"{terms}, intercept: {fit.intercept:.6g}"
