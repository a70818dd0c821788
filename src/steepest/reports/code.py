"""The Python that makes a run, or a study, again."""

import json
from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from steepest.arrays import Floats
from steepest.descent.optimizers import SGD, Optimizer
from steepest.descent.schedules import SCHEDULES, Constant, Schedule
from steepest.descent.serialization import RememberedOptimizer, is_own
from steepest.descent.torch_optimizer import TorchOptimizer
from steepest.descent.trajectory import Trajectory
from steepest.penalties.bounds import Bounds
from steepest.problems.function import FunctionProblem
from steepest.wording.fact import fact

_WIDE = 88
_MOST_NUMBERS = 60  # of a start that is written out


def run_code(problem: FunctionProblem, trajectory: Trajectory) -> str:
    """The call of `steepest.minimize`, with the imports it needs."""
    arguments = {
        "start": _start(problem, trajectory.parameters[0]),
        **_optimizer(trajectory.optimizer),
        "lr": _rate(trajectory.schedule),
        **_bounds(trajectory.bounds),
        "epochs": str(trajectory.epochs),
    }
    return _program("run", "minimize", problem, arguments)


def study_code(problem: FunctionProblem, trajectories: list[Trajectory]) -> str:
    """The call of `steepest.study` where its runs are all combinations of what they were given;
    else nothing.
    """
    starts = _different(_start(problem, run.parameters[0]) for run in trajectories)
    optimizers = _different(_named(run.optimizer) for run in trajectories)
    rates = _different(_rate(run.schedule) for run in trajectories)
    if len(starts) * len(optimizers) * len(rates) != len(trajectories):
        return ""
    first = trajectories[0]
    arguments = {
        **({"start": starts[0]} if len(starts) == 1 else {"starts": _list(starts)}),
        **(
            _optimizer(first.optimizer)
            if len(optimizers) == 1
            else {"optimizer": _list(optimizers)}
        ),
        "lr": rates[0] if len(rates) == 1 else _list(rates),
        **_bounds(first.bounds),
        "epochs": str(max(run.epochs for run in trajectories)),
    }
    return _program("study", "study", problem, arguments)


def _program(name: str, call: str, problem: FunctionProblem, arguments: dict[str, str]) -> str:
    text = json.dumps(problem.text, ensure_ascii=False) if problem.formula else problem.text
    values = [text, *(f"{key}={value}" for key, value in arguments.items())]
    line = f"{name} = steepest.{call}({', '.join(values)})"
    if len(line) > _WIDE:
        inside = "".join(f"    {value},\n" for value in values)
        line = f"{name} = steepest.{call}(\n{inside})"
    imports = ["import steepest"]
    if "functools." in line:
        imports.insert(0, "import functools")
    if "torch.optim." in line:
        imports.append("import torch")
    notes = [] if problem.formula else [fact("your function", name=problem.text)]
    if arguments.get("start") == "start":
        notes.append(fact("numbers of the start", count=len(problem.names)))
    return "\n".join([*imports, "", *(f"# {note}" for note in notes), line])


def _start(problem: FunctionProblem, start: Floats) -> str:
    if len(start) > _MOST_NUMBERS:
        return "start"
    parts = {name: _written(value) for name, value in problem.split(start).items()}
    if len(parts) == 1:
        return next(iter(parts.values()))
    return "{" + ", ".join(f"{_quoted(name)}: {value}" for name, value in parts.items()) + "}"


def _written(value: Any) -> str:
    """A number or a list of numbers, to all digits; 7 rather than 7.0."""
    if isinstance(value, np.ndarray):
        return f"[{', '.join(map(_written, value))}]"
    return repr(float(value)).removesuffix(".0")


def _optimizer(optimizer: Optimizer) -> dict[str, str]:
    """The arguments; momentum and Nesterov have their own."""
    changed = _changed(optimizer)
    if isinstance(optimizer, SGD) and set(changed) <= {"momentum", "nesterov"}:
        return {key: repr(value) for key, value in changed.items()}
    return {"optimizer": _named(optimizer)}


def _named(optimizer: Optimizer) -> str:
    """One expression for the optimizer with its options."""
    if isinstance(optimizer, TorchOptimizer):
        return _torch(optimizer)
    if isinstance(optimizer, RememberedOptimizer) or not is_own(optimizer):
        return optimizer.name
    changed = _changed(optimizer)
    if not changed:
        return _quoted(optimizer.name.lower())
    options = ", ".join(f"{key}={value!r}" for key, value in changed.items())
    return f"steepest.optimizers.{type(optimizer).__name__}({options})"


def _torch(optimizer: TorchOptimizer) -> str:
    maker = getattr(optimizer.factory, "func", optimizer.factory)
    module = str(getattr(maker, "__module__", ""))
    name = f"torch.optim.{optimizer.name}" if module.startswith("torch.optim") else optimizer.name
    options = getattr(optimizer.factory, "keywords", {})
    arguments = "".join(f", {key}={value!r}" for key, value in options.items())
    return f"functools.partial({name}{arguments})" if arguments else name


def _changed(optimizer: Optimizer) -> dict[str, Any]:
    """Options that differ from their defaults."""
    if not is_own(optimizer):
        return {}
    return {
        field.name: getattr(optimizer, field.name)
        for field in fields(optimizer)
        if field.default is MISSING or getattr(optimizer, field.name) != field.default
    }


def _rate(schedule: Schedule) -> str:
    if isinstance(schedule, Constant):
        return str(schedule)
    known = SCHEDULES.get(schedule.name) is type(schedule)
    return _quoted(str(schedule)) if known else type(schedule).__name__


def _bounds(bounds: Bounds | None) -> dict[str, str]:
    if bounds is None:
        return {}
    sides = zip(bounds.names, bounds.lower.tolist(), bounds.upper.tolist(), strict=True)
    pairs = [
        f"{_quoted(name)}: ({_side(low)}, {_side(high)})"
        for name, low, high in sides
        if np.isfinite(low) or np.isfinite(high)
    ]
    return {"bounds": "{" + ", ".join(pairs) + "}"}


def _side(value: float) -> str:
    return _written(value) if np.isfinite(value) else "None"


def _list(values: list[str]) -> str:
    return f"[{', '.join(values)}]"


def _different(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
