"""A search over a grid: as text for the terminal, plain data for JSON, and a table in CSV."""

import sys
from collections.abc import Iterator

import numpy as np

from steepest.cli import result_words
from steepest.cli.outputs import INTERRUPTED, print_json, save_picture, say_written
from steepest.formula.to_text import write
from steepest.problems.function import FunctionProblem
from steepest.results.grid_search import GridSearch
from steepest.results.run import Run
from steepest.storage.atomic_write import write_bytes
from steepest.tables.spreadsheet_safe import delimited
from steepest.wording.fact import phrase
from steepest.wording.numbers import place, together
from steepest.wording.text_table import labelled

_ROWS_AT_ONCE = 10_000


def summarize(found: GridSearch, descent: Run | None) -> str:
    """The objective, the grid, the best point, and how a descent compares."""
    problem = found.problem
    formula = problem.formula if isinstance(problem, FunctionProblem) else None
    parts = [
        labelled(phrase("Search"), found.text if formula is None else write(formula.tree)),
        labelled(phrase("Over"), _grid(found)),
        labelled(phrase("Found"), together(_found(found))),
    ]
    if descent is not None:
        parts.append(labelled(phrase("Descent"), _beside(found, descent)))
    return "\n".join(parts)


def to_dict(found: GridSearch) -> dict[str, object]:
    """Plain data, under the keys of docs/json.md."""
    problem = found.problem
    over = {
        name: {"from": float(axis[0]), "to": float(axis[-1]), "values": len(axis)}
        for name, axis in zip(found.names, found.axes, strict=True)
    }
    return {
        "objective": problem.text if isinstance(problem, FunctionProblem) else found.text,
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
    axes = [
        (name, float(axis[0]), float(axis[-1]), len(axis))
        for name, axis in zip(found.names, found.axes, strict=True)
    ]
    return phrase("grid searched", axes=axes, held=dict(found.at))


def _edges(found: GridSearch) -> list[str]:
    """Parameters whose best value is the first or last of their axis."""
    return [
        name
        for name, at, axis in zip(found.names, found.best_index, found.axes, strict=True)
        if len(axis) > 1 and at in (0, len(axis) - 1)
    ]


def _found(found: GridSearch) -> Iterator[str]:
    yield str(found)
    if edges := _edges(found):
        yield phrase("best at edge", names=edges)


def _beside(found: GridSearch, descent: Run) -> str:
    compared = phrase(
        "descent beside",
        start=place(descent.names, descent.at(0).parameters),
        end=place(descent.names, descent.last.parameters),
        objective=descent.last.objective,
        best=found.best_objective,
    )
    return together((compared, str(descent.verdict)))


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
        beside = None if descent is None else result_words.to_dict(descent)
        print_json({**to_dict(found), "descent": beside})
    elif not quiet:
        print(summarize(found, descent))
    say_written([csv, plot], quiet)
    if found.interrupted:
        sys.exit(INTERRUPTED)
