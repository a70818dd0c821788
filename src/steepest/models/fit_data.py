"""What is known of a fitted table, in numbers: whatever its loss, its penalty and its engine."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from steepest.models.fitted_parameters import FittedParameters
from steepest.models.inference import (
    Inference,
    Quality,
    Targets,
    infer,
    kind_of_errors,
    needs_rows,
)
from steepest.models.metrics import Metrics
from steepest.models.validation import Validation

if TYPE_CHECKING:
    from steepest.models.likelihood import Likelihood


@dataclass(frozen=True, eq=False, repr=False)
class FitData(FittedParameters):
    """A fit without its doors: its parameters, how well they follow the rows, and inference."""

    @property
    def metrics(self) -> Metrics:
        """How well it follows the training rows."""
        return self.worth().metrics

    @property
    def quality(self) -> Quality | None:
        """R² and its like, of squared loss."""
        return self.worth().quality

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
        from steepest.models.standard_errors import infer_at_minimum
        from steepest.models.stored_model import StoredModel
        from steepest.problems.linear_model import LinearModel

        certificate, problem = self.certificate, self.problem
        if not self._is_estimate or self._lacks_rows or certificate is None:
            return None
        if not self._has_few_parameters:
            return None
        if not isinstance(problem, LinearModel) or isinstance(problem, StoredModel):
            return None
        rows, errors = self.metrics.rows, self.settings.errors
        return infer_at_minimum(problem, self._descended, certificate.rounding, rows, errors)

    @cached_property
    def likelihood(self) -> "Likelihood | None":
        """Log-likelihood, AIC, BIC, deviances and pseudo R², where the loss is a likelihood and
        `inference` could be had.
        """
        from steepest.models import likelihood as likelihoods

        if self.known_likelihood is not None:
            return self.known_likelihood
        if self.reduced is not None:
            if self.least_squares_inference is None:
                return None
            targets = Targets.of_factor(self.reduced.training)
            squares = self.metrics.mean_loss * targets.weight
            weighs = self.encoding.weights is not None or targets.weight != targets.rows
            count = len(self.names)
            return likelihoods.of_squares(squares, targets.squares, targets.rows, count, weighs)
        from steepest.models.stored_model import StoredModel
        from steepest.problems.linear import LinearProblem

        if isinstance(self.problem, StoredModel):
            return None
        certified = self._is_estimate and self.certificate is not None
        if not certified or not (self.has_probabilities or self.metrics.deviance is not None):
            return None
        found, problem = self.inference, self.problem
        if not (self.has_probabilities or isinstance(problem, LinearProblem)):
            return likelihoods.of_deviance(self.metrics, len(self.names))
        if found is None:
            return None
        count = self.metrics.rows - found.degrees
        if self.has_probabilities:
            return likelihoods.of_classes(self.metrics, count)
        if found.dispersion is None or not isinstance(problem, LinearProblem):
            return None
        at = self._descended
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
        if self.loss.name == "squared":
            kind = kind_of_errors(self.loss, self.settings.errors)
            return kind != "classical" and self.least_squares_inference is not None
        from steepest.problems.linear_model import LinearModel

        problem = self.problem
        at_hand = isinstance(problem, LinearModel) and problem.sums_rows
        return not at_hand and needs_rows(self.loss, self.settings.errors)

    @cached_property
    def least_squares_inference(self) -> Inference | None:
        """The classical inference of squared loss."""
        if self.distance is None or self.settings.ridge > 0.0 or self.settings.minimum_norm:
            return None
        known = self.reduced is not None and self.reduced.residual_known
        if self.reduced is None or not known or not np.isfinite(self.step.objective):
            return None
        rounding = self.reduced.accuracy.errors
        gaps = np.array([self.distance[name] for name in self.names])
        return infer(self.reduced.training, self.names, self.step.parameters, rounding, gaps)

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
            "row alone": any(known.kind == "row alone" for known in self.facts),
            "rows elsewhere": self._lacks_rows,
            "many parameters": not self._has_few_parameters,
            "not converged": self.verdict.kind != "converged" and not arrived,
            "early": self.is_early,
            "dependent": few is None and arrived,
            "residual": few is not None and not few.residual_known,
        }
        return next((kind for kind, holds in reasons.items() if holds), "not arrived")
