"""The process that searches for stationary points: it prints JSON lines as results come in."""

import json
import math
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias, final

from steepest.errors import InputError
from steepest.formula.critical_points.equations import DIGITS, NoClosedForm, solutions
from steepest.formula.critical_points.kind import kind_at
from steepest.formula.critical_points.newton_search import search
from steepest.formula.critical_points.pieces import Piece, kinks, pieces
from steepest.formula.parse import parse
from steepest.formula.to_sympy import Expression, marked, symbols
from steepest.wording.fact import Fact, fact

Description: TypeAlias = dict[str, Any]

PIECES = 64  # six kinks, each with two sides
SHORT = 20
TINY = 1e-20


TIME_IS_UP = 3  # the exit status


def run(text: str, seconds: float) -> None:
    """`report`, for at most so many seconds of processor time. It ends the process it runs in.

    Other programs on a busy machine do not use up that time, nor does the loading of SymPy.
    """
    import sympy  # noqa: F401

    end = time.process_time() + seconds
    threading.Thread(target=_end_at, args=(end,), daemon=True).start()
    report(text)


def report(text: str) -> None:
    """Prints the stationary points of the formula: first what a numerical search finds, then, where
    there is one, the exact answer, which replaces it.

    >>> report("3")
    {"points": [], "complete": true, "reasons": [], "kinks": []}
    """
    try:
        for found in _answers(text):
            print(json.dumps(found, default=Fact.to_dict), flush=True)
    except InputError as error:
        print(json.dumps({"error": str(error)}), flush=True)


def _end_at(end: float) -> None:
    while (left := end - time.process_time()) > 0.0:
        time.sleep(min(left, 0.02))
    os._exit(TIME_IS_UP)


def _answers(text: str) -> Iterator[Description]:
    formula = parse(text)
    expression = marked(formula.tree)
    by = list(symbols(formula.names).values())
    if not by:
        yield {"points": [], "complete": True, "reasons": [], "kinks": []}
        return
    yield {"kinks": kinks(expression)}
    parts = list(islice(pieces(expression), PIECES + 1))
    if len(parts) > PIECES:
        yield {"reasons": [fact("too many kinks")]}
        return
    points, reason = search(parts, by)
    yield {"points": points, "reasons": [reason]}
    try:
        yield exactly(parts, by)
    except NoClosedForm:
        yield {"reasons": [fact("no closed form", search=reason)]}


def exactly(parts: Sequence[Piece], by: Sequence[Expression]) -> Description:
    """What is known of the points where every piece that meets there has the gradient zero.

    NoClosedForm: the equations are of no kind that is solved.
    """
    solved = [solutions(piece, by) for piece in parts]
    found: dict[tuple[float, ...], Description] = {}
    for piece, solution in zip(parts, solved, strict=True):
        for point in solution.points:
            described = _Place.of(point).described(piece, parts, by)
            if described:
                found[tuple(described["coordinates"].values())] = described
    reasons = {str(reason): reason for solution in solved for reason in solution.more}
    return {
        "points": [found[key] for key in sorted(found)],
        "complete": not reasons,
        "reasons": list(reasons.values()),
    }


@final
@dataclass(frozen=True)
class _Place:
    """A point by its exact coordinates, and by as many digits as decide."""

    exact: Mapping[Expression, Expression]
    digits: Mapping[Expression, Expression]

    @classmethod
    def of(cls, exact: Mapping[Expression, Expression]) -> "_Place":
        return cls(exact, {symbol: value.evalf(DIGITS) for symbol, value in exact.items()})

    def described(
        self, piece: Piece, parts: Sequence[Piece], by: Sequence[Expression]
    ) -> Description | None:
        """None where the piece does not hold, has no real value, or the gradient is not zero.

        On a kink every piece that meets there must have the gradient zero; the kind is certain
        where all of them say the same minimum or maximum.
        """
        value = self._number(piece.smooth)
        here = [other for other in parts if self._holds(other)]
        if value is None or piece not in here or not all(self._level(p, by) for p in here):
            return None
        kinds = {kind_at(part.smooth, by, self.digits) for part in here}
        sure = len(here) == 1 or kinds in ({"minimum"}, {"maximum"})
        exact_value = self._exact_value(piece.smooth)
        return {
            "coordinates": {str(s): float(self.digits[s]) for s in by},
            "exact": {str(s): text for s in by if (text := _short(self.exact[s]))},
            # Fifty digits of a coordinate leave a trace of a value that is zero.
            "value": 0.0 if exact_value == "0" or abs(value) < TINY**1.5 else value,
            "exact_value": exact_value,
            "kind": kinds.pop() if sure else "undecided",
        }

    def _number(self, expression: Expression) -> float | None:
        """The value here, if it is a finite real number."""
        try:
            number = float(expression.evalf(30, subs=self.digits))
        except (TypeError, OverflowError):
            return None
        return number if math.isfinite(number) else None

    def _holds(self, piece: Piece) -> bool:
        margins = [self._number(margin) for margin in piece.margins]
        return all(margin is not None and margin >= -TINY for margin in margins)

    def _level(self, piece: Piece, by: Sequence[Expression]) -> bool:
        for symbol in by:
            slope = piece.smooth.diff(symbol)
            number = self._number(slope)
            # A coordinate of 50 digits leaves a slope of about its last digit times the curvature.
            steep = max(1.0, *(abs(self._number(slope.diff(other)) or 0.0) for other in by))
            if number is None or abs(number) > TINY * steep:
                return False
        return True

    def _exact_value(self, expression: Expression) -> str:
        import sympy

        if not all(map(_short, self.exact.values())):
            return ""
        return _short(sympy.radsimp(sympy.expand(expression.subs(dict(self.exact)))))


def _short(value: Expression) -> str:
    import sympy

    text = str(value)
    known = not value.has(sympy.polys.rootoftools.ComplexRootOf)
    return text if known and len(text) <= SHORT else ""
