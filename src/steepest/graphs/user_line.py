"""The line of the user's program that a call comes from: the first frame outside torch and us."""

import linecache
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import final

from steepest.translation import say

_OURS = str(Path(__file__).parents[1])
_TRACED = "<eval_with_key>"  # what torch.compile writes
_LONG = 80


@final
@dataclass(frozen=True)
class Line:
    """A line of a program: `place` such as "train.py:41", and its `text`; "" where unknown."""

    place: str = ""
    text: str = ""

    @staticmethod
    def at(file: str, number: int) -> "Line":
        """That line of a file; of a notebook's cell, whose file has a made-up name, its number."""
        text = linecache.getline(file, number).strip()
        name = Path(file).name
        made_up = "ipykernel" in file or name.startswith("<")
        place = say("line {number}", number=number) if made_up else f"{name}:{number}"
        return Line(place, text if len(text) <= _LONG else f"{text[:_LONG]}…")


def caller(frame: FrameType | None) -> FrameType | None:
    """The innermost frame outside torch: the user's, or our own."""
    while frame is not None and frame.f_code.co_filename.startswith((_torch(), _TRACED)):
        frame = frame.f_back
    return frame


def is_ours(frame: FrameType | None) -> bool:
    """Whether it is one of this package."""
    return frame is not None and frame.f_code.co_filename.startswith(_OURS)


def is_theirs(frame: FrameType) -> bool:
    """Whether it is the user's."""
    return caller(frame) is frame and not is_ours(frame)


def line_of(frame: FrameType | None) -> Line:
    """The line of the user's that a call comes from; none where we call ourselves."""
    frame = caller(frame)
    if frame is None or is_ours(frame):
        return Line()
    return Line.at(frame.f_code.co_filename, frame.f_lineno)


@cache
def _torch() -> str:
    """The folder of torch, which is imported where it is needed only."""
    import torch

    return str(Path(torch.__file__).parent)
