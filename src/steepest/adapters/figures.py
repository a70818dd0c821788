"""A recorded step as numbers by name, for programs that draw curves."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from steepest.watching.record.step_record import Layout, Record

PREFIX = "steepest"


def figures(record: "Record", layout: "Layout", *, tensors: bool) -> dict[str, float]:
    """Objective, learning rates, and the norms of gradient and update; those of each tensor too, if
    `tensors`. What is not known is left out.

    - "steepest/objective";   "steepest/learning_rate", or "steepest/learning_rate/0" and so on
    - "steepest/gradient_norm", "steepest/gradient_norm_of/<tensor>", and so of "update_norm"
    """
    found = {"objective": record.objective}
    rates = record.learning_rates
    for i, rate in enumerate(rates):
        found["learning_rate" if len(rates) == 1 else f"learning_rate/{i}"] = rate
    for name, norms in (
        ("gradient_norm", record.gradient_norms),
        ("update_norm", record.update_norms),
    ):
        if not np.isnan(norms).all():
            found[name] = float(np.sqrt(np.nansum(np.square(norms))))
        if tensors:
            pairs = zip(layout.tensors, norms.tolist(), strict=True)
            found.update({f"{name}_of/{tensor}": norm for tensor, norm in pairs})
    return {f"{PREFIX}/{name}": value for name, value in found.items() if not np.isnan(value)}
