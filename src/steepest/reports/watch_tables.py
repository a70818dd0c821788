"""A watched loop's numbers: mistakes, parameter groups, tensors."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
from torch.optim import Optimizer

from steepest.arrays import Floats
from steepest.pictures.subject import Subject
from steepest.reports.cells import number, setting
from steepest.reports.html import Html, note, row, section, table, tag, words
from steepest.reports.kinds import Kind, link
from steepest.reports.steps_table import listed_steps, steps_left_out, steps_section
from steepest.translation import joined
from steepest.watching.loop import WatchedLoop
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.hand_written import HandWritten
from steepest.watching.record.step_record import total_norm
from steepest.watching.watched_path import WatchedPath
from steepest.wording.fact import phrase, phrases
from steepest.wording.numbers import count

_COLUMNS = 4  # of parameters in the table of steps
_ROWS = 60  # of tensors, and of mistakes
# Options of a group that are not its learning rate, if they differ from doing nothing.
_OPTIONS = ("momentum", "nesterov", "betas", "weight_decay", "alpha", "maximize", "amsgrad")


def mistakes_table(findings: Sequence[Finding]) -> Html:
    """Every mistake: what it is, where it shows first, and what to do."""
    if not findings:
        return tag("section", tag("h2", phrase("Mistakes")), tag("p", phrase("no mistake shows")))
    rows = []
    for finding in findings[:_ROWS]:
        tensor = tag("code", finding.tensor) if finding.tensor else "–"
        cells = [f"{finding.step:,}", tensor, words(finding.text), words(finding.fix)]
        name = link("mistakes", finding.kind, Kind("mistakes", finding.kind).name)
        rows.append(row(name, cells))
    heads = phrases("mistake", "step", "tensor or module", "what is seen", "what to do")
    body = table(heads, rows, class_="settings")
    return section(phrase("Mistakes"), body, _more(len(findings), "mistakes"))


def optimizer_name(optimizer: Optimizer) -> str:
    """Its class; of a loop without one that it is the loop itself."""
    if isinstance(optimizer, HandWritten):
        return phrase("the loop itself")
    return type(optimizer).__name__


def groups_table(watch: WatchedLoop, path: WatchedPath) -> Html:
    """The learning rate of every parameter group, over the recorded steps."""
    rates = [record.learning_rates for record in path.records]
    names = {
        id(t): name
        for name, t in zip(watch.parameters.names, watch.parameters.tensors, strict=True)
    }
    rows = []
    groups = [
        (optimizer_name(o), *group) for o in watch.optimizers for group in enumerate(o.param_groups)
    ]
    for place, (kind, number_in, group) in enumerate(groups):
        seen = np.array([step[place] for step in rates if len(step) > place])
        tensors = [names.get(id(tensor), "?") for tensor in group["params"]]
        more = f", … ({len(tensors)})" if len(tensors) > 6 else ""
        options = "; ".join(
            f"{key.replace('_', ' ')} {setting(group[key])}"
            for key in _OPTIONS
            if key in group and group[key] not in (0, 0.0, False, None)
        )
        ends = [seen[0], seen[-1], seen.min(), seen.max()] if len(seen) else [np.nan] * 4
        cells = [words(joined(tensors[:6]) + more), *(number(float(end)) for end in ends)]
        rows.append(
            row(phrase("group of", optimizer=kind, number=number_in), [*cells, options or "–"])
        )
    heads = phrases("group", "tensors", "at the start", "at the end", "least", "greatest")
    body = table([*heads, phrase("options")], rows, class_="settings")
    return section(phrase("Learning rate by group"), body)


def tensors_table(path: WatchedPath) -> Html:
    """Norms of every tensor: its own, its gradient's, and the update against itself."""
    first, last = path.records[0], path.records[-1]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        steps = [record for record in path.records if not record.last]
        slopes = np.array([record.gradient_norms for record in steps])
        moves = np.array([record.own_updates / record.parameter_norms for record in steps])
    rows = []
    layout = zip(path.layout.tensors, path.layout.shapes, strict=True)
    for i, (name, shape) in enumerate(islice(layout, _ROWS)):
        begun, ended = _ends(slopes[:, i]) if len(steps) else (np.nan, np.nan)
        cells = [first.parameter_norms[i], last.parameter_norms[i], begun, ended]
        norms = [number(float(cell), 5) for cell in cells]
        share = _middle(moves[:, i]) if len(steps) else np.nan
        size = " × ".join(map(str, shape)) or "1"
        rows.append(row(tag("span", name, class_="name"), [size, *norms, number(share, 3)]))
    heads = [
        *phrases("tensor", "shape", "norm at the start", "norm at the end"),
        *phrases("gradient's norm at the start", "gradient's norm last", "update / norm, median"),
    ]
    more = _more(len(path.layout.tensors), "tensors")
    return section(phrase("Norms by tensor"), table(heads, rows), more)


def steps_table(path: WatchedPath) -> Html:
    """The first ten recorded steps, then ever wider apart, and the last."""
    names = path.names if len(path.names) <= _COLUMNS else ()
    body, lost, edited = [], 0, bool(path.edits)
    for step in listed_steps(Subject.of(path)):
        record = path.record(step.index)
        lost += not np.isfinite(record.parameter_norms).all()
        if lost > 2 and not record.last:
            continue  # nan follows upon nan
        norms = record.update_norms
        update = np.nan if np.isnan(norms).all() else total_norm(norms)
        cells = [number(step[name]) for name in names]
        cells += [number(step.objective, 7), number(path.gradient_norm(step), 5)]
        cells += ["–" if record.last else number(update, 5), number(step.learning_rate)]
        cells += [joined(record.edited[:3]) if record.index else ""] * edited
        body.append(row(count(float(step.index)), cells))
    named = [tag("span", name, class_="name") for name in names]
    after = phrases("objective", "gradient's norm", "update's norm", "learning rate")
    heads = [phrase("step"), *named, *after, *[phrase("changed by others")] * edited]
    notes = steps_left_out(path.epochs + 1 - len(body))
    return steps_section(heads, body, notes)


def _ends(values: Floats) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    return (float(known[0]), float(known[-1])) if len(known) else (np.nan, np.nan)


def _middle(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _more(total: int, what: str) -> list[Html]:
    more = total - _ROWS
    return note(phrase("more left out", count=more, what=what)) if more > 0 else []
