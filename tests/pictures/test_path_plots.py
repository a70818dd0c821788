"""Every picture of every kind of path is drawn, or left out with a sentence; none warns."""

import math
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import steepest
from steepest.errors import InputError
from steepest.path.path import DescentPath
from steepest.pictures.catalogue import STUDY_PICTURES, draw_path, draw_search, draw_study
from steepest.pictures.picture import LeftOut
from steepest.pictures.scenes import PATH_PICTURES

L2 = "x**2 - 4*x + 5"
FIVE = "a^2 + 2b^2 + 3c^2 + a*b + (d-1)^2 + d*g + 2g^2"

PATHS: dict[str, Callable[[], DescentPath]] = {
    "one": lambda: steepest.minimize(L2, start=7, lr=0.1, epochs=30),
    "one, diverged": lambda: steepest.minimize(L2, start=7, lr=1.1, epochs=3000),
    "one, cycle": lambda: steepest.minimize(L2, start=7, lr=1, epochs=30),
    "one, no step": lambda: steepest.minimize(L2, start=7, lr=0.1, epochs=0),
    "one, leaves": lambda: steepest.minimize("x - 3log(x) + x^2", start=0.4, lr=0.9, epochs=9),
    "one, pole": lambda: steepest.minimize("1/x + x^2", start=2, lr=0.1, epochs=30),
    "flat": lambda: steepest.minimize("0x + 3", start=2, lr=0.1, epochs=3),
    "two": lambda: steepest.minimize("x^2 + 5y^2", start=(4, 1), lr=0.15, epochs=40),
    "two, no step": lambda: steepest.minimize("x^2 + 5y^2", start=(4, 1), lr=0.1, epochs=0),
    "two, at the minimum": lambda: steepest.minimize("x^2 + 5y^2", start=(0, 0), lr=0.1, epochs=3),
    "two, flat": lambda: steepest.minimize("0x + 0y", start=(1, 2), lr=0.1, epochs=3),
    "two, diverged": lambda: steepest.minimize("rosenbrock", start=(-1.5, 2), lr=0.1, epochs=99),
    "two, 2000 steps": lambda: steepest.minimize(
        "rosenbrock", start=(-1.5, 2), lr=5e-4, epochs=2000
    ),
    "two, leaves": lambda: steepest.minimize(
        "x^2 + y^2 - 4log(x - y + 1)", start=(1, 1.5), lr=0.9, epochs=40
    ),
    "saddle": lambda: steepest.minimize("x^2 - y^2", start=(2, 1e-3), lr=0.1, epochs=100),
    "huge": lambda: steepest.minimize("1e180*(x^2 + y^2)", start=(4, 1), lr=1e-181, epochs=9),
    "dollars": lambda: steepest.minimize("a_1^2 + b_2^2", start=(4, 1), lr=0.1, epochs=9),
    "lambda": lambda: steepest.minimize(
        lambda x, y: (x - 1) ** 2 + x * y + 2 * y**2, start=(4, 1), lr=0.1, epochs=40
    ),
    "five": lambda: steepest.minimize(FIVE, start=(1, 2, -1, 3, 1), lr=0.1, epochs=60),
    "five, diverged": lambda: steepest.minimize(FIVE, start=(1, 2, -1, 3, 1), lr=1, epochs=600),
    "fit": lambda: steepest.fit([[1, 2], [2, 1], [3, 5], [4, 4]], [1, 2, 4, 4], lr=0.1).path,
}


def rendered(axes: Axes, *, laid_out: bool) -> bool:
    """Whether something is seen. All is drawn once; `savefig` would draw twice, for the layout,
    which measures every text once more: one picture of a kind has it.
    """
    figure = axes.figure
    assert isinstance(figure, Figure)
    if not laid_out:
        figure.set_layout_engine("none")
    figure.set_dpi(50)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return len(np.unique(np.asarray(canvas.buffer_rgba()))) > 1


@pytest.mark.parametrize("name", PATHS)
def test_every_picture_is_drawn_or_left_out_with_a_sentence(name: str) -> None:
    path = PATHS[name]()
    for view in PATH_PICTURES:
        try:
            axes = draw_path(path, view)
        except LeftOut as reason:
            assert str(reason).endswith(".") and "\n" not in str(reason)
            continue
        assert axes.get_xlabel() and axes.get_ylabel()
        assert rendered(axes, laid_out=name in ("one", "five", "dollars"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("one", ("x", "objective")),
        ("two", ("x", "y")),
        ("five", ("direction 1: ", "direction 2: ")),
    ],
)
def test_the_picture_that_is_drawn_by_itself(name: str, expected: tuple[str, str]) -> None:
    axes = draw_path(PATHS[name]())
    assert axes.get_xlabel().startswith(expected[0])
    assert axes.get_ylabel().startswith(expected[1])


def test_what_must_be_said_stands_below_the_picture() -> None:
    figure = draw_path(PATHS["five"]()).figure
    assert isinstance(figure, Figure)
    said = figure.get_supxlabel().replace("\n", " ")
    assert said.startswith("The plane of the path's two main directions. The steps lie up to ")
    given = Figure().add_subplot()
    draw_path(PATHS["five"](), ax=given)
    assert isinstance(given.figure, Figure) and given.figure.get_supxlabel() == ""


def test_the_curve_that_is_drawn_is_the_function() -> None:
    axes = draw_path(PATHS["one"]())
    x, y = (np.asarray(data) for data in axes.lines[0].get_data())
    np.testing.assert_allclose(y, x**2 - 4 * x + 5, rtol=1e-9)
    names = axes.get_legend_handles_labels()[1]
    assert names == ["tangents", "least", "steps", "start", "last, epoch 30"]


def test_a_pole_parts_the_curve() -> None:
    axes = draw_path(steepest.minimize("1/x + x^2", start=2, lr=0.4, epochs=30))
    x, y = (np.asarray(data) for data in axes.lines[0].get_data())
    finite = np.isfinite(y)
    assert (~finite[np.abs(x) < 0.01]).all()


def test_arrows_are_drawn_at_right_angles_to_the_contour() -> None:
    axes = draw_path(PATHS["two"]())
    assert axes.get_aspect() == 1.0
    arrows = next(c for c in axes.collections if type(c).__name__ == "Quiver")
    for (x, y), u, v in zip(arrows.XY, arrows.U, arrows.V, strict=True):  # type: ignore[attr-defined]  # a Quiver
        tangent = np.array([10 * y, -2 * x])  # of x² + 5y²
        cosine = (u * tangent[0] + v * tangent[1]) / np.hypot(u, v) / np.hypot(*tangent)
        assert abs(cosine) <= 1e-6


def test_the_surface_holds_the_recorded_objectives() -> None:
    path = PATHS["two"]()
    axes = draw_path(path, "surface")
    steps = next(line for line in axes.lines if line.get_label() == "steps")
    x, y, z = steps.get_data_3d()  # type: ignore[attr-defined]  # a line in three dimensions
    np.testing.assert_allclose(z, [path.at(k).objective for k in range(41)], rtol=1e-12)
    np.testing.assert_allclose(z, x**2 + 5 * y**2, rtol=1e-9, atol=1e-15)


def test_a_surface_needs_axes_of_three_dimensions() -> None:
    axes = Figure().add_subplot(projection="3d")
    assert draw_path(PATHS["two"](), "surface", axes) is axes
    with pytest.raises(InputError) as caught:
        draw_path(PATHS["two"](), "surface", Figure().add_subplot())
    assert str(caught.value) == 'a surface needs axes made with projection="3d".'


@pytest.mark.parametrize(
    ("view", "options", "message"),
    [
        (
            "contur",
            {},
            "there is no picture 'contur'; choose one of curve, contour, plane, surface, "
            "objective, parameters, gradient. Did you mean 'contour'?",
        ),
        (
            "contour",
            {"scale": "log"},
            "a scale is for pictures by epoch (objective, parameters, gradient), not for",
        ),
        ("objective", {"parameters": ["a"]}, "parameters choose what a curve, contour or surface"),
        ("plane", {"parameters": ["a", "b"]}, "the plane of the path's main directions has no"),
        ("curve", {"parameters": ["a", "b"]}, "a curve is drawn over one parameter: name one."),
        ("contour", {"parameters": ["a", "h"]}, "this path has no parameter 'h'; it has a, b, c"),
        ("contour", {"parameters": ["a"]}, "a contour is drawn over two different parameters"),
    ],
)
def test_what_is_refused(view: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        draw_path(PATHS["five"](), view, **options)  # type: ignore[arg-type]  # that is the point
    assert str(caught.value).startswith(message)


STUDIES = {
    "lesson 2": lambda: steepest.study(L2, start=7, lr=[0.1, 0.01, 0.3, 0.7, 1], epochs=30),
    "diverged": lambda: steepest.study(L2, start=7, lr=[0.1, 1.1], epochs=3000),
    "64 rates": lambda: steepest.study(L2, start=7, lr=list(np.linspace(0.01, 1, 64)), epochs=9),
    "one run": lambda: steepest.study(L2, start=7, lr=[0.1], epochs=0),
    "optimizers": lambda: steepest.study(
        "rosenbrock", start=(-1.5, 2), optimizer=["sgd", "adam"], lr=[5e-4, 0.05], epochs=200
    ),
    "five": lambda: steepest.study(FIVE, start=(1, 2, -1, 3, 1), lr=[0.05, 0.1], epochs=60),
    "saddle": lambda: steepest.study("x^2 - y^2", start=(2, 1e-3), lr=[0.1, 0.2], epochs=60),
}


@pytest.mark.parametrize("name", STUDIES)
def test_every_picture_of_a_study(name: str) -> None:
    study = STUDIES[name]()
    for view in STUDY_PICTURES:
        try:
            assert rendered(draw_study(study, view), laid_out=name == "lesson 2")
        except LeftOut as reason:
            assert view in ("curve", "contour") and str(reason).startswith("Paths share ")


def test_the_page_of_lesson_2() -> None:
    study = STUDIES["lesson 2"]()
    figure = draw_study(study).figure
    assert isinstance(figure, Figure)
    titles = [axes.get_title(loc="left") for axes in figure.axes[:5]]
    assert titles == [
        "lr 0.1: monotone",
        "lr 0.01: slow",
        "lr 0.3: fast",
        "lr 0.7: oscillates",
        "lr 1: cycle",
    ]
    table = figure.axes[-1].tables[0]
    cells = {place: cell.get_text().get_text() for place, cell in table.get_celld().items()}
    assert [cells[0, j] for j in range(3)] == ["epoch", "x", "objective"]
    assert [cells[4, j] for j in (0, 1, 2, 9, 10)] == ["3", "4.56", "7.554", "−3", "26"]


def looks(lines: Iterable[Any]) -> list[tuple[str, str]]:
    return [(line.get_color(), line.get_linestyle()) for line in lines]


def test_a_run_of_a_study_has_its_colour_and_line_everywhere() -> None:
    study = steepest.study("x^2 - 4x + 5", start=7, lr=[0.01, 0.1, 0.5, 0.9, 1.05], epochs=1000)
    linear = draw_study(study)
    *panels, _, logarithmic, table = linear.figure.axes
    curves = looks(linear.lines[:5])
    assert len({color for color, _ in curves}) == 5 and len(set(curves)) == 5
    assert looks(logarithmic.lines[:5]) == curves == looks(table.lines)
    named: Any = logarithmic.get_legend()
    assert looks(named.get_lines()) == curves
    assert tuple(text.get_text() for text in named.get_texts()) == study.labels
    for panel, (color, _) in zip(panels, curves, strict=True):
        (steps,) = (line for line in panel.lines if line.get_label() == "steps")
        assert steps.get_color() == color
    # Rate 0.01 is the slowest: 25·0.98²ᵏ is below a hundredth of the height, 41, after 103 epochs.
    assert linear.get_xlim()[1] == pytest.approx(1.02 * math.ceil(1.25 * 103), abs=1.5)
    assert not linear.texts  # no leader lines


def test_runs_on_contours_and_of_a_table_have_the_colours_of_their_curves() -> None:
    study = steepest.study("x^2 + 4y^2", start=(3, 2), lr=[0.05, 0.1, 0.2], epochs=9)
    contour, linear, _, table = draw_study(study).figure.axes
    paths = [line for line in contour.lines if line.get_marker() == "None"]
    assert looks(paths) == looks(linear.lines[:3]) == looks(table.lines)
    rows = np.arange(12.0)
    page = draw_study(steepest.compare(rows, 2.0 * rows + 1.0, lr=[0.1, 0.5], epochs=9)).figure
    assert looks(page.axes[2].lines) == looks(page.axes[0].lines[:2])


def test_a_page_needs_a_figure_of_its_own() -> None:
    study = STUDIES["lesson 2"]()
    axes = Figure().add_subplot()
    assert draw_study(study, ax=axes) is axes
    with pytest.raises(InputError, match=r"^a page needs a figure of its own: leave the axes out$"):
        draw_study(study, "page", axes)
    with pytest.raises(InputError, match=r"^there is no picture of a study 'pag'.* 'page'\?$"):
        draw_study(study, "pag")


@pytest.mark.parametrize(
    ("text", "over", "start"),
    [
        ("14/3*(w-2)**2", "w=0:4:0.1", 1),
        ("(1 - x)^2 + 100(y - x^2)^2", ["x=-2:2:0.1", "y=-1:3:0.1"], (-1.5, 2)),
        ("log(x + y) + x^2", ["x=-1:2:0.1", "y=-1:2:0.1"], (1, 1)),
        ("0x", "x=0:4:0.1", 1),
        ("(x-1)^2", "x=1:1:1", 1),
    ],
)
def test_a_search_is_drawn_with_a_descent(text: str, over: str | list[str], start: object) -> None:
    found = steepest.search(text, over)
    path = steepest.minimize(text, start=start, lr=1e-3, epochs=20)
    axes = draw_search(found, path)
    assert rendered(axes, laid_out=True)
    names = axes.get_legend_handles_labels()[1]
    assert "start" in names and any("least of the grid" in name for name in names)
    assert rendered(draw_search(found), laid_out=True)


def test_no_window_can_open_and_views_need_no_torch() -> None:
    program = """
import sys
import numpy as np
from steepest.descent.optimizers import SGD
from steepest.descent.schedules import Constant
from steepest.descent.stepwise import descend
from steepest.descent.stopping import Epochs
from steepest.path.path import StepwisePath
from steepest.pictures.catalogue import draw_path
from steepest.pictures.scenes import PATH_PICTURES
from steepest.problems.problem import Problem

class Bowl(Problem):
    names = ("x", "y", "z")
    def objectives(self, parameters):
        return (parameters**2).sum(axis=-1)
    def gradient(self, parameters):
        return 2.0 * parameters

problem = Bowl()
trajectory = descend(problem, SGD(), Constant(0.1), [Epochs(9)], [1.0, 2.0, 3.0])
path = StepwisePath(problem, None, None, None, trajectory.stop, trajectory)
for name in set(PATH_PICTURES) - {"curve"}:
    draw_path(path, name)
sys.exit(" ".join({"torch", "matplotlib.pyplot"}.intersection(sys.modules)) or 0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_page_of_a_study_names_each_run_once_in_its_table() -> None:
    study = steepest.study("x^2 + y^2", starts=[(1, 2), (3, -1.5)], lr=0.1, epochs=4)
    figure = study.plot().figure
    (made,) = (table for axes in figure.axes for table in axes.tables)
    heads = [made[0, column].get_text().get_text() for column in range(7)]
    assert heads == ["epoch", "x", "y", "objective", "x", "y", "objective"]
    first, second = made.axes.texts
    assert [first.get_text(), second.get_text()] == ["start (1, 2)", "start (3, -1.5)"]
    # In the middle of their three columns of seven.
    assert [round(7 * float(text.get_position()[0]), 3) for text in (first, second)] == [
        2.625,
        5.625,
    ]


def test_the_page_of_a_study_says_of_no_epoch_that_all_ended_there() -> None:
    figure = steepest.study("x^2", start=7, lr=[0.1, 0.3], epochs=40).plot().figure
    (words,) = figure.legends
    assert "last step" in [text.get_text() for text in words.get_texts()]
