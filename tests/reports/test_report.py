"""The report is one file that asks for nothing, runs nothing and says what happened."""

import functools
import os
import re
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
PAGE = "html head meta title style body main h1 h2 p span div section dl dt dd ul li footer"
TABLES = "table thead tbody tr th td"
PICTURES = "figure figcaption svg g defs path text tspan use clippath rect"
ALLOWED = set(f"{PAGE} {TABLES} {PICTURES}".split())
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


def test_nothing_is_asked_for_and_nothing_runs(parsed: Any) -> None:
    page = hostile()
    reader = parsed(page)
    assert {tag for tag, _ in reader.elements} <= ALLOWED
    for _, attributes in reader.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        assert (attributes.get("href") or "#").startswith("#")
        assert "url(" not in (attributes.get("style") or "")
    assert "url(" not in page.replace("url(#", "") and "@import" not in page
    assert "://" not in page
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    wanted = {"http-equiv": "Content-Security-Policy", "content": policy}
    assert ("meta", wanted) in reader.elements
    assert [tag for tag, _ in reader.elements][:3] == ["html", "head", "meta"]


def test_names_are_shown_as_text_in_page_and_pictures(parsed: Any) -> None:
    texts = parsed(hostile()).texts
    assert texts.count("<script>alert(1)</script>") >= 3  # two tables and a picture
    assert any("$x$ </style></title> ]]> -->" in said for said in texts)
    assert not any(letter in said for said in texts for letter in "\x00\x1b\u202e")


def test_references_in_pictures_are_found_and_ids_differ(parsed: Any) -> None:
    elements = parsed(render_report(steepest.fit(X[:, 0], Y))).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert ids and len(ids) == len(set(ids))
    named = {(a.get("href") or "#")[1:] for t, a in elements if t == "use"}
    clips = [a["clip-path"] or "" for _, a in elements if "clip-path" in a]
    named |= {re.fullmatch(r"url\(#(.+)\)", clip)[1] for clip in clips}  # type: ignore[index]  # matches
    assert named == set(ids)


def test_colours_are_the_pages() -> None:
    _, page = plain()
    body = page[page.index("<body") :]
    assert re.findall(r"#[0-9a-f]{6}", body) == []
    assert {"var(--ink)", "var(--blue)", "var(--orange)"} <= set(re.findall(r"var\(--\w+\)", body))


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


def test_the_contour_is_drawn_over_the_parameters_asked_for(tmp_path: Path) -> None:
    generator = np.random.default_rng(2)
    features = generator.standard_normal((60, 3))
    found = steepest.fit(features, features @ [1.0, 2.0, 3.0] + generator.standard_normal(60))
    found.report(tmp_path / "r.html", parameters=("x3", "intercept"))
    assert "coefficient of x3" in (tmp_path / "r.html").read_text()
    axes = found.plot("contour", parameters=("x2", "intercept"))
    labels = axes.get_xlabel() + axes.get_ylabel()
    assert "x2" in labels and "intercept" in labels
    with pytest.raises(steepest.InputError, match="choose what a contour"):
        found.plot("line", parameters=("x2", "x1"))
