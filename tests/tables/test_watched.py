"""Files that change between two passes, or within one: noticed, whatever kind they are."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from steepest import compare, fit
from steepest.errors import InputError
from steepest.models.fit_progress import FitProgress
from steepest.models.mini_batches import MiniBatches
from steepest.models.prediction_table import prediction_lines
from steepest.problems.row_stream import StreamPace
from steepest.tables.open_table import open_table
from steepest.tables.table import Table

ROWS = 5000
ADVICE = "rows are read in several passes: leave the files alone, and run again"


def write_csv(path: Path, slope: float) -> None:
    lines = "".join(f"{x},{slope * x + 1},k{x % 3}\n" for x in range(ROWS))
    path.write_text("x,y,c\n" + lines)


def write_gzip(path: Path, slope: float) -> None:
    write_csv(path, slope)
    path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def write_utf_16(path: Path, slope: float) -> None:
    write_csv(path, slope)
    path.write_text(path.read_text(), encoding="utf-16")


def write_json(path: Path, slope: float) -> None:
    lines = (f'{{"x": {x}, "y": {slope * x + 1}, "c": "k{x % 3}"}}\n' for x in range(ROWS))
    path.write_text("".join(lines))


def write_parquet(path: Path, slope: float) -> None:
    x = np.arange(float(ROWS))
    table = pa.table({"x": x, "y": slope * x + 1, "c": [f"k{at % 3}" for at in range(ROWS)]})
    pq.write_table(table, path)


KINDS: dict[str, Callable[[Path, float], None]] = {
    "a.csv": write_csv,
    "a.csv.gz": write_gzip,
    "b.csv": write_utf_16,
    "a.jsonl": write_json,
    "a.parquet": write_parquet,
}


def replace(path: Path, write: Callable[[Path, float], None]) -> str:
    other = path.with_name("other")
    write(other, 3.0)
    os.replace(other, path)
    return f"{path} was replaced by another file since it was opened; {ADVICE}"


def rewrite(path: Path, write: Callable[[Path, float], None]) -> str:
    before = path.stat()
    content = path.read_bytes()
    with path.open("r+b") as file:  # the same file of the same size
        file.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    return f"{path} was written to since it was opened; {ADVICE}"


def grow(path: Path, write: Callable[[Path, float], None]) -> str:
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"1")
    return f"{path} was written to ({size + 1} bytes, not {size}) since it was opened; {ADVICE}"


def unlink(path: Path, write: Callable[[Path, float], None]) -> str:
    path.unlink()
    return f"{path} is gone since it was opened; {ADVICE}"


CHANGES = (replace, rewrite, grow, unlink)


def opened(source: str) -> Table:
    table = open_table(source)
    assert isinstance(table, Table)
    return table


def passes(table: Table) -> list[Callable[[], object]]:
    return [
        lambda: list(table.blocks(["x"], 1000)),
        lambda: list(table.written(["x"], 1000)),
        lambda: table.levels("c", 9),
    ]


@pytest.mark.parametrize(
    ("way", "change"),
    [
        *(("file", change) for change in CHANGES),
        ("glob", replace),
        ("query", rewrite),
        ("query", unlink),
    ],
)
@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_changed_before_a_pass(
    tmp_path: Path, name: str, way: str, change: Callable[..., str]
) -> None:
    path, write = tmp_path / name, KINDS[name]
    write(path, 2.0)
    source = {
        "file": str(path),
        "glob": f"{tmp_path}/{name[0]}*",
        "query": f"select * from '{path}'",
    }[way]
    if name == "b.csv" and way == "query":
        source = f"select * from (select * from '{path}') where x >= 0"
    table = opened(source)
    for read in passes(table):
        read()
    said = change(path, write)
    for read in passes(table):
        with pytest.raises(InputError) as caught:
            read()
        assert str(caught.value) == said


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_changes_within_a_pass(
    tmp_path: Path, name: str, change: Callable[..., str]
) -> None:
    path, write = tmp_path / name, KINDS[name]
    write(path, 2.0)
    blocks = opened(str(path)).blocks(["x"], 1000)
    next(blocks)
    said = change(path, write)
    with pytest.raises(InputError) as caught:  # before another block is given out
        next(blocks)
    assert str(caught.value) == said


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
@pytest.mark.parametrize("way", ["glob", "query"])
def test_a_file_that_comes_to_a_glob_or_goes(tmp_path: Path, name: str, way: str) -> None:
    ending = name[1:]
    for letter in "bc":
        KINDS[name](tmp_path / f"{letter}{ending}", 2.0)
    pattern = f"{tmp_path}/*{ending}"
    table = opened(pattern if way == "glob" else f"select * from '{pattern}'")
    list(table.blocks(["x"], 1000))
    KINDS[name](tmp_path / name, 2.0)
    with pytest.raises(InputError) as caught:
        list(table.blocks(["x"], 1000))
    said = f"{tmp_path / name} has come to {pattern} since it was opened; {ADVICE}"
    assert str(caught.value) == said
    (tmp_path / name).unlink()
    list(table.blocks(["x"], 1000))
    (tmp_path / f"c{ending}").unlink()
    with pytest.raises(InputError, match=f"c{ending} is gone since it was opened"):
        list(table.blocks(["x"], 1000))


def test_files_that_a_function_names_in_a_query(tmp_path: Path) -> None:
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for path in paths:
        write_parquet(path, 2.0)
    table = opened(f"select t.x, 1 as y from read_parquet(['{paths[0]}', '{paths[1]}']) t")
    list(table.blocks(["x"], 1000))
    said = rewrite(paths[1], write_parquet)
    with pytest.raises(InputError) as caught:
        list(table.blocks(["x"], 1000))
    assert str(caught.value) == said


def test_a_link_that_leads_to_another_file(tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    for name in ("one.csv", "two.csv"):
        write_csv(tmp_path / name, 2.0)
    link.symlink_to("one.csv")
    table = opened(str(link))
    link.unlink()
    link.symlink_to("two.csv")
    with pytest.raises(InputError, match=r"link\.csv was replaced by another file"):
        list(table.blocks(["x"], 1000))


@pytest.mark.parametrize(
    ("loss", "change"),
    [("squared", rewrite), ("huber", replace), ("logistic", grow), ("poisson", unlink)],
)
def test_a_streamed_descent_ends_and_its_checkpoint_goes_on(
    tmp_path: Path, loss: str, change: Callable[..., str]
) -> None:
    path, kept = tmp_path / "a.csv", tmp_path / "kept.csv"
    lines = "".join(f"{x % 7},{x % 2},k\n" for x in range(ROWS))
    path.write_text("x,y,c\n" + lines)
    os.link(path, kept)
    checkpoint = tmp_path / "run.ckpt"
    batches = MiniBatches(100, checkpoint=checkpoint)
    options: dict[str, Any] = {"target": "y", "features": ["x"], "loss": loss, "lr": 0.01}
    said: list[str] = []

    class Change(FitProgress):
        def pace(self, pace: StreamPace) -> None:
            if pace.epoch >= 3 and not said:
                said.append(change(path, write_csv))

    whole = fit(path, **options, epochs=6, batch_size=MiniBatches(100, checkpoint=tmp_path / "w"))
    before = path.read_bytes(), path.stat()
    with pytest.raises(InputError) as caught:
        fit(path, **options, epochs=6, batch_size=batches, progress=Change())
    assert str(caught.value) == f"{said[0]}; {checkpoint} holds the run as it was before that"
    path.unlink(missing_ok=True)
    path.write_bytes(before[0])
    os.utime(path, ns=(before[1].st_atime_ns, before[1].st_mtime_ns))
    again = fit(path, **options, epochs=6, batch_size=batches)
    assert "the run went on after" in " ".join(again.notes)
    assert again.coefficients == whole.coefficients and again.intercept == whole.intercept


def test_the_second_pass_of_high_accuracy(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, 2.0)
    said: list[str] = []

    class Rewrite(FitProgress):
        def rows(self, done: int, total: int | None) -> None:
            if not said:
                said.append(rewrite(path, write_csv))

    with pytest.raises(InputError) as caught:
        fit(path, target="y", features=["x"], accuracy="high", progress=Rewrite())
    assert str(caught.value) == said[0]


def test_compare(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, 2.0)
    said: list[str] = []

    class Replace(FitProgress):
        def rows(self, done: int, total: int | None) -> None:
            if not said:
                said.append(replace(path, write_csv))

    with pytest.raises(InputError) as caught:
        compare(path, target="y", features=["x"], progress=Replace())
    assert str(caught.value) == said[0]


def test_predictions(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, 2.0)
    model = fit(path, target="y", features=["x"])
    table = opened(str(path))
    lines = prediction_lines(model, table)
    said = replace(path, write_csv)
    with pytest.raises(InputError) as caught:
        list(lines)
    assert str(caught.value) == said
