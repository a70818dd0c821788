"""What the levels of a column of text look like, where they may be meant as numbers or dates."""

import re
from collections.abc import Sequence
from typing import Literal, get_args

Likeness = Literal[
    "months",
    "months of years",
    "quarters",
    "quarters of years",
    "weeks",
    "short dates",
    "ranges",
    "fractions",
    "hexadecimal",
    "powers",
    "amounts",
]
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_NUMBER = r"(?:0|[1-9]\d*)(?:[.,]\d+)?"
_BESIDE = r"[<>≤≥~≈±]=?\s*"
_FORMS: dict[Likeness, str] = {
    "months": _MONTH,
    "months of years": rf"\d{{4}}-(?:0[1-9]|1[0-2])|{_MONTH}[ '-]*(?:\d{{4}}|\d{{2}})",
    "quarters": r"q[1-4]|[1-4]q",
    "quarters of years": r"\d{4}[ -]?q[1-4]|(?:q[1-4]|[1-4]q)[ -]?(?:\d{4}|\d{2})",
    "weeks": r"\d{4}-?w\d{2}",
    "short dates": r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}|\d{1,2}[ -]" + _MONTH + rf"|{_MONTH} \d{{1,2}}",
    "ranges": rf"{_NUMBER}\s*(?:[-–—]|to|\.\.)\s*{_NUMBER}",
    "fractions": r"(?:\d+ )?\d{1,3}/\d{1,3}|\d* ?[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]",
    "hexadecimal": r"0x[0-9a-f]+",
    "powers": rf"{_NUMBER}\s*[x×·*]\s*10\s*(?:\^|\*\*)?\s*[⁰¹²³⁴⁵⁶⁷⁸⁹⁻−+\d-]+",
    # A unit of its own for each only behind a blank: 3A and 4B are codes.
    "amounts": (
        rf"(?:{_BESIDE}|(?:ca?\.?|about|approx\.?)\s*)?[+-]?{_NUMBER}(?:e[+-]?\d+)?"
        r"(?:\s[^\W\d]{1,12}\.?|\s?(?:k|m|bn|%|°c?|\*|\?|†|‡|[a-zµ]{1,3}[²³])|\s?\(\w+\.?\))?"
    ),
}
assert tuple(_FORMS) == get_args(Likeness)
_SAME_BESIDE = re.compile(r"([^\w\s]{0,2}\s*)\d[\d.,]*(\s*[^\d\s][^\d]{0,15})?")
_PLAIN = re.compile(_NUMBER)


def likeness_of(levels: Sequence[str]) -> tuple[Likeness, str] | None:
    """What more than half of the levels look like, and at least two, with the first of them; None
    for nothing of these.

    >>> [likeness_of(each) for each in (["-", "Jan", "Feb"], ["2021Q3", "2021Q4"], ["1-2", "3-5"])]
    [('months', 'Jan'), ('quarters of years', '2021Q3'), ('ranges', '1-2')]
    >>> [likeness_of(each) for each in (["5 kg", "300 g"], ["3A", "4B"], ["1st", "2nd"])]
    [('amounts', '5 kg'), None, None]
    """
    bare = [level.strip() for level in levels]
    enough = max(2, len(bare) // 2 + 1)
    with_digits = sum(any(map(str.isnumeric, level)) for level in bare)
    for like, form in _FORMS.items():
        if like != "months" and with_digits < enough:  # all other forms have one
            break
        found = [level for level in bare if re.fullmatch(form, level, re.IGNORECASE)]
        if len(found) >= enough and not all(map(_PLAIN.fullmatch, found)):
            return like, found[0]
    return ("amounts", bare[0]) if _have_the_same_beside(bare) else None


def _have_the_same_beside(levels: Sequence[str]) -> bool:
    """Whether all levels are a number with the same beside it, such as a unit.

    >>> _have_the_same_beside(["5 kg", "12.5 kg"]), _have_the_same_beside(["1st", "2nd"])
    (True, False)
    """
    found = [_SAME_BESIDE.fullmatch(level) for level in levels]
    beside = {None if each is None else (each[1], each[2] or "") for each in found}
    return len(levels) > 1 and len(beside) == 1 and beside.isdisjoint({None, ("", "")})
