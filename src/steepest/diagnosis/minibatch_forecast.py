"""What is forecast of a descent in mini-batches, in numbers and in words."""

import math
from dataclasses import dataclass
from typing import final

from steepest.diagnosis.forecast import Forecast
from steepest.wording.numbers import Direction, alike, epochs, factor, number, rate

# Noise below this share of what the start lay above the minimum is none.
QUIET = 1e-12


@final
@dataclass(frozen=True, repr=False)
class BatchedForecast(Forecast):
    """Curvature, and the noise of batches of `batch_size` of so many `rows`.

    nan where something is not known; `why` says why then.

    - `measured_rows`: how many of the rows were measured: all, or a random sample of them
    - `stable_rate`: at and above it the mean square error does not settle for batches of this size;
      `best_rate`: fewest epochs;   `growth`: what an epoch multiplies the error by in the long run
    - `quadratic`: the curvature is the same everywhere; else it is that at the minimum, or at the
      end of the run where there is none
    - `minimum`: the least objective of all rows
    - `noise_floor`: how far above it the ends of shuffled epochs lie in the mean, in the long run;
      `independent_floor`: the same if rows were drawn anew for every update
    - `half_rate_floor`, `twice_batch_floor`, `averaged_floor`: the floor with half the rate, twice
      the batch, and (at most) for the mean of the later steps
    - `epochs_to_floor`: until what is left of the start's error is below the floor
    - `growth_of_update`: `growth` of one update;   `stable_batch`: where the rate is above the
      stable one, a batch size for which it is not, 0 for none; `growing`: the direction along which
      errors grow most then
    - `excess`: what a run of the planned epochs leaves above the minimum; `noise` of it
    """

    quadratic: bool
    batch_size: int
    rows: int
    measured_rows: int
    minimum: float
    noise_floor: float
    independent_floor: float
    half_rate_floor: float
    twice_batch_floor: float
    averaged_floor: float
    epochs_to_floor: float
    excess: float
    noise: float
    planned: int
    last_rate: float
    shuffled: bool
    adapted: bool
    axes: tuple[str, str]
    growth_of_update: float
    stable_batch: int
    growing: Direction | None
    why: str

    @property
    def floor_share(self) -> float:
        """The floor as a share of the minimum; nan where the minimum is 0."""
        return self.noise_floor / abs(self.minimum) if self.minimum else math.nan

    def sentences(self) -> list[str]:
        if not self.eigenvalues:
            return self._bounds()
        return [*self._rows_seen(), self._curvature(), *self._rates(), *self._outcome()]

    def to_dict(self) -> dict[str, object]:
        numbers = (
            "condition_number", "stable_rate", "best_rate", "growth", "epochs_per_thousandth",
            "minimum", "noise_floor", "independent_floor", "half_rate_floor", "twice_batch_floor",
            "averaged_floor", "epochs_to_floor", "excess", "noise",
        )  # fmt: skip
        values = {name: _plain(getattr(self, name)) for name in numbers}
        return {
            "batch_size": self.batch_size,
            "rows": self.rows,
            "measured_rows": self.measured_rows,
            "eigenvalues": list(self.eigenvalues),
            **values,
            "floor_share": _plain(self.floor_share),
            "quadratic": self.quadratic,
            "text": str(self),
        }

    def _bounds(self) -> list[str]:
        if math.isfinite(self.stable_rate):
            said = f"Rates below {rate(self.stable_rate)} are stable for batches of {self._size}"
            return [*self._rows_seen(), f"{said}, by bounds on the curvature.", self.why]
        return [self.why]

    def _rows_seen(self) -> list[str]:
        if self.measured_rows == self.rows:
            return []
        return [f"Measured on {self.measured_rows} of {self.rows} rows, drawn at random."]

    @property
    def _size(self) -> str:
        return f"{self.batch_size} row{'s' * (self.batch_size != 1)}"

    def _curvature(self) -> str:
        where = "The" if self.quadratic else "At the minimum the"
        if math.isnan(self.minimum):
            where = "At the end the"
        curved = [value for value in self.eigenvalues if value > 0.0]
        if not curved:
            return f"{where} objective is flat."
        if alike(curved[0], curved[-1]):
            along = "" if len(curved) == 1 else " in every direction"
            return f"{where} curvature is {number(curved[0])}{along}."
        return (
            f"{where} curvature runs from {number(curved[0])}, along {self.axes[0]}, to "
            f"{number(curved[-1])}, along {self.axes[1]}: condition number "
            f"{number(self.condition_number)}."
        )

    def _rates(self) -> list[str]:
        if not math.isfinite(self.stable_rate):
            return []
        about = "about " if self.momentum else ""
        return [
            f"For batches of {self._size} rates below {about}{rate(self.stable_rate)} are stable; "
            f"{about}{number(self.best_rate)} needs the fewest epochs."
        ]

    def _outcome(self) -> list[str]:
        if self.why:
            return [self.why]
        if self.adapted:
            return [
                "lr auto halves the rate after every epoch that does not lead lower: the noise "
                "dies out with it."
            ]
        if self.learning_rate is None:
            return [self._falling()]
        given = f"At learning rate {rate(self.learning_rate)}"
        if not self.learning_rate < self.stable_rate:
            return [
                f"{given} errors grow {factor(self.growth_of_update)} times an update (root mean "
                f"square, in the long run), most along {self.growing}: the run diverges."
            ]
        needs = epochs(math.ceil(self.epochs_per_thousandth or 1.0))
        return [f"{given} each factor of 1000 of the error takes {needs}.", *self._floor()]

    def _floor(self) -> list[str]:
        if math.isnan(self.noise_floor):
            return []
        if self.noise_floor == 0.0:
            return ["There is no noise at the minimum: the run goes all the way."]
        share = f" ({100.0 * self.floor_share:.2g} %)" if self.minimum else ""
        said = [
            f"Noise keeps the objective about {number(self.noise_floor)} above its minimum "
            f"{number(self.minimum)}{share}; from this start that is reached after about "
            f"{epochs(self.epochs_to_floor)}.",
            f"Half the rate would leave {number(self.half_rate_floor)}, twice the batch "
            f"{number(self.twice_batch_floor)}.",
        ]
        if not self.shuffled:
            said.append("That is so for rows in random order; in their own order it may differ.")
        return said

    def _falling(self) -> str:
        over = f"Over {epochs(self.planned)} the learning rate goes to {rate(self.last_rate)}"
        if not math.isfinite(self.excess):
            return f"{over}: what that leaves is not known."
        return (
            f"{over}: about {number(self.excess)} above the minimum is left, "
            f"{number(self.noise)} of it noise."
        )


def _plain(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
