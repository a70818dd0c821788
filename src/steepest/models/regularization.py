"""The regularisation path of a fit: the minimum at each strength of a penalty, and the choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from steepest.arrays import Floats
from steepest.errors import InputError, StorageError
from steepest.number_checks import given
from steepest.wording.fact import Fact, fact, phrases
from steepest.wording.numbers import finite, first_few

if TYPE_CHECKING:
    from steepest.descent.penalty_path import Varied
    from steepest.storage.array_checks import Arrays

Rule: TypeAlias = Literal["lowest", "one standard error"]
# What stands behind "path" where a strength is asked for.
RULES: dict[str, Rule] = {"path": "lowest", "path:1se": "one standard error"}
DEFAULT_FOLDS = 5
# What stands in a file, in its arrays and beside them.
_DESCRIBED = ("penalty", "rule", "folds", "interrupted")
_COLUMNS = ("strengths", "objective", "held_out")


class PathAsked(NamedTuple):
    """What l1 and ridge say: numbers, and which of them is to be chosen, by which rule."""

    l1: float
    ridge: float
    penalty_path: "Varied | None" = None
    path_rule: Rule = "lowest"

    @staticmethod
    def of(l1: float | str, ridge: float | str) -> "PathAsked":
        """Numbers, or "path" in place of one of them. Raises InputError for other texts.

        >>> PathAsked.of("path:1se", 0.5)
        PathAsked(l1=1.0, ridge=0.5, penalty_path='l1', path_rule='one standard error')
        """
        if not isinstance(l1, str) and not isinstance(ridge, str):
            return PathAsked(l1, ridge)
        if isinstance(l1, str) and isinstance(ridge, str):
            raise InputError("l1 and ridge are both to be chosen along a path; give one a number")
        # Until the strength is chosen any stands for it.
        if isinstance(l1, str):
            assert not isinstance(ridge, str)
            return PathAsked(1.0, ridge, "l1", _rule("l1", l1))
        assert isinstance(ridge, str)
        return PathAsked(l1, 1.0, "ridge", _rule("ridge", ridge))

    def folds(self, folds: int | None, validation: float | None) -> int | None:
        """How many folds: 5 where a strength is to be chosen and nothing is said of it."""
        unsaid = folds is None and validation is None and self.penalty_path is not None
        return DEFAULT_FOLDS if unsaid else folds


def _rule(name: str, text: str) -> Rule:
    rule = RULES.get("".join(text.split()).lower())
    if rule is None:
        raise InputError(
            "{name} is {text}; give a number, 'path' (the strength that held-out rows "
            "prefer), or 'path:1se' (the largest within one standard error of it)",
            name=name,
            text=given(text),
        )
    return rule


@final
@dataclass(frozen=True, eq=False, repr=False)
class RegularizationPath:
    """A table of strengths, the largest first; arrays have a row for each of the m strengths.

    - `penalty`: which strength varies, "l1" or "ridge";   `strengths` (m,)
    - `names` (d,), `parameters` (m, d): of the minimum on all training rows, in the user's units
    - `nonzero` (m,): how many coefficients are not 0;   `objective` (m,): with its penalty
    - `held_out` (m,): the mean loss of held-out rows, without penalty, of folds the mean of their
      means;   `standard_error` (m,): of that mean, of folds; None where one part was held out
    - `arrived` (m,): whether every minimum, of all rows and of the folds, was arrived at
    - `lowest`: the place of the least `held_out`;   `simplest`: of the largest strength whose
      `held_out` is within one standard error of it, None as `standard_error`
    - `rule`: "lowest" or "one standard error";   `chosen`: the place that it chose
    - `folds`: how many chose, None where one part was held out
    - `interrupted`: whether Ctrl-C ended the path

    >>> import steepest
    >>> found = steepest.fit([[i, i % 3] for i in range(40)], range(40), l1="path").regularization
    >>> len(found.strengths), found.nonzero[[0, -1]].tolist(), found.chosen == found.lowest
    (100, [0, 1], True)
    """

    penalty: "Varied"
    strengths: Floats
    names: tuple[str, ...]
    parameters: Floats
    nonzero: NDArray[np.int64]
    objective: Floats
    held_out: Floats
    standard_error: Floats | None
    arrived: NDArray[np.bool_]
    rule: Rule
    folds: int | None
    interrupted: bool

    @property
    def lowest(self) -> int:
        """The place of the least held-out loss, the first of several."""
        return int(np.argmin(np.where(np.isnan(self.held_out), np.inf, self.held_out)))

    @property
    def simplest(self) -> int | None:
        """The first place whose held-out loss is within one standard error of the least."""
        if self.standard_error is None:
            return None
        most = self.held_out[self.lowest] + self.standard_error[self.lowest]
        return int(np.flatnonzero(self.held_out <= most)[0]) if np.isfinite(most) else self.lowest

    @property
    def chosen(self) -> int:
        """The place that the rule chose."""
        return self.lowest if self.rule == "lowest" or self.simplest is None else self.simplest

    @property
    def strength(self) -> float:
        """The strength that was chosen."""
        return float(self.strengths[self.chosen])

    def at(self, place: int) -> dict[str, float]:
        """The parameters by name, in the user's units, at a place in the table."""
        return dict(zip(self.names, self.parameters[place].tolist(), strict=True))

    @property
    def heads(self) -> tuple[str, ...]:
        """Heads of the columns of `rows`; the first holds what a place is marked as."""
        errors = [] if self.standard_error is None else phrases("standard error")
        return ("", self.penalty, *phrases("not 0", "objective", "held-out loss"), *errors)

    def rows(self, most: int) -> list[tuple[int, list[str]]]:
        """About so many rows of the table as text, each with its place: those that are marked are
        among them.
        """
        last, marks = len(self.strengths) - 1, self._marks
        spread = np.linspace(0, last, min(most, last + 1)).round().astype(int).tolist()
        return [(i, [marks.get(i, ""), *self._cells(i)]) for i in sorted({*spread, *marks})]

    @property
    def _marks(self) -> dict[int, str]:
        """What places are marked as."""
        words = phrases("lowest", "1 standard error", "chosen")
        named = dict(zip(words, (self.lowest, self.simplest, self.chosen), strict=True))
        places = sorted({place for place in named.values() if place is not None})
        return {i: first_few([name for name in named if named[name] == i]) for i in places}

    def _cells(self, i: int) -> list[str]:
        errors = self.standard_error
        values = [self.objective[i], self.held_out[i], *([] if errors is None else [errors[i]])]
        shown = [f"{value:.6g}" for value in values]
        return [f"{self.strengths[i]:.4g}", str(self.nonzero[i]), *shown]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What was chosen, and what limits it."""
        count, place = len(self.strengths), self.chosen
        facts = [
            fact(
                "strength chosen",
                penalty=self.penalty,
                strength=self.strength,
                place=place + 1,
                of=count,
                rule=self.rule,
                folds=self.folds,
            )
        ]
        if self.interrupted:
            facts.append(fact("path interrupted", done=count))
        elif self.lowest == count - 1:
            facts.append(fact("weakest is best", penalty=self.penalty))
        elif self.lowest == 0:
            facts.append(fact("strongest is best", penalty=self.penalty))
        if not self.arrived.all():
            short = int((~self.arrived).sum())
            facts.append(fact("strengths not arrived", count=short, of=count))
        return tuple(facts)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The numbers of a saved file."""
        found: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in _COLUMNS}
        found["parameters"], found["nonzero"] = self.parameters, self.nonzero
        found["arrived"] = self.arrived.astype(np.int64)
        if self.standard_error is not None:
            found["standard_error"] = self.standard_error
        return found

    def description(self) -> dict[str, object]:
        """The rest of a saved file."""
        return {name: getattr(self, name) for name in _DESCRIBED}

    @staticmethod
    def restore(
        arrays: "Arrays", described: Mapping[str, Any], names: tuple[str, ...]
    ) -> "RegularizationPath":
        """The path of these parameters from the two halves of a saved file. Raises StorageError
        where they are damaged.
        """
        from steepest.storage.array_checks import floats, numbers

        strengths = floats(arrays, "strengths", (-1,), below=np.inf)
        m = len(strengths)
        if not m or (strengths <= 0.0).any() or (np.diff(strengths) >= 0.0).any():
            raise StorageError("array strengths is damaged: expected numbers above 0, downwards")
        columns: dict[str, Any] = {name: floats(arrays, name, (m,)) for name in _COLUMNS}
        errors = floats(arrays, "standard_error", (m,)) if "standard_error" in arrays else None
        return RegularizationPath(
            **columns,
            **described,
            names=names,
            parameters=floats(arrays, "parameters", (m, len(names))),
            nonzero=numbers(arrays, "nonzero", (m,), np.int64),
            arrived=numbers(arrays, "arrived", (m,), np.int64) != 0,
            standard_error=errors,
        )

    def to_dict(self) -> dict[str, object]:
        """Plain data under the keys of docs/json.md; no NaN or infinity in it."""
        errors = self.standard_error
        rows = [
            {
                "strength": float(self.strengths[i]),
                "parameters": self.at(i),
                "nonzero": int(self.nonzero[i]),
                "objective": float(self.objective[i]),
                "held_out": float(self.held_out[i]),
                "standard_error": None if errors is None else float(errors[i]),
                "arrived": bool(self.arrived[i]),
            }
            for i in range(len(self.strengths))
        ]
        data: dict[str, Any] = {
            "penalty": self.penalty,
            "rule": self.rule,
            "strength": self.strength,
            "chosen": self.chosen,
            "lowest": self.lowest,
            "simplest": self.simplest,
            "interrupted": self.interrupted,
            "path": rows,
        }
        cleaned: dict[str, object] = finite(data)
        return cleaned

    def __repr__(self) -> str:
        return f"RegularizationPath({'; '.join(map(str, self.facts))})"
