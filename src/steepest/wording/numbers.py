"""How numbers and directions are put into words."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from steepest.errors import printable, shortened
from steepest.translation import BOUND, closed_up, joined, noun_of, say, spoken, translated

if TYPE_CHECKING:
    from steepest.arrays import Floats

CARRIES = 0.1
# A number that begins a cell, or that something equals.
_NUMBER = r"(?:^|(?<== ))-?[\d.,]*\d(?:e[-+]?\d+)?(?=$|[,;)，；）\s])"  # compiled when needed


@dataclass(frozen=True)
class Direction:
    """An eigenvector: its eigenvalue, the factor an epoch shrinks it by, and who carries it.

    `shares` gives, by parameter, the squares of the unit vector's entries; they add up to 1.
    """

    eigenvalue: float
    factor: float
    shares: dict[str, float]

    @staticmethod
    def of(
        names: tuple[str, ...], eigenvalue: float, factor: float, vector: "Floats"
    ) -> "Direction":
        """The direction of one column of the eigenvector matrix."""
        shares = dict(zip(names, (vector**2).tolist(), strict=True))
        return Direction(float(eigenvalue), float(factor), shares)

    @property
    def carriers(self) -> tuple[str, ...]:
        """Parameters with a tenth or more of the direction, the greatest first; at most four."""
        greatest = sorted(self.shares, key=lambda name: -self.shares[name])
        return tuple(name for name in greatest if self.shares[name] >= CARRIES)[:4] or (
            greatest[0],
        )

    def __str__(self) -> str:
        parts = [f"{name} ({_whole_percent(self.shares[name])})" for name in self.carriers]
        return printable(listed(parts))


def listed(parts: Sequence[str]) -> str:
    """A list in a sentence.

    >>> listed(["x", "y", "z"])
    'x, y and z'
    """
    between, last = ("、", f"{BOUND} 和 {BOUND}") if spoken() == "zh" else (", ", " and ")
    return closed_up(last.join([between.join(parts[:-1]), *parts[-1:]] if parts[1:] else parts))


def in_turn(parts: Iterable[str]) -> str:
    """Parts of a sentence that may hold commas.

    >>> in_turn(["x = 1, y = 2", "…"])
    'x = 1, y = 2; …'
    """
    return ("；" if spoken() == "zh" else "; ").join(parts)


def first_few(names: Sequence[str], most: int = 5) -> str:
    """
    >>> first_few("abcdefg"), first_few("ab")
    ('a, b, c, d, e, …', 'a, b')
    """
    return joined([*names[:most], *(["…"] if len(names) > most else [])])


def quoted(name: str) -> str:
    """A name from the data between quotes, cut where it is long.

    >>> quoted("Rome")
    "'Rome'"
    """
    return repr(shortened(name, 40))


def shape(sizes: Sequence[int]) -> str:
    """The sizes of a tensor as Python writes them.

    >>> shape([5]), shape([5, 1])
    ('(5,)', '(5, 1)')
    """
    return str(tuple(sizes))


def place(names: tuple[str, ...], values: "Floats") -> str:
    """A point: the first four parameters, and how many there are besides.

    >>> import numpy as np
    >>> place(("x", "y"), np.array([0.30000000000000004, -2.0]))
    'x = 0.3, y = -2'
    """
    said = [f"{name} = {value + 0.0:.6g}" for name, value in zip(names, values, strict=True)]
    more = len(said) - 4
    if more <= 1:
        return ", ".join(said)
    return say("{some} and {more} more", some=", ".join(said[:4]), more=more)


def assigned(values: Mapping[str, float], digits: int = 9) -> str:
    """Values by name.

    >>> assigned({"x": 0.1, "y": -2.0})
    'x = 0.1, y = -2'
    """
    return ", ".join(f"{name} = {value:.{digits}g}" for name, value in values.items())


def number(value: float) -> str:
    """Four significant digits, and more where these would make a whole number of one that is none.

    >>> number(0.00040129), number(5565.107834), number(1.00004), number(1.0 - 1e-12)
    ('0.0004013', '5565', '1.00004', '1')
    """
    return rounded(value, 4, noise=1e-9)


def rounded(value: float, digits: int, noise: float = 1e-12) -> str:
    """So many significant digits. Where these reach beyond the point and say a whole number, and it
    is none by more than a share of `noise`: as many as tell it from that.

    >>> rounded(0.9999999, 6), rounded(1.0 - 1e-14, 6), rounded(2.5, 6), rounded(123456.7, 6)
    ('0.9999999', '1', '2.5', '123457')
    """
    said = f"{value:.{digits}g}"
    if not 0.5 < abs(value) < 10.0 ** (digits - 1) or not float(said).is_integer():
        return said
    whole = float(said)
    if abs(value - whole) <= noise * abs(whole):
        return said
    more = (f"{value:.{k}g}" for k in range(digits + 1, 17))
    return next((longer for longer in more if float(longer) != whole), said)


def _whole_percent(share: float) -> str:
    """
    >>> _whole_percent(0.812), _whole_percent(0.9999), _whole_percent(1.0)
    ('81%', '>99%', '100%')
    """
    return ">99%" if 0.99 < share < 1.0 - 1e-12 else f"{share:.0%}"


def with_error(value: float, error: float) -> str:
    """A number with its standard error, to the second digit of that; alone where there is none.

    >>> with_error(0.76843, 0.0123), with_error(2831.0, 40.2), with_error(0.5, 0.0)
    ('0.768 ± 0.012', '2831 ± 40', '0.5')
    """
    if not 0.0 < error < math.inf or not math.isfinite(value):
        return number(value)
    last = math.floor(math.log10(error)) - 1  # the place of the error's second digit
    rounded = round(value, -last)
    if not 1e-4 <= max(abs(value), error) < 1e6:
        digits = math.floor(math.log10(abs(rounded))) - last if rounded else 0
        return f"{rounded:.{min(max(digits, 0), 15)}e} ± {error:.1e}"
    return f"{rounded:.{max(-last, 0)}f} ± {round(error, -last):.{max(-last, 0)}f}"


def trusted(value: float, error: float, least: float = 0.0, most: int = 9) -> str:
    """The digits of a number that its error leaves, at most so many: 0 where it is not told from 0,
    and a dash where not even that is known, to within `least`.

    >>> trusted(1.23456789, 1e-16), trusted(1.23456789, 3e-4), trusted(1e-17, 1e-16, 1e-9)
    ('1.23456789', '1.235', '0')
    >>> trusted(3.0, 100.0), trusted(3.0, -1.0)
    ('–', '–')
    """
    if value == 0.0:
        return "0"
    if not math.isfinite(value):
        return f"{value:g}"
    if not 0.0 <= error < abs(value):  # an error below 0 or nan, of a damaged file, is unknown
        return "0" if 0.0 <= error <= least else "–"
    digits = most if error == 0.0 else math.ceil(math.log10(abs(value)) - math.log10(error))
    return f"{value:.{min(max(digits, 1), most)}g}"


def alike(low: float, high: float) -> bool:
    """Whether the digits shown cannot tell two curvatures apart.

    >>> alike(1.9999999, 2.0), alike(1.0, 1.01)
    (True, False)
    """
    shown = f"{low:.4g}" == f"{high:.4g}"
    return low == high or (low > 0.0 and shown and f"{high / low:.4g}" == "1")


def factor(value: float) -> str:
    """What an epoch multiplies an error by: four digits, or as many as tell it from 1.

    >>> factor(0.8), factor(1.0002), factor(1.0 - 2e-9)
    ('0.8', '1.0002', '0.999999998')
    """
    return rounded(value, 4, noise=0.0)


def rate(value: float) -> str:
    """Six significant digits: a stable and a best rate are often close.

    >>> rate(0.000401296)
    '0.000401296'
    """
    return f"{value:.6g}"


def stable_and_best(stable: float, best: float) -> tuple[str, str]:
    """Both rates, with as many digits as it takes to tell them apart.

    >>> stable_and_best(2.587364e-07, 2.587363e-07)
    ('2.587364e-07', '2.587363e-07')
    """
    for digits in range(6, 17):
        pair = f"{stable:.{digits}g}", f"{best:.{digits}g}"
        if pair[0] != pair[1]:
            return pair
    return repr(stable), repr(best)


def count(value: float) -> str:
    """A count of epochs: whole up to ten million, then rounded.

    >>> count(915205.0), count(3.2e21), count(float("inf"))
    ('915205', '3.2e+21', 'infinitely many')
    """
    value = float(value) if value < 1e300 else math.inf
    if not math.isfinite(value):
        return translated("infinitely many")
    return f"{value:.0f}" if value < 1e7 else f"{value:.2g}"


def epochs(value: float) -> str:
    """A count with its noun: "1 epoch", "142 epochs"."""
    return counted_as(value, "epoch")


def counted_as(value: float, unit: str) -> str:
    """A count of epochs or steps with its noun.

    >>> counted_as(1, "step"), counted_as(2.5e8, "step")
    ('1 step', '2.5e+08 steps')
    """
    return f"{count(value)} {noun_of(value, unit)}"


def noun(name: str) -> str:
    """A noun as it follows a number, such as the unit of an epoch's number."""
    return noun_of(1, name)


def with_article(unit: str) -> str:
    """
    >>> with_article("epoch"), with_article("step")
    ('an epoch', 'a step')
    """
    if spoken() != "en":
        return noun(unit)
    return f"{'an' if unit[0] in 'aeiou' else 'a'} {unit}"


def name_row(index: int) -> str:
    """What a row is called where its place in a file is not known.

    >>> name_row(2)
    'row 3 (index 2)'
    """
    return say("row {number} (index {index})", number=index + 1, index=index)


def moment(epoch: float) -> str:
    """An epoch that was reached: whole, or within one of mini-batches.

    >>> moment(3.0), moment(0.7)
    ('3', '0.7')
    """
    return count(epoch) if float(epoch).is_integer() else f"{epoch:.3g}"


def percent(share: float) -> str:
    """A share in percent, never rounded to all or nothing.

    >>> percent(0.99996), percent(0.25), percent(1e-9)
    ('>99.9 %', '25 %', '<0.1 %')
    """
    if share < 1e-3:
        return "<0.1 %"
    return ">99.9 %" if 0.999 < share < 1.0 - 1e-12 else f"{100.0 * share:.3g} %"


def with_minus(text: str) -> str:
    """The text with minus signs for hyphens.

    >>> with_minus("from -1e-05")
    'from −1e−05'
    """
    return text.replace("-", "−")


def numbers_with_minus(cell: str) -> str:
    """A cell of a table, its numbers with minus signs; names keep their hyphens.

    >>> numbers_with_minus("-1.5e-05"), numbers_with_minus("x = -2, y-2 = 1")
    ('−1.5e−05', 'x = −2, y-2 = 1')
    """
    return re.sub(_NUMBER, lambda found: with_minus(found[0]), cell)


def together(sentences: Iterable[str]) -> str:
    """Sentences one after another; Chinese ones have no space between them."""
    return ("" if spoken() == "zh" else " ").join(sentences)


def sentence(part: object) -> str:
    """A part of a sentence as a sentence of its own.

    >>> sentence("no end was asked for")
    'No end was asked for.'
    """
    if spoken() == "zh":
        return f"{str(part).removesuffix('。')}。"
    return f"{capitalized(str(part)).removesuffix('.')}."


def capitalized(sentence: str) -> str:
    """The sentence with its first letter raised; names in the rest stay as they are, and Chinese
    sentences, which may begin with a name.
    """
    return sentence if spoken() == "zh" else sentence[:1].upper() + sentence[1:]


def finite(value: Any) -> Any:
    """The value with None for what JSON has no word for: NaN and the infinities."""
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
