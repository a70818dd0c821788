"""What the descriptions of paths, runs and checkpoints hold."""

from typing import Any, NotRequired, TypedDict

from steepest.diagnosis.verdict import Kind
from steepest.storage.schema import Count, Option


class WalkData(TypedDict):
    """What stands beside the arrays of a trajectory."""

    rule: str
    reason: str
    counts: list[Count]
    remembers: NotRequired[list[str]]


class VerdictData(TypedDict):
    """A `Verdict`."""

    kind: Kind
    epoch: Count
    reason: str
    advice: str
    manner: str


class RunData(TypedDict):
    """The file of a run."""

    text: str
    is_formula: bool
    shapes: list[tuple[str, list[Count]]]
    optimizer: dict[str, Option]
    lr: str
    walk: WalkData
    verdict: VerdictData


class CountsData(TypedDict):
    """The counts of a state of mini-batches."""

    pending: Count
    averaged: Count
    updates: Count
    epoch: Count
    block: Count
    place: Count


class DescribedData(TypedDict):
    """What tells the rows and settings of a checkpoint from others."""

    described: dict[str, Any]


class CheckpointData(DescribedData):
    """The file of a checkpoint."""

    block: Count
    state: CountsData
    point: CountsData
    schedule: str
