"""The learning rate of a watched loop beside the largest stable one, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from steepest.arrays import Floats
from steepest.pictures.left_out import LeftOut
from steepest.watching.measure.sharpness import MeasuredCurvature
from steepest.watching.record.step_record import Record
from steepest.wording.numbers import number


@final
@dataclass(frozen=True, eq=False)
class SharpnessView:
    """`rates` (n,) at the recorded `steps` (n,), and `stable` (m,) at the `measured` ones (m,).

    A rate of 0, with which a schedule ends, has no place on a logarithmic axis: it is nan.
    """

    steps: Floats
    rates: Floats
    measured: Floats
    stable: Floats
    note: str

    @staticmethod
    def of(records: Sequence[Record], measured: Sequence[MeasuredCurvature]) -> "SharpnessView":
        """The view of a path. Raises LeftOut where nothing was measured."""
        if not measured:
            raise LeftOut(
                "No curvature was measured: watch(…, curvature_every=100) measures every 100 steps."
            )
        stable = np.array([each.stable_rate for each in measured])
        rates = np.array([record.learning_rates[0] for record in records])
        return SharpnessView(
            steps=np.array([float(record.index) for record in records]),
            rates=np.where(rates > 0.0, rates, np.nan),
            measured=np.array([float(each.step) for each in measured]),
            stable=np.where(np.isfinite(stable), stable, np.nan),
            note=_note(measured),
        )


def _note(measured: Sequence[MeasuredCurvature]) -> str:
    last = measured[-1]
    products = sum(m.products for m in measured)
    return (
        f"At step {last.step} λmax is {number(last.largest)} on the batch seen last, and the "
        f"learning rate {number(last.share)} of the stable one. {len(measured)} measurements took "
        f"{products} Hessian-vector products, about {2 * products} backward passes."
    )
