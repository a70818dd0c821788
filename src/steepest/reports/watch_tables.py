"""A watched loop's numbers: mistakes, parameter groups, tensors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from steepest.pictures.subject import Subject
from steepest.reports.cells import number, setting
from steepest.reports.html import Html, row, table, tag
from steepest.reports.steps import StepsView
from steepest.watching.loop import WatchedLoop
from steepest.watching.mistakes.finding import Finding
from steepest.watching.watched_path import WatchedPath
from steepest.wording.numbers import count

_COLUMNS = 4  # of parameters in the table of steps
_ROWS = 60  # of tensors, and of mistakes
# Options of a group that are not its learning rate, if they differ from doing nothing.
_OPTIONS = ("momentum", "nesterov", "betas", "weight_decay", "alpha", "maximize", "amsgrad")


def mistakes_table(found: Sequence[Finding]) -> Html:
    """Every mistake: what it is, where it shows first, and what to do."""
    heading = tag("h2", "Mistakes")
    if not found:
        return tag("section", heading, tag("p", "None of those that are looked for shows."))
    words = [
        row(
            f.kind,
            [
                f"{f.step:,}",
                tag("code", f.tensor) if f.tensor else "–",
                tag("span", f.text, class_="words"),
                tag("span", f.fix, class_="words"),
            ],
        )
        for f in found[:_ROWS]
    ]
    heads = ["mistake", "step", "tensor or module", "what is seen", "what to do"]
    note = _left_out(len(found), "mistakes")
    return tag("section", heading, table(heads, words, class_="settings"), note, class_="long")


def groups_table(watch: WatchedLoop, path: WatchedPath) -> Html:
    """The learning rate of every parameter group, over the recorded steps."""
    rates = [record.learning_rates for record in path.records]
    names = {
        id(t): name
        for name, t in zip(watch.parameters.names, watch.parameters.tensors, strict=True)
    }
    rows = []
    place = 0
    for optimizer in watch.optimizers:
        for number_in, group in enumerate(optimizer.param_groups):
            seen = np.array([each[place] for each in rates if len(each) > place])
            held = [names.get(id(tensor), "?") for tensor in group["params"]]
            told = ", ".join(held[:6]) + (f", … ({len(held)})" if len(held) > 6 else "")
            options = "; ".join(
                f"{key.replace('_', ' ')} {setting(group[key])}"
                for key in _OPTIONS
                if key in group and group[key] not in (0, 0.0, False, None)
            )
            kind = type(optimizer).__name__
            cells = [seen[0], seen[-1], seen.min(), seen.max()] if len(seen) else [np.nan] * 4
            rows.append(
                row(
                    f"{kind}, group {number_in}",
                    [
                        tag("span", told, class_="words"),
                        *(number(float(cell)) for cell in cells),
                        options or "–",
                    ],
                )
            )
            place += 1
    heads = ["group", "tensors", "at the start", "at the end", "least", "greatest", "options"]
    made = table(heads, rows, class_="settings")
    return tag("section", tag("h2", "Learning rate by group"), made, class_="long")


def tensors_table(path: WatchedPath) -> Html:
    """Norms of every tensor: its own, its gradient's, and the update against itself."""
    first, last = path.records[0], path.records[-1]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        steps = [record for record in path.records if not record.last]
        slopes = np.array([record.gradient_norms for record in steps])
        moves = np.array([record.update_norms / record.parameter_norms for record in steps])
    rows = []
    for i, (name, shape) in enumerate(zip(path.layout.tensors, path.layout.shapes, strict=True)):
        if i == _ROWS:
            break
        begun, ended = _ends(slopes[:, i]) if len(steps) else (np.nan, np.nan)
        cells = [first.parameter_norms[i], last.parameter_norms[i], begun, ended]
        told = [number(float(cell), 5) for cell in cells]
        share = _middle(moves[:, i]) if len(steps) else np.nan
        size = " × ".join(map(str, shape)) or "1"
        rows.append(row(tag("span", name, class_="name"), [size, *told, number(share, 3)]))
    heads = [
        "tensor",
        "shape",
        "norm at the start",
        "norm at the end",
        "gradient's norm at the start",
        "gradient's norm last",
        "update / norm, median",
    ]
    note = _left_out(len(path.layout.tensors), "tensors")
    made = table(heads, rows)
    return tag("section", tag("h2", "Norms by tensor"), made, note, class_="long")


def steps_table(path: WatchedPath) -> Html:
    """The first ten recorded steps, then ever wider apart, and the last."""
    view = StepsView.of(Subject.of(path))
    names = view.names if len(view.names) <= _COLUMNS else ()
    body, lost = [], 0
    for step in view.steps:
        record = path.record(step.index)
        lost += not np.isfinite(record.parameter_norms).all()
        if lost > 2 and not record.last:
            continue  # nan follows upon nan
        with np.errstate(over="ignore", invalid="ignore"):
            update = float(np.sqrt(np.nansum(np.square(record.update_norms))))
        cells = [number(step[name]) for name in names]
        cells += [number(step.objective, 7), number(path.gradient_norm(step), 5)]
        cells += ["–" if record.last else number(update, 5), number(step.learning_rate)]
        cells += [", ".join(record.edited[:3]) if record.index else ""]
        body.append(row(count(float(step.index)), cells))
    named = [tag("span", name, class_="name") for name in names]
    heads = ["step", *named, "objective", "gradient's norm", "update's norm", "learning rate"]
    left = path.epochs + 1 - len(body)
    note = [tag("p", f"{left:,} steps are left out.", class_="note")] if left else []
    made = table([*heads, "changed by others"], body)
    return tag("section", tag("h2", "Steps"), made, note, class_="long")


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    return (float(known[0]), float(known[-1])) if len(known) else (np.nan, np.nan)


def _middle(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _left_out(total: int, what: str) -> list[Html]:
    more = total - _ROWS
    return [tag("p", f"{more} more {what} are left out.", class_="note")] if more > 0 else []
