"""The parameters of a fitted table, and how exactly they are known."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.arrays import Floats
from steepest.curvature.digits import NOTHING
from steepest.descent.optimizers import Newton
from steepest.descent.plan import Plan
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.thresholds import CERTIFIED
from steepest.diagnosis.verdict import Verdict
from steepest.losses import Logistic, Loss, Multinomial
from steepest.models.inference import Inference
from steepest.models.labels import Labels
from steepest.models.metrics import Worth
from steepest.models.options import Settings
from steepest.models.reduce import Reduced
from steepest.models.regularization import RegularizationPath
from steepest.models.validation import Validation
from steepest.moments.moments import CentredMoments
from steepest.moments.row_sample import Sample
from steepest.path.path import DescentPath
from steepest.problems.problem import Problem
from steepest.problems.squared_loss import Quadratic
from steepest.tables.column_encoding import Encoding
from steepest.wording.fact import Fact
from steepest.wording.numbers import trusted

if TYPE_CHECKING:
    from steepest.diagnosis.certificate import Certificate
    from steepest.models.likelihood import Likelihood
    from steepest.models.predictor import Predictor
    from steepest.path.step import Step

# Of what the target's spread over the column's would be: nothing in a prediction.
_AS_GOOD_AS_ZERO = 1e-8


@dataclass(frozen=True, eq=False, repr=False)
class FittedParameters:
    """What a fit is made of, and its parameters. What does not apply is None, and
    `reasons_for_none.py` says why.

    - `path`: the descent;   `step`: where its parameters are the fit's: the last, or the one that
      held-out rows prefer, or the mean of the later ones;   `epochs`: looks at the rows until there
    - `rows`: used, training and held out;   `facts`: what was done to them;   `description`: what
      they are;   `sample`: some of them, for pictures
    - `worth`: `metrics` and `quality`, from the training rows when it is asked
    - `validation`: what held-out rows say, where some were held out
    - `labels`: of the classes, None for losses of a number
    - `moments`: of all rows, so that tomorrow's can be added;   `reduced`: their triangles
    - `without`: columns that earlier ones explain, left out of a fit that has no triangles
    - `stored_certificate`: of a fit that was read from a file
    - `regularization`: the path along which the strength of a penalty was chosen
    - `known_inference`, `known_likelihood`: of such a fit, and of one whose rows were read for them
    - `known_predictor`: of such a fit of least squares
    """

    encoding: Encoding
    settings: Settings
    path: DescentPath
    step: "Step"
    epochs: int
    rows: int
    worth: Callable[[], Worth]
    validation: Validation | None
    description: str
    facts: tuple[Fact, ...]
    labels: Labels | None = None
    sample: Sample | None = None
    moments: CentredMoments | None = None
    reduced: Reduced | None = None
    without: tuple[str, ...] = ()
    stored_certificate: "Certificate | None" = None
    known_inference: Inference | None = None
    known_likelihood: "Likelihood | None" = None
    known_predictor: "Predictor | None" = None
    regularization: RegularizationPath | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the rows, in sentences."""
        return tuple(map(str, self.facts))

    @property
    def plan(self) -> Plan:
        """How it descended."""
        return self.settings.plan

    @property
    def loss(self) -> Loss:
        """The loss of a row."""
        return self.settings.loss

    @property
    def problem(self) -> Problem:
        """What was minimised, in the descent's own coordinates."""
        return self.path.problem

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The labels in order, of two the second counts as 1; None for losses of a number."""
        return None if self.labels is None else self.labels.names

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
        return self.encoding.target or "y"

    @cached_property
    def left_out(self) -> frozenset[str]:
        """Names of the columns that are left out, with coefficient 0."""
        return frozenset(self.without) if self.reduced is None else self.reduced.dependence.left_out

    @cached_property
    def lines(self) -> Floats:
        """Coefficients, then the intercept if there is one, of each linear predictor (k, p + 1)."""
        gone = self.left_out
        columns = [*self.features, *(["intercept"] if self.settings.intercept else [])]
        kept = [i for i, name in enumerate(columns) if name not in gone]
        values = self.step.parameters.reshape(-1, len(kept))
        line = np.zeros((len(values), len(columns)))
        line[:, kept] = values
        return line

    @cached_property
    def predictor(self) -> "Predictor":
        """What predicts, of the float columns; 0 for those that are left out."""
        if self.known_predictor is not None:
            return self.known_predictor
        from steepest.models.predictor import Predictor

        end = self.settings.average
        at = self.path.descent_end if end else self.path.descent_parameters(self.step.index)
        kept = [i for i, name in enumerate(self.features) if name not in self.left_out]
        return Predictor.of(self.problem, at).of_columns(kept, len(self.features))

    @cached_property
    def coefficients(self) -> dict[str, Any]:
        """Coefficient of every feature in the user's units, 0 for those left out; of the
        multinomial loss by class.
        """
        rows = [dict(zip(self.features, line.tolist(), strict=False)) for line in self.lines]
        coefficients: dict[str, Any] = self._by_class(rows)
        return coefficients

    @property
    def intercept(self) -> Any:
        """The intercept, of the multinomial loss by class; None where there is none."""
        return self._by_class(self.lines[:, -1].tolist()) if self.settings.intercept else None

    @cached_property
    def zeros(self) -> int:
        """How many coefficients are exactly 0."""
        return int(np.count_nonzero(self.lines[:, : len(self.features)] == 0.0))

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
        """How the run ended, and why. Where held-out rows prefer an earlier step, nothing is
        advised that would lead beyond the last.
        """
        verdict = self.path.verdict
        if self.is_early and verdict.kind in ("max steps", "plateau"):
            return replace(verdict, suggestions=())
        return verdict

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

    @property
    def is_early(self) -> bool:
        """Whether a step before the last was chosen, since held-out rows prefer it."""
        return not self.settings.average and self.step.index != self.path.epochs

    @cached_property
    def certificate(self) -> "Certificate | None":
        """How far each parameter is from the minimum, by the curvature, where that is at hand; of
        squared loss without L1 and bounds the minimum itself is known instead.
        """
        if self.stored_certificate is not None:
            return self.stored_certificate
        if isinstance(self.problem, Quadratic) or self.verdict.kind == "no minimum":
            return None
        from steepest.diagnosis.certificate import certify
        from steepest.diagnosis.vertex import certify_vertex
        from steepest.models.stored_model import StoredModel
        from steepest.path.minibatch_path import MinibatchPath
        from steepest.problems.linear import LinearProblem
        from steepest.problems.linear_model import LinearModel

        plan, problem, path = self.plan, self.problem, self.path
        if isinstance(path, MinibatchPath) and self.step.index == path.epochs:
            return path.certificate if self.loss.smooth else None
        if not isinstance(problem, LinearModel) or not np.isfinite(self.objective):
            return None
        if not self.loss.smooth and isinstance(problem, LinearProblem) and not self.is_early:
            arrived = self.verdict.kind == "converged" and not plan.positive
            return certify_vertex(problem, self._descended) if arrived else None
        known = isinstance(plan.optimizer, Newton) and not self.is_early
        known = known and not isinstance(problem, StoredModel)
        return certify(problem, self._descended, plan.proximal(problem), known=known)

    @property
    def _descended(self) -> Floats:
        """The parameters in the coordinates of the descent."""
        return self.path.descent_parameters(self.step.index)

    @cached_property
    def distance(self) -> dict[str, float] | None:
        """How far each parameter is from the minimum of the objective, in the user's units."""
        problem = self.problem
        if not isinstance(problem, Quadratic):
            known = self.certificate
            return None if known is None else self._named(known.gaps)
        return self._named(np.abs(problem.to_user(problem.minimizer) - self.step.parameters))

    @cached_property
    def digits(self) -> dict[str, float] | None:
        """Decimal digits in which each parameter agrees with the exact minimum, on the safe side.

        Both count: rounding, and what the descent has left to go.
        """
        if self.certificate is not None:
            # Rounding takes the second derivative to tell.
            return self._named(self.certificate.digits) if self._has_few_parameters else None
        if self.distance is None or self.reduced is None:
            return None
        distance = np.array(list(self.distance.values()))
        return self._named(self.reduced.accuracy.digits(self.step.parameters, distance))

    @cached_property
    def _error(self) -> dict[str, tuple[float, float]]:
        """What each parameter may be off by, and what is as good as 0; empty where that is not
        known. Of a descent that has converged, what it has left to go counts too, as in `digits`.
        """
        if self.reduced is not None:
            accuracy = self.reduced.accuracy
            errors, least = accuracy.errors, accuracy.least / NOTHING * _AS_GOOD_AS_ZERO
        elif self.certificate is not None:
            errors, least = self.certificate.rounding, CERTIFIED * self.certificate.errors
        else:
            return {}
        if self.verdict.kind == "converged" and self.distance is not None and not self.is_early:
            errors = errors + np.array(list(self.distance.values()))
        pairs = zip(errors.tolist(), least.tolist(), strict=True)
        return dict(zip(self.names, pairs, strict=True))

    def written(self, name: str, value: float, most: int = 9) -> str:
        """The value of a parameter to the digits that are known of it, at most so many."""
        return trusted(value, *self._error.get(name, (0.0, 0.0)), most)

    @property
    def _has_few_parameters(self) -> bool:
        """Whether the second derivative is formed."""
        if self.reduced is not None:
            return True
        from steepest.descent.newton import MOST_FORMED

        return len(self.names) <= MOST_FORMED

    def _named(self, values: Floats) -> dict[str, float]:
        return dict(zip(self.names, values.tolist(), strict=True))

    def _by_class(self, values: list[Any]) -> Any:
        """The only value; of the multinomial loss the values by class."""
        if not self.is_multinomial:
            return values[0]
        return dict(zip(self.classes or (), values, strict=True))
