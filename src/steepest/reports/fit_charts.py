"""The pictures of a fit for the page: its path, and what its model says of rows and classes."""

from functools import partial

from steepest.models.fit_data import FitData
from steepest.pictures.catalogue import FIT_PICTURES
from steepest.pictures.chart import Chart
from steepest.pictures.fit_contour import has_contour
from steepest.pictures.picture import LeftOut
from steepest.pictures.regularization import RegularizationView, losses
from steepest.pictures.subject import Subject
from steepest.reports.drawn import chart_or_reason
from steepest.reports.path_charts import Names, fit_contour, objective_charts
from steepest.wording.fact import phrase

_MOST_NAMES = 4  # of a heading


def fit_charts(fit: FitData, parameters: Names = None) -> list[Chart]:
    """All pictures that the fit has; `parameters` are the two that the contour is drawn over.

    Raises InputError for parameters that it does not have.
    """
    draws = {
        name: partial(picture.chart, fit)
        for name, picture in FIT_PICTURES.items()
        if picture.is_reported(fit)
    }
    if parameters is not None or has_contour(fit):
        draws = {"contour": partial(fit_contour, fit, parameters)} | draws
    charts = objective_charts(Subject.of_fit(fit))
    for name, draw in draws.items():
        charts.append(chart_or_reason(name, phrase("picture of fit", name=name), draw, LeftOut))
    if fit.regularization is not None:
        heading, view = phrase("Held-out loss by strength"), RegularizationView.of(fit)
        charts.append(chart_or_reason("held-out", heading, partial(losses, view)))
    return charts


def fit_heading(fit: FitData) -> str:
    """The target, and the first columns that explain it."""
    names = fit.encoding.columns
    more = max(len(names) - _MOST_NAMES, 0)
    return phrase("target explained", target=fit.target, by=names[:_MOST_NAMES], more=more)
