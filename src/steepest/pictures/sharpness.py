"""The learning rate of a watched loop beside the largest stable one, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.picture import LeftOut, with_caption
from steepest.pictures.style import BLUE, ORANGE, Axes, axes_or_new, label, legend, step_size
from steepest.pictures.ticks import log_heights, marks
from steepest.watching.measure.sharpness import MeasuredCurvature
from steepest.watching.record.step_record import Record
from steepest.watching.watched_path import WatchedPath
from steepest.wording.fact import Fact, fact, phrase, phrases


@final
@dataclass(frozen=True, eq=False)
class SharpnessView:
    """`rates` (n,) at the recorded `steps` (n,), and `stable` (m,) at the `measured` ones (m,).

    A rate of 0, with which a schedule ends, has no place on a logarithmic axis: it is nan.
    """

    steps: Floats
    rates: Floats
    measured: Floats
    stable: Floats
    notes: tuple[Fact, ...]

    @staticmethod
    def of(records: Sequence[Record], measured: Sequence[MeasuredCurvature]) -> "SharpnessView":
        """The view of a path. Raises LeftOut where nothing was measured."""
        if not measured:
            raise LeftOut(fact("no curvature measured"))
        stable = np.array([curvature.stable_rate for curvature in measured])
        rates = np.array([record.learning_rates[0] for record in records])
        return SharpnessView(
            steps=np.array([float(record.index) for record in records]),
            rates=np.where(rates > 0.0, rates, np.nan),
            measured=np.array([float(curvature.step) for curvature in measured]),
            stable=np.where(np.isfinite(stable), stable, np.nan),
            notes=(_cost(measured),),
        )


def draw(path: WatchedPath, ax: Axes | None = None) -> Axes:
    """Draw the curvature of a watched loop on `ax`, or with its caption on a new figure."""
    return with_caption(plot, SharpnessView.of(path.records, path.curvatures), ax)


def plot(view: SharpnessView, ax: Axes | None = None) -> Axes:
    """Draw both on a logarithmic axis: what separates them is their ratio."""
    ax = axes_or_new(ax)
    size = step_size(len(view.measured))
    stable, rate = phrases("stable below", "learning rate")
    ax.plot(view.measured, view.stable, "o-", color=ORANGE, lw=1.2, ms=size, label=stable)
    ax.plot(view.steps, view.rates, color=BLUE, lw=1.8, label=rate, **marks(view.rates, few=1))
    rates = np.concatenate([view.stable, view.rates])
    rates = rates[np.isfinite(rates) & (rates > 0.0)]
    if len(rates):
        low, high = float(rates.min()) / 1.5, float(rates.max()) * 1.5
        log_heights(ax, low, high)
        ax.set_ylim(low, high)
    label(ax, phrase("unit of steps", unit="step"), rate)
    legend(ax)
    return ax


def _cost(measured: Sequence[MeasuredCurvature]) -> Fact:
    last = measured[-1]
    return fact(
        "curvature measured",
        step=last.step,
        largest=last.largest,
        share=last.share,
        measurements=len(measured),
        products=sum(m.products for m in measured),
    )
