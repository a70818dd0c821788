"""`minimize` takes a formula or a Python function and returns a `Run`; `study` several."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias

from steepest.api.pose import Objective, Start, pose
from steepest.descent.automatic_rate import automatic_schedule
from steepest.descent.optimizers import Optimizer, make_optimizer
from steepest.descent.schedules import Schedule, make_schedule
from steepest.descent.stepwise import Progress, RunSettings
from steepest.descent.stopping import StoppingRule, stopping_rules
from steepest.descent.torch_optimizer import Factory, TorchOptimizer, is_torch_optimizer
from steepest.errors import InputError
from steepest.keywords import answer_wrong_keywords
from steepest.path.stepwise_run import run_paths
from steepest.penalties.bounds import Bounds
from steepest.problems.function import FunctionProblem
from steepest.results.run import Run
from steepest.results.study import Choice, Study

OptimizerLike: TypeAlias = str | Optimizer | Factory
Bounded: TypeAlias = Mapping[str, tuple[float | None, float | None]]

# Where a run is given no end: this gradient norm, or so many epochs.
GRADIENT_TOLERANCE = 1e-8
DEFAULT_EPOCHS = 1000
# An update takes about this long, and nobody waits for more of them.
SECONDS_PER_EPOCH = 1e-4
MOST_EPOCHS = 10**10


@answer_wrong_keywords
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
    gradient_tolerance: float | None = None,
    patience: int | None = None,
    time_limit: float | None = None,
    bounds: Bounded | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Run:
    """Run gradient descent on a formula or on a Python function of torch tensors.

    What is minimised
        objective: a formula ("x**2 - 4*x + 5"), the name of a known function ("rosenbrock"; see
            `steepest.functions`), or a function whose arguments are float64 tensors and which
            returns one number
        start: a number, numbers by position, {name: number}, or "random" (standard normal, by
            `seed`); vectors and matrices for the arguments of a function. A known function brings
            its own.
        bounds: {name: (lower, upper)}, None for an open side; every step is projected onto them
    Descent
        lr: a number, a schedule or its text ("step:0.1,step_size=9", "backtracking:1"), or "auto":
            the best rate where the second derivative is constant, else a line search
        optimizer: "sgd", "adagrad", "rmsprop", "adam", "adamw", one of `steepest.optimizers`, or
            a class of `torch.optim` (or a `functools.partial` of one, with its options)
        momentum, nesterov: for SGD by name
    Stopping: whichever fires first
        epochs (1000 where nothing else is said), tolerance (relative change of the objective an
        epoch), gradient_tolerance (norm; 1e-8 where nothing is said at all), patience (epochs
        without a new lowest objective), time_limit (seconds)

    Raises InputError where objective, start or options cannot be used: what, where, and what to do.

    >>> import steepest
    >>> run = steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1, epochs=30)
    >>> [round(step["x"], 3) for step in run][:5], run.verdict.manner
    ([7.0, 6.0, 5.2, 4.56, 4.048], 'monotone')
    """
    stopping = _rules(epochs, tolerance, gradient_tolerance, patience, time_limit)
    for name, value in (("lr", lr), ("optimizer", optimizer)):
        if isinstance(value, Sequence) and not isinstance(value, str):
            raise InputError(f"minimize makes one run; steepest.study takes a list as {name}")
    problem, begin = pose(objective, start, seed)
    made = _optimizer(optimizer, problem, momentum, nesterov)
    schedule = _schedule(lr, problem, begin, made)
    box = None if bounds is None else _box(bounds, problem, begin)
    run = RunSettings(made, schedule, begin)
    return Run.of(run_paths(problem, [run], stopping, bounds=box, progress=progress)[0])


@answer_wrong_keywords
def study(
    objective: Objective,
    start: Start = None,
    *,
    starts: Sequence[Start] | None = None,
    lr: float | str | Schedule | Sequence[float | str | Schedule] = "auto",
    optimizer: OptimizerLike | Sequence[OptimizerLike] = "sgd",
    momentum: float | None = None,
    nesterov: bool | None = None,
    epochs: int | None = None,
    tolerance: float | None = None,
    gradient_tolerance: float | None = None,
    patience: int | None = None,
    time_limit: float | None = None,
    bounds: Bounded | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Study:
    """Run `minimize` for several learning rates, optimizers or starts at once, side by side.

    `lr` and `optimizer` may be lists, and `starts` is a list of starts (random ones are drawn with
    `seed`, `seed` + 1, …); every combination is run.
    All runs are walked as one batch, so that 64 rates take little longer than one. The other
    arguments are those of `minimize`.

    >>> import steepest
    >>> study = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 0.7, 1.0], epochs=30)
    >>> [(label, path.verdict.manner or path.verdict.kind) for label, path in study.items()]
    [('lr 0.1', 'monotone'), ('lr 0.7', 'oscillates'), ('lr 1', 'cycle')]
    """
    stopping = _rules(epochs, tolerance, gradient_tolerance, patience, time_limit)
    if starts is not None and start is not None:
        raise InputError("start and starts both say where to begin; give one of them")
    problem, first = pose(
        objective, start if starts is None else _listed("starts", starts)[0], seed
    )
    begins = (
        [first]
        if starts is None
        else [problem.start(each, seed=seed + i) for i, each in enumerate(starts)]
    )
    choices, runs = [], []
    rates, optimizers = _several("lr", lr), _several("optimizer", optimizer)
    for begin, each, rate in product(begins, optimizers, rates):
        made = _optimizer(each, problem, momentum, nesterov)
        schedule = _schedule(rate, problem, begin, made)
        runs.append(RunSettings(made, schedule, begin))
        choices.append(Choice(made, rate, begin))
    box = None if bounds is None else _box(bounds, problem, *begins)
    paths = run_paths(problem, runs, stopping, bounds=box, progress=progress)
    return Study.of(paths, choices)


def _optimizer(
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
                f"{', '.join(given)} go with an optimizer's name; give those of a torch class "
                "with functools.partial"
            )
        return TorchOptimizer(optimizer, problem)
    if not isinstance(optimizer, str | Optimizer):
        raise InputError(
            f"no optimizer {optimizer!r}; give a name, one of steepest.optimizers, or a class of "
            "torch.optim"
        )
    return make_optimizer(optimizer, **given)


def _schedule(
    lr: float | str | Schedule, problem: FunctionProblem, start: Any, optimizer: Optimizer
) -> Schedule:
    if isinstance(lr, str) and lr.strip() == "auto":
        return automatic_schedule(problem, start, optimizer, quadratic=problem.is_quadratic)
    return make_schedule(lr)


def _rules(
    epochs: int | None,
    tolerance: float | None,
    gradient_tolerance: float | None,
    patience: int | None,
    time_limit: float | None,
) -> list[StoppingRule]:
    asked = (tolerance, gradient_tolerance, patience, time_limit)
    if epochs is None:
        epochs = DEFAULT_EPOCHS
        if all(rule is None for rule in asked):
            gradient_tolerance = GRADIENT_TOLERANCE
    rules = stopping_rules(epochs, tolerance, gradient_tolerance, patience, time_limit)
    if epochs > MOST_EPOCHS and time_limit is None:
        days = epochs * SECONDS_PER_EPOCH / 86400.0
        raise InputError(
            f"{epochs} epochs are walked one by one, and would take about {days:.2g} days; use at "
            f"most {MOST_EPOCHS}, or give a time limit too"
        )
    return rules


def _box(bounds: Bounded, problem: FunctionProblem, *starts: Any) -> Bounds:
    box = Bounds.of(problem.names, bounds)
    for start in starts:
        box.check_start(start)
    return box


def _several(name: str, value: Any) -> list[Any]:
    """A list as it is, anything else as a list of one."""
    if isinstance(value, str | Schedule | Optimizer) or not isinstance(value, Sequence):
        # An array of rates is a list of them too.
        value = value.tolist() if hasattr(value, "tolist") else value
        return value if isinstance(value, list) else [value]
    return _listed(name, value)


def _listed(name: str, values: Sequence[Any]) -> list[Any]:
    listed = list(values)
    if not listed:
        raise InputError(f"{name} is an empty list; give at least one")
    return listed
