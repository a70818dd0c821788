"""The error that ended a watched loop: where it came from, what it means and what to do."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from dis import opmap
from types import FrameType, TracebackType
from typing import final

from torch import Tensor
from torch.nn import Module

from steepest.errors import printable
from steepest.graphs.user_line import Line, caller, is_theirs
from steepest.wording.error_kinds import CLASSES, PATTERNS
from steepest.wording.fact import Fact, fact

_WORDS = 200
_RAISE = opmap["RAISE_VARARGS"]
_GRADIENT = re.compile(r"\.grad\b")
_RAISED = re.compile(r"^(\w+(?:Error|Exception)\b.*)$", re.MULTILINE)


@final
@dataclass(frozen=True)
class Ending:
    """How a block ended: `end` says it, `reasons` what it means, `remedies` what to do.

    `error` is the name of the error's class, "Ctrl-C", or "" where the loop ended by itself.
    """

    error: str = ""
    end: Fact = field(default_factory=lambda: fact("loop ended"))
    reasons: tuple[Fact, ...] = ()
    remedies: tuple[Fact, ...] = ()


def ending_of(
    error: BaseException | None,
    model: Module | None,
    named: Sequence[tuple[str, Tensor]],
    step: int,
    passes: int,
) -> Ending:
    """The ending of a block by an error, or by itself.

    - `model`, `named`: the module that was watched, and its parameters
    - `step`: how many were made;   `passes`: backward passes since, where they were seen
    """
    if error is None:
        return Ending()
    if isinstance(error, KeyboardInterrupt):
        return Ending("Ctrl-C", fact("block ended", error="Ctrl-C"))
    frames = list(_frames(error.__traceback__))
    name = type(error).__name__
    line = next(
        (Line.at(f.f_code.co_filename, n) for f, n in reversed(frames) if is_theirs(f)), Line()
    )
    module = _module_in(frames, model)
    end = fact(
        "block ended", error=name, step=step, module=module, place=line.place, text=line.text
    )
    words = printable(str(error).strip().partition("\n")[0])[:_WORDS]
    says = (fact("error says", words=words),) if words else ()
    kind, values = _understood(error, line)
    if kind is None:
        return Ending(name, end, says)
    if kind == "graph used twice" and passes:
        kind = "graph used twice in a step"
    if kind == "loss has no graph" and named and not any(each.requires_grad for _, each in named):
        kind = "all frozen"
    way = fact("way out", of=kind, given=values.get("given", ""))
    return Ending(name, end, (fact("error means", of=kind, values=values), *says), (way,))


def _understood(error: BaseException, line: Line) -> tuple[str | None, dict[str, str]]:
    """The kind of an error that torch's class and words tell, and the numbers in them."""
    message = str(error)
    if _is_raised_by_others(error.__traceback__):
        return None, {}
    is_of_none = isinstance(error, AttributeError | TypeError) and "NoneType" in message
    if is_of_none and _GRADIENT.search(line.text):
        return "gradient is None", {}
    for pattern, kind in PATTERNS:
        found = re.search(pattern, message)
        if found and isinstance(error, CLASSES.get(kind, RuntimeError)):
            values = {name: value for name, value in found.groupdict().items() if value is not None}
            if kind == "worker failed":
                raised = _RAISED.findall(message)
                values["words"] = printable(raised[-1])[:_WORDS] if raised else ""
            return kind, values
    return None, {}


def _is_raised_by_others(trace: TracebackType | None) -> bool:
    """Whether a `raise` that is not in torch or Python's own processes has raised it.

    What torch raises below Python comes from a call, whose instruction is another.
    """
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_globals.get("__name__", "").startswith("multiprocessing."):
        return False
    is_raise = trace.tb_frame.f_code.co_code[trace.tb_lasti] == _RAISE
    return is_raise and caller(trace.tb_frame) is trace.tb_frame


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _module_in(frames: Sequence[tuple[FrameType, int]], model: Module | None) -> str:
    """The name and class of the innermost module of the model in which the error was raised."""
    names: Mapping[int, str] = {}
    if model is not None:
        names = {id(module): name for name, module in model.named_modules()}
    for frame, _ in reversed(frames):
        owner = frame.f_locals.get("self")
        if names.get(id(owner)):
            return f"{names[id(owner)]} ({type(owner).__name__})"
    return ""
