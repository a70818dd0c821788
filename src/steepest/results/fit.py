"""A fitted table: coefficients in the user's units, the path to them, and what they are worth."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.arrays import Floats
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.verdict import Verdict
from steepest.keywords import answer_wrong_keywords
from steepest.models.inference import Inference, Quality, infer, measure_quality
from steepest.models.options import Settings
from steepest.models.reduce import Reduced
from steepest.models.training import StepProgress, train
from steepest.models.validation import Validation, validate
from steepest.moments.moments import CentredMoments
from steepest.moments.row_sample import Sample
from steepest.path.path import DescentPath
from steepest.path.step import Step
from steepest.problems.squared_loss import Quadratic, SquaredError
from steepest.tables.column_encoding import Encoding

if TYPE_CHECKING:
    from torch.nn import Linear


@dataclass(frozen=True, eq=False)
class Fit:
    """What `steepest.fit` returns.

    - `path`: the descent, a `DescentPath`; `epochs`: the epoch that was chosen, the last one unless
      held-out rows prefer an earlier one; `step`: the step of that epoch
    - `notes`: what was done to the rows;   `description`: what they are
    - `moments`: of all rows, so that tomorrow's can be added

    >>> import steepest
    >>> fit = steepest.fit([1, 2, 3, 4], [3, 5, 7, 9.4])
    >>> {name: round(value, 6) for name, value in fit.coefficients.items()}, round(fit.intercept, 6)
    ({'x': 2.12}, 0.8)
    >>> fit.predict([5]).round(6).tolist()
    [11.4]
    """

    encoding: Encoding
    settings: Settings
    reduced: Reduced
    path: DescentPath
    epochs: int
    description: str
    notes: tuple[str, ...]

    @staticmethod
    def of(
        reduced: Reduced,
        encoding: Encoding,
        settings: Settings,
        description: str,
        notes: list[str],
        progress: StepProgress | None = None,
    ) -> "Fit":
        """Descend on reduced rows."""
        path, epoch = train(reduced, settings, progress)
        said = tuple([*notes, *reduced.notes])
        return Fit(encoding, settings, reduced, path, epoch, description, said)

    @cached_property
    def step(self) -> Step:
        """The step whose parameters are the fit's."""
        return self.path.at(self.epochs)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters that were fitted."""
        return self.path.names

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the float columns, those that were left out included."""
        return self.encoding.names

    @property
    def target(self) -> str:
        """Name of the target."""
        return self.reduced.training.names[-1]

    @cached_property
    def coefficients(self) -> dict[str, float]:
        """Coefficient of every feature in the user's units; 0 for those left out."""
        return {n: self.step[n] if n in self.names else 0.0 for n in self.features}

    @property
    def intercept(self) -> float | None:
        """The intercept, or None where there is none."""
        return self.step["intercept"] if self.settings.intercept else None

    @property
    def problem(self) -> Quadratic:
        """What was minimised, in the descent's own coordinates."""
        problem = self.path.problem
        assert isinstance(problem, Quadratic)
        return problem

    @property
    def forecast(self) -> Forecast:
        """What curvature said before the run."""
        return self.path.forecast

    @property
    def verdict(self) -> Verdict:
        """What curvature says after the run."""
        return self.path.verdict

    @property
    def moments(self) -> CentredMoments:
        """Moments of all rows, training and held out."""
        return self.reduced.moments

    @property
    def sample(self) -> Sample | None:
        """Some of the rows, for pictures; None for a fit of moments."""
        return self.reduced.sample

    @property
    def rows(self) -> int:
        """Rows that were used, training and held out."""
        return self.moments.rows

    @property
    def objective(self) -> float:
        """The objective at the chosen epoch, on the training rows."""
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
    def distance(self) -> dict[str, float]:
        """How far each parameter is from the minimum of the objective, in the user's units."""
        gap = self.problem.to_user(self.problem.minimizer) - self.step.parameters
        return dict(zip(self.names, np.abs(gap).tolist(), strict=True))

    @cached_property
    def digits(self) -> dict[str, float]:
        """Decimal digits in which each parameter agrees with the exact minimum, on the safe side.

        Both count: rounding, and what the descent has left to go.
        """
        distance = np.array(list(self.distance.values()))
        digits = self.reduced.accuracy.digits(self.step.parameters, distance)
        return dict(zip(self.names, digits.tolist(), strict=True))

    @cached_property
    def inference(self) -> Inference | None:
        """Standard errors, t, p and 95 % intervals; None where least-squares theory does not apply.

        It applies to a fit without ridge that has more rows than parameters and has arrived: every
        parameter is within a millionth of its standard error of the least-squares one.
        """
        if self.settings.ridge > 0.0 or self.settings.minimum_norm:
            return None
        rounding = self.reduced.accuracy.errors
        found = infer(self.reduced.training, self.names, self.step.parameters, rounding)
        if found is None or not np.isfinite(self.step.objective):
            return None
        errors = np.array([found[name].standard_error for name in self.names])
        gaps = np.array([self.distance[name] for name in self.names])
        arrived = gaps <= np.maximum(1e-6 * errors, 10.0 * rounding)
        return found if arrived.all() else None

    @cached_property
    def quality(self) -> Quality:
        """R², adjusted R², RMSE and residual deviation on the training rows."""
        parameters = self.path.descent_parameters(self.epochs)
        return measure_quality(
            self.reduced.training,
            self._squares(self.problem.loss, parameters),
            self.settings.intercept,
        )

    @property
    def r2(self) -> float | None:
        """R² on the training rows; None for a target without spread."""
        return self.quality.r2

    @property
    def adjusted_r2(self) -> float | None:
        """R² adjusted for the number of parameters."""
        return self.quality.adjusted_r2

    @property
    def rmse(self) -> float:
        """Root mean squared error on the training rows, in the target's units."""
        return self.quality.rmse

    @property
    def residual_deviation(self) -> float | None:
        """√(S/(n − d)): the residuals' standard deviation with d parameters."""
        return self.quality.residual_deviation

    @cached_property
    def validation(self) -> Validation | None:
        """What the held-out rows say, where some were held out."""
        return validate(self.path, self.epochs, self.reduced, self.settings)

    @answer_wrong_keywords
    def predict(self, source: object) -> Any:
        """Predictions for new rows: a float64 array (n,), or for a lazy frame the frame with a
        column `prediction`.

        `source` is what `steepest.fit` takes; the target need not be there, and columns may come in
        any order. Raises InputError for a missing column, a wrong type, or a level that was not
        seen.
        """
        from steepest.models.prediction import predict

        return predict(self, source)

    def to_torch(self) -> "Linear":
        """A `torch.nn.Linear(features, 1)` in float64 with the same parameters."""
        import torch

        linear = torch.nn.Linear(
            len(self.features), 1, bias=self.settings.intercept, dtype=torch.float64
        )
        with torch.no_grad():
            linear.weight[0] = torch.tensor(list(self.coefficients.values()), dtype=torch.float64)
            if self.intercept is not None:
                linear.bias[0] = self.intercept
        return linear

    def summary(self) -> str:
        """The fit in words and a table, as the command line prints it."""
        from steepest.models.summary import summarize

        return summarize(self)

    def to_dict(self) -> dict[str, object]:
        """Plain data under the keys documented in docs/json.md; no NaN or infinity in it."""
        from steepest.models.summary import to_dict

        return to_dict(self)

    def save(self, path: str | Path) -> None:
        """Write the model to a `.steepest` file (temporary name, then renamed)."""
        from steepest.models.model_file import save

        save(self, path)

    def report(self, path: str | Path, parameters: tuple[str, str] | None = None) -> None:
        """Write the report: one HTML file that needs no network.

        `parameters` are the two that the contour is drawn over; by default the two stiffest.
        """
        from steepest.web.report import write_report

        write_report(self, path, parameters)

    def plot(
        self,
        view: str = "objective",
        ax: Any = None,
        *,
        parameters: tuple[str, str] | None = None,
    ) -> Any:
        """Draw one of the report's pictures on matplotlib axes, and return the axes.

        `view`: "objective", "line", "noise", "predicted", "residuals", "intervals" or "contour",
        the last over the two `parameters` named, by default the two stiffest.
        """
        from steepest.plots.draw import draw

        return draw(self, view, ax, parameters)

    def __repr__(self) -> str:
        terms = ", ".join(f"{name}: {value:.6g}" for name, value in self.coefficients.items())
        offset = "" if self.intercept is None else f", intercept: {self.intercept:.6g}"
        return f"Fit({self.target} ~ {terms}{offset}; {self.rows} rows, {self.verdict.kind})"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self.summary())}</pre>"

    @staticmethod
    def _squares(loss: SquaredError, parameters: Floats) -> float:
        return float(loss.value(parameters)) / loss.factor
