"""The gradient noise scale: how many rows a batch needs so that its gradient is no mere noise.

With row gradients of mean G and covariance Σ the mean gradient of b rows has |G|² + tr(Σ)/b as its
expected square. Noise and signal are alike at b = tr(Σ)/|G|², the simple noise scale of McCandlish,
Kaplan, Amodei et al. (2018), An empirical model of large-batch training, equation 2.9.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, final

import numpy as np
from torch import Tensor, nn

from steepest.arrays import Floats
from steepest.errors import InputError, printable
from steepest.number_checks import check_whole
from steepest.watching.measure.batch_objective import ModuleObjective
from steepest.watching.measure.isolated import RandomState
from steepest.watching.measure.loader_batches import Batches
from steepest.watching.measure.mean_loss import rows_of_batch
from steepest.watching.record.optimized_parameters import check_loss
from steepest.wording.fact import Fact, fact, text_of

# Of fewer batches the spread says little of its own error.
FEWEST = 4
# What is no more than so many standard errors above 0 is not known to be above 0.
_ERRORS = 2.0


@final
@dataclass(frozen=True, repr=False)
class NoiseScale:
    """The gradient noise scale of a model on some batches, at its present parameters.

    - `scale`: tr(Σ)/|G|² in rows, the batch size that it suggests: with it a descent needs about
      twice the fewest steps and twice the fewest rows. nan where it cannot be told, since |G|² is
      not two standard errors above 0
    - `scale_error`: its standard error, in rows
    - `at_least`: tr(Σ)/(|G|² + 2 standard errors), in rows; nan where that says nothing
    - `variance`: tr(Σ), the variance of one row's gradient, in the square of its unit, unbiased:
      Σ bₖ|gₖ − ḡ|²/(K − 1) of K batches with bₖ rows and gradients gₖ, ḡ = Σ bₖ gₖ/Σ bₖ
    - `square`: |G|² in the same unit, unbiased: |ḡ|² − tr(Σ)/Σ bₖ
    - `square_error`: its standard error, by leaving out one batch after another (jackknife)
    - `batches`, `rows`: K and Σ bₖ
    """

    scale: float
    scale_error: float
    at_least: float
    variance: float
    square: float
    square_error: float
    batches: int
    rows: int

    @staticmethod
    def of(
        model: nn.Module, loss_fn: Callable[..., Tensor], loader: Any, *, most: int = 64
    ) -> "NoiseScale":
        """From the gradients of at most so many batches of a loader, or of a list of batches.

        Each gradient is computed twice, so that one is held at a time. Rows are taken to be drawn
        independently, and a loss to be the mean over its rows. The model runs in the mode it is in,
        with the same dropout for all batches; it and all random states stay as they are.

        Raises InputError for fewer than 4 batches, a loss that adds its rows up, and a gradient
        that is not finite.

        >>> import torch
        >>> model, x = nn.Linear(1, 1, bias=False).double(), torch.arange(8.0).double()[:, None]
        >>> _ = nn.init.zeros_(model.weight)
        >>> found = NoiseScale.of(model, nn.MSELoss(), [(x[k], x[k]) for k in range(8)])
        >>> round(found.variance, 6), round(found.square, 6)  # of the row gradients −2x²
        (1272.0, 1066.0)
        """
        check_whole("most", most, FEWEST)
        check_loss(loss_fn)
        if getattr(loss_fn, "reduction", "mean") == "sum":
            raise InputError(
                "the noise scale needs the mean loss of a batch; this loss_fn has reduction='sum'"
            )
        source = Batches.of(loader)
        before = RandomState.of(model, source.generators())
        try:
            batches = list(islice(source.epoch(), most))
        finally:
            before.restore()
        if len(batches) < FEWEST:
            raise InputError(
                "the noise scale needs at least {FEWEST} batches, a DataLoader or a list of "
                "them; this loader gave {count}",
                FEWEST=FEWEST,
                count=len(batches),
            )
        rows = np.array([rows_of_batch(batch) for batch in batches], dtype=np.float64)
        return _estimated(rows, *_products(model, loss_fn, batches, rows))

    @property
    def batch_size(self) -> int | None:
        """The batch size that the scale suggests, in rows; None where it cannot be told."""
        return None if np.isnan(self.scale) else max(1, round(self.scale))

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The scale, or why it cannot be told, and what it was computed from."""
        least = None if np.isnan(self.at_least) else self.at_least
        found = (
            fact("noise scale unknown", at_least=least)
            if self.batch_size is None
            else fact("noise scale", scale=self.scale, error=self.scale_error)
        )
        measured = fact(
            "noise scale measured",
            batches=self.batches,
            rows=self.rows,
            variance=self.variance,
            square=self.square,
            error=self.square_error,
        )
        return found, measured

    def __repr__(self) -> str:
        return printable(text_of(self.facts))

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        known = {name: None if np.isnan(value) else value for name, value in vars(self).items()}
        facts = [each.to_dict() for each in self.facts]
        return {**known, "batch_size": self.batch_size, "facts": facts}


def _products(
    model: nn.Module, loss_fn: Callable[..., Tensor], batches: Sequence[Any], rows: Floats
) -> tuple[float, Floats, Floats]:
    """|ḡ|², and of each batch gₖ·ḡ and |gₖ − ḡ|², (K,)."""
    whole = [ModuleObjective.of(model, loss_fn, batch) for batch in batches]
    here = whole[0].now()
    mean = np.zeros(len(here))
    for objective, share in zip(whole, rows / rows.sum(), strict=True):
        mean += share * _finite(objective.gradient(here))
    along, apart = [], []
    for objective in whole:
        gradient = objective.gradient(here)
        along.append(float(gradient @ mean))
        apart.append(float(np.square(gradient - mean).sum()))
    return float(mean @ mean), np.array(along), np.array(apart)


def _finite(gradient: Floats) -> Floats:
    if not np.isfinite(gradient).all():
        raise InputError("the gradient of a batch is not finite: there is no noise scale")
    return gradient


def _estimated(rows: Floats, length: float, along: Floats, apart: Floats) -> NoiseScale:
    count, whole = len(rows), float(rows.sum())
    spread = float(rows @ apart)
    variance = spread / (count - 1)
    square = length - variance / whole
    # The same without one batch: its mean is ḡ − bₖ(gₖ − ḡ)/(N − bₖ).
    left = whole - rows
    moved_by = rows / left
    lengths = length - 2.0 * moved_by * (along - length) + moved_by**2 * apart
    variances = (spread - rows * apart * whole / left) / (count - 2)
    squares = lengths - variances / left
    error = _jackknife(squares)
    is_known = square > _ERRORS * error
    scale = variance / square if is_known else np.nan
    bound = square + _ERRORS * error
    return NoiseScale(
        scale=scale,
        scale_error=_jackknife(variances - scale * squares) / square if is_known else np.nan,
        at_least=variance / bound if bound > 0.0 else np.nan,
        variance=variance,
        square=square,
        square_error=error,
        batches=count,
        rows=int(whole),
    )


def _jackknife(values: Floats) -> float:
    """The standard error of an estimate, from its values without one batch each."""
    count = len(values)
    return float(np.sqrt((count - 1) / count * np.square(values - values.mean()).sum()))
