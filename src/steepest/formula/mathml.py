"""A tree as MathML: the formula in print, its terms in the order in which they were typed."""

import re
from collections.abc import Callable, Mapping
from html import escape
from html.entities import html5

from steepest.formula.functions import FUNCTIONS
from steepest.formula.notation import GREEK, stem_and_index
from steepest.formula.tree import Apply, Constant, Node, Number, walk

# A part and how strongly it holds together, as `Function.strength` counts it.
_Part = tuple[str, int]
_WHOLE = 5
_TIMES = "<mo>\u2062</mo>"  # not seen
_DOT = "<mo>⋅</mo>"
_MINUS = '<mo form="prefix">−</mo>'
_NUMBERS = ("<mn>", "<msup><mn>", "<mfrac>")
_FIRST_WORD = re.compile(r"^(<msup>|<msub>)*<mi>\w{2,}<")
_LAST_WORD = re.compile(r"<mi>\w{2,}</mi>$")


def printed(tree: Node) -> str:
    """What goes into a `<math>` element: fractions stacked, powers raised, roots under their sign.

    >>> from steepest.formula.parse import parse
    >>> print(printed(parse("(y - x^2)/2").tree))
    <mfrac><mrow><mi>y</mi><mo>−</mo><msup><mi>x</mi><mn>2</mn></msup></mrow><mn>2</mn></mfrac>
    """
    # Backwards through nodes before arguments is arguments before nodes; no recursion.
    parts: list[_Part] = []
    for node in reversed(list(walk(tree))):
        if isinstance(node, Apply):
            arguments = [parts.pop() for _ in node.arguments]
            parts.append(_apply(node.function, arguments))
        else:
            parts.append((_leaf(node), _WHOLE))
    return parts[0][0]


def _leaf(node: Node) -> str:
    if isinstance(node, Number):
        return f"<mn>{escape(node.text)}</mn>"
    assert not isinstance(node, Apply)
    if isinstance(node, Constant):
        return f"<mi>{'π' if node.name == 'pi' else node.name}</mi>"
    stem, index = stem_and_index(node.name)
    name = f"<mi>{html5[f'{stem};'] if stem in GREEK else escape(stem)}</mi>"
    return f"<msub>{name}<mn>{index}</mn></msub>" if index else name


def _apply(function: str, arguments: list[_Part]) -> _Part:
    if function in _SHAPES:
        return _SHAPES[function](*arguments)
    inside = "<mo>,</mo>".join(text for text, _ in arguments)
    base = function.removeprefix("log")
    name = f"<mi>{function}</mi>"
    if function != base and base:  # log2 and log10
        name = f"<msub><mi>log</mi><mn>{base}</mn></msub>"
    return f"<mrow>{name}<mo>\u2061</mo><mo>(</mo>{inside}<mo>)</mo></mrow>", _WHOLE


def _sum(sign: str) -> Callable[[_Part, _Part], _Part]:
    own = FUNCTIONS["add"].strength

    def join(left: _Part, right: _Part) -> _Part:
        return f"{left[0]}<mo>{sign}</mo>{_unsigned(right, own + 1)}", own

    return join


def _product(left: _Part, right: _Part) -> _Part:
    own = FUNCTIONS["mul"].strength
    first, second = _held(left, own), _unsigned(right, own + 1)
    # Two numbers side by side would be one, and so would two words.
    seen = second.startswith(_NUMBERS) or any(
        word.search(side) for word, side in ((_LAST_WORD, first), (_FIRST_WORD, second))
    )
    return f"{first}{_DOT if seen else _TIMES}{second}", own


def _fraction(over: _Part, under: _Part) -> _Part:
    return f"<mfrac>{_row(over)}{_row(under)}</mfrac>", _WHOLE - 1


def _power(base: _Part, exponent: _Part) -> _Part:
    return f"<msup>{_held(base, _WHOLE)}{_row(exponent)}</msup>", _WHOLE - 1


def _negative(part: _Part) -> _Part:
    own = FUNCTIONS["mul"].strength
    return f"{_MINUS}{_unsigned(part, own)}", own


def _root(part: _Part) -> _Part:
    return f"<msqrt>{part[0]}</msqrt>", _WHOLE


def _absolute(part: _Part) -> _Part:
    return f"<mrow><mo>|</mo>{part[0]}<mo>|</mo></mrow>", _WHOLE


def _unsigned(part: _Part, strength: int) -> str:
    """As `_held`, and no sign stands behind another."""
    return _held((part[0], 0) if part[0].startswith(_MINUS) else part, strength)


def _held(part: _Part, strength: int) -> str:
    text, own = part
    return text if own >= strength else f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"


def _row(part: _Part) -> str:
    """As one element, where it is several."""
    text = part[0]
    return text if part[1] == _WHOLE else f"<mrow>{text}</mrow>"


_SHAPES: Mapping[str, Callable[..., _Part]] = {
    "add": _sum("+"),
    "sub": _sum("−"),
    "mul": _product,
    "div": _fraction,
    "pow": _power,
    "neg": _negative,
    "sqrt": _root,
    "abs": _absolute,
}
