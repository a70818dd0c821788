"""Numbers as people write them: $1,200 and 1.200,50 and 10 % and (5), read as they are meant."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

from steepest.errors import InputError
from steepest.wording.fact import phrase

# A column is numbers when two in three of its values are: the others are then named as errors.
NUMBERS_SHARE = 2 / 3
_CURRENCY = (
    r"(?:(?:US|R|A|C|HK|NZ)?\$|[€£¥₹₽₩₺₪฿₫₴]|kr\.?|zł|Rs\.?|EUR|USD|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK"
    "|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|KRW|TRY|RUB)"
)
_PERCENT = r"(?:\s*%)?"
# A sign between the currency and the number, and a space there.
_SIGN_INSIDE = re.compile(rf"({_CURRENCY})\s*([+−-]?)\s*(?=[0-9.,])")
# Marks as Chinese and Japanese text has them, as wide as its letters.
_WIDE = str.maketrans("．，－＋％（）", ".,-+%()")
_LONGEST = 64  # letters of a number
_SPACES = " \u00a0\u202f\u2009"
_THOUSANDS = (",", ".", " ", "'", "_")
DECIMALS = (".", ",")


@final
@dataclass(frozen=True)
class NumberText:
    """How numbers are written.

    - `thousands`: the mark between groups of three digits;   `decimal`: before the fraction
    - `percent`: whether 10% is a number, 10

    Currencies, a pair of single quotes, brackets for a minus or one behind the number, Fortran's D
    before an exponent, India's groups of two digits and the digits of other scripts are understood.

    >>> german = NumberText(thousands=".", decimal=",")
    >>> german.plain("1.200,50"), german.plain("12.00"), german.plain("-3 €")
    ('1200.50', None, '-3')
    >>> NumberText(",").plain("$1,200"), NumberText(percent=True).plain("10 %")
    ('1200', '10')
    >>> NumberText().plain("(5)"), NumberText().plain("2D3"), NumberText().plain("'1'")
    ('-5', '2e3', '1')
    >>> NumberText(",").plain("EUR 1,00,000"), NumberText().plain("5-"), NumberText().plain("１２")
    ('100000', '-5', '12')
    """

    thousands: str | None = None
    decimal: str = "."
    percent: bool = False

    def plain(self, text: str) -> str | None:
        """The number as Python writes it; None for what is no number."""
        if text.isascii() and text.isdigit():
            return text
        if len(text) > _LONGEST:
            return None
        found = self._pattern.fullmatch(_bare(text))
        if found is None:
            return None
        signs = [
            found["sign"] or "",
            found["after"] or "",
            (found["open"] or "") + (found["close"] or ""),
        ]
        if sum(map(bool, signs)) > 1 or signs[2] in ("(", ")"):
            return None
        sign = "-" if any(signs) and signs[0] != "+" else ""
        whole = re.sub(r"\D", "", found["whole"] or "0")
        fraction = f".{found['fraction']}" if found["fraction"] else ""
        exponent = f"e{found['exponent']}" if found["exponent"] else ""
        return f"{sign}{whole}{fraction}{exponent}"

    @property
    def options(self) -> str:
        """The arguments that read them, as one would type them."""
        said = {"thousands": self.thousands, "decimal": None if self.decimal == "." else ","}
        given = [f"{name}={value!r}" for name, value in said.items() if value is not None]
        given += ["percent=True"] if self.percent else []
        return ", ".join(given or ["decimal='.'"])

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        mark, point = self.thousands, re.escape(self.decimal)
        group = {" ": _SPACES, "'": "'\u2019"}.get(mark or "", mark)
        if group is None:
            grouped = ""
        else:
            three, two = rf"[{re.escape(group)}][0-9]{{3}}", rf"[{re.escape(group)}][0-9]{{2}}"
            grouped = rf"[1-9][0-9]{{0,2}}(?:{three})+|[1-9][0-9]?(?:{two})+{three}|"
        return re.compile(
            rf"(?P<open>\()?(?P<sign>[+−-])?{_CURRENCY}?(?=[0-9]|{point}[0-9])"
            rf"(?P<whole>{grouped}[0-9]+)?(?:{point}(?P<fraction>[0-9]*))?"
            rf"(?:[eEdD](?P<exponent>[+-]?[0-9]+))?"
            rf"\s*{_CURRENCY}?{_PERCENT if self.percent else ''}(?P<after>[−-])?(?P<close>\))?"
        )


def _bare(text: str) -> str:
    """The text without spaces and one pair of single quotes around it; a sign comes first."""
    text = text.strip()
    if not text.isascii():
        digits = (str(int(each)) if each.isdecimal() else each for each in text)
        text = "".join(digits).translate(_WIDE)
    if len(text) > 2 and text[0] == text[-1] == "'":
        text = text[1:-1].strip()
    return _SIGN_INSIDE.sub(r"\2\1", text)


def number_text(
    thousands: str | None, decimal: str | None, percent: bool | None
) -> NumberText | None:
    """How numbers are written, from what a user says of it; None where nothing is said.

    Raises InputError for marks that no number has.
    """
    if thousands is None and decimal is None and not percent:
        return None
    if decimal is None:
        decimal = "," if thousands == "." else "."
    if decimal not in DECIMALS:
        raise InputError("decimal is {decimal!r}; use '.' or ','", decimal=decimal)
    if thousands is not None and thousands not in (*_THOUSANDS, *_SPACES):
        raise InputError(
            "thousands is {thousands!r}; use one of , . ' _ or a space", thousands=thousands
        )
    if thousands == decimal:
        raise InputError(
            "thousands and decimal are both {decimal!r}; a number has one of each", decimal=decimal
        )
    return NumberText(" " if thousands in [*_SPACES] else thousands, decimal, bool(percent))


def readings_of(values: Sequence[str], decimals: Sequence[str] = DECIMALS) -> list[NumberText]:
    """The ways of writing by which all of the values are numbers, one for each that differs.

    >>> [reading.options for reading in readings_of(["1,200", "900"])]
    ["decimal=','", "thousands=','"]
    >>> [reading.options for reading in readings_of(["1.234,50", "999,00"])]
    ["thousands='.', decimal=','"]
    """
    percent = any("%" in value for value in values)
    found: dict[tuple[str | None, ...], NumberText] = {}
    for thousands in (None, *_THOUSANDS):
        for decimal in decimals:
            if thousands != decimal:
                reading = NumberText(thousands, decimal, percent)
                numbers = tuple(map(reading.plain, values))
                if None not in numbers:
                    found.setdefault(numbers, reading)
    return list(found.values())


def advice_for_numbers(values: Sequence[str], decimals: Sequence[str] = DECIMALS) -> str:
    """How to read text that mostly holds numbers, as far as its values agree on it.

    `decimals`: the decimal marks that are possible.

    >>> advice_for_numbers(["$1,200.50", "$900"])
    "read it with thousands=','"
    >>> advice_for_numbers(["1,200", "900"])
    "read it with decimal=',' if '1,200' is 1.200, with thousands=',' if it is 1200"
    >>> advice_for_numbers(["10%", "unknown"])
    "'unknown' is none: correct it, or leave the field empty; read it with percent=True"
    """
    numbers = [value for value in values if _is_number(value)]
    others = [value for value in values if not _is_number(value)]
    readings = readings_of(numbers, decimals)
    plain = [[reading.plain(value) for reading in readings] for value in numbers]
    at = next((at for at, ways in enumerate(plain) if len(set(ways)) == len(ways)), 0)
    return phrase(
        "way to read numbers",
        odd=others[0] if others else None,
        example=numbers[at],
        ways=[(way.options, number) for way, number in zip(readings, plain[at], strict=True)],
    )


def _is_number(value: str) -> bool:
    if not any(map(str.isdecimal, value)):  # most text: the forms need not even be compiled
        return False
    return any(reading.plain(value) is not None for reading in _ANY)


def looks_like_numbers(values: Sequence[str]) -> bool:
    """Whether two in three of the values are numbers as people write them.

    >>> looks_like_numbers(["$5", "1,200", "unknown"]), looks_like_numbers(["A1", "2020-01-01"])
    (True, False)
    """
    counts = Counter(values)
    numbers = sum(count for value, count in counts.items() if _is_number(value))
    return numbers > 0 and numbers >= NUMBERS_SHARE * len(values)


_ANY = tuple(
    NumberText(mark, decimal, True)
    for mark in _THOUSANDS
    for decimal in DECIMALS
    if mark != decimal
)
