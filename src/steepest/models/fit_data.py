"""What is known of a fitted table, in numbers: whatever its loss, its penalty and its engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from steepest.arrays import Floats
from steepest.descent.optimizers import Newton
from steepest.descent.plan import Plan
from steepest.diagnosis.certificate import Certificate, certify
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.verdict import Verdict
from steepest.errors import InputError, nearest
from steepest.losses import Logistic, Loss, Multinomial
from steepest.models import likelihood as likelihoods
from steepest.models.inference import Inference, Quality, Targets, infer
from steepest.models.labels import Labels
from steepest.models.likelihood import Likelihood
from steepest.models.metrics import Metrics, Worth
from steepest.models.options import Settings
from steepest.models.reduce import Reduced
from steepest.models.standard_errors import infer_at_minimum, kind_of_errors, needs_rows
from steepest.models.stored_model import StoredModel
from steepest.models.validation import Validation
from steepest.moments.moments import CentredMoments
from steepest.moments.row_sample import Sample
from steepest.path.minibatch_path import MinibatchPath
from steepest.path.path import DescentPath
from steepest.path.step import Step
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel
from steepest.problems.problem import Problem
from steepest.problems.squared_loss import Quadratic
from steepest.tables.column_encoding import Encoding
from steepest.wording.fact import Fact, fact


@dataclass(frozen=True, eq=False, repr=False)
class FitData:
    """A fit without its doors. What does not apply is None, and `missing` says why.

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
    - `known_inference`, `known_likelihood`: of such a fit, and of one whose rows were read for them
    """

    encoding: Encoding
    settings: Settings
    path: DescentPath
    step: Step
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
    stored_certificate: Certificate | None = None
    known_inference: Inference | None = None
    known_likelihood: Likelihood | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the rows, in sentences."""
        return tuple(map(str, self.facts))

    @property
    def metrics(self) -> Metrics:
        """How well it follows the training rows."""
        return self.worth().metrics

    @property
    def quality(self) -> Quality | None:
        """R² and its like, of squared loss."""
        return self.worth().quality

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

    @property
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

    @property
    def is_early(self) -> bool:
        """Whether a step before the last was chosen, since held-out rows prefer it."""
        return not self.settings.average and self.step.index != self.path.epochs

    @cached_property
    def certificate(self) -> Certificate | None:
        """How far each parameter is from the minimum, by the curvature, where that is at hand; of
        squared loss without L1 and bounds the minimum itself is known instead.
        """
        if self.stored_certificate is not None:
            return self.stored_certificate
        if self.verdict.kind == "no minimum":
            return None
        plan, problem, k = self.plan, self.problem, self.step.index
        if isinstance(self.path, MinibatchPath) and k == self.path.epochs:
            return self.path.certificate if self.loss.smooth else None
        if not isinstance(problem, LinearModel) or not np.isfinite(self.objective):
            return None
        known = isinstance(plan.optimizer, Newton) and not self.is_early
        known = known and not isinstance(problem, StoredModel)
        return certify(
            problem, self.path.descent_parameters(k), plan.proximal(problem), known=known
        )

    @cached_property
    def distance(self) -> dict[str, float] | None:
        """How far each parameter is from the minimum of the objective, in the user's units."""
        problem = self.problem
        if not isinstance(problem, Quadratic):
            known = self.certificate
            return (
                None if known is None else dict(zip(self.names, known.gaps.tolist(), strict=True))
            )
        gap = problem.to_user(problem.minimizer) - self.step.parameters
        return dict(zip(self.names, np.abs(gap).tolist(), strict=True))

    @cached_property
    def digits(self) -> dict[str, float] | None:
        """Decimal digits in which each parameter agrees with the exact minimum, on the safe side.

        Both count: rounding, and what the descent has left to go.
        """
        if self.certificate is not None:
            return dict(zip(self.names, self.certificate.digits.tolist(), strict=True))
        if self.distance is None or self.reduced is None:
            return None
        distance = np.array(list(self.distance.values()))
        digits = self.reduced.accuracy.digits(self.step.parameters, distance)
        return dict(zip(self.names, digits.tolist(), strict=True))

    @cached_property
    def inference(self) -> Inference | None:
        """Standard errors, t (z), p and 95 % intervals; None where their theory does not apply.

        It applies to squared and smooth losses without penalty and bounds, of more rows than
        parameters, that have arrived: every parameter is within a millionth of its standard error
        of the minimum. The errors are those that `errors` asked for; of Huber, log-cosh and squared
        hinge loss always the sandwich. Row weights are taken as inverse variances.
        """
        if self.known_inference is not None:
            return self.known_inference
        if self.loss.name == "squared":
            classical = self.settings.errors == "classical"
            return self.least_squares_inference if classical else None
        certificate, problem = self.certificate, self.problem
        if not self._is_estimate or self._lacks_rows or certificate is None:
            return None
        if not isinstance(problem, LinearModel) or isinstance(problem, StoredModel):
            return None
        at, rows = self.path.descent_parameters(self.step.index), self.metrics.rows
        return infer_at_minimum(problem, at, certificate.rounding, rows, self.settings.errors)

    @cached_property
    def likelihood(self) -> Likelihood | None:
        """Log-likelihood, AIC, BIC, deviances and pseudo R², where the loss is a likelihood and
        `inference` could be had.
        """
        if self.known_likelihood is not None or isinstance(self.problem, StoredModel):
            return self.known_likelihood
        if self.reduced is not None:
            if self.least_squares_inference is None:
                return None
            targets = Targets.of_factor(self.reduced.training)
            squares = self.metrics.mean_loss * targets.weight
            weighs = self.encoding.weights is not None or targets.weight != targets.rows
            count = len(self.names)
            return likelihoods.of_squares(squares, targets.squares, targets.rows, count, weighs)
        certified = self._is_estimate and self.certificate is not None
        if not certified or not (self.has_probabilities or self.metrics.deviance is not None):
            return None
        rows, found, problem = self.metrics.rows, self.inference, self.problem
        if self.has_probabilities:
            return (
                None
                if found is None
                else likelihoods.of_classes(self.metrics, rows - found.degrees)
            )
        if not isinstance(problem, LinearProblem):
            return likelihoods.of_deviance(self.metrics, len(self.names))
        if found is None or found.dispersion is None:
            return None
        at = self.path.descent_parameters(self.step.index)
        count = rows - found.degrees
        return likelihoods.of_rows(problem, at, self.metrics, found.dispersion, count)

    @property
    def _is_estimate(self) -> bool:
        """Whether this is the certified minimum of the rows' losses alone."""
        settings, certificate = self.settings, self.certificate
        held = settings.l1 or settings.ridge or settings.positive
        if (
            held
            or not self.loss.smooth
            or settings.batch_size is not None
            or self.verdict.kind == "no minimum"
        ):
            return False
        return certificate is not None and certificate.holds

    @property
    def _lacks_rows(self) -> bool:
        """Whether the errors asked for are sums over rows that are not at hand."""
        at_hand = isinstance(self.problem, LinearProblem)
        if self.loss.name == "squared":
            kind = kind_of_errors(self.loss, self.settings.errors)
            return kind != "classical" and self.least_squares_inference is not None
        return not at_hand and needs_rows(self.loss, self.settings.errors)

    @cached_property
    def least_squares_inference(self) -> Inference | None:
        """The classical inference of squared loss."""
        if self.reduced is None or self.distance is None or self.settings.ridge > 0.0:
            return None
        if self.settings.minimum_norm or not np.isfinite(self.step.objective):
            return None
        if not self.reduced.residual_known:
            return None
        rounding = self.reduced.accuracy.errors
        found = infer(self.reduced.training, self.names, self.step.parameters, rounding)
        if found is None:
            return None
        errors = np.array([found[name].standard_error for name in self.names])
        gaps = np.array([self.distance[name] for name in self.names])
        with np.errstate(over="ignore"):
            arrived = gaps <= np.maximum(1e-6 * errors, 10.0 * rounding)
        return found if arrived.all() else None

    @property
    def r2(self) -> float | None:
        """R² on the training rows; None for classes, and for a target without spread."""
        return self.metrics.r2 if self.quality is None else self.quality.r2

    @property
    def adjusted_r2(self) -> float | None:
        """R² adjusted for the number of parameters, of squared loss."""
        return None if self.quality is None else self.quality.adjusted_r2

    @property
    def rmse(self) -> float | None:
        """Root mean squared error on the training rows, in the target's units."""
        return self.metrics.rmse

    @property
    def residual_deviation(self) -> float | None:
        """√(S/(n − d)): the residuals' standard deviation with d parameters, of squared loss."""
        return None if self.quality is None else self.quality.residual_deviation

    @property
    def validation_metrics(self) -> Metrics | None:
        """The metrics of held-out rows."""
        return None if self.validation is None else self.validation.metrics

    @property
    def held_out(self) -> Validation | None:
        """What held-out rows say: another name of `validation`."""
        return self.validation

    @property
    def why_no_inference(self) -> str:
        """The kind of reason why there is no inference; "" where there is one."""
        if self.inference is not None:
            return ""
        settings, few = self.settings, self.reduced
        arrived = self.certificate is not None and self.certificate.holds
        reasons = {
            "loss": not self.loss.smooth,
            "L1": bool(settings.l1),
            "bounds": settings.positive,
            "ridge": settings.ridge > 0.0,
            "mini-batches": settings.batch_size is not None,
            "minimum norm": settings.minimum_norm,
            "few rows": few is not None and few.training.rows <= len(self.names),
            "no minimum": self.verdict.kind == "no minimum",
            "rows elsewhere": self._lacks_rows,
            "not converged": self.verdict.kind != "converged" and not arrived,
            "early": self.is_early,
            "dependent": few is None and arrived,
            "residual": few is not None and not few.residual_known,
        }
        return next((kind for kind, holds in reasons.items() if holds), "not arrived")

    def missing(self, name: str) -> str:
        """Why `fit.name` is None, in a sentence; "" where it is there.

        >>> import steepest
        >>> steepest.fit([1, 2, 3], [2, 4, 6.5], l1=0.1).missing("inference")
        'No standard errors: their theory does not hold with an L1 penalty.'
        """
        if name not in REASONS:
            known = ", ".join(REASONS)
            raise InputError(
                f"nothing is ever missing under {name!r}; it may be of {known}."
                f"{nearest(name, tuple(REASONS))}"
            )
        return "" if getattr(self, name) is not None else str(REASONS[name](self))

    def _by_class(self, values: list[Any]) -> Any:
        """The only value; of the multinomial loss the values by class."""
        if not self.is_multinomial:
            return values[0]
        return dict(zip(self.classes or (), values, strict=True))


def _no_inference(fit: FitData) -> Fact:
    return fact("no standard errors", why=fit.why_no_inference, loss=fit.loss.name)


def _no_likelihood(fit: FitData) -> Fact:
    classes, amounts = fit.has_probabilities, fit.metrics.deviance is not None
    if not (classes or amounts or fit.loss.name == "squared"):
        return fact("no likelihood of loss", loss=fit.loss.name)
    return fact("no likelihood", why=fit.why_no_inference or "not arrived", loss=fit.loss.name)


def _no_digits(fit: FitData) -> Fact:
    return fact("no exact minimum")


def _no_quality(fit: FitData) -> Fact:
    if fit.classes is not None:
        return fact("target is a class")
    if fit.loss.name != "squared":
        return fact("not of this loss", loss=fit.loss.name)
    if fit.reduced is not None and not fit.reduced.residual_known:
        return fact("no residual deviation")
    return fact("undefined on these rows")


REASONS: Mapping[str, Callable[[FitData], Fact]] = MappingProxyType(
    {
        "inference": _no_inference,
        "likelihood": _no_likelihood,
        "digits": _no_digits,
        "distance": _no_digits,
        "moments": lambda fit: fact("no moments"),
        "validation": lambda fit: fact("no rows held out"),
        "validation_metrics": lambda fit: fact("no rows held out"),
        "held_out": lambda fit: fact("no rows held out"),
        "intercept": lambda fit: fact("no intercept asked"),
        "classes": lambda fit: fact("target is a number"),
        "labels": lambda fit: fact("target is a number"),
        "sample": lambda fit: fact("no rows kept"),
        "quality": _no_quality,
        "r2": _no_quality,
        "adjusted_r2": _no_quality,
        "rmse": _no_quality,
        "residual_deviation": _no_quality,
    }
)
