"""The report of a study: several runs side by side in one HTML file, without network or script."""

from collections.abc import Mapping
from os import PathLike

from steepest.diagnosis.verdict import Kind
from steepest.results.study import Study
from steepest.storage.atomic_write import write_text
from steepest.web.calculus import Calculus
from steepest.web.code import study_code
from steepest.web.html import Child, tag
from steepest.web.page import page
from steepest.web.run_report import code_box, name_of, title_of, walk_of
from steepest.web.study_pictures import study_pictures
from steepest.web.study_tables import outcome_table, runs_table, side_by_side
from steepest.wording.numbers import listed

# A run that ends by one of these ends there whatever else is said.
_OF_ITSELF = ("epochs", "diverged", "line search")

# What a run did that has this verdict.
_BECAME: Mapping[Kind, str] = {
    "converged": "converged",
    "plateau": "came to a plateau",
    "max steps": "used up all epochs",
    "oscillating": "kept oscillating",
    "cycle": "went into a cycle",
    "diverged": "diverged",
    "interrupted": "interrupted",
    "saddle": "ended at a saddle",
    "maximum": "ended at a maximum",
    "flat": "ended on flat ground",
    "left domain": "left the domain",
    "at bounds": "ended at bounds",
}


def write_study_report(study: Study, file: str | PathLike[str]) -> None:
    """Write the report of a study to `file`, whole or not at all. Raises OutputError."""
    write_text(file, render_study_report(study))


def render_study_report(study: Study) -> str:
    """The report as a text of HTML."""
    walks = [walk_of(path) for path in study]
    problem = walks[0].problem
    calculus = None if problem.formula is None else Calculus.begin(problem.formula)
    # The pictures come first: meanwhile the stationary points are searched for.
    pictures = study_pictures(study)
    trajectories = [walk.trajectory for walk in walks]
    code = study_code(problem, trajectories)
    rules = sorted({each.stop.rule for each in trajectories} - set(_OF_ITSELF))
    contents: list[Child] = [
        tag("h1", f"{len(study)} descents on ", name_of(problem, calculus)),
        tag("p", _source(study), class_="source"),
        runs_table(study),
        outcome_table(study),
        pictures,
        side_by_side(study),
        *([] if calculus is None else [calculus.section()]),
        *([code_box(code, _further(rules))] if code else []),
    ]
    return page(f"{title_of(problem)} – {len(study)} descents", contents)


def _source(study: Study) -> str:
    """How many runs did what."""
    kinds = [path.verdict.kind for path in study]
    told = [f"{kinds.count(kind)} {_BECAME[kind]}" for kind in dict.fromkeys(kinds)]
    return f"{listed(told)}."


def _further(rules: list[str]) -> str:
    """What the call does not say."""
    if not rules:
        return ""
    return f"Some runs were ended by another rule, {listed(rules)}, which has to be given too."
