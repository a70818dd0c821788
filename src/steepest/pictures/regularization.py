"""Coefficients and held-out loss along the strength of a penalty."""

from dataclasses import dataclass
from typing import final

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.pictures.chart import (
    BLUE,
    FAINT,
    PLAIN,
    Axis,
    Chart,
    Series,
    band,
    level,
    marks,
    series,
    upright,
)
from steepest.pictures.chart_drawing import draw_chart, plot_chart
from steepest.pictures.coefficients import changed, effects_of, spread_name
from steepest.pictures.new_figure import new_figure
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import INK, MUTED, PAPER, Axes, caption, shortened
from steepest.wording.fact import Fact, fact, phrase, text_of

MOST_NAMED = 8
_LARGEST = 1e200
_COUNTS = 8
_BAND = "band is standard error"
_SIZE = (6.4, 6.4)


@final
@dataclass(frozen=True, eq=False)
class RegularizationView:
    """What one spread of each feature adds at each strength, `effects` (m, d), and the mean loss of
    held-out rows (m,).

    `penalty`, `strengths` (m,), the largest first. `named` (k,): the lines that have names, `names`
    (k,), the greatest at the chosen strength; `reach`: up to what effects are drawn, where some are
    much greater beyond the choice, else None. `low`, `high` (m,): one standard error about the
    loss, None where that is not known. `chosen`, `lowest`, `simplest`: places in the table.
    """

    penalty: str
    strengths: Floats
    effects: Floats
    named: NDArray[np.intp]
    names: tuple[str, ...]
    reach: float | None
    effect_label: str
    loss_label: str
    held_out: Floats
    low: Floats | None
    high: Floats | None
    nonzero: NDArray[np.int64]
    chosen: int
    lowest: int
    simplest: int | None
    notes: tuple[Fact, ...]

    @staticmethod
    def of(fit: FitData) -> "RegularizationView":
        """The path of a fit. Raises LeftOut where no strength was chosen along one."""
        path = fit.regularization
        if path is None:
            raise LeftOut(fact("no penalty path"))
        _, spread, effects = effects_of(fit)
        width = spread.size + fit.settings.intercept
        by_class = path.parameters.reshape(len(path.strengths), len(effects), width)
        effects = (by_class[:, :, : spread.size] * spread).reshape(len(path.strengths), -1)
        names = [name for i, name in enumerate(path.names) if i % width < spread.size]
        order = _greatest(effects, path.chosen)
        per = spread_name(fit, spread)
        notes = [fact("lines per spread", spread=per)]
        if len(order) < len(names):
            notes.append(fact("largest lines named", named=len(order), of=len(names)))
        reach = _reach(effects, max(path.chosen, path.lowest))
        if reach is not None:
            notes.append(fact("lines leave picture"))
        errors = path.standard_error
        if errors is not None:
            notes.append(fact("band is standard error", folds=path.folds))
        return RegularizationView(
            path.penalty,
            path.strengths,
            _drawable(effects),
            order,
            tuple(names[i] for i in order),
            reach,
            phrase("change of", what=changed(fit)),
            phrase("mean loss on held-out rows"),
            _drawable(path.held_out),
            None if errors is None else _drawable(path.held_out - errors),
            None if errors is None else _drawable(path.held_out + errors),
            path.nonzero,
            path.chosen,
            path.lowest,
            path.simplest,
            tuple(notes),
        )


def chart(view: RegularizationView) -> Chart:
    """A line for each coefficient over the strength, the largest at the left."""
    effects = view.effects.T
    drawn = [level(0.0), _chosen(view)]
    for place in np.setdiff1d(np.arange(len(effects)), view.named):
        drawn.append(series(view.strengths, effects[place], colour=FAINT))
    for k, (place, name) in enumerate(zip(view.named, view.names, strict=True)):
        drawn.append(series(view.strengths, effects[place], shortened(name, 24), colour=k))
    y = Axis(shortened(view.effect_label, 44))
    if (reach := view.reach) is not None:
        low, high = float(np.nanmin(effects)), float(np.nanmax(effects))
        y = replace(y, low=max(1.05 * low, -reach), high=min(1.05 * high, reach))
    notes = text_of([note for note in view.notes if note.kind != _BAND])
    return Chart(_strengths(view), y, drawn, note=notes)


def losses(view: RegularizationView) -> Chart:
    """The loss of held-out rows along the strength, with the strengths that it speaks for."""
    drawn = [_chosen(view)]
    if view.low is not None and view.high is not None:
        name = phrase("± 1 standard error")
        drawn.append(band(view.strengths, view.low, view.high, name, BLUE))
    drawn.append(series(view.strengths, view.held_out, colour=BLUE))
    points = np.column_stack([view.strengths, view.held_out])
    if (k := view.simplest) is not None:
        name = phrase("largest within one standard error")
        drawn.append(marks(points[k], name, "last"))
    drawn.append(marks(points[view.lowest], phrase("lowest"), "minimum"))
    notes = text_of([note for note in view.notes if note.kind == _BAND])
    return Chart(_strengths(view), Axis(view.loss_label), drawn, note=notes)


def _strengths(view: RegularizationView) -> Axis:
    label = phrase("strength of penalty", penalty=view.penalty)
    most, least = float(view.strengths[0]), float(view.strengths[-1])
    return Axis(label, "log", low=1.05 * most, high=least / 1.05)


def _chosen(view: RegularizationView) -> Series:
    return upright(float(view.strengths[view.chosen]), phrase("chosen strength"), PLAIN)


def draw(fit: FitData, ax: Axes | None = None) -> Axes:
    """Draw the coefficients; on a figure of its own the held-out loss below. Returns the axes of
    the coefficients.
    """
    view = RegularizationView.of(fit)
    above, below = chart(view), losses(view)
    if ax is not None:
        return draw_chart(above, ax)
    figure = new_figure(_SIZE, layout="constrained", facecolor=PAPER)
    panels: list[Axes] = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    plot_chart(replace(above, x=replace(above.x, label="")), panels[0])
    plot_chart(below, panels[1])
    panels[1].legend(loc="best", facecolor=PAPER, edgecolor="none", fontsize=8.5, labelcolor=INK)
    _count(view, panels[1])
    caption(panels[0], text_of(view.notes))
    return panels[0]


def _count(view: RegularizationView, ax: Axes) -> None:
    """How many coefficients are not 0, between the pictures, where that changes."""
    if view.nonzero.min() == view.nonzero.max():
        return
    places = np.linspace(0, len(view.strengths) - 1, _COUNTS + 2).round().astype(int)[1:-1]
    top = ax.secondary_xaxis("top")
    top.set_xticks(view.strengths[places], [f"{view.nonzero[i]}" for i in places], minor=False)
    top.set_xticks([], minor=True)
    top.tick_params(length=0, labelsize=8, labelcolor=MUTED)
    top.spines["top"].set_visible(False)
    top.set_xlabel(phrase("coefficients that are not 0"), color=MUTED, fontsize=8)


def _greatest(effects: Floats, place: int) -> NDArray[np.intp]:
    """The lines to name: the greatest at the chosen strength, else anywhere."""
    sizes = np.abs(effects[place]) + 1e-9 * np.abs(effects).max(axis=0)
    order = np.argsort(-sizes, kind="stable")
    return np.asarray(order[sizes[order] > 0.0][:MOST_NAMED], dtype=np.intp)


def _reach(effects: Floats, place: int) -> float | None:
    """Three times the greatest effect so far, where weaker penalties leave greater ones."""
    reach = 3.0 * float(np.abs(effects[: place + 1]).max(initial=0.0))
    return reach if 0.0 < reach < np.abs(effects).max(initial=0.0) else None


def _drawable(values: Floats) -> Floats:
    return np.where(np.abs(values) <= _LARGEST, values, np.nan)
