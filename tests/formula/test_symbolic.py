"""Derivatives against torch, stationary points against closed forms and SciPy."""

import io
import json
import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
import torch

from steepest.errors import InputError
from steepest.formula.critical_points.newton_search import search
from steepest.formula.critical_points.solver_process import report
from steepest.formula.critical_points.stationary import Search, StationaryPoints
from steepest.formula.formula import Formula
from steepest.formula.functions import FUNCTIONS
from steepest.formula.parse import parse
from steepest.formula.symbolic import Symbolic
from steepest.formula.to_sympy import marked, symbols
from steepest.formula.tree import Apply, Node, Number, Variable, variables

HIMMELBLAU = "(x^2 + y - 11)^2 + (x + y^2 - 7)^2"
# Of a busy machine; what is tested here ends long before.
AMPLE = 300.0


def stationary(text: str) -> StationaryPoints:
    return Search.begin(parse(text), AMPLE).result()


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the process would print is worked out in this one, which has imported SymPy."""

    def run(task: str, seconds: float) -> tuple[bytes, None]:
        with redirect_stdout(io.StringIO()) as printed:
            report(json.loads(task)["text"])
        return printed.getvalue().encode(), None

    monkeypatch.setattr("steepest.formula.critical_points.stationary._run", run)


IN_THIS_PROCESS = pytest.mark.usefixtures("in_this_process")


def kinds(found: StationaryPoints) -> list[tuple[tuple[float, ...], str]]:
    return [(tuple(point.coordinates.values()), point.kind) for point in found.points]


# The expression


def test_numbers_are_exact_and_symbols_real() -> None:
    expression = Symbolic.of(parse("0.1x + 1e-3")).expression
    x = sympy.Symbol("x", real=True)
    assert expression == sympy.Rational(1, 10) * x + sympy.Rational(1, 1000)


def test_the_tree_is_walked_and_no_text_evaluated() -> None:
    name = "__import__('os')"
    tree = Apply("sub", (Apply("pow", (Variable(name), Number("2"))), Number("3")))
    built = marked(tree)
    assert built == sympy.Symbol(name, real=True) ** 2 - 3
    assert variables(tree) == (name,)


@pytest.mark.parametrize("name", ["E", "I", "S", "N", "Q", "beta", "lambda1"])
def test_a_name_that_means_something_to_sympy_is_a_variable(name: str) -> None:
    assert str(Symbolic.of(parse(f"{name}^2")).derivative(name)) == f"2*{name}"


EVERY_FUNCTION = {
    **{name: f"{name}(x*y)" for name, one in FUNCTIONS.items() if not one.is_operator},
    **{name: f"{name}(0.4x*y)" for name in ("asin", "acos")},
    **{name: f"{name}(x, y, x*y)" for name in ("min", "max", "norm")},
    "relu of a negative": "relu(-x)*y + relu(x - y)",
    "abs of a logarithm": "abs(log(x)) + y",
    "operators": "-x^3/(y - 4) + 2^x*y - x^y",
    "rosenbrock": "(1 - x)^2 + 100(y - x^2)^2",
    "himmelblau": HIMMELBLAU,
    "nested": "exp(sin(x*tanh(y)) - log(1 + x^2)) + sqrt(x^2 + y^2 + pi)/e",
}


@pytest.mark.parametrize("text", EVERY_FUNCTION.values(), ids=EVERY_FUNCTION)
def test_value_gradient_and_hessian_agree_with_torch(text: str) -> None:
    formula = parse(text)
    symbolic, function = Symbolic.of(formula), formula.to_torch()
    by = list(symbols(formula.names).values())
    gradient = list(symbolic.gradient.values())
    for point in np.random.default_rng(3).uniform(0.3, 1.4, (5, len(by))):
        at = torch.tensor(point, dtype=torch.float64)
        here = dict(zip(by, map(float, point), strict=True))
        assert numbers([symbolic.expression], here) == pytest.approx([float(function(at))])
        slope = torch.autograd.functional.jacobian(function, at)
        assert numbers(gradient, here) == pytest.approx(slope.tolist(), rel=1e-12, abs=1e-12)
        curve = torch.autograd.functional.hessian(function, at)
        for slope, expected in zip(gradient, curve.tolist(), strict=True):
            row = [slope.diff(symbol) for symbol in by]
            assert numbers(row, here) == pytest.approx(expected, rel=1e-11, abs=1e-11)


def numbers(expressions: Sequence[Any], here: dict[str, Any]) -> list[float]:
    return [float(expression.subs(here)) for expression in expressions]


@pytest.mark.parametrize("text", ["abs(x)", "relu(x)"])
def test_at_a_kink_the_derivative_is_that_of_torch(text: str) -> None:
    formula = parse(text)
    at = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    formula.to_torch()(at).backward()
    slope = Symbolic.of(formula).derivative("x").subs(symbols(["x"])["x"], 0)
    assert at.grad is not None
    assert float(slope) == float(at.grad) == 0.0


def test_an_unknown_variable_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        Symbolic.of(parse("price^2 + y")).derivative("prise")
    message = "price^2 + y has no variable 'prise'; it has price, y. Did you mean 'price'?"
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x + 1/0", "Column 6: the result of div is no finite real number."),
        ("x + log(-1)", "Column 5: the result of log is no finite real number."),
        ("x*exp(exp(exp(100)))", "Column 7: the result of exp is no finite real number."),
        ("(((2x)^1000)^1000)^1000", "Column 13: this power is too large to be worked out exactly."),
    ],
)
def test_what_has_no_value_or_would_fill_the_memory_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Symbolic.of(parse(text))
    assert str(caught.value) == message


def test_numbers_of_absurd_size() -> None:
    with pytest.raises(InputError, match="1e999999999 is beyond the numbers of a computer"):
        marked(Number("1e999999999"))
    assert marked(Number("1e-999999999")) == 0


def test_a_tree_beyond_the_limit_is_refused() -> None:
    tree: Node = Variable("x")
    for _ in range(1000):
        tree = Apply("add", (tree, Variable("x")))
    with pytest.raises(InputError, match="The formula has 2001 parts; symbolic work goes up to"):
        Symbolic.of(Formula("x + ...", tree))


def test_deep_nesting_is_refused_or_done_but_never_a_recursion_error() -> None:
    tree: Node = Variable("x")
    for _ in range(1500):
        tree = Apply("sin", (tree,))
    with pytest.raises(InputError, match="nested too deeply"):
        Symbolic.of(Formula("sin(sin(...", tree)).derivative("x")


# MathML


@pytest.mark.parametrize("text", [*EVERY_FUNCTION.values(), "rebar*theta2 + x_1/größe"])
def test_mathml_is_well_formed_ascii(text: str) -> None:
    written = Symbolic.of(parse(text)).mathml()
    assert written.isascii()
    root = ET.fromstring(written)
    assert root.tag == "{http://www.w3.org/1998/Math/MathML}math"
    words = {leaf.text for leaf in root.iter() if leaf.tag.endswith("}mi")}
    stems = {"theta2": "θ", "x_1": "x", "theta_2": "θ"}
    assert {stems.get(name, name) for name in parse(text).names} <= words


def test_mathml_writes_cases_as_a_table() -> None:
    space = "{http://www.w3.org/1998/Math/MathML}"
    root = ET.fromstring(Symbolic.of(parse("relu(x) - 1")).mathml())
    rows = [["".join(cell.itertext()) for cell in row] for row in root.iter(f"{space}mtr")]
    assert rows == [["x", "x>0"], ["0", "otherwise"]]


def test_mathml_escapes_a_name() -> None:
    tree = Apply("pow", (Variable("<script>&"), Number("2")))
    written = Symbolic.of(Formula("hostile", tree)).mathml()
    assert "<mi>&lt;script&gt;&amp;</mi>" in written and "<script" not in written


def test_what_is_too_long_is_not_printed() -> None:
    line = Symbolic.of(parse("x"))
    long = sympy.Add(*(line.expression**power for power in range(2000)))
    with pytest.raises(InputError, match="too long to be printed: over 5000 parts"):
        line.mathml(long)


# Stationary points


def test_the_parabola_of_the_lesson() -> None:
    symbolic = Symbolic.of(parse("x^2 - 4x + 5"))
    assert str(symbolic.gradient["x"]) == "2*x - 4"
    found = stationary("x^2 - 4x + 5")
    assert kinds(found) == [((2.0,), "minimum")]
    assert (found.points[0].exact, found.points[0].exact_value) == ({"x": "2"}, "1")
    assert (found.points[0].value, found.complete, found.reason) == (1.0, True, "")


def test_what_was_typed_is_what_is_solved() -> None:
    found = stationary("x^2 - 5x + 5")
    (point,) = found.points
    assert (point.coordinates, point.exact) == ({"x": 2.5}, {"x": "5/2"})
    assert (point.value, point.exact_value, point.kind) == (-1.25, "-5/4", "minimum")


@IN_THIS_PROCESS
def test_himmelblau_has_nine_as_scipy_finds_them() -> None:
    from scipy.optimize import fsolve

    def gradient(at: Any) -> Any:
        x, y = at
        first, second = x * x + y - 11, x + y * y - 7
        return [4 * x * first + 2 * second, 2 * first + 4 * y * second]

    found = stationary(HIMMELBLAU)
    assert (found.complete, found.reason) == (True, "")
    assert sorted(kind for _, kind in kinds(found)) == (
        ["maximum"] + 4 * ["minimum"] + 4 * ["saddle"]
    )
    for point in found.points:
        at = list(point.coordinates.values())
        again = fsolve(gradient, np.add(at, 1e-3), xtol=1e-12)
        assert at == pytest.approx(again.tolist(), abs=1e-10)
    minima = [point for point in found.points if point.kind == "minimum"]
    assert [point.value for point in minima] == [0.0] * 4
    assert [point.exact for point in minima if point.exact] == [{"x": "3", "y": "2"}]
    # As published by Himmelblau's readers ever since: the hill between the four.
    (hill,) = [point for point in found.points if point.kind == "maximum"]
    assert hill.coordinates == pytest.approx({"x": -0.270845, "y": -0.923039}, abs=1e-6)
    assert hill.value == pytest.approx(181.617, abs=1e-3)


@IN_THIS_PROCESS
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(1 - x)^2 + 100(y - x^2)^2", [((1.0, 1.0), "minimum")]),
        ("x^2 - y^2", [((0.0, 0.0), "saddle")]),
        ("x^4", [((0.0,), "minimum")]),
        ("-x^4 - y^6", [((0.0, 0.0), "maximum")]),
        ("x^3", [((0.0,), "saddle")]),
        ("1e200x^2 + 1e-200y^2", [((0.0, 0.0), "minimum")]),
        ("x^3 - 3x", [((-1.0,), "maximum"), ((1.0,), "minimum")]),
        ("x^4 + y^4 + x^2*y^2", [((0.0, 0.0), "undecided")]),
        ("exp(-(x^2 + y^2))", [((0.0, 0.0), "maximum")]),
        ("1/(1 + x^2 + y^2)", [((0.0, 0.0), "maximum")]),
        ("x^2 - 4log(x)", [((math.sqrt(2.0),), "minimum")]),
        ("x*log(x)", [((1.0 / math.e,), "minimum")]),
        ("softplus(x) - x/2", [((0.0,), "minimum")]),
        ("sigmoid(x)", []),
        ("norm(x, y)^2", [((0.0, 0.0), "minimum")]),
        ("3(a + b*c)", []),
        ("x", []),
        ("max(x^2, (x - 2)^2)", []),  # the least value is at the kink x = 1
        ("max(x, 0)^2 + (x - 1)^2", [((0.5,), "minimum")]),
        ("abs(x^2 - 4)", [((0.0,), "maximum")]),
        ("sqrt(x^2) + x^2", []),
        ("x^2*abs(x)", [((0.0,), "undecided")]),  # level on both sides: no invention
    ],
)
def test_complete_lists(text: str, expected: list[tuple[tuple[float, ...], str]]) -> None:
    found = stationary(text)
    assert (found.complete, found.reason) == (True, "")
    assert [kind for _, kind in kinds(found)] == [kind for _, kind in expected]
    for (here, _), (there, _) in zip(kinds(found), expected, strict=True):
        assert here == pytest.approx(there, abs=1e-15)


@IN_THIS_PROCESS
def test_rosenbrock_of_four_variables_has_three() -> None:
    # Kok and Sandrock, Evolutionary Computation 17 (2009): one minimum beside the global one.
    terms = [f"(1 - {a})^2 + 100({b} - {a}^2)^2" for a, b in ("ab", "bc", "cd")]
    found = stationary(" + ".join(terms))
    assert found.complete
    assert [kind for _, kind in kinds(found)] == ["minimum", "saddle", "minimum"]
    assert kinds(found)[0][0] == pytest.approx((-0.775659, 0.613093, 0.382063, 0.145972), abs=1e-6)
    assert found.points[2].exact == dict.fromkeys("abcd", "1")


@IN_THIS_PROCESS
def test_infinitely_many_are_listed_in_a_window_and_said() -> None:
    found = stationary("sin(x)")
    assert not found.complete
    assert found.reason == "infinitely many; listed are those with -10 <= x <= 10"
    expected = [(k + 0.5) * math.pi for k in range(-3, 3)]
    assert [at[0] for at, _ in kinds(found)] == pytest.approx(expected)
    assert [kind for _, kind in kinds(found)] == 3 * ["minimum", "maximum"]
    assert found.points[0].exact == {"x": "-5*pi/2"}


@IN_THIS_PROCESS
def test_a_curve_of_points_is_described_and_not_sampled() -> None:
    found = stationary("(x + y - 1)^2")
    assert (found.points, found.complete) == ((), False)
    assert found.reason == ("not at single points only: the gradient is zero where x + y - 1 = 0")
    ring = stationary("(norm(x, y) - 1)^2")
    assert (ring.points, ring.complete) == ((), False)
    assert "which seem to lie on curves" in ring.reason


@IN_THIS_PROCESS
@pytest.mark.parametrize(
    ("text", "kinks"),
    [
        ("abs(x - 1) + y^2", ("x - 1 = 0",)),
        ("norm(x, y)", ("x**2 + y**2 = 0",)),
        ("max(x, y) + sqrt(x)", ("x = y", "x = 0")),
        ("min(x, -x)", ("x = -x",)),
        ("(x^2)^(1/3)", ("x = 0",)),
    ],
)
def test_a_kink_is_said_and_not_taken_for_a_stationary_point(
    text: str, kinks: tuple[str, ...]
) -> None:
    found = stationary(text)
    assert (found.points, set(found.kinks)) == ((), set(kinks))
    assert found.complete


@IN_THIS_PROCESS
def test_a_level_half_is_said() -> None:
    found = stationary("relu(x) + y^2")
    assert (found.points, found.complete) == ((), False)
    assert found.reason == "every value of x will do where y = 0 and -x >= 0"
    assert found.kinks == ("x = 0",)


@IN_THIS_PROCESS
def test_without_a_closed_form_a_numerical_search_says_what_it_is() -> None:
    found = stationary("x^2/10 + cos(x)*sin(y)")
    assert not found.complete
    assert found.reason == (
        "there is no closed form; what is listed was found by a numerical search between -10 and "
        "10 in every variable"
    )
    function = parse("x^2/10 + cos(x)*sin(y)").to_torch()
    for point in found.points:
        at = torch.tensor(list(point.coordinates.values()), dtype=torch.float64)
        assert torch.autograd.functional.jacobian(function, at).abs().max() < 1e-9
        eigenvalues = torch.linalg.eigvalsh(torch.autograd.functional.hessian(function, at))
        signs = {bool(each > 0) for each in eigenvalues}
        assert point.kind == (
            "saddle" if len(signs) == 2 else "minimum" if True in signs else "maximum"
        )


@IN_THIS_PROCESS
def test_the_search_finds_what_the_exact_way_finds() -> None:
    from steepest.formula.critical_points.pieces import pieces

    formula = parse(HIMMELBLAU)
    by = list(symbols(formula.names).values())
    found, _ = search(list(pieces(marked(formula.tree))), by)
    exact = stationary(HIMMELBLAU).points
    assert [point["kind"] for point in found] == [point.kind for point in exact]
    for rough, sharp in zip(found, exact, strict=True):
        assert rough["coordinates"] == pytest.approx(dict(sharp.coordinates), abs=1e-12)


def test_the_time_limit_ends_it_and_is_said() -> None:
    found = Search.begin(parse(HIMMELBLAU), 0.001).result()
    assert (found.points, found.complete, found.finished) == ((), False, False)
    assert found.reason == "the time limit of 0.001 s was reached"


def test_the_process_imports_nothing_from_where_it_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sympy.py").write_text("raise SystemExit('taken from the wrong place')")
    monkeypatch.chdir(tmp_path)
    assert kinds(stationary("x^2")) == [((0.0,), "minimum")]


@IN_THIS_PROCESS
def test_a_numerical_search_leaves_no_trace_of_zero() -> None:
    found = stationary("a^2 + 2b^2 + 3c^2 + a*b + sin(c)")
    (point,) = found.points
    assert (point.coordinates["a"], point.coordinates["b"]) == (0.0, 0.0)
    # 6c + cos c = 0
    assert point.coordinates["c"] == pytest.approx(-math.cos(-0.16441893826) / 6)


def test_a_level_point_of_one_variable_is_an_inflection() -> None:
    (point,) = stationary("x^3").points
    assert (point.kind, point.called) == ("saddle", "inflection")
    (point,) = stationary("x^2 - y^2").points
    assert point.called == "saddle"


# In this process, or in one of its own


def without_a_process(*_: object, **__: object) -> None:
    raise AssertionError("a process was asked for")


@pytest.mark.parametrize(
    ("text", "coordinates", "exact"),
    [
        ("x^2 - 4x + 5", [2.0], ["2"]),
        ("x^3/3 - 2x", [-math.sqrt(2.0), math.sqrt(2.0)], ["-sqrt(2)", "sqrt(2)"]),
        ("(3x - 1)^2", [1.0 / 3.0], ["1/3"]),
        ("x^4/4 - 5x", [5.0 ** (1 / 3)], ["5**(1/3)"]),
        ("(x - 1)^20*(x + 2)^3", [-2.0, -37.0 / 23.0, 1.0], ["-2", "-37/23", "1"]),
        ("0.1x^2 - 0.3x", [1.5], ["3/2"]),
        ("7", [], []),
    ],
)
def test_polynomials_of_one_variable_need_no_process(
    text: str, coordinates: list[float], exact: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.run", without_a_process)
    found = stationary(text)
    assert (found.complete, found.finished, found.reason) == (True, True, "")
    assert [point.coordinates["x"] for point in found.points] == pytest.approx(coordinates)
    assert [point.exact["x"] for point in found.points] == exact


def test_close_roots_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the 30 extremes of a Chebyshev polynomial; NumPy's eigenvalues lose some of them."""
    monkeypatch.setattr("subprocess.run", without_a_process)
    x = sympy.Symbol("x", real=True)
    text = str(sympy.chebyshevt(31, x))
    found = stationary(text)
    expected = sorted(math.cos(k * math.pi / 31) for k in range(1, 31))
    assert [point.coordinates["x"] for point in found.points] == pytest.approx(expected, rel=1e-12)
    assert [point.kind for point in found.points] == 15 * ["maximum", "minimum"]


def test_the_polynomial_s_extremes_are_the_roots_numpy_finds() -> None:
    coefficients = np.random.default_rng(5).integers(-9, 10, 10)
    text = " + ".join(f"({each})*x^{power}" for power, each in enumerate(coefficients))
    roots = np.roots(np.polyder(coefficients[::-1]))
    expected = sorted(root.real for root in roots if abs(root.imag) < 1e-9)
    found = [point.coordinates["x"] for point in stationary(text).points]
    assert found == pytest.approx(expected, rel=1e-9)


def test_quadratics_of_several_variables_need_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.run", without_a_process)
    found = stationary("x^2 + x*y + y^2 - 3y")
    assert kinds(found) == [((-1.0, 2.0), "minimum")]


@pytest.mark.parametrize(
    "text", ["x^2 + exp(x)", "pi*x^2 - x", "2^0.5*x^2 - x", "x^65 - x", "x^-2"]
)
def test_what_is_no_such_polynomial_has_a_process(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.run", without_a_process)
    with pytest.raises(AssertionError, match="a process was asked for"):
        stationary(text)


def test_a_process_that_never_answers_is_not_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeping = "import time\ntime.sleep(600)"
    monkeypatch.setattr("steepest.formula.critical_points.stationary._PROGRAM", sleeping)
    found = Search.begin(parse("exp(x) - x"), 0.01).result()
    assert (found.points, found.complete, found.finished) == ((), False, False)
    assert found.reason == "the time limit of 0.01 s was reached"


def test_what_a_process_found_before_its_time_was_up_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    point = {"coordinates": {"x": 0.0}, "exact": {}, "value": 1.0, "exact_value": ""}
    reasons = [{"kind": "too many kinks"}]
    told = {"points": [{**point, "kind": "minimum"}], "reasons": reasons}
    program = f"import os\nprint({json.dumps(told)!r}, flush=True)\nos._exit(3)"
    monkeypatch.setattr("steepest.formula.critical_points.stationary._PROGRAM", program)
    found = Search.begin(parse("exp(x) - x"), 2).result()
    assert kinds(found) == [((0.0,), "minimum")]
    assert (found.complete, found.finished) == (False, False)
    assert found.reason == (
        "the time limit of 2 s was reached; there are too many kinks to look at every smooth piece"
    )
