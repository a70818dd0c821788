"""The text of a formula as tokens: numbers, names, operators, brackets and commas."""

import keyword
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, final

from steepest.errors import InputError

ALLOWED = "a formula has numbers, names, + - * / ^ ( ) and functions such as sin, exp, sqrt"
MOST_CHARACTERS = 10_000
MOST_DIGITS = 50
LONGEST_NAME = 100

_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_OTHER_BASE = re.compile(r"0[xXoObB][0-9a-fA-F]")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SUPERSCRIPT = re.compile("⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_OPERATORS = {"−": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/", "**": "^"} | {c: c for c in "+-*/^"}
_HINTS = {
    "[": "use ( )",
    "]": "use ( )",
    "{": "use ( )",
    "}": "use ( )",
    "|": "write abs(x)",
    "=": "write only the expression that is to be minimised",
    "√": "write sqrt(x)",
    "%": "write a fraction, such as 5/100",
    "!": "there is no factorial",
    ".": "nothing has attributes, and a number has digits beside its point",
    ";": "write one expression",
}


@final
@dataclass(frozen=True)
class Token:
    """A word of a formula.

    - `kind`: "number", "name", "operator", "superscript", "(", ")", "," or "end"
    - `text`: in canonical form: an operator is one of `+ - * / ^`, a name is NFKC, a
      superscript has plain digits
    - `start`, `end`: the slice of the typed text
    """

    kind: str
    text: str
    start: int
    end: int

    @property
    def column(self) -> int:
        """Where it starts, counted from 1."""
        return self.start + 1


def refuse(column: int, what: str) -> NoReturn:
    """Raise the InputError that says what is wrong at a column, counted from 1."""
    raise InputError(f"formula, column {column}: {what}")


def tokens(text: str) -> list[Token]:
    """The tokens of a formula, the last of kind "end".

    Raises InputError at the first character that no formula has.

    >>> [token.text for token in tokens("2x² − 1.5e3·sin(x1)")]
    ['2', 'x', '2', '-', '1.5e3', '*', 'sin', '(', 'x1', ')', '']
    """
    if len(text) > MOST_CHARACTERS:
        refuse(
            MOST_CHARACTERS + 1,
            f"the formula has {len(text)} characters; {MOST_CHARACTERS} is the most",
        )
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        else:
            found.append(_token(text, at))
            at = found[-1].end
    return [*found, Token("end", "", len(text), len(text))]


def _token(text: str, at: int) -> Token:
    character = text[at]
    if character in "(),":
        return Token(character, character, at, at + 1)
    if number := _NUMBER.match(text, at):
        return _number(text, number)
    if superscript := _SUPERSCRIPT.match(text, at):
        return Token("superscript", superscript[0].translate(_SUPERSCRIPTS), at, superscript.end())
    for width in (2, 1):
        if (symbol := text[at : at + width]) in _OPERATORS:
            return Token("operator", _OPERATORS[symbol], at, at + width)
    if _begins_name(character):
        return _name(text, at)
    quoted = repr(character) if character != "'" else '"\'"'
    hint = f"; {_HINTS[character]}" if character in _HINTS else ""
    refuse(at + 1, f"{quoted} is not allowed{hint}; {ALLOWED}")


def _number(text: str, match: re.Match[str]) -> Token:
    column, typed, follows = match.start() + 1, match[0], text[match.end() : match.end() + 1]
    if follows in (".", "_") and follows:
        refuse(
            match.end() + 1, f"{follows!r} is not allowed after {typed}: no number is so written"
        )
    if _OTHER_BASE.match(text, match.start()):
        refuse(column, "numbers are decimal; for a product write 0*…")
    mantissa = re.split("[eE]", typed)[0]
    if sum(map(str.isdigit, mantissa)) > MOST_DIGITS:
        refuse(column, f"the number has more than {MOST_DIGITS} digits")
    value = float(typed)
    if math.isinf(value):
        refuse(column, f"{typed} is too large: numbers go to 1.8e308")
    if value == 0.0 and any(digit in mantissa for digit in "123456789"):
        refuse(column, f"{typed} is too small: numbers other than 0 start at 5e-324")
    return Token("number", typed, match.start(), match.end())


def _begins_name(character: str) -> bool:
    return character == "_" or character.isalpha()


def _continues_name(character: str) -> bool:
    # Marks and digits that NFKC joins to a letter or a plain digit, such as ₁; ² is a power.
    return (
        _begins_name(character)
        or character in "₀₁₂₃₄₅₆₇₈₉"
        or unicodedata.category(character) in ("Nd", "Mn", "Mc")
    )


def _end(text: str, at: int, continues: Callable[[str], bool]) -> int:
    while at < len(text) and continues(text[at]):
        at += 1
    return at


def _name(text: str, at: int) -> Token:
    end = _end(text, at, _continues_name)
    typed = text[at:end]
    # As Python does: µ of the keyboard and Greek μ, x₁ and x1 are the same name.
    name = unicodedata.normalize("NFKC", typed)
    if len(typed) > LONGEST_NAME:
        refuse(at + 1, f"the name has more than {LONGEST_NAME} characters")
    if not name.isidentifier() or unicodedata.normalize("NFKC", name) != name:
        refuse(at + 1, f"{typed!r} is no name: names have letters, digits and _")
    if "__" in name:
        refuse(at + 1, f"{name!r} is not allowed: a name has no '__'")
    if name.lower() in ("nan", "inf", "infinity"):
        refuse(at + 1, f"{name!r} is no number here, and as a name it would be taken for one")
    if keyword.iskeyword(name):
        hint = "; write λ or lam" if name == "lambda" else ""
        refuse(at + 1, f"{name!r} is a word of Python, and not allowed{hint}; {ALLOWED}")
    return Token("name", "pi" if name == "π" else name, at, end)
