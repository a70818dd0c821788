"""Units of sigmoid or tanh that stand at their bounds, where they have no slope."""

from collections.abc import Iterator

import numpy as np

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact

_LOOKS = 3
_MOST = 0.75


def saturated_units(evidence: Evidence) -> Iterator[Finding]:
    """Layers of which, from the first look on, most outputs are at a bound."""
    looks = [look for look in evidence.looks if look.saturated]
    if len(looks) < _LOOKS:
        return
    for name in looks[0].saturated:
        shares = [look.saturated[name] for look in looks if name in look.saturated]
        if len(shares) == len(looks) and min(shares) >= _MOST:
            at_bounds = fact("units at bounds", name=name, share=float(np.median(shares)))
            yield Finding("saturated units", looks[0].index, at_bounds, name)
