"""What the descriptions of moments and of least-squares answers hold, beside their arrays."""

from typing import TypedDict

from steepest.storage.schema import Count, Size


class MomentsData(TypedDict):
    """Of `CentredMoments`."""

    names: list[str]
    rows: Count
    weight: Size
    roundings: Size


class SolutionData(TypedDict):
    """Of a `Solution`."""

    intercept: bool
    squares: Size
    residual_digits: Size
