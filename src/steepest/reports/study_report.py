"""The report of a study: several runs side by side in one HTML file, without a network."""

from os import PathLike

from steepest.path.several import SeveralPaths
from steepest.pictures.style import shortened
from steepest.reports.calculus import Calculus
from steepest.reports.code import study_code
from steepest.reports.html import Child, filled, note, tag
from steepest.reports.page import page
from steepest.reports.run_report import code_box, name_of, title_of, walk_of
from steepest.reports.study_charts import study_charts, study_pictures
from steepest.reports.study_tables import outcome_table, runs_table, side_by_side
from steepest.storage.atomic_write import write_text
from steepest.translation import translated
from steepest.wording.fact import Fact, fact, phrase, text_of
from steepest.wording.numbers import sentence

# A run that ends by one of these ends there whatever else is said.
_OF_ITSELF = ("epochs", "diverged", "line search")

_LONGEST = 60  # letters of a source in the heading


def write_study_report(study: SeveralPaths, file: str | PathLike[str]) -> None:
    """Write the report of a study to `file`, whole or not at all. Raises OutputError."""
    write_text(file, render_study_report(study))


def render_study_report(study: SeveralPaths) -> str:
    """The report as a text of HTML."""
    return _of_function(study) if study.is_of_function else _of_rows(study)


def _of_function(study: SeveralPaths) -> str:
    walks = [walk_of(path) for path in study.paths]
    problem = walks[0].problem
    calculus = None if problem.formula is None else Calculus.begin(problem.formula)
    # The pictures come first: meanwhile the stationary points are searched for.
    charts = study_charts(study)
    trajectories = [walk.trajectory for walk in walks]
    code = study_code(problem, trajectories)
    heading = phrase("descents on", what="{}", runs=len(study))
    rules = sorted({trajectory.stop.rule for trajectory in trajectories} - set(_OF_ITSELF))
    rules = list(map(translated, rules))
    contents: list[Child] = [
        tag("h1", filled(heading, name_of(problem, calculus))),
        tag("p", str(_outcomes(study)), class_="source"),
        runs_table(study),
        outcome_table(study),
        study_pictures(study, charts),
        side_by_side(study),
        *([] if calculus is None else [calculus.section()]),
        *(
            [
                code_box(
                    code,
                    phrase("ended by rules", rules=rules) if rules else "",
                )
            ]
            if code
            else []
        ),
    ]
    title = phrase("title of study", function=title_of(problem), runs=len(study))
    return page(title, contents, charts)


def _of_rows(study: SeveralPaths) -> str:
    """The report of a table or of a model."""
    title = phrase("descents on", what=_source_name(study.description), runs=len(study))
    alike = [fact("same start and batches")] if study.is_of_model else []
    charts = study_charts(study)
    contents = [
        tag("h1", title),
        tag("p", text_of([*alike, _outcomes(study)])),
        tag("p", study.description, class_="source"),
        runs_table(study),
        study_pictures(study, charts),
        outcome_table(study),
        *(note(sentence(text)) for text in study.notes),
    ]
    return page(title, contents, charts)


def _outcomes(study: SeveralPaths) -> Fact:
    """How many runs did what."""
    kinds = [path.verdict.kind for path in study.paths]
    return fact("outcomes of runs", counts={kind: kinds.count(kind) for kind in kinds})


def _source_name(description: str) -> str:
    """The file of a table's description, or what else it begins with, cut where it is long.

    >>> _source_name("data/points.csv: CSV, delimiter ',', header")
    'points.csv'
    """
    first = description.partition(": ")[0]
    query = first.lower().startswith(("select", "with"))
    return shortened(first if query else first.replace("\\", "/").rpartition("/")[2], _LONGEST)
