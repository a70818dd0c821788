"""Which parts moments were added up from: the same rows are not counted twice unawares."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import final

import numpy as np

from steepest.errors import InputError, listed, shortened
from steepest.moments.moments import CentredMoments
from steepest.storage.schema import Count
from steepest.tables.table import Columns, Table

_LONGEST = 200


@final
@dataclass(frozen=True)
class MomentsPart:
    """Rows that moments were gathered from.

    - `source`: where they were read;   `rows`: how many
    - `fingerprint`: of their number and of what they add up to; the same rows have the same in
      whatever order and by whichever engine they are read
    """

    source: str
    rows: Count
    fingerprint: str


def part_of(moments: CentredMoments, table: Columns) -> MomentsPart:
    """The part that these moments of a table are."""
    files = [str(path) for path in table.files] if isinstance(table, Table) else []
    source = listed(files) if files else table.description
    return MomentsPart(shortened(source, _LONGEST), moments.rows, fingerprint(moments))


def fingerprint(moments: CentredMoments) -> str:
    """A digest of what moments say, to seven digits: engines differ in the last ones.

    Of each column its mean, its deviation, and its correlation with the target.

    >>> from steepest.moments.moments import CentredMoments
    >>> none = CentredMoments.empty(["x", "y"], np.zeros(2), np.ones(2))
    >>> fingerprint(none) == fingerprint(none), len(fingerprint(none))
    (True, 16)
    """
    means = np.array([*moments.means.values()])
    spreads = np.array([*moments.deviations.values()])
    roots = np.sqrt(moments.products.diagonal())
    both = roots * roots[-1]
    along = np.divide(moments.products[-1], both, where=both > 0.0, out=np.zeros(len(both)))
    # A mean far smaller than the deviation is what is left of larger numbers: its digits are noise.
    means = np.where(np.abs(means) > 1e-3 * spreads, means, 0.0)
    numbers = [f"{value:.7g}" for value in [*means, *spreads, moments.weight]]
    told = [*moments.names, str(moments.rows), *numbers, *(f"{value:.5f}" for value in along)]
    return sha256("\n".join(told).encode(errors="replace")).hexdigest()[:16]


def added(
    ours: Sequence[MomentsPart], theirs: Sequence[MomentsPart], *, again: bool
) -> tuple[MomentsPart, ...]:
    """The ledger of both. Raises InputError for a part that both have, unless `again`."""
    known = {part.fingerprint: part for part in ours}
    twice = next((part for part in theirs if part.fingerprint in known), None)
    if twice is not None and not again:
        raise InputError(
            "the {rows} rows of {source} are counted already (as {other}); to count them again, "
            "write a.add(b, again=True)",
            rows=twice.rows,
            source=twice.source,
            other=known[twice.fingerprint].source,
        )
    return (*ours, *theirs)


def left(ours: Sequence[MomentsPart], theirs: Sequence[MomentsPart]) -> tuple[MomentsPart, ...]:
    """The ledger without the parts that are taken away."""
    rest = list(ours)
    for part in theirs:
        same = next((each for each in rest if each.fingerprint == part.fingerprint), None)
        if same is not None:
            rest.remove(same)
    return tuple(rest)
