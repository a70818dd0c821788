"""What the descriptions of an encoding and of moments hold."""

from typing import Literal, NotRequired, TypedDict

from steepest.storage.schema import Count, Size


class PartData(TypedDict):
    """How a column is encoded."""

    kind: str
    column: str
    levels: NotRequired[list[str]]
    dropped: NotRequired[str | None]


class EncodingData(TypedDict):
    """An `Encoding`."""

    target: str | None
    weights: str | None
    missing: Literal["error", "drop", "mean"]
    fill: dict[str, float]
    parts: list[PartData]


class MomentsData(TypedDict):
    """What stands beside the arrays of `Moments`."""

    names: list[str]
    rows: Count
    weight: Size
    roundings: Size
