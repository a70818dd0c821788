"""The pass over the rows: its progress, and what is left of it when it is interrupted."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

import steepest
from steepest.moments.one_pass import block_rows, gather
from steepest.tables.column_encoding import Encoding
from steepest.tables.from_arrays import open_arrays
from steepest.tables.table import RawBlock, Table

ROWS = 200_000
GENERATOR = np.random.default_rng(3)
FEATURES = GENERATOR.standard_normal((ROWS, 2))
TARGET = FEATURES @ [1.0, 2.0] + GENERATOR.standard_normal(ROWS)


class Interrupted(Table):
    """A table whose reader gets Ctrl-C after some blocks."""

    def __init__(self, blocks: int) -> None:
        self.inner = open_arrays(FEATURES, TARGET)
        self.columns, self.count = self.inner.columns, self.inner.count
        self.description, self.allowed = "a long table", blocks

    def blocks(self, names: Sequence[str], rows: int) -> Iterator[RawBlock]:
        for number, block in enumerate(self.inner.blocks(names, rows)):
            if number == self.allowed:
                raise KeyboardInterrupt
            yield block

    def levels(self, name: str, limit: int) -> list[str]:
        return self.inner.levels(name, limit)

    def where(self, row: int) -> str:
        return self.inner.where(row)


def test_progress_is_told_the_rows_read_and_how_many_there_are() -> None:
    told: list[tuple[int, int | None]] = []
    table = open_arrays(FEATURES, TARGET)
    gather(table, Encoding.learn(table, "y"), progress=lambda *step: told.append(step))
    size = block_rows(3)
    assert told == [(min(k, ROWS), ROWS) for k in range(size, ROWS + size, size)]


def test_an_interrupted_pass_keeps_what_it_read() -> None:
    fit = steepest.fit(Interrupted(3), "y")
    read = fit.rows
    assert read % block_rows(3) == 0
    assert 0 < read <= 3 * block_rows(3)
    assert fit.verdict.kind == "interrupted"
    assert fit.verdict.reason == (f"Reading was interrupted after {read} rows, which were fitted.")
    expected = steepest.fit(FEATURES[:read], TARGET[:read])
    assert fit.coefficients == pytest.approx(expected.coefficients, rel=1e-12)


def test_an_interruption_before_the_first_rows_goes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        steepest.fit(Interrupted(0), "y")


def test_rows_of_no_weight_do_not_count() -> None:
    weights = np.ones(30)
    weights[10:] = 0.0
    fit = steepest.fit(FEATURES[:30], TARGET[:30], weights=weights)
    expected = steepest.fit(FEATURES[:10], TARGET[:10])
    assert fit.rows == 10
    for name in fit.names:
        assert fit.inference is not None
        assert expected.inference is not None
        assert fit.inference[name].standard_error == pytest.approx(
            expected.inference[name].standard_error, rel=1e-12
        )
