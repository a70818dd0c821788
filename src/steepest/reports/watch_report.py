"""The report of a loop that was watched: one HTML file that needs no network."""

from collections.abc import Iterator
from os import PathLike

import numpy as np

from steepest.pictures.catalogue import objective_ends
from steepest.pictures.chart import Chart
from steepest.pictures.subject import Subject
from steepest.reports.boxes import forecast_box, key_figures, verdict_box
from steepest.reports.cells import number
from steepest.reports.drawn import panels, pictures
from steepest.reports.html import Child, Html, tag
from steepest.reports.page import page
from steepest.reports.watch_charts import histogram_charts, watch_charts
from steepest.reports.watch_tables import (
    groups_table,
    mistakes_table,
    optimizer_name,
    steps_table,
    tensors_table,
)
from steepest.storage.atomic_write import write_text
from steepest.translation import joined, translated
from steepest.watching.loop import WatchedLoop
from steepest.watching.watched_path import WatchedPath
from steepest.wording.fact import fact, phrase, phrases, text_of
from steepest.wording.numbers import count


def write_watch_report(watch: WatchedLoop, file: str | PathLike[str]) -> None:
    """Write the report of a watched loop to `file`, whole or not at all.

    Raises InputError where nothing was recorded, and OutputError.
    """
    write_text(file, render_watch_report(watch))


def render_watch_report(watch: WatchedLoop) -> str:
    """The report as a text of HTML."""
    path, name = watch.path, name_of(watch)
    charts, (spread, notes) = watch_charts(watch, path), histogram_charts(path)
    boxes = [verdict_box(path.verdict)]
    if path.problem.is_quadratic:
        boxes.append(forecast_box(path.forecast))
    contents: list[Child] = [
        tag("h1", phrase("training of", model=name)),
        tag("p", _source(watch, path), class_="source"),
        _figures(path),
        tag("div", boxes, class_="two" if len(boxes) > 1 else ""),
        mistakes_table(watch.mistakes()),
        pictures(charts, _ends_said(path, charts)),
        *([panels(phrase("Histograms by step"), spread, notes)] if spread else []),
        groups_table(watch, path),
        tensors_table(path),
        steps_table(path),
    ]
    return page(phrase("title of loop", name=name), contents, [*charts, *spread])


def name_of(watch: WatchedLoop) -> str:
    """What was trained, in a word."""
    from torch.nn import Module

    if isinstance(watch.model, Module):
        return type(watch.model).__name__
    return joined(watch.parameters.names[:4]) + ("…" if len(watch.parameters.names) > 4 else "")


def _ends_said(path: WatchedPath, charts: list[Chart]) -> str:
    """From where to where the objective went, where that has its picture."""
    return str(objective_ends(Subject.of(path))) if charts[0].series else ""


def _source(watch: WatchedLoop, path: WatchedPath) -> str:
    optimizers = [optimizer_name(optimizer) for optimizer in watch.optimizers]
    tensors, steps = len(path.layout.tensors), path.epochs
    model = fact("model trained", size=path.layout.size, tensors=tensors, optimizers=optimizers)
    if path.every_step:
        return text_of([model, fact("every step recorded")])
    recorded = sum(not record.last for record in path.records)
    return text_of([model, fact("some steps recorded", of=steps, recorded=recorded)])


def _figures(path: WatchedPath) -> Html:
    slopes = [k for k in path.recorded if path.knows_gradient(k)]
    norm = path.gradient_norm(path.at(slopes[-1])) if slopes else float("nan")
    pairs = [
        *_ends(path),
        (phrase("gradient's norm last"), number(norm, 4)),
        (phrase("steps"), count(float(path.epochs))),
        (phrase("learning rate at the start"), number(path.rate(0), 5)),
        (phrase("how it went"), translated(path.verdict.kind)),
    ]
    if np.isfinite(path.forecast.stable_rate):
        pairs.insert(5, (phrase("largest stable rate"), number(path.forecast.stable_rate, 5)))
    return key_figures(pairs)


def _ends(path: WatchedPath) -> Iterator[tuple[str, str]]:
    """The first and the last objective, of each optimizer."""
    for curve in path.objective_curves:
        labels = phrases("objective at the start", "objective last")
        for label, value in zip(labels, curve.values[[0, -1]].tolist(), strict=True):
            yield phrase("figure of", figure=label, name=curve.name), _value(value)
    if not path.objective_curves:
        yield phrase("objective last"), "–"


def _value(objective: float) -> str:
    return phrase("not a number") if np.isnan(objective) else number(objective, 5)
