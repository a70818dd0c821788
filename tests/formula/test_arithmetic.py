"""What is written, read and computed is Python's own arithmetic; `eval` stands only here."""

import math
import struct

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from steepest.errors import InputError
from steepest.formula.formula import Formula
from steepest.formula.functions import CONSTANTS, FUNCTIONS
from steepest.formula.parse import parse
from steepest.formula.to_text import write
from steepest.formula.tree import Apply, Constant, Node, Number, Variable

MANY = settings(max_examples=200)
NAMES = ("x", "y", "w_0", "θ")
OPERATORS = ("add", "sub", "mul", "div", "neg")

# With a decimal point, so that Python's arithmetic is that of floats too.
numbers = st.sampled_from(["0.0", "1.0", "2.0", "0.5", "3.", ".25", "1e-3", "7.5E+2", "9.0"])
leaves = st.one_of(
    st.sampled_from(NAMES).map(Variable),
    st.sampled_from(list(CONSTANTS)).map(Constant),
    numbers.map(Number),
)
exponents: st.SearchStrategy[Node] = st.sampled_from(
    [Number("2.0"), Number("3.0"), Number("0.5"), Variable("x")]
)
values = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 2.0, -3.0, 0.1, 1e200, -1e-200]),
    st.floats(-1e3, 1e3),
)
points = st.fixed_dictionaries({name: values for name in NAMES})


def apply(name: str, children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    function = FUNCTIONS[name]
    most = function.most or 3
    arguments = st.lists(children, min_size=function.least, max_size=most)
    return arguments.map(lambda given: Apply(name, tuple(given)))


def powers(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    signed = exponents | exponents.map(lambda one: Apply("neg", (one,)))
    exponent = signed | st.tuples(exponents, exponents).map(lambda pair: Apply("pow", pair))
    return st.tuples(children, exponent).map(lambda pair: Apply("pow", pair))


def trees(names: tuple[str, ...], with_powers: bool = True) -> st.SearchStrategy[Node]:
    def grown(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        choices = [apply(name, children) for name in names]
        return st.one_of(*choices, *([powers(children)] if with_powers else []))

    return st.recursive(leaves, grown, max_leaves=20)


def read(text: str) -> Formula:
    """The formula, where no constant power of it is too large."""
    try:
        return parse(text)
    except InputError as error:
        assume("too large" not in str(error) and "the exponent is" not in str(error))
        raise


def python(text: str, point: dict[str, float]) -> float | None:
    """What Python makes of a text, or None where it raises or leaves the real numbers."""
    try:
        answer = eval(text.replace("^", "**"), {"__builtins__": {}}, {**CONSTANTS, **point})
    except (ZeroDivisionError, OverflowError, TypeError):
        return None  # TypeError: complex numbers have no fractional powers of some kinds
    return answer if isinstance(answer, float) else None


def bits(number: float) -> bytes:
    return struct.pack("<d", math.nan if math.isnan(number) else number)


def at(formula: Formula, point: dict[str, float]) -> float:
    return formula.value(**{name: point[name] for name in formula.names})


@MANY
@given(trees(tuple(FUNCTIONS)))
def test_what_is_written_is_read_as_the_same_tree(tree: Node) -> None:
    assert read(write(tree)).tree == tree


@MANY
@given(trees(OPERATORS), points)
def test_trees_have_the_value_that_python_gives_their_text(
    tree: Node, point: dict[str, float]
) -> None:
    text = write(tree)
    expected = python(text, point)
    found = at(read(text), point)
    assert expected is None or bits(found) == bits(expected)


CHAIN = st.lists(
    st.tuples(
        st.sampled_from(["", "-", "+", "--", "-+"]),
        st.sampled_from(["x", "y", "2.0", "3.0", "0.5", "(x - 2.0)", "(-y)", "(y ** 2.0)"]),
        st.sampled_from(["+", "-", "*", "/", " ** ", "- ", " *"]),
    ),
    min_size=1,
    max_size=7,
)


@MANY
@given(CHAIN, points)
def test_operators_bind_as_in_python(
    chain: list[tuple[str, str, str]], point: dict[str, float]
) -> None:
    text = "".join(map("".join, chain)) + "1.0"
    expected = python(text, point)
    found = read(text)
    assert expected is None or bits(at(found, point)) == bits(expected)
    assert read(text.replace("**", "^")).tree == found.tree


@pytest.mark.parametrize(
    "text",
    [
        *("-x**2", "2**-x", "2**3**2", "-2**-2", "x-y-2", "x/y/2", "x/y*2", "2-x+y", "-x*y"),
        *("x*-y", "--x", "-(-x)**2", "x**-y**2", "(x**y)**2", "x - -y", "+x", "2*x**2", "1/2*x"),
    ],
)
def test_the_table_of_precedence(text: str) -> None:
    point = {"x": 1.25, "y": 3.5}
    assert at(parse(text), point) == eval(text, {}, point)


@MANY
@given(trees(OPERATORS, with_powers=False), points)
def test_tensors_add_and_multiply_to_the_same_bits(tree: Node, point: dict[str, float]) -> None:
    formula = read(write(tree))
    parameters = torch.tensor([[point[name] for name in formula.names]] * 3, dtype=torch.float64)
    found = formula.to_torch()(parameters)
    assert found.shape == (3,) and found.dtype == torch.float64
    assert [bits(one) for one in found.tolist()] == [bits(at(formula, point))] * 3


@pytest.mark.parametrize("text", ["x^y", "x^2", "x^3.0", "x^-1", "x^0.5", "x^-7", "2^y", "0^y"])
@MANY
@given(values, values)
def test_powers_of_tensors_agree_to_rounding(text: str, x: float, y: float) -> None:
    formula = parse(text)
    point = {"x": x, "y": y}
    parameters = torch.tensor([point[name] for name in formula.names], dtype=torch.float64)
    assert float(formula.to_torch()(parameters)) == pytest.approx(
        at(formula, point), rel=1e-12, abs=1e-300, nan_ok=True
    )


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2 x**2", "2*x^2"),
        ("((a))+(b*(c))", "a + b*c"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("a/(b*c)", "a/(b*c)"),
        ("(x^y)^z", "(x^y)^z"),
        ("x^(y^z)", "x^y^z"),
        ("(-x)^2", "(-x)^2"),
        ("-(x^2)", "-x^2"),
        ("-(x*y)", "-(x*y)"),
        ("2^(-(x))", "2^-x"),
        ("a*(-b)", "a*-b"),
        ("max( x,ln(y) , 2)", "max(x, log(y), 2)"),
    ],
)
def test_the_fewest_parentheses_are_written(text: str, canonical: str) -> None:
    assert write(parse(text).tree) == canonical
