"""The report is one file that asks for nothing and says what happened."""

import functools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steepest
from steepest.errors import OutputError
from steepest.reports.fit_report import render_report, write_report
from steepest.reports.html import row, table, tag, text
from steepest.results.fit import Fit

RNG = np.random.default_rng(6)
X = RNG.normal(size=(40, 3))
Y = X @ [1.0, 2.0, 3.0] + RNG.normal(size=40)
EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "$x$ </style></title> ]]> --> \x00\x1b[31m\u202e &amp;",
]


@functools.cache
def plain() -> tuple[Fit, str]:
    """A fit with its report, drawn once."""
    fit = steepest.fit(X, Y)
    return fit, render_report(fit)


@functools.cache
def hostile() -> str:
    """The report of a table whose names would break a page."""
    return render_report(steepest.fit(steepest.read(X, names=EVIL), Y))


def test_nothing_is_asked_for_and_only_the_module_runs(parsed: Any) -> None:
    reader = parsed(hostile())
    reader.asks_for_nothing()
    reader.has_its_pictures()
    assert [tag for tag, _ in reader.elements][:3] == ["html", "head", "meta"]


def test_names_are_shown_as_text_in_page_and_pictures(parsed: Any) -> None:
    reader = parsed(hostile())
    texts, names = reader.texts, reader.charts["intervals"]["y"]["names"]
    assert texts.count("<script>alert(1)</script>") >= 2  # tables
    assert "<script>alert(1)</script>" in names
    assert any("$x$ </style></title> ]]> -->" in said for said in texts)
    assert not any(letter in said for said in [*texts, *names] for letter in "\x00\x1b\u202e")


def test_what_is_said(parsed: Any) -> None:
    fit = steepest.fit(steepest.read(X, names=["a", "b", "c"]), Y, folds=4)
    texts = "\n".join(parsed(render_report(fit)).texts)
    assert "y explained by a, b, c" in texts
    assert fit.verdict.reason in texts
    for sentence in fit.forecast.sentences():
        assert sentence in texts
    assert "40 rows were used, each held out once in 4 folds." in texts
    for name, value in fit.coefficients.items():
        assert name in texts and f"{value:.6g}".replace("-", "−") in texts
    for heading in (
        "What happened",
        "What curvature forecast",
        "Rows",
        "Coefficients",
        "Objective by epoch",
        "The path",
        "Predicted and true",
        "Residuals",
        "Coefficients on one scale",
        "Steps",
        "Settings",
    ):
        assert heading in texts
    assert "The fitted line" not in texts
    assert texts.index(fit.verdict.reason) < texts.index("Coefficients")


def test_intervals_are_in_the_table(parsed: Any) -> None:
    fit, page = plain()
    assert fit.inference is not None
    texts = parsed(page).texts
    one = fit.inference["x2"]
    place = texts.index("x2")
    shown = [said.replace("−", "-") for said in texts[place : place + 7]]
    assert shown[:3] == ["x2", f"{fit.coefficients['x2']:.6g}", f"{one.standard_error:.4g}"]
    assert shown[5:] == [f"{one.low:.6g}", f"{one.high:.6g}"]


@pytest.mark.parametrize(
    ("fit", "sentence"),
    [
        pytest.param(
            lambda: steepest.fit(steepest.Moments.of(X, Y)),
            "No rows were kept to draw: the fit was made from sums over the rows alone.",
            id="moments",
        ),
        pytest.param(
            lambda: steepest.fit(X, Y, standardize=False, lr=10.0),
            "The predictions are too large to be drawn beside the rows.",
            id="diverged",
        ),
        pytest.param(
            lambda: steepest.fit(X, Y, ridge=1.0),
            "There are no intervals: their theory does not hold with a ridge penalty.",
            id="ridge",
        ),
        pytest.param(
            lambda: steepest.fit(X[:, 0], Y, standardize=False, lr=0.5, epochs=10**21),
            "Converged at epoch 1e+21.",
            id="1e21 epochs",
        ),
        pytest.param(
            lambda: steepest.fit(np.column_stack([X, np.ones(40)]), Y), "left out", id="constant"
        ),
        pytest.param(
            lambda: steepest.fit(X, Y, optimizer="adam", lr=0.1, epochs=30, validation=0.25),
            "learning rate",
            id="adam",
        ),
        pytest.param(
            lambda: steepest.fit(steepest.read(X, names=["房价", "面积 ²", "Größe"]), Y),
            "房价",
            id="scripts",
        ),
        pytest.param(lambda: steepest.fit(X, Y, start={"x1": 2.0}), "x1=2", id="start"),
    ],
)
def test_what_is_left_out_is_said(fit: "type[Fit]", sentence: str, parsed: Any) -> None:
    assert any(sentence in said for said in parsed(render_report(fit())).texts)  # type: ignore[call-arg]  # a function


def test_the_chosen_step_is_marked() -> None:
    page = render_report(steepest.fit(X, Y, lr=0.05, folds=4))
    assert page.count('<tr class="chosen">') == 1


def test_the_same_fit_gives_the_same_bytes(tmp_path: Path) -> None:
    fit = steepest.fit(X, Y)
    write_report(fit, tmp_path / "a.html")
    fit.report(tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.html", "b.html"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"^cannot write .*: there is no folder"):
        write_report(steepest.fit(X, Y), tmp_path / "no" / "a.html")


def test_html_is_escaped_once() -> None:
    assert tag("td", "a<b", tag("i", "&")) == "<td>a&lt;b<i>&amp;</i></td>"
    assert tag("p", class_='"x"') == '<p class="&quot;x&quot;"></p>'
    assert text("a\x00b\u202ec\td") == "a b c\td"
    made = table(["<"], [row("1", [">"])])
    assert made == (
        '<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">&lt;</th></tr></thead>'
        '<tbody><tr><th scope="row">1</th><td>&gt;</td></tr></tbody></table></div>'
    )


def test_the_contour_is_drawn_over_the_parameters_asked_for(tmp_path: Path, parsed: Any) -> None:
    generator = np.random.default_rng(2)
    features = generator.standard_normal((60, 3))
    found = steepest.fit(features, features @ [1.0, 2.0, 3.0] + generator.standard_normal(60))
    found.report(tmp_path / "r.html", parameters=("x3", "intercept"))
    contour = parsed((tmp_path / "r.html").read_text()).charts["contour"]
    assert "coefficient of x3" in contour["x"]["label"]
    assert "intercept" in contour["y"]["label"]
    with pytest.raises(steepest.InputError, match="nobody"):
        found.report(tmp_path / "r.html", parameters=("x3", "nobody"))
    axes = found.plot("contour", parameters=("x2", "intercept"))
    labels = axes.get_xlabel() + axes.get_ylabel()
    assert "x2" in labels and "intercept" in labels
    with pytest.raises(steepest.InputError, match="choose what a contour"):
        found.plot("line", parameters=("x2", "x1"))
