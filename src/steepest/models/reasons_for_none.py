"""Why a fit has no inference, no R² or the like."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from steepest.errors import check_known
from steepest.models.fit_data import FitData
from steepest.wording.fact import Fact, fact


def missing(fit: FitData, name: str) -> str:
    """Why `fit.name` is None, in a sentence; "" where it is there."""
    check_known(name, REASONS, "nothing is ever missing under {name!r}; it may be of {known}.")
    return "" if getattr(fit, name) is not None else str(REASONS[name](fit))


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
        "regularization": lambda fit: fact("no penalty path"),
        "quality": _no_quality,
        "r2": _no_quality,
        "adjusted_r2": _no_quality,
        "rmse": _no_quality,
        "residual_deviation": _no_quality,
    }
)
