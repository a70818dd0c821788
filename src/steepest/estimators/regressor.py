"""Linear regression with any loss, as an estimator."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, final

from sklearn.base import RegressorMixin

from steepest.arrays import Floats
from steepest.descent.optimizers import Optimizer
from steepest.descent.schedules import Schedule
from steepest.errors import InputError
from steepest.estimators.base import DescentEstimator
from steepest.estimators.plan import loss_name
from steepest.keywords import answer_wrong_keywords
from steepest.losses import Loss, make_loss
from steepest.models.inference import Errors
from steepest.problems.linear import LinearProblem

# The losses of a regressor, and which argument goes with each.
LOSSES = {
    "squared": None,
    "absolute": None,
    "huber": "delta",
    "quantile": "quantile",
    "log-cosh": None,
    "poisson": None,
    "gamma": None,
    "tweedie": "power",
}


@final
class GradientDescentRegressor(RegressorMixin, DescentEstimator):  # type: ignore[misc]  # untyped
    """A linear model of a number, by gradient descent, for scikit-learn.

    It minimises mean ℓ(x·w + c, y) + l1·Σ|wⱼ| + ridge·Σwⱼ², the mean weighted by `sample_weight`,
    in the coordinates of the descent: features of mean 0 and mean square 1 unless
    `standardize=False`. `coef_` and `intercept_` are in the units of the features. What this is in
    the terms of Ridge, Lasso, PoissonRegressor and others stands in `steepest.penalties.penalties`.

    Problem
        loss: "squared", "absolute", "huber", "quantile", "log-cosh", "poisson", "gamma", "tweedie"
        delta: where Huber's loss turns straight; quantile: which one; power: Tweedie's
        l1, ridge: strengths of the penalty, never on the intercept; one of them "path": the one of
            a hundred that held-out rows prefer, of so many `folds`, in dense rows; "path:1se": the
            largest within one standard error of it. `regularization_` holds all
        positive: whether coefficients must be 0 or more
        fit_intercept, standardize
        dependent: "drop" leaves out the columns that earlier ones explain (coefficient 0, and a
            note of which they are made in `notes_`), "error" refuses; with a penalty or bounds all
            columns stay
        errors: the standard errors of `inference_`: "classical", "robust", "HC0" to "HC3"
    Descent
        optimizer: "sgd", "adagrad", "rmsprop", "adam", "adamw", "newton", "interior-point", or one
            of `steepest.optimizers`; "auto": where neither lr nor a batch size is given, interior
            points for losses with kinks, else Newton's method; where one is, "sgd"
        lr: a number, "auto" (from the curvature, for SGD), a schedule, or its text
        batch_size: rows to an update, at most all; None for full batch
        max_iter: the most epochs; of full batch an epoch is an update
        tol: the run ends when an epoch changes the objective by at most tol times its value (in
            mini-batches of losses with kinks: times what it has fallen), and mini-batches after 5
            epochs without a new lowest objective; None for neither. Losses
            with kinks (absolute, quantile) make all epochs in full batch at lr="auto"
        shuffle, random_state: the order of rows in mini-batches
        average: take the mean of the parameters after the first epoch, of mini-batches
        warm_start: `fit` begins where the last one ended

    Attributes: `coef_` (p,), `intercept_`, `n_iter_` epochs, `path_`: a
    `steepest.Run`, of mini-batches with a step an epoch. The path holds the rows; a pickle
    or copy of the estimator leaves it behind.

    Raises InputError, a ValueError, where rows or arguments cannot be used.

    >>> rows, counts = [[0.0], [1.0], [2.0], [3.0]], [1, 2, 4, 8]
    >>> model = GradientDescentRegressor("poisson", tol=1e-12).fit(rows, counts)
    >>> model.predict([[4.0]]).round(4), model.path_.verdict.kind
    (array([16.]), 'converged')
    """

    @answer_wrong_keywords
    def __init__(
        self,
        loss: str = "squared",
        *,
        delta: float = 1.35,
        quantile: float = 0.5,
        power: float = 1.5,
        l1: float | str = 0.0,
        ridge: float | str = 0.0,
        positive: bool = False,
        fit_intercept: bool = True,
        standardize: bool = True,
        optimizer: str | Optimizer = "auto",
        lr: float | str | Schedule = "auto",
        batch_size: int | None = None,
        max_iter: int = 1000,
        tol: float | None = 1e-6,
        shuffle: bool = True,
        random_state: Any = None,
        average: bool = False,
        warm_start: bool = False,
        dependent: str = "drop",
        folds: int = 5,
        errors: Errors = "classical",
    ) -> None:
        self._hold(locals())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        with suppress(InputError):  # wrong arguments are told by fit
            tags.target_tags.positive_only = not _takes_negative(self._loss())
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "GradientDescentRegressor":
        """Fit to rows X (n, p), dense, sparse or a frame, and targets y (n,)."""
        X, y, weights = self._read(X, y, sample_weight, reset=True, numeric=True, whole=True)
        self._fit(X, y, weights)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> "GradientDescentRegressor":
        """Go on with one look at these rows. After `fit` it goes on from there.

        Means and scales of the columns, and with lr="auto" the rate, follow from all rows so far;
        where they move, the parameters are re-expressed, so that the predictions stay the same.
        `batch_size=None` makes an update of each row; where lr is given, one of all these rows.

        How far from the minimum of all rows that is, cannot be told: rows of former calls are gone.
        There is no `path_`, and no verdict.
        """
        first = not hasattr(self, "coef_")
        X, y, weights = self._read(X, y, sample_weight, reset=first, numeric=True)
        self._partial_fit(X, y, weights)
        return self

    def predict(self, X: Any) -> Floats:
        """The loss's prediction for each row, (n,): x·w + c, and its exponential where the loss is
        of means above 0.
        """
        eta = self._predict(X)
        return self._loss().mean(eta)

    def _loss(self) -> Loss:
        name = loss_name(self.loss, LOSSES, "regressor")
        option = LOSSES[name]
        return make_loss(name, **({} if option is None else {option: getattr(self, option)}))

    def _labels(self) -> None:
        return None

    def _keep(self, problem: LinearProblem, parameters: Floats, kept: Sequence[int]) -> None:
        super()._keep(problem, parameters, kept)
        self.coef_, self.intercept_ = self.coef_[0], float(self.intercept_[0])


def _takes_negative(loss: Loss) -> bool:
    try:
        loss.check_target([-1.0])
    except InputError:
        return False
    return True
