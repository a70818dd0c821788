"""What is written on contours and where, and which steps of a long path are drawn."""

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import steepest
from steepest.arrays import Floats
from steepest.pictures.catalogue import draw_path
from steepest.pictures.contour import ContourView
from steepest.pictures.contour_labels import round_levels, told_levels
from steepest.pictures.drawn_steps import drawn_steps
from steepest.pictures.subject import Subject
from steepest.pictures.surface import plot as plot_surface
from steepest.pictures.surface import surface_parts

LOW, HIGH = np.zeros(2), np.ones(2)


def test_levels_are_round_and_say_so() -> None:
    assert round_levels(np.array([0.17943, 2.1494, 25.749])).tolist() == [0.18, 2.1, 26.0]
    # Beside one another at two digits these would be one level.
    near = round_levels(np.array([2415.02, 2415.2, 2417.3, 2438.1, 2490.2]))
    assert near.tolist() == [2415.0, 2415.2, 2417.0, 2438.0, 2490.0]
    assert [text for _, text in told_levels(near)] == ["2415", "2417", "2438", "2490"]
    assert [text for _, text in told_levels(np.array([-2.7e7, 0.18, 270.0]))] == [
        "−2.7·10⁷",
        "0.18",
        "270",
    ]


def test_labels_have_two_digits_a_halo_and_no_marker_beneath() -> None:
    """On the paths of two functions, in shares of the picture's height."""
    for text, start, lr in (
        ("x^2 + 10y^2 - x*y", (3.0, 2.0), 0.09),
        ("(1-x)^2 + 100(y-x^2)^2", (-1.2, 1.0), 0.001),
    ):
        path = steepest.minimize(text, start=start, lr=lr, epochs=300)
        axes = draw_path(path, "contour", Figure().add_subplot())
        labels: list[Any] = [each for each in axes.texts if each.get_gid() == "level"]
        assert len(labels) >= 3 and all(label.get_path_effects() for label in labels)
        levels = ContourView.of(Subject.of(path)).grid.levels
        for label in labels:
            value = float(label.get_text().replace("−", "-"))
            assert value in levels and value == float(f"{value:.2g}")
        height = np.ptp(axes.get_ylim())
        scale = np.array([height * 4.0 / 3.0 / np.ptp(axes.get_xlim()), 1.0]) / height
        steps = np.array([step.parameters for step in path]) * scale
        between = np.vstack([steps[:-1] + share * np.diff(steps, axis=0) for share in (0, 0.5)])
        for label in labels:
            gaps = np.linalg.norm(between - np.array(label.get_position()) * scale, axis=1)
            assert gaps.min() > 0.06


def test_a_short_path_is_drawn_whole() -> None:
    points = np.random.default_rng(1).uniform(size=(200, 2))
    drawn = drawn_steps(tuple(range(200)), points, LOW, HIGH)
    assert drawn.dots.all() and np.array_equal(drawn.line, points)


def test_a_thousand_zigzags_are_thinned_and_a_smooth_line_is_not() -> None:
    along = np.linspace(0.0, 1.0, 1001)
    zigzag = np.column_stack([along, np.where(np.arange(1001) % 2, 0.2, 0.8)])
    drawn = drawn_steps(tuple(range(1001)), zigzag, LOW, HIGH)
    updates = _updates(drawn.line)
    assert 25 <= len(updates) <= 110 and drawn.dots.sum() <= 2 * 82
    assert drawn.dots[0] and drawn.dots[-1]
    # They are updates of the path, spread over all of it.
    steps = {tuple(point) for point in zigzag.tolist()}
    assert all(tuple(end) in steps for update in updates for end in update.tolist())
    assert np.diff(np.sort(updates[:, 0, 0])).max() <= 0.05
    smooth = np.column_stack([along, along**2])
    assert len(_updates(drawn_steps(tuple(range(1001)), smooth, LOW, HIGH).line)) == 1000


def _updates(line: Floats) -> Floats:
    pairs = np.stack([line[:-1], line[1:]], axis=1)
    return np.asarray(pairs[np.isfinite(pairs).all(axis=(1, 2))])


def test_no_line_joins_steps_between_which_others_were_left_out() -> None:
    drawn = drawn_steps((0, 1, 5), np.array([[0.0, 0.0], [0.1, 0.0], [0.2, 0.0]]), LOW, HIGH)
    assert np.isnan(drawn.line).any(axis=1).tolist() == [False, False, True, False]


def test_the_picture_says_how_many_steps_it_draws() -> None:
    path = steepest.minimize("x^2 + 100y^2", start=(10, 1), lr=0.00999, epochs=1000)
    view = ContourView.of(Subject.of(path))
    dots = int(view.grid.drawn(view.path).dots.sum())
    assert dots < 200
    note = f"Of 1,001 steps {dots:,} are drawn, those that can be told apart."
    assert note in [str(each) for each in view.notes]


def test_the_surface_ends_in_a_contour_and_stands_above_its_contours() -> None:
    path = steepest.minimize("(1-x)^2 + 100(y-x^2)^2", start=(-1.2, 1), lr=0.001, epochs=300)
    view = ContourView.of(Subject.of(path))
    axes: Any = plot_surface(view)
    floor, top = axes.get_zlim()
    corners = np.concatenate(surface_parts(view, top))
    assert corners[:, 2].max() == pytest.approx(top)
    x, y, _ = corners[np.isclose(corners[:, 2], top)].T
    # The rim is where the function has that value, to a small part of what a cell spans.
    assert np.abs((1 - x) ** 2 + 100 * (y - x**2) ** 2 - top).max() < 0.01 * top
    assert floor < corners[:, 2].min() and len(axes.collections) >= 3  # surface, floor, rim
    assert min(axes.get_zticks()) >= 0.0  # the floor of the contours is no objective
