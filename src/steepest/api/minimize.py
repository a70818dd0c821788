"""`minimize` takes a formula or a Python function and returns a `Run`."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from steepest.api.followed_in_lab import followed
from steepest.api.pose import Objective, Start, pose
from steepest.descent.automatic_rate import automatic_schedule
from steepest.descent.optimizers import Newton, Optimizer, make_optimizer
from steepest.descent.schedules import Schedule, make_schedule
from steepest.descent.stepwise import Progress, RunSettings
from steepest.descent.stopping import (
    Epochs,
    GradientNorm,
    Stopping,
    StoppingRule,
    check_walked,
    stopping_rules,
)
from steepest.descent.torch_optimizer import Factory, TorchOptimizer, is_torch_optimizer
from steepest.errors import InputError
from steepest.keywords import answer_wrong_keywords
from steepest.number_checks import check_called
from steepest.path.descend import descend_together
from steepest.penalties.bounds import Bounds
from steepest.problems.function import FunctionProblem
from steepest.results.run import Run
from steepest.translation import joined

OptimizerLike: TypeAlias = str | Optimizer | Factory
Bounded: TypeAlias = Mapping[str, tuple[float | None, float | None]]

# Where a run is given no end: this gradient norm, or so many epochs.
GRADIENT_TOLERANCE = 1e-8
DEFAULT_EPOCHS = 1000


@answer_wrong_keywords
@followed("run")
def minimize(
    objective: Objective,
    start: Start = None,
    *,
    lr: float | str | Schedule = "auto",
    optimizer: OptimizerLike = "sgd",
    momentum: float | None = None,
    nesterov: bool | None = None,
    epochs: int | None = None,
    tolerance: float | None = None,
    stopping: Stopping | None = None,
    bounds: Bounded | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    lab: bool = False,
) -> Run:
    """Run gradient descent on a formula or on a Python function of torch tensors.

    What is minimised
        objective: a formula ("x**2 - 4*x + 5"), the name of a known function ("rosenbrock"; see
            `steepest.functions`), or a function whose arguments are float64 tensors and which
            returns one number. It is called twice at the start before the first step, and once by
            the verdict; where numbers leave torch in it (`x.item()`, `math.sin(x)`), at most 7
            times more each, and where a part of the gradient is lost with them, some ten more
        start: a number, numbers by position, {name: number}, or "random" (standard normal, by
            `seed`); vectors and matrices for the arguments of a function. A known function brings
            its own.
        bounds: {name: (lower, upper)}, None for an open side; every step is projected onto them
    Descent
        lr: a number, a schedule or its text ("step:0.1,step_size=9", "backtracking:1"), or "auto":
            the best rate where the second derivative is constant (with `epochs` the one that
            leaves the least after them), else a line search
        optimizer: "sgd", "adagrad", "rmsprop", "adam", "adamw", one of `steepest.optimizers`, or
            a class of `torch.optim` (or a `functools.partial` of one, with its options)
        momentum, nesterov: for SGD by name
    Stopping: whichever fires first
        epochs (1000 where nothing else is said), tolerance (relative change of the objective an
        epoch), stopping: a gradient norm (1e-8 where nothing is said at all), patience or a time
        limit, as in `steepest.Stopping(patience=5)`

    lab: print the address of a page of the lab that follows the run as it goes

    Raises InputError where objective, start or options cannot be used: what, where, and what to do.

    >>> import steepest
    >>> run = steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1, epochs=30)
    >>> [round(step["x"], 3) for step in run][:5], run.verdict.manner
    ([7.0, 6.0, 5.2, 4.56, 4.048], 'monotone')
    """
    for name, value in (("lr", lr), ("optimizer", optimizer)):
        if isinstance(value, Sequence) and not isinstance(value, str):
            raise InputError(
                "minimize makes one run; steepest.study takes a list as {name}", name=name
            )
    check_called("progress", progress)
    problem, begin = pose(objective, start, seed)
    made = optimizer_of(optimizer, problem, momentum, nesterov)
    rules = rules_of(epochs, tolerance, stopping, made)
    schedule = schedule_of(lr, problem, begin, made, epochs)
    box = None if bounds is None else box_of(bounds, problem, begin)
    run = RunSettings(made, schedule, begin)
    return Run.of(descend_together(problem, [run], rules, bounds=box, progress=progress)[0])


def optimizer_of(
    optimizer: OptimizerLike,
    problem: FunctionProblem,
    momentum: float | None,
    nesterov: bool | None,
) -> Optimizer:
    options: dict[str, Any] = {"momentum": momentum, "nesterov": nesterov}
    given = {name: value for name, value in options.items() if value is not None}
    if is_torch_optimizer(optimizer):
        if given:
            raise InputError(
                "{given} go with an optimizer's name; give those of a torch class with "
                "functools.partial",
                given=joined(given),
            )
        return TorchOptimizer(optimizer, problem)
    if not isinstance(optimizer, str | Optimizer):
        raise InputError(
            "no optimizer {optimizer!r}; give a name, one of steepest.optimizers, or a class "
            "of torch.optim",
            optimizer=optimizer,
        )
    return make_optimizer(optimizer, **given)


def schedule_of(
    lr: float | str | Schedule,
    problem: FunctionProblem,
    start: Any,
    optimizer: Optimizer,
    epochs: int | None = None,
) -> Schedule:
    if isinstance(lr, str) and lr.strip() == "auto":
        quadratic = problem.is_quadratic
        return automatic_schedule(problem, start, optimizer, quadratic=quadratic, epochs=epochs)
    return make_schedule(lr)


def rules_of(
    epochs: int | None,
    tolerance: float | None,
    stopping: Stopping | None,
    *optimizers: Optimizer,
) -> list[StoppingRule]:
    rules = stopping_rules(epochs, tolerance, stopping)
    if epochs is None:
        ends_itself = bool(optimizers) and all(isinstance(each, Newton) for each in optimizers)
        usual = [] if ends_itself else [GradientNorm(GRADIENT_TOLERANCE)]
        rules = [Epochs(DEFAULT_EPOCHS), *(rules or usual)]
    check_walked(rules)
    return rules


def box_of(bounds: Bounded, problem: FunctionProblem, *starts: Any) -> Bounds:
    box = Bounds.of(problem.names, bounds)
    for start in starts:
        box.check_start(start)
    return box
