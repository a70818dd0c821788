"""The objectives of several paths, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from steepest.arrays import Booleans, Floats
from steepest.path.several import SeveralPaths
from steepest.pictures.axis_scale import (
    SCALES,
    Kind,
    Scale,
    axis_for,
    excess_base,
    on_axis,
    threshold_of,
)
from steepest.pictures.epoch_window import DEEPEST, EpochWindow, show_epochs
from steepest.pictures.picture import checked
from steepest.pictures.style import (
    INK,
    MOST_NAMED,
    MUTED,
    Axes,
    axes_or_new,
    label,
    legend,
    run_styles,
    shortened,
)
from steepest.pictures.ticks import marks, scale_heights
from steepest.wording.fact import Fact, fact, phrase

_WIDE = 6.0  # of so few epochs the first is wide enough for its updates
_DASHED = (0, (5, 3))
# How much of what rises above the highest start is shown: of the height below it, or times as high.
_ABOVE, _ABOVE_LOG = 0.6, 1e3
# A logarithmic axis reaches so far below the lowest floor of noise.
_BELOW = 1e3


@final
@dataclass(frozen=True, eq=False)
class ObjectivesView:
    """For each of `labels` its `epochs` and `values`, each (m,), in which `base` is subtracted.

    - `floors`: places of runs, and where noise of their mini-batches holds them, less `base`
    - `minimum`: the least objective, less `base`; None where it is not known
    - `heights`: the part of the axis that the picture shows; None: all, as long as no path that
      diverges presses the others flat;   `window`: the epochs, until no run differs from its end
    """

    labels: tuple[str, ...]
    epochs: tuple[Floats, ...]
    values: tuple[Floats, ...]
    floors: tuple[tuple[int, float], ...]
    minimum: float | None
    base: float
    axis: Kind
    threshold: float
    heights: tuple[float, float] | None
    window: EpochWindow
    label: str
    epoch_label: str
    notes: tuple[Fact, ...]

    @staticmethod
    def of(study: SeveralPaths, scale: Scale = "auto") -> "ObjectivesView":
        """The curves of the runs of a study; `scale` as in `ObjectiveView`."""
        checked(scale, SCALES, "scale")
        minimum = study.minimum if study.minimum_is_known else None
        raw, floors = list(study.objectives), _floors(study)
        axis = axis_for(raw, scale, minimum)
        base = excess_base(raw, minimum) if axis == "log" and (scale == "log" or floors) else 0.0
        curves = tuple(on_axis(values, base, axis == "log") for values in raw)
        heights = _heights(curves, axis, [floor - base for _, floor in floors])
        epochs = tuple(epochs for epochs, _ in study.curves)
        window = EpochWindow.around(list(zip(epochs, curves, strict=True)), axis, heights)
        return ObjectivesView(
            labels=study.labels,
            epochs=epochs,
            values=curves,
            floors=tuple((place, floor - base) for place, floor in floors),
            minimum=None if minimum is None else minimum - base,
            base=base,
            axis=axis,
            threshold=threshold_of(raw),
            heights=heights,
            window=window,
            label=phrase("objective above", objective=phrase("objective"), base=base),
            epoch_label=phrase("epoch" if study.rows is None else "epoch (look at all rows)"),
            notes=(
                *_notes(curves, study.labels, heights, bool(floors)),
                *window.notes(phrase("epoch")),
            ),
        )

    @property
    def moments(self) -> list[float]:
        """Every epoch of the window at which some run has a value that is drawn."""
        seen = [each[_ends(each) | (self.is_fine & (each <= 1.0))] for each in self.epochs]
        return sorted({e for each in seen for e in each.tolist() if e <= self.window.last})

    @property
    def is_fine(self) -> bool:
        """Whether the first epoch is wide enough for its updates."""
        return self.window.last <= _WIDE

    def until(self, m: int) -> "ObjectivesView":
        """The same picture until the m-th moment."""
        counts = [int(np.searchsorted(e, self.moments[m - 1], "right")) for e in self.epochs]
        return replace(
            self,
            epochs=tuple(each[:k] for each, k in zip(self.epochs, counts, strict=True)),
            values=tuple(each[:k] for each, k in zip(self.values, counts, strict=True)),
        )


def plot(view: ObjectivesView, ax: Axes | None = None) -> Axes:
    """Draw a curve for each path, the least objective, and floors of noise; name the curves."""
    ax = axes_or_new(ax, (6.8, 4.3))
    draw(view, ax)
    name_curves(view, ax)
    return ax


def draw(view: ObjectivesView, ax: Axes) -> None:
    """The same without the names of the curves, which stand beside another picture of them."""
    axes_or_new(ax)
    draw_steps(view, ax)
    _draw_levels(view, ax)
    _draw_scale(view, ax)
    label(ax, view.epoch_label, view.label)


def plot_in_film(view: ObjectivesView, ax: Axes | None = None) -> Axes:
    """The same with a legend above the picture, of not too many curves."""
    ax = axes_or_new(ax)
    draw(view, ax)
    if len(view.labels) <= MOST_NAMED:
        legend(ax)
    return ax


def draw_background(view: ObjectivesView, ax: Axes) -> None:
    """What is there before the first step."""
    _draw_levels(view, ax)


def draw_steps(view: ObjectivesView, ax: Axes) -> None:
    """A curve for each path, and of few epochs the first update by update."""
    for name, epochs, values, (color, style) in zip(
        view.labels, view.epochs, view.values, run_styles(len(view.labels)), strict=False
    ):
        ends = _ends(epochs)
        drawn = values[ends]
        ax.plot(
            epochs[ends], drawn, color=color, ls=style, lw=1.6, label=shortened(name, 26),
            **marks(drawn, few=1),
        )  # fmt: skip
        if view.is_fine and not ends.all():
            early = epochs <= 1.0
            ax.plot(epochs[early], values[early], color=color, lw=0.8, alpha=0.5)


def name_curves(view: ObjectivesView, ax: Axes) -> None:
    """A legend on the right; of many curves it names some, evenly spread."""
    from matplotlib.lines import Line2D

    styles, count = run_styles(len(view.labels)), len(view.labels)
    named = evenly(count, MOST_NAMED if count <= MOST_NAMED else MOST_NAMED - 2)
    lines = [Line2D([], [], color=styles[i][0], ls=styles[i][1], lw=1.6) for i in named]
    title = phrase("curves named", named=len(named), of=count) if len(named) < count else None
    made = ax.legend(
        lines, [shortened(view.labels[i], 26) for i in named], title=title, title_fontsize=7.5,
        loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False, fontsize=8.5, labelcolor=INK,
        handlelength=2.4, borderaxespad=0.0,
    )  # fmt: skip
    for text in made.get_texts():
        text.set_parse_math(False)


def evenly(count: int, most: int) -> list[int]:
    """At most so many of the places 0 to count − 1, evenly spread, both ends included."""
    return sorted(set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()))


def _draw_levels(view: ObjectivesView, ax: Axes) -> None:
    """Where noise holds runs, and on a linear axis the least objective."""
    styles = run_styles(len(view.labels))
    for place, floor in view.floors:
        ax.axhline(floor, color=styles[place][0], lw=1.1, ls=_DASHED, alpha=0.8)
    if view.axis == "linear" and view.minimum is not None:
        ax.axhline(view.minimum, color=MUTED, lw=1.2, ls=":")


def _ends(epochs: Floats) -> Booleans:
    """Which of the epochs (m,) are whole, or the last."""
    ends = np.asarray(epochs % 1.0 == 0.0)
    ends[-1] = True
    return ends


def _floors(study: SeveralPaths) -> list[tuple[int, float]]:
    """The objectives where noise holds runs of mini-batches, by their places."""
    floors = [(place, run.noise_floor) for place, run in enumerate(study.runs)]
    return [(place, study.minimum + floor) for place, floor in floors if floor]


def _heights(
    curves: Sequence[Floats], axis: Kind, floors: Sequence[float] = ()
) -> tuple[float, float] | None:
    """Room for the starts, for what lies below them, and for some of what lies above.

    On a logarithmic axis what falls far below where noise holds the others leaves the picture.
    """
    starts = [float(values[0]) for values in curves if np.isfinite(values[0])]
    finite = np.concatenate(list(curves))
    finite = finite[np.isfinite(finite)]
    if not starts or axis == "symlog":
        return None
    low, top = float(finite.min()), max(starts)
    if axis == "log":
        high = _ABOVE_LOG * top
        deepest = min(*floors, *starts) / _BELOW if len(floors) else DEEPEST * top
        deep = max(low, deepest)
        within = finite.max() <= high and deep == low
        return None if within else (deep / 2.0, min(float(finite.max()) * 2.0, high))
    reach = (top - low) or abs(top) or 1.0
    high = top + _ABOVE * reach
    return None if finite.max() <= high else (low - 0.05 * reach, high)


def _notes(
    curves: Sequence[Floats],
    labels: Sequence[str],
    heights: tuple[float, float] | None,
    floors: bool,
) -> tuple[Fact, ...]:
    notes = [fact("floors are dashed")] if floors else []
    over = [
        label
        for label, values in zip(labels, curves, strict=True)
        if heights is not None and (values > heights[1]).any()
    ]
    if over:
        notes.append(fact("curves leave the picture", labels=over))
    return tuple(notes)


def _draw_scale(view: ObjectivesView, ax: Axes) -> None:
    show_epochs(ax, view.window)
    finite = np.concatenate(view.values)
    finite = finite[np.isfinite(finite)]
    scale_heights(ax, view.axis, finite, view.threshold, view.heights)
    if view.heights is not None:
        ax.set_ylim(*view.heights)
