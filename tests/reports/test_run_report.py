"""The reports of runs and studies ask for nothing, run nothing, and say what happened."""

import functools
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch

import steepest
from steepest.descent.optimizers import Adam, Optimizer
from steepest.descent.schedules import Constant
from steepest.descent.stepwise import RunSettings
from steepest.descent.stopping import Epochs
from steepest.diagnosis.verdict import Kind
from steepest.errors import InputError, OutputError
from steepest.formula.critical_points.stationary import StationaryPoint, StationaryPoints
from steepest.formula.formula import Formula
from steepest.formula.parse import parse
from steepest.formula.symbolic import Symbolic
from steepest.path.descend import descend_together
from steepest.path.path import DescentPath
from steepest.problems.function import FunctionProblem
from steepest.problems.parameter_layout import Layout
from steepest.reports.calculus import Calculus
from steepest.reports.code import run_code, study_code
from steepest.reports.epochs_to_target import EpochsToTarget
from steepest.reports.run_report import render_run_report, walk_of, write_run_report
from steepest.reports.study_report import render_study_report
from steepest.results.run import Run
from steepest.results.study import Study
from steepest.translation import speaking
from steepest.wording.fact import fact
from steepest.wording.reports import MEANINGS

EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "$x$ </style></title> ]]> -->",
)


def bowl(v: torch.Tensor) -> torch.Tensor:
    """Five variables, least at 1."""
    return (torch.tensor([1.0, 2.0, 5.0, 20.0, 100.0], dtype=torch.float64) * (v - 1) ** 2).sum()


def evil() -> DescentPath:
    """A function, its arguments and its optimizer, all of them with names that are HTML."""

    def values(columns: Sequence[torch.Tensor]) -> torch.Tensor:
        return sum((column**2 for column in columns), start=torch.tensor(0.0))

    layout = Layout({EVIL[0]: (), EVIL[1]: (), EVIL[2]: ()})
    problem = FunctionProblem(layout.names, layout, EVIL[0], None, values)
    optimizer = type(EVIL[1], (_Plain,), {})()
    run = RunSettings(optimizer, Constant(0.1), np.array([1.0, 2.0, 3.0]))
    return descend_together(problem, [run], [Epochs(5)])[0]


class _Plain(Optimizer):
    remembers = ()

    def init(self, parameters: Any) -> Any:
        return (0,)

    def step(self, parameters: Any, gradient: Any, state: Any, lr: Any) -> Any:
        return parameters - lr * gradient, state

    def named_state(self, state: Any) -> Any:
        return {}


@pytest.fixture(scope="module")
def parabola() -> Run:
    return steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1, epochs=30)


@pytest.fixture(scope="module")
def study() -> Study:
    rates = [0.1, 0.01, 0.3, 0.7, 1, 1.1, 0.5]
    return steepest.study("x**2 - 4*x + 5", start=7, lr=rates, epochs=100)


@pytest.fixture(scope="module")
def pages(parabola: Run, study: Study) -> dict[str, str]:
    """Reports of each kind, drawn once."""
    valley = steepest.minimize("rosenbrock", optimizer="adam", lr=0.05, epochs=200)
    five = steepest.minimize(bowl, start=[[3.0, 2.0, 1.5, -1.0, 0.5]], lr=0.004, epochs=50)
    starts = [(-1.0, 2.0), (1.5, 1.5)]
    two = steepest.study("(x - 1)^2 + 3y^2", starts=starts, lr=[0.1, 0.4], epochs=20)
    return {
        "one": render_run_report(parabola),
        "two": render_run_report(valley),
        "five": render_run_report(five),
        "evil": render_run_report(evil()),
        "study of one": render_study_report(study),
        "study of two": render_study_report(two),
        "evil study": render_study_report(
            Study((Run.of(evil()), Run.of(evil())), (EVIL[0], EVIL[1]))
        ),
    }


KINDS = ("one", "two", "five", "evil", "study of one", "study of two", "evil study")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_asked_for_and_only_the_module_runs(
    pages: dict[str, str], kind: str, parsed: Any
) -> None:
    parsed(pages[kind]).asks_for_nothing()


@pytest.mark.parametrize("kind", KINDS)
def test_every_place_has_its_picture_and_words(
    pages: dict[str, str], kind: str, parsed: Any
) -> None:
    parsed(pages[kind]).has_its_pictures()


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_is_small(pages: dict[str, str], kind: str) -> None:
    assert len(pages[kind].encode()) < 1_000_000


def test_names_are_shown_as_text(pages: dict[str, str], parsed: Any) -> None:
    for kind in ("evil", "evil study"):
        reader = parsed(pages[kind])
        assert [tag for tag, _ in reader.elements].count("script") == 2
        assert EVIL[0] in reader.text and EVIL[1] in reader.text
    assert EVIL[2] in parsed(pages["evil"]).text


def test_what_is_said_of_a_run(pages: dict[str, str], parabola: Run, parsed: Any) -> None:
    reader = parsed(pages["one"])
    said = reader.text
    assert "From x = 7 to x = 2.00619, by SGD at learning rate 0.1." in said
    assert parabola.verdict.reason in said and parabola.verdict.advice in said
    for sentence in parabola.forecast.sentences():
        assert sentence in said
    # f′(x) = 2x − 4, and its zero.
    assert "f ′ ( x ) = 2 \u2062 x − 4" in said
    assert reader.after("kind", 3) == ["2", "1", "minimum"]
    assert "The run ended 0.00619 from the minimum at x = 2." in said
    # The lesson's steps: 7, 6, 5.2, 4.56.
    steps = [reader.texts.index("∂/∂x") + 1 + 5 * k for k in range(4)]
    assert [reader.texts[place + 1] for place in steps] == ["7", "6", "5.2", "4.56"]
    assert "The learning rate is 0.1 at every step." in said


@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        ("one", ["The path on the curve"]),
        ("two", ["The path on contours", "The path on the surface", "Parameters"]),
        (
            "five",
            [
                "The plane of the path's main directions",
                "The surface over that plane",
                "A slice over two parameters",
            ],
        ),
    ],
)
def test_every_picture_is_there(
    pages: dict[str, str], kind: str, headings: list[str], parsed: Any
) -> None:
    texts = parsed(pages[kind]).texts
    by_epoch = [
        "Objective by epoch",
        "Objective by epoch, logarithmic",
        "Parameters by epoch",
        "The gradient's norm by epoch",
    ]
    for heading in [*headings, *by_epoch, "Steps", "Settings", "The same in Python"]:
        assert heading in texts
    assert pages[kind].count("data-draw=") == len(headings) - (kind == "two") + 4
    assert ("Calculus" in texts) == (kind != "five")


def test_what_is_said_of_a_study(pages: dict[str, str], study: Study, parsed: Any) -> None:
    reader = parsed(pages["study of one"])
    for label, path in study.items():
        assert reader.texts.count(label) >= 3
        assert path.verdict.reason in reader.text
    assert "2 used up all epochs, 3 converged, 1 went into a cycle and 1 diverged." in reader.texts
    # The lesson's table, x and f(x) beside each other; a row of seven runs for each epoch.
    first = reader.texts.index("A cell is empty after its run has ended.")
    heading = max(i for i, text in enumerate(reader.texts[:first]) if text == "objective")
    row = [text.replace("−", "-") for text in reader.texts[heading + 1 + 2 * 15 :][:15]]
    x = np.array([7.0] * 7)
    for _ in range(2):
        x = x - np.array([0.1, 0.01, 0.3, 0.7, 1, 1.1, 0.5]) * (2 * x - 4)
    assert [float(cell) for cell in row[1::2]] == pytest.approx(x, rel=1e-5)
    assert [float(cell) for cell in row[2::2]] == pytest.approx(x**2 - 4 * x + 5, rel=1e-5)


def test_who_comes_first() -> None:
    # x − 2 shrinks by 0.8, ±0.4 and −1 a step: f − 1 is a thousandth after log(1000)/−2log(0.8) …
    equal = steepest.study("x**2 - 4*x + 5", start=7, lr=[0.1, 0.3, 0.7, 1], epochs=50)
    target = EpochsToTarget.of(equal)
    assert target.epochs == (16, 4, 4, None) and target.fastest == (1, 2)
    assert target.least == 1.0
    # Of a long run the steps between the recorded ones count too: ln(1000)/(−2 ln 0.998) = 1725.2.
    slow = steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.001, epochs=5_000)
    assert EpochsToTarget.of(Study((slow,), ("slow",))).epochs == (1726,)
    none = steepest.study("x**2 - 4*x + 5", start=7, lr=[1, 0.001], epochs=5)
    assert EpochsToTarget.of(none).fastest == (1,)


def test_every_verdict_has_a_word_for_what_a_run_did() -> None:
    assert set(MEANINGS) == set(get_args(Kind))


def test_the_fastest_run_is_marked(pages: dict[str, str]) -> None:
    start = r'<tr class="chosen"><th scope="row"><span class="sample run-6"></span>(.*?)</th>'
    marked = re.findall(start, pages["study of one"])
    assert marked == ["lr 0.5"]


@pytest.mark.parametrize(
    ("make", "sentences"),
    [
        pytest.param(
            lambda: steepest.minimize("x**2 - 4*x + 5", start=7, lr=1.1, epochs=3000),
            ["Diverged at epoch", "Any rate below 1 settles", "too large to be drawn"],
            id="diverged",
        ),
        pytest.param(
            lambda: steepest.minimize("log(x) + x^2/10", start=3, lr=3, epochs=50),
            ["Left domain at epoch 2.", "log of -14.92", "There is no stationary point."],
            id="left domain",
        ),
        pytest.param(
            lambda: steepest.minimize("x^2", start=0, lr=0.1, epochs=0),
            ["at epoch 0.", "From x = 0 to x = 0"],
            id="no epochs",
        ),
        pytest.param(
            lambda: steepest.minimize(
                "(x - 2)^2 + y^2", start=(0, 0.5), lr=0.1, bounds={"x": (0, 1)}
            ),
            ["At bounds at epoch", "x from 0 to 1", 'bounds={"x": (0, 1)}'],
            id="bounds",
        ),
        pytest.param(
            lambda: steepest.minimize("abs(x) + x^4 - 3x^2", start=2, lr=0.01, epochs=9),
            ["Where x = 0 there may be a kink"],
            id="kink",
        ),
        pytest.param(
            lambda: steepest.minimize(
                "+".join(f"(x{i} - {i:.9f})^2" for i in range(61)), start=[0.0] * 61, epochs=3
            ),
            [
                "too long for derivatives in print",
                "21 more parameters are left out.",
                "# start: step 0, 61 numbers",
            ],
            id="long",
        ),
    ],
)
def test_what_went_wrong_is_said(make: Any, sentences: list[str], parsed: Any) -> None:
    said = parsed(render_run_report(make())).text
    for sentence in sentences:
        assert sentence in said


def test_a_function_that_is_not_in_the_file(tmp_path: Path, parsed: Any) -> None:
    path = steepest.minimize(bowl, start=[[3.0, 2.0, 1.5, -1.0, 0.5]], lr=0.004, epochs=1500)
    path.save(tmp_path / "a.steepest")
    loaded = steepest.load(tmp_path / "a.steepest")
    assert isinstance(loaded, DescentPath)
    reader = parsed(render_run_report(loaded))
    assert "A file holds no Python functions, so bowl cannot be computed" in reader.text
    assert "Objective by epoch" in reader.texts and "1500" in reader.texts


def test_the_slice_is_over_the_parameters_asked_for(tmp_path: Path, parsed: Any) -> None:
    path = steepest.minimize("a^2 + 2b^2 + 3c^2", start=[1, 2, 3], lr=0.1, epochs=9)
    path.report(tmp_path / "a.html", parameters=("a", "b"))
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    contour = parsed(page).charts["contour"]
    assert (contour["x"]["label"], contour["y"]["label"]) == ("a", "b")
    with pytest.raises(InputError, match="two different parameters"):
        path.report(tmp_path / "b.html", parameters=("a", "a"))
    with pytest.raises(InputError, match="no parameter 'z'"):
        path.report(tmp_path / "b.html", parameters=("a", "z"))
    assert os.listdir(tmp_path) == ["a.html"]


def test_files(tmp_path: Path, parabola: Run) -> None:
    Study((Run.of(evil()),), ("a",)).report(tmp_path / "a.html")
    assert os.listdir(tmp_path) == ["a.html"]
    with pytest.raises(OutputError, match=r"^cannot write .*: there is no folder"):
        parabola.report(tmp_path / "no" / "a.html")
    with pytest.raises(InputError, match=r"use fit\.report\(file\)\.$"):
        write_run_report(steepest.fit([1, 2, 3], [2, 4, 6.3]).path, tmp_path / "b.html")


NADAM = functools.partial(torch.optim.NAdam, momentum_decay=0.01)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param({"lr": 0.1}, "    lr=0.1,\n", id="rate"),
        pytest.param(
            {"lr": 0.01, "momentum": 0.9, "nesterov": True}, "nesterov=True", id="momentum"
        ),
        pytest.param({"lr": 0.05, "optimizer": "adam"}, 'optimizer="adam"', id="adam"),
        pytest.param(
            {"lr": 0.05, "optimizer": Adam(betas=(0.8, 0.99))},
            "optimizer=steepest.optimizers.Adam(betas=(0.8, 0.99))",
            id="options",
        ),
        pytest.param({"lr": "step:0.1,step_size=3"}, '"step:0.1,step_size=3', id="schedule"),
        pytest.param({"lr": 0.1, "bounds": {"x": (None, 6.5)}}, "(None, 6.5)", id="bounds"),
        pytest.param(
            {"lr": 0.05, "optimizer": torch.optim.Adamax}, "torch.optim.Adamax", id="torch"
        ),
        pytest.param(
            {"lr": 0.05, "optimizer": NADAM},
            "functools.partial(torch.optim.NAdam, momentum_decay=0.01)",
            id="partial",
        ),
    ],
)
def test_the_code_makes_the_run_again(arguments: dict[str, Any], told: str) -> None:
    start = {"x": 6.1, "y": 1e-3}
    path = steepest.minimize("x**2 - 4*x + 5 + x*y^2", start, epochs=7, **arguments)
    code = run_code(*walk_of(path))
    assert told in code
    made: dict[str, Any] = {}
    exec(code, made)
    assert np.array_equal(made["run"].last.parameters, path.last.parameters)
    assert made["run"].epochs == 7


def test_the_code_of_a_function() -> None:
    path = steepest.minimize(bowl, start=[[3.0, 2.0, 1.5, -1.0, 0.5]], lr=0.004, epochs=5)
    made: dict[str, Any] = {"bowl": bowl}
    exec(run_code(*walk_of(path)), made)
    assert np.array_equal(made["run"].last.parameters, path.last.parameters)


def test_the_code_of_a_study(study: Study) -> None:
    walks = [walk_of(path) for path in study]
    code = study_code(walks[0].problem, [walk.trajectory for walk in walks])
    made: dict[str, Any] = {}
    exec(code, made)
    assert made["study"].labels == study.labels
    for again, path in zip(made["study"], study, strict=True):
        assert np.array_equal(again.last.parameters, path.last.parameters)


def test_runs_that_are_no_combinations_have_no_code() -> None:
    walks = [
        walk_of(steepest.minimize("x^2", start=start, lr=lr, epochs=2))
        for start, lr in ((1, 0.1), (2, 0.2))
    ]
    assert study_code(walks[0].problem, [walk.trajectory for walk in walks]) == ""


class Found:
    """What a search for stationary points came to."""

    def __init__(self, *found: Any) -> None:
        self.found = StationaryPoints(*found)

    def result(self) -> StationaryPoints:
        return self.found


def point(x: float, kind: str, exact: str = "") -> StationaryPoint:
    """A stationary point of one variable."""
    return StationaryPoint({"x": x}, {"x": exact} if exact else {}, 1.5, "3/2", kind)


@pytest.mark.parametrize(
    ("found", "sentences"),
    [
        pytest.param(((), True, (), ()), ["There is no stationary point."], id="none"),
        pytest.param(
            ((), False, (fact("text", text="there is no closed form"),), ()),
            ["No stationary point is known (there is no closed form)."],
            id="none known",
        ),
        pytest.param(
            ((), False, (fact("search timed out", seconds=5),), (), False),
            [
                "The search for stationary points was not finished "
                "(the time limit of 5 s was reached)."
            ],
            id="not finished",
        ),
        pytest.param(
            ((point(2.0, "minimum"),), False, (fact("search timed out", seconds=5),), (), False),
            ["One point is known; the search was not finished, there may be others (the time"],
            id="one before the time was up",
        ),
        pytest.param(
            ((point(-0.5, "maximum", "-1/2"), point(2**0.5, "minimum", "sqrt(2)")), True, (), ()),
            [
                "The gradient is 0 at 2 points.",
                "−1/2 = −0.5",
                "sqrt(2) = 1.41421",
                "3/2 = 1.5",
                "maximum",
            ],
            id="two",
        ),
        pytest.param(
            (
                tuple(point(k, "saddle") for k in range(30)),
                False,
                (fact("text", text="infinitely many"),),
                ("x = 0",),
            ),
            [
                "30 are known; there may be others (infinitely many), of which 20 are listed.",
                "Where x = 0 there may be a kink",
            ],
            id="many",
        ),
    ],
)
def test_stationary_points_in_words(found: Any, sentences: list[str], parsed: Any) -> None:
    formula: Formula = parse("sin(x)")
    page = Calculus(formula, Symbolic.of(formula), Found(*found)).section()  # type: ignore[arg-type]  # has its result
    said = parsed(page).text
    for sentence in sentences:
        assert sentence in said


def test_letters_of_formulas(parsed: Any) -> None:
    formula = parse("theta^2 + x1*rate/(1 + exp(x_2))")
    page = Calculus(formula, Symbolic.of(formula), None).section()
    texts = parsed(page).texts
    assert "θ" in texts and "rate" in texts
    assert page.count("<msub><mi>x</mi><mn>1</mn></msub>") >= 3
    assert "<mo>-</mo>" not in page


def test_another_language_comes_with_the_sentences_of_the_script(tmp_path: Path) -> None:
    run = steepest.minimize("x^2", start=1, lr=0.1, epochs=3)
    with speaking("zh"):
        run.report(tmp_path / "zh.html")
    run.report(tmp_path / "en.html")
    chinese, english = ((tmp_path / f"{name}.html").read_text("utf-8") for name in ("zh", "en"))
    (sentences,) = re.findall(r'id="steepest-words">(.*?)</script>', chinese)
    assert json.loads(sentences)["zh"]["step"] == "步"
    assert '<html lang="zh">' in chinese and '<html lang="en">' in english
    assert '"steepest-words">' not in english
