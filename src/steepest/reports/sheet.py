"""A result as the page shows it: words, numbers, tables and pictures as plain data."""

from typing import TypeAlias
from urllib.parse import urlencode

import msgspec
import numpy as np

from steepest.arrays import Floats
from steepest.descent.optimizers import SGD, Adagrad, Adam, RMSprop
from steepest.descent.schedules import Constant
from steepest.diagnosis.forecast import Forecast
from steepest.diagnosis.verdict import Verdict
from steepest.errors import InputError
from steepest.models.fit_data import FitData
from steepest.models.metrics import named
from steepest.models.summary import coefficient_table
from steepest.path.path import DescentPath
from steepest.path.several import SeveralPaths
from steepest.path.step_excerpt import chosen_steps
from steepest.pictures.chart import Chart
from steepest.pictures.subject import Subject
from steepest.problems.function import FunctionProblem
from steepest.reports.boxes import tone
from steepest.reports.cells import number
from steepest.reports.drawn import json_text
from steepest.reports.fit_charts import fit_charts, fit_heading
from steepest.reports.kinds import Kind
from steepest.reports.path_charts import charts_by_step, objective_charts, run_charts
from steepest.reports.study_charts import study_charts
from steepest.wording.fact import phrase
from steepest.wording.numbers import count, numbers_with_minus, together

Value: TypeAlias = tuple[str, float | None]

_MOST_PARAMETERS = 40  # that are compared
_MOST_COLUMNS = 6  # of parameters in the table of steps
_PAGE_OPTIMIZERS = (SGD, Adagrad, RMSprop, Adam)
_PAGE_STEPS = 10_000


class Table(msgspec.Struct, frozen=True):
    """A table of cells as they are shown; the first column names the rows."""

    heading: str
    heads: list[str]
    rows: list[list[str]]


class Sheet(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the page shows of a run, a fit, a study or a watched loop.

    - `kind`: "run", "fit", "study" or "watch";   `title`, `source`: what it is of
    - `verdict`, `tone`: how it ended, and the class of its colour;   `words`: why, and what helps
    - `meaning`: what such a verdict means, and what it rests on
    - `forecast`, `notes`: sentences
    - `values`: numbers that two results are compared by, by name
    - `steps`: those that can be gone through, by the name `unit`
    - `state`: of the formula room, where that makes the same run; else ""
    - `live`: it goes on
    """

    kind: str
    title: str
    source: str = ""
    verdict: str = ""
    tone: str = ""
    words: str = ""
    meaning: list[str] = []
    forecast: list[str] = []
    notes: list[str] = []
    values: list[Value] = []
    charts: list[Chart] = []
    tables: list[Table] = []
    steps: list[int] = []
    unit: str = ""
    state: str = ""
    live: bool = False


def sheet_of(result: object) -> Sheet:
    """The sheet of a result. Raises InputError for what is none, or has nothing to show."""
    if isinstance(result, FitData):
        return _of_fit(result)
    if isinstance(result, SeveralPaths):
        return _of_study(result)
    if isinstance(result, DescentPath):
        return _of_path(result, "watch" if result.unit == "step" else "run")
    from steepest.watching.loop import WatchedLoop

    if isinstance(result, WatchedLoop):
        return _of_path(result.path, "watch")
    raise InputError(
        "the page shows runs, fits, studies and watched loops, not {result!r}", result=result
    )


def to_json(sheet: Sheet) -> bytes:
    """The sheet as JSON, for the page."""
    return json_text(sheet).encode()


def _of_path(path: DescentPath, kind: str) -> Sheet:
    subject, problem = Subject.of(path), path.problem
    charts = run_charts(subject) if kind == "run" else None
    verdict, words = _verdict(path.verdict)
    return Sheet(
        kind,
        title=problem.text if isinstance(problem, FunctionProblem) else phrase("training"),
        source="" if path.walk is None else f"{path.walk.optimizer.name}, {path.walk.schedule}",
        verdict=verdict,
        tone=tone(path.verdict),
        words=words,
        meaning=Kind("verdicts", path.verdict.kind).text(),
        forecast=_sentences(path.forecast) if kind == "run" or problem.is_quadratic else [],
        values=_values(path, path.names, path.last.parameters),
        charts=charts or [*objective_charts(subject), *charts_by_step(subject)],
        tables=[_steps(path)],
        steps=list(subject.indices),
        unit=phrase("unit of steps", unit=path.unit),
        state=_state(path),
    )


def _of_fit(fit: FitData) -> Sheet:
    heads, *rows = coefficient_table(fit)
    subject = Subject.of_fit(fit)
    verdict, words = _verdict(fit.verdict)
    scores = [(name, value) for name, value in named(fit.metrics.scores)]
    return Sheet(
        "fit",
        title=fit_heading(fit),
        source=fit.description,
        verdict=verdict,
        tone=tone(fit.verdict),
        words=words,
        meaning=Kind("verdicts", fit.verdict.kind).text(),
        forecast=_sentences(fit.forecast),
        notes=[note for note in fit.notes],
        values=[*_finite(scores), *_values(fit.path, fit.names, fit.step.parameters)],
        charts=[*fit_charts(fit), *charts_by_step(subject)],
        tables=[Table(phrase("Coefficients"), heads, _written(rows)), _steps(fit.path)],
        steps=list(subject.indices),
        unit=phrase("unit of steps", unit=fit.path.unit),
    )


def _of_study(study: SeveralPaths) -> Sheet:
    heads, *rows = study.table()
    return Sheet(
        "study",
        title=study.description,
        notes=[str(note) for note in study.notes_on_table],
        charts=study_charts(study),
        tables=[Table(phrase("Runs"), heads, _written(rows))],
    )


def _verdict(verdict: Verdict) -> tuple[str, str]:
    said = phrase("verdict at", kind=verdict.kind, unit=verdict.unit, epoch=verdict.epoch)
    return said, together(filter(None, (verdict.why, verdict.advice)))


def _sentences(forecast: Forecast) -> list[str]:
    return [sentence for sentence in forecast.sentences()]


def _values(path: DescentPath, names: tuple[str, ...], end: Floats) -> list[Value]:
    last, numbers = path.last, zip(names[:_MOST_PARAMETERS], end.tolist(), strict=False)
    return _finite(
        [
            (phrase("objective at the start"), path.at(0).objective),
            (phrase("objective at the end"), last.objective),
            (phrase("gradient's norm there"), path.gradient_norm(last)),
            (phrase("steps" if path.unit == "step" else "epochs"), float(path.epochs)),
            (phrase("learning rate"), path.rate(0)),
            *((name, value) for name, value in numbers),
        ]
    )


def _finite(pairs: list[Value]) -> list[Value]:
    """JSON has no word for what is not finite."""
    known = [(name, np.nan if value is None else float(value)) for name, value in pairs]
    return [(name, value if np.isfinite(value) else None) for name, value in known]


def _steps(path: DescentPath) -> Table:
    names = path.names[:_MOST_COLUMNS]
    slope = phrase("gradient's norm")
    heads = [phrase("unit of steps", unit=path.unit), *names, phrase("objective"), slope]
    rows = []
    for step in path.steps([k for k in chosen_steps(path.epochs) if k in _known(path)]):
        values = [*(step[name] for name in names), step.objective, path.gradient_norm(step)]
        rows.append([count(float(step.index)), *(number(value, 7) for value in values)])
    return Table(phrase("Steps"), [head for head in heads], rows)


def _known(path: DescentPath) -> range | set[int]:
    """The steps that can be had."""
    return set(path.recorded) if path.unit == "step" else range(path.epochs + 1)


def _written(rows: list[list[str]]) -> list[list[str]]:
    return [[numbers_with_minus(cell) for cell in row] for row in rows]


def _state(path: DescentPath) -> str:
    """The address of the formula room that makes this run again; "" where it has no such run."""
    walk, problem = path.walk, path.problem
    if walk is None or not isinstance(problem, FunctionProblem) or problem.formula is None:
        return ""
    optimizer, schedule = walk.optimizer, walk.schedule
    momentum = getattr(optimizer, "momentum", 0.0) if isinstance(optimizer, SGD) else 0.0
    nesterov = momentum > 0.0 and getattr(optimizer, "nesterov", False)
    plain = SGD(momentum=momentum, nesterov=nesterov) if isinstance(optimizer, SGD) else None
    if type(optimizer) not in _PAGE_OPTIMIZERS or optimizer != (plain or type(optimizer)()):
        return ""
    start = path.at(0).parameters
    if not isinstance(schedule, Constant) or walk.bounds is not None or path.epochs > _PAGE_STEPS:
        return ""
    run = [",".join(map(repr, start.tolist())), type(optimizer).__name__, repr(schedule.lr)]
    run += [repr(momentum), *(["nesterov"] if nesterov else [])]
    steps = max(1, path.epochs)
    return urlencode({"formula": problem.text, "run": " ".join(run), "steps": steps})
