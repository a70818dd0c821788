"""The steps of runs: the first and the last as tables for the terminal, all in CSV or JSON."""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from steepest.path.path import DescentPath
from steepest.path.step import Step
from steepest.path.step_excerpt import chosen_steps
from steepest.results.run import Run
from steepest.results.study import Study
from steepest.storage.atomic_write import write_bytes
from steepest.tables.spreadsheet_safe import delimited, harmless
from steepest.wording.fact import phrase
from steepest.wording.text_table import WIDTH, terminal_width, text_table


def steps_table(path: DescentPath) -> str:
    """Step, parameters as far as there is room, objective and gradient."""
    steps = list(path.steps(chosen_steps(path.epochs)))
    names = path.names
    for shown in range(len(names), -1, -1):
        more = ["…"] if shown < len(names) else []
        gradient = phrase("gradient" if len(names) == 1 else "|gradient|")
        heads = [phrase("epoch"), *names[:shown], *more, phrase("objective"), gradient]
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
    tables.append((phrase("objective"), lambda step: step.objective))
    return [text for what, value in tables for text in _beside(what, value, paths, labels)]


def _row(path: DescentPath, step: Step, shown: int, more: list[str]) -> list[str]:
    slope = step.gradient[0] if len(step.names) == 1 else path.gradient_norm(step)
    numbers = [*step.parameters[:shown], *more, step.objective, slope]
    return [str(step.index), *(each if isinstance(each, str) else _cell(each) for each in numbers)]


def _beside(
    what: str,
    value: Callable[[Step], float],
    paths: Sequence[DescentPath],
    labels: Sequence[str],
) -> Iterator[str]:
    indices = chosen_steps(max(path.epochs for path in paths))[:-1]
    columns = [_column(path, value, indices) for path in paths]
    rows = zip([*map(str, indices), phrase("end")], *columns, strict=True)
    lines = text_table([[phrase("epoch"), *labels], *rows])
    if _fits(lines):
        yield "\n".join([phrase("values by epoch", of=what), *lines])


def _fits(lines: Sequence[str]) -> bool:
    return max(map(terminal_width, lines)) <= WIDTH


def _column(path: DescentPath, value: Callable[[Step], float], indices: Sequence[int]) -> list[str]:
    """The values at these steps, empty behind the run's end, and at its end."""
    reached = [k for k in indices if k <= path.epochs]
    values = [_cell(value(step)) for step in path.steps([*reached, path.epochs])]
    return [*values[:-1], *[""] * (len(indices) - len(reached)), values[-1]]


def _cell(value: float) -> str:
    """A number in a table: seven digits.

    >>> _cell(4.048), _cell(-0.0), _cell(1 / 3)
    ('4.048', '0', '0.3333333')
    """
    return f"{value + 0.0:.7g}"


def write_steps(result: Run | Study, file: str) -> None:
    """A row for each recorded step; of several runs under each other, the column `run` before."""
    as_json = Path(file).suffix.lower() == ".json"
    if not isinstance(result, Study):
        (result.to_json if as_json else result.to_csv)(file)
        return
    lines = _json_lines(result) if as_json else _csv_lines(result)
    write_bytes(file, (line.encode("utf-8", errors="backslashreplace") for line in lines))


def _csv_lines(study: Study) -> Iterator[str]:
    """Optimizers remember different things: what one has no column for stays empty."""
    names = list(dict.fromkeys(name for path in study for name in path.table([0]).names))
    yield delimited([["run", *map(harmless, names)]])
    for label, row in _labelled_rows(study):
        yield delimited([[label, *(_csv_cell(row.get(name)) for name in names)]])


def _json_lines(study: Study) -> Iterator[str]:
    before = "[\n"
    for label, row in _labelled_rows(study):
        plain = {name: value if math.isfinite(value) else None for name, value in row.items()}
        yield before + json.dumps({"run": label, **plain}, ensure_ascii=False, allow_nan=False)
        before = ",\n"
    yield "\n]\n"


def _labelled_rows(study: Study) -> Iterator[tuple[str, dict[str, float]]]:
    for label, path in study.items():
        table = path.table()
        columns = [table[name].tolist() for name in table.names]
        for row in zip(*columns, strict=True):
            yield label, dict(zip(table.names, row, strict=True))


def _csv_cell(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else repr(value)
