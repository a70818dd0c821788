"""Whether the objective of a fit around its path is cheap to look at."""

from steepest.models.fit_data import FitData
from steepest.pictures.picture import LeftOut
from steepest.problems.linear import LinearProblem
from steepest.problems.linear_on_moments import MomentsProblem
from steepest.problems.squared_loss import Quadratic
from steepest.wording.fact import fact

# A contour asks for the objective at thousands of points, each a look at all rows.
_MOST_PREDICTORS = 3_000
_MOST_PRODUCTS = 300_000


def has_contour(fit: FitData) -> bool:
    """Whether looks at all rows are cheap: moments stand for them, or those in memory are few."""
    try:
        check_cost(fit)
    except LeftOut:
        return False
    return True


def check_cost(fit: FitData) -> None:
    """Raises LeftOut where the rows are too many, or are not in memory."""
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
