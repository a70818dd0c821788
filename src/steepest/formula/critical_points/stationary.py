"""Stationary points of a formula, and the process that looks for them within a time limit.

Of a polynomial of one variable, and of one of degree 2, they are found in this process: exactly,
and soon, since the work is bounded by the size of the formula. Beyond that SymPy may think for
ever, and nothing inside Python can stop it: a thread cannot be ended, and a signal needs the main
thread and a Unix. So a process of its own solves, and ends itself when its time is up.
`subprocess` works alike on Linux, macOS and Windows, and, unlike `multiprocessing`, does not run
the user's script again. The process is handed the formula's text, which it reads with our own
parser. It prints what it knows whenever it knows more, so the limit leaves the best so far.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, final

from steepest.errors import InputError
from steepest.formula.critical_points.pieces import Piece
from steepest.formula.critical_points.solver_process import TIME_IS_UP, exactly
from steepest.formula.formula import Formula
from steepest.formula.to_sympy import marked, symbols, within_depth
from steepest.wording.fact import Fact, fact, fact_of
from steepest.wording.numbers import in_turn

# The process imports what this one would: its path is handed over, and none is added.
_PROGRAM = """
import json, sys
task = json.load(sys.stdin)
sys.path[:] = task["path"]
from steepest.formula.critical_points.solver_process import run
run(task["text"], task["seconds"])
"""
_MOST_DEGREE = 64  # of polynomials of one variable that are solved in this process
_MOST_NAMES = 16  # of polynomials of degree 2
_PATIENCE = 20  # so many times its limit a process may take on a busy machine


@final
@dataclass(frozen=True)
class StationaryPoint:
    """A point where every partial derivative is zero.

    - `coordinates`: by name; `exact`: as short exact text such as "5/2", for those that have one
    - `value`: the objective there; `exact_value`: as text, "" where it is not short
    - `kind`: "minimum", "maximum", "saddle" (neither; of one variable a level inflection) or
      "undecided" (the second derivative is degenerate there and does not tell)
    """

    coordinates: Mapping[str, float]
    exact: Mapping[str, str]
    value: float
    exact_value: str
    kind: str

    @property
    def called(self) -> str:
        """The kind as books name it: the level point of x^3 is an inflection, not a saddle.

        >>> StationaryPoint({"x": 0.0}, {}, 0.0, "", "saddle").called
        'inflection'
        """
        return "inflection" if self.kind == "saddle" and len(self.coordinates) == 1 else self.kind


@final
@dataclass(frozen=True)
class StationaryPoints:
    """The stationary points that were found, ordered by their coordinates.

    - `complete`: there are no others; `reasons`: why that is not certain, empty where it is
    - `finished`: the search came to its end; else `points` are what it had found until then
    - `kinks`: conditions such as "x - 1 = 0" under which the formula may have no derivative; a
      minimum may lie there without being a stationary point
    """

    points: tuple[StationaryPoint, ...]
    complete: bool
    reasons: tuple[Fact, ...]
    kinks: tuple[str, ...]
    finished: bool = True

    @property
    def reason(self) -> str:
        """Why there may be others, in words."""
        return in_turn(map(str, self.reasons))

    def to_dict(self) -> dict[str, object]:
        """Plain data, under the keys of docs/json.md."""
        reasons = [reason.to_dict() for reason in self.reasons]
        return {
            "points": [asdict(point) for point in self.points],
            "complete": self.complete,
            "reason": self.reason,
            "reasons": reasons,
            "kinks": self.kinks,
            "finished": self.finished,
        }


@final
@dataclass(frozen=True, eq=False)
class Search:
    """A search for stationary points, which may go on while other work is done."""

    result: Callable[[], StationaryPoints]

    @classmethod
    def begin(cls, formula: Formula, seconds: float) -> "Search":
        """A search in this process is made when its result is asked for; another begins at once,
        and takes up to `seconds` of the processor's time.

        `result` raises InputError where SymPy cannot be given the formula.

        >>> from steepest.formula.parse import parse
        >>> Search.begin(parse("x^2 - 5x + 5"), seconds=60.0).result().points
        (StationaryPoint(coordinates={'x': 2.5}, exact={'x': '5/2'}, value=-1.25,
                         exact_value='-5/4', kind='minimum'),)
        """
        if _is_solved_here(formula):
            return cls(lambda: _solved_here(formula))
        threads = ThreadPoolExecutor(1)
        future = threads.submit(_solved_by_a_process, formula.text, seconds)
        threads.shutdown(wait=False)
        return cls(future.result)


def _is_solved_here(formula: Formula) -> bool:
    """Whether the gradient is one rational polynomial of one variable, or is linear."""
    degree, names = formula.degree(), len(formula.names)
    if degree is None or not formula.is_rational():
        return False
    return degree <= (_MOST_DEGREE if names <= 1 else 2) and names <= _MOST_NAMES


def _solved_here(formula: Formula) -> StationaryPoints:
    with within_depth():
        by = list(symbols(formula.names).values())
        pieces = [Piece(marked(formula.tree), ())] if by else []
        return _points({**exactly(pieces, by), "kinks": []}, None)


def _solved_by_a_process(text: str, seconds: float) -> StationaryPoints:
    task = {"text": text, "seconds": seconds, "path": [str(p) for p in sys.path]}
    printed, end = _run(json.dumps(task), seconds)
    # What was being printed when the time was up is no whole line.
    whole = [json.loads(line) for line in printed.split(b"\n")[:-1]]
    found: dict[str, Any] = {"points": [], "complete": False, "reasons": [], "kinks": []}
    for line in whole:
        found.update(line)
    if "error" in found:
        raise InputError(found["error"])
    found["reasons"] = map(fact_of, found["reasons"])
    return _points(found, end)


def _points(found: Mapping[str, Any], end: Fact | None) -> StationaryPoints:
    return StationaryPoints(
        points=tuple(StationaryPoint(**point) for point in found["points"]),
        complete=found["complete"] and end is None,
        reasons=(*([end] if end else []), *found["reasons"]),
        kinks=tuple(found["kinks"]),
        finished=end is None,
    )


def _run(task: str, seconds: float) -> tuple[bytes, Fact | None]:
    """What the process printed, and why it did not end well, None where it did."""
    command = [sys.executable, "-I", "-c", _PROGRAM]
    up = fact("search timed out", seconds=seconds)
    try:
        ended = subprocess.run(
            command,
            input=task.encode(),
            capture_output=True,
            timeout=_PATIENCE * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        return expired.stdout or b"", up
    except OSError as error:
        return b"", fact("no process", error=str(error))
    if ended.returncode == 0:
        return ended.stdout, None
    if ended.returncode == TIME_IS_UP:
        return ended.stdout, up
    last = ended.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return ended.stdout, fact("sympy gave up", last=last, status=ended.returncode)
