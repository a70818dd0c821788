"""A study's numbers: its runs, what became of each, and their steps side by side."""

from collections.abc import Iterable

from steepest.path.path import DescentPath
from steepest.results.study import Study
from steepest.views.race import RaceView
from steepest.views.steps import StepsView
from steepest.views.subject import Subject
from steepest.web.boxes import tone
from steepest.web.cells import number
from steepest.web.html import Html, row, table, tag
from steepest.web.run_tables import norm
from steepest.wording.numbers import capitalized, count

_ROWS = 20
_COLUMNS = 3  # of parameters
MOST_BESIDE = 12  # runs whose steps stand beside each other


def runs_table(study: Study) -> Html:
    """A row for each run: its end, its verdict, and what would help."""
    names = _names(study)
    head = ["run", "epochs", "to a thousandth", "objective at the end", *names]
    head += ["gradient's norm there", "verdict", "how it went", "what would help"]
    race = RaceView.of(study.paths)
    rows = []
    for place, (label, path) in enumerate(study.items()):
        marked = {"class_": "chosen"} if place in race.first else {}
        rows.append(row(label, _cells(path, race.arrivals[place], names), **marked))
    note = tag("p", race.note, class_="note")
    body = table(head, rows, class_="runs")
    return tag("section", tag("h2", "Runs"), body, note, class_="long")


def _names(study: Study) -> tuple[str, ...]:
    names = study.paths[0].names
    return names if len(names) <= _COLUMNS else ()


def _cells(path: DescentPath, arrival: int | None, names: Iterable[str]) -> list[str]:
    last, verdict = path.last, path.verdict
    told = tag("span", capitalized(verdict.kind), class_=f"tone {tone(verdict)}".strip())
    return [
        count(float(path.epochs)),
        "–" if arrival is None else count(float(arrival)),
        number(last.objective, 5),
        *(number(last[name], 5) for name in names),
        number(norm(last.gradient), 3),
        told,
        verdict.manner or "–",
        tag("span", verdict.advice, class_="words"),
    ]


def outcome_table(study: Study) -> Html:
    """What curvature forecast for each run, and what happened."""
    forecasts = [path.forecast.sentences() for path in study]
    common = [s for s in forecasts[0] if all(s in sentences for sentences in forecasts)]
    rows = []
    for (label, path), sentences in zip(study.items(), forecasts, strict=True):
        own = " ".join(s for s in sentences if s not in common)
        happened = f"{capitalized(path.verdict.kind)}. {path.verdict.reason}"
        cells = [tag("span", text, class_="words") for text in (own or "–", happened)]
        rows.append(row(label, cells))
    shared = [tag("p", " ".join(common))] if common else []
    return tag(
        "section",
        tag("h2", "What curvature forecast, and what happened"),
        shared,
        table(["run", "forecast", "what happened"], rows, class_="settings"),
        class_="long",
    )


def side_by_side(study: Study) -> Html:
    """The steps of the runs, an epoch a row."""
    shown = list(study.items())[:MOST_BESIDE]
    names = _names(study)
    longest = max((path for _, path in shown), key=lambda path: path.epochs)
    epochs = [step.index for step in StepsView.of(Subject.of(longest), _ROWS).steps]
    columns = [_column(path, epochs, names) for _, path in shown]
    body = [
        row(count(float(k)), [cell for column in columns for cell in column[place]])
        for place, k in enumerate(epochs)
    ]
    head = [*names, "objective"]
    width = str(len(head))
    groups = [tag("colgroup"), *(tag("colgroup", span=width) for _ in shown)]
    above = _head([label for label, _ in shown], head)
    made = tag("table", groups, above, tag("tbody", body))
    said = [f"The first {len(shown)} of {len(study)} runs." if len(shown) < len(study) else ""]
    said += ["A cell is empty after its run has ended."]
    note = tag("p", " ".join(filter(None, said)), class_="note")
    scroll = tag("div", made, class_="scroll beside")
    return tag("section", tag("h2", "Steps side by side"), scroll, note, class_="long")


def _head(labels: list[str], names: list[str]) -> Html:
    """A row of labels, each over its columns."""
    width = str(len(names))
    above = [tag("th", label, scope="colgroup", colspan=width) for label in labels]
    below = [tag("th", name, scope="col") for _ in labels for name in names]
    first = tag("tr", tag("td"), above)
    return tag("thead", first, tag("tr", tag("th", "epoch", scope="col"), below))


def _column(path: DescentPath, epochs: list[int], names: Iterable[str]) -> list[list[str]]:
    """Parameters and objective at each epoch."""
    steps = path.steps([k for k in epochs if k <= path.epochs])
    rows = [[*(number(s[name]) for name in names), number(s.objective)] for s in steps]
    return rows + [[""] * (len(list(names)) + 1)] * (len(epochs) - len(rows))
