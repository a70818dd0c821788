"""Every picture of every kind of fit is drawn, or left out with a sentence; none warns."""

import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import steepest
from steepest.errors import InputError
from steepest.pictures.catalogue import FIT_PICTURES, draw_fit
from steepest.pictures.picture import LeftOut
from steepest.pictures.style import axes_or_new, label
from steepest.pictures.ticks import scientific
from steepest.results.fit import Fit

RNG = np.random.default_rng(4)
X = RNG.normal(size=(50, 3))
Y = X @ [1.0, 2.0, 3.0] + RNG.normal(size=50)
x = RNG.normal(50.0, 10.0, 50)
WIDE = RNG.normal(size=(300, 200))
LINE = "A line is drawn for a fit on one feature; this one has 3."
NONE = "There is no coefficient to draw: no feature was left."
PATH = "No strength of a penalty was chosen along a path."
NUMBER = "The target of this loss is a number, not a class."
ROWS = "No rows were kept to draw: the fit was made from sums over the rows alone."

FITS: dict[str, Callable[[], Fit]] = {
    "one feature": lambda: steepest.fit(x, Y),
    "three": lambda: steepest.fit(X, Y),
    "moments": lambda: steepest.fit(steepest.Moments.of(X, Y)),
    "1e21 epochs": lambda: steepest.fit(x, Y, standardize=False, lr=1e-4, epochs=10**21),
    "no epoch": lambda: steepest.fit(x, Y, epochs=0),
    "start at the minimum": lambda: steepest.fit([1, 2, 3], [3, 5, 7], start=[2, 1]),
    "perfect": lambda: steepest.fit([1, 2, 3], [2, 4, 6], lr=0.1),
    "diverged": lambda: steepest.fit(x, Y, standardize=False, lr=1e-2),
    "diverged, step by step": lambda: steepest.fit(
        X, Y, lr="step:3,step_size=3000,gamma=0.5", epochs=3000
    ),
    "cycle": lambda: steepest.fit(
        [1, 2, 3], [2, 4, 6], intercept=False, standardize=False, lr=3 / 14, start=[1], epochs=20
    ),
    "momentum 1": lambda: steepest.fit(X, Y, momentum=1.0, lr=0.01, epochs=200),
    "no intercept": lambda: steepest.fit(X, Y, intercept=False),
    "ridge of a sum": lambda: steepest.fit(X, Y, ridge=0.3, reduction="sum"),
    "weights": lambda: steepest.fit(X, Y, weights=RNG.uniform(size=50)),
    "folds": lambda: steepest.fit(X, Y, folds=4, lr=0.05),
    "adam, validation": lambda: steepest.fit(
        X, Y, optimizer="adam", lr=0.1, epochs=50, validation=0.2
    ),
    "constant feature only": lambda: steepest.fit(np.ones(50), Y),
    "minimum norm": lambda: steepest.fit(WIDE[:3, :6], [1, 2, 4], dependent="minimum_norm"),
    "200 features": lambda: steepest.fit(WIDE, WIDE @ np.ones(200) + RNG.normal(size=300)),
    "1e100": lambda: steepest.fit(x * 1e12, Y * 1e100),
    "1e-100": lambda: steepest.fit(x * 1e-12, Y * 1e-100),
    "offset": lambda: steepest.fit(x + 1e9, Y),
    "two rows": lambda: steepest.fit([1, 2], [3, 5]),
    "dollars": lambda: steepest.fit(steepest.read(X, names=["$x$", "$\\frac{", "_a\x00\n<&"]), Y),
    "long names": lambda: steepest.fit(
        steepest.read(X, names=["a" * 500, "b" * 500, "c" * 500]), Y
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_every_picture_is_drawn_or_left_out_with_a_sentence(name: str) -> None:
    fit = FITS[name]()
    for view in ("contour", *FIT_PICTURES):
        try:
            axes = draw_fit(fit, view)
        except LeftOut as reason:
            assert str(reason).endswith(".") and "\n" not in str(reason)
            continue
        assert axes.get_xlabel()
        figure = axes.figure
        assert isinstance(figure, Figure)
        figure.set_dpi(50)
        if name not in ("three", "dollars", "long names", "200 features"):
            figure.set_layout_engine("none")  # it measures every text once more
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("one feature", {}),
        ("three", {"line": LINE}),
        ("moments", {"line": LINE, "noise": ROWS, "predicted": ROWS, "residuals": ROWS}),
        ("cycle", {"noise": "A density is drawn for 20 rows or more; there are 3."}),
        (
            "constant feature only",
            {"intervals": NONE, "coefficients": NONE},
        ),
    ],
)
def test_which_pictures_are_left_out(name: str, left_out: dict[str, str]) -> None:
    fit, found = FITS[name](), {}
    for view in ("contour", *FIT_PICTURES):
        try:
            draw_fit(fit, view)
        except LeftOut as reason:
            found[view] = str(reason)
    of_classes = dict.fromkeys(("confusion", "calibration", "roc"), NUMBER)
    assert found == left_out | of_classes | {"regularization": PATH}


def test_dollars_in_names_are_dollars() -> None:
    fit = FITS["dollars"]()
    figure = draw_fit(fit, "intervals").figure
    assert isinstance(figure, Figure)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert sorted(labels) == sorted(["$x$", "$\\frac{", "_a  <&"])
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    assert draw_fit(fit, "contour").get_xlabel().startswith("coefficient of ")


def test_a_picture_goes_on_the_axes_given() -> None:
    axes = Figure().add_subplot()
    fit = steepest.fit(x, Y)
    assert draw_fit(fit, "line", axes) is axes
    assert fit.plot("line", axes) is axes
    line = axes.lines[-1]
    np.testing.assert_allclose(
        np.asarray(line.get_ydata()), fit.predict(np.asarray(line.get_xdata()))
    )


def test_the_noise_stands_beside_the_line() -> None:
    fit = steepest.fit("sample:noisy-line,sigma=0.5")
    density = draw_fit(fit, "noise")
    figure = density.figure
    assert isinstance(figure, Figure)
    beside = figure.axes[0]
    assert (beside.get_xlabel(), density.get_xlabel()) == ("x", "true − predicted y")
    line = beside.lines[-1]
    np.testing.assert_allclose(
        np.asarray(line.get_ydata()), fit.predict(np.asarray(line.get_xdata()))
    )
    axes = Figure().add_subplot()
    assert fit.plot("noise", axes) is axes
    assert len(draw_fit(FITS["three"](), "noise").figure.axes) == 1


def test_the_objective_is_drawn_as_recorded() -> None:
    fit = steepest.fit(x, Y, lr=0.1, epochs=10)
    axes = draw_fit(fit)
    expected = [fit.path.at(k).objective for k in range(11)]
    np.testing.assert_allclose(np.asarray(axes.lines[0].get_ydata()), expected)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "mean squared error")


def test_an_unknown_picture_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        draw_fit(steepest.fit(x, Y), "contur")
    assert str(caught.value) == (
        "there is no picture 'contur'; choose one of objective, contour, line, noise, predicted, "
        "residuals, intervals, coefficients, regularization, confusion, calibration, roc, curve, "
        "plane, surface, parameters, gradient. "
        "Did you mean 'contour'?"
    )


def test_files_and_reports_open_no_window(tmp_path: Path) -> None:
    program = (
        "import sys, steepest; from steepest.pictures.catalogue import draw_fit; "
        "fit = steepest.fit([1, 2, 3], [2, 4, 7]); draw_fit(fit); fit.report(sys.argv[1]); "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.html")])
    assert done.returncode == 0


@pytest.mark.parametrize(("value", "said"), [(1e6, "10⁶"), (2e-5, "2·10⁻⁵"), (50.0, "50")])
def test_numbers_on_axes(value: float, said: str) -> None:
    assert scientific(value) == said


def test_long_names_go_on_two_lines_along_an_axis() -> None:
    ax = axes_or_new(None)
    long = "coefficient of the_age_of_the_customer_in_years, per standard deviation"
    label(ax, long, long)
    first, second = long.split(", ")
    assert ax.get_xlabel() == f"{first},\n{second}"
    assert ax.get_ylabel() == f"{first[:43]}…,\n{second}"
    label(ax, "x, short", "y, short")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x, short", "y, short")
