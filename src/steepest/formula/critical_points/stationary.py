"""Stationary points of a formula, and the process that looks for them within a time limit.

SymPy may think for ever, and nothing inside Python can stop it: a thread cannot be ended, and a
signal needs the main thread and a Unix. So a process of its own solves, and is killed when the time
is up. `subprocess` kills on Linux, macOS and Windows alike, and, unlike `multiprocessing`, does not
run the user's script again. The process is handed the formula's text, which it reads with our own
parser. It prints what it knows whenever it knows more, so the limit leaves the best so far.
"""

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from steepest.errors import InputError

# The process imports what this one would: its path is handed over, and none is added.
_PROGRAM = """
import json, sys
task = json.load(sys.stdin)
sys.path[:] = task["path"]
from steepest.formula.critical_points.solver_process import report
report(task["text"])
"""


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
        """The kind as books name it: nobody calls the level point of x^3 a saddle.

        >>> StationaryPoint({"x": 0.0}, {}, 0.0, "", "saddle").called
        'inflection'
        """
        return "inflection" if self.kind == "saddle" and len(self.coordinates) == 1 else self.kind


@final
@dataclass(frozen=True)
class StationaryPoints:
    """The stationary points that were found, ordered by their coordinates.

    - `complete`: there are no others; `reason`: why that is not certain, "" where it is
    - `kinks`: conditions such as "x - 1 = 0" under which the formula may have no derivative; a
      minimum may lie there without being a stationary point
    """

    points: tuple[StationaryPoint, ...]
    complete: bool
    reason: str
    kinks: tuple[str, ...]


def stationary_points(text: str, seconds: float) -> StationaryPoints:
    """Those of the formula, within a time limit.

    InputError: a time limit that is not positive; a formula that SymPy cannot be given.
    """
    if not (math.isfinite(seconds) and seconds > 0):
        raise InputError(f"The time limit must be a positive number of seconds, not {seconds}.")
    printed, end = _solve(json.dumps({"text": text, "path": [str(p) for p in sys.path]}), seconds)
    # What was being printed when the time was up is no whole line.
    whole = [json.loads(line) for line in printed.split(b"\n")[:-1]]
    found: dict[str, Any] = {"points": [], "complete": False, "reason": "", "kinks": []}
    for line in whole:
        found.update(line)
    if "error" in found:
        raise InputError(found["error"])
    reason = "; ".join(part for part in (end, found["reason"]) if part)
    points = tuple(StationaryPoint(**point) for point in found["points"])
    return StationaryPoints(points, found["complete"] and not end, reason, tuple(found["kinks"]))


def _solve(task: str, seconds: float) -> tuple[bytes, str]:
    """What the process printed, and why it did not end well, "" where it did."""
    command = [sys.executable, "-I", "-c", _PROGRAM]
    try:
        ended = subprocess.run(
            command, input=task.encode(), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as expired:
        return expired.stdout or b"", f"the time limit of {seconds:g} s was reached"
    except OSError as error:
        return b"", f"no process could be started ({error})"
    if ended.returncode == 0:
        return ended.stdout, ""
    last = ended.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return ended.stdout, f"SymPy gave up ({last or f'exit status {ended.returncode}'})"
