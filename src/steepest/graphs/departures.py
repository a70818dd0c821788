"""Numbers that leave torch while a function runs, such as x of `math.sin(x)`: no gradient flows
back through them.
"""

import builtins
import dis
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import dataclass, field
from functools import lru_cache
from io import StringIO
from types import CodeType, FrameType
from typing import Any, final

import numpy as np

from steepest.graphs.calls import Called
from steepest.graphs.nested import instances
from steepest.graphs.user_line import Line, is_theirs
from steepest.wording.fact import phrase

# Those that say by their name that no gradient shall flow back.
_MEANT = frozenset({"detach", "data", "torch.no_grad"})
_AS_THEY_ARE = frozenset({"float", "int", "complex", "index", "item", "tolist", "numpy", *_MEANT})
_TO_INTEGERS = frozenset({"int", "index", "item", "tolist"})
# Functions of torch whose values change in steps: their derivative is 0.
_IN_STEPS = frozenset(
    {"round", "floor", "ceil", "trunc", "fix", "sign", "sgn", "heaviside", "gt", "ge", "lt", "le"}
)
_INTO_NEW = frozenset({"tensor", "new_tensor", "as_tensor"})
# Functions whose namesake in torch has another name.
_TWINS = {
    "fabs": "abs", "fsum": "sum", "degrees": "rad2deg", "radians": "deg2rad", "power": "pow",
}  # fmt: skip
# By which a number is moved: to see a slope, and to see steps.
SLIGHTLY, COARSELY = 1e-3, 0.1
_HELD = 1e-9  # what the objective changes by where it does not depend on it, relative


@final
@dataclass(frozen=True)
class Departure:
    """A call by which numbers that depend on the parameters left torch.

    - `name`: torch's for it: "float", "item", "detach", "tensor"
    - `call`: the function as the program names it, "math.sin" or "x.item"; `line`: where
    - `twin`: the function of torch that does the same, "torch.sin", or ""
    """

    name: str
    call: str
    line: Line
    twin: str = ""

    @property
    def meant(self) -> bool:
        """Whether it says that no gradient shall flow back."""
        return self.name in _MEANT

    @property
    def written(self) -> str:
        """The call and where it stands: "math.sin() (train.py:12)"."""
        return f"{self._call} ({self.line.place})" if self.line.place else self._call

    @property
    def _call(self) -> str:
        return f".{self.name}" if self.name == "data" else f"{self.call}()"

    @property
    def remedy(self) -> str:
        """What to write instead."""
        new, last = self.name in _INTO_NEW, self.call.split(".")[-1]
        needless = self.name in _AS_THEY_ARE and last in (*_AS_THEY_ARE, "no_grad")
        twin = "torch.stack" if new else self.twin
        return phrase("write instead", call=self._call, twin=twin, itself=new, needless=needless)


@final
@dataclass
class Departures:
    """Records what leaves torch in what runs under `watching`.

    - `seen`: each call once, in order;  `precision`: the coarsest of the numbers computed with
    - `steps`: those of torch's own functions that change in steps
    - `moved`: the one whose numbers are handed on larger by this `share` of them, and of `least`
      at least, to see what depends on them
    """

    moved: Departure | None = None
    share: float = SLIGHTLY
    least: float = 0.0
    seen: dict[Departure, None] = field(default_factory=dict)
    steps: dict[Departure, None] = field(default_factory=dict)
    precision: float = float(np.finfo(np.float64).eps)

    def watching(self) -> AbstractContextManager[object]:
        """The context within which torch's functions are watched."""
        from torch.overrides import TorchFunctionMode

        departures = self

        class Mode(TorchFunctionMode):
            def __torch_function__(
                self, func: Any, types: Any, args: Any = (), kwargs: Any = None
            ) -> Any:
                result = func(*args, **(kwargs or {}))
                return departures.passed(func, (args, kwargs), result)

        return Mode()

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, watched."""

        def watched(*args: Any, **kwargs: Any) -> Any:
            with self.watching():
                return function(*args, **kwargs)

        return watched

    def passed(self, function: Any, given: Any, result: Any) -> Any:
        """What a function of torch's gave, once it is known whether numbers left by it."""
        import torch

        if isinstance(result, torch.Tensor) and result.is_floating_point():
            self.precision = max(self.precision, torch.finfo(result.dtype).eps)
        if not any(tensor.requires_grad for tensor in instances(given, torch.Tensor)):
            return result
        called = Called.of(function)
        in_steps = called.name in _IN_STEPS and isinstance(result, torch.Tensor)
        if not in_steps and not leaves_torch(called, result):
            return result
        departure = _departure(called)
        (self.steps if in_steps else self.seen)[departure] = None
        return _moved(result, self.share, self.least) if departure == self.moved else result


def matters(
    departure: Departure,
    value: float,
    objective: Callable[[Departures], float],
    share: float = SLIGHTLY,
    least: float = 0.0,
) -> bool:
    """Whether the objective, of this `value`, is another one where that number is moved."""
    try:
        with redirect_stdout(StringIO()):  # the number may be printed, which is not its value
            moved = objective(Departures(departure, share, least))
    except Exception:  # the function's own: it has looked at the number
        return True
    return not abs(moved - value) <= _HELD * max(abs(value), abs(moved))


def leaves_torch(called: Called, result: Any) -> bool:
    """Whether what a function gave of differentiable tensors are numbers without a gradient. What
    is compared or counted has none to lose.
    """
    import torch

    if isinstance(result, list):
        return any(leaves_torch(called, item) for item in result)
    if isinstance(result, torch.Tensor):
        return result.is_floating_point() and not result.requires_grad
    if isinstance(result, int):
        return called.name in _TO_INTEGERS and not isinstance(result, bool)
    is_array = isinstance(result, np.ndarray) and result.dtype.kind in "fc"
    return isinstance(result, float | complex) or is_array


def _moved(result: Any, share: float, least: float) -> Any:
    if isinstance(result, list):
        return [_moved(item, share, least) for item in result]
    if isinstance(result, int):
        return result + 1
    if str(getattr(result, "dtype", "")) == "torch.bool":
        return ~result
    if isinstance(result, float | complex):
        return result + share * (max(abs(result), least) or 1.0)
    sizes = [least, *abs(result).ravel().tolist()]
    return result + share * (max(sizes) or 1.0)


def _departure(called: Called) -> Departure:
    import torch

    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not is_theirs(frame):
        frame = frame.f_back
    if frame is None:
        return Departure(called.name, called.name, Line())
    line = Line.at(frame.f_code.co_filename, frame.f_lineno)
    if not torch.is_grad_enabled() and called.name not in _AS_THEY_ARE:
        return Departure("torch.no_grad", "torch.no_grad", line)
    names = _names_of_call(frame.f_code, frame.f_lasti)
    return Departure(called.name, ".".join(names) or called.name, line, _twin(frame, names))


@lru_cache(maxsize=1000)
def _names_of_call(code: CodeType, at: int) -> tuple[str, ...]:
    """The names of the function that is called there, ("math", "sin"); none where it has none."""
    steps = list(dis.get_instructions(code))
    place = next((i for i, step in enumerate(steps) if step.offset == at), None)
    if place is None or "CALL" not in steps[place].opname:  # also PRECALL, of Python 3.11
        return ()
    start = _start(steps[place])
    before = [s for s in steps[:place] if s.opname.startswith("LOAD_") and _start(s) == start]
    return tuple(s.argval for s in before if isinstance(s.argval, str)) if start else ()


def _start(step: dis.Instruction) -> tuple[int | None, int | None] | None:
    where = step.positions
    return None if where is None or where.lineno is None else (where.lineno, where.col_offset)


def _twin(frame: FrameType, names: tuple[str, ...]) -> str:
    """The function of torch for one of math, NumPy or SciPy; "" for none."""
    import torch

    if not names:
        return ""
    spaces = (frame.f_locals, frame.f_globals, vars(builtins))
    value: Any = next((space[names[0]] for space in spaces if names[0] in space), None)
    for name in names[1:]:
        value = getattr(value, name, None)
    home = str(getattr(value, "__module__", "") or "")
    is_ufunc = isinstance(value, np.ufunc)
    if not is_ufunc and home.split(".")[0] not in ("math", "cmath", "numpy", "scipy"):
        return ""
    own = str(getattr(value, "__name__", names[-1]))
    own = _TWINS.get(own, own)
    if callable(getattr(torch, own, None)):
        return f"torch.{own}"
    return f"torch.special.{own}" if callable(getattr(torch.special, own, None)) else ""
