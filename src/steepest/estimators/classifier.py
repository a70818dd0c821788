"""Linear classification, as an estimator."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, check_classification_targets

from steepest.arrays import Floats
from steepest.descent.optimizers import Optimizer
from steepest.descent.schedules import Schedule
from steepest.errors import InputError
from steepest.estimators.base import DescentEstimator
from steepest.estimators.plan import loss_name
from steepest.keywords import answer_wrong_keywords
from steepest.losses import Loss, Multinomial, make_loss
from steepest.losses.by_name import plain_name
from steepest.models.inference import Errors
from steepest.number_checks import is_number
from steepest.translation import say

LOSSES = ("logistic", "hinge", "squared-hinge")


def _has_probabilities(estimator: Any) -> bool:
    if plain_name(estimator.loss) != "logistic":
        raise AttributeError(
            say(
                "{loss} loss has no probabilities; loss='logistic' has, and "
                "sklearn.calibration.CalibratedClassifierCV makes some.",
                loss=estimator.loss,
            )
        )
    return True


@final
class GradientDescentClassifier(ClassifierMixin, DescentEstimator):  # type: ignore[misc]  # untyped
    """A linear classifier by gradient descent, for scikit-learn.

    It minimises mean ℓ(x·w + c, y) + l1·Σ|wⱼ| + ridge·Σwⱼ², the mean weighted by `sample_weight`
    times `class_weight`, in the coordinates of the descent: features of mean 0 and mean square 1
    unless `standardize=False`. `coef_` and `intercept_` are in the units of the features. What this
    is in the terms of LogisticRegression and SGDClassifier: see `steepest.penalties.penalties`.

    Problem
        loss: "logistic" (multinomial for more than two classes), "hinge" or "squared-hinge", for
            two classes: `sklearn.multiclass.OneVsRestClassifier` makes more of them
        l1, ridge: strengths of the penalty, never on the intercept; one of them "path": the one of
            a hundred that held-out rows prefer, of so many `folds`, in dense rows; "path:1se": the
            largest within one standard error of it. `regularization_` holds all
        positive: whether coefficients must be 0 or more
        fit_intercept, standardize
        dependent: "drop" leaves out the columns that earlier ones explain (coefficient 0, and a
            note of which they are made in `notes_`), "error" refuses; with a penalty or bounds all
            columns stay
        class_weight: None, "balanced" or weights by class
        errors: the standard errors of `inference_`: "classical", "robust", "HC0" to "HC3"
    Descent
        optimizer: "sgd", "adagrad", "rmsprop", "adam", "adamw", "newton", "interior-point", or one
            of `steepest.optimizers`; "auto": where neither lr nor a batch size is given, interior
            points for losses with kinks, else Newton's method; where one is, "sgd"
        lr: a number, "auto" (from the curvature, for SGD), a schedule, or its text
        batch_size: rows to an update, at most all; None for full batch
        max_iter: the most epochs; of full batch an epoch is an update
        tol: the run ends when an epoch changes the objective by at most tol times its value, and
            mini-batches after 5 epochs without a new lowest objective; None for neither. Losses
            with kinks (hinge) make all epochs in full batch at lr="auto"
        shuffle, random_state: the order of rows in mini-batches
        average: take the mean of the parameters after the first epoch, of mini-batches
        warm_start: `fit` begins where the last one ended

    Attributes: `classes_` (k,), `coef_` (1, p) or (k, p), `intercept_` (1,) or (k,), `n_iter_`
    epochs, `path_`: a `steepest.Run`, of mini-batches with a step an epoch.
    The path holds the rows; a pickle or copy of the estimator leaves it behind.

    Raises InputError, a ValueError, where rows or arguments cannot be used.

    >>> rows, sorts = [[0.0], [1.0], [2.0], [3.0]], ["dry", "wet", "dry", "wet"]
    >>> model = GradientDescentClassifier().fit(rows, sorts)
    >>> model.predict([[-1.0], [4.0]]), model.classes_
    (array(['dry', 'wet'], dtype='<U3'), array(['dry', 'wet'], dtype='<U3'))
    """

    classes_: NDArray[Any]

    @answer_wrong_keywords
    def __init__(
        self,
        loss: str = "logistic",
        *,
        l1: float | str = 0.0,
        ridge: float | str = 0.0,
        positive: bool = False,
        fit_intercept: bool = True,
        standardize: bool = True,
        class_weight: Any = None,
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
        tags.classifier_tags.multi_class = plain_name(self.loss) == "logistic"
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "GradientDescentClassifier":
        """Fit to rows X (n, p), dense, sparse or a frame, and the class of each, y (n,)."""
        X, y, weights = self._read(X, y, sample_weight, reset=True, numeric=False, whole=True)
        before = getattr(self, "classes_", None)
        self.classes_, codes = _coded(y)
        self._check_classes(before)
        self._fit(X, codes, self._weighed(y, weights))
        return self

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> "GradientDescentClassifier":
        """Go on with one look at these rows; the first call names all `classes`. After `fit` it
        goes on from there.

        Means and scales of the columns, and with lr="auto" the rate, follow from all rows so far;
        where they move, the parameters are re-expressed, so that the predictions stay the same.
        `batch_size=None` makes an update of each row; where lr is given, one of all these rows.

        How far from the minimum of all rows that is, cannot be told: rows of former calls are gone.
        There is no `path_`, and no verdict.
        """
        first = not hasattr(self, "coef_")
        _check_partial_fit_first_call(self, classes)
        X, y, weights = self._read(X, y, sample_weight, reset=first, numeric=False)
        if isinstance(self.class_weight, str):
            raise InputError(
                "class_weight={class_weight!r} needs all rows at once; for partial_fit give "
                "weights by class.",
                class_weight=self.class_weight,
            )
        self._check_classes(None)
        self._partial_fit(X, self._codes(y), self._weighed(y, weights))
        return self

    def decision_function(self, X: Any) -> Floats:
        """x·w + c of each row: (n,) for two classes, above 0 for the second; else (n, k)."""
        return self._predict(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each row, (n,)."""
        eta = self._predict(X)
        codes = eta.argmax(axis=1) if eta.ndim == 2 else (eta > 0.0).astype(np.intp)
        return np.asarray(self.classes_[codes])

    @available_if(_has_probabilities)
    def predict_proba(self, X: Any) -> Floats:
        """The probability of each class, (n, k)."""
        eta, loss = self._predict(X), self._loss()
        if eta.ndim == 2:
            return loss.mean(eta)
        return np.column_stack([loss.mean(-eta), loss.mean(eta)])

    @available_if(_has_probabilities)
    def predict_log_proba(self, X: Any) -> Floats:
        """The logarithm of the probability of each class, (n, k)."""
        eta, loss = self._predict(X), self._loss()
        codes = np.arange(len(self.classes_))
        return np.column_stack([-loss.value(eta, np.full(len(eta), k)) for k in codes])

    def _loss(self) -> Loss:
        name = loss_name(self.loss, LOSSES, "classifier")
        return Multinomial() if name == "logistic" and self._several else make_loss(name)

    def _labels(self) -> list[str] | None:
        return [str(label) for label in self.classes_] if self._several else None

    def _answers(self, target: Floats) -> Any:
        return self.classes_[target.astype(np.intp)]

    @property
    def _several(self) -> bool:
        return len(getattr(self, "classes_", ())) > 2

    def _check_classes(self, before: NDArray[Any] | None) -> None:
        if len(self.classes_) < 2:
            raise InputError(
                "a classifier needs rows of two classes or more; all are of 1 class, {classes}.",
                classes=_listed(self.classes_),
            )
        if self._several and loss_name(self.loss, LOSSES, "classifier") != "logistic":
            raise InputError(
                "{loss} loss is of two classes, and there are {count}. Only binary "
                "classification is supported. The type of the target is multiclass: use "
                "loss='logistic', or sklearn.multiclass.OneVsRestClassifier around this.",
                loss=self.loss,
                count=len(self.classes_),
            )
        if self.warm_start and before is not None and not np.array_equal(before, self.classes_):
            raise InputError(
                "the last fit was of the classes {before}, and these rows are of {classes}: "
                "to start anew, fit with warm_start=False.",
                before=_listed(before),
                classes=_listed(self.classes_),
            )

    def _codes(self, y: NDArray[Any]) -> Floats:
        """The place of each label among the classes."""
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise InputError(
                "{unknown} is none of the classes {classes}, which the first call named.",
                unknown=_listed(unknown[:1]),
                classes=_listed(self.classes_),
            )
        return np.searchsorted(self.classes_, y).astype(np.float64)

    def _weighed(self, y: NDArray[Any], weights: Floats | None) -> Floats | None:
        if self.class_weight is None:
            return weights
        by_row = self._class_weights(y)
        return by_row if weights is None else weights * by_row

    def _class_weights(self, y: NDArray[Any]) -> Floats:
        """The weight of each row's class; 1 for a class that is not named."""
        given = self.class_weight
        if isinstance(given, str) and given == "balanced":
            balanced: Floats = compute_sample_weight(given, y)
            return balanced
        if not isinstance(given, Mapping):
            raise InputError(
                "class_weight must be None, 'balanced' or weights by class, not {given!r}.",
                given=given,
            )
        labels = self.classes_.tolist()
        for label in given:
            if label not in labels:
                raise InputError(
                    "class_weight names {label!r}, which is none of the classes {classes}.",
                    label=label,
                    classes=_listed(self.classes_),
                )
        by_class = [given.get(label, 1.0) for label in labels]
        for label, weight in zip(labels, by_class, strict=True):
            if not is_number(weight) or weight < 0.0:
                raise InputError(
                    "the class_weight of {label!r} must be a number, 0 or more, not {weight!r}.",
                    label=label,
                    weight=weight,
                )
        return np.asarray(by_class, dtype=np.float64)[np.searchsorted(self.classes_, y)]


def _listed(classes: NDArray[Any]) -> str:
    return ", ".join(repr(label) for label in classes.tolist())


def _coded(y: Any) -> tuple[Any, Any]:
    """The classes, and of each row which; where there are two numbers, no row is sorted. Raises
    ValueError for what are no classes.
    """
    if y.dtype.kind in "biuf" and y.min() < y.max():
        ends, upper = np.array([y.min(), y.max()]), y == y.max()
        if (upper | (y == ends[0])).all():
            if (
                ends != np.floor(ends)
            ).any():  # of whole numbers nobody has to ask, which takes longer
                check_classification_targets(ends)
            return ends, upper.astype(np.float64)
    check_classification_targets(y)
    classes, codes = np.unique(y, return_inverse=True)
    return classes, codes.astype(np.float64)
