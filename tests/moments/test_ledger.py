"""The ledger of moments: no part is counted twice unawares; shards of other levels add up."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import steepest
from steepest.errors import InputError, StorageError
from steepest.moments.moments import CentredMoments
from steepest.results.moments import Moments
from steepest.storage.container import read_container, write_container


def shard(part: int) -> pl.DataFrame:
    """Rows whose towns are Bonn and Oslo in part 0, Oslo and Rome in part 1."""
    random = np.random.default_rng(part)
    x = random.normal(size=80)
    towns = [["Bonn", "Oslo"], ["Oslo", "Rome"]][part]
    town = random.choice(towns, 80)
    y = 2 * x + 3.0 * (town == "Oslo") - (town == "Rome") + random.normal(size=80)
    return pl.DataFrame({"x": x, "town": town, "y": y})


def numbers(part: int) -> pl.DataFrame:
    return shard(part).select("x", "y")


def test_parts_are_told_and_not_added_twice(tmp_path: Path) -> None:
    numbers(0).write_csv(tmp_path / "january.csv")
    numbers(1).write_csv(tmp_path / "february.csv")
    january, february = (Moments.of(tmp_path / f"{m}.csv", "y") for m in ("january", "february"))
    both = january + february
    assert [(part.source, part.rows) for part in both.parts] == [
        (str(tmp_path / "january.csv"), 80),
        (str(tmp_path / "february.csv"), 80),
    ]
    with pytest.raises(InputError) as refused:
        both + january
    assert str(refused.value) == (
        f"the 80 rows of {tmp_path}/january.csv are counted already (as {tmp_path}/january.csv); "
        "to count them again, write a.add(b, again=True)"
    )
    again = both.add(january, again=True)
    assert (again.rows, len(again.parts)) == (240, 3)
    assert sum([january, february], start=Moments.of(numbers(0)[:9], "y")).rows == 169


@pytest.mark.parametrize("kind", ["shuffled", "lazy", "parquet", "array"])
def test_the_same_rows_are_known_again_however_they_come(kind: str, tmp_path: Path) -> None:
    frame = numbers(0)
    before = Moments.of(frame, "y")
    frame.write_parquet(tmp_path / "a.parquet")
    same: dict[str, object] = {
        "shuffled": frame.sample(fraction=1.0, shuffle=True, seed=1),
        "lazy": frame.lazy(),
        "parquet": str(tmp_path / "a.parquet"),
        "array": {"x": frame["x"].to_numpy(), "y": frame["y"].to_numpy()},
    }
    with pytest.raises(InputError, match=r"the 80 rows of .* are counted already"):
        before + Moments.of(same[kind], "y")
    other = frame.with_columns(pl.col("x") + 1e-4)
    assert (before + Moments.of(other, "y")).rows == 160


def test_a_part_that_was_taken_away_can_come_again() -> None:
    january, february = (Moments.of(numbers(part), "y") for part in (0, 1))
    rest = january + february - january
    assert [part.rows for part in rest.parts] == [80]
    assert (rest + january).rows == 160


def test_the_ledger_is_saved(tmp_path: Path) -> None:
    both = Moments.of(numbers(0), "y") + Moments.of(numbers(1), "y")
    both.save(tmp_path / "both.steepest")
    loaded = Moments.load(tmp_path / "both.steepest")
    assert loaded.parts == both.parts
    assert loaded.encoding == both.encoding
    with pytest.raises(InputError, match="counted already"):
        loaded + Moments.of(numbers(1), "y")


def test_files_of_before_have_no_ledger(tmp_path: Path) -> None:
    january = Moments.of(numbers(0), "y")
    path = tmp_path / "old.steepest"
    CentredMoments.save(january, path)
    arrays, description = read_container(path, kind="moments")
    old = {name: description[name] for name in ("names", "rows", "weight", "roundings")}
    write_container(path, arrays, old, kind="moments")
    loaded = Moments.load(path)
    assert (loaded.parts, loaded.encoding, loaded.rows) == ((), None, 80)
    assert (loaded + january).rows == 160
    write_container(path, arrays, {**old, "parts": [{"rows": 3}]}, kind="moments")
    with pytest.raises(StorageError, match=r"field parts.* is damaged|source"):
        Moments.load(path)


def expected() -> dict[str, float]:
    """Least squares of both shards by indicators, by NumPy."""
    rows = pl.concat([shard(0), shard(1)])
    columns = [rows["x"], rows["town"] == "Oslo", rows["town"] == "Rome", np.ones(len(rows))]
    found, *_ = np.linalg.lstsq(np.column_stack(columns).astype(float), rows["y"].to_numpy())
    return dict(zip(["x", "town[Oslo]", "town[Rome]"], found.tolist(), strict=False))


def test_shards_of_other_levels_add_up_where_levels_are_declared() -> None:
    with pytest.raises(InputError, match=r"declare the levels of text, levels=\{"):
        Moments.of(shard(0), "y") + Moments.of(shard(1), "y")
    towns = {"town": ["Bonn", "Oslo", "Rome"]}
    parts = [Moments.of(steepest.read(shard(part), levels=towns), "y") for part in (0, 1)]
    fit = steepest.fit(parts[0] + parts[1])
    assert fit.coefficients == pytest.approx(expected(), rel=1e-10)
    lazy = Moments.of(steepest.read(shard(1).lazy(), levels=towns), "y")
    assert steepest.fit(parts[0] + lazy).coefficients == pytest.approx(expected(), rel=1e-10)


def test_an_encoding_is_handed_on() -> None:
    first = Moments.of(steepest.read(shard(0), levels={"town": ["Bonn", "Oslo", "Rome"]}), "y")
    total = first + Moments.of(shard(1), "y", encoding=first)
    assert steepest.fit(total).coefficients == pytest.approx(expected(), rel=1e-10)
    whole = steepest.fit(pl.concat([shard(0), shard(1)]), "y")
    parts = [Moments.of(shard(part), "y", encoding=whole) for part in (0, 1)]
    assert steepest.fit(parts[0] + parts[1]).coefficients == pytest.approx(expected(), rel=1e-10)
    with pytest.raises(InputError, match="the encoding is of the target 'y', not of 'x'"):
        Moments.of(shard(1), "x", encoding=first)
    with pytest.raises(InputError, match="do not know how their columns came about"):
        Moments.of(shard(1), "y", encoding=first.select([0, 3]))


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ({"town": ["Bonn"]}, "column 'town' holds 'Oslo', which is not among its declared levels"),
        ({"x": ["1", "2"]}, "levels of column 'x' are declared, and it holds no text but numbers"),
        ({"twon": ["Bonn"]}, "there is no text column 'twon'. Did you mean 'town'"),
        ({"town": ["Bonn", "Bonn"]}, "levels of 'town' must be distinct, and at least one"),
        ({"town": []}, "levels of 'town' must be distinct, and at least one"),
    ],
)
def test_levels_that_cannot_be(levels: dict[str, list[str]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        steepest.fit(steepest.read(shard(0), levels=levels), "y")
