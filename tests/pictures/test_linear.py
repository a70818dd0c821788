"""Pictures of a fit of any loss: what is drawn is what the view holds."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import steepest
from steepest.errors import InputError
from steepest.results.fit import Fit

CLASSES = ("objective", "coefficients", "contour", "calibration", "roc", "confusion")
NUMBERS = ("objective", "coefficients", "contour", "predicted", "residuals")
HOSTILE = ["$x_{1}$", "<script>", "line\nbreak", "a" * 90]


@pytest.fixture(scope="module")
def classes() -> Fit:
    random = np.random.default_rng(0)
    features = random.normal(size=(200, 4))
    score = features @ [1.0, -2.0, 0.0, 0.3] + random.logistic(size=200)
    labels = np.where(score > 0.0, "$yes$ & <b>", "no\n")
    table = steepest.read(features, names=HOSTILE)
    return steepest.fit(table, labels, loss="logistic", l1=0.05)


@pytest.fixture(scope="module")
def numbers() -> Fit:
    random = np.random.default_rng(1)
    features = random.normal(size=(200, 2))
    return steepest.fit(features, random.poisson(np.exp(features[:, 0])), loss="poisson")


@pytest.mark.parametrize("view", CLASSES)
def test_pictures_of_classes(view: str, classes: Fit) -> None:
    draw(classes.plot(view))


@pytest.mark.parametrize("view", NUMBERS)
def test_pictures_of_numbers(view: str, numbers: Fit) -> None:
    draw(numbers.plot(view))


def test_axes_that_are_given_are_used(classes: Fit) -> None:
    ax = Figure().add_subplot()
    assert classes.plot("roc", ax) is ax
    assert ax.lines[0].get_label() == f"area {classes.metrics.roc_auc:.4g}"


def test_the_fields_of_the_confusion_picture_hold_the_table(classes: Fit) -> None:
    ax = classes.plot("confusion")
    told = [text.get_text().split("\n")[0] for text in ax.texts]
    confusion = classes.metrics.confusion
    assert confusion is not None
    assert told == [f"{cell:.6g}" for row in confusion for cell in row]


def test_coefficients_that_are_zero_are_rings(classes: Fit) -> None:
    ax = classes.plot("coefficients")
    rings = [line for line in ax.lines if line.get_label() == "exactly 0"]
    assert classes.zeros > 0
    assert len(rings[0].get_xdata()) == classes.zeros
    assert len(ax.patches) == 4 - classes.zeros


def test_a_wrong_picture_is_told_with_the_nearest(classes: Fit) -> None:
    with pytest.raises(InputError, match=r"no picture 'calibrate'.*calibration"):
        classes.plot("calibrate")
    with pytest.raises(InputError, match="choose what a contour or surface is drawn over"):
        classes.plot("roc", parameters=("x1", "x2"))


def draw(axes: object) -> None:
    """Warnings of a drawing are errors here."""
    axes.figure.canvas.draw()  # type: ignore[attr-defined]  # Axes of any kind
