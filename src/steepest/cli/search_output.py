"""A search over a grid: as text for the terminal, plain data for JSON, and a table in CSV."""

import sys
from collections.abc import Iterator

import numpy as np

from steepest.cli import run_output
from steepest.cli.outputs import INTERRUPTED, print_json, save_picture, say_written
from steepest.formula.to_text import write
from steepest.problems.function import FunctionProblem
from steepest.results.grid_search import GridSearch
from steepest.results.run import Run
from steepest.storage.atomic_write import write_bytes
from steepest.tables.spreadsheet_safe import delimited
from steepest.wording.numbers import place
from steepest.wording.text_table import labelled

_ROWS_AT_ONCE = 10_000


def summarize(found: GridSearch, descent: Run | None) -> str:
    """The objective, the grid, the best point, and how a descent compares."""
    problem = found.problem
    assert isinstance(problem, FunctionProblem) and problem.formula is not None
    parts = [
        labelled("Search", write(problem.formula.tree)),
        labelled("Over", _grid(found)),
        labelled("Found", f"{found}{_edge(found)}"),
    ]
    if descent is not None:
        parts.append(labelled("Descent", _beside(found, descent)))
    return "\n".join(parts)


def to_dict(found: GridSearch) -> dict[str, object]:
    """Plain data, under the keys of docs/json.md."""
    assert isinstance(found.problem, FunctionProblem)
    over = {
        name: {"from": float(axis[0]), "to": float(axis[-1]), "values": len(axis)}
        for name, axis in zip(found.names, found.axes, strict=True)
    }
    return {
        "objective": found.problem.text,
        "over": over,
        "at": dict(found.at),
        "points": int(found.objective.size),
        "evaluated": found.evaluated,
        "outside": found.outside,
        "best": found.best,
        "best_objective": found.best_objective,
        "tied": found.tied,
        "ties": found.ties,
        "edges": _edges(found),
        "interrupted": found.interrupted,
    }


def write_grid(found: GridSearch, file: str) -> None:
    """Every point that was looked at and its objective; outside the domain an empty cell."""
    write_bytes(file, (text.encode() for text in _lines(found)))


def _lines(found: GridSearch) -> Iterator[str]:
    yield delimited([[*found.names, "objective"]])
    values = found.objective.reshape(-1)
    for first in range(0, found.evaluated, _ROWS_AT_ONCE):
        flat = np.arange(first, min(first + _ROWS_AT_ONCE, found.evaluated))
        places = np.unravel_index(flat, found.objective.shape)
        points = [axis[at].tolist() for axis, at in zip(found.axes, places, strict=True)]
        rows = zip(*points, values[flat].tolist(), strict=True)
        yield delimited((_cell(value) for value in row) for row in rows)


def _cell(value: float) -> str:
    return "" if np.isnan(value) else repr(value)


def _grid(found: GridSearch) -> str:
    """The axes, and the parameters that are not searched over."""
    said = [
        f"{name} from {axis[0]:.9g} to {axis[-1]:.9g} ({len(axis):,} values)"
        for name, axis in zip(found.names, found.axes, strict=True)
    ]
    if found.at:
        said.append(f"at {', '.join(f'{name} = {value:.9g}' for name, value in found.at.items())}")
    return ", ".join(said)


def _edges(found: GridSearch) -> list[str]:
    """Parameters whose best value is the first or last of their axis."""
    return [
        name
        for name, at, axis in zip(found.names, found.best_index, found.axes, strict=True)
        if len(axis) > 1 and at in (0, len(axis) - 1)
    ]


def _edge(found: GridSearch) -> str:
    edges = _edges(found)
    if not edges:
        return ""
    verb = "lies" if len(edges) == 1 else "lie"
    return (
        f" There {' and '.join(edges)} {verb} at the edge of the grid: lower points may be beyond."
    )


def _beside(found: GridSearch, descent: Run) -> str:
    last = descent.last
    began = place(descent.names, descent.at(0).parameters)
    gap = last.objective - found.best_objective
    compared = "as low as" if gap == 0.0 else f"{abs(gap):.4g} {'above' if gap > 0.0 else 'below'}"
    return (
        f"From {began} to {place(descent.names, last.parameters)}, objective "
        f"{last.objective:.9g}, {compared} the best of the grid. {descent.verdict}"
    )


def finish_search(
    found: GridSearch,
    descent: Run | None,
    csv: str | None,
    plot: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the files, print the result, and leave with the code of an interrupted search."""
    if csv is not None:
        write_grid(found, csv)
    if plot is not None:
        from steepest.pictures.catalogue import draw_search

        save_picture(draw_search(found, descent), plot)
    if as_json:
        beside = None if descent is None else run_output.to_dict(descent, None)
        print_json({**to_dict(found), "descent": beside})
    elif not quiet:
        print(summarize(found, descent))
    say_written([csv, plot], quiet)
    if found.interrupted:
        sys.exit(INTERRUPTED)
