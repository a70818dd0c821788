"""A study's numbers: its runs, what became of each, and their steps side by side."""

from collections.abc import Iterable

from steepest.path.path import DescentPath
from steepest.path.several import SeveralPaths
from steepest.pictures.subject import Subject
from steepest.reports.boxes import tone
from steepest.reports.cells import number
from steepest.reports.epochs_to_target import RaceView
from steepest.reports.html import Html, row, table, tag
from steepest.reports.run_tables import norm
from steepest.reports.steps import StepsView
from steepest.wording.numbers import capitalized, count

_ROWS = 20
_COLUMNS = 3  # of parameters
MOST_BESIDE = 12  # runs whose steps stand beside each other


def runs_table(study: SeveralPaths) -> Html:
    """A row for each run: its numbers, its verdict, and what would help."""
    heads, *lines = study.table()
    at = heads.index("objective")
    race = RaceView.of(study)
    rows = []
    for place, line in enumerate(lines):
        cells = [_cell(study, place, *each) for each in zip(heads, line, strict=True)]
        cells.insert(at, _arrival(race.arrivals[place]))
        if study.is_of_function:
            cells.insert(at + 2, number(norm(study.paths[place].last.gradient), 3))
        advice = tag("span", study.paths[place].verdict.advice, class_="words")
        marked = {"class_": "chosen"} if place in race.first else {}
        rows.append(row(cells[0], [*cells[1:], advice], **marked))
    heads = [*heads[:at], "to a thousandth", *heads[at:], "what would help"]
    if study.is_of_function:
        heads.insert(at + 2, "gradient's norm")
    notes = [tag("p", text, class_="note") for text in (race.note, *map(str, study.notes_on_table))]
    body = table(heads, rows, class_="runs")
    return tag("section", tag("h2", "Runs"), body, notes, class_="long")


def _cell(study: SeveralPaths, place: int, head: str, text: str) -> str:
    if head == "verdict":
        kind = f"tone {tone(study.paths[place].verdict)}".strip()
        return tag("span", capitalized(text), class_=kind)
    if head == "run":
        return text
    return (text or "–").replace("-", "−") if head != "how it went" else text or "–"


def _arrival(epoch: float | None) -> str:
    return "–" if epoch is None else count(epoch) if epoch == int(epoch) else number(epoch, 3)


def _names(study: SeveralPaths) -> tuple[str, ...]:
    names = study.paths[0].names
    return names if len(names) <= _COLUMNS else ()


def outcome_table(study: SeveralPaths) -> Html:
    """What curvature forecast for each run, and what happened; of a model only what happened."""
    forecasts = [[] if study.is_of_model else path.forecast.sentences() for path in study.paths]
    common = [s for s in forecasts[0] if all(s in sentences for sentences in forecasts)]
    rows = []
    for label, path, sentences in zip(study.labels, study.paths, forecasts, strict=True):
        own = " ".join(s for s in sentences if s not in common)
        happened = f"{capitalized(path.verdict.kind)}. {path.verdict.reason}"
        said = [happened] if study.is_of_model else [own or "–", happened]
        rows.append(row(label, [tag("span", text, class_="words") for text in said]))
    shared = [tag("p", " ".join(common))] if common else []
    heads = [] if study.is_of_model else ["forecast"]
    title = "What happened" if study.is_of_model else "What curvature forecast, and what happened"
    return tag(
        "section",
        tag("h2", title),
        shared,
        table(["run", *heads, "what happened"], rows, class_="settings"),
        class_="long",
    )


def side_by_side(study: SeveralPaths) -> Html:
    """The steps of the runs, an epoch a row."""
    shown = list(zip(study.labels, study.paths, strict=True))[:MOST_BESIDE]
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
