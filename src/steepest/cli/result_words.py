"""One run or several as text for the terminal and as plain data for JSON."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from steepest.cli.steps import side_by_side, steps_table
from steepest.descent.schedules import Backtracking, Constant, Schedule
from steepest.descent.trajectory import Trajectory
from steepest.path.path import DescentPath
from steepest.path.run_labels import optimizer_words, settings_of
from steepest.path.several import SeveralPaths
from steepest.results.run import Run
from steepest.results.study import Study
from steepest.translation import said_of
from steepest.wording.fact import phrase
from steepest.wording.numbers import place, together
from steepest.wording.text_table import LABEL, labelled

if TYPE_CHECKING:
    from steepest.cli.calculus import Calculus
    from steepest.problems.function import FunctionProblem

Runs: TypeAlias = Run | Study

# Of more runs a line each is all that a person would read.
MOST_DESCRIBED = 8
_SHORT = 12  # letters of a label that heads a column
_LONGEST = 600  # letters of a formula


def paths_of(result: Runs) -> tuple[DescentPath, ...]:
    """The paths, one or several."""
    return result.paths if isinstance(result, Study) else (result,)


def was_interrupted(result: Runs) -> bool:
    """Whether Ctrl-C ended a run."""
    if _is_of_rows(result):
        return any(path.verdict.kind == "interrupted" for path in paths_of(result))
    return any(_walk(path).stop.rule == "interrupted" for path in paths_of(result))


def kinds_told(result: Runs) -> list[str]:
    """The kinds of the verdicts that its summary says."""
    paths = paths_of(result)
    is_told = len(paths) <= MOST_DESCRIBED or _is_of_rows(result)
    return [path.verdict.kind for path in paths] if is_told else []


def summarize(result: Runs, calculus: "Calculus | None" = None) -> str:
    """What is minimised and how, calculus, forecast, the steps, and a verdict on each run."""
    if isinstance(result, Study) and _is_of_rows(result):
        verdicts = [labelled(label, str(path.verdict)) for label, path in result.items()]
        return "\n\n".join([result.summary(), *verdicts])
    parts = [_heading(result)]
    if calculus is not None:
        parts.append(labelled(phrase("Calculus"), calculus.text()))
    parts += _several(result) if isinstance(result, Study) else _single(result)
    return "\n\n".join(parts)


def to_dict(result: Runs, calculus: "Calculus | None" = None) -> dict[str, object]:
    """Plain data, under the keys of docs/json.md."""
    study = result if isinstance(result, Study) else _alone(result)
    if _is_of_rows(result):
        return study.to_dict()
    return {**study.to_dict(), "calculus": None if calculus is None else calculus.to_dict()}


def _is_of_rows(result: Runs) -> bool:
    """Whether it is the comparison of a table's descents."""
    return isinstance(result, Study) and not result.is_of_function


def _alone(run: Run) -> SeveralPaths:
    """A run as a study of one."""
    label, settings = f"lr {_walk(run).schedule}", settings_of(run)
    return SeveralPaths((run,), (label,), (settings,), description=_problem(run).text)


def _single(path: DescentPath) -> list[str]:
    return [
        labelled(phrase("Forecast"), str(path.forecast)),
        steps_table(path),
        labelled(phrase("Verdict"), str(path.verdict)),
    ]


def _several(study: Study) -> list[str]:
    """What the forecasts share, the runs side by side, and a verdict or a line for each."""
    if len(study) > MOST_DESCRIBED:
        return [study.summary(), _best(study, study.labels)]
    forecasts = [path.forecast.sentences() for path in study]
    shared = _shared(forecasts)
    heads, names = _named(study.labels)
    width = max(LABEL, *(len(name) + 2 for name in names)) if heads == names else LABEL
    verdicts = [
        labelled(name, together([*sentences[len(shared) :], str(path.verdict)]), width)
        for name, path, sentences in zip(names, study, forecasts, strict=True)
    ]
    parts = [labelled(phrase("Forecast"), together(shared))] if shared else []
    return [*parts, *side_by_side(study.paths, heads), *verdicts, _best(study, names)]


def _named(labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """Heads of columns, and names of paragraphs: labels where they are short, else numbers too."""
    if all(len(label) <= _SHORT for label in labels):
        return list(labels), list(labels)
    heads = [phrase("numbered run", place=place) for place in range(1, len(labels) + 1)]
    return heads, [said_of(head, label) for head, label in zip(heads, labels, strict=True)]


def _shared(forecasts: Sequence[Sequence[str]]) -> list[str]:
    """The sentences with which all begin."""
    shared = []
    for sentences in zip(*forecasts, strict=False):
        if len(set(sentences)) > 1:
            break
        shared.append(sentences[0])
    return shared


def _best(study: Study, names: Sequence[str]) -> str:
    path = study.best
    if not np.isfinite(path.last.objective):
        return labelled(phrase("Best"), phrase("no finite end"))
    name, end = names[study.paths.index(path)], path.last.objective
    said = phrase("best run", name=name, objective=end, after=path.epochs)
    return labelled(phrase("Best"), said)


def _heading(result: Runs) -> str:
    """What is minimised, and how: of several runs what they have in common."""
    paths = paths_of(result)
    way = phrase(
        "way of runs",
        starts=list({place(path.names, path.at(0).parameters) for path in paths}),
        optimizers=list({_optimizer(optimizer_words(_walk(path).optimizer)) for path in paths}),
        rates=list({_rate(_walk(path).schedule) for path in paths}),
    )
    return f"{labelled(phrase('Minimise'), _minimised(paths[0]))}\n{labelled('', way)}"


def _minimised(path: DescentPath) -> str:
    """The formula in its plainest form, or the name of the function."""
    from steepest.formula.to_text import write

    problem = _problem(path)
    if problem.formula is None:
        return f"{problem.text}({', '.join(problem.shapes)})"
    text = write(problem.formula.tree)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _optimizer(words: str) -> str:
    name, _, options = words.partition(" with ")
    return phrase("optimizer with", optimizer=name, options=options) if options else name


def _rate(schedule: Schedule) -> str:
    if isinstance(schedule, Constant):
        return phrase("constant rate", lr=schedule.lr)
    if isinstance(schedule, Backtracking):
        return phrase("line search", lr=schedule.lr)
    return phrase("scheduled rate", schedule=str(schedule))


def _walk(path: DescentPath) -> Trajectory:
    assert path.walk is not None
    return path.walk


def _problem(path: DescentPath) -> "FunctionProblem":
    from steepest.problems.function import FunctionProblem

    assert isinstance(path.problem, FunctionProblem)
    return path.problem
