"""What regressor and classifier share: from arguments and rows to coefficients."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from steepest.api.fit import fit
from steepest.api.read import read
from steepest.arrays import Floats
from steepest.descent.minibatch_epochs import without_centre
from steepest.descent.newton import MOST_FORMED
from steepest.descent.plan import Plan, penalty_of
from steepest.descent.stopping import Stop
from steepest.errors import InputError
from steepest.estimators.convergence_warnings import warn_far, warn_without_minimum
from steepest.estimators.plan import plan_of
from steepest.estimators.stream import Stream
from steepest.losses import Loss, Squared
from steepest.models.determining_columns import NOT_ASKED, Determined, are_few, determined
from steepest.models.gathered_rows import MemoryRows
from steepest.models.inference import Inference
from steepest.models.options import Settings
from steepest.models.predictor import Predictor
from steepest.number_checks import check_switch
from steepest.path.descend import descend
from steepest.path.minibatch_path import MinibatchPath
from steepest.problems.design_matrix import suits_moments
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_model import LinearModel, column_names
from steepest.problems.linear_on_moments import MOST_COLUMNS, MomentsProblem
from steepest.results.fit import Fit
from steepest.results.moments import Moments
from steepest.results.run import Run
from steepest.wording.fact import fact

_NUMBERS = (np.float64, np.float32)
# A condition number above this makes plain descent slow.
_LARGE = 100.0
_STRENGTHS = ("l1", "ridge")
_SWITCHES = ("positive", "fit_intercept", "standardize", "shuffle", "average", "warm_start")


class _Known(NamedTuple):
    """What predicts about a centre, where coefficients (k, p) and intercepts (k,) are as fitted."""

    coefficients: Floats
    intercepts: Floats
    predictor: Predictor

    def holds(self, coefficients: Floats, intercepts: Any) -> bool:
        """Whether nobody has changed them."""
        same = np.array_equal(self.coefficients, coefficients)
        return same and np.array_equal(self.intercepts, np.atleast_1d(intercepts))


class DescentEstimator(BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """A linear model that descends.

    scikit-learn wants estimators that hold their arguments as they were given and gain attributes
    when they are fitted: these classes are not frozen.
    """

    path_: Run
    notes_: tuple[str, ...]
    regularization_: Any
    _columns: tuple[str, ...]
    coef_: Floats
    intercept_: Any
    n_iter_: int
    _stream: Stream | None = None
    _known: _Known | None = None

    def _hold(self, arguments: Mapping[str, Any]) -> None:
        """Keep the arguments of `__init__` as they were given, under their names."""
        for name in self._get_param_names():
            setattr(self, name, arguments[name])

    @abstractmethod
    def _loss(self) -> Loss:
        """The loss of the arguments."""

    @abstractmethod
    def _labels(self) -> list[str] | None:
        """What the classes of a multinomial loss are called; None for losses of one predictor."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __getstate__(self) -> Any:
        # The path holds the rows, which are not for whoever is handed a copy of the model.
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "path_"}

    def _read(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        reset: bool,
        numeric: bool,
        whole: bool = False,
    ) -> tuple[Any, Any, Any]:
        """Rows as float32 or float64, dense or CSR; targets, numbers or not; weights or None. What
        is not finite in many rows that are the `whole` of a fit is left for their moments to find.
        """
        later = whole and self._has_moments(X)
        X, y = validate_data(
            self,
            X,
            y,
            reset=reset,
            accept_sparse="csr",
            dtype=_NUMBERS,
            y_numeric=numeric,
            ensure_all_finite=not later,
        )
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        return X, y, sample_weight

    def _has_moments(self, X: Any) -> bool:
        """Whether moments of the rows are asked for that find what is not finite: without a penalty
        they say which columns determine the answer.
        """
        return suits_moments(X) and not (self.l1 or self.ridge)

    def _fit(self, X: Any, y: Floats, weights: Floats | None) -> None:
        """Descend from 0, with the best intercept, or with `warm_start` from where the last fit
        ended, until a stopping rule fires.
        """
        self._choose(X, y, weights)
        plan = self._plan()
        plan.loss.check_target(y)
        names = column_names(self._names(), X.shape[1])
        found = self._determined(MemoryRows(X, y, weights), names, plan)
        if found.moments is None and self._has_moments(X):
            assert_all_finite(X, estimator_name=type(self).__name__, input_name="X")
        gone = found.left_out
        kept = [i for i, name in enumerate(names) if name not in gone]
        X = X[:, kept] if gone else X
        problem = self._problem(X, y, weights, plan, [names[i] for i in kept], found)
        start = self._start(problem, kept)
        if plan.batch_size is None:
            path = descend(_summed(problem, plan), plan, start)
        else:
            problem = without_centre(problem)
            path = descend(problem, plan, start, seed=self._seed())
        parameters, stop, self.n_iter_ = path.descent_end, path.stop, path.looks
        self.path_, self._stream = Run.of(path), None
        self._settle(stop, warn=not plan.walks_to_the_end and not self._is_exact(plan.tolerance))
        if stop.rule == "long steps" and not plan.positive:
            warn_without_minimum(problem, problem.from_user(self.path_.last.parameters))
        if isinstance(path, MinibatchPath) and stop.rule != "epochs":
            warn_far(path)
        self._keep(problem, parameters, kept)
        self.notes_ = tuple(map(str, found.dependence.notes()))
        self._columns = tuple(names[i] for i in kept)

    @property
    def inference_(self) -> Inference | None:
        """Standard errors, t or z, p and 95 % intervals as `steepest.fit` gives them, of the kind
        that `errors` says; None where their theory does not apply: with a penalty or bounds, of a
        loss with kinks, of mini-batches and sparse rows, and where the descent has not converged.
        """
        check_is_fitted(self)
        path = self.path_ if hasattr(self, "path_") else None
        problem = None if path is None else path.problem
        plain = self.l1 == self.ridge == 0.0 and not self.positive and self.batch_size is None
        if path is None or not plain or path.verdict.kind != "converged":
            return None
        if not isinstance(problem, LinearProblem) or issparse(problem.features):
            return None
        answers = self._answers(problem.target)
        return self._fitted(problem.features, answers, problem.weights, self._columns).inference

    def _fitted(self, X: Any, y: Any, weights: Floats | None, names: Sequence[str]) -> Fit:
        """What `steepest.fit` makes of these rows and arguments."""
        return fit(
            read(X, names=names),
            y,
            weights=weights,
            loss=self._loss(),
            l1=self.l1,
            ridge=self.ridge,
            positive=bool(self.positive),
            intercept=bool(self.fit_intercept),
            standardize=bool(self.standardize),
            folds=self.folds if isinstance(self.l1, str) or isinstance(self.ridge, str) else None,
            seed=0 if self.random_state is None else self._seed(),
            errors=self.errors,
        )

    def _choose(self, X: Any, y: Floats, weights: Floats | None) -> None:
        """Choose the strength of a penalty along its path, where that is asked for."""
        self.__dict__.pop("regularization_", None)
        name = next((each for each in _STRENGTHS if isinstance(getattr(self, each), str)), None)
        if name is None:
            return
        if self.batch_size is not None:
            raise InputError(
                "a path of {name} is of minima, which mini-batches end near; leave batch_size out.",
                name=name,
            )
        names = column_names(self._names(), X.shape[1])
        self.regularization_ = self._fitted(X, self._answers(y), weights, names).regularization

    def _answers(self, target: Floats) -> Any:
        """The target as it was handed in."""
        return target

    def _partial_fit(self, X: Any, y: Floats, weights: Floats | None) -> None:
        """One look at further rows."""
        plan, stream = self._plan(in_parts=True), self._stream
        plan.loss.check_target(y)
        problem = self._problem(X, y, weights, plan, self._names())
        every = range(X.shape[1])
        if stream is None:
            user = self._user(problem, every) if hasattr(self, "coef_") else None
            stream = Stream.begin(problem, plan, user, self._seed())
        elif stream.coordinates.intercept != bool(self.fit_intercept):
            known = stream.coordinates.intercept
            raise InputError(
                "fit_intercept was {known} at the first call: leave it so.", known=known
            )
        stream = stream.over(problem, plan, standardize=bool(self.standardize))
        problem = replace(problem, coordinates=stream.coordinates)
        stream = stream.after(problem, plan)
        parameters = stream.parameters(plan)
        if not np.isfinite(parameters).all():
            raise InputError("the parameters are no longer finite: give a smaller lr.")
        self._stream, self.n_iter_ = stream, stream.state.epoch
        self.__dict__.pop("path_", None)
        self._keep(problem, parameters, every)
        self.notes_ = ()

    def _plan(self, *, in_parts: bool = False) -> Plan:
        """What the arguments say."""
        for name in _SWITCHES:
            check_switch(name, getattr(self, name))
        if self.dependent not in ("drop", "error"):
            raise InputError(
                "dependent must be 'drop' or 'error', not {dependent!r}.", dependent=self.dependent
            )
        strengths = {name: self._strength(name, in_parts) for name in _STRENGTHS}
        return plan_of(self, self._loss(), penalty_of(**strengths), in_parts=in_parts)

    def _strength(self, name: str, in_parts: bool) -> Any:
        """The strength of a penalty: as it was given, or as it was chosen."""
        given = getattr(self, name)
        if not isinstance(given, str):
            return given
        if in_parts:
            raise InputError(
                "a path of {name} needs all rows at once; give partial_fit a number.", name=name
            )
        return self.regularization_.strength

    def _problem(
        self,
        X: Any,
        y: Floats,
        weights: Floats | None,
        plan: Plan,
        names: Sequence[str] | None,
        known: Determined | None = None,
    ) -> LinearProblem:
        """The problem of these rows, of which so much is `known`; without it in the units of the
        user.
        """
        return LinearProblem.of(
            X,
            y,
            loss=plan.loss,
            weights=weights,
            penalty=plan.penalty,
            standardize=known is not None and bool(self.standardize),
            intercept=bool(self.fit_intercept),
            names=names,
            classes=self._labels(),
            moments=None if known is None or issparse(X) else known.rest,
        )

    def _names(self) -> Sequence[str] | None:
        names = getattr(self, "feature_names_in_", None)
        return None if names is None else [str(name) for name in names]

    def _determined(self, rows: MemoryRows, names: tuple[str, ...], plan: Plan) -> Determined:
        """The columns that earlier ones explain; none where that would take far longer than the
        descent, as of sparse rows in mini-batches. Columns that are all constant may stay, and in
        mini-batches those of too few rows: there the descent ends nearest to its start.
        """
        kind = {"dependent": self.dependent, "errors": self.errors}
        settings = Settings(intercept=bool(self.fit_intercept), loss=plan.loss, **kind)
        penalized = plan.penalty.absolute or plan.penalty.squared or plan.positive
        batches = plan.batch_size is not None
        if penalized or (issparse(rows.features) and (batches or len(names) > MOST_FORMED)):
            return NOT_ASKED
        found = determined(rows, names, settings)
        rank = len(names) - len(found.left_out) + settings.intercept
        few = batches and found.left_out and are_few(rows, rank)
        return NOT_ASKED if few or len(found.left_out) == len(names) else found

    def _start(self, problem: LinearProblem, kept: Sequence[int]) -> Floats:
        start = problem.start()
        if self.warm_start and hasattr(self, "coef_"):
            return problem.from_user(self._user(problem, kept))
        return start

    def _user(self, problem: LinearProblem, kept: Sequence[int]) -> Floats:
        """Coefficients and intercepts of the last fit, as the problem orders those it has."""
        rows = np.atleast_2d(self.coef_)
        intercept, columns = bool(self.fit_intercept), self.n_features_in_
        if rows.shape != (problem.predictors, columns):
            raise InputError(
                "the last fit left {count: parameter} and these rows need {predictors}: to "
                "start anew, fit with warm_start=False.",
                count=len(rows) * (rows.shape[1] + intercept),
                predictors=problem.predictors * (columns + intercept),
            )
        rows = rows[:, kept]
        if intercept:
            rows = np.column_stack([rows, np.broadcast_to(self.intercept_, len(rows))])
        return rows.ravel()

    def _keep(self, problem: LinearProblem, parameters: Floats, kept: Sequence[int]) -> None:
        rows = problem.to_user(parameters).reshape(problem.predictors, -1)
        self.coef_ = np.zeros((len(rows), self.n_features_in_))
        self.coef_[:, kept] = rows[:, : len(kept)]
        self.intercept_ = rows[:, -1].copy() if self.fit_intercept else np.zeros(len(rows))
        predictor = Predictor.of(problem, parameters).of_columns(kept, self.n_features_in_)
        self._known = _Known(self.coef_.copy(), self.intercept_.copy(), predictor)

    def _is_exact(self, tolerance: float | None) -> bool:
        """Whether next to nothing is left of the objective, so that what it still loses is
        rounding; or whether nobody asks, since there is no tolerance.
        """
        if tolerance is None:
            return True
        path = self.path_
        return bool(abs(path.last.objective) <= tolerance**2 * abs(path.at(0).objective))

    def _condition(self) -> float | None:
        """The condition number, where it is large and all rows were descended at once."""
        if self.batch_size is not None or not self.standardize:
            return None
        condition = self.path_.forecast.condition_number
        return condition if condition > _LARGE else None

    def _settle(self, stop: Stop, *, warn: bool) -> None:
        """Say what the end of the descent means for the fit."""
        if stop.rule == "interrupted":
            raise KeyboardInterrupt
        if stop.rule == "diverged":
            raise InputError(
                "the descent diverged: {reason}. Give a smaller lr.", reason=stop.reason
            )
        if stop.rule == "epochs" and warn:
            known = {"standardized": bool(self.standardize), "condition": self._condition()}
            falling = fact("objective still falls", epochs=self.n_iter_, **known)
            warnings.warn(str(falling), ConvergenceWarning, stacklevel=4)

    def _predict(self, X: Any) -> Floats:
        """η: (n,) of one predictor a row, else (n, k)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, accept_sparse="csr", dtype=_NUMBERS)
        coefficients, known = np.atleast_2d(self.coef_), self._known
        if known is not None and not issparse(X) and known.holds(coefficients, self.intercept_):
            eta = known.predictor(X)
        else:
            eta = safe_sparse_dot(X, coefficients.T, dense_output=True) + self.intercept_
        eta = np.asarray(eta, dtype=np.float64)
        return eta[:, 0] if len(coefficients) == 1 else eta

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))


def _summed(problem: LinearProblem, plan: Plan) -> LinearModel:
    """The problem of the rows' moments, where squared loss meets L1 or bounds: then a step is no
    pass over the rows. Else the problem itself.
    """
    rows, columns = problem.features.shape
    kinks = bool(plan.penalty.absolute) or plan.positive
    suits = columns < rows and columns <= MOST_COLUMNS and not issparse(problem.features)
    if not (kinks and suits and isinstance(plan.loss, Squared)):
        return problem
    table = read(problem.features, names=problem.names[:columns])
    moments = Moments.of(table, problem.target, weights=problem.weights)
    return MomentsProblem.of(
        moments,
        penalty=plan.penalty,
        intercept=problem.coordinates.intercept,
        coordinates=problem.coordinates,
    )
