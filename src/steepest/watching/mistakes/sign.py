"""A loss that is made as large as it can be."""

from collections.abc import Iterator

from steepest.watching.mistakes.evidence import Evidence
from steepest.watching.mistakes.finding import Finding
from steepest.wording.fact import fact

_LOOKS = 2


def goes_uphill(evidence: Evidence) -> Iterator[Finding]:
    """A distance or cross entropy that is negated, or an optimizer that maximises it.

    With several optimizers one of them may do so on purpose.
    """
    looks = evidence.looks
    if len(evidence.optimizers) != 1 or evidence.hand_written is not None or not looks:
        return
    groups = evidence.optimizers[0].param_groups
    maximised = all(group.get("maximize", False) for group in groups)
    signs = [look.sign for look in looks if look.sign is not None]
    if len(signs) >= _LOOKS and all(negated != maximised for _, negated in signs):
        uphill = fact("goes uphill", loss=signs[0][0], maximised=maximised)
        yield Finding("sign of the loss", looks[0].index, uphill)
