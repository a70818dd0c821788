"""Adapters to programs that draw curves: what they have in common."""

from abc import abstractmethod
from typing import TypeAlias

import numpy as np

from steepest.arrays import Floats, Integers
from steepest.path.step import Step
from steepest.results.watch import Watch
from steepest.watching.callbacks import Callback
from steepest.watching.record.histograms import KINDS, RecordedHistograms
from steepest.watching.record.step_record import Layout, Record, total_norm

PREFIX = "steepest"
# Counts (64,) and edges (65,) by name.
Spreads: TypeAlias = dict[str, tuple[Integers, Floats]]


class Curves(Callback):
    """Hands the numbers of each recorded step to a program that draws them, and the verdict.
    Histograms go to those that draw them, where `watch(…, histograms=True)` makes them.

    - `tensors`: the norms of gradient and update of each tensor too, a curve for each
    """

    def __init__(self, *, tensors: bool = False) -> None:
        self.tensors = tensors

    def on_step(self, run: Watch, step: Step) -> None:
        record, layout = run.recorder.records.latest, run.parameters.layout
        self.write(figures(record, layout, tensors=self.tensors), step.index)
        if record.histograms:
            self.write_histograms(spreads(record, layout), step.index)

    def on_end(self, run: Watch) -> None:
        self.conclude(str(run.verdict))

    @abstractmethod
    def write(self, values: dict[str, float], step: int) -> None:
        """Numbers by name, of one step."""

    def write_histograms(self, histograms: Spreads, step: int) -> None:
        """Histograms by name, of one step; nothing where the program draws none."""

    @abstractmethod
    def conclude(self, verdict: str) -> None:
        """The verdict, when the loop has ended."""


def figures(record: Record, layout: Layout, *, tensors: bool) -> dict[str, float]:
    """Objective, learning rates, and the norms of gradient and update; those of each tensor too, if
    `tensors`. What is not known is left out.

    - "steepest/objective";   "steepest/learning_rate", or "steepest/learning_rate/0" and so on
    - "steepest/gradient_norm", "steepest/gradient_norm_of/<tensor>", and so of "update_norm"
    """
    values = {"objective": record.objective}
    rates = record.learning_rates
    for i, rate in enumerate(rates):
        values["learning_rate" if len(rates) == 1 else f"learning_rate/{i}"] = rate
    for name, norms in (
        ("gradient_norm", record.gradient_norms),
        ("update_norm", record.own_updates),
    ):
        if not np.isnan(norms).all():
            values[name] = total_norm(norms)
        if tensors:
            pairs = zip(layout.tensors, norms.tolist(), strict=True)
            values.update({f"{name}_of/{tensor}": norm for tensor, norm in pairs})
    return {f"{PREFIX}/{name}": value for name, value in values.items() if not np.isnan(value)}


def spreads(record: Record, layout: Layout) -> Spreads:
    """The histograms of a step by "steepest/<kind>/<tensor>", such as "steepest/updates/0.weight";
    what has no finite number is left out.
    """
    recorded = RecordedHistograms.of([record], layout)
    made = {
        f"{PREFIX}/{kind}/{tensor}": recorded.at(record.index, tensor, kind)
        for kind in KINDS
        for tensor in layout.tensors
    }
    return {name: spread for name, spread in made.items() if spread[0].any()}
