"""Adapters to programs that draw curves: what they have in common."""

from abc import abstractmethod

import numpy as np

from steepest.path.step import Step
from steepest.results.watch import Watch
from steepest.watching.callbacks import Callback
from steepest.watching.record.step_record import Layout, Record, total_norm

PREFIX = "steepest"


class Curves(Callback):
    """Hands the numbers of each recorded step to a program that draws them, and the verdict.

    - `tensors`: the norms of gradient and update of each tensor too, a curve for each
    """

    def __init__(self, *, tensors: bool = False) -> None:
        self.tensors = tensors

    def on_step(self, run: Watch, step: Step) -> None:
        record = run.recorder.records.latest
        self.write(figures(record, run.parameters.layout, tensors=self.tensors), step.index)

    def on_end(self, run: Watch) -> None:
        self.conclude(str(run.verdict))

    @abstractmethod
    def write(self, values: dict[str, float], step: int) -> None:
        """Numbers by name, of one step."""

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
        ("update_norm", record.update_norms),
    ):
        if not np.isnan(norms).all():
            values[name] = total_norm(norms)
        if tensors:
            pairs = zip(layout.tensors, norms.tolist(), strict=True)
            values.update({f"{name}_of/{tensor}": norm for tensor, norm in pairs})
    return {f"{PREFIX}/{name}": value for name, value in values.items() if not np.isnan(value)}
