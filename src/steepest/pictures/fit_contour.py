"""The objective of a fit around its path, where it is cheap to look at."""

from steepest.models.fit_data import FitData
from steepest.pictures.contour import ContourView
from steepest.pictures.curve import CurveView
from steepest.pictures.picture import LeftOut
from steepest.pictures.subject import Subject
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_on_moments import MomentsProblem
from steepest.problems.squared_loss import Quadratic
from steepest.wording.fact import fact

# A contour asks for the objective at thousands of points, each a look at all rows.
_MOST_PREDICTORS = 3_000
_MOST_PRODUCTS = 300_000


def contour_of(fit: FitData, parameters: tuple[str, str] | None = None) -> ContourView:
    """The path over two parameters, by default the two stiffest, or where rows were descended on
    the two that moved most.

    Raises LeftOut where the rows are too many, or are not in memory.
    """
    _check(fit)
    return ContourView.of(Subject.of_fit(fit), parameters, arrows=0)


def curve_of(fit: FitData) -> CurveView:
    """The objective along the only parameter. Raises LeftOut as `contour_of` does."""
    _check(fit)
    return CurveView.of(Subject.of_fit(fit), tangents=0)


def has_contour(fit: FitData) -> bool:
    """Whether looks at all rows are cheap: moments stand for them, or those in memory are few."""
    try:
        _check(fit)
    except LeftOut:
        return False
    return True


def _check(fit: FitData) -> None:
    problem = fit.problem
    if isinstance(problem, Quadratic | MomentsProblem):
        return
    if not isinstance(problem, LinearProblem):
        raise LeftOut(fact("contour of rows elsewhere"))
    predictors = len(problem.target) * problem.predictors
    if predictors > _MOST_PREDICTORS:
        raise LeftOut(fact("contour of many rows", rows=len(problem.target)))
    if predictors * problem.columns > _MOST_PRODUCTS:
        raise LeftOut(fact("contour of many columns", columns=problem.columns))
