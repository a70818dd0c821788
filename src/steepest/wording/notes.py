"""What was done to the rows, and with what: sentences of notes."""

from collections.abc import Sequence

from steepest.wording.numbers import counted, listed

_MISSING = {
    "error": "missing values are an error",
    "drop": "a fit leaves out rows with missing values",
    "mean": "a fit takes the column's mean for missing values",
}
_MOST_NAMES = 8


def rows_counted(rows: int) -> str:
    """How many rows a table has.

    >>> rows_counted(344)
    '344 rows'
    """
    return counted(rows, "row")


def columns_kept(kept: Sequence[str], of: int) -> str:
    """Which columns of a table are left.

    >>> columns_kept(["x", "y"], 5)
    '2 of its 5 columns are kept: x and y'
    """
    names = listed(kept) if len(kept) <= _MOST_NAMES else f"{', '.join(kept[:_MOST_NAMES])}, …"
    return f"{len(kept)} of its {of} columns are kept: {names}"


def missing_values(rule: str) -> str:
    """What is done with missing values.

    >>> missing_values("drop")
    'a fit leaves out rows with missing values'
    """
    return _MISSING[rule]


def columns_not_shown(more: int) -> str:
    """How many columns there are besides those shown.

    >>> columns_not_shown(1)
    'and 1 more column'
    """
    return f"and {counted(more, 'more column')}"


def rows_in_an_engine() -> str:
    """Why the first rows of a lazy frame are not shown."""
    return "its rows stay in their engine; head() asks for the first"
