"""What curvature says before the run."""

import math
from dataclasses import dataclass, fields, replace
from typing import final

from steepest.curvature.rates import MomentumRule
from steepest.diagnosis.local_spectrum import Spectrum
from steepest.errors import printable
from steepest.wording.fact import Fact, text_of
from steepest.wording.numbers import Direction

_NOT_IN_JSON = {
    "names", "optimizer", "momentum", "learning_rate", "slowest", "stiffest", "rule", "spectrum",
    "growth_of_update", "stable_batch", "growing", "facts",
}  # fmt: skip


@final
@dataclass(frozen=True, repr=False, kw_only=True)
class Forecast:
    """Curvature, stable and best learning rates, and what the given rate will do.

    - `eigenvalues`: of the objective's second derivative, ascending; empty where it is not known
    - `condition_number`: largest over smallest of those above 0
    - `stable_rate`: at and above it descent does not settle, of mini-batches in the mean square;
      `best_rate`: fewest epochs
    - `growth`: the largest factor an epoch multiplies an error by (above 1: diverges); None where
      it is not known
    - `slowest`, `stiffest`: the directions of smallest and largest curvature above 0
    - `epochs_per_thousandth`: epochs for each factor of 1000 in the slowest direction
    - `optimizer`, `momentum`, `learning_rate`: what the run was given; the rate is None where it
      has no closed form
    - `quadratic`: the curvature is the same everywhere; else it is that at the start, or of
      mini-batches that at the minimum
    - `facts`: all of this, in the order of its sentences

    What follows is None where it does not apply or is not known. Of steps on any function, `rule`
    is the momentum of SGD and `spectrum` the curvature at the start. Of squared loss in full batch:

    - `raw_condition_number`, `standardized_condition_number`: the condition number with the
      features as they are, and with the features standardised
    - `epochs_to_settle`: until every direction's error is below 1e-12 of what it was
    - `epochs_to_tolerance`: until J − J* is 1e-6 of what it was

    After Newton's method:

    - `plain_rate`, `plain_epochs`: the best rate of plain descent, and about how many epochs it
      would have needed until then, by the curvature at the end

    Of batches of `batch_size` of so many `rows`:

    - `measured_rows`: how many of the rows were measured: all, or a random sample of them
    - `minimum`: the least objective of all rows
    - `noise_floor`: how far above it the ends of shuffled epochs lie in the mean, in the long run;
      `independent_floor`: the same if rows were drawn anew for every update
    - `half_rate_floor`, `twice_batch_floor`, `averaged_floor`: the floor with half the rate, twice
      the batch, and (at most) for the mean of the later steps
    - `epochs_to_floor`: until what is left of the start's error is below the floor
    - `excess`: what a run of the planned epochs leaves above the minimum; `noise` of it
    - `growth_of_update`: `growth` of one update;   `stable_batch`: where the rate is above the
      stable one, a batch size for which it is not, 0 for none; `growing`: the direction along which
      errors grow most then

    >>> import steepest
    >>> forecast = steepest.minimize("x**2 - 4*x + 5", start=7, lr=0.1).forecast
    >>> forecast.stable_rate, forecast.best_rate, round(forecast.growth, 6)
    (1.0, 0.5, 0.8)
    >>> forecast = steepest.fit([1, 2, 3], [2, 4, 6], intercept=False, standardize=False).forecast
    >>> round(forecast.stable_rate, 7), forecast.condition_number
    (0.2142857, 1.0)
    """

    names: tuple[str, ...]
    eigenvalues: tuple[float, ...] = ()
    condition_number: float = math.nan
    stable_rate: float = math.nan
    best_rate: float = math.nan
    optimizer: str
    momentum: float
    learning_rate: float | None = None
    growth: float | None = None
    slowest: Direction | None = None
    stiffest: Direction | None = None
    epochs_per_thousandth: float | None = None
    quadratic: bool = True
    rule: MomentumRule | None = None
    spectrum: Spectrum | None = None
    raw_condition_number: float | None = None
    standardized_condition_number: float | None = None
    epochs_to_settle: int | None = None
    epochs_to_tolerance: int | None = None
    plain_rate: float | None = None
    plain_epochs: int | None = None
    batch_size: int | None = None
    rows: int | None = None
    measured_rows: int | None = None
    minimum: float | None = None
    noise_floor: float | None = None
    independent_floor: float | None = None
    half_rate_floor: float | None = None
    twice_batch_floor: float | None = None
    averaged_floor: float | None = None
    epochs_to_floor: float | None = None
    excess: float | None = None
    noise: float | None = None
    growth_of_update: float | None = None
    stable_batch: int | None = None
    growing: Direction | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def floor_share(self) -> float | None:
        """The noise floor as a share of the minimum; None where that is 0."""
        if self.noise_floor is None or not self.minimum:
            return None
        return self.noise_floor / abs(self.minimum)

    @property
    def sees_all_rows(self) -> bool:
        """Whether every batch is of all rows, and all were measured."""
        return self.batch_size is not None and self.batch_size >= (self.rows or 0) == (
            self.measured_rows
        )

    def saying(self, *facts: Fact) -> "Forecast":
        """The same forecast, put into these facts."""
        return replace(self, facts=facts)

    def sentences(self) -> list[str]:
        """The forecast in words, a sentence an entry."""
        return list(map(str, self.facts))

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON: what does not apply is None; the words under `text`."""
        values = {
            field.name: _plain(getattr(self, field.name))
            for field in fields(self)
            if field.name not in _NOT_IN_JSON
        }
        return values | {
            "eigenvalues": list(self.eigenvalues),
            "floor_share": _plain(self.floor_share),
            "facts": [each.to_dict() for each in self.facts],
            "text": str(self),
        }

    def __str__(self) -> str:
        return printable(text_of(self.facts))

    def __repr__(self) -> str:
        return f"Forecast({self})"


def _plain(value: object) -> object:
    """The value, with None for what JSON has no word for."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
