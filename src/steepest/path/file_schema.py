"""What the descriptions of runs hold."""

from typing import Any, Literal, NotRequired, TypedDict

from steepest.descent.file_schema import WalkData
from steepest.diagnosis.verdict import Kind
from steepest.storage.schema import Count, Option


class VerdictData(TypedDict):
    """A `Verdict`."""

    kind: Kind
    epoch: Count
    reason: str
    advice: str
    manner: str
    reasons: NotRequired[list[dict[str, Any]]]
    suggestions: NotRequired[list[dict[str, Any]]]
    unit: NotRequired[Literal["epoch", "step"]]


class RunData(TypedDict):
    """The file of a run."""

    text: str
    is_formula: bool
    shapes: list[tuple[str, list[Count]]]
    optimizer: dict[str, Option]
    lr: str
    walk: WalkData
    verdict: VerdictData
