"""The first steps of runs and the last, as tables for the terminal."""

from collections.abc import Callable, Iterator, Sequence

from steepest.cli.wrapped import WIDTH, cell
from steepest.path.path import DescentPath
from steepest.path.step import Step
from steepest.path.step_excerpt import chosen_steps
from steepest.wording.text_table import terminal_width, text_table


def steps_table(path: DescentPath) -> str:
    """Step, parameters as far as there is room, objective and gradient."""
    steps = list(path.steps(chosen_steps(path.epochs)))
    names = path.names
    for shown in range(len(names), -1, -1):
        more = ["…"] if shown < len(names) else []
        gradient = "gradient" if len(names) == 1 else "|gradient|"
        heads = ["epoch", *names[:shown], *more, "objective", gradient]
        lines = text_table([heads, *(_row(path, step, shown, more) for step in steps)])
        if _fits(lines):
            break
    return "\n".join(lines)


def side_by_side(paths: Sequence[DescentPath], labels: Sequence[str]) -> list[str]:
    """The objective of each run at the same steps, and before it the parameter if there is one.

    The last row holds every run's end. Nothing where the runs need more room than there is.
    """
    tables = []
    if len(paths[0].names) == 1:
        tables.append((paths[0].names[0], lambda step: float(step.parameters[0])))
    tables.append(("objective", lambda step: step.objective))
    return [text for what, value in tables for text in _beside(what, value, paths, labels)]


def _row(path: DescentPath, step: Step, shown: int, more: list[str]) -> list[str]:
    slope = step.gradient[0] if len(step.names) == 1 else path.gradient_norm(step)
    numbers = [*step.parameters[:shown], *more, step.objective, slope]
    return [str(step.index), *(each if isinstance(each, str) else cell(each) for each in numbers)]


def _beside(
    what: str,
    value: Callable[[Step], float],
    paths: Sequence[DescentPath],
    labels: Sequence[str],
) -> Iterator[str]:
    indices = chosen_steps(max(path.epochs for path in paths))[:-1]
    columns = [_column(path, value, indices) for path in paths]
    rows = zip([*map(str, indices), "end"], *columns, strict=True)
    lines = text_table([["epoch", *labels], *rows])
    if _fits(lines):
        yield "\n".join([f"{what} by epoch", *lines])


def _fits(lines: Sequence[str]) -> bool:
    return max(map(terminal_width, lines)) <= WIDTH


def _column(path: DescentPath, value: Callable[[Step], float], indices: Sequence[int]) -> list[str]:
    """The values at these steps, empty behind the run's end, and at its end."""
    reached = [k for k in indices if k <= path.epochs]
    values = [cell(value(step)) for step in path.steps([*reached, path.epochs])]
    return [*values[:-1], *[""] * (len(indices) - len(reached)), values[-1]]
