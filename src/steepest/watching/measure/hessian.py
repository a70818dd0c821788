"""The curvature of a module's loss on a batch: λmax, λmin, and how all eigenvalues are spread."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
import torch

from steepest.arrays import Floats
from steepest.curvature.extremes import MOST_PRODUCTS, Ends, Operator, extremes
from steepest.curvature.lanczos import MOST_STEPS, Density, spectrum
from steepest.curvature.rates import MomentumRule
from steepest.errors import InputError
from steepest.watching.measure.batch_objective import Batch, Loss, ModuleObjective

# What a product with a vector is worth, relative to the largest eigenvalue.
_TOLERANCE = {torch.float64: 1e-7}
_COARSE = 1e-4


@final
@dataclass(frozen=True, eq=False)
class ModuleCurvature:
    """The second derivative of a module's loss on one batch, at its present parameters.

    - `largest`, `smallest`: eigenvalues, each within its error, `largest_error`, `smallest_error`,
      of one of H's. Only the largest was waited for, unless both were asked for.
    - `shares`: by tensor, how much of the direction of largest curvature lies in it; they sum to 1
    - `products`: what it cost: passes back through the graph of the gradient
    - `settled`: whether the tolerance was met
    """

    largest: float
    largest_error: float
    smallest: float
    smallest_error: float
    shares: Mapping[str, float]
    products: int
    settled: bool

    def stable_rate(self, momentum: float = 0.0, *, nesterov: bool = False) -> float:
        """The learning rate of SGD at which the steepest direction settles no more: 2/λmax without
        momentum; inf where nothing curves upward."""
        return MomentumRule(momentum, nesterov).stable_rate(self.largest)


def largest_curvature(
    model: torch.nn.Module,
    loss_fn: Loss,
    batch: Batch,
    *,
    ends: Ends = "largest",
    dtype: torch.dtype | None = None,
    tolerance: float | None = None,
    most: int = MOST_PRODUCTS,
    seed: int = 0,
    at: Mapping[str, Floats] | None = None,
) -> ModuleCurvature:
    """λmax of the loss of a model on a batch, by SciPy's `eigsh` on products H v.

    `ends="both"` waits for λmin too. `dtype=torch.float64` computes in double precision, by default
    in the model's own. It stops when ‖H v − λ v‖ is `tolerance` of |λ|max, by default 1e-7 in
    double precision and else 1e-4, or after `most` products. `at` gives other parameters than the
    present ones, by tensor. The model stays as it is, bit by bit.
    Raises InputError where the loss has no second derivative there.

    >>> _ = torch.manual_seed(0)
    >>> x = torch.tensor([[1.0], [2.0], [3.0]])
    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> found = largest_curvature(model, torch.nn.MSELoss(), (x, 2 * x))
    >>> round(found.largest, 4), round(found.stable_rate(), 4)     # 2·mean(x²), and 3/14
    (9.3333, 0.2143)
    """
    tensors = None if at is None else tuple(at)
    objective = ModuleObjective.of(model, loss_fn, batch, tensors=tensors, dtype=dtype)
    place = objective.now()
    if at is not None:
        place = np.concatenate([np.ravel(part) for part in at.values()])
    precision = dtype or next(iter(objective.model.parameters())).dtype
    wanted = _TOLERANCE.get(precision, _COARSE) if tolerance is None else tolerance
    spectrum_ends = extremes(
        _checked(objective.product(place)),
        objective.size,
        ends=ends,
        tolerance=wanted,
        most=most,
        seed=seed,
    )
    shares = {
        name: float(np.square(part).sum())
        for name, part in objective.by_tensor(spectrum_ends.vector).items()
    }
    return ModuleCurvature(
        largest=spectrum_ends.largest,
        largest_error=spectrum_ends.largest_error,
        smallest=spectrum_ends.smallest,
        smallest_error=spectrum_ends.smallest_error,
        shares=shares,
        products=spectrum_ends.products,
        settled=spectrum_ends.settled,
    )


def curvature_density(
    model: torch.nn.Module,
    loss_fn: Loss,
    batch: Batch,
    *,
    steps: int = MOST_STEPS,
    probes: int = 4,
    dtype: torch.dtype | None = None,
    seed: int = 0,
) -> Density:
    """How the eigenvalues of the second derivative are spread, by stochastic Lanczos quadrature.

    It costs `steps` products with each of so many random `probes`; more probes see finer shares.

    >>> x = torch.tensor([[1.0], [2.0], [3.0]])
    >>> density = curvature_density(torch.nn.Linear(1, 1), torch.nn.MSELoss(), (x, x), probes=50)
    >>> abs(density.moment(1) - (28 / 3 + 2)) < 2.0
    True
    """
    objective = ModuleObjective.of(model, loss_fn, batch, dtype=dtype)
    return spectrum(
        _checked(objective.product(objective.now())),
        objective.size,
        steps=steps,
        probes=probes,
        seed=seed,
    )


def _checked(product: Operator) -> Operator:
    def checked(vector: Floats) -> Floats:
        image = product(vector)
        if not np.isfinite(image).all():
            raise InputError(
                "the second derivative of the loss is not finite at these parameters; look "
                "for parameters, inputs or a loss that are nan or infinite"
            )
        return image

    return checked
