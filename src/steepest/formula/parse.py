"""From text to a formula. Nothing is evaluated but numbers; nothing is looked up but the table.

Operators, loosest first: `+ -`, then `* /` and products without a sign, then the sign `-x`, then
`^` (or `**`), from right to left. `-x^2` is -(x^2), `2x^2` is 2*(x^2), `2^3x` is (2^3)*x.
"""

import math
import os
from dataclasses import dataclass
from typing import final

from steepest.errors import InputError, nearest
from steepest.formula.formula import Formula
from steepest.formula.functions import ALIASES, CONSTANTS, FUNCTIONS, function_words
from steepest.formula.tokens import ALLOWED, Token, refuse, tokens
from steepest.formula.tree import Apply, Constant, Node, Number, Variable
from steepest.translation import joined, say, translated

MOST_BRACKETS = 100  # open at once
MOST_DEPTH = 200  # operations within operations: what reads a tree may recurse
MOST_NODES = 2_000
_LONGEST_PATH = 1_000
GREATEST_EXPONENT = 1_000.0

_BINARY = {"+": "add", "-": "sub", "*": "mul", "/": "div", "^": "pow"}
_SPELLED = {"pow": "x^y", "exp2": "2^x", "square": "x^2", "cbrt": "x^(1/3)"}


def parse(text: str) -> Formula:
    """The formula that `text` says.

    Numbers are decimal or scientific; `+ - * / ^` and parentheses are as in Python (`**` is `^`,
    and − × · ÷ ² ³ are understood); a product needs no sign in `2x`, `3(a+b)`, `(a+b)(a-b)`,
    `2 pi x`. `pi` (π) and `e` are constants, the functions are those of `functions.FUNCTIONS`, and
    every other name is a parameter; names are whole words, so that `xy` is one, and are brought to
    Unicode's form NFKC as in Python, so that x₁ is x1.

    Raises InputError with the column, what is wrong and what is allowed. A text that can be read
    in two ways (`1/2x`) is refused, as are very long, deep or large formulas.

    >>> parse("2 pi x - sin(y)^2").names
    ('x', 'y')
    >>> parse("x[0]")
    Traceback (most recent call last):
    ...
    steepest.errors.InputError: formula, column 2: '[' is not allowed; use ( ); a formula has ...
    """
    try:
        return Formula(text, _Parser(text).tree())
    except InputError:
        if len(text) < _LONGEST_PATH and "\0" not in text and os.path.isfile(text):
            raise InputError(
                "{text} is a file, and a formula is needed here, such as x^2 - 4x + 5; a "
                "table is fitted by fit",
                text=text,
            ) from None
        raise


@final
@dataclass(frozen=True)
class _Operand:
    """A part that was read: its node, its slice of the text, and its value if it is constant."""

    node: Node
    start: int
    end: int
    depth: int = 1
    value: float | None = None


@final
@dataclass(frozen=True)
class _Pending:
    """An operator whose right side, or a bracket whose end, is still to come.

    `operands` is how many operands stood before it; `function` is "" for plain parentheses.
    """

    function: str
    start: int
    operands: int
    bracket: bool = False


@final
class _Parser:
    """Precedence by two stacks, not by recursion: no text can exhaust Python's own stack."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.operands: list[_Operand] = []
        self.pending: list[_Pending] = []
        self.brackets = 0
        self.nodes = 0

    def tree(self) -> Node:
        if self._next().kind == "end":
            refuse(1, "the formula is empty; {ALLOWED}", ALLOWED=translated(ALLOWED))
        complete = False
        while True:
            token = self._next()
            self.at += 1
            if not complete:
                complete = self._operand(token)
            elif token.kind == "end":
                return self._finish()
            else:
                complete = self._after_operand(token)

    def _next(self) -> Token:
        return self.tokens[self.at]

    # Where an operand is expected. Each answers whether one is now complete.

    def _operand(self, token: Token) -> bool:
        if token.kind == "number":
            value = float(token.text)
            self._push(_Operand(Number(token.text, token.column), token.start, token.end, 1, value))
            return True
        if token.kind == "name":
            return self._name(token)
        if token.kind == "(":
            return self._open(_Pending("", token.start, len(self.operands), bracket=True))
        if token.text == "-":
            self.pending.append(_Pending("neg", token.start, len(self.operands)))
            return False
        if token.text == "+":
            return False
        return self._missing(token)

    def _name(self, token: Token) -> bool:
        name, called = token.text, self._next().kind == "("
        if called:
            function = self._function(token)
            self.at += 1
            return self._open(_Pending(function, token.start, len(self.operands), bracket=True))
        if name in function_words():
            refuse(token.column, "{name} needs its argument in parentheses: {name}(x)", name=name)
        if name in CONSTANTS:
            node: Node = Constant(name, token.column)
        else:
            node = Variable(name, token.column)
        self._push(_Operand(node, token.start, token.end, 1, CONSTANTS.get(name)))
        return True

    def _function(self, token: Token) -> str:
        """The function that is called, if it is in the table."""
        name = token.text
        if name in function_words():
            return ALIASES.get(name, name)
        product = say("for a product write {name}*(…)", name=name)
        if name in CONSTANTS:
            power = say(", for its power exp(…)") if name == "e" else ""
            refuse(
                token.column,
                "{name} is a number, not a function; {product}{power}",
                name=name,
                product=product,
                power=power,
            )
        offer = (
            say(" Write {SPELLED}.", SPELLED=_SPELLED[name])
            if name in _SPELLED
            else nearest(name, function_words())
        )
        refuse(
            token.column,
            "{name!r} is not a function.{offer} {product}; the functions are {function_words}",
            name=name,
            offer=offer,
            product=product[0].upper() + product[1:],
            function_words=joined(function_words()),
        )

    def _open(self, bracket: _Pending) -> bool:
        self.brackets += 1
        if self.brackets > MOST_BRACKETS:
            refuse(
                bracket.start + 1,
                "more than {MOST_BRACKETS} parentheses are open at once",
                MOST_BRACKETS=MOST_BRACKETS,
            )
        self.pending.append(bracket)
        if self._next().kind == ")":
            inside = (
                say("{function} needs an argument", function=bracket.function)
                if bracket.function
                else say("it is empty")
            )
            refuse(self._next().column, "nothing stands before ')': {inside}", inside=inside)
        return False

    def _missing(self, token: Token) -> bool:
        before = self.tokens[self.at - 2] if self.at > 1 else None
        wanted = say("a number, a name or '(' is expected")
        if before is None:
            refuse(
                token.column,
                "the formula starts with {token!r}; {wanted}",
                token=self._typed(token),
                wanted=wanted,
            )
        here = (
            say("the formula ends")
            if token.kind == "end"
            else say("{token!r} stands", token=self._typed(token))
        )
        hint = (
            say("; '//' is not allowed") if self._typed(before) + self._typed(token) == "//" else ""
        )
        refuse(
            token.column,
            "{here} after {before!r}, where {wanted}{hint}",
            here=here,
            before=self._typed(before),
            wanted=wanted,
            hint=hint,
        )

    def _typed(self, token: Token) -> str:
        return self.text[token.start : token.end]

    # Where an operator is expected.

    def _after_operand(self, token: Token) -> bool:
        if token.kind == "operator":
            self._operator(_BINARY[token.text], token.start)
            return False
        if token.kind == "superscript":
            return self._superscript(token)
        if token.kind == ")":
            return self._close(token)
        if token.kind == ",":
            return self._comma(token)
        if token.kind == "number":
            before, typed = self._typed(self.tokens[self.at - 2]), self._typed(token)
            refuse(
                token.column,
                "the number {typed} stands after {before!r}; write an operator between them, "
                "such as * or ^",
                typed=typed,
                before=before,
            )
        self._refuse_two_readings(token)
        self._operator("mul", token.start)
        self.at -= 1
        return False

    def _operator(self, function: str, start: int) -> None:
        self._reduce(FUNCTIONS[function].strength + (function == "pow"))
        self.pending.append(_Pending(function, start, len(self.operands)))

    def _superscript(self, token: Token) -> bool:
        """A power written as ² belongs to the operand just before it."""
        follows = self._next()
        base = self._short(self.operands[-1].start, self.operands[-1].end)
        if follows.kind == "superscript" or follows.text == "^":
            refuse(
                follows.column,
                "this can be read in two ways; write ({base}^{text})^… or {base}^({text}^…)",
                base=base,
                text=token.text,
            )
        negative, digits = token.text.startswith("-"), token.text.lstrip("-")
        value = float(token.text)
        node: Node = Number(digits, token.column)
        if negative:
            node = Apply("neg", (node,), token.column)
        self._push(_Operand(node, token.start, token.end, 1 + negative, value))
        self._apply("pow", 2, token.start)
        return True

    def _close(self, token: Token) -> bool:
        self._reduce(0)
        if not self.pending:
            refuse(token.column, "')' has no '(' before it")
        bracket = self.pending.pop()
        self.brackets -= 1
        if bracket.function:
            given = len(self.operands) - bracket.operands
            self._check_number(bracket, given)
            self._apply(bracket.function, given, bracket.start)
        inside = self.operands.pop()
        self.operands.append(
            _Operand(inside.node, bracket.start, token.end, inside.depth, inside.value)
        )
        return True

    def _check_number(self, bracket: _Pending, given: int) -> None:
        most = FUNCTIONS[bracket.function].most
        if most is not None and given > most:
            takes = say("{most: argument}", most=most)
            refuse(
                bracket.start + 1,
                "{function} takes {takes}, and {given} are given",
                function=bracket.function,
                takes=takes,
                given=given,
            )

    def _comma(self, token: Token) -> bool:
        self._reduce(0)
        if not self.pending or not self.pending[-1].function:
            refuse(
                token.column,
                "',' stands only between the arguments of min, max and norm; decimals are "
                "written with a point",
            )
        return False

    def _refuse_two_readings(self, token: Token) -> None:
        """A division whose denominator goes on without a sign: does 1/2x mean (1/2)*x?"""
        self._reduce(FUNCTIONS["div"].strength + 1)
        if not self.pending or self.pending[-1].function != "div":
            return
        sign, below = self.pending[-1], self.operands[-1]
        above = self._short(self.operands[-2].start, sign.start)
        denominator = self._short(below.start, below.end)
        further = self._short(token.start, self._factor_end(self.at - 1))
        refuse(
            token.column,
            "this can be read in two ways; write ({above}/{denominator})*{further} or "
            "{above}/({denominator}*{further})",
            above=above,
            denominator=denominator,
            further=further,
        )

    def _factor_end(self, at: int) -> int:
        """Where the factor ends that starts at a token: brackets and powers belong to it."""
        depth = 0
        while self.tokens[at].kind != "end":
            depth += (self.tokens[at].kind == "(") - (self.tokens[at].kind == ")")
            follows = self.tokens[at + 1]
            # An operator is met only after "^": a factor holds no other.
            joined = follows.kind in ("(", "superscript") or follows.text == "^"
            joined = joined or self.tokens[at].kind == "operator"
            if depth <= 0 and not joined:
                break
            at += 1
        return self.tokens[at].end

    def _short(self, start: int, end: int) -> str:
        text = self.text[start:end].strip()
        return text if len(text) <= 24 else f"{text[:10]}…{text[-10:]}"

    # What has been read becomes a tree.

    def _reduce(self, strength: int) -> None:
        """Apply the pending operators that bind at least so strongly, up to the open bracket."""
        while self.pending and not self.pending[-1].bracket:
            if FUNCTIONS[self.pending[-1].function].strength < strength:
                return
            operator = self.pending.pop()
            self._apply(operator.function, 1 if operator.function == "neg" else 2, operator.start)

    def _apply(self, function: str, count: int, start: int) -> None:
        arguments = self.operands[-count:]
        del self.operands[-count:]
        node = Apply(function, tuple(one.node for one in arguments), start + 1)
        depth = 1 + max(one.depth for one in arguments)
        if depth > MOST_DEPTH:
            refuse(
                start + 1,
                "more than {MOST_DEPTH} operations lie within each other; put parentheses "
                "around parts of a long sum or product",
                MOST_DEPTH=MOST_DEPTH,
            )
        known = [one.value for one in arguments if one.value is not None]
        if function == "pow" and arguments[1].value is not None:
            self._check_power(arguments[0], arguments[1].value, start)
        value = FUNCTIONS[function].scalar(*known) if len(known) == count else None
        first = min(start, arguments[0].start)
        self._push(_Operand(node, first, arguments[-1].end, depth, value))

    def _check_power(self, base: _Operand, exponent: float, start: int) -> None:
        if abs(exponent) > GREATEST_EXPONENT:
            refuse(
                start + 1,
                "the exponent is {exponent:.6g}; exponents go from -{GREATEST_EXPONENT:g} to "
                "{GREATEST_EXPONENT:g}",
                exponent=exponent,
                GREATEST_EXPONENT=GREATEST_EXPONENT,
            )
        finite = base.value is not None and base.value != 0.0 and math.isfinite(base.value)
        if finite and math.isinf(FUNCTIONS["pow"].scalar(base.value, exponent)):
            refuse(
                start + 1,
                "{value:.6g}^{exponent:.6g} is too large: numbers go to 1.8e308",
                value=base.value,
                exponent=exponent,
            )

    def _push(self, operand: _Operand) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            refuse(
                operand.node.column,
                "more than {MOST_NODES} numbers, names and operations",
                MOST_NODES=MOST_NODES,
            )
        self.operands.append(operand)

    def _finish(self) -> Node:
        self._reduce(0)
        if self.pending:
            open_ = self.pending[-1]
            of = say(" of {function}", function=open_.function) if open_.function else ""
            refuse(open_.start + 1, "'('{of} is not closed; add ')'", of=of)
        return self.operands[0].node
