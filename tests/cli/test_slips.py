"""What people type by mistake, and what they are told."""

from collections.abc import Callable
from typing import Any

import pytest

from steepest.cli.main import main


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["steepest", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        assert left.value.code == 2
        return capsys.readouterr().err

    return run


def test_a_formula_without_quotes(told: Callable[..., Any]) -> None:
    said = told("minimize", "x^2", "-", "4*x", "+", "5", "--start", "7")
    assert said.startswith("steepest: Got unexpected extra arguments (- 4*x + 5). A formula is one")
    assert 'quotes, as in "x^2 - 4x + 5"' in said


def test_values_between_spaces(told: Callable[..., Any]) -> None:
    said = told("graph", "a*b", "--at", "a=5", "b=3")
    assert "commas, not spaces, go between values, as in x=1,y=2" in said


@pytest.mark.parametrize(
    ("command", "other", "ours"),
    [
        ("minimize", "--learning-rate", "--lr"),
        ("minimize", "--iterations", "--epochs"),
        ("minimize", "--alpha", "--lr"),
        ("minimize", "--x0", "--start"),
        ("search", "--rate", "--lr"),
        ("fit", "--learning-rate", "--lr"),
        ("fit", "--alpha", "--ridge or --l1"),
        ("fit", "--max-iter", "--epochs"),
        ("fit", "--sep", "--delimiter"),
        ("fit", "--fit-intercept", "--intercept"),
        ("fit", "--random-state", "--seed"),
        ("fit", "--out", "--save"),
        ("compare", "--n-epochs", "--epochs"),
        ("compare", "--solver", "--optimizer"),
        ("predict", "--sep", "--delimiter"),
        ("predict", "--save", "--out"),
        ("graph", "--output", "--save"),
    ],
)
def test_options_as_others_call_them(
    told: Callable[..., Any], command: str, other: str, ours: str
) -> None:
    arguments = ["source", "x^2"] if command == "predict" else ["x^2"]
    said = told(command, *arguments, other, "1")
    assert said == f"steepest: No such option '{other}'; here it is {ours}.\n"


def test_an_option_that_is_not_there_under_any_name(told: Callable[..., Any]) -> None:
    assert told("graph", "x^2", "--learning-rate", "1").startswith(
        "steepest: No such option '--learning-rate'."
    )
    said = told("compare", "x^2", "--dependent", "error")  # which is an argument of a fit
    assert said == "steepest: No such option '--dependent'.\n"


@pytest.mark.parametrize("typed", ["0,1", "0.1,0.3"])
def test_a_comma_in_a_rate(told: Callable[..., Any], typed: str) -> None:
    assert told("minimize", "x^2", "--start", "7", "--lr", typed) == (
        f"steepest: --lr is '{typed}'; give one rate, with a point in it (0.1), and for several "
        "--lr again (--lr 0.1 --lr 0.3)\n"
    )


def test_a_schedule_without_its_rate(told: Callable[..., Any]) -> None:
    assert told("minimize", "x^2", "--start", "7", "--lr", "backtracking") == (
        "steepest: learning rate 'backtracking': backtracking needs the rate it begins with, as "
        "in backtracking:1,shrink=0.5.\n"
    )


def test_a_known_function_mistyped(told: Callable[..., Any]) -> None:
    said = "steepest: no known function is named 'rosenbrok'. Did you mean 'rosenbrock'?\n"
    assert told("minimize", "rosenbrok", "--start", "1") == said
    assert told("minimize", "rosenbrok") == said


def test_two_axes_in_one(told: Callable[..., Any]) -> None:
    assert told("search", "x^2 + y^2", "--over", "x=-2:2:0.5,y=-1:1:1") == (
        "steepest: 'x=-2:2:0.5,y=-1:1:1' names several parameters: give each its own "
        "name=lower:upper:step.\n"
    )


def test_a_minus_sign_from_a_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (
        ["minimize", "x^2 − 4x", "--start", "−3", "--bounds", "x=−5:5", "--lr", "0.1"],
        ["search", "x^2", "--over", "x=−2:2:0.5"],
        ["graph", "x^2", "--at", "x=−2"],
    ):
        monkeypatch.setattr("sys.argv", ["steepest", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        assert left.value.code == 0
    said = capsys.readouterr().out
    assert "from x = -3, by SGD" in said
    assert "x from -2 to 2 (9 values)" in said
    assert "dJ/dx = -4" in said
