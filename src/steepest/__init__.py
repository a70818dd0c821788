"""steepest: gradient descent on a formula, a table of any size, and your own PyTorch model.

>>> import steepest
>>> fit = steepest.fit([1, 2, 3], [2, 4, 6.3])
>>> fit.verdict.kind, round(fit.coefficients["x"], 6)
('converged', 2.15)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from steepest.translation import say

if TYPE_CHECKING:
    from steepest import losses as losses
    from steepest.api.fit import fit as fit
    from steepest.api.graph import graph as graph
    from steepest.api.load import load as load
    from steepest.api.minimize import minimize as minimize
    from steepest.api.read import read as read
    from steepest.api.search import search as search
    from steepest.api.study import compare as compare
    from steepest.api.study import study as study
    from steepest.api.watch import find_lr as find_lr
    from steepest.api.watch import landscape as landscape
    from steepest.api.watch import watch as watch
    from steepest.descent import optimizers as optimizers
    from steepest.descent import schedules as schedules
    from steepest.descent.stopping import Stopping as Stopping
    from steepest.diagnosis.forecast import Forecast as Forecast
    from steepest.diagnosis.verdict import Verdict as Verdict
    from steepest.errors import InputError as InputError
    from steepest.errors import SteepestError as SteepestError
    from steepest.models.mini_batches import MiniBatches as MiniBatches
    from steepest.path.path import DescentPath as DescentPath
    from steepest.path.step import Step as Step
    from steepest.problems import known_functions as functions
    from steepest.results.fit import Fit as Fit
    from steepest.results.moments import Moments as Moments
    from steepest.results.run import Run as Run
    from steepest.results.study import Study as Study
    from steepest.results.table import Table as Table
    from steepest.tables import samples as samples
    from steepest.wording.language import language as language

__version__ = "0.3.0"

__all__ = [
    "BatchLoss",
    "DescentPath",
    "Fit",
    "Forecast",
    "InputError",
    "MiniBatches",
    "Moments",
    "Run",
    "SteepestError",
    "Step",
    "Stopping",
    "Study",
    "Table",
    "Verdict",
    "compare",
    "find_lr",
    "fit",
    "functions",
    "graph",
    "landscape",
    "language",
    "load",
    "losses",
    "minimize",
    "optimizers",
    "read",
    "samples",
    "schedules",
    "search",
    "study",
    "watch",
]

# Where each public name lives: `import steepest` itself loads nothing.
_HOMES = {
    "BatchLoss": "steepest.watching.measure.batch_objective",
    "DescentPath": "steepest.path.path",
    "Fit": "steepest.results.fit",
    "Forecast": "steepest.diagnosis.forecast",
    "InputError": "steepest.errors",
    "MiniBatches": "steepest.models.mini_batches",
    "Moments": "steepest.results.moments",
    "Run": "steepest.results.run",
    "SteepestError": "steepest.errors",
    "Step": "steepest.path.step",
    "Stopping": "steepest.descent.stopping",
    "Study": "steepest.results.study",
    "Table": "steepest.results.table",
    "Verdict": "steepest.diagnosis.verdict",
    "compare": "steepest.api.study",
    "find_lr": "steepest.api.watch",
    "fit": "steepest.api.fit",
    "functions": "steepest.problems.known_functions",
    "graph": "steepest.api.graph",
    "language": "steepest.wording.language",
    "landscape": "steepest.api.watch",
    "load": "steepest.api.load",
    "losses": "steepest.losses",
    "minimize": "steepest.api.minimize",
    "optimizers": "steepest.descent.optimizers",
    "read": "steepest.api.read",
    "samples": "steepest.tables.samples",
    "schedules": "steepest.descent.schedules",
    "search": "steepest.api.search",
    "study": "steepest.api.study",
    "watch": "steepest.api.watch",
}
_MODULES = ("functions", "losses", "optimizers", "samples", "schedules")


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(say("module 'steepest' has no attribute {name!r}", name=name))
    module = import_module(_HOMES[name])
    value = module if name in _MODULES else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
