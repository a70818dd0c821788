"""SymPy expressions as they are printed in books: in MathML, for a page."""

import re
from collections.abc import Callable, Sequence
from html import unescape
from html.entities import html5
from itertools import islice

from steepest.errors import InputError
from steepest.formula.to_sympy import Expression

LENGTH = 5000  # parts of an expression that is still worth printing
# fmt: off
GREEK = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
    "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
))
# fmt: on


def mathml(expression: Expression) -> str:
    """The expression as a `<math>` element of presentation MathML: well-formed XML, all ASCII.

    >>> from steepest.formula.to_sympy import symbols
    >>> print(mathml(symbols(["x"])["x"] ** 2))
    <math xmlns="http://www.w3.org/1998/Math/MathML"><msup><mi>x</mi><mn>2</mn></msup></math>
    """
    from xml.dom.minidom import Document

    from sympy.printing.mathml import MathMLPresentationPrinter

    class Printer(MathMLPresentationPrinter):  # type: ignore[misc]  # SymPy ships no types
        def __init__(self) -> None:
            super().__init__()
            # SymPy's own puts any text into the page as it stands, "<" included. What it wants
            # with that are entities such as &InvisibleTimes;, which here become characters.
            self.dom.createTextNode = lambda text: Document.createTextNode(self.dom, unescape(text))

        # SymPy would read an accent into a name that ends in "bar", "hat" or "prime".
        def _print_Symbol(self, symbol: Expression, style: str = "plain") -> object:
            stem, index = stem_and_index(symbol.name)
            name = self._leaf("mi", html5[f"{stem};"] if stem in GREEK else stem)
            if not index:
                return name
            both = self.dom.createElement("msub")
            both.appendChild(name)
            both.appendChild(self._leaf("mn", index))
            return both

        def _print_Piecewise(self, cases: Expression) -> object:
            """A brace before a row for each case; SymPy itself would write a call."""
            table = self.dom.createElement("mtable")
            for value, condition in cases.args:
                always = condition == True  # noqa: E712  # SymPy's own true
                where = self._leaf("mtext", "otherwise") if always else self._print(condition)
                table.appendChild(self._around("mtr", [self._print(value), where]))
            return self._around("mrow", [self._leaf("mo", "{"), table])

        def _around(self, tag: str, children: Sequence[object]) -> Expression:
            """The children in an element; those of a row of a table in cells."""
            around = self.dom.createElement(tag)
            for child in children:
                cell = self._around("mtd", [child]) if tag == "mtr" else child
                around.appendChild(cell)
            return around

        def _leaf(self, tag: str, text: str) -> Expression:
            leaf = self.dom.createElement(tag)
            leaf.appendChild(Document.createTextNode(self.dom, text))
            return leaf

    body = str(_printed(expression, lambda: Printer().doprint(expression)))
    ascii_body = body.encode("ascii", "xmlcharrefreplace").decode()
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{ascii_body}</math>'


def _printed(expression: Expression, printer: Callable[[], object]) -> object:
    """What the printer gives, unless there is too much to print."""
    import sympy

    parts = sum(1 for _ in islice(sympy.preorder_traversal(expression), LENGTH + 1))
    if parts > LENGTH:
        raise InputError(
            "The expression is too long to be printed: over {LENGTH} parts.", LENGTH=LENGTH
        )
    try:
        return printer()
    except RecursionError:
        raise InputError("The expression is nested too deeply to be printed.") from None


def stem_and_index(name: str) -> tuple[str, str]:
    """`x12` and `x_12` are x with the index 12."""
    found = re.fullmatch(r"(.*?[^\d_])_?(\d+)", name)
    return (found[1], found[2]) if found else (name, "")
