"""What the descriptions of trajectories and checkpoints hold."""

from typing import Any, NotRequired, TypedDict

from steepest.storage.schema import Count


class WalkData(TypedDict):
    """What stands beside the arrays of a trajectory."""

    rule: str
    reason: str
    happened: NotRequired[dict[str, Any]]
    counts: list[Count]
    remembers: NotRequired[list[str]]


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
