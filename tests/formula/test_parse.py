"""Reading: what is understood, what is refused and how, and that nothing else can happen."""

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import steepest.formula
from steepest.errors import InputError
from steepest.formula.formula import Formula
from steepest.formula.functions import FUNCTIONS
from steepest.formula.parse import parse
from steepest.formula.tree import Apply, Constant, Number, Variable, walk

ALLOWED = "; a formula has numbers, names, + - * / ^ ( ) and functions such as sin, exp, sqrt"


@pytest.mark.parametrize(
    ("text", "explicit"),
    [
        ("2x", "2*x"),
        ("2 x", "2*x"),
        ("3(a+b)", "3*(a + b)"),
        ("2sin(x)", "2*sin(x)"),
        ("(a+b)(a-b)", "(a + b)*(a - b)"),
        ("(a+b)x", "(a + b)*x"),
        ("2 pi x", "2*pi*x"),
        ("x y", "x*y"),
        ("x sin(y) cos(y)", "x*sin(y)*cos(y)"),
        ("sin (x)", "sin(x)"),
        ("2x^2", "2*(x^2)"),
        ("2^3x", "(2^3)*x"),
        ("x^2y", "(x^2)*y"),
        ("x^2(y+1)", "(x^2)*(y+1)"),
        ("-2x", "(-2)*x"),
        ("-x^2", "-(x^2)"),
        ("2x/3", "(2*x)/3"),
        ("1/2*x", "(1/2)*x"),
        ("(1/2)x", "(1/2)*x"),
        ("1/2*x y", "((1/2)*x)*y"),
        ("x - y z", "x - (y*z)"),
        ("x^y^z", "x^(y^z)"),
        ("2e3", "2000"),
        ("2e", "2*e"),
        ("2e x", "2*e*x"),
        ("2e3x", "2e3*x"),
        ("2 ex", "2*ex"),
        (".5x + 2.", "0.5*x + 2"),
        ("π r²", "pi*r^2"),
        ("2×x·y÷z − 1", "2*x*y/z - 1"),
        ("x⁻¹ + (x+1)³ + x¹²", "x^-1 + (x + 1)^3 + x^12"),
        ("-x²", "-(x^2)"),
        ("2^x²", "2^(x^2)"),
        ("x₁ + x_1 + θ", "x1 + x_1 + θ"),
        ("µ - μ", "μ - μ"),
        ("ln(x) + arctan(x)", "log(x) + atan(x)"),
        ("+x", "x"),
        ("x² – 4x — 5 ‒ x ― x ‑ x", "x^2 - 4*x - 5 - x - x - x"),
        ("x ﹣ 1 － x ＋ 2", "x - 1 - x + 2"),
        ("2∙x•y ✕ 3∗x", "2*x*y*3*x"),
        ("2\u2062x\u2064sin\u2061(x)", "2*x + sin(x)"),
        ("x∕2 + y⁄3 ／ 4", "x/2 + y/3/4"),
        ("３ｘ＋（ｙ－１．５）＊２", "3*x + (y - 1.5)*2"),
        ("ｍａｘ（x，１）", "max(x, 1)"),
        ("٣x + ४y + 𝟓", "3*x + 4*y + 5"),
        ("𝑥² + 𝜋", "x^2 + pi"),
        ("πr² + 2πr", "pi*r^2 + 2*pi*r"),
        ("π₁ + π₂", "π1 + π2"),
        ("√x + √(x + 1) − 3√2", "sqrt(x) + sqrt(x + 1) - 3*sqrt(2)"),
        ("√ x / √y", "sqrt(x)/sqrt(y)"),
        ("xˆ2 + e^–x", "x^2 + e^-x"),
        ("\ufeffx\u00a0+\u202f1\u3000− \u200by", "x + 1 - y"),
        (" x\n + 1\t", "x + 1"),
    ],
)
def test_one_formula_written_in_two_ways(text: str, explicit: str) -> None:
    found, expected = parse(text), parse(explicit)
    assert found.names == expected.names
    assert found.value(**dict.fromkeys(found.names, 1.7)) == pytest.approx(
        expected.value(**dict.fromkeys(found.names, 1.7))
    )
    assert [type(node) for node in walk(found.tree)] == [type(node) for node in walk(expected.tree)]


def test_a_tree_keeps_the_columns_of_the_text() -> None:
    found = [(node, node.column) for node in walk(parse("2x + sin( y)^k").tree)]
    assert [(type(node).__name__, column) for node, column in found] == [
        ("Apply", 4),
        ("Apply", 2),
        ("Number", 1),
        ("Variable", 2),
        ("Apply", 13),
        ("Apply", 6),
        ("Variable", 11),
        ("Variable", 14),
    ]


def test_numbers_keep_their_text() -> None:
    found = [node for node in walk(parse("0.10x + 1E2 + e").tree) if not isinstance(node, Apply)]
    assert found == [Number("0.10"), Variable("x"), Number("1E2"), Constant("e")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column 1: the formula is empty" + ALLOWED),
        (" \n", "column 1: the formula is empty" + ALLOWED),
        ("x + y [0]", "column 7: '[' is not allowed; use ( )" + ALLOWED),
        ("x == 2", "column 3: '=' is not allowed; write only the expression that is to be"),
        ("|x|", "column 1: '|' is not allowed; write abs(x)" + ALLOWED),
        ("'x'", 'column 1: "\'" is not allowed' + ALLOWED),
        ("x; y", "column 2: ';' is not allowed; write one expression" + ALLOWED),
        ("x.real", "column 2: '.' is not allowed; nothing has attributes"),
        ("x @ y", "column 3: '@' is not allowed" + ALLOWED),
        ("x if y else z", "column 3: 'if' is a word of Python, and not allowed" + ALLOWED),
        ("lambda x", "column 1: 'lambda' is a word of Python, and not allowed; write λ or lam"),
        ("2*__import__", "column 3: '__import__' is not allowed: a name has no '__'"),
        ("ﷺ", "column 1: 'ﷺ' is no name: names have letters, digits and _"),
        ("½x", "column 1: '½' (vulgar fraction one half) is not allowed; write (1/2)" + ALLOWED),
        ("2ˣ", "column 2: 'ˣ' (modifier letter small x) is not allowed; a power is written ^x"),
        ("xⁿ", "column 2: 'ⁿ' (superscript latin small letter n) is not allowed; a power is"),
        ("x³ˑ⁵", "column 3: 'ˑ' (modifier letter half triangular colon) is not allowed" + ALLOWED),
        ("x^⁻1", "column 3: '⁻' (superscript minus) is not allowed; write the power with ^"),
        ("x ≤ 2", "column 3: '≤' (less-than or equal to) is not allowed; a bound is given beside"),
        ("x < 2", "column 3: '<' is not allowed; a bound is given beside the formula, not in it"),
        ("x＝2", "column 2: '=' is not allowed; write only the expression"),
        ("x ± 1", "column 3: '±' (plus-minus sign) is not allowed; write one formula for each"),
        ("∛x", "column 1: '∛' (cube root) is not allowed; write x^(1/3)"),
        ("√2x", "column 1: of what is '√' the root? Write sqrt(…)"),
        ("√x²", "column 1: of what is '√' the root? Write sqrt(…)"),
        ("√-x", "column 1: of what is '√' the root? Write sqrt(…)"),
        ("1 + √", "column 5: of what is '√' the root? Write sqrt(…)"),
        ("∑x", "column 1: '∑' (n-ary summation) is not allowed; write the sum or product out"),
        ("f′", "column 2: '′' (prime) is not allowed; no derivative is written in a formula"),
        ("x\u200by", "column 2: an invisible character (zero width space, U+200B) stands after"),
        ("1\u2060000", "column 2: an invisible character (word joiner, U+2060) stands after '1'"),
        ("x \u202e+ y", r"column 3: '\u202e' (right-to-left override) is not allowed"),
        ("1/2x", "column 4: this can be read in two ways; write (1/2)*x or 1/(2*x)"),
        ("3a/2x^-2 y", "column 5: this can be read in two ways; write (3a/2)*x^-2 or 3a/(2*x^-2)"),
        ("y - 1/2sin(x)²", "column 8: this can be read in two ways; write (1/2)*sin(x)² or"),
        ("1/(2)(x)", "column 6: this can be read in two ways; write (1/(2))*(x) or 1/((2)*(x))"),
        ("x(y+1)", "column 1: 'x' is not a function. For a product write x*(…); the functions"),
        ("2 + sine(x)", "column 5: 'sine' is not a function. Did you mean 'sin'? For a product"),
        ("pow(x, 2)", "column 1: 'pow' is not a function. Write x^y. For a product"),
        ("add(x, 2)", "column 1: 'add' is not a function."),
        ("2pi(r)", "column 2: pi is a number, not a function; for a product write pi*(…)"),
        ("e(x)", "column 1: e is a number, not a function; for a product write e*(…), for its"),
        ("2 sin x", "column 3: sin needs its argument in parentheses: sin(x)"),
        ("sin^2(x)", "column 1: sin needs its argument in parentheses: sin(x)"),
        ("x 2", "column 3: the number 2 stands after 'x'; write an operator between them"),
        ("(x)2", "column 4: the number 2 stands after ')'; write an operator between them"),
        ("1 000", "column 3: the number 000 stands after '1'"),
        ("1_000", "column 2: '_' is not allowed after 1"),
        ("1.2.3", "column 4: '.' is not allowed after 1.2"),
        ("0x1F", "column 1: numbers are decimal"),
        ("0,5x", "column 2: ',' stands only between the arguments of min, max and norm; decimals"),
        ("max((x, y))", "column 7: ',' stands only between the arguments"),
        ("sin(x, y)", "column 1: sin takes 1 argument, and 2 are given"),
        ("max(x, )", "column 8: ')' stands after ',', where a number, a name or '(' is expected"),
        ("norm()", "column 6: nothing stands before ')': norm needs an argument"),
        ("x + ()", "column 6: nothing stands before ')': it is empty"),
        ("2*(x + (y)", "column 3: '(' is not closed; add ')'"),
        ("exp(x", "column 1: '(' of exp is not closed; add ')'"),
        ("x)", "column 2: ')' has no '(' before it"),
        ("x +", "column 4: the formula ends after '+', where a number, a name or '(' is expected"),
        ("*x", "column 1: the formula starts with '*'; a number, a name or '(' is expected"),
        ("x // 2", "column 4: '/' stands after '/', where a number, a name or '(' is expected;"),
        ("x²^3", "column 3: this can be read in two ways; write (x^2)^… or x^(2^…)"),
        ("x\0", r"column 2: '\x00' is not allowed"),
        ("x + nan", "column 5: 'nan' is no number here, and as a name it would be taken for one"),
        ("-Inf x", "column 2: 'Inf' is no number here"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named_with_its_column(text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse(text)
    assert str(raised.value).startswith(f"formula, {message}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9**9**9", "column 2: the exponent is 3.8742e+08; exponents go from -1000 to 1000"),
        ("x^1001", "column 2: the exponent is 1001; exponents go from -1000 to 1000"),
        ("x^-(10^4)", "column 2: the exponent is -10000;"),
        ("x + 10^309", "column 7: 10^309 is too large: numbers go to 1.8e308"),
        ("(e^700)^2", "column 8: 1.01423e+304^2 is too large"),
        ("1e309", "column 1: 1e309 is too large"),
        ("x + 1e-400", "column 5: 1e-400 is too small"),
        ("0." + "1" * 50, "column 1: the number has more than 50 digits"),
        ("(" * 1000 + "x" + ")" * 1000, "column 101: more than 100 parentheses are open at once"),
        ("sin(" * 101 + "x" + ")" * 101, "column 401: more than 100 parentheses are open at once"),
        ("+".join(["x"] * 20_000), "column 10001: the formula has 39999 characters; 10000 is"),
        ("+".join(["x"] * 2_000), "column 400: more than 200 operations lie within each other"),
        ("-" * 5_000 + "x", "column 4801: more than 200 operations lie within each other"),
        ("2^" * 300 + "x", "column 202: more than 200 operations lie within each other"),
        ("+".join(["(" + "+".join(["x"] * 100) + ")"] * 11), "column 2024: more than 2000 numb"),
        ("x" * 101, "column 1: the name has more than 100 characters"),
    ],
)  # fmt: skip
def test_limits(text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse(text)
    assert str(raised.value).startswith(f"formula, {message}")


def test_long_sums_fit_when_they_are_grouped() -> None:
    group = "(" + "+".join(["x"] * 90) + ")"
    assert parse("+".join([group] * 10)).value(x=1.0) == 900.0
    assert parse("(" * 100 + "x" + ")" * 100).value(x=2.0) == 2.0
    assert parse("10^308 + 2^1000 + 1.7e308^1 + 0^-1").value() == float("inf")


WORDS = (
    "x",
    "y1",
    "sin",
    "max",
    "exp(",
    "2",
    "3.5",
    "1e3",
    "e",
    "pi",
    "__",
    "0x",
    "lambda",
    "eval",
)
PIECES = st.sampled_from([*WORDS, "__class__", *"()()()+-*/^ ²−·._,['=;:\nπµ₁\u0301", "**", "⁻¹"])
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text("xye2.0 ()+-*/^,_π²", max_size=60),
    st.lists(PIECES, max_size=40).map("".join),
)


@settings(max_examples=600)
@given(TEXTS)
def test_any_text_is_a_formula_or_an_input_error(text: str) -> None:
    try:
        formula = parse(text)
    except InputError as error:
        assert str(error).startswith("formula, column ")
        column = int(str(error).removeprefix("formula, column ").split(":")[0])
        assert 1 <= column <= len(text) + 1
        return
    assert isinstance(formula, Formula)
    for node in walk(formula.tree):
        assert type(node) in (Number, Constant, Variable, Apply)
        if isinstance(node, Apply):
            function = FUNCTIONS[node.function]
            assert function.least <= len(node.arguments) <= (function.most or 1000)
        elif not isinstance(node, Number):
            assert node.name.isidentifier() and "__" not in node.name
    point = dict.fromkeys(formula.names, 0.75)
    assert isinstance(formula.value(**point), float)
    assert isinstance(str(formula.first_fault(point)), str)
    formula.degree()


SOURCES = sorted(Path(steepest.formula.__file__).parent.glob("*.py"))
FORBIDDEN = {"eval", "exec", "compile", "__import__", "literal_eval", "import_module"} | {
    *("sympify", "parse_expr", "lambdify", "attrgetter", "globals", "__dict__"),
}


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: file.name)
def test_nothing_in_the_room_can_run_text(source: Path) -> None:
    used: list[ast.AST] = []
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        if name in FORBIDDEN:
            used.append(node)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
            # A function of a library, by its name in our own table and not by the user's word.
            used += [] if ast.unparse(node.args[0]) in ("sympy", "np") else [node]
    assert [one for one in map(ast.unparse, used) if one != "re.compile"] == []
