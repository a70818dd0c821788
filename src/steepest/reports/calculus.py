"""What calculus says of a formula: the formula in print, its derivatives, its stationary points."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.errors import InputError
from steepest.formula.critical_points.stationary import Search, StationaryPoint, StationaryPoints
from steepest.formula.formula import Formula
from steepest.formula.mathml import printed
from steepest.formula.symbolic import Symbolic
from steepest.formula.to_sympy import symbols
from steepest.path.step import Step
from steepest.reports.cells import number
from steepest.reports.html import Html, filled, note, row, section, table, tag
from steepest.translation import translated
from steepest.wording.fact import Fact, fact, phrase
from steepest.wording.numbers import capitalized, place, with_minus

# Of a longer formula SymPy works for seconds, and nobody reads the derivatives.
LONGEST = 1000  # letters
_SECONDS = 5.0  # of the search for stationary points
_HEADING = 60  # letters of a formula that fits a heading
_NAMES = 6  # in a heading
_DERIVATIVES = 12
_POINTS = 20
_PRINTED = 20_000  # letters of MathML


@final
@dataclass(frozen=True, eq=False)
class Calculus:
    """A formula, as SymPy has it, and the search for its stationary points.

    `symbolic` is None where the formula is too long for it. What has to be searched for is, in a
    process of its own with a time limit, while the pictures are drawn.
    """

    formula: Formula
    symbolic: Symbolic | None
    search: Search | None

    @staticmethod
    def begin(formula: Formula) -> "Calculus":
        """Begin the search."""
        try:
            symbolic = Symbolic.of(formula) if len(formula.text) <= LONGEST else None
        except InputError:
            symbolic = None
        if symbolic is None:
            return Calculus(formula, None, None)
        return Calculus(formula, symbolic, Search.begin(formula, _SECONDS))

    @property
    def name(self) -> Html:
        """The formula as a heading has it: in print where it is short."""
        if self.symbolic is not None and len(self.formula.text) <= _HEADING:
            both = _math(Html(printed(self.formula.tree)), self.formula.text)
            return tag("span", both, class_="formula")
        names = self.formula.names
        more = f", … ({len(names)})" if len(names) > _NAMES else ""
        return tag("span", f"f({', '.join(names[:_NAMES])}{more})")

    def section(self, last: Step | None = None) -> Html:
        """Formula, derivatives and stationary points; and how far from these a run ended."""
        code = tag("code", self.formula.text)
        typed = tag("p", filled(phrase("as typed", formula="{}"), code), class_="note")
        return section(phrase("Calculus"), self._equations(), typed, self._stationary(last))

    def _equations(self) -> list[Html]:
        if self.symbolic is None:
            return note(phrase("formula too long"))
        names = self.formula.names
        lines: list[Html] = []
        try:
            typed = printed(self.formula.tree)
            lines.append(_equation(_value(names), Html(typed), self.formula.text))
            for name in names[:_DERIVATIVES]:
                lines.append(self._derivative(self.symbolic, name))
        except InputError as error:
            return [*lines, *note(capitalized(str(error)))]
        if len(names) > _DERIVATIVES:
            lines += note(phrase("first derivatives", shown=_DERIVATIVES, of=len(names)))
        return lines

    def _derivative(self, symbolic: Symbolic, name: str) -> Html:
        part = symbolic.derivative(name)
        left = _slope(name, len(self.formula.names) == 1)
        said = phrase("derivative by", name=name, derivative=part)
        return _equation(left, _inside(symbolic.mathml(part)), said)

    def _stationary(self, last: Step | None) -> list[Html]:
        if self.search is None:
            return []
        try:
            points = self.search.result()
        except InputError as error:
            return note(capitalized(str(error)))
        listed = points.points[:_POINTS]
        parts = [tag("p", str(_summary(points, len(listed))))]
        if listed:
            head = [*self.formula.names, "f", phrase("kind")]
            parts.insert(0, tag("h3", phrase("Stationary points")))
            parts.append(table(head, [_row(point) for point in listed], class_="points"))
        if last is not None and listed and np.isfinite(last.objective):
            parts.append(tag("p", str(_nearest(last, points.points))))
        return parts


def _summary(points: StationaryPoints, shown: int) -> Fact:
    """How many there are, whether these are all, and where there are kinks."""
    return fact(
        "stationary points",
        count=len(points.points),
        shown=shown,
        complete=points.complete,
        finished=points.finished,
        reason=points.reason,
        kinks=list(points.kinks[:4]),
    )


def _row(point: StationaryPoint) -> Html:
    first, *rest = (_coordinate(point, name) for name in point.coordinates)
    value = _exactly(point.exact_value, point.value)
    return row(first, [*rest, value, translated(point.called)])


def _coordinate(point: StationaryPoint, name: str) -> str:
    return _exactly(point.exact.get(name, ""), point.coordinates[name])


def _exactly(exact: str, value: float) -> str:
    """The exact text, and the number where it is another."""
    plain = number(value)
    exact = with_minus(exact).replace("**", "^").replace("*", "·")
    return plain if exact in ("", plain) else f"{exact} = {plain}"


def _nearest(last: Step, points: Iterable[StationaryPoint]) -> Fact:
    """How far the last step is from the nearest stationary point."""
    places = {
        math.dist(last.parameters, [p.coordinates[name] for name in last.names]): p for p in points
    }
    distance, point = min(places.items(), key=lambda item: item[0])
    at = place(last.names, np.array([point.coordinates[name] for name in last.names]))
    kind = phrase("stationary point") if point.kind == "undecided" else point.called
    return fact("nearest stationary point", distance=distance, called=kind, place=at)


def _equation(left: Html, right: Html, text: str) -> Html:
    """left = right, on a line of its own that scrolls where it is too wide."""
    if len(right) > _PRINTED:
        raise InputError("the derivatives are too long to be printed")
    both = _math(Html(f"{left}<mo>=</mo>{right}"), text, display="block")
    return tag("div", both, class_="equation")


def _math(inside: Html, text: str, **attributes: str) -> Html:
    return tag("math", inside, alttext=text, **attributes)


def _inside(mathml: str) -> Html:
    """What is in a `<math>` element of `Symbolic.mathml`, which has escaped all text in it."""
    match = re.fullmatch(r"<math[^>]*>(.*)</math>", mathml, re.DOTALL)
    assert match is not None
    # A hyphen is no minus sign in every browser.
    return Html(match[1].replace("<mo>-</mo>", "<mo>−</mo>"))


def _value(names: tuple[str, ...]) -> Html:
    """f(x, y)."""
    inner = Html("<mo>,</mo>").join(_name(name) for name in names)
    return Html(f"<mi>f</mi><mo>(</mo>{inner}<mo>)</mo>")


def _slope(name: str, only: bool) -> Html:
    """f′(x), or ∂f/∂x of one among several."""
    if only:
        return Html(f"<msup><mi>f</mi><mo>′</mo></msup><mo>(</mo>{_name(name)}<mo>)</mo>")
    over = f"<mrow><mo>∂</mo>{_name(name)}</mrow>"
    return Html(f"<mfrac><mrow><mo>∂</mo><mi>f</mi></mrow>{over}</mfrac>")


def _name(name: str) -> Html:
    from steepest.formula.notation import mathml

    return _inside(mathml(symbols([name])[name]))
