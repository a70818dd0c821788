"""What is known of a descent with all rows at every update: in closed form, or step by step."""

from typing import TYPE_CHECKING

import numpy as np

from steepest.descent.closed_form import ClosedForm
from steepest.descent.stopping import Stop
from steepest.diagnosis.evidence import Evidence, manner_of_run
from steepest.diagnosis.exact import Exact
from steepest.diagnosis.forecast import Forecast
from steepest.problems.squared_loss import Quadratic

if TYPE_CHECKING:
    from steepest.descent.trajectory import Trajectory
    from steepest.diagnosis.certificate import Certificate


@np.errstate(over="ignore", invalid="ignore")
def evidence_of_closed_form(
    closed: ClosedForm, end: int, stop: Stop, forecast: Forecast
) -> Evidence:
    """Squared loss at a constant rate: every direction is known exactly."""
    problem, exact = closed.problem, Exact.of_closed_form(closed, end)
    return Evidence(
        epoch=end,
        stop=stop,
        initial=problem.objective(closed.parameters(0)),
        objective=problem.objective(closed.parameters(end)),
        names=problem.names,
        minimum=problem.minimum,
        convex=True,
        lr=closed.lr,
        rates=exact.rates,
        exact=exact,
        manner=manner_of_run(exact, None),
        forecast=forecast,
        lost=problem.lost,
        at_end=None if stop.rule == "settled" else _at_end(closed, end),
    )


def _at_end(closed: ClosedForm, end: int) -> "Certificate | None":
    """What is left of every parameter, where a run did not go on until that cannot be told: its
    file loads what steps on rows need too.
    """
    from steepest.diagnosis.certificate import certify

    return certify(closed.problem, closed.parameters(end), None)


@np.errstate(over="ignore", invalid="ignore")
def evidence_of_trajectory(trajectory: "Trajectory", *, quadratic: bool) -> Evidence:
    """`quadratic` where the objective has the same second derivative everywhere."""
    from steepest.diagnosis.walk import Walk

    walk, problem = Walk(trajectory, quadratic), trajectory.problem
    return Evidence(
        epoch=trajectory.epochs,
        stop=trajectory.stop,
        initial=float(trajectory.objective[0]),
        objective=float(trajectory.objective[-1]),
        names=problem.names,
        convex=problem.is_convex,
        lr=walk.lr,
        rates=None if walk.exact is None else walk.exact.rates,
        exact=walk.exact,
        motion=walk.motion,
        objectives=trajectory.objective,
        scale=walk.scale,
        manner=manner_of_run(walk.exact, walk.motion, one_step=walk.one_step),
        walk=walk,
        lost=problem.lost if isinstance(problem, Quadratic) else (),
    )
