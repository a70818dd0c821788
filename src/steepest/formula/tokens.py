"""The text of a formula as tokens: numbers, names, operators, brackets and commas."""

import keyword
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, final

from steepest.errors import InputError
from steepest.number_checks import MINUSES
from steepest.translation import gathered, say, translated

ALLOWED = gathered(
    "a formula has numbers, names, + - * / ^ ( ) and functions such as sin, exp, sqrt"
)
MOST_CHARACTERS = 10_000
MOST_DIGITS = 50
LONGEST_NAME = 100

_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_OTHER_BASE = re.compile(r"0[xXoObB][0-9a-fA-F]")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SUPERSCRIPT = re.compile("⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_OPERATORS = {"**": "^"} | {c: c for c in "+-*/^"}
# Signs that stand for those of the keyboard, in texts, on other keyboards and in full width.
_SAME = {
    "-": MINUSES,
    "+": "﹢➕\u2064",  # the last three are MathML's signs of no width
    "*": "×✕✖⨯·∙⋅•‧・･∗⁎✱﹡\u2062",
    "/": "÷∕⁄➗",
    "^": "ˆ",
    ".": "٫",
    ",": "،﹐\u2063",
    "(": "﹙⁅",
    ")": "﹚⁆",
}  # fmt: skip
_CANONICAL = {ord(sign): plain for plain, signs in _SAME.items() for sign in signs}
_CANONICAL |= {ord("！") + i: chr(ord("!") + i) for i in range(94)}  # full width
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\u2061\ufe0e\ufe0f\ufeff]+")
_BOUND = gathered("a bound is given beside the formula, not in it")
_WORDS = gathered("write the sum or product out")
_HINTS = gathered(
    {
        "[": "use ( )",
        "]": "use ( )",
        "{": "use ( )",
        "}": "use ( )",
        "|": "write abs(x)",
        "=": "write only the expression that is to be minimised",
        "∛": "write x^(1/3)",
        "∜": "write x^(1/4)",
        "∞": "numbers are finite",
        "±": "write one formula for each sign",
        "°": "write x*pi/180",
        ":": "a quotient is written with /",
        "∶": "a quotient is written with /",
        "‖": "write norm(x, y)",
        "′": "no derivative is written in a formula",
        "″": "no derivative is written in a formula",
        **dict.fromkeys("【】「」『』〔〕⟨⟩〈〉", "use ( )"),
        **dict.fromkeys("<>≤≥≦≧⩽⩾≠≈", _BOUND),
        **dict.fromkeys("∑∏∫", _WORDS),
        **dict.fromkeys("、٬", "arguments are parted by a comma, and digits by nothing"),
        **dict.fromkeys("⁽⁾⁺⁼⁻", "write the power with ^, as in x^(a - 1)"),
        "%": "write a fraction, such as 5/100",
        "!": "there is no factorial",
        ".": "nothing has attributes, and a number has digits beside its point",
        ";": "write one expression",
    }
)


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


def refuse(column: int, what: str, /, **values: Any) -> NoReturn:
    """Raise the InputError that says what is wrong at a column, counted from 1: a template with its
    values.
    """
    raise InputError("formula, column {column}: {what}", column=column, what=say(what, **values))


def tokens(text: str) -> list[Token]:
    """The tokens of a formula, the last of kind "end".

    Raises InputError at the first character that no formula has.

    >>> [token.text for token in tokens("2x² − 1.5e3·sin(x1)")]
    ['2', 'x', '2', '-', '1.5e3', '*', 'sin', '(', 'x1', ')', '']
    """
    if len(text) > MOST_CHARACTERS:
        refuse(
            MOST_CHARACTERS + 1,
            "the formula has {count} characters; {MOST_CHARACTERS} is the most",
            count=len(text),
            MOST_CHARACTERS=MOST_CHARACTERS,
        )
    plain = "".join(map(_plain, text.translate(_CANONICAL)))
    found: list[Token] = []
    at = 0
    while at < len(text):
        if plain[at].isspace():
            at += 1
        elif invisible := _INVISIBLE.match(plain, at):
            at = _after_invisible(plain, invisible)
        else:
            found.extend(_root(plain, at) if plain[at] == "√" else [_token(plain, at)])
            at = found[-1].end
    return [*found, Token("end", "", len(text), len(text))]


def _plain(character: str) -> str:
    """A digit of any script as that of ASCII; what is no digit as it is."""
    if character.isascii() or unicodedata.category(character) != "Nd":
        return character
    return str(unicodedata.digit(character))


def _after_invisible(text: str, match: re.Match[str]) -> int:
    """The end of characters without a width. Refused within a word: is that one word, or two?"""
    at, end = match.span()
    before, after = text[at - 1 : at], text[end : end + 1]
    if before.isalnum() and after.isalnum():
        named = f"{unicodedata.name(text[at]).lower()}, U+{ord(text[at]):04X}"
        refuse(
            at + 1,
            "an invisible character ({named}) stands after {before!r}: delete it",
            named=named,
            before=before,
        )
    return end


def _root(text: str, at: int) -> list[Token]:
    """√(…), and √ of one number or name, as a call of sqrt."""
    root, start = Token("name", "sqrt", at, at + 1), at + 1
    while text[start : start + 1].isspace():
        start += 1
    if text[start : start + 1] == "(":
        return [root]
    known = _NUMBER.match(text, start) or _begins_name(text[start : start + 1])
    of = _token(text, start) if known else None
    follows = text[of.end :].lstrip()[:1] if of else ""
    if of is None or follows not in ("", *"+-*/,)") or text[of.end :].lstrip().startswith("**"):
        refuse(at + 1, "of what is '√' the root? Write sqrt(…)")
    return [root, Token("(", "(", start, start), of, Token(")", ")", of.end, of.end)]


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
    refuse(
        at + 1,
        "{character} is not allowed{character_2}; {ALLOWED}",
        character=_quoted(character),
        character_2=_hint(character),
        ALLOWED=translated(ALLOWED),
    )


def _quoted(character: str) -> str:
    quoted = repr(character) if character != "'" else '"\'"'
    if character.isascii():
        return quoted
    return f"{quoted} ({unicodedata.name(character, f'U+{ord(character):04X}').lower()})"


def _hint(character: str) -> str:
    """What to write instead, after a semicolon; "" where that is not known."""
    if character in _HINTS:
        return say("; {hint}", hint=translated(_HINTS[character]))
    written = unicodedata.normalize("NFKC", character).replace("⁄", "/")
    kind = unicodedata.decomposition(character).partition(" ")[0]
    known = {
        "<fraction>": say("; write ({written})", written=written),
        "<super>": say("; a power is written ^{written}", written=written),
    }
    return known.get(kind, "")


def _number(text: str, match: re.Match[str]) -> Token:
    column, typed, follows = match.start() + 1, match[0], text[match.end() : match.end() + 1]
    if follows in (".", "_") and follows:
        refuse(
            match.end() + 1,
            "{follows!r} is not allowed after {typed}: no number is so written",
            follows=follows,
            typed=typed,
        )
    if _OTHER_BASE.match(text, match.start()):
        refuse(column, "numbers are decimal; for a product write 0*…")
    mantissa = re.split("[eE]", typed)[0]
    if sum(map(str.isdigit, mantissa)) > MOST_DIGITS:
        refuse(column, "the number has more than {MOST_DIGITS} digits", MOST_DIGITS=MOST_DIGITS)
    value = float(typed)
    if math.isinf(value):
        refuse(column, "{typed} is too large: numbers go to 1.8e308", typed=typed)
    if value == 0.0 and any(digit in mantissa for digit in "123456789"):
        refuse(column, "{typed} is too small: numbers other than 0 start at 5e-324", typed=typed)
    return Token("number", typed, match.start(), match.end())


def _begins_name(character: str) -> bool:
    return character == "_" or (character.isalpha() and not _is_modifier(character))


def _is_modifier(character: str) -> bool:
    """Raised letters such as ˣ of 2ˣ, which NFKC would make plain ones, and signs such as ˑ."""
    raised = unicodedata.decomposition(character).startswith("<super>")
    return raised or "\u02b0" <= character <= "\u02ff"


def _is_pi(character: str) -> bool:
    return unicodedata.normalize("NFKC", character) == "π"


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
    # π stands for itself: πr is π·r, and only a number makes π₁ a name.
    pi = next((i for i in range(at, end) if _is_pi(text[i])), None)
    if pi is not None and pi > at:
        end = pi
    elif pi is not None and text[at + 1 : at + 2].isalpha():
        end = at + 1
    typed = text[at:end]
    # As Python does: µ of the keyboard and Greek μ, x₁ and x1 are the same name.
    name = unicodedata.normalize("NFKC", typed)
    if len(typed) > LONGEST_NAME:
        refuse(
            at + 1,
            "the name has more than {LONGEST_NAME} characters",
            LONGEST_NAME=LONGEST_NAME,
        )
    if not name.isidentifier() or unicodedata.normalize("NFKC", name) != name:
        refuse(at + 1, "{typed!r} is no name: names have letters, digits and _", typed=typed)
    if "__" in name:
        refuse(at + 1, "{name!r} is not allowed: a name has no '__'", name=name)
    if name.lower() in ("nan", "inf", "infinity"):
        refuse(
            at + 1,
            "{name!r} is no number here, and as a name it would be taken for one",
            name=name,
        )
    if keyword.iskeyword(name):
        hint = say("; write λ or lam") if name == "lambda" else ""
        refuse(
            at + 1,
            "{name!r} is a word of Python, and not allowed{hint}; {ALLOWED}",
            name=name,
            hint=hint,
            ALLOWED=translated(ALLOWED),
        )
    return Token("name", "pi" if name == "π" else name, at, end)
