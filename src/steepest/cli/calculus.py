"""What calculus says of a formula, worked out beside the descent, in words and for JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from steepest.errors import InputError
from steepest.formula.formula import Formula
from steepest.formula.tree import walk
from steepest.wording.fact import phrase
from steepest.wording.numbers import in_turn, together

if TYPE_CHECKING:
    from steepest.formula.critical_points.stationary import Search, StationaryPoints

# Unasked, calculus is done for small formulas only, and looks for points no longer than this.
MOST_NODES = 50
MOST_NAMES = 2
SECONDS = 3.0
SECONDS_ASKED = 20.0


@final
@dataclass(frozen=True, eq=False)
class Calculus:
    """Derivatives and stationary points of a formula.

    Points that have to be searched for are, in a process of their own, while the descent runs.
    """

    formula: Formula
    search: "Search"

    @staticmethod
    def begin(formula: Formula, asked: bool | None) -> "Calculus | None":
        """Calculus under way: where it is asked for, or unasked (None) for a small formula."""
        small = (
            len(formula.names) <= MOST_NAMES and sum(1 for _ in walk(formula.tree)) <= MOST_NODES
        )
        if asked is False or not (asked or small):
            return None
        from steepest.formula.critical_points.stationary import Search

        return Calculus(formula, Search.begin(formula, SECONDS_ASKED if asked else SECONDS))

    def gradient(self) -> dict[str, str]:
        """The partial derivatives as text. InputError: SymPy cannot be given the formula."""
        from steepest.formula.symbolic import Symbolic

        derivatives = Symbolic.of(self.formula).gradient
        return {name: _formula(str(each)) for name, each in derivatives.items()}

    def text(self) -> str:
        """Derivatives, stationary points with their kinds, and what is not certain of them."""
        try:
            derivatives = in_turn(_equations(self.gradient()))
            points = together(_points(self.search.result()))
            return phrase("calculus", derivatives=derivatives, points=points)
        except InputError as error:
            return str(error)

    def to_dict(self) -> dict[str, object]:
        """Plain data, under the keys of docs/json.md. InputError as `gradient` raises it."""
        found = self.search.result()
        return {"gradient": self.gradient(), **found.to_dict()}


def _equations(gradient: dict[str, str]) -> list[str]:
    if len(gradient) == 1:
        return [f"f' = {derivative}" for derivative in gradient.values()]
    return [f"∂f/∂{name} = {derivative}" for name, derivative in gradient.items()]


def _points(found: "StationaryPoints") -> Iterator[str]:
    if found.points or found.finished:
        points = [(each.coordinates, each.value, each.called) for each in found.points]
        yield phrase("points found", points=points, complete=found.complete)
    if not found.finished:
        yield phrase("search not finished", reason=found.reason)
    elif not found.complete:
        yield phrase("others possible", reason=found.reason)
    if found.kinks:
        yield phrase("derivative missing", kinks=list(map(_formula, found.kinks)))


def _formula(text: str) -> str:
    """SymPy's text as our formulas are written."""
    return text.replace("**", "^")
