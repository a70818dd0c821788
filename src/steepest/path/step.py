"""One step of a path: everything in it belongs to the same point."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from steepest.errors import check_known, printable

_SHOWN = 6  # parameters, where a step is printed


@dataclass(frozen=True, eq=False, repr=False)
class Step:
    """Step `index`: parameters and gradient (d,) in the order of `names`, and their objective.

    `learning_rate` is the rate of the update that leaves this step. `validation` is the objective
    on held-out rows, where there are any. `state` is what the optimizer remembers here, such as its
    momentum, by torch's names, in the descent's own coordinates.

    >>> step = Step(0, ("x", "intercept"), np.array([1.0, 2.0]), 5.0, np.array([0.5, 0.25]), 0.1)
    >>> step["intercept"], step.objective
    (2.0, 5.0)
    >>> step
    Step(0: objective 5; x=1, intercept=2)
    """

    index: int
    names: tuple[str, ...]
    parameters: NDArray[np.float64]
    objective: float
    gradient: NDArray[np.float64]
    learning_rate: float
    validation: float | None = None
    state: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def __repr__(self) -> str:
        some = zip(self.names, self.parameters.tolist(), strict=True)
        texts = [f"{name}={value:.6g}" for name, value in islice(some, _SHOWN)]
        if len(self.names) > _SHOWN:
            texts.append(f"… {len(self.names)} parameters")
        return printable(f"Step({self.index}: objective {self.objective:.6g}; {', '.join(texts)})")

    def __getitem__(self, name: str) -> float:
        """The parameter of that name."""
        check_known(name, self.names, "this path has no parameter {name!r}; it has {known}.")
        return float(self.parameters[self.names.index(name)])

    def to_dict(self) -> dict[str, object]:
        """Plain data: index, parameters and gradient by name, objective, learning rate."""
        return {
            "index": self.index,
            "parameters": dict(zip(self.names, self.parameters.tolist(), strict=True)),
            "objective": self.objective,
            "gradient": dict(zip(self.names, self.gradient.tolist(), strict=True)),
            "learning_rate": self.learning_rate,
            "validation": self.validation,
        }
