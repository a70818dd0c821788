"""Coefficients and held-out loss along the strength of a penalty."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.models.fit_data import FitData
from steepest.pictures.coefficients import changed, effects_of, spread_name
from steepest.pictures.new_figure import new_figure
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import (
    BLUE,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    SERIES,
    Axes,
    axes_or_new,
    label,
    legend,
    shortened,
)
from steepest.wording.fact import Fact, fact, phrase

MOST_NAMED = 8
_LARGEST = 1e200
_COUNTS = 8
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


def plot(view: RegularizationView, ax: Axes | None = None) -> Axes:
    """Draw a line for each coefficient over the strength, the largest at the left; on a figure of
    its own the held-out loss below, on the same axis. Returns the axes of the coefficients.
    """
    below = None
    if ax is None:
        figure = new_figure(_SIZE, layout="constrained", facecolor=PAPER)
        ax, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        axes_or_new(below).set_facecolor(PAPER)
        ax.set_facecolor(PAPER)
    axes_or_new(ax)
    _draw_lines(view, ax)
    if below is None:
        label(
            ax,
            phrase("strength of penalty", penalty=view.penalty),
            shortened(view.effect_label, 44),
        )
        return ax
    label(ax, "", shortened(view.effect_label, 44))
    _draw_losses(view, below)
    label(below, phrase("strength of penalty", penalty=view.penalty), view.loss_label)
    _count(view, below)
    below.legend(loc="best", facecolor=PAPER, edgecolor="none", fontsize=8.5, labelcolor=INK)
    return ax


def _draw_lines(view: RegularizationView, ax: Axes) -> None:
    others = np.setdiff1d(np.arange(view.effects.shape[1]), view.named)
    ax.plot(view.strengths, view.effects[:, others], color=MUTED, lw=0.7, alpha=0.6)
    for (color, style), i, name in zip(SERIES, view.named, view.names, strict=False):
        ax.plot(
            view.strengths, view.effects[:, i], color=color, ls=style, lw=1.6,
            label=shortened(name, 24),
        )  # fmt: skip
    ax.axhline(0.0, color=MUTED, lw=0.8)
    _mark(view, ax)
    ax.set_xscale("log")
    if view.reach is not None:
        bottom, top = ax.get_ylim()
        ax.set_ylim(max(bottom, -view.reach), min(top, view.reach))
    ax.set_xlim(view.strengths[0] * 1.05, view.strengths[-1] / 1.05)
    legend(ax)


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


def _draw_losses(view: RegularizationView, ax: Axes) -> None:
    if view.low is not None and view.high is not None:
        ax.fill_between(
            view.strengths, view.low, view.high, color=BLUE, alpha=0.18, lw=0.0,
            label=phrase("± 1 standard error"),
        )  # fmt: skip
    ax.plot(view.strengths, view.held_out, color=BLUE, lw=1.6)
    _mark(view, ax)
    for place, face, name in (
        (view.simplest, PAPER, phrase("largest within one standard error")),
        (view.lowest, ORANGE, phrase("lowest")),
    ):
        if place is not None:
            ax.plot(
                view.strengths[place], view.held_out[place], "o", color=ORANGE, mfc=face, ms=6.5,
                label=name, zorder=4,
            )  # fmt: skip


def _mark(view: RegularizationView, ax: Axes) -> None:
    """A line at the strength that was chosen."""
    ax.axvline(view.strengths[view.chosen], color=INK, lw=1.0, ls=(0, (4, 3)))


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
