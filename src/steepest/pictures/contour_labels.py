"""The objectives that are written on contours: round ones, where nothing else is drawn."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.style import INK, PAPER, Axes
from steepest.pictures.ticks import number_of

_FEWEST, _MOST = 3, 6  # labels
_MOST_DIGITS = 6
# In heights of the picture: from a label to what is drawn, to the edge, to another label.
_CLEAR, _EDGE, _APART = 0.07, 0.08, 0.16
_CLOSE = 0.015  # between points of a line that labels keep away from
_ROUND = 0.3  # of the way to the next level, as far as one is moved to be round


def round_levels(levels: Floats) -> Floats:
    """The rising levels (n,), rounded to two digits where they then stay apart, else to as many
    as part some of them.

    >>> round_levels(np.array([0.17943, 2.1494, 25.749])).tolist()
    [0.18, 2.1, 26.0]
    """
    gaps = np.diff(levels, prepend=-np.inf, append=np.inf)
    room = _ROUND * np.minimum(gaps[:-1], gaps[1:])
    for digits in range(2, _MOST_DIGITS + 1):
        rounded = np.array([_round(level, digits) for level in levels.tolist()])
        near = np.abs(rounded - levels) <= room
        if near.sum() >= min(_FEWEST, len(levels)):
            return np.where(near, rounded, levels)
    return levels


def told_levels(levels: Floats) -> list[tuple[float, str]]:
    """The levels that are round, with what is written on their contours: all to the same number
    of digits.
    """
    for digits in range(2, _MOST_DIGITS + 1):
        told = [level for level in levels.tolist() if _round(level, digits) == level]
        if len(told) >= min(_FEWEST, len(levels)):
            return [(level, number_of(level, digits)) for level in told]
    return []


def _round(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def write_levels(
    ax: Axes, lines: Sequence[tuple[str, Sequence[Floats]]], size: Floats, avoid: Sequence[Floats]
) -> None:
    """Write on each of `lines`, which has a text and pieces (n, 2), where it is farthest from the
    `avoid`ed lines (m, 2), and from other labels; nowhere where there is no room.

    `size` (2,) is what the picture's height is along each axis; the axes have their limits.
    """
    from matplotlib.patheffects import withStroke

    low = np.array([ax.get_xlim()[0], ax.get_ylim()[0]])
    high = np.array([ax.get_xlim()[1], ax.get_ylim()[1]])
    taken = np.vstack([np.empty((0, 2)), *(_dense(line / size) for line in avoid)])
    labels = np.empty((0, 2))
    for text, pieces in reversed(lines):
        places = [_places(piece / size, low / size, high / size) for piece in pieces]
        found = np.vstack([np.empty((0, 4)), *places])
        room = np.minimum(_distances(found[:, :2], taken), _APART)
        room[_distances(found[:, :2], labels) < _APART] = 0.0
        if len(labels) == _MOST or room.max(initial=0.0) < _CLEAR:
            continue
        x, y, along, up = found[int(room.argmax())]
        labels = np.vstack([labels, [x, y]])
        angle = np.degrees(np.arctan2(up * size[1], along * size[0]))
        ax.text(
            x * size[0], y * size[1], text, fontsize=7.5, color=INK, ha="center", va="center",
            rotation=(angle + 90.0) % 180.0 - 90.0, rotation_mode="anchor", parse_math=False,
            transform_rotates_text=True, zorder=2.8, gid="level",
            path_effects=[withStroke(linewidth=3.0, foreground=PAPER)],
        )  # fmt: skip


def _places(piece: Floats, low: Floats, high: Floats) -> Floats:
    """Points and directions (n, 4) along a piece of a contour, away from the picture's edge."""
    if len(piece) < 3:
        return np.empty((0, 4))
    found = np.column_stack([piece[1:-1], piece[2:] - piece[:-2]])
    inside = ((piece[1:-1] > low + _EDGE) & (piece[1:-1] < high - _EDGE)).all(axis=1)
    return np.asarray(found[inside])


def _distances(points: Floats, others: Floats) -> Floats:
    """From each point (n, 2) to the nearest other (m, 2); far where there is none."""
    if not len(others):
        return np.full(len(points), np.inf)
    return np.array([np.hypot(*(others - point).T).min() for point in points])


def _dense(line: Floats) -> Floats:
    """A line's points (m, 2), and some between them; nan parts it."""
    pieces = []
    for start, end in pairwise(line):
        length = float(np.hypot(*(end - start)))
        count = 1 + min(int(length / _CLOSE), 400) if np.isfinite(length) else 1
        shares = np.arange(1, count)[:, None] / count
        pieces += [start[None], start + shares * (end - start)]
    dense = np.vstack([*pieces, line[-1:]])
    return np.asarray(dense[np.isfinite(dense).all(axis=1)])
