"""The least-squares answer of rows, to more digits than their triangle gives."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.arrays import Floats
from steepest.errors import StorageError
from steepest.moments.exact_residuals import Line
from steepest.moments.twice_precision import Twice, plus, times, total

if TYPE_CHECKING:
    from steepest.moments.file_schema import SolutionData
    from steepest.storage.array_checks import Arrays

# Twice the precision takes numbers below this: it splits them in halves.
_MOST = 1e290


@dataclass(frozen=True, eq=False)
class Solution:
    """A least-squares line in twice the working precision, in the user's units.

    - `line`: its centre, slopes and level;   `intercept`: whether it has one of its own
    - `errors` (d,): what the coefficients, then the intercept, may be off by
    - `squares`: Σ w r²;   `residual_digits`: how many digits of its root are known
    """

    line: Line
    intercept: bool
    errors: Floats
    squares: float
    residual_digits: float

    def arrays(self) -> dict[str, Floats]:
        """The numbers of a saved file."""
        (slopes, low), level = self.line.slopes, self.line.level
        both = np.array([float(level.high), float(level.low)])
        centre, errors = self.line.centre, self.errors
        return {"centre": centre, "slopes": slopes, "low": low, "level": both, "errors": errors}

    def description(self) -> dict[str, Any]:
        """The rest of a saved file."""
        names = ("intercept", "squares", "residual_digits")
        return {name: getattr(self, name) for name in names}

    @staticmethod
    def restore(arrays: "Arrays", description: "SolutionData", columns: int) -> "Solution":
        """The solution of so many columns, of a saved file. Raises StorageError where it is
        damaged.
        """
        from steepest.storage.array_checks import floats

        names = ("centre", "slopes", "low")
        centre, slopes, low = (floats(arrays, name, (columns,), below=_MOST) for name in names)
        level = floats(arrays, "level", (2,), below=_MOST)
        errors = floats(arrays, "errors", (columns + description["intercept"],))
        if not (errors >= 0.0).all():
            raise StorageError("array errors is damaged: expected numbers of 0 or more")
        line = Line(centre, Twice(slopes, low), Twice(level[0], level[1]))
        return Solution(line, errors=errors, **description)

    @property
    def parameters(self) -> Floats:
        """Coefficients, then the intercept where there is one, rounded once."""
        slopes = self.line.slopes.high
        if not self.intercept:
            return slopes
        terms = times(self.line.slopes, Twice.of(-self.line.centre))
        return np.append(slopes, plus(self.line.level, total(terms)).high)
