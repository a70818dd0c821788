"""What is said of a run when it has ended: how, why, and what would have helped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, final, get_args

from steepest.errors import printable
from steepest.wording.fact import Fact, fact, facts_saying, phrase, text_of

Kind = Literal[
    "converged",
    "plateau",
    "max steps",
    "oscillating",
    "cycle",
    "diverged",
    "interrupted",
    "saddle",
    "maximum",
    "flat",
    "left domain",
    "no minimum",
    "at bounds",
    "gradient lost",
]
Unit: TypeAlias = Literal["epoch", "step"]


@final
@dataclass(frozen=True, eq=False)
class Verdict:
    """How a run ended (`kind`), at which `epoch`, the `reasons`, and the `suggestions` that help.

    `reason` and `advice` are the sentences of these facts. `manner` says how it went, whatever its
    end: "one step", "fast", "monotone", "slow", "oscillates", "cycle", "diverges"; "" where that
    cannot be told. `unit` is what `epoch` counts: steps, where a loop was watched. Where several
    optimizers were, `parts` holds the verdict on each by its name. Verdicts that say the same are
    equal.

    >>> import steepest
    >>> run = steepest.fit([1, 2, 3], [2, 4, 6], intercept=False, standardize=False, lr=0.22,
    ...                    start=[1.0], epochs=100)
    >>> run.verdict.kind, run.verdict.advice
    ('diverged', 'Any rate below 0.214286 settles; 0.107143 needs the fewest epochs.')
    >>> run.verdict.suggestions[0].kind
    'rates that settle'
    """

    kind: Kind
    epoch: int
    reasons: tuple[Fact, ...]
    suggestions: tuple[Fact, ...] = ()
    manner: str = ""
    unit: Unit = "epoch"
    parts: Mapping[str, "Verdict"] = field(default_factory=dict)

    @staticmethod
    def of_dict(data: Mapping[str, Any]) -> "Verdict":
        """The verdict that `to_dict` wrote; of its sentences alone, where they are all there is.

        Raises KeyError, TypeError or ValueError for what is none.
        """
        kind, epoch, manner = data["kind"], data["epoch"], str(data["manner"])
        if kind not in get_args(Kind) or type(epoch) is not int or epoch < 0:
            raise ValueError("verdict")
        reasons = facts_saying([str(data["reason"])], data.get("reasons", ()))
        suggestions = facts_saying([str(data["advice"])], data.get("suggestions", ()))
        return Verdict(kind, epoch, reasons, suggestions, manner)

    @property
    def reason(self) -> str:
        """Why it ended so, in sentences."""
        return text_of(self.reasons)

    @property
    def advice(self) -> str:
        """What would have helped, in sentences; "" for nothing."""
        return text_of(self.suggestions)

    @property
    def why(self) -> str:
        """The reason as it follows the epoch, which is not named again."""
        return phrase("reason since", epoch=self.epoch, unit=self.unit, reason=self.reason)

    def __str__(self) -> str:
        why = {"reason": self.reason, "advice": self.advice}
        said = phrase("headline", kind=self.kind, epoch=self.epoch, unit=self.unit, **why)
        return printable(said)

    def __repr__(self) -> str:
        return f"Verdict({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verdict) and self._words == other._words

    def __hash__(self) -> int:
        return hash(self._words)

    @property
    def _words(self) -> tuple[str | int, ...]:
        return self.kind, self.epoch, self.reason, self.advice, self.manner, self.unit

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        plain: dict[str, object] = {
            "kind": self.kind,
            "epoch": self.epoch,
            "reason": self.reason,
            "advice": self.advice,
            "manner": self.manner,
            "reasons": [each.to_dict() for each in self.reasons],
            "suggestions": [each.to_dict() for each in self.suggestions],
        }
        parts = {name: part.to_dict() for name, part in self.parts.items()}
        return {**plain, "parts": parts} if parts else plain


# Of several optimizers the verdict that comes first here is that on the whole.
_GRAVEST: tuple[Kind, ...] = ("diverged", "oscillating", "cycle", "plateau", "max steps")


def of_parts(parts: Mapping[str, Verdict]) -> Verdict:
    """The verdict on a loop with several optimizers, from that on each by its name."""
    kinds = {part.kind for part in parts.values()}
    first = next(iter(parts.values()))
    reasons = tuple(
        fact("of optimizer", name=name, verdict=part.kind, reasons=part.reasons)
        for name, part in parts.items()
    )
    suggestions = {str(each): each for part in parts.values() for each in part.suggestions}
    kind = next((kind for kind in _GRAVEST if kind in kinds), first.kind)
    return Verdict(
        kind,
        first.epoch,
        reasons,
        tuple(suggestions.values()),
        "",
        first.unit,
        MappingProxyType(parts),
    )
