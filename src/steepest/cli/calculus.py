"""What calculus says of a formula, worked out beside the descent, in words and for JSON."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from steepest.errors import InputError
from steepest.formula.formula import Formula
from steepest.formula.tree import walk

if TYPE_CHECKING:
    from steepest.formula.critical_points.stationary import (
        Search,
        StationaryPoint,
        StationaryPoints,
    )

# Unasked, calculus is done for small formulas only, and looks for points no longer than this.
MOST_NODES = 50
MOST_NAMES = 2
SECONDS = 3.0
SECONDS_ASKED = 20.0
_NAMED = 4


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
            derivatives = "; ".join(_equations(self.gradient()))
            return f"{derivatives}. {_points(self.search.result())}"
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


def _points(found: "StationaryPoints") -> str:
    said = [_listed(found)] if found.points or found.finished else []
    if not found.finished:
        said.append(f"The search for stationary points was not finished: {found.reason}.")
    elif not found.complete:
        said.append(f"There may be others: {found.reason}.")
    if found.kinks:
        where = " or ".join(found.kinks[:_NAMED])
        said.append(f"There may be no derivative where {_formula(where)}.")
    return " ".join(said)


def _listed(found: "StationaryPoints") -> str:
    points = found.points
    if not points:
        return "No stationary point." if found.complete else "No stationary point was found."
    if len(points) == 1:
        point = points[0]
        kind = f"a{'n' * (point.called[0] == 'i')} {point.called}"
        kind = "of a kind that is not decided" if point.kind == "undecided" else kind
        return f"Stationary point {_place(point)}, f = {point.value:.9g}, {kind}."
    described = [
        f"{_place(each)} (f = {each.value:.6g}, {each.called})" for each in points[:_NAMED]
    ]
    more = [f"and {len(points) - _NAMED} more"] if len(points) > _NAMED else []
    return f"{len(points)} stationary points: {'; '.join([*described, *more])}."


def _place(point: "StationaryPoint") -> str:
    return ", ".join(f"{name} = {value:.9g}" for name, value in point.coordinates.items())


def _formula(text: str) -> str:
    """SymPy's text as our formulas are written."""
    return text.replace("**", "^")
