"""A study's numbers: its runs, what became of each, and their steps side by side."""

from collections.abc import Sequence

from steepest.path.path import DescentPath
from steepest.path.several import SeveralPaths
from steepest.pictures.subject import Subject
from steepest.reports.boxes import tone
from steepest.reports.cells import number
from steepest.reports.drawn import HUES
from steepest.reports.epochs_to_target import EpochsToTarget
from steepest.reports.html import Html, note, row, section, table, tag, words
from steepest.reports.kinds import link
from steepest.reports.steps_table import listed_steps
from steepest.translation import translated
from steepest.wording.fact import fact, phrase, phrases, text_of
from steepest.wording.numbers import capitalized, count, together, with_minus

_ROWS = 20
_COLUMNS = 3  # of parameters
MOST_BESIDE = 12  # runs whose steps stand beside each other


def runs_table(study: SeveralPaths) -> Html:
    """A row for each run: its numbers, its verdict, and what would help."""
    heads, *lines = study.table()
    at = heads.index("objective")
    target = EpochsToTarget.of(study)
    rows, samples = [], _samples(study)
    for place, line in enumerate(lines):
        cells = [_cell(study, place, *cell) for cell in zip(heads, line, strict=True)]
        cells.insert(at, _epochs(target.epochs[place]))
        path = study.paths[place]
        if study.is_of_function:
            cells.insert(at + 2, number(path.gradient_norm(path.last), 3))
        marked = {"class_": "chosen"} if place in target.fastest else {}
        rows.append(
            row([samples[place], cells[0]], [*cells[1:], words(path.verdict.advice)], **marked)
        )
    heads = [*heads[:at], phrase("to a thousandth"), *heads[at:], phrase("what would help")]
    if study.is_of_function:
        heads.insert(at + 2, phrase("gradient's norm"))
    notes = [note(str(line)) for line in (target.note, *study.notes_on_table)]
    heads = list(map(translated, heads))
    return section(phrase("Runs"), table(heads, rows, class_="runs"), *notes)


def _cell(study: SeveralPaths, place: int, head: str, text: str) -> str:
    if head == "verdict":
        kind = f"tone {tone(study.paths[place].verdict)}".strip()
        said = capitalized(translated(text))
        return link("verdicts", study.paths[place].verdict.kind, said, class_=kind)
    if head == "run":
        return text
    return with_minus(text or "–") if head != "how it went" else translated(text) or "–"


def _epochs(epoch: float | None) -> str:
    return "–" if epoch is None else count(epoch) if epoch == int(epoch) else number(epoch, 3)


def outcome_table(study: SeveralPaths) -> Html:
    """What curvature forecast for each run, and what happened; of a model only what happened."""
    forecasts = [[] if study.is_of_model else path.forecast.sentences() for path in study.paths]
    common = [s for s in forecasts[0] if all(s in sentences for sentences in forecasts)]
    rows = []
    runs = zip(_samples(study), study.labels, study.paths, forecasts, strict=True)
    for sample, label, path, sentences in runs:
        own = together(s for s in sentences if s not in common)
        happened = phrase("kind and reason", kind=path.verdict.kind, reason=path.verdict.reason)
        cells = [happened] if study.is_of_model else [own or "–", happened]
        rows.append(row([sample, label], map(words, cells)))
    shared = [tag("p", together(common))] if common else []
    if study.is_of_model:
        title, heads = phrase("What happened"), phrases("run", "what happened")
    else:
        title = phrase("What curvature forecast, and what happened")
        heads = phrases("run", "forecast", "what happened")
    return section(title, shared, table(heads, rows, class_="settings"))


def side_by_side(study: SeveralPaths) -> Html:
    """The steps of the runs, an epoch a row."""
    runs = list(zip(study.labels, study.paths, strict=True))[:MOST_BESIDE]
    names = study.paths[0].names if len(study.paths[0].names) <= _COLUMNS else ()
    longest = max((path for _, path in runs), key=lambda path: path.epochs)
    epochs = [step.index for step in listed_steps(Subject.of(longest), _ROWS)]
    columns = [_column(path, epochs, names) for _, path in runs]
    body = [
        row(count(float(k)), [cell for column in columns for cell in column[place]])
        for place, k in enumerate(epochs)
    ]
    head = [*names, phrase("objective")]
    groups = [tag("colgroup"), *(tag("colgroup", span=str(len(head))) for _ in runs)]
    above = _head(list(zip(_samples(study), study.labels, strict=True))[:MOST_BESIDE], head)
    scroll = tag(
        "div", tag("table", groups, above, tag("tbody", body)), class_="scroll beside", tabindex="0"
    )
    notes = [fact("cells after the end")]
    if len(runs) < len(study):
        notes.insert(0, fact("first runs", shown=len(runs), of=len(study)))
    return section(phrase("Steps side by side"), scroll, note(text_of(notes)))


def _samples(study: SeveralPaths) -> list[Html]:
    """The colour of each run."""
    return [tag("span", class_=f"sample run-{place % HUES}") for place in range(len(study))]


def _head(labels: list[tuple[Html, str]], names: list[str]) -> Html:
    """A row of labels, each over its columns, with pieces of their curves."""
    width = str(len(names))
    above = [tag("th", label, scope="colgroup", colspan=width) for label in labels]
    below = [tag("th", name, scope="col") for _ in labels for name in names]
    first = tag("tr", tag("td"), above)
    return tag("thead", first, tag("tr", tag("th", phrase("epoch"), scope="col"), below))


def _column(path: DescentPath, epochs: list[int], names: Sequence[str]) -> list[list[str]]:
    """Parameters and objective at each epoch."""
    steps = path.steps([k for k in epochs if k <= path.epochs])
    rows = [[*(number(s[name]) for name in names), number(s.objective)] for s in steps]
    return rows + [[""] * (len(names) + 1)] * (len(epochs) - len(rows))
