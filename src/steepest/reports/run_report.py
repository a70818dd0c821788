"""The report of a run of `steepest.minimize`: one HTML file that needs no network."""

from os import PathLike
from typing import NamedTuple

from steepest.descent.trajectory import Trajectory
from steepest.errors import InputError, shortened
from steepest.path.path import DescentPath
from steepest.pictures.catalogue import objective_ends
from steepest.pictures.subject import Subject
from steepest.problems.function import FunctionProblem
from steepest.reports.boxes import forecast_box, settings_box, verdict_box
from steepest.reports.calculus import Calculus
from steepest.reports.code import run_code
from steepest.reports.drawn import pictures
from steepest.reports.html import Child, Html, filled, note, tag
from steepest.reports.page import page
from steepest.reports.path_charts import run_charts
from steepest.reports.run_tables import figures, parameter_table, settings, steps_table
from steepest.storage.atomic_write import write_text
from steepest.wording.fact import phrase
from steepest.wording.numbers import place

_TITLE = 60  # letters of a formula in the page's title


class Walk(NamedTuple):
    """What a report says of a path beyond its steps: what was minimised, and how."""

    problem: FunctionProblem
    trajectory: Trajectory


def walk_of(path: DescentPath) -> Walk:
    """Raises InputError for the path of a table, which has a report of its own."""
    if path.walk is None or not isinstance(path.problem, FunctionProblem):
        raise InputError("the path of a table is reported with its fit: use fit.report(file).")
    return Walk(path.problem, path.walk)


def write_run_report(
    path: DescentPath, file: str | PathLike[str], parameters: tuple[str, str] | None = None
) -> None:
    """Write the report of a run to `file`, whole or not at all.

    `parameters` are the two of several that a slice is drawn over; by default the two stiffest.
    Raises InputError for names that are not there and for the path of a table, and OutputError.
    """
    write_text(file, render_run_report(path, parameters))


def render_run_report(path: DescentPath, parameters: tuple[str, str] | None = None) -> str:
    """The report as a text of HTML."""
    problem, trajectory = walk_of(path)
    if parameters is not None and len(set(Subject.of(path).positions(parameters))) != 2:
        raise InputError("a contour is drawn over two different parameters")
    calculus = None if problem.formula is None else Calculus.begin(problem.formula)
    # The pictures come first: meanwhile the stationary points are searched for.
    subject = Subject.of(path)
    charts = run_charts(subject, parameters)
    boxes = verdict_box(path.verdict), forecast_box(path.forecast)
    contents: list[Child] = [
        tag("h1", filled(phrase("descents on", what="{}"), name_of(problem, calculus))),
        tag("p", _source(path, trajectory), class_="source"),
        figures(path),
        tag("div", boxes, class_="two"),
        *([] if calculus is None else [calculus.section(path.last)]),
        pictures(charts, str(objective_ends(subject))),
        *([parameter_table(path)] if len(path.names) > 1 else []),
        steps_table(path),
        settings_box(settings(problem, trajectory)),
        code_box(run_code(problem, trajectory)),
    ]
    return page(phrase("title of run", function=title_of(problem)), contents, charts)


def name_of(problem: FunctionProblem, calculus: Calculus | None) -> Html:
    """What is minimised, for a heading."""
    if calculus is not None:
        return calculus.name
    return tag("span", f"{problem.text}({', '.join(problem.shapes)})")


def title_of(problem: FunctionProblem) -> str:
    """What is minimised, for the title of a page."""
    return shortened(problem.text, _TITLE)


def code_box(code: str, sentences: str = "") -> Html:
    """The Python that makes it again."""
    program = tag("pre", tag("code", code), tabindex="0")
    return tag("section", tag("h2", phrase("The same in Python")), program, note(sentences))


def _source(path: DescentPath, trajectory: Trajectory) -> str:
    return phrase(
        "run from to",
        start=place(path.names, path.at(0).parameters),
        end=place(path.names, path.last.parameters),
        optimizer=trajectory.optimizer.name,
        rate=str(trajectory.schedule),
    )
