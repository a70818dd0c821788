"""Whole numbers of a lazy frame that float64 does not hold: looked for where some are large."""

import narwhals as nw

from steepest.errors import InputError
from steepest.tables.exact_numbers import EXACT, is_rounded, rounded
from steepest.tables.frames.lazy_expressions import Lazy, Source, fetch

# Of numbers wider than 64 bits the engine tells its large ones, each once, up to so many.
_MOST = 10_000


def refuse_rounded(frame: Lazy, here: str, source: Source) -> None:
    """Refuse the first whole number of a column that float64 does not hold."""
    if source.large is None:
        return
    name, large = source.name, frame.filter(source.large)
    if source.type in (nw.Int64, nw.UInt64):
        powers = 10 if source.type == nw.Int64 else 11  # up to the end of the type
        rounds = _rounds(nw.col(name), powers)
        values = fetch(large.filter(rounds).select(nw.col(name)).head(1))
    else:
        words = large.select(nw.col(name).cast(nw.String).alias(name)).unique()
        values = fetch(words.head(_MOST + 1))
    for row in values:
        if is_rounded(row[name]):
            raise rounded(here, name, row[name])
    if len(values) > _MOST:
        raise InputError(
            f"{here}: column {name!r} holds more than {_MOST} different numbers of 2**53 or more, "
            "too many to see whether float64 holds them exactly; subtract a fixed number first, "
            "or leave it out"
        )


def _rounds(value: nw.Expr, powers: int) -> nw.Expr:
    """Beyond 2**53 float64 holds every second integer, beyond 2**54 every fourth, and so on."""
    bad = nw.lit(False)
    for step in (2**power for power in range(powers)):
        beyond = (value > EXACT * step) | (value < -EXACT * step)
        bad = bad | (beyond & (value % (2 * step) != 0))
    return bad
